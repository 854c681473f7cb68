//! The model files that a table places: glTF 2.0, binary or with its files beside it.

use super::{
    feature::Reason,
    textures::{self, Textures},
};
use crate::{
    city::{ModelShape, Pictured},
    picture::Picture,
};
use glam::Vec3;
use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::Arc,
};
use tiles3d::{
    Content, DecodeOptions,
    content::{DecodedTile, Instance, Primitive, PrimitiveMode, TileMaterial},
    decode_content,
};

/// Larger files are refused.
const MAX_BYTES: u64 = 512 << 20;
/// Vertices of a model at most: more are a city, not a thing in one.
const MAX_VERTICES: usize = 4_000_000;

const NOT_THERE: Reason = "its model file is not there";
const OUTSIDE: Reason = "its model file is not named by a path below the table's folder";
const BROKEN: Reason = "its model file is no usable glTF";
const TOO_LARGE: Reason = "its model has too many triangles";
const NOTHING: Reason = "its model has no triangles";

/// Model files that were read, each once.
#[derive(Default)]
pub(super) struct Library {
    files: HashMap<PathBuf, Result<Arc<ModelShape>, Reason>>,
    textures: Textures,
    /// What a person should know of them.
    notes: Vec<String>,
}

impl Library {
    /// The model that a table in a folder names.
    pub(super) fn get(&mut self, folder: &Path, name: &str) -> Result<Arc<ModelShape>, Reason> {
        let path = folder.join(below(name).ok_or(OUTSIDE)?);
        if let Some(known) = self.files.get(&path) {
            return known.clone();
        }
        let read = read(&path, &mut self.textures).map(Arc::new).map_err(|(reason, why)| {
            if !why.is_empty() {
                self.notes.push(format!("`{name}`: {why}"));
            }
            reason
        });
        let unkept = self.textures.take_unkept();
        if unkept > 0 {
            self.notes.push(format!("`{name}`: {unkept} of its surfaces have colours in place of pictures"));
        }
        self.files.insert(path, read.clone());
        read
    }

    /// The pictures on all models that were read.
    pub(super) fn into_pictures(self) -> Vec<Picture> {
        self.textures.into_pictures()
    }

    /// Whether a file was read as a model.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// What there is to say of the files that were read since the last time.
    pub(super) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}

/// A path as tables and glTF files write them, with either slash, when it stays below its folder.
fn below(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(name.trim().replace('\\', "/"));
    let plain = path.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    (plain && path.file_name().is_some()).then_some(path)
}

fn read(path: &Path, textures: &mut Textures) -> Result<ModelShape, (Reason, String)> {
    let size = fs::metadata(path).map_err(|_| (NOT_THERE, String::new()))?.len();
    if size > MAX_BYTES {
        return Err((TOO_LARGE, format!("it has {size} bytes, {MAX_BYTES} are read at most")));
    }
    let bytes = fs::read(path).map_err(|e| (NOT_THERE, e.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut fetch = |uri: &str| {
        let file = below(uri).ok_or_else(|| format!("{uri} is not below the model's folder"))?;
        fs::read(folder.join(file)).map_err(|e| format!("{uri}: {e}"))
    };
    let options = DecodeOptions { mips: false, ..DecodeOptions::default() };
    match decode_content(&bytes, &options, &mut fetch) {
        Ok(Content::Models(models)) => {
            let mark = textures.mark();
            shape(&models, textures).map_err(|reason| {
                textures.go_back(mark);
                (reason, String::new())
            })
        }
        Ok(Content::Tileset) => Err((BROKEN, "it is a tileset".into())),
        Err(e) => Err((BROKEN, e.to_string())),
    }
}

/// All triangles, in the file's own frame with z up.
fn shape(models: &[DecodedTile], textures: &mut Textures) -> Result<ModelShape, Reason> {
    let mut out = ModelShape::default();
    for model in models {
        textures.begin();
        let has_triangles = |p: &&Primitive| p.mode == PrimitiveMode::Triangles && p.indices.len() >= 3;
        for primitive in model.primitives.iter().filter(has_triangles) {
            let default = TileMaterial::default();
            let material = model.materials.get(primitive.material).unwrap_or(&default);
            let picture = textures.picture(model, primitive, material);
            let dress = match picture {
                Some(picture) => {
                    let uvs = material.base_color_texture.as_ref().map_or(&[][..], |t| t.coordinates(primitive));
                    Dress { colors: textures::plain(primitive, material), uvs, picture: Some(picture) }
                }
                None => Dress { colors: textures::baked(model, primitive, material), uvs: &[], picture: None },
            };
            let once = [Instance { transform: glam::DAffine3::IDENTITY, feature: None }];
            let copies = primitive.instances.and_then(|i| model.instances.get(i)).map_or(&once[..], Vec::as_slice);
            for copy in copies {
                if out.positions.len() + primitive.positions.len() > MAX_VERTICES {
                    return Err(TOO_LARGE);
                }
                add(&mut out, primitive, &dress, (copy, model.origin), false);
                if material.double_sided {
                    add(&mut out, primitive, &dress, (copy, model.origin), true);
                }
            }
        }
    }
    let finite = out.positions.iter().chain(&out.normals).flatten().all(|c| c.is_finite());
    if out.pictured.is_empty() {
        out.uvs.clear();
    }
    match (out.indices.is_empty() && out.pictured.is_empty(), finite) {
        (true, _) => Err(NOTHING),
        (false, false) => Err(BROKEN),
        (false, true) => Ok(out),
    }
}

/// What the vertices of a primitive look like.
struct Dress<'p> {
    colors: Vec<[u8; 4]>,
    uvs: &'p [[f32; 2]],
    picture: Option<usize>,
}

/// Adds a copy of a primitive; from behind, where both sides are to be seen.
fn add(
    out: &mut ModelShape,
    primitive: &Primitive,
    dress: &Dress<'_>,
    (copy, origin): (&Instance, glam::DVec3),
    behind: bool,
) {
    let first = out.positions.len() as u32;
    let mirrored = copy.transform.matrix3.determinant() < 0.0;
    let normals = copy.transform.matrix3.inverse().transpose();
    for (v, position) in primitive.positions.iter().enumerate() {
        let at = origin + copy.transform.transform_point3(Vec3::from_array(*position).as_dvec3());
        let normal = primitive.normals.get(v).map_or(Vec3::Z, Vec3::from_array);
        let normal = (normals * normal.as_dvec3()).as_vec3().normalize_or(Vec3::Z);
        out.positions.push(at.as_vec3().to_array());
        out.normals.push((if behind { -normal } else { normal }).to_array());
        out.colors.push(dress.colors.get(v).copied().unwrap_or([255; 4]));
        // Pictures begin at the upper edge in glTF (3.8.3).
        out.uvs.push(dress.uvs.get(v).map_or([0.0; 2], |[u, v]| [*u, 1.0 - v]));
    }
    let to = match dress.picture {
        None => &mut out.indices,
        Some(picture) => {
            let at = out.pictured.iter().position(|p| p.picture == picture).unwrap_or_else(|| {
                out.pictured.push(Pictured { picture, indices: Vec::new() });
                out.pictured.len() - 1
            });
            &mut out.pictured[at].indices
        }
    };
    for [a, b, c] in primitive.indices.as_chunks::<3>().0 {
        let triangle = if mirrored == behind { [*a, *b, *c] } else { [*a, *c, *b] };
        to.extend(triangle.map(|i| first + i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_their_folder() {
        assert_eq!(below(" trees\\oak.glb "), Some("trees/oak.glb".into()));
        assert_eq!(below("./a.glb"), Some("./a.glb".into()));
        for name in ["", ".", "/etc/passwd", "../a.glb", "a/../../b.glb"] {
            assert_eq!(below(name), None, "{name}");
        }
    }
}

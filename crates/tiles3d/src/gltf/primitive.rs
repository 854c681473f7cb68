//! One primitive of a glTF: from accessors to arrays in the tile's frame.

use super::{
    accessor::Source,
    json::{MeshFeatures, MeshPrimitive},
};
use crate::{
    Diagnostic,
    content::{DecodeError, Primitive, PrimitiveMode},
};
use glam::{DMat3, DMat4, DVec3};
use serde::Deserialize as _;

/// A primitive in its node's frame.
pub(super) struct Part {
    pub(super) mode: PrimitiveMode,
    pub(super) positions: Vec<[f64; 3]>,
    pub(super) normals: Vec<[f64; 3]>,
    pub(super) uvs: Vec<[f32; 2]>,
    pub(super) colors: Vec<[f32; 4]>,
    pub(super) feature_ids: Vec<u32>,
    pub(super) indices: Vec<u32>,
    pub(super) material: usize,
}

pub(super) fn read_primitive(
    source: &Source<'_>,
    primitive: &MeshPrimitive,
    default_material: usize,
    table: &mut Option<usize>,
    found: &mut Vec<Diagnostic>,
) -> Result<Option<Part>, DecodeError> {
    let Some(&position) = primitive.attributes.get("POSITION") else { return Ok(None) };
    let positions = source.floats::<3>(position)?;
    let n = positions.len();
    let optional = |name: &str| primitive.attributes.get(name).copied();
    let same = |len: usize, what: &'static str| {
        if len == n { Ok(()) } else { Err(DecodeError::malformed(what, format!("{len} values for {n} vertices"))) }
    };
    let normals = optional("NORMAL").map(|a| source.floats::<3>(a)).transpose()?.unwrap_or_default();
    let uvs = optional("TEXCOORD_0").map(|a| source.floats::<2>(a)).transpose()?.unwrap_or_default();
    let colors = match optional("COLOR_0") {
        Some(a) if source.accessor(a)?.kind == "VEC3" => {
            source.floats::<3>(a)?.into_iter().map(|[r, g, b]| [r, g, b, 1.0].map(|c| c as f32)).collect()
        }
        Some(a) => source.floats::<4>(a)?.into_iter().map(|c| c.map(|c| c as f32)).collect(),
        None => Vec::new(),
    };
    for (len, what) in [(normals.len(), "NORMAL"), (uvs.len(), "TEXCOORD_0"), (colors.len(), "COLOR_0")] {
        if len > 0 {
            same(len, what)?;
        }
    }
    let feature_ids = feature_ids(source, primitive, n, table, found)?;
    let indices = match primitive.indices {
        Some(a) => source.indices(a)?,
        None => (0..n as u32).collect(),
    };
    if indices.iter().any(|&i| i as usize >= n) {
        return Err(DecodeError::Truncated { what: "glTF indices" });
    }
    let (mode, indices) = match primitive.mode.unwrap_or(4) {
        0 => (PrimitiveMode::Points, indices),
        1 => (PrimitiveMode::Lines, indices),
        3 => (PrimitiveMode::Lines, indices.windows(2).flat_map(|w| [w[0], w[1]]).collect()),
        4 => (PrimitiveMode::Triangles, indices),
        5 => (PrimitiveMode::Triangles, strip(&indices)),
        6 => (PrimitiveMode::Triangles, fan(&indices)),
        other => return Err(DecodeError::malformed("glTF primitive", format!("mode {other}"))),
    };
    let mut indices = indices;
    if mode == PrimitiveMode::Triangles {
        indices.truncate(indices.len() / 3 * 3);
    }
    Ok(Some(Part {
        mode,
        positions,
        normals,
        uvs: uvs.into_iter().map(|uv| uv.map(|v| v as f32)).collect(),
        colors,
        feature_ids,
        indices,
        material: primitive.material.filter(|m| *m < default_material).unwrap_or(default_material),
    }))
}

fn strip(indices: &[u32]) -> Vec<u32> {
    let flip = |(i, w): (usize, &[u32])| if i % 2 == 0 { [w[0], w[1], w[2]] } else { [w[1], w[0], w[2]] };
    indices.windows(3).enumerate().flat_map(flip).collect()
}

fn fan(indices: &[u32]) -> Vec<u32> {
    let Some((&first, rest)) = indices.split_first() else { return Vec::new() };
    rest.windows(2).flat_map(|w| [first, w[0], w[1]]).collect()
}

/// Feature ids: `EXT_mesh_features` (attribute or implicit), or the `_BATCHID` of 3D Tiles 1.0.
fn feature_ids(
    source: &Source<'_>,
    primitive: &MeshPrimitive,
    vertices: usize,
    table: &mut Option<usize>,
    found: &mut Vec<Diagnostic>,
) -> Result<Vec<u32>, DecodeError> {
    let sets = primitive.extensions.get("EXT_mesh_features").map(MeshFeatures::deserialize);
    if let Some(sets) = sets {
        let sets = sets.map_err(|e| DecodeError::malformed("EXT_mesh_features", e))?;
        // The set that has properties is the one that a person asks about.
        let chosen = sets.feature_ids.iter().find(|s| s.property_table.is_some()).or(sets.feature_ids.first());
        if let Some(set) = chosen {
            *table = table.or(set.property_table);
            if let Some(n) = set.attribute {
                let name = format!("_FEATURE_ID_{n}");
                let accessor = primitive
                    .attributes
                    .get(&name)
                    .ok_or_else(|| DecodeError::malformed("EXT_mesh_features", format!("{name} is missing")))?;
                return source.indices(*accessor);
            }
            if set.texture.is_some() {
                let message = "feature ids in a texture are not read yet; the primitive has no features";
                found.push(Diagnostic::new("feature-id-texture-unsupported", "EXT_mesh_features", message));
                return Ok(Vec::new());
            }
            return Ok((0..vertices as u32).map(|i| i.min(set.feature_count.max(1) as u32 - 1)).collect());
        }
    }
    match primitive.attributes.get("_BATCHID").or(primitive.attributes.get("BATCHID")) {
        Some(&accessor) => source.indices(accessor),
        None => Ok(Vec::new()),
    }
}

impl Part {
    /// Applies the transform in f64, moves to the anchor, and fills in normals.
    pub(super) fn place(self, transform: &DMat4, anchor: DVec3) -> Primitive {
        let clean = |v: DVec3| if v.is_finite() { v } else { DVec3::ZERO };
        let placed: Vec<DVec3> =
            self.positions.iter().map(|p| clean(transform.transform_point3(DVec3::from_array(*p)) - anchor)).collect();
        let normal_matrix = DMat3::from_mat4(*transform).inverse().transpose();
        let mut out = Primitive {
            mode: self.mode,
            positions: placed.iter().map(|p| p.as_vec3().to_array()).collect(),
            normals: self
                .normals
                .iter()
                .map(|n| (normal_matrix * DVec3::from_array(*n)).normalize_or(DVec3::Z).as_vec3().to_array())
                .collect(),
            uvs: self.uvs,
            colors: self.colors,
            feature_ids: self.feature_ids,
            indices: self.indices,
            material: self.material,
            instances: None,
        };
        if transform.determinant() < 0.0 && out.mode == PrimitiveMode::Triangles {
            out.indices.chunks_exact_mut(3).for_each(|t| t.swap(1, 2));
        }
        if out.feature_ids.len() != out.positions.len() {
            out.feature_ids.clear();
        }
        if out.normals.is_empty() && out.mode == PrimitiveMode::Triangles {
            flat_normals(&mut out);
        }
        out
    }
}

/// Without normals the client shall use flat ones (glTF 2.0, 3.7.2.1): each triangle gets its own vertices.
fn flat_normals(p: &mut Primitive) {
    fn pick<T: Copy>(v: &[T], i: &[u32]) -> Vec<T> {
        if v.is_empty() { Vec::new() } else { i.iter().map(|&i| v[i as usize]).collect() }
    }
    let i = std::mem::take(&mut p.indices);
    p.positions = pick(&p.positions, &i);
    p.uvs = pick(&p.uvs, &i);
    p.colors = pick(&p.colors, &i);
    if p.feature_ids.iter().len() > 0 {
        p.feature_ids = pick(&p.feature_ids, &i);
    }
    p.normals = p
        .positions
        .chunks_exact(3)
        .flat_map(|t| {
            let [a, b, c] = [0, 1, 2].map(|k| glam::Vec3::from_array(t[k]));
            [(b - a).cross(c - a).normalize_or(glam::Vec3::Z).to_array(); 3]
        })
        .collect();
    p.indices = (0..i.len() as u32).collect();
}

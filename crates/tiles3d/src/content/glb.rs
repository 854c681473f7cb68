//! glTF 2.0, binary and JSON, to plain arrays.

use super::{
    DecodeError, DecodeOptions, DecodedTile, FeatureTable, FetchExternal, Primitive, PrimitiveMode, RgbaImage,
    TileMaterial,
    accessor::Source,
    gltf_json::{Material, MeshFeatures, MeshPrimitive, Node, Root},
    metadata::PropertyTable,
};
use crate::Diagnostic;
use base64::Engine as _;
use glam::{DMat3, DMat4, DQuat, DVec3, DVec4};
use serde::Deserialize as _;
use std::borrow::Cow;

const SUPPORTED: [&str; 5] =
    ["CESIUM_RTC", "EXT_mesh_features", "EXT_structural_metadata", "KHR_materials_unlit", "KHR_mesh_quantization"];

/// Takes glTF's y-up to 3D Tiles' z-up: (x, y, z) becomes (x, -z, y).
const Z_UP_FROM_Y_UP: DMat4 = DMat4::from_cols(
    DVec4::new(1.0, 0.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, 1.0, 0.0),
    DVec4::new(0.0, -1.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, 0.0, 1.0),
);

pub(super) fn decode_glb(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let word = |at: usize| {
        let b = bytes.get(at..at + 4).ok_or(DecodeError::Truncated { what: "glb" })?;
        Ok::<u32, DecodeError>(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    };
    if bytes.get(..4) != Some(b"glTF") || word(4)? != 2 {
        return Err(DecodeError::Unsupported(format!("glTF binary version {}", word(4).unwrap_or(0))));
    }
    let (mut json, mut binary, mut at) = (None, None, 12usize);
    while at + 8 <= bytes.len() {
        let (length, kind) = (word(at)? as usize, word(at + 4)?);
        let end = (at + 8).checked_add(length).ok_or(DecodeError::Truncated { what: "glb chunk" })?;
        let chunk = bytes.get(at + 8..end).ok_or(DecodeError::Truncated { what: "glb chunk" })?;
        match kind {
            0x4E4F_534A => json = json.or(Some(chunk)),
            0x004E_4942 => binary = binary.or(Some(chunk)),
            _ => {}
        }
        at = end;
    }
    let json = json.ok_or(DecodeError::Truncated { what: "glb JSON chunk" })?;
    decode(json, binary, options, fetch)
}

pub(super) fn decode_json(
    json: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    decode(json, None, options, fetch)
}

fn decode(
    json: &[u8],
    binary: Option<&[u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let root: Root = serde_json::from_slice(json).map_err(|e| DecodeError::malformed("glTF JSON", e))?;
    if let Some(unknown) = root.extensions_required.iter().find(|e| !SUPPORTED.contains(&e.as_str())) {
        return Err(DecodeError::UnsupportedExtension(unknown.clone()));
    }
    let buffers = buffers(&root, binary, options, fetch)?;
    let source = Source { root: &root, buffers: &buffers, max_bytes: options.max_decoded_bytes };
    let mut tile =
        DecodedTile { materials: root.materials.iter().map(|m| material(m, &root)).collect(), ..Default::default() };
    tile.images = images(&source, &mut tile.diagnostics, options, fetch)?;
    let images = tile.images.len();
    for m in &mut tile.materials {
        m.base_color_image = m.base_color_image.filter(|i| *i < images);
    }
    let default_material = tile.materials.len();
    tile.materials.push(TileMaterial::default());

    let rtc =
        root.extensions.get("CESIUM_RTC").and_then(|e| e.get("center")).and_then(|c| <[f64; 3]>::deserialize(c).ok());
    // The RTC centre is in the frame outside the axis change (its own specification), so it is added after it.
    let rtc = rtc.map(DVec3::from_array).filter(|v| v.is_finite()).unwrap_or_default();
    let axes = if options.gltf_z_up { DMat4::IDENTITY } else { Z_UP_FROM_Y_UP };

    let mut table = None;
    let mut parts = Vec::new();
    for (mesh, transform) in placed_meshes(&root, axes) {
        for primitive in &mesh.primitives {
            match read_primitive(&source, primitive, default_material, &mut table, &mut tile.diagnostics) {
                Ok(Some(part)) => parts.push((part, transform)),
                Ok(None) => {}
                Err(e) => tile.diagnostics.push(Diagnostic::new("primitive-broken", "glTF primitive", e.to_string())),
            }
        }
    }
    if parts.is_empty() && !tile.diagnostics.is_empty() {
        return Err(DecodeError::malformed("glTF", &tile.diagnostics[0].message));
    }
    // Positions far from zero (whole cities in ECEF) lose their precision in f32: the first vertex becomes the origin.
    let anchor = parts
        .iter()
        .find_map(|(p, m)| p.positions.first().map(|v| m.transform_point3(DVec3::from_array(*v))))
        .filter(|v| v.is_finite() && v.length() > 10_000.0)
        .unwrap_or_default();
    tile.origin = anchor + rtc;
    for (part, transform) in parts {
        tile.primitives.push(part.place(&transform, anchor));
    }
    if let Some(index) = table {
        match PropertyTable::read(&source, index, &mut tile.diagnostics) {
            Ok(t) => tile.features = FeatureTable::from_property(t),
            Err(e) => tile.diagnostics.push(Diagnostic::new("property-table-broken", "glTF", e.to_string())),
        }
    }
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}

fn buffers<'a>(
    root: &Root,
    binary: Option<&'a [u8]>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Vec<Cow<'a, [u8]>>, DecodeError> {
    let mut out = Vec::new();
    for (i, buffer) in root.buffers.iter().enumerate() {
        if buffer.byte_length > options.max_decoded_bytes {
            return Err(DecodeError::TooLarge { bytes: buffer.byte_length, limit: options.max_decoded_bytes });
        }
        out.push(match (&buffer.uri, binary) {
            (Some(uri), _) => Cow::Owned(resolve(uri, fetch)?),
            (None, Some(chunk)) if i == 0 => Cow::Borrowed(chunk),
            _ => return Err(DecodeError::Truncated { what: "glTF buffer" }),
        });
    }
    Ok(out)
}

/// A `data:` URI decoded here, anything else by the caller.
fn resolve(uri: &str, fetch: &mut FetchExternal<'_>) -> Result<Vec<u8>, DecodeError> {
    let fail = |message: String| DecodeError::External { uri: uri.chars().take(80).collect(), message };
    match uri.strip_prefix("data:") {
        Some(data) => {
            let (_, text) = data.split_once(";base64,").ok_or_else(|| fail("data URI is not base64".into()))?;
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|e| fail(e.to_string()))
        }
        None => fetch(uri).map_err(fail),
    }
}

fn images(
    source: &Source<'_>,
    found: &mut Vec<Diagnostic>,
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<Vec<RgbaImage>, DecodeError> {
    let mut out = Vec::new();
    for (i, image) in source.root.images.iter().enumerate() {
        let bytes = match (&image.uri, image.buffer_view) {
            (Some(uri), _) => resolve(uri, fetch).map(Cow::Owned),
            (None, Some(view)) => source.view(view).map(Cow::Borrowed),
            (None, None) => Err(DecodeError::Truncated { what: "glTF image" }),
        };
        let decoded = bytes.and_then(|b| {
            let mut reader = image::ImageReader::new(std::io::Cursor::new(b.as_ref()))
                .with_guessed_format()
                .map_err(|e| DecodeError::malformed("glTF image", e))?;
            let mut limits = image::Limits::default();
            limits.max_alloc = Some(options.max_decoded_bytes as u64);
            limits.max_image_width = Some(16_384);
            limits.max_image_height = Some(16_384);
            reader.limits(limits);
            reader.decode().map_err(|e| DecodeError::malformed("glTF image", e))
        });
        out.push(match decoded {
            Ok(picture) => {
                let rgba = picture.into_rgba8();
                RgbaImage { width: rgba.width(), height: rgba.height(), rgba8: rgba.into_raw() }
            }
            Err(e) => {
                found.push(Diagnostic::new("image-broken", format!("image {i}"), format!("{e}; drawn white")));
                RgbaImage { width: 1, height: 1, rgba8: vec![255; 4] }
            }
        });
    }
    Ok(out)
}

fn material(m: &Material, root: &Root) -> TileMaterial {
    let pbr = &m.pbr_metallic_roughness;
    let image = pbr.base_color_texture.as_ref().and_then(|t| root.textures.get(t.index)).and_then(|t| t.source);
    let alpha = m.alpha_mode.as_deref().unwrap_or("OPAQUE");
    TileMaterial {
        name: m.name.clone(),
        base_color: pbr.base_color_factor.unwrap_or([1.0; 4]),
        base_color_image: image,
        metallic: pbr.metallic_factor.unwrap_or(1.0),
        roughness: pbr.roughness_factor.unwrap_or(1.0),
        emissive: m.emissive_factor.unwrap_or_default(),
        alpha_cutoff: (alpha == "MASK").then_some(m.alpha_cutoff.unwrap_or(0.5)),
        blend: alpha == "BLEND",
        double_sided: m.double_sided,
        unlit: m.extensions.contains_key("KHR_materials_unlit"),
    }
}

/// Every mesh with the transform of each node that shows it. A node graph with cycles ends: each node is visited once.
fn placed_meshes(root: &Root, axes: DMat4) -> Vec<(&super::gltf_json::Mesh, DMat4)> {
    let scene = root.scenes.get(root.scene.unwrap_or(0));
    let mut queue: Vec<(usize, DMat4)> = match scene {
        Some(scene) => scene.nodes.iter().map(|&n| (n, axes)).collect(),
        None => (0..root.nodes.len()).map(|n| (n, axes)).collect(),
    };
    queue.reverse();
    let mut seen = vec![false; root.nodes.len()];
    let mut out = Vec::new();
    while let Some((index, outer)) = queue.pop() {
        let Some(node) = root.nodes.get(index) else { continue };
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let transform = outer * local(node);
        if let Some(mesh) = node.mesh.and_then(|m| root.meshes.get(m)) {
            out.push((mesh, transform));
        }
        queue.extend(node.children.iter().rev().map(|&c| (c, transform)));
    }
    out
}

fn local(node: &Node) -> DMat4 {
    let m = node.matrix.map_or_else(
        || {
            DMat4::from_scale_rotation_translation(
                DVec3::from_array(node.scale.unwrap_or([1.0; 3])),
                DQuat::from_array(node.rotation.unwrap_or([0.0, 0.0, 0.0, 1.0])),
                DVec3::from_array(node.translation.unwrap_or_default()),
            )
        },
        |m| DMat4::from_cols_array(&m),
    );
    if m.is_finite() { m } else { DMat4::IDENTITY }
}

/// A primitive in its node's frame.
struct Part {
    mode: PrimitiveMode,
    positions: Vec<[f64; 3]>,
    normals: Vec<[f64; 3]>,
    uvs: Vec<[f32; 2]>,
    colors: Vec<[f32; 4]>,
    feature_ids: Vec<u32>,
    indices: Vec<u32>,
    material: usize,
}

fn read_primitive(
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
    fn place(self, transform: &DMat4, anchor: DVec3) -> Primitive {
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
        };
        if transform.determinant() < 0.0 && out.mode == PrimitiveMode::Triangles {
            out.indices.chunks_exact_mut(3).for_each(|t| t.swap(1, 2));
        }
        if out.normals.is_empty() && out.mode == PrimitiveMode::Triangles {
            flat_normals(&mut out);
        }
        if out.feature_ids.len() != out.positions.len() {
            out.feature_ids.clear();
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

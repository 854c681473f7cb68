//! One primitive of a glTF: from accessors to arrays in the tile's frame.

use super::{accessor::Source, features, json::MeshPrimitive, metadata::Metadata};
use crate::content::{
    DecodeError, DecodedTile, FeatureSet, FeatureSource, Primitive, PrimitiveMode, PrimitiveProperties,
};
use glam::{DMat3, DMat4, DVec3};

/// A primitive in its node's frame.
pub(super) struct Part {
    pub(super) mode: PrimitiveMode,
    pub(super) positions: Vec<[f64; 3]>,
    pub(super) normals: Vec<[f64; 3]>,
    pub(super) uvs: Vec<[f32; 2]>,
    pub(super) colors: Vec<[f32; 4]>,
    pub(super) feature_ids: Vec<u32>,
    pub(super) feature_sets: Vec<FeatureSet>,
    pub(super) properties: PrimitiveProperties,
    pub(super) indices: Vec<u32>,
    pub(super) material: usize,
}

pub(super) fn read_primitive(
    source: &Source<'_>,
    primitive: &MeshPrimitive,
    default_material: usize,
    metadata: &mut Metadata,
    tile: &mut DecodedTile,
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
    let read = |name: &str| optional(name).map(|accessor| source.components(accessor));
    let mut feature_sets = metadata.feature_sets(source.root, &primitive.extensions, n, &read, tile);
    let mut feature_ids = features::take_primary(&mut feature_sets);
    // Batch ids are those of the container around this glTF; with tables of its own they would mean other features.
    if feature_sets.is_empty()
        && tile.features.count() == 0
        && let Some(accessor) = optional("_BATCHID").or(optional("BATCHID"))
    {
        feature_ids = source.indices(accessor)?;
    }
    let texcoords = feature_sets.iter().filter_map(|set| match &set.source {
        FeatureSource::Texture { texels, .. } => Some(texels.texcoord),
        _ => None,
    });
    let properties = metadata.properties(&primitive.extensions, n, texcoords.collect(), &read, tile);
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
        feature_sets,
        properties,
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

impl Part {
    /// Adds the feature that the node around it is. Where there is no other, it is that of every vertex.
    pub(super) fn add_node_feature(&mut self, set: Option<FeatureSet>) {
        if let Some(FeatureSet { source: FeatureSource::Whole(feature), .. }) = &set
            && self.feature_sets.is_empty()
            && self.feature_ids.is_empty()
        {
            self.feature_ids = vec![*feature; self.positions.len()];
        }
        self.feature_sets.extend(set);
    }

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
            feature_sets: self.feature_sets,
            properties: self.properties,
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
    p.feature_sets.iter_mut().for_each(|set| set.pick(&i));
    p.properties.pick(&i);
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

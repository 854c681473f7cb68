//! One primitive of a glTF: from accessors to arrays in the tile's frame.

use super::{
    accessor::Source,
    attributes::Attributes,
    elements::{Elements, Shape},
    features,
    flat::flat_normals,
    json::MeshPrimitive,
    looks::Looks,
    metadata::Metadata,
    outline,
    place::{Place, clean},
    topology,
};
use crate::{
    Diagnostic,
    content::{
        Colors, DecodeError, DecodedTile, FeatureSet, FeatureSource, Normals, Primitive, PrimitiveMode,
        PrimitiveProperties,
    },
};
use glam::DVec3;

/// A primitive in its node's frame.
#[derive(Clone)]
pub(super) struct Part<'a> {
    mode: PrimitiveMode,
    positions: Elements<'a>,
    normals: Option<Elements<'a>>,
    tangents: Option<Elements<'a>>,
    uvs: Vec<[f32; 2]>,
    uvs1: Vec<[f32; 2]>,
    colors: Colors,
    feature_ids: Vec<u32>,
    feature_sets: Vec<FeatureSet>,
    properties: PrimitiveProperties,
    indices: Vec<u32>,
    outline: Vec<u32>,
    material: usize,
}

pub(super) fn read_primitive<'s>(
    source: &'s Source<'s>,
    primitive: &'s MeshPrimitive,
    looks: &mut Looks<'_, '_, '_>,
    metadata: &mut Metadata,
    tile: &mut DecodedTile,
) -> Result<Option<Part<'s>>, DecodeError> {
    let attributes = Attributes::new(source, primitive, &mut tile.diagnostics)?;
    let Some(positions) = attributes.read("POSITION").transpose()? else { return Ok(None) };
    positions.at_least::<3>()?;
    let n = positions.count();
    // Whatever else there is has a value for each vertex.
    let optional = |name: &str| {
        let elements = attributes.read(name).transpose()?;
        match elements.as_ref().map_or(n, Elements::count) {
            count if count == n => Ok(elements),
            count => Err(DecodeError::malformed("glTF primitive", format!("{count} of {name} for {n} vertices"))),
        }
    };
    let normals = optional("NORMAL")?;
    normals.as_ref().map(Elements::at_least::<3>).transpose()?;
    // Tangents go with normals (glTF 2.0, 3.7.2.1).
    let tangents = if normals.is_some() { optional("TANGENT")? } else { None };
    tangents.as_ref().map(Elements::at_least::<4>).transpose()?;
    let (material, coordinates) = looks.of(primitive.material, tile);
    let (mut uvs, mut uvs1) = (Vec::new(), Vec::new());
    for (name, set, uvs) in [("TEXCOORD_0", 0, &mut uvs), ("TEXCOORD_1", 1, &mut uvs1)] {
        if coordinates.need(set)
            && let Some(elements) = optional(name)?
        {
            *uvs = elements.floats()?;
        }
    }
    coordinates.apply(&mut uvs, &mut uvs1);
    let colors = optional("COLOR_0")?.map_or(Ok(Colors::default()), |e| colors(&e))?;
    let read = |name: &str| attributes.read(name);
    let mut feature_sets = metadata.feature_sets(&mut looks.pictures, &primitive.extensions, n, &read, tile);
    let mut feature_ids = features::take_primary(&mut feature_sets);
    // Batch ids are those of the container around this glTF; with tables of its own they would mean other features.
    if feature_sets.is_empty()
        && tile.features.count() == 0
        && let Some(ids) = attributes.read("_BATCHID").or_else(|| attributes.read("BATCHID"))
    {
        feature_ids = ids?.indices()?;
    }
    let texcoords = feature_sets.iter().filter_map(|set| match &set.source {
        FeatureSource::Texture { texels, .. } => Some(texels.texcoord),
        _ => None,
    });
    let properties = metadata.properties(&primitive.extensions, n, texcoords.collect(), &read, tile);
    let mode = if attributes.is_list() { 4 } else { primitive.mode.unwrap_or(4) };
    let lists = topology::lists(mode, attributes.indices(n)?, n, &mut tile.diagnostics)?;
    let outline = outline::read(source, primitive, lists.mode, n, &mut tile.diagnostics);
    Ok(Some(Part {
        mode: lists.mode,
        positions,
        normals,
        tangents,
        uvs,
        uvs1,
        colors,
        feature_ids,
        feature_sets,
        properties,
        indices: lists.indices,
        outline,
        material,
    }))
}

/// Colours with alpha, 1 where there is none.
fn colors(elements: &Elements<'_>) -> Result<Colors, DecodeError> {
    let has_alpha = elements.kind().shape != Shape::Vector(3);
    if let Some(bytes) = elements.unorm8(has_alpha) {
        return Ok(Colors::Unorm8(bytes));
    }
    if has_alpha {
        return elements.floats().map(Colors::Float);
    }
    Ok(Colors::Float(elements.map(|[r, g, b]| [r as f32, g as f32, b as f32, 1.0])))
}

impl Part<'_> {
    /// Adds the feature that the node around it is. Where there is no other, it is that of every vertex.
    pub(super) fn add_node_feature(&mut self, set: Option<FeatureSet>) {
        if let Some(FeatureSet { source: FeatureSource::Whole(feature), .. }) = &set
            && self.feature_sets.is_empty()
            && self.feature_ids.is_empty()
        {
            self.feature_ids = vec![*feature; self.positions.count()];
        }
        self.feature_sets.extend(set);
    }

    /// The first vertex; `None` when there is none.
    pub(super) fn first(&self) -> Option<DVec3> {
        self.positions.get(0).map(DVec3::from_array)
    }

    /// Bytes that the arrays of [`place`](Self::place) take, but for the features.
    pub(super) fn placed_bytes(&self) -> usize {
        let vertices = if self.normals.is_none() && self.mode == PrimitiveMode::Triangles {
            self.indices.len()
        } else {
            self.positions.count()
        };
        // Positions, normals, tangents, texture coordinates, colours and ids.
        let optional = |there: bool, bytes: usize| if there { bytes } else { 0 };
        let vertex = 24
            + optional(self.tangents.is_some(), 16)
            + optional(!self.uvs.is_empty(), 8)
            + optional(!self.uvs1.is_empty(), 8)
            + self.colors.byte_size().checked_div(self.colors.len()).unwrap_or(0)
            + optional(!self.feature_ids.is_empty(), 4);
        vertices.saturating_mul(vertex).saturating_add(self.indices.len().saturating_mul(4))
    }

    /// Puts it where it stands, and fills in normals.
    pub(super) fn place(self, place: &Place, found: &mut Vec<Diagnostic>) -> Primitive {
        let (positions, are_finite) = place.positions(&self.positions);
        let mut out = Primitive {
            mode: self.mode,
            positions,
            normals: self.normals.map_or_else(Normals::default, |n| place.normals(&n)),
            tangents: self.tangents.map_or_else(Vec::new, |t| place.tangents(&t)),
            uvs: self.uvs,
            uvs1: self.uvs1,
            colors: self.colors,
            feature_ids: self.feature_ids,
            feature_sets: self.feature_sets,
            properties: self.properties,
            indices: self.indices,
            outline: self.outline,
            material: self.material,
            instances: None,
        };
        if !are_finite {
            let broken = clean(&mut out.positions);
            let message = format!("{broken} positions are not finite; moved to the origin");
            found.push(Diagnostic::new("positions-not-finite", "glTF primitive", message));
        }
        if place.mirrored {
            turn_over(&mut out);
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

/// Makes the fronts of triangles their backs.
pub(super) fn turn_over(p: &mut Primitive) {
    if p.mode == PrimitiveMode::Triangles {
        p.indices.as_chunks_mut::<3>().0.iter_mut().for_each(|t| t.swap(1, 2));
    }
}

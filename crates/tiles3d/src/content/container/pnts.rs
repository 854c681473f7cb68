//! Point Cloud (3D Tiles 1.0, Point Cloud clause).

use super::{
    batch::Batch,
    color,
    draco::{self, Compressed, CompressedProperties, Points},
    feature_table::FeatureTable,
    header::{self, Kind},
    orientation::octahedral,
    values::Values,
};
use crate::{
    Diagnostic,
    content::{
        Colors, DecodeError, DecodeOptions, DecodedTile, Normals, Primitive, PrimitiveMode, TileMaterial, direction,
    },
    metadata::{Component, DecodedColumn},
    wide,
};
use glam::{DVec2, DVec3, Vec3};
use serde::Deserialize as _;

const WHAT: &str = "pnts feature table";

/// Decodes to one primitive of points.
pub(crate) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<DecodedTile, DecodeError> {
    let mut parts = header::read(bytes, Kind::Pnts)?;
    let mut found = std::mem::take(&mut parts.diagnostics);
    let table = FeatureTable::parse(parts.feature_json, parts.feature_binary, WHAT)?;
    let declared = table.count("POINTS_LENGTH")?;
    let declared = declared.ok_or_else(|| DecodeError::malformed(WHAT, "POINTS_LENGTH is missing"))?;
    let mut batch = Batch::parse(&parts, &mut found);
    let reader = Reader::new(&table, declared as usize, options)?;
    reader.name_mismatch(&batch, declared as usize, &mut found);
    batch.decoded = reader.properties(&batch, &mut found);

    let mut origin = table.vector("RTC_CENTER")?.unwrap_or_default();
    let Some(Positions { offset, points: positions, are_finite }) = reader.positions(options, &mut found)? else {
        let message = "neither POSITION nor POSITION_QUANTIZED is there; nothing is drawn";
        found.push(Diagnostic::new("points-without-positions", WHAT, message));
        return Ok(DecodedTile { origin, diagnostics: found, ..Default::default() });
    };
    origin += offset;
    let mut primitive = Primitive {
        mode: PrimitiveMode::Points,
        normals: reader.normals(&mut found),
        tangents: Vec::new(),
        uvs: Vec::new(),
        uvs1: Vec::new(),
        colors: Colors::default(),
        feature_ids: Vec::new(),
        indices: Vec::new(),
        positions,
        outline: Vec::new(),
        material: 0,
        instances: None,
        feature_sets: Vec::new(),
        properties: Default::default(),
    };
    let mut material = TileMaterial { metallic: 0.0, roughness: 0.9, ..Default::default() };
    // Light needs something to fall on.
    material.unlit = primitive.normals.is_empty();
    reader.colors(&mut primitive, &mut material, &mut found);
    draw(&mut primitive, are_finite, &mut found);

    let mut tile = DecodedTile { origin, diagnostics: found, ..Default::default() };
    reader.features(batch, &mut primitive, &mut tile);
    tile.primitives.push(primitive);
    tile.materials.push(material);
    let bytes = tile.byte_size();
    if bytes > options.max_decoded_bytes {
        return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
    }
    Ok(tile)
}

/// Where the points are.
struct Positions {
    /// What must be added to each, metres.
    offset: DVec3,
    points: Vec<[f32; 3]>,
    /// Whether all of them are somewhere.
    are_finite: bool,
}

impl Positions {
    fn new(offset: DVec3, points: Vec<[f32; 3]>) -> Self {
        let are_finite = wide::bits(&points, wide::nowhere) == 0;
        Self { offset, points, are_finite }
    }
}

/// Semantics, wherever they are: in the table's body or compressed.
struct Reader<'a, 't> {
    table: &'t FeatureTable<'a>,
    compressed: Option<(Compressed, Points)>,
    /// Points that everything has.
    count: usize,
}

impl<'a, 't> Reader<'a, 't> {
    fn new(table: &'t FeatureTable<'a>, declared: usize, options: &DecodeOptions) -> Result<Self, DecodeError> {
        let Some(extension) = table.extension(draco::NAME) else {
            return Ok(Self { table, compressed: None, count: declared });
        };
        let extension = Compressed::deserialize(extension).map_err(|e| DecodeError::malformed(draco::NAME, e))?;
        let end = extension.byte_offset.checked_add(extension.byte_length);
        let stream = end.and_then(|end| table.binary().get(extension.byte_offset..end));
        let stream = stream.ok_or(DecodeError::Truncated { what: draco::NAME })?;
        let points = Points::decode(stream, options.max_decoded_bytes)?;
        let count = declared.min(points.count());
        Ok(Self { table, compressed: Some((extension, points)), count })
    }

    /// Names what the two halves of a compressed tile disagree about.
    fn name_mismatch(&self, batch: &Batch<'_>, declared: usize, found: &mut Vec<Diagnostic>) {
        let Some((extension, points)) = &self.compressed else { return };
        if points.count() != declared {
            let message = format!("{} points are compressed, POINTS_LENGTH is {declared}; the fewer", points.count());
            found.push(Diagnostic::new("draco-points-length", draco::NAME, message));
        }
        let in_body = |name: &&str| self.table.has(name) && !extension.properties.contains_key(*name);
        let own = ["POSITION", "RGBA", "RGB", "RGB565", "NORMAL", "NORMAL_OCT16P", "BATCH_ID"];
        let properties = batch.json.get("extensions").and_then(|e| e.get(draco::NAME)?.get("properties"));
        let plain = |name: &String| {
            !["extensions", "extras"].contains(&name.as_str()) && properties.is_none_or(|p| p.get(name).is_none())
        };
        let per_point = !self.table.has("BATCH_ID") && batch.json.keys().any(plain);
        if points.reordered && (own.iter().any(in_body) || per_point) {
            let message = "some values are compressed out of order and some are not compressed; they may be mixed up";
            found.push(Diagnostic::new("draco-points-order", draco::NAME, message));
        }
    }

    /// The values of a semantic; what is broken is named and left out.
    fn values(
        &self,
        name: &'static str,
        implied: Component,
        width: usize,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Values<'a>> {
        self.needed(name, implied, width, found).unwrap_or_else(|e| {
            found.push(Diagnostic::new("point-semantic-broken", name, format!("{e}; left out")));
            None
        })
    }

    /// The values of a semantic, `None` when it is not there.
    fn needed(
        &self,
        name: &'static str,
        implied: Component,
        width: usize,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Option<Values<'a>>, DecodeError> {
        let id = self.compressed.as_ref().and_then(|(e, points)| Some((points, *e.properties.get(name)?)));
        let Some((points, id)) = id else { return self.table.array(name, implied, width, self.count, found) };
        let values = points.values(id, self.count)?;
        if values.width < width {
            let message = format!("{name} has {} components where {width} are needed", values.width);
            return Err(DecodeError::malformed(draco::NAME, message));
        }
        Ok(Some(values))
    }

    /// Positions; `None` when there are none.
    fn positions(
        &self,
        options: &DecodeOptions,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Option<Positions>, DecodeError> {
        let limit = options.max_decoded_bytes;
        // The least that a point takes once decoded: its position and its index.
        let bytes = self.count.saturating_mul(16);
        let fits = if bytes > limit { Err(DecodeError::TooLarge { bytes, limit }) } else { Ok(()) };
        if let Some(values) = self.needed("POSITION", Component::Float, 3, found)? {
            return fits.map(|()| Some(near(&values)));
        }
        let Some(values) = self.needed("POSITION_QUANTIZED", Component::UnsignedShort, 3, found)? else {
            return Ok(None);
        };
        fits?;
        let volume = self.table.quantized_volume()?;
        let place = |q: [f64; 3]| (DVec3::from_array(q) * volume.step).as_vec3().to_array();
        Ok(Some(Positions::new(volume.offset, values.each(place))))
    }

    fn normals(&self, found: &mut Vec<Diagnostic>) -> Normals {
        if let Some(values) = self.values("NORMAL", Component::Float, 3, found) {
            let mut normals = values.f32s();
            normals.iter_mut().for_each(|n| *n = direction(Vec3::from_array(*n), Vec3::Z).to_array());
            return Normals::Float(normals);
        }
        let Some(values) = self.values("NORMAL_OCT16P", Component::UnsignedByte, 2, found) else {
            return Normals::default();
        };
        let unfold = |v| octahedral(DVec2::from_array(v) / 255.0).as_vec3().to_array();
        Normals::Float(values.each(unfold))
    }

    /// Colours in the order of precedence that the specification gives.
    fn colors(&self, primitive: &mut Primitive, material: &mut TileMaterial, found: &mut Vec<Diagnostic>) {
        let rgba = self.values("RGBA", Component::UnsignedByte, 4, found);
        if let Some(values) = rgba {
            primitive.colors = color::colors::<4>(&values);
            material.blend = !primitive.colors.are_opaque();
        } else if let Some(values) = self.values("RGB", Component::UnsignedByte, 3, found) {
            primitive.colors = color::colors::<3>(&values);
        } else if let Some(values) = self.values("RGB565", Component::UnsignedShort, 1, found) {
            primitive.colors = color::colors_565(&values);
        } else {
            match self.table.global::<4>("CONSTANT_RGBA", Component::UnsignedByte) {
                Ok(Some(rgba)) => {
                    let [r, g, b, a] = rgba.map(|v| (v / 255.0).clamp(0.0, 1.0));
                    material.base_color = [color::to_linear(r), color::to_linear(g), color::to_linear(b), a as f32];
                    material.blend = a < 1.0;
                }
                Ok(None) => {}
                Err(e) => {
                    let message = format!("{e}; the points are white");
                    found.push(Diagnostic::new("point-semantic-broken", "CONSTANT_RGBA", message));
                }
            }
        }
    }

    /// Properties of the batch table that were compressed along with the points.
    fn properties(&self, batch: &Batch<'_>, found: &mut Vec<Diagnostic>) -> Vec<DecodedColumn> {
        let extension = batch.json.get("extensions").and_then(|e| e.get(draco::NAME));
        let Some(extension) = extension else { return Vec::new() };
        let read = || {
            let (_, points) =
                self.compressed.as_ref().ok_or_else(|| "the feature table has no compressed points".to_string())?;
            Ok((points, CompressedProperties::deserialize(extension).map_err(|e| e.to_string())?))
        };
        let (points, extension) = match read() {
            Ok(both) => both,
            Err(why) => {
                let why: String = why;
                found.push(Diagnostic::new("draco-properties", "batch table", format!("{why}; left out")));
                return Vec::new();
            }
        };
        let mut columns = Vec::new();
        for (name, id) in extension.properties {
            match points.values(id, self.count) {
                Ok(Values { bytes, component, width }) => {
                    columns.push(DecodedColumn { name, component, width, bytes: bytes.into_owned() });
                }
                Err(e) => found.push(Diagnostic::new("draco-properties", name, format!("{e}; left out"))),
            }
        }
        columns
    }

    /// Features: those of the batch ids, or else each point when the batch table has something to say about it.
    fn features(&self, batch: Batch<'_>, primitive: &mut Primitive, tile: &mut DecodedTile) {
        let found = &mut tile.diagnostics;
        let Some(values) = self.values("BATCH_ID", Component::UnsignedShort, 1, found) else {
            if !batch.is_empty() {
                let points = self.count as u32;
                primitive.feature_ids = (0..points).collect();
                batch.push(tile, Some(points), points.checked_sub(1), self.count);
            }
            return;
        };
        let ids: Option<Vec<u32>> = values.indices().into_iter().collect();
        let Some(ids) = ids else {
            let message = "some ids are no whole numbers; the points have no features";
            found.push(Diagnostic::new("point-semantic-broken", "BATCH_ID", message));
            return;
        };
        let declared = self.table.count("BATCH_LENGTH").unwrap_or_default();
        if declared.is_none() {
            let message = "BATCH_ID without a valid BATCH_LENGTH; the ids in use say how many features there are";
            found.push(Diagnostic::new("batch-length-invalid", WHAT, message));
        }
        batch.push(tile, declared, ids.iter().copied().max(), ids.len());
        primitive.feature_ids = ids;
    }
}

/// Positions as they are, or relative to the first when that is far away: in f32 the renderer's arithmetic would
/// otherwise shake them.
fn near(values: &Values<'_>) -> Positions {
    const FAR: f64 = 10_000.0;
    let first = Values { bytes: values.bytes.get(..values.stride()).unwrap_or_default().into(), ..*values };
    let anchor = first.each(DVec3::from_array).first().copied().filter(|p| p.is_finite() && p.length() > FAR);
    match anchor {
        None => {
            let (points, are_finite) = values.vectors();
            Positions { offset: DVec3::ZERO, points, are_finite }
        }
        Some(anchor) => {
            let relative = |p| (DVec3::from_array(p) - anchor).as_vec3().to_array();
            Positions::new(anchor, values.each(relative))
        }
    }
}

/// Fills in the indices: points that are nowhere keep their place in the arrays, but are not drawn.
fn draw(primitive: &mut Primitive, are_finite: bool, found: &mut Vec<Diagnostic>) {
    let count = primitive.positions.len();
    if are_finite {
        primitive.indices = (0..count as u32).collect();
        return;
    }
    for (i, p) in primitive.positions.iter_mut().enumerate() {
        if wide::nowhere(p) == 0 {
            primitive.indices.push(i as u32);
        } else {
            *p = [0.0; 3];
        }
    }
    let message = format!("{} points have no finite position; left out", count - primitive.indices.len());
    found.push(Diagnostic::new("points-broken", WHAT, message));
}

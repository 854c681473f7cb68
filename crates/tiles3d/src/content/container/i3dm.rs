//! Instanced 3D Model (3D Tiles 1.0, Instanced 3D Model clause).

use super::{
    batch::Batch,
    feature_table::FeatureTable,
    header::{self, Kind, Parts},
    model,
    orientation::{east_north_up, octahedral, up_right},
    values::Values,
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal, Instance, gzip::inflate},
    gltf,
    metadata::Component,
};
use glam::{DAffine3, DMat3, DMat4, DVec2, DVec3};
use std::borrow::Cow;

const WHAT: &str = "i3dm feature table";

/// Decodes the glTF and places its copies.
pub(crate) fn decode(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
) -> Result<DecodedTile, DecodeError> {
    let mut parts = header::read(bytes, Kind::I3dm)?;
    let mut found = std::mem::take(&mut parts.diagnostics);
    let table = FeatureTable::parse(parts.feature_json, parts.feature_binary, WHAT)?;
    let count = table.count("INSTANCES_LENGTH")?;
    let count = count.ok_or_else(|| DecodeError::malformed(WHAT, "INSTANCES_LENGTH is missing"))?;
    let copies = Copies::read(&table, count as usize, options, &mut found)?;
    let batch = Batch::parse(&parts, &mut found);
    if copies.list.is_empty() {
        // Nothing to draw, so the glTF need not be fetched either.
        return Ok(DecodedTile { diagnostics: found, ..Default::default() });
    }
    let mut tile = glb(&parts, options, fetch)?;
    tile.diagnostics.append(&mut found);
    let largest = copies.list.iter().map(|c| c.batch_id).max();
    // An i3dm does not say how many features it has: as many as have ids, or properties.
    let features = largest.map_or(0, |id| id.saturating_add(1)).max(batch.rows());
    let first = batch.push(&mut tile, Some(features), largest, count as usize);
    copies.place(&mut tile, first, options)?;
    Ok(tile)
}

/// The glTF: embedded, or the file that a URI names.
fn glb(parts: &Parts<'_>, options: &DecodeOptions, fetch: &mut FetchExternal<'_>) -> Result<DecodedTile, DecodeError> {
    const WHAT: &str = "i3dm glTF";
    match parts.gltf_format {
        0 => {
            let text = std::str::from_utf8(parts.body).map_err(|e| DecodeError::malformed(WHAT, e))?;
            // The padding is spaces, or zero bytes inside of some composites.
            let uri = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
            if uri.is_empty() {
                return Err(DecodeError::malformed(WHAT, "the URI is empty"));
            }
            let file = gltf::resolve(uri, fetch)?;
            let file = inflate(&file, options.max_decoded_bytes)?;
            // What the glTF refers to is relative to the glTF.
            model::decode(&file, options, &mut |inner| fetch(&relative_to(uri, inner)))
        }
        1 => model::decode(parts.body, options, fetch),
        other => Err(DecodeError::malformed(WHAT, format!("gltfFormat {other} is neither 0 nor 1"))),
    }
}

/// The reference `uri` in the file `base`, as one relative to where `base` is relative to.
fn relative_to<'a>(base: &str, uri: &'a str) -> Cow<'a, str> {
    if let Ok(base) = url::Url::parse(base) {
        return base.join(uri).map_or(Cow::Borrowed(uri), |url| Cow::Owned(url.into()));
    }
    let path = base.split(['?', '#']).next().unwrap_or_default();
    match path.rfind('/') {
        Some(slash) if !uri.starts_with('/') && url::Url::parse(uri).is_err() => {
            Cow::Owned(format!("{}{uri}", &path[..=slash]))
        }
        _ => Cow::Borrowed(uri),
    }
}

/// Where the copies stand.
struct Copies {
    /// `RTC_CENTER`: all positions are relative to it.
    center: DVec3,
    list: Vec<Placement>,
}

struct Placement {
    /// Takes the z-up model to the frame around the centre.
    transform: DAffine3,
    batch_id: u32,
}

impl Copies {
    fn read(
        table: &FeatureTable<'_>,
        count: usize,
        options: &DecodeOptions,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Self, DecodeError> {
        let center = table.vector("RTC_CENTER")?.unwrap_or_default();
        let Some(positions) = positions(table, count, found)? else {
            let message = "neither POSITION nor POSITION_QUANTIZED is there; no instance was created";
            found.push(Diagnostic::new("instances-without-positions", WHAT, message));
            return Ok(Self { center, list: Vec::new() });
        };
        check_size(count, options)?;
        let turns = turns(table, &positions, center, options, found);
        let uniform = optional(table, "SCALE", Component::Float, 1, count, found).map(|v| v.each(|[s]| s));
        let uneven =
            optional(table, "SCALE_NON_UNIFORM", Component::Float, 3, count, found).map(|v| v.each(DVec3::from_array));
        let ids = optional(table, "BATCH_ID", Component::UnsignedShort, 1, count, found).map(|v| v.indices());
        let mut list = Vec::with_capacity(count);
        for (i, &position) in positions.iter().enumerate() {
            let turn = turns.get(i).copied().unwrap_or(DMat3::IDENTITY);
            let uniform = uniform.as_ref().and_then(|s| s.get(i).copied()).unwrap_or(1.0);
            let uneven = uneven.as_ref().and_then(|s| s.get(i).copied()).unwrap_or(DVec3::ONE);
            let matrix3 = turn * DMat3::from_diagonal(uneven * uniform);
            let transform = DAffine3 { matrix3, translation: position };
            let batch_id = ids.as_ref().map_or(Some(i as u32), |ids| ids.get(i).copied().flatten());
            if let Some(batch_id) = batch_id.filter(|_| transform.is_finite()) {
                list.push(Placement { transform, batch_id });
            }
        }
        let lost = count - list.len();
        if lost > 0 {
            let message = format!("{lost} instances have a number that is not finite, or no valid id; left out");
            found.push(Diagnostic::new("instances-broken", WHAT, message));
        }
        Ok(Self { center, list })
    }

    /// Makes every primitive of the tile stand where the copies do. `first` is the feature that the batch table starts
    /// with.
    fn place(&self, tile: &mut DecodedTile, first: Option<u32>, options: &DecodeOptions) -> Result<(), DecodeError> {
        let inner = std::mem::take(&mut tile.instances);
        let copies: usize = inner.iter().map(Vec::len).fold(1, usize::saturating_add).saturating_mul(self.list.len());
        check_size(copies, options)?;
        // Each copy turns and scales the model about the model's own zero, from which its origin may be far away.
        let origins: Vec<DVec3> = self.list.iter().map(|c| c.transform.transform_point3(tile.origin)).collect();
        let anchor = anchor(&origins);
        let placed = || {
            self.list.iter().zip(&origins).map(|(copy, origin)| Instance {
                transform: DAffine3 { matrix3: copy.transform.matrix3, translation: *origin - anchor },
                feature: first.and_then(|first| first.checked_add(copy.batch_id)),
            })
        };
        // Where the glTF has instances of its own, each of them stands at each place.
        for own in &inner {
            let each = |outer: Instance| {
                own.iter().map(move |inner| Instance { transform: outer.transform * inner.transform, ..outer })
            };
            tile.instances.push(placed().flat_map(each).collect());
        }
        let plain = tile.instances.len();
        for primitive in &mut tile.primitives {
            primitive.instances = Some(primitive.instances.filter(|own| *own < plain).unwrap_or(plain));
        }
        tile.instances.push(placed().collect());
        tile.origin = self.center + anchor;
        let bytes = tile.byte_size();
        if bytes > options.max_decoded_bytes {
            return Err(DecodeError::TooLarge { bytes, limit: options.max_decoded_bytes });
        }
        Ok(())
    }
}

/// The middle of far-away places, zero for those that are near: what a tile's origin should hold of them.
fn anchor(places: &[DVec3]) -> DVec3 {
    /// Metres beyond which f32 no longer resolves a millimetre.
    const FAR: f64 = 10_000.0;
    let bounds = places.iter().fold(None, |bounds: Option<(DVec3, DVec3)>, &p| {
        Some(bounds.map_or((p, p), |(low, high)| (low.min(p), high.max(p))))
    });
    let middle = bounds.map_or(DVec3::ZERO, |(low, high)| low + (high - low) * 0.5);
    if middle.is_finite() && middle.length() > FAR { middle } else { DVec3::ZERO }
}

fn check_size(copies: usize, options: &DecodeOptions) -> Result<(), DecodeError> {
    let (bytes, limit) = (copies.saturating_mul(size_of::<Instance>()), options.max_decoded_bytes);
    if bytes > limit { Err(DecodeError::TooLarge { bytes, limit }) } else { Ok(()) }
}

/// Positions relative to the centre; `None` when there are none.
fn positions(
    table: &FeatureTable<'_>,
    count: usize,
    found: &mut Vec<Diagnostic>,
) -> Result<Option<Vec<DVec3>>, DecodeError> {
    if let Some(values) = table.array("POSITION", Component::Float, 3, count, found)? {
        return Ok(Some(values.each(DVec3::from_array)));
    }
    let Some(values) = table.array("POSITION_QUANTIZED", Component::UnsignedShort, 3, count, found)? else {
        return Ok(None);
    };
    let volume = table.quantized_volume()?;
    Ok(Some(values.each(|q| volume.offset + DVec3::from_array(q) * volume.step)))
}

/// A semantic that the instances can do without: when it is broken it is named and left out.
fn optional<'a>(
    table: &FeatureTable<'a>,
    name: &'static str,
    implied: Component,
    width: usize,
    count: usize,
    found: &mut Vec<Diagnostic>,
) -> Option<Values<'a>> {
    table.array(name, implied, width, count, found).unwrap_or_else(|e| {
        found.push(Diagnostic::new("instance-semantic-broken", name, format!("{e}; left out")));
        None
    })
}

/// The rotation of each instance; empty when none is turned.
fn turns(
    table: &FeatureTable<'_>,
    positions: &[DVec3],
    center: DVec3,
    options: &DecodeOptions,
    found: &mut Vec<Diagnostic>,
) -> Vec<DMat3> {
    let vectors = |up, right, implied, width, found: &mut Vec<Diagnostic>| {
        if table.has(up) != table.has(right) {
            let message = format!("{up} and {right} only go together; left out");
            found.push(Diagnostic::new("instance-semantic-broken", up, message));
            return None;
        }
        let up = optional(table, up, implied, width, positions.len(), found)?;
        let right = optional(table, right, implied, width, positions.len(), found)?;
        Some((up, right))
    };
    let mut flat = 0usize;
    let mut basis = |(up, right)| {
        up_right(up, right).unwrap_or_else(|| {
            flat += 1;
            DMat3::IDENTITY
        })
    };
    let turns = if let Some((up, right)) = vectors("NORMAL_UP", "NORMAL_RIGHT", Component::Float, 3, found) {
        let vectors = |v: Values<'_>| v.each(DVec3::from_array).into_iter();
        vectors(up).zip(vectors(right)).map(&mut basis).collect()
    } else if let Some((up, right)) =
        vectors("NORMAL_UP_OCT32P", "NORMAL_RIGHT_OCT32P", Component::UnsignedShort, 2, found)
    {
        let vectors = |v: Values<'_>| v.each(|v| octahedral(DVec2::from_array(v) / 65535.0)).into_iter();
        vectors(up).zip(vectors(right)).map(&mut basis).collect()
    } else if table.flag("EAST_NORTH_UP") {
        let earth_from_tile = options.tile_transform.unwrap_or(DMat4::IDENTITY);
        let tile_from_earth = DMat3::from_mat4(earth_from_tile).inverse();
        // In a local frame whose place on the Earth nobody told, east, north and up are x, y and z.
        let local = DMat3::IDENTITY;
        let turn = |p: &DVec3| east_north_up(center + *p, &earth_from_tile, &tile_from_earth).unwrap_or(local);
        positions.iter().map(turn).collect()
    } else {
        Vec::new()
    };
    if flat > 0 {
        let message = format!("{flat} instances have an up and a right that span no plane; not turned");
        found.push(Diagnostic::new("instance-orientation", WHAT, message));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Primitive, PrimitiveMode};

    #[test]
    fn references_of_the_gltf_are_relative_to_it() {
        assert_eq!(relative_to("tree.gltf", "tree.bin"), "tree.bin");
        assert_eq!(relative_to("../models/tree.gltf?v=1/2", "a/tree.bin"), "../models/a/tree.bin");
        assert_eq!(relative_to("models/tree.gltf", "/tree.bin"), "/tree.bin");
        assert_eq!(relative_to("models/tree.gltf", "https://example.org/tree.bin"), "https://example.org/tree.bin");
        assert_eq!(relative_to("https://example.org/m/tree.gltf", "../tree.bin"), "https://example.org/tree.bin");
        assert_eq!(relative_to("data:application/json;base64,e30=", "tree.bin"), "tree.bin");
    }

    #[test]
    fn instances_of_the_gltf_stand_at_each_place() {
        let at = |x: f64| DAffine3::from_translation(DVec3::X * x);
        let instance = |x| Instance { transform: at(x), feature: Some(9) };
        let primitive = |instances| Primitive {
            mode: PrimitiveMode::Points,
            positions: vec![[0.0; 3]],
            normals: Default::default(),
            tangents: Vec::new(),
            uvs: Vec::new(),
            uvs1: Vec::new(),
            colors: Default::default(),
            feature_ids: Vec::new(),
            indices: vec![0],
            outline: Vec::new(),
            material: 0,
            instances,
            feature_sets: Vec::new(),
            properties: Default::default(),
        };
        let mut tile = DecodedTile {
            origin: DVec3::Y,
            primitives: vec![primitive(Some(0)), primitive(None)],
            instances: vec![vec![instance(1.0), instance(2.0)]],
            ..Default::default()
        };
        let turned = DAffine3 { matrix3: DMat3::from_diagonal(DVec3::splat(2.0)), translation: DVec3::Z };
        let list = vec![Placement { transform: at(10.0), batch_id: 0 }, Placement { transform: turned, batch_id: 1 }];
        let copies = Copies { center: DVec3::splat(5e6), list };
        copies.place(&mut tile, Some(100), &DecodeOptions::default()).unwrap();
        assert_eq!(tile.origin, DVec3::splat(5e6));
        assert_eq!(tile.primitives[0].instances, Some(0));
        assert_eq!(tile.primitives[1].instances, Some(1));
        let places = |list: &[Instance]| {
            list.iter().map(|i| (i.transform.transform_point3(DVec3::ZERO), i.feature)).collect::<Vec<_>>()
        };
        // Outer times (origin plus inner).
        let both = [(11.0, 1.0, 0.0, 100), (12.0, 1.0, 0.0, 100), (2.0, 2.0, 1.0, 101), (4.0, 2.0, 1.0, 101)];
        assert_eq!(places(&tile.instances[0]), both.map(|(x, y, z, f)| (DVec3::new(x, y, z), Some(f))));
        let outer = [(10.0, 1.0, 0.0, 100), (0.0, 2.0, 1.0, 101)];
        assert_eq!(places(&tile.instances[1]), outer.map(|(x, y, z, f)| (DVec3::new(x, y, z), Some(f))));

        let small = DecodeOptions { max_decoded_bytes: 500, ..Default::default() };
        assert!(matches!(copies.place(&mut tile, None, &small), Err(DecodeError::TooLarge { .. })));
    }
}

//! A number that two cities share only when their tiles are the same.

use super::TilingOptions;
use crate::{
    city::{
        Area, Attribute, Building, City, Facet, Lamp, Model, Pictured, PlacedModel, Plant, Point, Road, Roof, RoofShape,
    },
    picture::{Picture, Pixels},
    terrain::Terrain,
};
use cim_model::{EntityKey, Place};
use foldhash::quality::{FixedState, FoldHasher};
use std::{
    fs,
    hash::{BuildHasher as _, Hash, Hasher as _},
};

/// The number of the journal's format.
const FORMAT: u32 = 3;

/// Of everything that decides what is in the tiles, the version of this program included. It is compared within a
/// machine only.
pub(super) fn fingerprint(city: &City, options: &TilingOptions) -> u64 {
    // Taken apart by name everywhere: a field that is added has to be thought of here.
    let City {
        name_zh: _,
        name_en: _,
        origin,
        bounds,
        utc_offset_minutes: _,
        buildings,
        models,
        placed,
        pictures,
        ground_m,
        terrain,
        roads,
        areas,
        plants,
        lamps,
        network: _,
        records: _,
        findings: _,
    } = city;
    let TilingOptions { compression, tiling, archive } = options;
    let mut h = FixedState::default().build_hasher();
    (env!("CARGO_PKG_VERSION"), FORMAT, format!("{compression:?}"), tiling, archive).hash(&mut h);
    places(&[*origin], &mut h);
    numbers(&[bounds.west, bounds.south, bounds.east, bounds.north, *ground_m], &mut h);
    list(buildings, &mut h, building);
    list(models, &mut h, model);
    list(placed, &mut h, standing);
    list(pictures, &mut h, picture);
    list(roads, &mut h, road);
    list(areas, &mut h, area);
    list(plants, &mut h, |Plant { place, kind, height_m }, h| {
        places(&[*place], h);
        (std::mem::discriminant(kind), height_m.to_bits()).hash(h);
    });
    list(lamps, &mut h, |Lamp { place, height_m, heading_deg, is_lit }, h| {
        places(&[*place], h);
        (height_m.to_bits(), heading_deg.map(f32::to_bits), is_lit).hash(h);
    });
    if let Some(Terrain { relief, report: _ }) = terrain {
        relief.to_bytes().hash(&mut h);
    }
    h.finish()
}

/// The same in every run; all that is compared is of one machine and one version of this program.
type H = FoldHasher<'static>;

fn list<T>(things: &[T], h: &mut H, each: impl Fn(&T, &mut H)) {
    things.len().hash(h);
    things.iter().for_each(|thing| each(thing, h));
}

fn numbers(values: &[f64], h: &mut H) {
    values.iter().for_each(|v| v.to_bits().hash(h));
}

fn places(ring: &[Place], h: &mut H) {
    ring.len().hash(h);
    ring.iter().for_each(|p| numbers(&[p.lon, p.lat], h));
}

fn words(key: &EntityKey, texts: &[&String], attributes: &[(String, Attribute)], h: &mut H) {
    (key.kind, key.id.as_str(), texts).hash(h);
    list(attributes, h, |(name, value), h| {
        name.hash(h);
        match value {
            Attribute::Bool(b) => (0, b).hash(h),
            Attribute::Integer(i) => (1, i).hash(h),
            Attribute::Number(x) => (2, x.to_bits()).hash(h),
            Attribute::Text(s) => (3, s).hash(h),
        }
    });
}

fn building(b: &Building, h: &mut H) {
    let Building {
        key,
        name,
        class,
        footprint,
        holes,
        whole,
        base_m,
        height_m,
        floors,
        address,
        roof,
        wall,
        roof_color,
        attributes,
    } = b;
    words(key, &[name, class, address], attributes, h);
    places(footprint, h);
    list(holes, h, |hole, h| places(hole, h));
    if let Some(whole) = whole {
        places(whole, h);
    }
    (base_m.to_bits(), height_m.to_bits(), floors, std::mem::discriminant(roof), wall, roof_color).hash(h);
    if let Roof::Shaped(RoofShape { form, rise_m, bearing_deg }) = roof {
        (form, rise_m.to_bits(), bearing_deg.to_bits()).hash(h);
    }
}

fn model(m: &Model, h: &mut H) {
    let Model { key, name, class, address, height_m, floors, skin, levels, attributes } = m;
    words(key, &[name, class, address], attributes, h);
    (height_m.to_bits(), floors, std::mem::discriminant(skin)).hash(h);
    list(levels, h, |level, h| list(level, h, facet));
}

fn facet(f: &Facet, h: &mut H) {
    let Facet { rings, kind, color, texture } = f;
    list(rings, h, |ring, h| {
        list(ring, h, |Point { place, height_m }, h| numbers(&[place.lon, place.lat, *height_m], h));
    });
    (std::mem::discriminant(kind), color).hash(h);
    if let Some(texture) = texture {
        texture.picture.hash(h);
        list(&texture.uvs, h, |ring, h| list(ring, h, |uv, h| uv.map(f32::to_bits).hash(h)));
    }
}

fn standing(m: &PlacedModel, h: &mut H) {
    let PlacedModel { key, name, class, address, shape, place, above_m, heading_deg, scale, attributes } = m;
    words(key, &[name, class, address], attributes, h);
    numbers(&[place.lon, place.lat, *above_m, *heading_deg, *scale], h);
    let vectors = |list: &[[f32; 3]], h: &mut H| list.iter().for_each(|v| v.map(f32::to_bits).hash(h));
    vectors(&shape.positions, h);
    vectors(&shape.normals, h);
    list(&shape.uvs, h, |uv, h| uv.map(f32::to_bits).hash(h));
    (&shape.colors, &shape.indices).hash(h);
    list(&shape.pictured, h, |Pictured { picture, indices }, h| (picture, indices).hash(h));
}

/// Pictures of files are read when they are needed: what is known of one before is what its file is.
fn picture(p: &Picture, h: &mut H) {
    let Picture { pixels, size, wrap } = p;
    (size, wrap).hash(h);
    match pixels {
        Pixels::File(file) => {
            file.hash(h);
            if let Ok(meta) = fs::metadata(file) {
                (meta.len(), meta.modified().ok()).hash(h);
            }
        }
        Pixels::Here(pixels) => pixels.as_raw().hash(h),
    }
}

fn road(r: &Road, h: &mut H) {
    let Road { key, name, class, width_m, points, main, oneway, attributes } = r;
    words(key, &[name], attributes, h);
    (std::mem::discriminant(class), width_m.to_bits(), main, oneway).hash(h);
    places(points, h);
}

fn area(a: &Area, h: &mut H) {
    let Area { key, name, kind, ring, holes, attributes } = a;
    words(key, &[name], attributes, h);
    std::mem::discriminant(kind).hash(h);
    places(ring, h);
    list(holes, h, |hole, h| places(hole, h));
}

//! From the objects of a CityJSON file to those of a city model.

use super::{
    appearance::Looks,
    document::{Geometry as Written, Object},
    geometry::{Surface, boundaries},
    source::{self, Part, Source, instance},
};
use crate::{
    TilerError,
    citymodel::{CityModel, CityObject, Defect, Geometry, Opened, Polygon},
    picture::Pictures,
};
use serde_json::Value;
use std::collections::HashMap;

/// Reads a file.
///
/// # Errors
/// It is cut off, damaged, no CityJSON or of an unknown version.
pub(crate) fn read(file: Opened) -> Result<CityModel, TilerError> {
    let mut pictures = Pictures::beside(&file.path);
    let source = source::read(file)?;
    let mut model = CityModel { crs: source.crs.clone(), title: source.title.clone(), ..CityModel::default() };
    for part in &source.parts {
        let first = model.objects.len();
        let numbers: HashMap<&str, usize> =
            part.objects.keys().enumerate().map(|(i, id)| (id.as_str(), first + i)).collect();
        for (id, object) in &part.objects {
            let mut defects = Vec::new();
            let geometries = object
                .geometry
                .iter()
                .flat_map(|g| geometries(&source, part, g, (&mut pictures, &mut defects)))
                .collect();
            model.objects.push(CityObject {
                id: id.clone(),
                kind: object.kind.clone(),
                attributes: object.attributes.clone(),
                address: address(object),
                parent: object.parents.first().and_then(|p| numbers.get(p.as_str()).copied()),
                geometries,
                defects,
            });
        }
    }
    model.pictures = pictures.list;
    Ok(model)
}

/// An address as one line, whatever its parts are called.
fn address(object: &Object) -> Option<String> {
    let one = object.address.as_array().map_or(Some(&object.address), |a| a.first())?;
    let parts: Vec<&str> = one.as_object()?.values().filter_map(Value::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn geometries(
    source: &Source,
    part: &Part,
    written: &Written,
    (pictures, defects): (&mut Pictures, &mut Vec<Defect>),
) -> Vec<Geometry> {
    let (template, placed);
    let mut appearance = if part.appearance.is_empty() { &source.appearance } else { &part.appearance };
    let (shape, vertices) = if written.kind == "GeometryInstance" {
        let Some(found) = instance(source, part, written) else {
            defects.push(Defect::Link);
            return Vec::new();
        };
        (template, placed) = found;
        appearance = &source.appearance;
        (template, placed.as_slice())
    } else {
        (written, part.vertices.as_slice())
    };
    let lod = if written.lod.is_null() { shape.level() } else { written.level() };
    let made =
        boundaries(shape, Looks::new(appearance, shape, pictures), vertices.len(), defects).into_iter().map(|shell| {
            let ring = |ring: Vec<usize>| ring.into_iter().filter_map(|i| vertices.get(i).copied()).collect();
            let polygon = |s: Surface| Polygon {
                rings: s.rings.into_iter().map(ring).collect(),
                kind: s.kind,
                color: s.color,
                texture: s.texture,
            };
            Geometry { lod, shape: shell.shape, polygons: shell.surfaces.into_iter().map(polygon).collect() }
        });
    made.collect()
}

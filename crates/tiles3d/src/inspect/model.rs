//! What the contents decode to: counts, properties, and whether they are where their volumes say.

use super::{
    InspectOptions,
    finding::Findings,
    report::{PropertySummary, Report},
    rules,
    volume::Volume,
};
use crate::{
    DecodedTile, Value,
    content::{Primitive, PrimitiveMode},
};
use glam::{DMat4, DVec3};

/// Vertices of a model that are looked at; of more, every so many.
const LOOKED_AT: usize = 2_000_000;
/// Features of a model whose values are counted: a table of defaults can promise billions.
const COUNTED: u32 = 1_000_000;
/// Different values quoted of a property.
const EXAMPLES: usize = 3;

/// Adds a model to the report.
pub(super) fn tally(model: &DecodedTile, options: &InspectOptions, report: &mut Report) {
    let counts = &mut report.counts;
    counts.models += 1;
    counts.primitives += model.primitives.len() as u64;
    counts.images += model.images.len() as u64;
    counts.features += u64::from(model.features.count());
    counts.decoded_bytes += model.byte_size() as u64;
    for p in &model.primitives {
        counts.vertices += p.positions.len() as u64;
        let indices = p.indices.len() as u64;
        match p.mode {
            PrimitiveMode::Triangles => counts.triangles += indices / 3,
            PrimitiveMode::Lines => counts.lines += indices / 2,
            PrimitiveMode::Points => counts.points += indices,
        }
        counts.instances += p.instances.and_then(|i| model.instances.get(i)).map_or(0, |list| list.len() as u64);
    }
    let names: Vec<String> = model.features.property_names().into_iter().map(|n| n.to_string()).collect();
    for name in names {
        let summary = report.properties.entry(name.clone()).or_default();
        for feature in 0..model.features.count().min(COUNTED) {
            if let Some(value) = model.features.get(feature, &name).filter(|v| *v != Value::Null) {
                add_value(summary, value);
            }
        }
    }
    for feature in 0..model.features.count() {
        if report.samples.len() >= options.features {
            break;
        }
        report.samples.push(model.features.row(feature));
    }
}

fn add_value(summary: &mut PropertySummary, value: Value) {
    summary.count += 1;
    let kind = match &value {
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        _ => "number",
    };
    if !summary.kinds.contains(&kind) {
        summary.kinds.push(kind);
    }
    if summary.examples.len() < EXAMPLES && !summary.examples.contains(&value) {
        summary.examples.push(value);
    }
}

/// Whether features and vertices are where they should be.
pub(super) fn check(model: &DecodedTile, transform: &DMat4, volume: Option<&Volume>, place: &str, find: &mut Findings) {
    let count = model.features.count();
    // The largest number stands for no feature at all.
    let stray = |id: &&u32| **id >= count && **id != u32::MAX;
    let strays: usize = model.primitives.iter().map(|p| p.feature_ids.iter().filter(stray).count()).sum();
    if count > 0 && strays > 0 {
        let message = format!("{strays} vertices are of features beyond the {count} that there are");
        find.add(&rules::FEATURE_ID, place, message);
    }
    let Some(volume) = volume else { return };
    let slack = 0.01 * volume.sphere().1 + 0.01;
    let total: usize = model.primitives.iter().map(|p| p.positions.len().saturating_mul(copies(p, model))).sum();
    let stride = total.div_ceil(LOOKED_AT).max(1);
    let (mut seen, mut outside, mut furthest) = (0u64, 0u64, 0.0f64);
    let mut look = |p: DVec3| {
        seen += 1;
        let out = volume.outside(transform.transform_point3(p + model.origin));
        if out > slack {
            outside += 1;
            furthest = furthest.max(out);
        }
    };
    for primitive in &model.primitives {
        let positions = primitive.positions.iter().step_by(stride).map(|p| DVec3::from(p.map(f64::from)));
        match primitive.instances.and_then(|i| model.instances.get(i)) {
            None => positions.for_each(&mut look),
            Some(list) => {
                for instance in list {
                    positions.clone().for_each(|p| look(instance.transform.transform_point3(p)));
                }
            }
        }
    }
    if outside > 0 {
        let message =
            format!("{outside} of {seen} vertices are outside the {} by up to {furthest:.3} m", volume.kind());
        find.add(&rules::CONTENT_OUTSIDE, place, message);
    }
}

fn copies(primitive: &Primitive, model: &DecodedTile) -> usize {
    primitive.instances.and_then(|i| model.instances.get(i)).map_or(1, Vec::len)
}

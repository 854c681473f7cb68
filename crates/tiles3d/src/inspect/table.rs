//! The rules of feature tables and batch tables.

use super::{
    container::json,
    finding::{Findings, at, short},
    rules,
    shape::kind_of,
};
use serde_json::Value;

/// Which format the tables are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Batched,
    Instanced,
    Points,
}

/// The two tables.
pub(super) struct Tables<'a> {
    pub(super) feature_json: &'a [u8],
    pub(super) feature_binary: &'a [u8],
    pub(super) batch_json: &'a [u8],
    pub(super) batch_binary: &'a [u8],
}

/// One semantic: how many components of how many bytes, once for all or for each feature.
struct Semantic(&'static str, usize, usize, bool);

const INSTANCED: &[Semantic] = &[
    Semantic("INSTANCES_LENGTH", 1, 4, false),
    Semantic("RTC_CENTER", 3, 4, false),
    Semantic("QUANTIZED_VOLUME_OFFSET", 3, 4, false),
    Semantic("QUANTIZED_VOLUME_SCALE", 3, 4, false),
    Semantic("POSITION", 3, 4, true),
    Semantic("POSITION_QUANTIZED", 3, 2, true),
    Semantic("NORMAL_UP", 3, 4, true),
    Semantic("NORMAL_RIGHT", 3, 4, true),
    Semantic("NORMAL_UP_OCT32P", 2, 2, true),
    Semantic("NORMAL_RIGHT_OCT32P", 2, 2, true),
    Semantic("SCALE", 1, 4, true),
    Semantic("SCALE_NON_UNIFORM", 3, 4, true),
    Semantic("BATCH_ID", 1, 2, true),
];

const POINTS: &[Semantic] = &[
    Semantic("POINTS_LENGTH", 1, 4, false),
    Semantic("RTC_CENTER", 3, 4, false),
    Semantic("QUANTIZED_VOLUME_OFFSET", 3, 4, false),
    Semantic("QUANTIZED_VOLUME_SCALE", 3, 4, false),
    Semantic("CONSTANT_RGBA", 4, 1, false),
    Semantic("BATCH_LENGTH", 1, 4, false),
    Semantic("POSITION", 3, 4, true),
    Semantic("POSITION_QUANTIZED", 3, 2, true),
    Semantic("RGBA", 4, 1, true),
    Semantic("RGB", 3, 1, true),
    Semantic("RGB565", 1, 2, true),
    Semantic("NORMAL", 3, 4, true),
    Semantic("NORMAL_OCT16P", 2, 1, true),
    Semantic("BATCH_ID", 1, 2, true),
];

const BATCHED: &[Semantic] = &[Semantic("BATCH_LENGTH", 1, 4, false), Semantic("RTC_CENTER", 3, 4, false)];

/// Checks both tables.
pub(super) fn check(kind: Kind, tables: &Tables<'_>, place: &str, find: &mut Findings) {
    let feature_place = format!("{place} (feature table)");
    let features = json(tables.feature_json, &feature_place, find);
    let Some(members) = features.as_object() else {
        if !features.is_null() {
            find.add(&rules::FEATURE_SEMANTIC, &feature_place, format!("is {}, not an object", kind_of(&features)));
        }
        return;
    };
    let (semantics, length) = match kind {
        Kind::Batched => (BATCHED, "BATCH_LENGTH"),
        Kind::Instanced => (INSTANCED, "INSTANCES_LENGTH"),
        Kind::Points => (POINTS, "POINTS_LENGTH"),
    };
    let count = global(&features, length, tables.feature_binary);
    match count {
        // A b3dm may come without any feature table at all only in drafts; 0 is how it says that it has no batches.
        None => find.add(&rules::FEATURE_SEMANTIC, &feature_place, format!("has no {length}")),
        Some(count) => {
            for semantic in semantics {
                if let Some(value) = members.get(semantic.0) {
                    check_semantic(semantic, value, count, &features, tables.feature_binary, &feature_place, find);
                }
            }
        }
    }
    let mut wrong = |message: &str| find.add(&rules::FEATURE_SEMANTIC, &feature_place, message);
    let has = |name: &str| members.contains_key(name);
    if kind != Kind::Batched && !has("POSITION") && !has("POSITION_QUANTIZED") {
        wrong("has neither POSITION nor POSITION_QUANTIZED");
    }
    if has("POSITION_QUANTIZED") && !(has("QUANTIZED_VOLUME_OFFSET") && has("QUANTIZED_VOLUME_SCALE")) {
        wrong("POSITION_QUANTIZED needs QUANTIZED_VOLUME_OFFSET and QUANTIZED_VOLUME_SCALE");
    }
    for (one, other) in [("NORMAL_UP", "NORMAL_RIGHT"), ("NORMAL_UP_OCT32P", "NORMAL_RIGHT_OCT32P")] {
        if has(one) != has(other) {
            wrong(&format!("{one} and {other} need each other"));
        }
    }
    if kind == Kind::Points && has("BATCH_ID") && !has("BATCH_LENGTH") {
        wrong("BATCH_ID needs BATCH_LENGTH");
    }
    let batches = match kind {
        Kind::Batched => count,
        Kind::Points if has("BATCH_ID") => global(&features, "BATCH_LENGTH", tables.feature_binary),
        Kind::Points => count,
        Kind::Instanced if has("BATCH_ID") => {
            largest_id(members.get("BATCH_ID"), count.unwrap_or(0), tables.feature_binary).map(|id| id + 1)
        }
        Kind::Instanced => count,
    };
    batch_table(tables, batches, kind, &format!("{place} (batch table)"), find);
}

/// A number that the feature table gives as it is or in its binary body.
fn global(features: &Value, name: &str, binary: &[u8]) -> Option<u64> {
    let value = features.get(name)?;
    match value.get("byteOffset").and_then(Value::as_u64) {
        Some(offset) => {
            let at = usize::try_from(offset).ok()?;
            let bytes = binary.get(at..at.checked_add(4)?)?;
            Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
        }
        None => value.as_f64().filter(|n| *n >= 0.0 && n.fract() == 0.0).map(|n| n as u64),
    }
}

fn component_size(name: Option<&Value>) -> Option<usize> {
    Some(match name?.as_str()? {
        "BYTE" | "UNSIGNED_BYTE" => 1,
        "SHORT" | "UNSIGNED_SHORT" => 2,
        "INT" | "UNSIGNED_INT" | "FLOAT" => 4,
        "DOUBLE" => 8,
        _ => return None,
    })
}

fn largest_id(ids: Option<&Value>, count: u64, binary: &[u8]) -> Option<u64> {
    let size = component_size(ids?.get("componentType")).unwrap_or(2);
    let start = usize::try_from(ids?.get("byteOffset")?.as_u64()?).ok()?;
    let end = usize::try_from(count).ok()?.checked_mul(size)?.checked_add(start)?;
    let id = |b: &[u8]| b.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
    binary.get(start..end)?.chunks_exact(size).map(id).max()
}

fn check_semantic(
    semantic: &Semantic,
    value: &Value,
    count: u64,
    features: &Value,
    binary: &[u8],
    place: &str,
    find: &mut Findings,
) {
    let Semantic(name, components, size, each) = semantic;
    let place = at(place, name);
    let values = components * if *each { usize::try_from(count).unwrap_or(usize::MAX).max(1) } else { 1 };
    let offset = value.get("byteOffset");
    let Some(offset) = offset else {
        let fits = match value {
            Value::Array(items) => !*each && items.len() == *components && items.iter().all(Value::is_number),
            Value::Number(_) => !*each && *components == 1,
            _ => false,
        };
        if !fits {
            let what = if *each { "an offset into the binary body" } else { "its numbers or an offset" };
            find.add(&rules::FEATURE_SEMANTIC, &place, format!("is not {what}"));
        }
        return;
    };
    // Compressed points stand in the extension's own bytes.
    if features.get("extensions").and_then(|e| e.get("3DTILES_draco_point_compression")).is_some() {
        return;
    }
    let size = component_size(value.get("componentType")).unwrap_or(*size);
    check_range(offset, values, size, binary, &rules::FEATURE_RANGE, &place, find);
}

fn check_range(
    offset: &Value,
    values: usize,
    size: usize,
    binary: &[u8],
    rule: &rules::Rule,
    place: &str,
    find: &mut Findings,
) {
    let Some(start) = offset.as_u64().and_then(|o| usize::try_from(o).ok()) else {
        return find.add(rule, place, "its byteOffset is no offset");
    };
    if !start.is_multiple_of(size) {
        find.add(rule, place, format!("byteOffset {start} is no multiple of the {size} bytes of a component"));
    }
    if values.checked_mul(size).and_then(|n| n.checked_add(start)).is_none_or(|end| end > binary.len()) {
        let message = format!("{values} values of {size} bytes at {start} go beyond the {} there are", binary.len());
        find.add(rule, place, message);
    }
}

fn batch_table(tables: &Tables<'_>, batches: Option<u64>, kind: Kind, place: &str, find: &mut Findings) {
    let table = json(tables.batch_json, place, find);
    let Some(members) = table.as_object() else {
        if !table.is_null() {
            find.add(&rules::BATCH_LENGTH, place, format!("is {}, not an object", kind_of(&table)));
        }
        return;
    };
    let Some(batches) = batches else { return };
    let columns = members.iter().filter(|(name, _)| !matches!(name.as_str(), "extensions" | "extras" | "HIERARCHY"));
    for (name, column) in columns {
        let place = at(place, short(name));
        if batches == 0 && kind == Kind::Batched {
            find.add(&rules::BATCH_EXTRA, &place, "there are no batches for this property");
            continue;
        }
        if let Value::Array(values) = column {
            if values.len() as u64 != batches {
                let message = format!("has {} values for {batches} features", values.len());
                find.add(&rules::BATCH_LENGTH, &place, message);
            }
            continue;
        }
        let width = match column.get("type").and_then(Value::as_str) {
            Some("SCALAR") => 1,
            Some("VEC2") => 2,
            Some("VEC3") => 3,
            Some("VEC4") => 4,
            _ => {
                find.add(&rules::BATCH_RANGE, &place, "is neither an array nor of type SCALAR, VEC2, VEC3 or VEC4");
                continue;
            }
        };
        let Some(size) = component_size(column.get("componentType")) else {
            find.add(&rules::BATCH_RANGE, &place, "has no known componentType");
            continue;
        };
        let values = usize::try_from(batches).unwrap_or(usize::MAX).saturating_mul(width);
        let offset = column.get("byteOffset").unwrap_or(&Value::Null);
        check_range(offset, values, size, tables.batch_binary, &rules::BATCH_RANGE, &place, find);
    }
}

//! Metadata: schemas, entities that conform to their classes, and values that conform to their properties (3D Metadata
//! Specification).

use super::{
    finding::{Findings, at, short},
    rules,
    shape::kind_of,
};
use serde_json::{Map, Value};

/// Components of one element, and whether they are numbers; `None` for an unknown type.
pub(super) fn components(kind: &str) -> Option<usize> {
    Some(match kind {
        "SCALAR" | "STRING" | "BOOLEAN" | "ENUM" => 1,
        "VEC2" => 2,
        "VEC3" => 3,
        "VEC4" | "MAT2" => 4,
        "MAT3" => 9,
        "MAT4" => 16,
        _ => return None,
    })
}

fn is_numeric(kind: &str) -> bool {
    !matches!(kind, "STRING" | "BOOLEAN" | "ENUM")
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn members<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The rules of a schema that its JSON schema cannot say.
pub(super) fn check_schema(schema: &Value, place: &str, find: &mut Findings) {
    for (id, class) in members(schema, "classes") {
        let class_place = at(at(place, "classes").as_str(), id);
        let mut semantics = Vec::new();
        for (name, property) in members(class, "properties") {
            let place = at(&at(&class_place, "properties"), name);
            check_property(property, schema, &place, find);
            if let Some(semantic) = text(property, "semantic") {
                if semantics.contains(&semantic) {
                    let message = format!("the semantic {:?} is used twice in its class", short(semantic));
                    find.add(&rules::PROPERTY_TYPE, &place, message);
                }
                semantics.push(semantic);
            }
        }
    }
    for (id, definition) in members(schema, "enums") {
        let place = at(at(place, "enums").as_str(), id);
        let values: Vec<&Value> = definition.get("values").and_then(Value::as_array).into_iter().flatten().collect();
        for key in ["name", "value"] {
            for (i, value) in values.iter().enumerate() {
                let same = |other: &&&Value| value.get(key).is_some() && other.get(key) == value.get(key);
                // Long enums are looked at in full only while that is cheap.
                if values.iter().take(i.min(1000)).any(|other| same(&other)) {
                    let place = at(&at(&place, "values"), i);
                    find.add(&rules::ENUM_TWICE, &place, format!("its {key} is another value's, too"));
                }
            }
        }
    }
}

fn check_property(property: &Value, schema: &Value, place: &str, find: &mut Findings) {
    let Some(kind) = text(property, "type") else { return };
    let component = text(property, "componentType");
    let flag = |key: &str| property.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut wrong = |message: String| find.add(&rules::PROPERTY_TYPE, place, message);
    match component {
        None if is_numeric(kind) => wrong(format!("is {kind} without a componentType")),
        Some(_) if !is_numeric(kind) => wrong(format!("is {kind} with a componentType")),
        _ => {}
    }
    if flag("normalized") && component.is_none_or(|c| c.starts_with("FLOAT")) {
        wrong("is normalized but not made of integers".into());
    }
    if property.get("count").is_some() && !flag("array") {
        wrong("has a count but is no array".into());
    }
    let real = flag("normalized") || component.is_some_and(|c| c.starts_with("FLOAT"));
    for key in ["offset", "scale"] {
        if property.get(key).is_some() && !real {
            wrong(format!("has an {key}, which only floats and normalized integers may have"));
        }
    }
    for key in ["min", "max"] {
        if property.get(key).is_some() && !is_numeric(kind) {
            wrong(format!("is {kind} with a {key}"));
        }
    }
    for key in ["noData", "default"] {
        if property.get(key).is_some() && flag("required") {
            wrong(format!("is required and has a {key}"));
        }
    }
    if property.get("noData").is_some() && kind == "BOOLEAN" {
        wrong("is BOOLEAN with noData".into());
    }
    match (kind, text(property, "enumType")) {
        ("ENUM", None) => wrong("is ENUM without an enumType".into()),
        ("ENUM", Some(id)) if schema.get("enums").and_then(|e| e.get(id)).is_none() => {
            find.add(&rules::ENUM_UNKNOWN, place, format!("the schema has no enum {:?}", short(id)));
        }
        ("ENUM", Some(_)) | (_, None) => {}
        (_, Some(_)) => wrong(format!("is {kind} with an enumType")),
    }
    for key in ["noData", "default"] {
        if let Some(value) = property.get(key) {
            check_value(value, property, schema, &at(place, key), find);
        }
    }
}

/// The class of that name; a defect when there is none.
pub(super) fn class<'a>(id: &str, schema: Option<&'a Value>, place: &str, find: &mut Findings) -> Option<&'a Value> {
    let class = schema.and_then(|s| s.get("classes")).and_then(|c| c.get(id));
    if class.is_none() {
        let message = match schema {
            Some(_) => format!("the schema has no class {:?}", short(id)),
            None => format!("is of class {:?}, but there is no schema", short(id)),
        };
        find.add(&rules::CLASS_UNKNOWN, place, message);
    }
    class
}

/// The names of `given` are properties of the class, and those that it requires are among them.
pub(super) fn check_names(class: &Value, given: Option<&Value>, place: &str, find: &mut Findings) {
    let given = given.and_then(Value::as_object);
    for name in given.into_iter().flat_map(Map::keys) {
        if class.get("properties").and_then(|p| p.get(name)).is_none() {
            let place = at(&at(place, "properties"), short(name));
            find.add(&rules::PROPERTY_UNKNOWN, &place, "its class has no such property");
        }
    }
    for (name, property) in members(class, "properties") {
        let required = property.get("required").and_then(Value::as_bool).unwrap_or(false);
        if required && given.is_none_or(|g| !g.contains_key(name)) {
            find.add(&rules::PROPERTY_MISSING, place, format!("has no {}, which its class requires", short(name)));
        }
    }
}

/// A metadata entity: its class, its properties and their values.
pub(super) fn check_entity(entity: Option<&Value>, schema: Option<&Value>, place: &str, find: &mut Findings) {
    let Some(entity) = entity else { return };
    let Some(id) = text(entity, "class") else { return };
    let (Some(class), Some(schema)) = (class(id, schema, place, find), schema) else { return };
    check_names(class, entity.get("properties"), place, find);
    for (name, value) in members(entity, "properties") {
        if let Some(property) = class.get("properties").and_then(|p| p.get(name)) {
            check_value(value, property, schema, &at(&at(place, "properties"), name), find);
        }
    }
}

/// A value in JSON is of its property's type.
fn check_value(value: &Value, property: &Value, schema: &Value, place: &str, find: &mut Findings) {
    let array = property.get("array").and_then(Value::as_bool).unwrap_or(false);
    let mut wrong = |message: String| find.add(&rules::VALUE_TYPE, place, message);
    if !array {
        return check_element(value, property, schema, &mut wrong);
    }
    let Some(items) = value.as_array() else {
        return wrong(format!("is {}, not an array", kind_of(value)));
    };
    if let Some(count) = property.get("count").and_then(Value::as_u64)
        && items.len() as u64 != count
    {
        wrong(format!("has {} items where {count} are needed", items.len()));
    }
    items.iter().for_each(|item| check_element(item, property, schema, &mut wrong));
}

fn check_element(value: &Value, property: &Value, schema: &Value, wrong: &mut dyn FnMut(String)) {
    let kind = text(property, "type").unwrap_or_default();
    match kind {
        "STRING" if !value.is_string() => wrong(format!("is {}, not a string", kind_of(value))),
        "BOOLEAN" if !value.is_boolean() => wrong(format!("is {}, not a boolean", kind_of(value))),
        "ENUM" => {
            let id = text(property, "enumType").unwrap_or_default();
            let Some(definition) = schema.get("enums").and_then(|e| e.get(id)) else { return };
            let known = |v: &Value| text(v, "name").is_some() && v.get("name") == Some(value);
            if !definition.get("values").and_then(Value::as_array).is_some_and(|v| v.iter().any(known)) {
                wrong(format!("{} is no value of {}", short(&value.to_string()), short(id)));
            }
        }
        "SCALAR" => check_number(value, property, wrong),
        "STRING" | "BOOLEAN" => {}
        _ => {
            let Some(width) = components(kind) else { return };
            match value.as_array() {
                Some(items) if items.len() == width => {
                    items.iter().for_each(|item| check_number(item, property, wrong));
                }
                _ => wrong(format!("is not the {width} numbers of {kind}")),
            }
        }
    }
}

fn check_number(value: &Value, property: &Value, wrong: &mut dyn FnMut(String)) {
    let Some(n) = value.as_f64() else { return wrong(format!("is {}, not a number", kind_of(value))) };
    let normalized = property.get("normalized").and_then(Value::as_bool).unwrap_or(false);
    let range = match text(property, "componentType") {
        Some("INT8") => (-128.0, 127.0),
        Some("UINT8") => (0.0, 255.0),
        Some("INT16") => (-32_768.0, 32_767.0),
        Some("UINT16") => (0.0, 65_535.0),
        Some("INT32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some("UINT32") => (0.0, f64::from(u32::MAX)),
        Some("INT64") => (i64::MIN as f64, i64::MAX as f64),
        Some("UINT64") => (0.0, u64::MAX as f64),
        _ => return,
    };
    if !normalized && (n.fract() != 0.0 || n < range.0 || n > range.1) {
        wrong(format!("{n} is no {}", text(property, "componentType").unwrap_or_default()));
    }
}

/// Statistics speak of classes and properties that there are.
pub(super) fn check_statistics(statistics: Option<&Value>, schema: Option<&Value>, place: &str, find: &mut Findings) {
    let Some(statistics) = statistics else { return };
    for (id, entry) in members(statistics, "classes") {
        let place = at(&at(place, "classes"), short(id));
        let Some(class) = class(id, schema, &place, find) else { continue };
        for name in entry.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            if class.get("properties").and_then(|p| p.get(name)).is_none() {
                let place = at(&at(&place, "properties"), short(name));
                find.add(&rules::PROPERTY_UNKNOWN, &place, "its class has no such property");
            }
        }
    }
}

/// The columns of a property table fit the buffer views of `json`, a glTF or a subtree.
pub(super) fn check_table(
    json: &Value,
    table: &Value,
    class: &Value,
    schema: Option<&Value>,
    place: &str,
    find: &mut Findings,
) {
    let count = table.get("count").and_then(Value::as_u64).unwrap_or(0);
    for (name, column) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = at(&at(place, "properties"), short(name));
        let mut view_length = |key: &str| {
            let index = column.get(key)?.as_u64()?;
            let views = json.get("bufferViews").and_then(Value::as_array);
            let view = views.and_then(|v| v.get(usize::try_from(index).ok()?));
            if view.is_none() {
                find.add(&rules::PROPERTY_TABLE, &at(&place, key), format!("there is no buffer view {index}"));
            }
            view?.get("byteLength")?.as_u64()
        };
        let values = view_length("values");
        let arrays = view_length("arrayOffsets");
        let strings = view_length("stringOffsets");
        let Some(property) = class.get("properties").and_then(|p| p.get(name)) else { continue };
        let is_array = property.get("array").and_then(Value::as_bool).unwrap_or(false);
        let fixed = property.get("count").and_then(Value::as_u64);
        let is_text = property.get("type").and_then(Value::as_str) == Some("STRING");
        let mut wrong = |message: String| find.add(&rules::PROPERTY_TABLE, &place, message);
        if is_array && fixed.is_none() && arrays.is_none() {
            wrong("is of arrays of any length, but has no arrayOffsets".into());
        }
        if is_text && strings.is_none() {
            wrong("is of strings, but has no stringOffsets".into());
        }
        let offsets = |what: &str, length: Option<u64>, entries: u64, wrong: &mut dyn FnMut(String)| {
            let kind = column.get(format!("{}OffsetType", what)).and_then(Value::as_str).unwrap_or("UINT32");
            let needed = entries.saturating_mul(component_bits(Some(kind)).unwrap_or(32) / 8);
            if length.is_some_and(|l| l < needed) {
                wrong(format!("its {what} offsets need {needed} bytes, but have {}", length.unwrap_or(0)));
            }
        };
        if is_array && fixed.is_none() {
            offsets("array", arrays, count.saturating_add(1), &mut wrong);
        }
        let items = if is_array { fixed } else { Some(1) };
        let Some(elements) = items.map(|n| n.saturating_mul(count)) else { continue };
        if is_text {
            offsets("string", strings, elements.saturating_add(1), &mut wrong);
        } else if let Some(bits) = element_bits(property, schema) {
            let needed = elements.saturating_mul(bits).div_ceil(8);
            if values.is_some_and(|v| v < needed) {
                wrong(format!("its {count} values need {needed} bytes, but have {}", values.unwrap_or(0)));
            }
        }
    }
}

fn component_bits(name: Option<&str>) -> Option<u64> {
    Some(match name? {
        "INT8" | "UINT8" => 8,
        "INT16" | "UINT16" => 16,
        "INT32" | "UINT32" | "FLOAT32" => 32,
        "INT64" | "UINT64" | "FLOAT64" => 64,
        _ => return None,
    })
}

fn element_bits(property: &Value, schema: Option<&Value>) -> Option<u64> {
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    match text("type")? {
        "BOOLEAN" => Some(1),
        "ENUM" => {
            let definition = schema?.get("enums")?.get(text("enumType")?)?;
            component_bits(Some(definition.get("valueType").and_then(Value::as_str).unwrap_or("UINT16")))
        }
        kind => Some(components(kind)? as u64 * component_bits(text("componentType"))?),
    }
}

//! What an element says of its object, as JSON: typed where the schema or a unit says so.

use super::xml::{Element, Space};
use serde_json::{Map, Number, Value};

/// Attributes that the schema has as numbers.
const NUMBERS: [&str; 7] =
    ["measuredHeight", "averageHeight", "height", "trunkDiameter", "crownDiameter", "relativeToTerrain", "value"];
/// Attributes that the schema has as whole numbers.
const INTEGERS: [&str; 4] = ["storeysAboveGround", "storeysBelowGround", "yearOfConstruction", "yearOfDemolition"];
/// Spellings of the metre, which is what a number is in when nothing is said.
const METRES: [&str; 6] = ["m", "#m", "metre", "meter", "urn:ogc:def:uom:UCUM::m", "urn:ogc:def:uom:EPSG::9001"];

/// Adds a value; a second one of the same name makes it a list.
pub(super) fn insert(map: &mut Map<String, Value>, name: &str, value: Value) {
    match map.get_mut(name) {
        None => {
            map.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
}

/// Adds what a property says.
pub(super) fn add(map: &mut Map<String, Value>, element: &Element) {
    if let Some(kind) = element.name.strip_suffix("Attribute").filter(|_| element.space == Space::Generics) {
        generic(map, element, kind);
        return;
    }
    if element.space == Space::Generics && element.name.eq_ignore_ascii_case("genericAttributeSet") {
        let mut set = Map::new();
        element.children.iter().for_each(|c| add(&mut set, c));
        set.remove("name");
        insert(map, name_of(element), Value::Object(set));
        return;
    }
    let (value, unit) = value(element);
    if let Some(value) = value {
        insert(map, &element.name, value);
    }
    for (key, text) in unit {
        insert(map, &format!("{}.{key}", element.name), Value::String(text));
    }
}

/// A generic attribute: `<gen:doubleAttribute name="n"><gen:value>` (1.0, 2.0) or `<gen:DoubleAttribute><gen:name>` (3.0).
fn generic(map: &mut Map<String, Value>, element: &Element, kind: &str) {
    let Some(value) = element.child("value").filter(|v| !v.text.is_empty()) else {
        // A set, in the words of 3.0: the attributes are in it.
        return element.children.iter().for_each(|c| add(map, c));
    };
    let name = name_of(element);
    let text = || Value::String(value.text.clone());
    let typed = match kind {
        "int" | "Int" => whole(&value.text).unwrap_or_else(text),
        "double" | "Double" | "measure" | "Measure" => number(&value.text).unwrap_or_else(text),
        _ => text(),
    };
    insert(map, name, typed);
    if let Some(unit) = value.attribute("uom").filter(|u| !METRES.contains(u)) {
        insert(map, &format!("{name}.uom"), Value::String(unit.to_owned()));
    }
}

fn name_of(element: &Element) -> &str {
    let inside = || element.child("name").map(|n| n.text.as_str());
    element.attribute("name").or_else(inside).filter(|n| !n.is_empty()).unwrap_or(&element.name)
}

/// The value of an element, and what is said about it: its unit where that is not the metre, its code list.
fn value(element: &Element) -> (Option<Value>, Vec<(&'static str, String)>) {
    let mut about = Vec::new();
    for (key, name) in [("uom", "uom"), ("codeSpace", "codeSpace")] {
        let told = element.attribute(key).filter(|u| key != "uom" || !METRES.contains(u));
        about.extend(told.map(|t| (name, t.to_owned())));
    }
    if element.children.is_empty() {
        if element.text.is_empty() {
            return (element.link().map(|l| Value::String(l.to_owned())), Vec::new());
        }
        return (Some(simple(element)), about);
    }
    // `<uro:buildingID><uro:BuildingID>...`: the type between a property and what it holds says nothing more.
    let inside = match &element.children[..] {
        [one] if one.name.starts_with(char::is_uppercase) && !one.children.is_empty() => one,
        _ => element,
    };
    let mut map = Map::new();
    for child in inside.children.iter().filter(|c| !(c.space == Space::Gml && c.name == "boundedBy")) {
        add(&mut map, child);
    }
    (Some(Value::Object(map)).filter(|m| m.as_object().is_some_and(|m| !m.is_empty())), about)
}

fn simple(element: &Element) -> Value {
    let text = element.text.as_str();
    let typed = if element.attribute("uom").is_some() || NUMBERS.contains(&element.name.as_str()) {
        number(text)
    } else if INTEGERS.contains(&element.name.as_str()) {
        whole(text)
    } else if element.space == Space::Other && element.attribute("codeSpace").is_none() {
        // An extension's schema is not known: a number is what reads the same when it is written again.
        let same = |v: &Value| v.to_string().as_str() == text;
        whole(text).filter(same).or_else(|| number(text).filter(same))
    } else {
        None
    };
    match (typed, text) {
        (Some(value), _) => value,
        (None, "true") => Value::Bool(true),
        (None, "false") => Value::Bool(false),
        (None, _) => Value::String(text.to_owned()),
    }
}

fn whole(text: &str) -> Option<Value> {
    text.parse::<i64>().ok().map(Value::from)
}

fn number(text: &str) -> Option<Value> {
    text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
}

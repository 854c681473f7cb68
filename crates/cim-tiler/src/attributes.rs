//! Attributes of objects: typed as far as they are simple, as JSON otherwise. None is lost.

use crate::city::Attribute;
use serde_json::{Map, Value};

/// Every attribute; nested objects become `outer.inner`.
pub(crate) fn flatten(map: &Map<String, Value>) -> Vec<(String, Attribute)> {
    let mut out = Vec::new();
    let mut stack: Vec<(String, &Value)> = map.iter().rev().map(|(k, v)| (k.clone(), v)).collect();
    while let Some((name, value)) = stack.pop() {
        match value {
            Value::Null => {}
            Value::Bool(b) => out.push((name, Attribute::Bool(*b))),
            Value::Number(n) => out.push((
                name,
                n.as_i64().map_or_else(|| Attribute::Number(n.as_f64().unwrap_or(f64::NAN)), Attribute::Integer),
            )),
            Value::String(s) => out.push((name, Attribute::Text(s.clone()))),
            Value::Array(_) => out.push((name, Attribute::Text(value.to_string()))),
            Value::Object(o) => stack.extend(o.iter().rev().map(|(k, v)| (format!("{name}.{k}"), v))),
        }
    }
    out
}

/// The first of some names that is text and not empty.
pub(crate) fn text<'a>(map: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|n| map.get(*n)?.as_str()).map(str::trim).filter(|s| !s.is_empty())
}

/// The first of some names that is a number, text that is one, or an object with such a `value` (CityGML 3.0's heights).
pub(crate) fn number(map: &Map<String, Value>, names: &[&str]) -> Option<f64> {
    let plain = |v: &Value| v.as_f64().or_else(|| v.as_str()?.trim().parse().ok());
    let read = |v: &Value| plain(v).or_else(|| plain(v.get("value")?));
    names.iter().find_map(|n| map.get(*n).and_then(read)).filter(|x: &f64| x.is_finite())
}

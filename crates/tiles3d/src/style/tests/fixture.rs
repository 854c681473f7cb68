//! A feature with properties of every type, and ways to evaluate expressions for it.

use crate::style::{EvaluationError, Style, StyleError, StyleFeature, Value, Vector};
use serde_json::json;
use std::borrow::Cow;

/// The feature that the tables of expressions are about.
pub(super) struct House;

fn properties() -> serde_json::Value {
    json!({
        "height": 10, "width": 5, "string": "hello", "boolean": true, "vector.x": "something else", "nothing": null,
        "feature": {"vector": [0, 0, 1]},
        "address": {"street": "Oak Street", "city": "Example City"}, "address.street": "Maple Street",
        "temperatures": {"scale": "fahrenheit", "values": [70, 80, 90]},
        "cesium#height": 42, "with space": "spaced", "a:b-c": 7, "高度": 21, "_under$core": 3,
        "hex6": "#ffffff", "hex3": "#fff", "keyword": "white", "alpha": 0.2, "red": 100, "green": 200, "blue": 255,
        "pattern": "[abc]", "county": "Chester", "year": 1980, "name": "Building 1", "zip": "19341",
        "temperature": 95, "volume": 101,
    })
}

impl StyleFeature for House {
    fn property(&self, name: &str) -> Option<Value> {
        let unit = |components: [f64; 4]| Some(Value::Vector(Vector::rgba(components)));
        match name {
            "vector" => unit([1.0, 0.0, 0.0, 0.0]),
            "feature.vector" => unit([0.0, 1.0, 0.0, 0.0]),
            _ => properties().get(name).map(Value::from),
        }
    }

    fn classes(&self) -> Cow<'_, [String]> {
        Cow::Owned(vec!["door".to_owned(), "building".to_owned()])
    }

    fn time(&self) -> f64 {
        1.5
    }
}

/// A style whose only property is `meta.value`.
pub(super) fn style_of(expression: &str) -> Result<Style, StyleError> {
    Style::parse(json!({"meta": {"value": expression}}).to_string().as_bytes())
}

pub(super) fn evaluate(expression: &str) -> Result<Result<Value, EvaluationError>, StyleError> {
    Ok(style_of(expression)?.meta("value", &House).unwrap())
}

/// A value as the tables write it: texts in quotes, at any depth.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Whether two shown values are the same, up to the last digits of numbers.
pub(super) fn same(a: &str, b: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        if text.starts_with('"') {
            return vec![text.to_owned()];
        }
        text.split([',', '(', ')', '[', ']', ' ']).map(str::to_owned).collect()
    };
    let (a, b) = (parts(a), parts(b));
    a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(x), Ok(y)) => x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= 1e-14 * x.abs().max(1.0),
            _ => a == b,
        })
}

//! Styles and their expressions.

use super::memory;
use serde_json::json;
use std::borrow::Cow;
use tiles3d::style::{Column, FeatureStyle, Style, StyleFeature, StyleTable, Value, Vector, limits};

/// Features in the table: more than fit into one round of the columns' programs.
const COUNT: u32 = 300;

/// Any bytes as a style.
pub fn style(bytes: &[u8]) {
    memory::bounded(bytes.len(), || match Style::parse(bytes) {
        Ok(style) => look(&style),
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

/// Any text as an expression for everything.
pub fn expression(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let json = json!({
        "show": text, "color": { "conditions": [["${b}", text], ["true", "color('red')"]] }, "pointSize": text,
        "meta": { "value": text }, "labelText": text,
    });
    memory::bounded(bytes.len(), || match Style::parse(json.to_string().as_bytes()) {
        Ok(style) => look(&style),
        Err(error) => assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{error:?}"),
    });
}

/// Evaluates it for features alone and for columns of them: both must come to the same.
fn look(style: &Style) {
    let mut bound = style.bind(&City);
    bound.set_time(2.5);
    let mut texels = vec![[7; 4]; COUNT as usize];
    bound.apply(&mut texels);
    let mut sizes = vec![7.0; COUNT as usize];
    bound.point_sizes(&mut sizes);
    // Beyond the limit a bound style compiles no more patterns, but a feature alone may.
    let is_whole = bound.errors().is_none_or(|errors| !errors.patterns_spent);
    for ((feature, texel), size) in (0..COUNT).zip(texels).zip(sizes) {
        let (one, _) = style.evaluate(&House(feature));
        let many = bound.evaluate(feature);
        if !is_whole {
            continue;
        }
        assert!(same(&one, &many), "feature {feature}: {one:?} is not {many:?}");
        let color = one.color.unwrap_or([1.0; 4]);
        assert!(color.iter().all(|c| (0.0..=1.0).contains(c)), "{color:?}");
        let expected = [color[0], color[1], color[2], if one.show { color[3] } else { 0.0 }];
        // Near a half a byte may differ by one, as the single path goes through f32.
        let near = texel.iter().zip(expected).all(|(byte, c)| (f32::from(*byte) - c * 255.0).abs() <= 1.0);
        assert!(near, "feature {feature}: {texel:?} is not {expected:?}");
        assert!(size == one.point_size.unwrap_or(f32::NAN) || (size.is_nan() && one.point_size.is_none()));
    }
    for feature in [0, 1, 2] {
        let meta = style.meta_names().filter_map(|name| style.meta(name, &House(feature)));
        let labels = style.label_names().filter_map(|name| style.label(name, &House(feature)));
        for value in meta.chain(labels).flatten() {
            if let Value::String(text) = value {
                assert!(text.len() <= limits::MAX_JSON_BYTES);
            }
        }
    }
}

fn same(a: &FeatureStyle, b: &FeatureStyle) -> bool {
    let bits = |style: &FeatureStyle| (style.show, style.color.map(|c| c.map(f32::to_bits)));
    bits(a) == bits(b) && a.point_size == b.point_size
}

/// A feature of the table.
struct House(u32);

/// All of them.
struct City;

/// What the property of a feature is: numbers, truths, texts, vectors, and one of everything.
fn value(name: &str, feature: u32) -> Option<Value> {
    let n = f64::from(feature);
    Some(match name {
        "n" | "height" | "Height" | "id" => Value::Number(n * 1.5 - 20.0),
        "b" | "flag" => Value::Bool(feature.is_multiple_of(3)),
        "t" | "name" | "Name" => Value::text(["", "a", "ab", "楼", "12"][feature as usize % 5]),
        "v" | "COLOR" => Value::Vector(Vector::new(&[n, 0.5, -1.0][..2 + feature as usize % 2])?),
        "m" => match feature % 7 {
            0 => Value::Null,
            1 => Value::Number(f64::NAN),
            2 => Value::text("7"),
            3 => Value::Bool(true),
            4 => Value::Number(f64::INFINITY),
            5 => Value::Vector(Vector::rgba([0.1, 2.0, -3.0, 0.5])),
            _ => return None,
        },
        _ => return None,
    })
}

fn classes(feature: u32) -> Vec<String> {
    if feature.is_multiple_of(2) { vec!["door".to_owned(), "building".to_owned()] } else { Vec::new() }
}

impl StyleFeature for House {
    fn property(&self, name: &str) -> Option<Value> {
        value(name, self.0)
    }

    fn classes(&self) -> Cow<'_, [String]> {
        classes(self.0).into()
    }

    fn time(&self) -> f64 {
        2.5
    }
}

impl StyleTable for City {
    fn count(&self) -> u32 {
        COUNT
    }

    fn column(&self, name: &str) -> Option<Column> {
        value(name, 0)?;
        Some(Column::values((0..COUNT).map(|feature| value(name, feature).unwrap_or(Value::Undefined))))
    }

    fn classes(&self) -> Vec<Vec<String>> {
        (0..COUNT).map(classes).collect()
    }
}

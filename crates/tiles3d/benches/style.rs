//! How many features a second a style looks at, on one core.

use criterion::{Criterion, Throughput};
use std::hint::black_box;
use tiles3d::style::{Column, Style, StyleTable, Value};

const COUNT: u32 = 1_000_000;

/// Buildings with a height, a year, a kind and a name each.
struct City;

impl StyleTable for City {
    fn count(&self) -> u32 {
        COUNT
    }

    fn column(&self, name: &str) -> Option<Column> {
        let scrambled = (0..COUNT).map(|i| i.wrapping_mul(2_654_435_761) >> 8);
        Some(match name {
            "height" => Column::numbers(scrambled.map(|i| f64::from(i % 300)).collect()),
            "year" => Column::numbers(scrambled.map(|i| f64::from(1900 + i % 130)).collect()),
            "kind" => {
                let kinds = ["residential", "office", "school", "hospital"].map(Value::text);
                Column::values(scrambled.filter_map(|i| kinds.get(i as usize % 4).cloned()))
            }
            "name" => Column::values((0..COUNT).map(|i| Value::text(&format!("Building {i}")))),
            "mixed" => Column::values(
                scrambled.map(|i| if i % 20 == 0 { Value::Null } else { Value::Number(f64::from(i % 300)) }),
            ),
            _ => return None,
        })
    }
}

const STYLES: [(&str, &str); 7] = [
    ("show_height", r#"{"show": "${height} > 50"}"#),
    (
        "ramp",
        r#"{"color": {"conditions": [
            ["${height} >= 200", "color('#0000FF')"], ["${height} >= 100", "color('#00FFFF')"],
            ["${height} >= 50", "color('#00FF00')"], ["${height} >= 20", "color('#FFFF00')"],
            ["${height} >= 10", "color('#FF0000')"], ["true", "color('#FF00FF', 0.5)"]]}}"#,
    ),
    (
        "ramp_and_show",
        r#"{"show": "${height} > 5 && ${year} >= 1950 || ${height} / 2 + 3 < ${year} - 1960",
            "color": {"conditions": [["${height} > 100", "color('red')"], ["true", "color()"]]}}"#,
    ),
    ("gradient", r#"{"color": "mix(color('blue'), color('red'), clamp(${height} / 300, 0, 1))"}"#),
    (
        "kinds",
        r#"{"color": {"conditions": [["${kind} === 'office'", "color('blue')"],
            ["regExp('^(school|hospital)$').test(${kind})", "color('red')"], ["true", "color('white')"]]}}"#,
    ),
    ("one_in_20_missing", r#"{"show": {"conditions": [["${mixed} === null", "false"], ["true", "${mixed} > 50"]]}}"#),
    ("interpreter", r#"{"show": "('' + ${height}).length > 1 && ${kind} + ${year} !== 'office1950'"}"#),
];

fn styles(c: &mut Criterion) {
    let mut group = c.benchmark_group("style");
    group.throughput(Throughput::Elements(COUNT.into())).sample_size(10);
    for (name, json) in STYLES {
        let Ok(style) = Style::parse(json.as_bytes()) else { continue };
        let bound = style.bind(&City);
        let mut texels = vec![[0; 4]; COUNT as usize];
        group.bench_function(name, |b| {
            b.iter(|| {
                bound.apply(&mut texels);
                black_box(&texels);
            });
        });
    }
    group.finish();
    c.bench_function("parse_ramp", |b| b.iter(|| Style::parse(black_box(STYLES[1].1.as_bytes())).is_ok()));
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    styles(&mut criterion);
    criterion.final_summary();
}

//! Whole columns give the same look as feature after feature.

use crate::FeatureTable;
use crate::metadata::BatchTable;
use crate::style::{BoundStyle, Column, Style, StyleFeature, StyleTable, TableFeature, Value, Vector};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// A table of any values.
#[derive(Default)]
pub(super) struct Table {
    pub(super) count: u32,
    pub(super) columns: BTreeMap<&'static str, Vec<Value>>,
}

impl StyleTable for Table {
    fn count(&self) -> u32 {
        self.count
    }

    fn column(&self, name: &str) -> Option<Column> {
        self.columns.get(name).map(|values| Column::values(values.iter().cloned()))
    }

    fn classes(&self) -> Vec<Vec<String>> {
        let classes = |feature: u32| match feature % 2 {
            0 => vec!["door".to_owned(), "building".to_owned()],
            _ => Vec::new(),
        };
        (0..self.count - 1).map(classes).collect()
    }
}

pub(super) struct Row<'t>(pub(super) &'t Table, pub(super) u32);

impl StyleFeature for Row<'_> {
    fn property(&self, name: &str) -> Option<Value> {
        self.0.columns.get(name)?.get(self.1 as usize).cloned()
    }

    fn classes(&self) -> std::borrow::Cow<'_, [String]> {
        self.0.classes().get(self.1 as usize).cloned().unwrap_or_default().into()
    }
}

fn texel(look: &crate::style::FeatureStyle) -> [u8; 4] {
    let rgba = look.color.map_or([255; 4], |c| c.map(|x| crate::style::color::byte(x.into())));
    if look.show { rgba } else { [rgba[0], rgba[1], rgba[2], 0] }
}

/// Compares the bulk paths, the single path and the trait path; returns how many evaluations failed.
pub(super) fn agree(style: &Style, table: &Table) -> u64 {
    let bound = style.bind(table);
    let mut texels = vec![[7; 4]; table.count as usize];
    bound.apply(&mut texels);
    let mut sizes = vec![7.0; table.count as usize];
    bound.point_sizes(&mut sizes);
    let failed = bound.errors().map_or(0, |e| e.count);
    let mut singly = 0;
    for feature in 0..table.count {
        let (look, errors) = style.evaluate(&Row(table, feature));
        singly += errors.len() as u64;
        let at = feature as usize;
        assert_eq!(bound.evaluate(feature), look, "feature {feature}");
        // Near a half a colour's byte may differ by one, as the single path goes through f32.
        let near = texels[at].iter().zip(texel(&look)).all(|(a, b)| a.abs_diff(b) <= 1);
        assert!(near, "feature {feature}: {:?} is not {:?}", texels[at], texel(&look));
        let size = look.point_size.unwrap_or(f32::NAN);
        assert!(sizes[at] == size || (sizes[at].is_nan() && size.is_nan()), "feature {feature}");
    }
    assert_eq!(failed, singly);
    singly
}

fn city(count: u32) -> Table {
    let number = |f: &dyn Fn(u32) -> f64| (0..count).map(|i| Value::Number(f(i))).collect::<Vec<_>>();
    let kinds = ["residential", "office", "school", "hospital"];
    let mut holes = number(&|i| f64::from(i));
    for (i, hole) in holes.iter_mut().enumerate().step_by(7) {
        *hole = if i % 2 == 0 { Value::Null } else { Value::text("unknown") };
    }
    Table {
        count,
        columns: [
            ("height", number(&|i| f64::from(i % 300))),
            ("year", number(&|i| 1900.0 + f64::from(i % 130))),
            ("holes", holes),
            ("listed", (0..count).map(|i| Value::Bool(i % 3 == 0)).collect()),
            ("kind", (0..count).map(|i| Value::text(kinds[i as usize % 4])).collect()),
            ("name", (0..count).map(|i| Value::text(&format!("Building {i}"))).collect()),
            ("at", (0..count).map(|i| Value::Vector(Vector::new(&[f64::from(i), 1.0, -2.0]).unwrap())).collect()),
            ("half", number(&|i| f64::from(i)).into_iter().take(count as usize / 2 + 3).collect()),
            ("empty", vec![Value::Undefined; count as usize]),
        ]
        .into(),
    }
}

#[test]
fn columns_and_features_agree() {
    let table = city(1500);
    for (json, fails) in [
        (json!({"show": "${height} > 50"}), false),
        (json!({"show": "${height} > 50 && ${year} % 2 === 0 || ${listed}", "color": "color('red')"}), false),
        (
            json!({"color": {"conditions": [
                ["${height} < 60", "color('#13293D')"], ["${height} < 120", "color('#1B98E0')"], ["true", "color('#E8F1F2', 0.5)"],
            ]}}),
            false,
        ),
        (json!({"color": "mix(color('blue'), color('red'), clamp(${height} / 300, 0, 1))"}), false),
        (json!({"color": "rgb(${height}, 255 - ${height}, 0) * vec4(0.5)", "pointSize": "sqrt(${height}) + 1"}), false),
        (json!({"color": "rgba(${height}, 10, 20, ${year} / 4000)"}), false),
        (json!({"color": "color('lime', ${height} / 300)"}), false),
        (json!({"color": "hsl(${height} / 300, 1, 0.5)"}), false),
        (
            json!({"color": {"conditions": [
                ["${kind} === 'office'", "color('blue')"],
                ["regExp('^h').test(${kind})", "color('red')"],
                ["${kind} =~ regExp('school')", "rgb(${height}, 0, 0)"],
            ]}}),
            false,
        ),
        (json!({"show": "'Building 3' === ${name} || regExp('(\\d)$').exec(${name}) === '5'"}), false),
        (json!({"pointSize": "${kind} === 'school' ? 3 : Number(${listed}) + 1"}), false),
        (json!({"show": "${holes} > 700"}), true),
        (
            json!({"show": "${holes} === null ? false : true", "color": {"conditions": [["${holes} > 10", "color('red')"]]}}),
            true,
        ),
        (
            json!({"show": "${missing} === undefined", "color": {"conditions": [["${missing} === 'a'", "color()"]]}}),
            false,
        ),
        (json!({"show": "${half} === undefined || ${half} > 600", "pointSize": "Number(${half})"}), false),
        (json!({"show": "${half} > 600"}), true),
        (
            json!({"show": "${kind} === ${kind} && ${name} !== 'Building 7' && 'none' !== ${name} && ${name} !== 5"}),
            false,
        ),
        (json!({"show": "${kind} === ${name} || ${kind} < 'a'"}), true),
        (
            json!({"show": "${name} === 'Building 3' || ${name} === 'Building 30' || ${name} === 'Building 1400'"}),
            false,
        ),
        (json!({"show": "${empty} !== 5 && ${empty} === undefined"}), false),
        (json!({"show": "${missing} > 5"}), true),
        (
            json!({"show": "${at}.x > 100 && ${at}[1] === 1", "color": "vec4(normalize(${at}), length(${at}) / 1500)"}),
            false,
        ),
        (json!({"show": "dot(${at}, vec3(1, 0, 0)) < 50 || distance(${at}, vec3(0)) > 1400"}), false),
        (json!({"color": "vec4(cross(${at}, vec3(0, 0, 1)), 1)", "pointSize": "max(min(${at}, 3), vec3(2)).x"}), false),
        (json!({"color": "vec4(${at}, 1) === vec4(5, 1, -2, 1) ? color('red') : color('blue')"}), false),
        (
            json!({"show": "isClass('building') && !isExactClass('building')", "pointSize": "getExactClassName() === 'door' ? 1 : 2"}),
            false,
        ),
        (json!({"show": "!isNaN(${height} / ${height}) && isFinite(1 / ${height})"}), false),
        (json!({"show": "${listed} === (${height} > 100)", "pointSize": "${listed} ? -${height} : +${height}"}), false),
        (json!({"show": "(${listed} ? ${height} > 5 : ${listed}) !== true"}), false),
        (json!({"show": "${height}", "color": "${height}"}), true),
        (json!({"show": "undefined", "color": "undefined", "pointSize": "undefined"}), false),
        (json!({"show": {"conditions": [["${height} > 5", "${listed}"], ["undefined", "false"]]}}), false),
        (
            json!({"pointSize": "atan2(${height}, ${year}) + pow(${height}, 0.5) + round(${height} / 7) + fract(${year} / 3)"}),
            false,
        ),
        (json!({"pointSize": "${tiles3d_tileset_time} + ${height}"}), false),
    ] {
        let style = Style::parse(json.to_string().as_bytes()).unwrap();
        let failures = agree(&style, &table);
        assert_eq!(failures > 0, fails, "{json}: {failures} failures");
    }
}

#[test]
fn failures_are_counted_and_told_once() {
    let style = Style::parse(br#"{"show": "${holes} > 700"}"#).unwrap();
    let bound = style.bind(&city(700));
    assert_eq!(bound.errors(), None);
    let mut texels = vec![[0; 4]; 700];
    bound.apply(&mut texels);
    let errors = bound.errors().unwrap();
    assert_eq!((errors.count, errors.first.as_str()), (100, "`>` does not work on null and the number 700"));
    assert!(texels.iter().enumerate().all(|(i, t)| *t == if i % 7 == 0 { [255; 4] } else { [255, 255, 255, 0] }));
}

#[test]
fn lengths_need_not_fit() {
    let style = Style::parse(br#"{"show": "${height} > 5", "pointSize": "${height}"}"#).unwrap();
    let bound = style.bind(&city(1000));
    let (mut few, mut many) = (vec![[1; 4]; 3], vec![[1; 4]; 1300]);
    bound.apply(&mut few);
    bound.apply(&mut many);
    assert_eq!(few, [[255, 255, 255, 0]; 3]);
    assert_eq!((many[999], many[1000]), ([255; 4], [1; 4]));
    let mut sizes = vec![-1.0; 1001];
    bound.point_sizes(&mut sizes);
    assert_eq!((sizes[5], sizes[1000]), (5.0, -1.0));
    assert_eq!(bound.evaluate(u32::MAX), crate::style::FeatureStyle::default());

    struct Short;
    impl StyleTable for Short {
        fn count(&self) -> u32 {
            4
        }
        fn column(&self, _: &str) -> Option<Column> {
            Some(Column::numbers(vec![1.0, 10.0]))
        }
    }
    let bound = style.bind(&Short);
    let shown: Vec<bool> = (0..4).map(|i| bound.evaluate(i).show).collect();
    assert_eq!(shown, [false, true, true, true], "rows beyond the column's end have no value");
}

#[test]
fn time_moves() {
    let style = Style::parse(br#"{"show": "${tiles3d_tileset_time} > ${height}"}"#).unwrap();
    let mut bound: BoundStyle = style.bind(&city(3));
    let mut texels = [[0; 4]; 3];
    bound.apply(&mut texels);
    assert_eq!(texels.map(|t| t[3]), [0, 0, 0]);
    bound.set_time(1.5);
    bound.apply(&mut texels);
    assert_eq!(texels.map(|t| t[3]), [255, 255, 0]);
    assert!(bound.evaluate(1).show && !bound.evaluate(2).show);
}

#[test]
fn binds_a_batch_table() {
    let json = json!({
        "Height": {"byteOffset": 0, "componentType": "FLOAT", "type": "SCALAR"},
        "Centre": {"byteOffset": 12, "componentType": "FLOAT", "type": "VEC2"},
        "Kind": ["house", null, "shop"],
        "Rooms": [[1, 2], [1, 2, 3], []],
        "Address": [{"street": "A"}, {"street": "B"}, {}],
    });
    let floats = [10.0f32, 20.0, 30.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let binary: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut found = Vec::new();
    let mut table = FeatureTable::default();
    table.push_batch(BatchTable::read(json.as_object().unwrap().clone(), &binary, 3, Vec::new(), &mut found));
    assert!(found.is_empty(), "{found:?}");
    let style = Style::parse(
        json!({
            "show": "${Height} > 15 && ${Kind} !== 'shop'",
            "color": {"conditions": [["${Address.street} === 'B'", "vec4(${Centre}, 0, 1) / 4"]]},
            "pointSize": "${Rooms}.length",
            "meta": {"all": "'${Centre} ${Rooms} ${Address.street}'"},
        })
        .to_string()
        .as_bytes(),
    )
    .unwrap();
    let bound = style.bind(&table);
    let mut texels = [[0; 4]; 3];
    bound.apply(&mut texels);
    assert_eq!(texels, [[255, 255, 255, 0], [191, 255, 0, 64], [255, 255, 255, 0]]);
    assert_eq!(bound.errors(), None);
    let sizes: Vec<_> = (0..3).map(|i| bound.evaluate(i).point_size).collect();
    assert_eq!(sizes, [Some(2.0), Some(3.0), Some(0.0)], "arrays of several lengths stay arrays");
    let all = style.meta("all", &TableFeature { table: &table, feature: 1 }).unwrap().unwrap();
    assert_eq!(all.to_string(), "(3, 4) (1, 2, 3) B");
    assert!(bound.byte_size() > 0);
}

/// A file may claim features without having bytes for them.
#[test]
fn claimed_features_cost_nothing() {
    let mut table = FeatureTable::default();
    table.push_batch(BatchTable::read(
        json!({"a": [1, 2, 3]}).as_object().unwrap().clone(),
        &[],
        u32::MAX,
        Vec::new(),
        &mut Vec::new(),
    ));
    let style =
        Style::parse(br#"{"show": "${a} > 1", "color": {"conditions": [["isClass('x')", "color()"]]}}"#).unwrap();
    let bound = style.bind(&table);
    assert!(bound.byte_size() < 1000, "{}", bound.byte_size());
    let mut texels = [[0; 4]; 5];
    bound.apply(&mut texels);
    assert_eq!(texels.map(|t| t[3]), [0, 255, 255, 255, 255]);
    assert_eq!(bound.errors().unwrap().count, 2);
    assert!(bound.evaluate(u32::MAX - 1).show);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => (-100.0..100.0f64).prop_map(Value::Number),
        1 => any::<f64>().prop_map(Value::Number),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => "[a-c]{0,2}".prop_map(|s| Value::text(&s)),
        1 => Just(Value::Null),
        1 => Just(Value::Undefined),
        1 => prop::collection::vec(-1.0..1.0f64, 2..5).prop_map(|v| Value::Vector(Vector::new(&v).unwrap())),
    ]
}

fn column(of: BoxedStrategy<Value>) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(of, 40)
}

proptest! {
    #[test]
    fn random_expressions_agree(
        show in super::random::expression(),
        color in super::random::expression(),
        size in super::random::expression(),
        mixed in column(any_value().boxed()),
        numbers in column((-10.0..10.0f64).prop_map(Value::Number).boxed()),
        bools in column(any::<bool>().prop_map(Value::Bool).boxed()),
        texts in column("[a-c]{0,2}".prop_map(|s| Value::text(&s)).boxed()),
    ) {
        let json = json!({"show": show, "color": {"conditions": [[color, "vec4(0.5)"], [true, size]]}, "pointSize": size});
        if let Ok(style) = Style::parse(json.to_string().as_bytes()) {
            let columns = [("m", mixed), ("n", numbers), ("b", bools), ("t", texts)];
            agree(&style, &Table { count: 40, columns: columns.into() });
        }
    }
}

//! Whole styles: defines, conditions, `meta`, and what is wrong with them.

use super::fixture::{House, show};
use crate::style::limits::{MAX_DEPTH, MAX_EXPRESSION_BYTES, MAX_JSON_BYTES};
use crate::style::{FeatureStyle, Style, StyleError, StyleErrorKind as Kind, StyleFeature, Value};
use serde_json::json;

/// A feature with a single number.
struct Tall(f64);

impl StyleFeature for Tall {
    fn property(&self, name: &str) -> Option<Value> {
        (name == "Height").then_some(Value::Number(self.0))
    }
}

struct Named(&'static str, Value);

impl StyleFeature for Named {
    fn property(&self, name: &str) -> Option<Value> {
        (name == self.0).then(|| self.1.clone())
    }
}

fn parse(json: &serde_json::Value) -> Style {
    Style::parse(json.to_string().as_bytes()).unwrap()
}

fn refused(json: &serde_json::Value) -> StyleError {
    Style::parse(json.to_string().as_bytes()).unwrap_err()
}

fn look(style: &Style, feature: &dyn StyleFeature) -> FeatureStyle {
    let (look, errors) = style.evaluate(feature);
    assert!(errors.is_empty(), "{errors:?}");
    look
}

const RED: Option<[f32; 4]> = Some([1.0, 0.0, 0.0, 1.0]);
const GREEN: Option<[f32; 4]> = Some([0.0, 1.0, 0.0, 1.0]);
const BLUE: Option<[f32; 4]> = Some([0.0, 0.0, 1.0, 1.0]);

#[test]
fn an_empty_style_leaves_everything_alone() {
    let style = parse(&json!({}));
    assert_eq!(look(&style, &House), FeatureStyle::default());
    assert_eq!(FeatureStyle::default(), FeatureStyle { show: true, color: None, point_size: None });
    assert!(style.properties().is_empty() && style.diagnostics().is_empty() && !style.is_animated());
}

/// Examples of the specification's sections "Styling features" and "Conditions".
#[test]
fn ramps_and_maps() {
    let ramp = parse(&json!({"color": {"conditions": [
        ["(${Height} >= 1.0)  && (${Height} < 10.0)", "color('#FF00FF')"],
        ["(${Height} >= 10.0) && (${Height} < 30.0)", "color('#FF0000')"],
        ["(${Height} >= 30.0) && (${Height} < 50.0)", "color('#FFFF00')"],
        ["(${Height} >= 50.0) && (${Height} < 70.0)", "color('#00FF00')"],
        ["(${Height} >= 70.0) && (${Height} < 100.0)", "color('#00FFFF')"],
        ["(${Height} >= 100.0)", "color('#0000FF')"],
    ]}}));
    let shorter = parse(&json!({"color": {"conditions": [
        ["(${Height} >= 100.0)", "color('#0000FF')"],
        ["(${Height} >= 70.0)", "color('#00FFFF')"],
        ["(${Height} >= 50.0)", "color('#00FF00')"],
        ["(${Height} >= 30.0)", "color('#FFFF00')"],
        ["(${Height} >= 10.0)", "color('#FF0000')"],
        ["(${Height} >= 1.0)", "color('#FF00FF')"],
    ]}}));
    for height in [-1.0, 0.5, 1.0, 9.9, 10.0, 30.0, 49.0, 50.0, 69.9, 70.0, 100.0, 1e9] {
        assert_eq!(look(&ramp, &Tall(height)), look(&shorter, &Tall(height)), "{height}");
    }
    assert_eq!(look(&ramp, &Tall(15.0)).color, RED);
    assert_eq!(look(&ramp, &Tall(60.0)).color, GREEN);
    assert_eq!(look(&ramp, &Tall(100.0)).color, BLUE);
    assert_eq!(look(&ramp, &Tall(0.0)).color, None, "no condition is met");
    assert_eq!(ramp.properties(), ["Height"]);

    let ids = parse(&json!({"color": {"conditions": [
        ["${id} === '1'", "color('#FF0000')"], ["${id} === '2'", "color('#00FF00')"], ["true", "color('#FFFFFF')"],
    ]}}));
    assert_eq!(look(&ids, &Named("id", Value::text("2"))).color, GREEN);
    assert_eq!(look(&ids, &Named("id", Value::text("3"))).color, Some([1.0; 4]));
    assert_eq!(look(&ids, &Named("other", Value::Null)).color, Some([1.0; 4]));
}

#[test]
fn show_takes_what_cesium_takes() {
    let show = |json: serde_json::Value| look(&parse(&json!({"show": json})), &House).show;
    assert!(show(json!(true)) && !show(json!(false)));
    assert!(show(json!("true")) && !show(json!("false")));
    assert!(show(json!("${zip} === '19341'")));
    assert!(!show(json!("${height} - 10")) && show(json!("${missing}")) && show(json!("${nothing}")));
    assert!(!show(json!({"conditions": [["${height} > 100", "true"], [true, "false"]]})));
    assert!(show(json!({"conditions": []})) && show(json!({"conditions": [[false, "false"]]})));
    assert!(!show(json!({"conditions": [["${missing}", "true"], ["${name}", "false"]]})), "by Boolean(value)");
}

/// Examples of the section "Defining variables".
#[test]
fn defines() {
    let style = parse(&json!({
        "defines": {
            "NewHeight": "clamp((${Height} - 0.5) / 2.0, 1.0, 255.0)",
            "HeightColor": "rgb(${Height}, ${Height}, ${Height})",
        },
        "color": {"conditions": [
            ["(${NewHeight} >= 100.0)", "color('#0000FF') * ${HeightColor}"],
            ["(${NewHeight} >= 50.0)", "color('#00FF00') * ${HeightColor}"],
            ["(${NewHeight} >= 1.0)", "color('#FF0000') * ${HeightColor}"],
        ]},
        "show": "${NewHeight} < 200.0",
    }));
    assert_eq!(look(&style, &Tall(102.0)).color, Some([0.0, 0.4, 0.0, 1.0]));
    assert_eq!(look(&style, &Tall(255.0)).color, BLUE);
    assert!(look(&style, &Tall(400.0)).show && !look(&style, &Tall(401.0)).show);
    assert_eq!(style.properties(), ["Height"]);

    let own = parse(&json!({
        "defines": {"Height": "${Height}/2.0"},
        "color": {"conditions": [["(${Height} >= 100.0)", "color('#0000FF')"], ["(${Height} >= 1.0)", "color('#FF0000')"]]},
    }));
    assert_eq!(look(&own, &Tall(150.0)).color, RED);

    let nested = parse(&json!({
        "defines": {"b": "${a} * 2", "a": "${Height} + 1", "text": "'h${b}'", "v": "vec2(${a}, 0)", "three": 3},
        "meta": {"text": "${text} + ${v.x} + '${three}'", "property": "${feature.a}"},
    }));
    assert_eq!(show(&nested.meta("text", &Tall(4.0)).unwrap().unwrap()), "\"h1053\"");
    assert_eq!(show(&nested.meta("property", &Tall(4.0)).unwrap().unwrap()), "undefined");
    assert!(nested.meta("other", &House).is_none());
}

#[test]
fn meta_and_labels() {
    let style = parse(&json!({
        "meta": {
            "description": "'Hello, ${name}.'",
            "featureColor": "rgb(${red}, ${green}, ${blue})",
            "featureVolume": "${height} * ${width} * 3",
            "size": {"conditions": [["${height} > 5", "'large'"], ["true", "'small'"]]},
        },
        "labelText": "${name}",
        "pointOutlineWidth": 2,
        "someThing": "${height} + 1",
        "other": {"no": "expression"},
        "extras": {"anything": [1]},
        "extensions": {},
    }));
    let meta: Vec<&str> = style.meta_names().collect();
    assert_eq!(meta, ["description", "featureColor", "featureVolume", "size"]);
    let value = |name: &str| show(&style.meta(name, &House).unwrap().unwrap());
    assert_eq!(value("description"), "\"Hello, Building 1.\"");
    assert_eq!(value("featureColor"), "(0.39215686274509803, 0.7843137254901961, 1, 1)");
    assert_eq!(value("featureVolume"), "150");
    assert_eq!(value("size"), "\"large\"");
    let labels: Vec<&str> = style.label_names().collect();
    assert_eq!(labels, ["labelText", "pointOutlineWidth", "someThing"]);
    assert_eq!(show(&style.label("labelText", &House).unwrap().unwrap()), "\"Building 1\"");
    assert_eq!(show(&style.label("pointOutlineWidth", &House).unwrap().unwrap()), "2");
    let [left_out] = style.diagnostics() else { panic!("{:?}", style.diagnostics()) };
    assert_eq!((left_out.code, left_out.place.as_str()), ("style-property-unknown", "other"));
}

#[test]
fn points() {
    let style = parse(&json!({
        "color": "${COLOR} * color('red')", "show": "${POSITION}.x > 0.5", "pointSize": "${NORMAL}.x > 0 ? 2 : 1",
    }));
    struct Point(f64);
    impl StyleFeature for Point {
        fn property(&self, name: &str) -> Option<Value> {
            let vec3 = |x: f64| crate::style::Vector::new(&[x, 0.0, 0.0]).map(Value::Vector);
            match name {
                "POSITION" | "POSITION_ABSOLUTE" => vec3(self.0),
                "NORMAL" => vec3(self.0 - 1.0),
                "COLOR" => Some(Value::Vector(crate::style::Vector::rgba([0.5, 0.5, 0.5, 1.0]))),
                _ => None,
            }
        }
    }
    let near = look(&style, &Point(0.6));
    assert_eq!(near, FeatureStyle { show: true, color: Some([0.5, 0.0, 0.0, 1.0]), point_size: Some(1.0) });
    let far = look(&style, &Point(2.0));
    assert_eq!(far.point_size, Some(2.0));
    assert!(!look(&style, &Point(0.4)).show);
    assert_eq!(look(&parse(&json!({"pointSize": 4})), &House).point_size, Some(4.0));
    assert_eq!(style.properties(), ["POSITION", "COLOR", "NORMAL"]);
}

#[test]
fn colours_are_clamped_and_errors_keep_the_default() {
    let style = parse(&json!({"color": "color('red') * 2 - vec4(0, 0, 1, 0)"}));
    assert_eq!(look(&style, &House).color, RED);
    let style = parse(&json!({"show": "${name} > 1", "color": "'red'", "pointSize": "'2'"}));
    let (look, errors) = style.evaluate(&House);
    assert_eq!(look, FeatureStyle::default());
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`>` does not work on the text 'Building 1' and the number 1",
            "`color` does not work on the text 'red'",
            "`pointSize` does not work on the text '2'",
        ]
    );
    assert!(parse(&json!({"show": "${tiles3d_tileset_time} > 1"})).is_animated());
    assert!(!parse(&json!({"meta": {"t": "${tiles3d_tileset_time}"}})).is_animated());
}

#[test]
fn every_kind_of_mistake_is_named_with_its_place() {
    for (expression, kind, column) in [
        ("", Kind::Empty, 1),
        ("  ", Kind::Empty, 1),
        ("1 # 2", Kind::Character, 3),
        ("1 2", Kind::Unexpected, 3),
        ("(1", Kind::Unexpected, 3),
        ("1)", Kind::Unexpected, 2),
        ("'高度' + )", Kind::Unexpected, 8),
        ("1 + 'open", Kind::UnterminatedString, 5),
        ("1 + ${open", Kind::UnterminatedVariable, 5),
        ("1 + ${a b}", Kind::Variable, 9),
        ("${a[${b}]}", Kind::Variable, 5),
        ("1 + 2e", Kind::Number, 5),
        ("true && flse", Kind::UnknownName, 9),
        ("Math.TAU", Kind::UnknownName, 1),
        ("abs", Kind::UnknownName, 1),
        ("1 + foo(2)", Kind::UnknownFunction, 5),
        ("regExp('a').match('b')", Kind::UnknownMethod, 13),
        ("1 == 1", Kind::UnsupportedOperator, 3),
        ("1 & 1", Kind::UnsupportedOperator, 3),
        ("abs(1, 2)", Kind::Arguments, 1),
        ("1 + clamp(1)", Kind::Arguments, 5),
        ("1 + color('rde')", Kind::Color, 5),
        ("'a' =~ regExp('(?=a)')", Kind::RegExp, 8),
    ] {
        let error = refused(&json!({"color": {"conditions": [["true", "color()"], [expression, "color()"]]}}));
        assert_eq!((error.kind, error.column), (kind, column), "{expression:?}: {error}");
        assert_eq!(error.place, "color.conditions[1][0]");
        assert_eq!(error.expression, expression);
        assert!(error.to_string().starts_with(&format!("color.conditions[1][0], column {column}: ")), "{error}");
        assert!(error.message.len() > 15 && !error.message.contains('\n'), "{error}");
    }
}

#[test]
fn mistakes_in_the_json_are_named() {
    assert_eq!(Style::parse(b"{").unwrap_err().kind, Kind::Json);
    for (json, place) in [
        (json!([]), ""),
        (json!({"show": null}), "show"),
        (json!({"show": []}), "show"),
        (json!({"color": {}}), "color.conditions"),
        (json!({"color": {"conditions": "true"}}), "color.conditions"),
        (json!({"color": {"conditions": ["true"]}}), "color.conditions[0]"),
        (json!({"color": {"conditions": [["true"]]}}), "color.conditions[0]"),
        (json!({"color": {"conditions": [["true", "color()"], ["true", []]]}}), "color.conditions[1][1]"),
        (json!({"meta": "1"}), "meta"),
        (json!({"meta": {"a": null}}), "meta.a"),
        (json!({"defines": []}), "defines"),
        (json!({"defines": {"a": {}}}), "defines.a"),
        (json!({"labelText": []}), "labelText"),
    ] {
        let error = refused(&json);
        assert_eq!((error.kind, error.place.as_str(), error.column), (Kind::Shape, place, 0), "{json}");
    }
    let error = refused(&json!({"defines": {"a": "1 +"}}));
    assert_eq!((error.kind, error.place.as_str()), (Kind::Unexpected, "defines.a"));
    let error = refused(&json!({"defines": {"a": "color('rde')"}, "color": "${a}"}));
    assert_eq!((error.kind, error.place.as_str()), (Kind::Color, "defines.a"));
}

#[test]
fn circles_of_defines_are_refused() {
    let error = refused(&json!({"defines": {"a": "1 + ${b}", "b": "${c}", "c": "'${a}'"}, "show": "true"}));
    assert_eq!((error.kind, error.place.as_str(), error.column), (Kind::DefineCycle, "defines.a", 5));
    assert!(error.message.contains("a → b → c → a"), "{error}");
}

#[test]
fn size_and_depth_are_bounded() {
    let kind = |expression: String| refused(&json!({"show": expression})).kind;
    assert_eq!(kind("1".repeat(MAX_EXPRESSION_BYTES + 1)), Kind::TooLarge);
    assert_eq!(Style::parse(&vec![b' '; MAX_JSON_BYTES + 1]).unwrap_err().kind, Kind::TooLarge);
    let nested = |open: &str, close: &str, n: usize| format!("{}true{}", open.repeat(n), close.repeat(n));
    for (open, close) in
        [("(", ")"), ("!", ""), ("[", "]"), ("Boolean(", ")"), ("true ? ", " : 1"), ("-", ""), ("(!", ")")]
    {
        assert_eq!(kind(nested(open, close, 20_000 / open.len())), Kind::TooDeep, "{open}");
        assert_eq!(kind(open.repeat(60_000 / open.len())), Kind::TooDeep, "{open}");
        assert!(super::fixture::style_of(&nested(open, close, MAX_DEPTH / 2 - 1)).is_ok(), "{open}");
    }
    assert_eq!(kind(format!("${{a}}{}", ".b".repeat(30_000))), Kind::TooDeep);
    assert_eq!(kind(format!("${{a{}}}", ".b".repeat(30_000))), Kind::TooDeep);
    assert_eq!(kind(format!("${{a}}{}", "[0]".repeat(20_000))), Kind::TooDeep);

    // Long chains are flat and fine.
    let ids: Vec<String> = (0..3000).map(|i| format!("${{id}} === '{i}'")).collect();
    let style = parse(&json!({"show": ids.join(" || ")}));
    assert!(look(&style, &Named("id", Value::text("2999"))).show && !look(&style, &Named("id", Value::text("x"))).show);
    let ternaries: String = (0..2000).map(|i| format!("${{id}} === {i} ? {i} : ")).collect();
    let style = parse(&json!({"pointSize": ternaries + "-1"}));
    assert_eq!(look(&style, &Named("id", Value::Number(1999.0))).point_size, Some(1999.0));

    // Defines that double each time.
    let mut defines = serde_json::Map::new();
    defines.insert("d0".into(), "'0123456789abcdef'".into());
    for i in 1..40 {
        defines.insert(format!("d{i}"), format!("${{d{0}}} + ${{d{0}}}", i - 1).into());
    }
    assert_eq!(refused(&json!({"defines": defines})).kind, Kind::TooLarge);
    let deep = |levels: u32| -> serde_json::Map<String, serde_json::Value> {
        (0..levels).map(|i| (format!("d{i}"), format!("1 + (2 * (-${{d{}}}))", i + 1).into())).collect()
    };
    assert_eq!(refused(&json!({"defines": deep(100)})).kind, Kind::TooDeep);
    let style = parse(&json!({"defines": deep(40), "pointSize": "${d0} * 0 + 3"}));
    assert_eq!(look(&style, &Named("d40", Value::Number(1.0))).point_size, Some(3.0));
}

#[test]
fn texts_are_bounded() {
    let style = super::fixture::style_of("${t} + ${t} + ${t}").unwrap();
    let feature = Named("t", Value::text(&"x".repeat(30_000)));
    let error = style.meta("value", &feature).unwrap().unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn class_functions_without_classes() {
    let style = parse(&json!({"meta": {"a": "isClass('x')", "b": "getExactClassName()"}}));
    assert_eq!(show(&style.meta("a", &Tall(1.0)).unwrap().unwrap()), "false");
    assert_eq!(show(&style.meta("b", &Tall(1.0)).unwrap().unwrap()), "undefined");
}

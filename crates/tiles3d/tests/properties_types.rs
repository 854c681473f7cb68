//! Every type of property that the samples lack, and values and tables that are wrong.
#![allow(missing_docs, clippy::unwrap_used)]

mod properties;

use properties::{Builder, decode, floats};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tiles3d::{DecodedTile, Value};

fn values(tile: &DecodedTile, name: &str) -> Vec<Value> {
    (0..tile.features.count()).map(|f| tile.features.get(f, name).unwrap()).collect()
}

fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect())
}

fn numbers(list: &[f64]) -> Value {
    array(list.iter().map(|x| Value::Float(*x)))
}

fn text(s: &str) -> Value {
    Value::String(s.into())
}

/// A table of one column without arrays or strings.
fn one(property: Json, count: usize, bytes: &[u8]) -> Builder {
    let mut b = Builder::table(json!({}), json!({ "p": property }), count);
    b.column("p", bytes, &[], &[]);
    b
}

/// What the column `p` is, and that the bulk reader says the same.
fn read(b: &Builder) -> Vec<Value> {
    let tile = b.clean();
    agrees(&tile, "p");
    values(&tile, "p")
}

fn agrees(tile: &DecodedTile, name: &str) {
    let column = tile.features.column_f64(name).unwrap();
    let single: Vec<f64> = values(tile, name).iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect();
    assert_eq!(column.len(), single.len());
    for (a, b) in column.iter().zip(&single) {
        assert!(a == b || (a.is_nan() && b.is_nan()), "{a} is not {b}");
    }
}

#[test]
fn numbers_of_all_component_types() {
    let scalar = |kind: &str| json!({ "type": "SCALAR", "componentType": kind });
    let int = |kind: &str, bytes: &[u8]| read(&one(scalar(kind), 2, bytes));
    assert_eq!(int("INT8", &[0x80, 0x7f]), [Value::Int(-128), Value::Int(127)]);
    assert_eq!(int("UINT8", &[0, 255]), [Value::UInt(0), Value::UInt(255)]);
    assert_eq!(int("INT16", &[0x00, 0x80, 0xff, 0x7f]), [Value::Int(-32768), Value::Int(32767)]);
    assert_eq!(int("UINT16", &[0x01, 0x02, 0xff, 0xff]), [Value::UInt(0x0201), Value::UInt(65535)]);
    assert_eq!(int("INT32", &[0, 0, 0, 0x80, 1, 0, 0, 0]), [Value::Int(i32::MIN.into()), Value::Int(1)]);
    assert_eq!(int("UINT32", &[255; 8]), [Value::UInt(u32::MAX.into()), Value::UInt(u32::MAX.into())]);
    let wide = [i64::MIN, i64::MAX].map(i64::to_le_bytes).concat();
    assert_eq!(int("INT64", &wide), [Value::Int(i64::MIN), Value::Int(i64::MAX)]);
    let wide = [1u64 << 63, u64::MAX].map(u64::to_le_bytes).concat();
    assert_eq!(int("UINT64", &wide), [Value::UInt(1 << 63), Value::UInt(u64::MAX)]);
    assert_eq!(int("FLOAT32", &floats(&[0.5, -1e30])), [Value::Float(0.5), Value::Float(f64::from(-1e30f32))]);
    let wide = [0.1f64, -1e300].map(f64::to_le_bytes).concat();
    assert_eq!(int("FLOAT64", &wide), [Value::Float(0.1), Value::Float(-1e300)]);
}

#[test]
fn vectors_and_matrices() {
    let shape = |kind: &str, component: &str| json!({ "type": kind, "componentType": component });
    let matrix: Vec<f32> = (0..32).map(|i| i as f32).collect();
    let all: Vec<f64> = matrix.iter().map(|x| f64::from(*x)).collect();
    let mat4 = read(&one(shape("MAT4", "FLOAT32"), 2, &floats(&matrix)));
    assert_eq!(mat4, [numbers(&all[..16]), numbers(&all[16..])]);
    let mat3 = read(&one(shape("MAT3", "FLOAT32"), 3, &floats(&matrix[..27])));
    assert_eq!(mat3[2], numbers(&all[18..27]));
    let mat2 = read(&one(shape("MAT2", "INT16"), 1, &[255, 255, 2, 0, 3, 0, 4, 0]));
    assert_eq!(mat2, [array([-1, 2, 3, 4].map(Value::Int))]);
    let vec4 = read(&one(shape("VEC4", "UINT8"), 2, &[1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(vec4[1], array([5, 6, 7, 8].map(Value::UInt)));
    let vec2 = read(&one(shape("VEC2", "INT64"), 1, &[1i64, -2].map(i64::to_le_bytes).concat()));
    assert_eq!(vec2, [array([1, -2].map(Value::Int))]);
}

#[test]
fn arrays_of_varying_length() {
    let wide = [1i64, -2, i64::MAX, 4].map(i64::to_le_bytes).concat();
    let int64 = json!({ "type": "SCALAR", "componentType": "INT64", "array": true });
    let mut b = Builder::table(json!({}), json!({ "p": int64 }), 4);
    b.column("p", &wide, &[0, 1, 1, 3, 4], &[]);
    let expected = [vec![1], vec![], vec![-2, i64::MAX], vec![4]].map(|list| array(list.into_iter().map(Value::Int)));
    assert_eq!(read(&b), expected);

    let vectors = json!({ "type": "VEC2", "componentType": "UINT8", "array": true });
    let mut b = Builder::table(json!({}), json!({ "p": vectors }), 2);
    b.column("p", &[1, 2, 3, 4, 5, 6], &[0, 2, 3], &[]);
    let pair = |a, b| array([Value::UInt(a), Value::UInt(b)]);
    assert_eq!(read(&b), [array([pair(1, 2), pair(3, 4)]), array([pair(5, 6)])]);
}

#[test]
fn booleans_cross_byte_borders() {
    let bits = |list: &[u8]| array(list.iter().map(|b| Value::Bool(*b == 1)));
    // Ten bits 1011001110 and five bits 10001, the first in the lowest bit.
    let bytes = [0b1100_1101, 0b0100_0101];
    let fixed = json!({ "type": "BOOLEAN", "array": true, "count": 5 });
    assert_eq!(read(&one(fixed, 3, &bytes)), [bits(&[1, 0, 1, 1, 0]), bits(&[0, 1, 1, 1, 0]), bits(&[1, 0, 0, 0, 1])]);
    let mut b = Builder::table(json!({}), json!({ "p": { "type": "BOOLEAN", "array": true } }), 3);
    b.column("p", &bytes, &[0, 7, 7, 15], &[]);
    assert_eq!(read(&b), [bits(&[1, 0, 1, 1, 0, 0, 1]), bits(&[]), bits(&[1, 1, 0, 1, 0, 0, 0, 1])]);
    assert_eq!(read(&one(json!({ "type": "BOOLEAN" }), 10, &bytes))[8..], [Value::Bool(true), Value::Bool(false)]);
}

#[test]
fn strings_and_their_arrays() {
    let letters = "ab运c".as_bytes();
    let offsets = [0, 2, 5, 5, 6];
    let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING" } }), 4);
    b.column("p", letters, &[], &offsets);
    assert_eq!(read(&b), ["ab", "运", "", "c"].map(text));

    let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING", "array": true, "count": 2 } }), 2);
    b.column("p", letters, &[], &offsets);
    assert_eq!(read(&b), [array(["ab", "运"].map(text)), array(["", "c"].map(text))]);

    let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING", "array": true } }), 3);
    b.column("p", letters, &[0, 0, 3, 4], &offsets);
    assert_eq!(read(&b), [array([]), array(["ab", "运", ""].map(text)), array(["c"].map(text))]);
}

#[test]
fn offsets_of_every_size() {
    for (kind, size) in [("UINT8", 1), ("UINT16", 2), ("UINT32", 4), ("UINT64", 8)] {
        let wide = |list: &[u64]| list.iter().flat_map(|o| o.to_le_bytes()[..size].to_vec()).collect::<Vec<u8>>();
        let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING", "array": true } }), 2);
        let column = json!({ "values": b.view(b"abc"), "arrayOffsets": b.view(&wide(&[0, 2, 3])),
            "stringOffsets": b.view(&wide(&[0, 1, 2, 3])), "arrayOffsetType": kind, "stringOffsetType": kind });
        b.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["properties"]["p"] = column;
        assert_eq!(read(&b), [array(["a", "b"].map(text)), array(["c"].map(text))], "{kind}");
    }
}

#[test]
fn enums_of_every_value_type() {
    let signed = json!({ "e": { "valueType": "INT8", "values": [{ "name": "Unknown", "value": -1 },
        { "name": "Oak", "value": 0 }, { "name": "Least", "value": -128 }] } });
    let property = json!({ "type": "ENUM", "enumType": "e", "noData": "Unknown" });
    let mut b = Builder::table(signed.clone(), json!({ "p": property.clone() }), 3);
    b.column("p", &[0xff, 0, 0x80], &[], &[]);
    assert_eq!(read(&b), [Value::Null, text("Oak"), text("Least")]);
    let mut property = property;
    property["default"] = json!("Oak");
    let mut b = Builder::table(signed, json!({ "p": property }), 1);
    b.column("p", &[0xff], &[], &[]);
    assert_eq!(read(&b), [text("Oak")]);
    for (kind, size) in
        [("UINT8", 1), ("INT16", 2), ("UINT16", 2), ("INT32", 4), ("UINT32", 4), ("INT64", 8), ("UINT64", 8)]
    {
        let value = u64::MAX >> (65 - 8 * size);
        let enums = json!({ "e": { "valueType": kind, "values": [{ "name": "Most", "value": value }] } });
        let mut b = Builder::table(enums, json!({ "p": { "type": "ENUM", "enumType": "e" } }), 1);
        b.column("p", &value.to_le_bytes()[..size as usize], &[], &[]);
        assert_eq!(read(&b), [text("Most")], "{kind}");
    }
    let enums = json!({ "e": { "valueType": "UINT64", "values": [{ "name": "All", "value": u64::MAX }] } });
    let mut b = Builder::table(enums, json!({ "p": { "type": "ENUM", "enumType": "e" } }), 1);
    b.column("p", &[255; 8], &[], &[]);
    assert_eq!(read(&b), [text("All")]);
    // The default value type is UINT16.
    let enums = json!({ "e": { "values": [{ "name": "One", "value": 1 }] } });
    let mut b = Builder::table(enums, json!({ "p": { "type": "ENUM", "enumType": "e" } }), 2);
    b.column("p", &[1, 0, 9, 0], &[], &[]);
    let (tile, codes) = b.flawed();
    assert_eq!(values(&tile, "p"), [text("One"), Value::UInt(9)]);
    assert_eq!(codes, ["property-enum-unknown"]);
}

#[test]
fn normalised_integers_with_offset_and_scale() {
    let property = |kind: &str| json!({ "type": "SCALAR", "componentType": kind, "normalized": true });
    let float = |list: &[f64]| list.iter().map(|x| Value::Float(*x)).collect::<Vec<_>>();
    assert_eq!(read(&one(property("INT8"), 3, &[0x80, 0x81, 127])), float(&[-1.0, -1.0, 1.0]));
    assert_eq!(read(&one(property("UINT16"), 2, &[255, 255, 0x33, 0x33])), float(&[1.0, 13107.0 / 65535.0]));
    assert_eq!(read(&one(property("INT64"), 1, &i64::MAX.to_le_bytes())), float(&[1.0]));
    assert_eq!(read(&one(property("UINT64"), 1, &[255; 8])), float(&[1.0]));
    let mut scaled = property("UINT8");
    (scaled["offset"], scaled["scale"]) = (json!(10), json!(2.0));
    let mut b = one(scaled, 2, &[0, 255]);
    assert_eq!(read(&b), float(&[10.0, 12.0]));
    b.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["properties"]["p"]["scale"] = json!(-1.0);
    assert_eq!(read(&b), float(&[10.0, 9.0]));
    let vector = json!({ "type": "VEC2", "componentType": "FLOAT32", "offset": [1, 2], "scale": [10, 100] });
    assert_eq!(read(&one(vector, 1, &floats(&[0.5, 0.25]))), [numbers(&[6.0, 27.0])]);
    let arrays = json!({ "type": "VEC2", "componentType": "FLOAT32", "array": true, "count": 2,
        "offset": [[1, 2], [3, 4]], "scale": [[1, 1], [1, 2]] });
    assert_eq!(read(&one(arrays, 1, &floats(&[1.0; 4]))), [array([numbers(&[2.0, 3.0]), numbers(&[4.0, 6.0])])]);
}

#[test]
fn no_data_and_defaults() {
    let scalar = json!({ "type": "SCALAR", "componentType": "FLOAT32", "noData": 0.1, "scale": 2.0 });
    assert_eq!(read(&one(scalar, 2, &floats(&[0.1, 0.5]))), [Value::Null, Value::Float(1.0)]);
    let scalar = json!({ "type": "SCALAR", "componentType": "UINT64", "noData": u64::MAX, "default": 7 });
    let wide = [u64::MAX, u64::MAX - 1].map(u64::to_le_bytes).concat();
    assert_eq!(read(&one(scalar, 2, &wide)), [Value::Int(7), Value::UInt(u64::MAX - 1)]);
    let vector = json!({ "type": "VEC2", "componentType": "INT8", "noData": [-1, -1], "default": [0, 1] });
    let expected = [array([0, 1].map(Value::Int)), array([-1, 2].map(Value::Int))];
    assert_eq!(read(&one(vector, 2, &[255, 255, 255, 2])), expected);
    let fixed = json!({ "type": "SCALAR", "componentType": "UINT8", "array": true, "count": 2, "noData": [0, 0] });
    assert_eq!(read(&one(fixed, 2, &[0, 0, 0, 1])), [Value::Null, array([0, 1].map(Value::UInt))]);
    let strings = json!({ "type": "STRING", "noData": "-", "default": "none" });
    let mut b = Builder::table(json!({}), json!({ "p": strings }), 2);
    b.column("p", b"-a", &[], &[0, 1, 2]);
    assert_eq!(read(&b), ["none", "a"].map(text));
    let lists = json!({ "type": "STRING", "array": true, "noData": ["-"], "default": [] });
    let mut b = Builder::table(json!({}), json!({ "p": lists }), 2);
    b.column("p", b"-a", &[0, 1, 2], &[0, 1, 2]);
    assert_eq!(read(&b), [array([]), array([text("a")])]);
    // A property that the table leaves out has its default in every row.
    let mut b = Builder::table(
        json!({}),
        json!({ "p": { "type": "SCALAR", "componentType": "UINT8", "default": 3 },
        "q": { "type": "BOOLEAN" }, "r": { "type": "BOOLEAN" } }),
        2,
    );
    b.column("q", &[1], &[], &[]);
    assert_eq!(read(&b), [Value::Int(3), Value::Int(3)]);
    assert_eq!(b.clean().features.get(0, "r"), None);
}

#[test]
fn semantics_and_descriptions() {
    let properties = json!({
        "title": { "type": "STRING", "semantic": "NAME", "name": "Title", "description": "What it is called" },
        "key": { "type": "SCALAR", "componentType": "UINT32", "semantic": "ID", "required": true },
    });
    let mut b = Builder::table(json!({}), properties, 2);
    b.column("title", b"ab", &[], &[0, 1, 2]).column("key", &[1, 0, 0, 0, 2, 0, 0, 0], &[], &[]);
    let features = b.clean().features;
    assert_eq!(features.property_by_semantic(1, "NAME"), Some(text("b")));
    assert_eq!(features.property_by_semantic(0, "ID"), Some(Value::UInt(1)));
    assert_eq!(features.property_by_semantic(0, "DESCRIPTION"), None);
    assert_eq!(features.property_by_semantic(2, "ID"), None);
    assert_eq!((features.semantic("title"), features.semantic("nothing")), (Some("NAME"), None));
    let info = features.property_info(0, "title").unwrap();
    assert_eq!((info.name.as_deref(), info.description.as_deref()), (Some("Title"), Some("What it is called")));
    assert_eq!((info.type_text.as_str(), info.required), ("STRING", false));
    assert!(features.property_info(0, "key").unwrap().required);
    assert_eq!(features.property_info(2, "key"), None);
}

#[test]
fn a_class_has_the_properties_of_its_parent() {
    let mut b = Builder::table(json!({}), json!({ "own": { "type": "BOOLEAN" } }), 1);
    let classes = &mut b.json["extensions"]["EXT_structural_metadata"]["schema"]["classes"];
    classes["c"]["parent"] = json!("base");
    classes["base"] = json!({ "parent": "c", "properties": { "p": { "type": "BOOLEAN" } } });
    b.column("own", &[1], &[], &[]).column("p", &[0], &[], &[]);
    assert_eq!(
        b.clean().features.row(0),
        [("own".to_owned(), Value::Bool(true)), ("p".to_owned(), Value::Bool(false))]
    );
}

#[test]
fn flaws_are_named_and_the_rest_is_read() {
    let uint8 = || json!({ "type": "SCALAR", "componentType": "UINT8" });
    let mut bounded = uint8();
    (bounded["min"], bounded["max"], bounded["noData"]) = (json!(1), json!(9), json!(0));
    let (tile, codes) = one(bounded, 3, &[0, 9, 10]).flawed();
    assert_eq!(codes, ["property-out-of-bounds"]);
    assert_eq!(values(&tile, "p"), [Value::Null, Value::UInt(9), Value::UInt(10)]);
    let message = &tile.diagnostics[0].message;
    assert!(message.starts_with("1 values") && message.contains("row 2: 10"), "{message}");

    let (tile, codes) = one(uint8(), 9, &[1, 2]).flawed();
    assert_eq!((codes, tile.features.count()), (vec!["property-table-short"], 2));

    let mut b = Builder::table(json!({}), json!({ "p": uint8(), "q": uint8() }), 3);
    b.column("p", &[1, 2, 3], &[], &[]).column("q", &[1], &[], &[]);
    let (tile, codes) = b.flawed();
    assert_eq!(codes, ["property-short"]);
    assert_eq!(values(&tile, "q"), [Value::UInt(1), Value::Null, Value::Null]);
    agrees(&tile, "q");

    let mut required = uint8();
    required["required"] = json!(true);
    let mut b = Builder::table(json!({}), json!({ "p": uint8(), "q": required }), 1);
    b.column("p", &[1], &[], &[]).column("r", &[1], &[], &[]);
    assert_eq!(b.flawed().1, ["property-unknown", "property-missing"]);

    let (tile, codes) =
        one(json!({ "type": "SCALAR", "componentType": "FLOAT32" }), 2, &floats(&[f32::NAN, 1.0])).flawed();
    assert_eq!((values(&tile, "p"), codes), (vec![Value::Null, Value::Float(1.0)], vec!["property-not-finite"]));
    agrees(&tile, "p");

    let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING" } }), 3);
    b.column("p", b"ab", &[], &[0, 2, 1, 9]);
    let (tile, codes) = b.flawed();
    assert_eq!(
        (values(&tile, "p"), codes),
        (vec![text("ab"), Value::Null, Value::Null], vec!["property-offsets-invalid"])
    );

    let mut b = Builder::table(json!({}), json!({ "p": { "type": "STRING" } }), 1);
    b.column("p", &[0xff], &[], &[0, 1]);
    assert_eq!(b.flawed().1, ["property-text-invalid"]);

    for property in
        [json!({ "type": "VEC5" }), json!({ "type": "SCALAR", "componentType": "FLOAT16" }), json!({ "type": "ENUM" })]
    {
        let (tile, codes) = one(property, 1, &[0; 8]).flawed();
        assert_eq!(codes[0], "property-broken");
        assert_eq!(tile.features.property_names(), Vec::<&str>::new());
    }
    let mut b = one(uint8(), 1, &[1]);
    b.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0]["class"] = json!("d");
    assert_eq!(b.flawed().1, ["property-table-broken"]);
    let mut b = one(uint8(), 1, &[1]);
    let extension = &mut b.json["extensions"]["EXT_structural_metadata"];
    extension["schemaUri"] = json!("schema.json");
    extension.as_object_mut().unwrap().remove("schema");
    assert_eq!(b.flawed().1, ["metadata-schema-broken", "property-table-broken"]);
}

#[test]
fn a_view_cannot_be_copied_without_end() {
    let properties: serde_json::Map<String, Json> =
        (0..200).map(|i| (format!("p{i}"), json!({ "type": "SCALAR", "componentType": "UINT8" }))).collect();
    let mut b = Builder::table(json!({}), Json::Object(properties), 10_000);
    let view = b.view(&[7; 10_000]);
    for i in 0..200 {
        let table = &mut b.json["extensions"]["EXT_structural_metadata"]["propertyTables"][0];
        table["properties"][format!("p{i}")] = json!({ "values": view });
    }
    let (tile, codes) = b.flawed();
    assert!(codes.contains(&"property-broken"));
    assert!(tile.byte_size() <= 1 << 20);
}

/// A table with columns of every kind.
fn rich() -> Builder {
    let enums =
        json!({ "e": { "valueType": "INT8", "values": [{ "name": "A", "value": -1 }, { "name": "B", "value": 1 }] } });
    let properties = json!({
        "number": { "type": "SCALAR", "componentType": "FLOAT32", "min": 0, "max": 100, "noData": 4 },
        "vector": { "type": "VEC3", "componentType": "INT16", "normalized": true, "offset": [1, 2, 3] },
        "bits": { "type": "BOOLEAN", "array": true },
        "text": { "type": "STRING" },
        "texts": { "type": "STRING", "array": true },
        "enum": { "type": "ENUM", "enumType": "e", "array": true, "count": 2 },
    });
    let mut b = Builder::table(enums, properties, 3);
    b.column("number", &floats(&[1.0, 2.0, 3.0]), &[], &[]);
    b.column("vector", &[1; 18], &[], &[]);
    b.column("bits", &[0x5a, 0x3c], &[0, 9, 9, 16], &[]);
    b.column("text", b"abcdef", &[], &[0, 1, 3, 6]);
    b.column("texts", b"ghijkl", &[0, 2, 2, 3], &[0, 1, 3, 6]);
    b.column("enum", &[255, 1, 1, 1, 255, 255], &[], &[]);
    b.attribute("_FEATURE_ID_0", properties::U8, "SCALAR", false, &[0, 1, 2, 1]);
    b.primitive(
        "EXT_mesh_features",
        json!({ "featureIds": [{ "featureCount": 3, "attribute": 0, "propertyTable": 0 }] }),
    );
    b
}

fn survive(bytes: &[u8]) {
    let Some(tile) = decode(bytes) else { return };
    assert!(tile.byte_size() <= 1 << 20);
    let mut column = Vec::new();
    for name in tile.features.property_names() {
        assert!(tile.features.fill_numbers(name, &mut column));
        assert_eq!(column.len(), tile.features.count() as usize);
    }
    for f in (0..tile.features.count().min(10)).chain([tile.features.count().saturating_sub(1), u32::MAX]) {
        let _ = tile.features.scope(f);
    }
    for primitive in 0..tile.primitives.len() {
        for element in [0, 1, usize::MAX] {
            let _ = tile.properties_at(primitive, element, [0.3, 0.3, 0.4]);
        }
    }
}

#[test]
fn the_rich_table_is_right() {
    let tile = rich().clean();
    assert_eq!(tile.features.get(2, "texts"), Some(array([text("jkl")])));
    assert_eq!(tile.features.get(0, "enum"), Some(array(["A", "B"].map(text))));
    assert_eq!(tile.primitives[0].feature_ids, [0, 1, 2, 1]);
}

proptest! {
    #[test]
    fn lying_numbers_are_survived(digit in 0usize..2000, value in any::<u64>(), small in 0u64..40, which in any::<bool>()) {
        let json = String::from_utf8(rich().bytes()).unwrap();
        // Numbers outside the base64 text.
        let from = json.find("\"bufferViews\"").unwrap();
        let digits: Vec<usize> =
            json.char_indices().filter(|(i, c)| c.is_ascii_digit() && (*i >= from || *i < 900)).map(|(i, _)| i).collect();
        let at = digits[digit % digits.len()];
        let value = if which { value } else { small };
        survive(format!("{}{value}{}", &json[..at], &json[at + 1..]).as_bytes());
    }

    #[test]
    fn lying_offsets_are_survived(at in 0usize..400, bytes in proptest::collection::vec(any::<u8>(), 1..9)) {
        let mut b = rich();
        let at = at % b.bin.len();
        let end = (at + bytes.len()).min(b.bin.len());
        let count = end - at;
        b.bin[at..end].copy_from_slice(&bytes[..count]);
        survive(&b.bytes());
    }

    #[test]
    fn columns_and_single_values_agree(
        kind in 0usize..10, bytes in proptest::collection::vec(any::<u8>(), 8..64), normalized in any::<bool>(),
        no_data in proptest::option::of(-2i64..3), offset in proptest::option::of(-1e3f64..1e3),
    ) {
        let kind = ["INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "FLOAT32", "FLOAT64"][kind];
        let property = json!({ "type": "SCALAR", "componentType": kind, "normalized": normalized, "noData": no_data,
            "offset": offset, "default": 5 });
        let tile = decode(&one(property, bytes.len(), &bytes).bytes()).unwrap();
        agrees(&tile, "p");
    }
}

use super::*;
use crate::FeatureTable;
use proptest::prelude::*;
use serde_json::json;

fn read(json: Json, binary: &[u8], count: u32) -> (FeatureTable, Vec<Diagnostic>) {
    let Json::Object(json) = json else { panic!() };
    let mut found = Vec::new();
    let mut features = FeatureTable::default();
    features.push_batch(BatchTable::read(json, binary, count, Vec::new(), &mut found));
    (features, found)
}

fn hierarchy(json: Json, count: u32) -> (FeatureTable, Vec<Diagnostic>) {
    read(json!({ "extensions": { "3DTILES_batch_table_hierarchy": json } }), &[], count)
}

fn text(value: &str) -> Value {
    Value::String(value.into())
}

fn row(features: &FeatureTable, feature: u32) -> BTreeMap<String, Value> {
    features.row(feature).into_iter().collect()
}

#[test]
fn values_of_every_binary_type_come_out() {
    let mut binary = vec![0xff, 2];
    binary.extend((-3i16).to_le_bytes());
    binary.extend(4u32.to_le_bytes());
    binary.extend(1.5f64.to_le_bytes());
    binary.extend((-0.25f32).to_le_bytes());
    let column = |offset: usize, component: &str, kind: &str| json!({ "byteOffset": offset, "componentType": component, "type": kind });
    let json = json!({
        "i8": column(0, "BYTE", "SCALAR"), "u8": column(0, "UNSIGNED_BYTE", "VEC2"),
        "i16": column(2, "SHORT", "SCALAR"), "u16": column(2, "UNSIGNED_SHORT", "SCALAR"),
        "i32": column(4, "INT", "SCALAR"), "u32": column(4, "UNSIGNED_INT", "SCALAR"),
        "f64": column(8, "DOUBLE", "SCALAR"), "f32": column(16, "FLOAT", "SCALAR"),
        "v3": column(0, "UNSIGNED_BYTE", "VEC3"), "v4": column(0, "UNSIGNED_BYTE", "VEC4"),
        "json": [{ "deep": [1, 2] }]
    });
    let (features, found) = read(json, &binary, 1);
    assert_eq!(found, []);
    let array = |v: &[u64]| Value::Array(v.iter().map(|v| Value::UInt(*v)).collect());
    let expected = [
        ("f32", Value::Float(-0.25)),
        ("f64", Value::Float(1.5)),
        ("i16", Value::Int(-3)),
        ("i32", Value::Int(4)),
        ("i8", Value::Int(-1)),
        ("json", Value::from(&json!({ "deep": [1, 2] }))),
        ("u16", Value::UInt(65533)),
        ("u32", Value::UInt(4)),
        ("u8", array(&[255, 2])),
        ("v3", array(&[255, 2, 0xfd])),
        ("v4", array(&[255, 2, 0xfd, 0xff])),
    ];
    assert_eq!(features.row(0), expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(features.get(0, "f64"), Some(Value::Float(1.5)));
    assert_eq!(features.get(1, "f64"), None);
}

#[test]
fn columns_that_cannot_be_read_are_named() {
    let json = json!({
        "outside": { "byteOffset": 5, "componentType": "UNSIGNED_BYTE", "type": "SCALAR" },
        "far": { "byteOffset": u64::MAX, "componentType": "DOUBLE", "type": "VEC4" },
        "kind": { "byteOffset": 0, "componentType": "BYTE", "type": "MAT3" },
        "component": { "byteOffset": 0, "componentType": "HALF", "type": "SCALAR" },
        "untyped": { "byteOffset": 0 },
        "number": 3,
        "fine": [1, 2]
    });
    let (features, found) = read(json, &[0; 6], 2);
    assert_eq!(features.property_names(), ["fine"]);
    let mut names: Vec<_> = found.iter().map(|d| (d.code, d.place.as_str())).collect();
    names.sort_unstable();
    let expected = ["component", "far", "kind", "number", "outside", "untyped"];
    assert_eq!(names, expected.map(|name| ("batch-table-column", name)));
}

#[test]
fn sizes_are_honest() {
    let size = |json, binary: &[u8]| read(json, binary, 2).0.byte_size();
    let word = "x".repeat(1000);
    assert!(size(json!({ "a": [word, word] }), &[]) >= 2000);
    assert!(size(json!({ "a": [{ "k": word }, [[word]]] }), &[]) >= 2000);
    let column = json!({ "byteOffset": 0, "componentType": "BYTE", "type": "SCALAR" });
    assert!((1000..1500).contains(&size(json!({ "a": column }), &[0; 1000])));
    // A body that nothing refers to is not kept.
    assert!(size(json!({ "a": [1, 2] }), &[0; 100_000]) < 1000);
}

/// The example "Feature hierarchy" of the extension.
fn block() -> Json {
    json!({
        "classes": [
            { "name": "Wall", "length": 6, "instances": {
                "wall_color": ["blue", "pink", "green", "lime", "black", "brown"],
                "wall_windows": [2, 4, 4, 2, 0, 3]
            } },
            { "name": "Building", "length": 3, "instances": {
                "building_name": ["building_0", "building_1", "building_2"],
                "building_id": [0, 1, 2],
                "building_address": ["10 Main St", "12 Main St", "14 Main St"]
            } },
            { "name": "Block", "length": 1, "instances": {
                "block_lat_long": [[0.12, 0.543]],
                "block_district": ["central"]
            } }
        ],
        "instancesLength": 10,
        "classIds": [0, 0, 0, 0, 0, 0, 1, 1, 1, 2],
        "parentIds": [6, 6, 7, 7, 8, 8, 9, 9, 9, 9]
    })
}

fn check_block(features: &FeatureTable) {
    assert_eq!(features.count(), 6);
    let expected = [
        ("block_district", text("central")),
        ("block_lat_long", Value::Array(vec![Value::Float(0.12), Value::Float(0.543)])),
        ("building_address", text("12 Main St")),
        ("building_id", Value::Int(1)),
        ("building_name", text("building_1")),
        ("wall_color", text("lime")),
        ("wall_windows", Value::Int(2)),
    ];
    assert_eq!(features.row(3), expected.clone().map(|(name, value)| (name.to_owned(), value)));
    for (name, value) in expected {
        assert_eq!(features.get(3, name), Some(value));
    }
    assert_eq!(features.class_names(3), ["Wall", "Building", "Block"]);
    assert!(features.is_class(0, "Building") && features.is_class(0, "Wall") && !features.is_class(0, "Owner"));
    assert_eq!(features.property_names().len(), 7);
    // Instances beyond the features are not features.
    assert_eq!((features.row(6), features.class_names(6)), (Vec::new(), Vec::new()));
}

#[test]
fn the_specifications_block_reads_in_both_spellings() {
    let (features, found) = hierarchy(block(), 6);
    assert_eq!(found, []);
    check_block(&features);
    let (draft, found) = read(json!({ "HIERARCHY": block() }), &[], 6);
    assert_eq!(found, []);
    check_block(&draft);
    // A list of that name is a property like any other.
    let (features, _) = read(json!({ "HIERARCHY": [1, 2] }), &[], 2);
    assert_eq!(features.row(1), [("HIERARCHY".to_owned(), Value::Int(2))]);
}

#[test]
fn the_specifications_block_reads_from_the_binary_body() {
    let mut json = block();
    let mut binary: Vec<u8> = [0u16, 0, 0, 0, 0, 0, 1, 1, 1, 2].iter().flat_map(|v| v.to_le_bytes()).collect();
    json["classIds"] = json!({ "byteOffset": 0 });
    json["parentIds"] = json!({ "byteOffset": 20, "componentType": "UNSIGNED_INT" });
    json["parentCounts"] = json!({ "byteOffset": 60, "componentType": "UNSIGNED_BYTE" });
    json["classes"][1]["instances"]["building_id"] =
        json!({ "byteOffset": 70, "componentType": "UNSIGNED_BYTE", "type": "SCALAR" });
    binary.extend([6u32, 6, 7, 7, 8, 8, 9, 9, 9, 9].iter().flat_map(|v| v.to_le_bytes()));
    binary.extend([1u8; 10]);
    binary.extend([0u8, 1, 2]);
    let json = json!({ "extensions": { "3DTILES_batch_table_hierarchy": json } });
    let (features, found) = read(json, &binary, 6);
    assert_eq!(found, []);
    assert_eq!(features.get(3, "building_id"), Some(Value::UInt(1)));
    assert_eq!(features.get(5, "building_name"), Some(text("building_2")));
    assert_eq!(features.class_names(3), ["Wall", "Building", "Block"]);
}

#[test]
fn the_specifications_parking_lot_has_classes_without_parents() {
    let (features, found) = hierarchy(
        json!({
            "classes": [
                { "name": "Lamp", "length": 3, "instances": {
                    "lampStrength": [10, 5, 7], "lampColor": ["yellow", "white", "white"] } },
                { "name": "Car", "length": 3, "instances": {
                    "carType": ["truck", "bus", "sedan"], "carColor": ["green", "blue", "red"] } },
                { "name": "Tree", "length": 2, "instances": { "treeHeight": [10, 15], "treeAge": [5, 8] } }
            ],
            "instancesLength": 8,
            "classIds": [0, 0, 0, 1, 1, 1, 2, 2]
        }),
        8,
    );
    assert_eq!(found, []);
    let sedan = [("carColor".to_owned(), text("red")), ("carType".to_owned(), text("sedan"))];
    assert_eq!(features.row(5), sedan);
    assert_eq!(features.class_names(5), ["Car"]);
    assert_eq!(features.get(5, "treeAge"), None);
}

/// The first example of the extension: walls, buildings and owners with several parents each.
#[test]
fn several_parents_are_all_inherited_from_the_nearest_first() {
    let (features, found) = hierarchy(
        json!({
            "classes": [
                { "name": "Wall", "length": 6, "instances": {
                    "color": ["white", "red", "yellow", "gray", "brown", "black"] } },
                { "name": "Building", "length": 3, "instances": {
                    "name": ["unit29", "unit20", "unit93"],
                    "address": ["100 Main St", "102 Main St", "104 Main St"] } },
                { "name": "Owner", "length": 3, "instances": {
                    "type": ["city", "resident", "commercial"], "id": [1120, 1250, 6445] } }
            ],
            "instancesLength": 12,
            "classIds": [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2],
            "parentCounts": [1, 3, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0],
            "parentIds": [6, 6, 10, 11, 7, 11, 7, 8, 8, 10, 10, 9]
        }),
        6,
    );
    assert_eq!(found, []);
    // Wall 1: building 6 (unit29), owners 10 (resident) and 11 (commercial); the building's owner is 10.
    let wall = row(&features, 1);
    assert_eq!(wall["color"], text("red"));
    assert_eq!(wall["name"], text("unit29"));
    assert_eq!((&wall["type"], &wall["id"]), (&text("resident"), &Value::Int(1250)));
    assert_eq!(features.class_names(1), ["Wall", "Building", "Owner"]);
    // Wall 2: building 7 (unit20) and owner 11, who is nearer than the building's owner 10.
    let wall = row(&features, 2);
    assert_eq!((&wall["name"], &wall["type"]), (&text("unit20"), &text("commercial")));
    assert_eq!(features.get(2, "id"), Some(Value::Int(6445)));
    // Wall 5: building 8 (unit93), of owner 9.
    assert_eq!((features.get(5, "name"), features.get(5, "type")), (Some(text("unit93")), Some(text("city"))));
}

#[test]
fn what_the_table_says_comes_before_what_is_inherited_and_null_gives_way() {
    let json = json!({
        "id": ["own0", "own1"],
        "extensions": { "3DTILES_batch_table_hierarchy": {
            "classes": [
                { "name": "A", "length": 2, "instances": { "id": [7, 8], "note": [null, "near"], "gap": [null, null] } },
                { "name": "B", "length": 1, "instances": { "note": ["far"] } }
            ],
            "instancesLength": 3, "classIds": [0, 0, 1], "parentIds": [2, 2, 2]
        } }
    });
    let (features, found) = read(json, &[], 2);
    assert_eq!(found, []);
    assert_eq!(features.get(0, "id"), Some(text("own0")));
    assert_eq!((features.get(0, "note"), features.get(1, "note")), (Some(text("far")), Some(text("near"))));
    assert_eq!(features.get(0, "gap"), Some(Value::Null));
    for feature in 0..2 {
        for (name, value) in features.row(feature) {
            assert_eq!(features.get(feature, &name), Some(value));
        }
    }
}

#[test]
fn cycles_are_cut_and_named() {
    let ring = |parents: Json, counts: Json| {
        hierarchy(
            json!({
                "classes": [{ "name": "A", "length": 3, "instances": { "a": [0, 1, 2] } },
                            { "name": "B", "length": 1, "instances": { "b": [9] } }],
                "instancesLength": 4, "classIds": [0, 0, 0, 1], "parentCounts": counts, "parentIds": parents
            }),
            4,
        )
    };
    let (features, found) = ring(json!([1, 2, 0, 3]), json!([1, 1, 1, 1]));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("1 parents"), "{}", found[0].message);
    assert_eq!(features.get(2, "a"), Some(Value::Int(2)));
    assert_eq!(features.class_names(1), ["A"]);
    assert_eq!(features.get(0, "b"), None);
    // What is not part of the cycle stays.
    let (features, found) = ring(json!([1, 2, 0, 3, 3]), json!([1, 1, 2, 1]));
    assert_eq!(found.len(), 1);
    for feature in 0..3 {
        assert_eq!(features.get(feature, "b"), Some(Value::Int(9)));
        assert_eq!(features.class_names(feature), ["A", "B"]);
    }
}

#[test]
fn what_the_extension_forbids_is_named() {
    let change = |path: &str, value: Json| {
        let mut json = block();
        *json.pointer_mut(path).unwrap() = value;
        let (features, found) = hierarchy(json, 6);
        assert!(found.iter().all(|d| d.code == "batch-table-hierarchy"));
        assert!(!found.is_empty(), "{path}");
        features
    };
    // The whole is lost when what holds it together is.
    for (path, value) in [
        ("/classIds", json!([0, 1])),
        ("/classIds", json!([0, 0, 0, 0, 0, 0, 1, 1, 1, -2])),
        ("/classIds", json!({ "byteOffset": 0 })),
        ("/classIds", json!("none")),
        ("/parentIds", json!([1, 2, 3])),
        ("/parentIds", json!({ "byteOffset": 0, "componentType": "TEXT" })),
        ("/instancesLength", json!(11)),
        ("/instancesLength", json!(u32::MAX)),
        ("/instancesLength", json!(-1)),
        ("/classes", json!({})),
    ] {
        assert_eq!(change(path, value).class_names(0), Vec::<&str>::new());
    }
    // The rest is not when a part is.
    let features = change("/classIds/0", json!(77));
    assert_eq!(
        (features.class_names(0), features.class_names(1)),
        (vec!["Building", "Block"], vec!["Wall", "Building", "Block"])
    );
    // Rows count per class, so the second wall is now the first.
    assert_eq!(features.get(1, "wall_color"), Some(text("blue")));
    let features = change("/parentIds/0", json!(77));
    assert_eq!(features.class_names(0), ["Wall"]);
    let features = change("/classes/0/instances/wall_color", json!(["blue"]));
    assert_eq!((features.get(0, "wall_color"), features.get(1, "wall_color")), (Some(text("blue")), None));
    let features = change("/classes/0/instances/wall_color", json!(4));
    assert_eq!(features.get(0, "wall_windows"), Some(Value::Int(2)));
    let mut counts = block();
    counts["parentCounts"] = json!([u32::MAX, u32::MAX, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(hierarchy(counts, 6).1.len(), 1);
    assert_eq!(hierarchy(block(), 12).1.len(), 1);
}

#[test]
fn a_long_chain_and_a_wide_diamond_end_soon() {
    const LONG: usize = 200_000;
    let chain: Vec<usize> = (0..LONG).map(|i| (i + 1).min(LONG - 1)).collect();
    let classes = json!([{ "name": "A", "length": LONG, "instances": { "a": [] } }]);
    let (features, _) = hierarchy(
        json!({ "classes": classes, "instancesLength": LONG, "classIds": vec![0; LONG], "parentIds": chain }),
        LONG as u32,
    );
    assert_eq!(features.class_names(0), ["A"]);
    // Forty layers of two, each with both of the next layer as parents: 2^40 ways up.
    const LAYERS: usize = 40;
    let parents: Vec<usize> = (0..LAYERS * 2).flat_map(|i| [(i / 2 + 1) * 2, (i / 2 + 1) * 2 + 1]).collect();
    let n = LAYERS * 2 + 2;
    let mut counts = vec![2; n];
    counts[n - 2..].fill(0);
    let (features, found) = hierarchy(
        json!({
            "classes": [{ "name": "A", "length": n, "instances": { "a": (0..n).collect::<Vec<_>>() } }],
            "instancesLength": n, "classIds": vec![0; n], "parentCounts": counts, "parentIds": parents
        }),
        n as u32,
    );
    assert_eq!(found, []);
    assert_eq!(features.get(0, "missing"), None);
    assert_eq!(row(&features, 0)["a"], Value::Int(0));
}

proptest! {
    #[test]
    fn any_hierarchy_is_survived(
        ids in proptest::collection::vec(0u32..4, 0..20),
        counts in proptest::option::of(proptest::collection::vec(0u32..4, 0..20)),
        parents in proptest::option::of(proptest::collection::vec(0u32..24, 0..40)),
        length in 0usize..22,
        features in 0u32..30,
    ) {
        let mut json = json!({
            "classes": [{ "name": "A", "length": 3, "instances": { "a": [1, 2, 3] } }, { "name": "B", "length": 0 }],
            "instancesLength": length, "classIds": ids
        });
        if let Some(counts) = counts {
            json["parentCounts"] = json!(counts);
        }
        if let Some(parents) = parents {
            json["parentIds"] = json!(parents);
        }
        let (table, _) = hierarchy(json, features);
        for f in 0..features {
            for (name, value) in table.row(f) {
                prop_assert_eq!(table.get(f, &name), Some(value));
            }
            prop_assert!(table.class_names(f).len() <= 2);
        }
    }

    #[test]
    fn parents_that_come_later_are_all_reached(seed in proptest::collection::vec(any::<(u8, u8)>(), 1..30)) {
        // Each instance has two parents among those after it: no cycles, so every ancestor must be inherited from.
        let n = seed.len();
        let later = |i: usize, by: u8| if i + 1 == n { i } else { i + 1 + usize::from(by) % (n - i - 1) };
        let parents: Vec<[usize; 2]> = seed.iter().enumerate().map(|(i, (a, b))| [later(i, *a), later(i, *b)]).collect();
        let classes: Vec<Json> =
            (0..n).map(|i| json!({ "name": i.to_string(), "length": 1, "instances": { (format!("p{i}")): [i] } })).collect();
        let (table, found) = hierarchy(json!({
            "classes": classes, "instancesLength": n, "classIds": (0..n).collect::<Vec<_>>(),
            "parentCounts": vec![2; n], "parentIds": parents.concat()
        }), n as u32);
        prop_assert_eq!(found, []);
        let mut reached = vec![BTreeSet::new(); n];
        for i in (0..n).rev() {
            let mut own = BTreeSet::from([i]);
            for &p in &parents[i] {
                own.extend(reached[p].iter().copied());
            }
            reached[i] = own;
            let names: BTreeSet<usize> = table.class_names(i as u32).iter().map(|n| n.parse().unwrap()).collect();
            prop_assert_eq!(&names, &reached[i]);
            let values: BTreeSet<String> = table.row(i as u32).into_iter().map(|(name, _)| name).collect();
            prop_assert_eq!(values, reached[i].iter().map(|i| format!("p{i}")).collect::<BTreeSet<_>>());
        }
    }
}

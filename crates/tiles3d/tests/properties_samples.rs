//! Every property of every glTF of the 3D Tiles samples, against a plain reading of the same buffers or against what
//! their READMEs and a separate program say.
#![allow(missing_docs, clippy::unwrap_used)]

use base64::Engine as _;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use tiles3d::{
    Content, DecodeOptions, DecodedTile, Value,
    content::{FeatureSource, NO_FEATURE, Scope},
    decode_content,
};

/// The samples beside the checkout, or where `CIM_TWIN_SHARED` says.
fn samples() -> Option<PathBuf> {
    const INSIDE: &str = "data/3d-tiles-samples/glTF";
    let given = std::env::var_os("CIM_TWIN_SHARED").map(|dir| PathBuf::from(dir).join(INSIDE));
    let here = std::env::current_dir().unwrap();
    let above = || here.ancestors().map(|dir| dir.join("shared").join(INSIDE));
    let found = given.into_iter().chain(above()).find(|dir| dir.is_dir());
    if found.is_none() {
        eprintln!("skipped: the 3D Tiles samples are not beside the checkout");
    }
    found
}

/// A sample: decoded, and its file read plainly.
struct Sample {
    tile: DecodedTile,
    json: Json,
    buffers: Vec<Vec<u8>>,
}

impl Sample {
    fn open(path: &str) -> Option<Self> {
        let path = samples()?.join(path);
        let bytes = std::fs::read(&path).unwrap();
        let folder = path.parent().unwrap().to_path_buf();
        let mut fetch = |uri: &str| std::fs::read(folder.join(uri)).map_err(|e| e.to_string());
        let Content::Models(mut tiles) = decode_content(&bytes, &DecodeOptions::default(), &mut fetch).unwrap() else {
            panic!("{} is no model", path.display())
        };
        assert_eq!(tiles.len(), 1);
        let tile = tiles.remove(0);
        assert_eq!(tile.diagnostics, [], "{}", path.display());
        let json: Json = serde_json::from_slice(&bytes).unwrap();
        let buffers = json["buffers"].as_array().unwrap().iter().map(|b| data(b["uri"].as_str().unwrap(), &folder));
        let buffers = buffers.collect();
        Some(Self { tile, json, buffers })
    }

    fn view(&self, index: &Json) -> &[u8] {
        let view = &self.json["bufferViews"][index.as_u64().unwrap() as usize];
        let start = view["byteOffset"].as_u64().unwrap_or(0) as usize;
        let end = start + view["byteLength"].as_u64().unwrap() as usize;
        &self.buffers[view["buffer"].as_u64().unwrap() as usize][start..end]
    }

    /// The unsigned bytes or shorts of a scalar attribute.
    fn attribute(&self, primitive: usize, name: &str) -> Vec<u32> {
        let index = self.json["meshes"][0]["primitives"][primitive]["attributes"][name].as_u64().unwrap();
        let accessor = &self.json["accessors"][index as usize];
        let view = accessor["bufferView"].as_u64().unwrap() as usize;
        let size = if accessor["componentType"] == 5121 { 1 } else { 2 };
        let stride = self.json["bufferViews"][view]["byteStride"].as_u64().unwrap_or(size) as usize;
        let bytes = self.view(&accessor["bufferView"]);
        let one = |i: usize| bytes[i * stride..][..size as usize].iter().rev().fold(0, |n, b| n << 8 | u32::from(*b));
        (0..accessor["count"].as_u64().unwrap() as usize).map(one).collect()
    }

    fn table(&self, index: usize) -> &Json {
        &self.json["extensions"]["EXT_structural_metadata"]["propertyTables"][index]
    }

    /// The bytes of a property and what a schema says of it.
    fn column(&self, table: usize, name: &str) -> &[u8] {
        self.view(&self.table(table)["properties"][name]["values"])
    }

    fn offsets(&self, table: usize, name: &str, kind: &str) -> Vec<usize> {
        let bytes = self.view(&self.table(table)["properties"][name][kind]);
        bytes.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap()) as usize).collect()
    }

    fn strings(&self, table: usize, name: &str) -> Vec<Value> {
        let (bytes, offsets) = (self.column(table, name), self.offsets(table, name, "stringOffsets"));
        let text = |w: &[usize]| Value::String(String::from_utf8(bytes[w[0]..w[1]].to_vec()).unwrap());
        offsets.windows(2).map(text).collect()
    }

    /// What the decoded table says of a property, feature by feature.
    fn decoded(&self, first: u32, count: u32, name: &str) -> Vec<Value> {
        (first..first + count).map(|f| self.tile.features.get(f, name).unwrap()).collect()
    }
}

fn data(uri: &str, folder: &Path) -> Vec<u8> {
    match uri.strip_prefix("data:") {
        Some(rest) => base64::engine::general_purpose::STANDARD.decode(rest.split_once(',').unwrap().1).unwrap(),
        None => std::fs::read(folder.join(uri)).unwrap(),
    }
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn text(s: &str) -> Value {
    Value::String(s.into())
}

fn floats(values: &[f32]) -> Value {
    Value::Array(values.iter().map(|x| Value::Float(f64::from(*x))).collect())
}

/// A quad's corner that is nearest to each vertex: triangle and weights.
fn corners(tile: &DecodedTile, primitive: usize) -> Vec<(usize, [f32; 3], usize)> {
    let indices = &tile.primitives[primitive].indices;
    let weights = [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]];
    (0..indices.len()).map(|i| (i / 3, weights[i % 3], indices[i] as usize)).collect()
}

/// The place on the unit square of the texture samples whose texture coordinate is (u, v): triangle and weights. Their
/// vertices have the coordinates (0, 1), (1, 1), (0, 0) and (1, 0), their triangles are 0 1 2 and 1 3 2.
fn on_square(u: f32, v: f32) -> (usize, [f32; 3]) {
    if u <= v { (0, [v - u, u, 1.0 - v]) } else { (1, [v, u - v, 1.0 - u]) }
}

#[test]
fn feature_ids_of_an_attribute() {
    let Some(sample) = Sample::open("EXT_mesh_features/FeatureIdAttribute/FeatureIdAttribute.gltf") else { return };
    let primitive = &sample.tile.primitives[0];
    assert_eq!(primitive.feature_ids, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    assert_eq!(primitive.feature_ids, sample.attribute(0, "_FEATURE_ID_0"));
    let [set] = &primitive.feature_sets[..] else { panic!("not one set") };
    assert_eq!((set.first, set.count, set.has_table, &set.source), (0, 4, false, &FeatureSource::Primary));
    assert_eq!(sample.tile.features.count(), 4);
    assert_eq!(sample.tile.features.property_names(), Vec::<&str>::new());
    for (triangle, weights, vertex) in corners(&sample.tile, 0) {
        let feature = (vertex / 4) as u32;
        assert_eq!(sample.tile.feature_at(0, triangle, weights, 0), Some(feature));
        let scope = Scope { feature: Some(feature), ..Scope::default() };
        assert_eq!(sample.tile.properties_at(0, triangle, weights), [scope]);
    }
    assert_eq!(sample.tile.feature_at(0, 8, [1.0, 0.0, 0.0], 0), None);
    assert_eq!(sample.tile.feature_at(0, 0, [1.0, 0.0, 0.0], 1), None);
    assert_eq!(sample.tile.feature_at(1, 0, [1.0, 0.0, 0.0], 0), None);
}

/// Rows 0, 5 and 12 of the red channel of the 16 by 16 picture, as another program reads it.
const FEATURE_ROWS: [(usize, [u32; 16]); 3] = [
    (0, [2; 16]),
    (5, [0, 0, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (12, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]),
];

#[test]
fn feature_ids_of_a_texture() {
    let Some(sample) = Sample::open("EXT_mesh_features/FeatureIdTexture/FeatureIdTexture.gltf") else { return };
    let tile = &sample.tile;
    assert_eq!(tile.primitives[0].feature_ids, Vec::<u32>::new());
    assert_eq!(tile.features.count(), 4);
    for (y, row) in FEATURE_ROWS {
        for (x, id) in row.into_iter().enumerate() {
            let (triangle, weights) = on_square((x as f32 + 0.5) / 16.0, (y as f32 + 0.5) / 16.0);
            assert_eq!(tile.feature_at(0, triangle, weights, 0), Some(id), "{x} {y}");
        }
    }
}

#[test]
fn features_of_a_texture_have_rows_of_the_table() {
    let path = "EXT_structural_metadata/FeatureIdTextureAndPropertyTable/FeatureIdTextureAndPropertyTable.gltf";
    let Some(sample) = Sample::open(path) else { return };
    let tile = &sample.tile;
    let components = ["Wall", "Door", "Roof", "Window"];
    let years = [1960i64, 1996, 1985, 2002];
    assert_eq!(sample.decoded(0, 4, "component"), sample.strings(0, "component"));
    assert_eq!(sample.decoded(0, 4, "component"), components.map(text));
    assert_eq!(sample.decoded(0, 4, "yearBuilt"), years.map(Value::Int));
    assert_eq!(tile.features.column_f64("yearBuilt").unwrap(), years.map(|y| y as f64));
    for (y, row) in FEATURE_ROWS {
        for (x, id) in row.into_iter().enumerate() {
            let (triangle, weights) = on_square((x as f32 + 0.5) / 16.0, (y as f32 + 0.5) / 16.0);
            let scopes = tile.properties_at(0, triangle, weights);
            let [scope] = &scopes[..] else { panic!("{scopes:?}") };
            assert_eq!(scope.feature, Some(id));
            let expected = [
                ("component".to_owned(), text(components[id as usize])),
                ("yearBuilt".to_owned(), Value::Int(years[id as usize])),
            ];
            assert_eq!(scope.properties, expected);
            assert_eq!(scope.class.as_ref().unwrap().id, "buildingComponents");
        }
    }
}

#[test]
fn features_of_an_attribute_have_rows_of_the_table() {
    let path = "EXT_structural_metadata/FeatureIdAttributeAndPropertyTable/FeatureIdAttributeAndPropertyTable.gltf";
    let Some(sample) = Sample::open(path) else { return };
    let name = "example_VEC3_FLOAT32";
    let values = [[0.0, 0.1, 0.2], [1.0, 1.1, 1.2], [2.0, 2.1, 2.2], [3.0, 3.1, 3.2]].map(|v: [f32; 3]| floats(&v));
    assert_eq!(sample.decoded(0, 4, name), values);
    let plain: Vec<Value> = f32s(sample.column(0, name)).chunks_exact(3).map(floats).collect();
    assert_eq!(sample.decoded(0, 4, name), plain);
    assert_eq!(sample.tile.features.class_name(0), Some("exampleMetadataClass"));
    let class = sample.tile.features.class_info(0).unwrap();
    assert_eq!(class.name.as_deref(), Some("Example metadata class"));
    assert_eq!(class.description.as_deref(), Some("An example metadata class"));
    assert_eq!(class.source.as_deref(), Some("Example property table"));
    let info = sample.tile.features.property_info(3, name).unwrap();
    assert_eq!(info.name.as_deref(), Some("Example VEC3 FLOAT32 property"));
    assert_eq!(info.type_text, "VEC3 FLOAT32");
    assert_eq!(info.description.as_deref().unwrap().len(), 64);
    // A vector is no number.
    assert!(sample.tile.features.column_f64(name).unwrap().iter().all(|x| x.is_nan()));
}

#[test]
fn a_table_may_be_shared_by_primitives() {
    let Some(sample) = Sample::open("EXT_structural_metadata/SharedPropertyTable/SharedPropertyTable.gltf") else {
        return;
    };
    assert_eq!(sample.tile.features.count(), 4);
    for primitive in 0..2 {
        assert_eq!(sample.tile.primitives[primitive].feature_ids, sample.attribute(primitive, "_FEATURE_ID_0"));
    }
    let plain: Vec<Value> = f32s(sample.column(0, "example_VEC3_FLOAT32")).chunks_exact(3).map(floats).collect();
    assert_eq!(sample.decoded(0, 4, "example_VEC3_FLOAT32"), plain);
}

#[test]
fn a_vertex_may_be_of_features_of_several_classes() {
    let Some(sample) = Sample::open("EXT_structural_metadata/MultipleClasses/MultipleClasses.gltf") else { return };
    let tile = &sample.tile;
    assert_eq!(tile.features.count(), 8);
    let float32 = [1.1f32, 2.2, 3.3, 4.4].map(|x| Value::Float(f64::from(x)));
    let int64 = [1_234_567i64, 2_345_678, 3_456_789, 4_567_890];
    let uint16 = [12_345u64, 23_456, 34_567, 45_678];
    let float64 = [1.234567, 2.345678, 3.456789, 4.567890];
    assert_eq!(sample.decoded(0, 4, "example_FLOAT32"), float32);
    assert_eq!(sample.decoded(0, 4, "example_INT64"), int64.map(Value::Int));
    assert_eq!(sample.decoded(4, 4, "example_UINT16"), uint16.map(Value::UInt));
    assert_eq!(sample.decoded(4, 4, "example_FLOAT64"), float64.map(Value::Float));
    assert_eq!(tile.features.get(4, "example_INT64"), None);
    let column = tile.features.column_f64("example_INT64").unwrap();
    assert_eq!(column[..4], int64.map(|x| x as f64));
    assert!(column[4..].iter().all(|x| x.is_nan()) && column.len() == 8);
    assert_eq!(tile.features.column_f64("example_FLOAT64").unwrap()[4..], float64);
    assert_eq!(tile.features.column_f64("nothing"), None);
    assert_eq!(
        (tile.features.class_name(3), tile.features.class_name(4)),
        (Some("exampleMetadataClassA"), Some("exampleMetadataClassB"))
    );

    let ids = [sample.attribute(0, "_FEATURE_ID_0"), sample.attribute(0, "_FEATURE_ID_1")];
    assert_eq!(tile.primitives[0].feature_ids, ids[0]);
    let second: Vec<u32> = ids[1].iter().map(|id| id + 4).collect();
    assert_eq!(tile.primitives[0].feature_sets[1].source, FeatureSource::Vertex(second));
    for (triangle, weights, vertex) in corners(tile, 0) {
        let features: Vec<_> = tile.properties_at(0, triangle, weights).iter().map(|s| s.feature.unwrap()).collect();
        assert_eq!(features, [ids[0][vertex], ids[1][vertex] + 4]);
    }
}

#[test]
fn two_feature_sets_may_share_a_table() {
    let path = "EXT_structural_metadata/MultipleFeatureIdsAndProperties/MultipleFeatureIdsAndProperties.gltf";
    let Some(sample) = Sample::open(path) else { return };
    let tile = &sample.tile;
    assert_eq!(tile.features.count(), 4);
    let weather = ["Rain 🌧", "Thunder ⛈", "Sun ☀", "Snow 🌨"].map(text);
    assert_eq!(sample.decoded(0, 4, "example_STRING"), weather);
    assert_eq!(sample.decoded(0, 4, "example_STRING"), sample.strings(0, "example_STRING"));
    let plain: Vec<Value> = f32s(sample.column(0, "example_VEC3_FLOAT32")).chunks_exact(3).map(floats).collect();
    assert_eq!(sample.decoded(0, 4, "example_VEC3_FLOAT32"), plain);
    for (triangle, weights, vertex) in corners(tile, 0) {
        let scopes = tile.properties_at(0, triangle, weights);
        let found: Vec<_> = scopes.iter().map(|s| (s.feature.unwrap(), s.properties[0].1.clone())).collect();
        let quad = vertex / 4;
        assert_eq!(found, [(quad as u32, weather[quad].clone()), (3 - quad as u32, weather[3 - quad].clone())]);
    }
}

#[test]
fn arrays_of_every_kind() {
    let Some(sample) = Sample::open("EXT_structural_metadata/ComplexTypes/ComplexTypes.gltf") else { return };
    let array = |values: Vec<Value>| Value::Array(values);
    let parts = |raw: &[u8]| array(raw.iter().map(|b| Value::Float(f64::from(*b) / 255.0)).collect());
    let normalized =
        [parts(&[0, 255]), parts(&[0, 128, 255]), parts(&[0, 85, 170, 255]), parts(&[0, 64, 128, 192, 255])];
    assert_eq!(sample.decoded(0, 4, "example_variable_length_ARRAY_normalized_UINT8"), normalized);
    let bits = |s: &str| array(s.bytes().map(|b| Value::Bool(b == b'1')).collect());
    let booleans = ["1010101010", "1100110011", "0011001100", "0101010101"].map(bits);
    assert_eq!(sample.decoded(0, 4, "example_fixed_length_ARRAY_BOOLEAN"), booleans);
    let strings = |list: &[&str]| array(list.iter().map(|s| text(s)).collect());
    // "Theee" is what the file says.
    let strings = [
        strings(&["One"]),
        strings(&["One", "Two"]),
        strings(&["One", "Two", "Three"]),
        strings(&["One", "Two", "Theee", "Four"]),
    ];
    assert_eq!(sample.decoded(0, 4, "example_variable_length_ARRAY_STRING"), strings);
    let names = ["ExampleEnumValueA", "ExampleEnumValueB", "ExampleEnumValueC"];
    let enums = [[0, 1], [1, 2], [2, 0], [1, 2]].map(|pair| array(pair.map(|i: usize| text(names[i])).to_vec()));
    assert_eq!(sample.decoded(0, 4, "example_fixed_length_ARRAY_ENUM"), enums);
    let types: Vec<_> = sample.tile.features.scope(0).infos.into_iter().map(|i| i.type_text).collect();
    let expected = [
        "array of 10 BOOLEAN",
        "array of 2 ENUM exampleEnumType",
        "array of STRING",
        "array of SCALAR UINT8 normalized",
    ];
    assert_eq!(types, expected);
}

#[test]
fn instances_have_rows_of_the_table() {
    let Some(sample) = Sample::open("GpuInstancesMetadata/GpuInstancesMetadata.gltf") else { return };
    let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    assert_eq!(sample.decoded(0, 10, "example_STRING"), names.map(text));
    assert_eq!(sample.decoded(0, 10, "example_STRING"), sample.strings(0, "example_STRING"));
    assert_eq!(sample.tile.features.count(), 10);
}

#[test]
fn every_texel_of_a_property_texture() {
    let Some(sample) = Sample::open("EXT_structural_metadata/SimplePropertyTexture/SimplePropertyTexture.gltf") else {
        return;
    };
    let tile = &sample.tile;
    let uri = sample.json["images"][1]["uri"].as_str().unwrap();
    let picture = image::load_from_memory(&data(uri, Path::new(""))).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (16, 16));
    // Pixels that another program reads so.
    for (x, y, pixel) in [(0, 0, [13, 9, 40, 0]), (2, 5, [15, 19, 10, 0]), (9, 12, [24, 16, 20, 0])] {
        assert_eq!(picture.get_pixel(x, y).0, pixel);
    }
    for (x, y, pixel) in picture.enumerate_pixels() {
        let (triangle, weights) = on_square((x as f32 + 0.5) / 16.0, (y as f32 + 0.5) / 16.0);
        let scopes = tile.properties_at(0, triangle, weights);
        let [scope] = &scopes[..] else { panic!("{scopes:?}") };
        let [inside, outside, insulation, _] = pixel.0;
        let expected = [
            ("insideTemperature", Value::UInt(inside.into())),
            ("insulation", Value::Float(f64::from(insulation) / 255.0)),
            ("outsideTemperature", Value::UInt(outside.into())),
        ];
        assert_eq!(scope.properties, expected.map(|(name, value)| (name.to_owned(), value)), "{x} {y}");
        assert_eq!((scope.feature, scope.class.as_ref().unwrap().id.as_str()), (None, "buildingComponents"));
        assert_eq!(scope.infos[1].name.as_deref(), Some("Insulation Thickness"));
    }
}

#[test]
fn every_point_of_property_attributes() {
    for (name, class) in [("Tree", "MediumVegetation"), ("House", "Buildings")] {
        let folder = "EXT_structural_metadata/PropertyAttributesPointCloud";
        let Some(sample) = Sample::open(&format!("{folder}/PropertyAttributesPointCloud{name}.gltf")) else { return };
        let tile = &sample.tile;
        let index = sample.json["meshes"][0]["primitives"][0]["attributes"]["_INTENSITY"].as_u64().unwrap();
        let intensity = f32s(sample.view(&sample.json["accessors"][index as usize]["bufferView"]));
        let classification = sample.attribute(0, "_CLASSIFICATION");
        assert_eq!(tile.primitives[0].positions.len(), intensity.len());
        assert!(intensity.len() > 1000);
        for (point, (intensity, classification)) in intensity.iter().zip(classification).enumerate() {
            assert_eq!(classification, u32::from(name == "House"));
            let scopes = tile.properties_at(0, point, [0.0; 3]);
            let [scope] = &scopes[..] else { panic!("{scopes:?}") };
            let expected = [
                ("classification".to_owned(), text(class)),
                ("intensity".to_owned(), Value::Float(f64::from(*intensity))),
            ];
            assert_eq!(scope.properties, expected);
        }
        assert_eq!(tile.features.count(), 0);
    }
}

#[test]
fn feature_ids_are_of_features_that_there_are() {
    let Some(dir) = samples() else { return };
    let mut seen = 0;
    for group in ["EXT_mesh_features", "EXT_structural_metadata"] {
        for entry in std::fs::read_dir(dir.join(group)).unwrap() {
            for file in std::fs::read_dir(entry.unwrap().path()).unwrap().map(|f| f.unwrap().path()) {
                if file.extension().is_none_or(|e| e != "gltf") {
                    continue;
                }
                let sample = Sample::open(file.strip_prefix(&dir).unwrap().to_str().unwrap()).unwrap();
                let count = sample.tile.features.count();
                let mut ids = sample.tile.primitives.iter().flat_map(|p| &p.feature_ids);
                assert!(ids.all(|id| *id < count || *id == NO_FEATURE), "{}", file.display());
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 11);
}

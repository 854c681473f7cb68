//! Compressed geometry and pictures.

use crate::{Case, build::*, load::load};
use draco_core::{
    DataType, EncoderBuffer, EncoderOptions, GeometryAttributeType, Mesh, MeshEncoder, PointAttribute, PointCloud,
    PointCloudEncoder,
};
use serde_json::{Value as Json, json};
use tiles3d::content::Normals;

const HERE: [i64; 3] = [100, 100, 0];
const CORNERS: [[f32; 3]; 3] = [[0.0; 3], [3.0, 0.0, 0.0], [0.0, 0.0, -3.0]];
/// 16 by 16 pixels, red where the texture begins, with alpha; as the Basis Universal encoder 2.50 wrote them.
pub(crate) const ETC1S: &[u8] = include_bytes!("../pictures/etc1s.ktx2");
/// The same picture in UASTC with Zstandard.
pub(crate) const UASTC: &[u8] = include_bytes!("../pictures/uastc.ktx2");

fn positions(places: &[[f32; 3]]) -> PointAttribute {
    let mut out = PointAttribute::new();
    out.init(GeometryAttributeType::Position, 3, DataType::Float32, false, places.len());
    out.buffer_mut().write(0, &bytes_of(places));
    out
}

/// Points as a stream of Draco, in the order that they have.
pub(crate) fn draco_points(places: &[[f32; 3]]) -> Vec<u8> {
    let mut cloud = PointCloud::new();
    cloud.add_attribute(positions(places));
    let mut encoder = PointCloudEncoder::new();
    encoder.set_point_cloud(cloud);
    let mut out = EncoderBuffer::new();
    encoder.encode(&EncoderOptions::new(), &mut out).unwrap();
    out.data().to_vec()
}

/// A pnts of so many points that are in a stream of Draco.
pub(crate) fn pnts_of(stream: &[u8], count: usize) -> Vec<u8> {
    let features = json!({ "POINTS_LENGTH": count, "POSITION": { "byteOffset": 0 },
        "extensions": { "3DTILES_draco_point_compression":
            { "properties": { "POSITION": 0 }, "byteOffset": 0, "byteLength": stream.len() } } });
    container(b"pnts", [(&features, stream), (&Json::Null, &[])], None, &[])
}

/// The triangle as a stream of Draco, its positions under the id 0.
pub(crate) fn draco() -> Vec<u8> {
    let mut mesh = Mesh::new();
    mesh.add_attribute(positions(&CORNERS));
    mesh.set_num_points(3);
    mesh.set_num_faces(1);
    mesh.set_faces_from_flat_indices(&[0, 1, 2]);
    mesh.finalize().unwrap();
    let mut options = EncoderOptions::new();
    options.set_attribute_quantization(0, 14);
    let mut encoder = MeshEncoder::new();
    encoder.set_mesh(mesh);
    let mut out = EncoderBuffer::new();
    encoder.encode(&options, &mut out).unwrap();
    out.data().to_vec()
}

/// The triangle in `stream`; with `plain`, what is not compressed is there too.
pub(crate) fn with_draco(stream: &[u8], plain: bool) -> Gltf {
    let mut gltf = Gltf::new();
    let view = gltf.view(stream);
    let corners = gltf.accessor(5123, "SCALAR", 3, &bytes_of(&[0u16, 1, 2]));
    gltf.primitive()["indices"] = json!(corners);
    gltf.primitive()["extensions"] =
        json!({ "KHR_draco_mesh_compression": { "bufferView": view, "attributes": { "POSITION": 0 } } });
    gltf.uses("KHR_draco_mesh_compression", !plain);
    if !plain {
        for accessor in gltf.json["accessors"].as_array_mut().unwrap() {
            accessor.as_object_mut().unwrap().remove("bufferView");
        }
    }
    gltf
}

/// Elements as bytes of deltas, whole: what the first version has as its mode 3.
fn deltas(elements: &[u8], stride: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..stride).map(move |k| {
        let byte = |i: usize| elements[i * stride + k];
        let delta = |i: usize| byte(i).wrapping_sub(byte(i.saturating_sub(1))).cast_signed();
        (0..elements.len() / stride).map(|i| (delta(i) << 1 ^ delta(i) >> 7).cast_unsigned()).collect()
    })
}

/// Up to 16 elements as a stream of attributes, of version 0 or 1.
pub(crate) fn attributes(version: u8, elements: &[u8], stride: usize) -> Vec<u8> {
    let mut out = vec![0xa0 | version];
    let channels = if version == 0 { 0 } else { stride / 4 };
    out.extend(vec![0xff; channels]);
    for mut plane in deltas(elements, stride) {
        if version == 0 {
            out.push(3);
            plane.resize(16, 0);
        }
        out.extend(plane);
    }
    let padding = if version == 0 { 32 } else { 24 };
    out.resize(out.len() + usize::saturating_sub(padding, stride + channels), 0);
    out.extend(&elements[..stride]);
    out.extend(vec![0; channels]);
    out
}

/// One triangle of the first three vertices.
pub(crate) fn triangles() -> Vec<u8> {
    let mut out = vec![0xe1, 0xf0];
    out.extend([0; 16]);
    out
}

/// A view whose bytes are in a stream, in place of a buffer that is not there.
pub(crate) fn compressed_view(gltf: &mut Gltf, name: &str, stream: &[u8], mut how: Json) -> usize {
    let at = gltf.view(stream);
    let view = &mut gltf.json["bufferViews"][at];
    let length = how["count"].as_u64().unwrap() * how["byteStride"].as_u64().unwrap();
    for (key, from) in [("buffer", "buffer"), ("byteOffset", "byteOffset"), ("byteLength", "byteLength")] {
        how[key] = view[from].clone();
    }
    *view = json!({ "buffer": 1, "byteLength": length, "extensions": { name: how } });
    at
}

/// The triangle with its positions, normals, colours and indices in streams.
pub(crate) fn with_meshopt(name: &str) -> Gltf {
    let mut gltf = Gltf::new();
    let newer = name.starts_with("KHR");
    let version = u8::from(newer);
    // As numbers with the exponent 0.
    let positions = CORNERS.as_flattened().iter().map(|v| *v as i32 & 0x00ff_ffff).collect::<Vec<_>>();
    let positions = attributes(version, &bytes_of(&positions), 12);
    let normals = attributes(version, &[0, 127, 127, 0].repeat(3), 4);
    let how =
        |stride: u8, filter: &str| json!({ "mode": "ATTRIBUTES", "count": 3, "byteStride": stride, "filter": filter });
    let mut list = vec![
        ("POSITION", 5126, "VEC3", positions, how(12, "EXPONENTIAL"), false),
        ("NORMAL", 5120, "VEC3", normals, how(4, "OCTAHEDRAL"), true),
    ];
    if newer {
        // Y and alpha as large as can be: white.
        let colors = attributes(version, &[255, 0, 0, 255].repeat(3), 4);
        list.push(("COLOR_0", 5121, "VEC4", colors, how(4, "COLOR"), true));
    }
    for (attribute, component, kind, stream, how, normalized) in list {
        let stride = how["byteStride"].clone();
        let view = compressed_view(&mut gltf, name, &stream, how);
        gltf.json["bufferViews"][view]["byteStride"] = stride;
        let accessor = json!({ "bufferView": view, "componentType": component, "count": 3, "type": kind,
            "normalized": normalized });
        let accessors = gltf.json["accessors"].as_array_mut().unwrap();
        accessors.push(accessor);
        let last = accessors.len() - 1;
        gltf.primitive()["attributes"][attribute] = json!(last);
    }
    let how = json!({ "mode": "TRIANGLES", "count": 3, "byteStride": 2 });
    let view = compressed_view(&mut gltf, name, &triangles(), how);
    let accessors = gltf.json["accessors"].as_array_mut().unwrap();
    accessors.push(json!({ "bufferView": view, "componentType": 5123, "count": 3, "type": "SCALAR" }));
    let last = accessors.len() - 1;
    gltf.primitive()["indices"] = json!(last);
    gltf.json["buffers"] = json!([{}, { "byteLength": 1000, "extensions": { name: { "fallback": true } } }]);
    gltf.uses(name, true);
    gltf
}

/// The triangle with a picture of Basis Universal, and with another for those who cannot read it.
pub(crate) fn with_basisu(ktx2: &[u8], fallback: bool) -> Gltf {
    let mut gltf = Gltf::new();
    let view = gltf.view(ktx2);
    let mut texture = json!({ "extensions": { "KHR_texture_basisu": { "source": 0 } } });
    if fallback {
        texture["source"] = json!(1);
    }
    gltf.textured(json!({ "bufferView": view, "mimeType": "image/ktx2" }), texture);
    if fallback {
        let images = gltf.json["images"].as_array_mut().unwrap();
        images.push(json!({ "uri": data_uri("image/png", &png()) }));
    }
    gltf.uses("KHR_texture_basisu", !fallback);
    gltf
}

pub(crate) fn cases() -> Vec<Case> {
    let one = |name, gltf: Gltf| (name, single("a.glb", gltf.glb()), vec![HERE]);
    let points = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let compressed = pnts_of(&draco_points(&points), 2);
    vec![
        ("3DTILES_draco_point_compression", single("a.pnts", compressed), vec![[100, 200, 300], [400, 500, 600]]),
        one("KHR_draco_mesh_compression", with_draco(&draco(), false)),
        one("KHR_draco_mesh_compression beside what is not compressed", with_draco(&draco(), true)),
        one("EXT_meshopt_compression", with_meshopt("EXT_meshopt_compression")),
        one("KHR_meshopt_compression", with_meshopt("KHR_meshopt_compression")),
        one("KHR_texture_basisu, ETC1S", with_basisu(ETC1S, false)),
        one("KHR_texture_basisu, UASTC", with_basisu(UASTC, false)),
        one("KHR_texture_basisu beside a PNG", with_basisu(UASTC, true)),
    ]
}

#[test]
fn what_was_compressed_arrives() {
    let model = |gltf: Gltf| load(&single("a.glb", gltf.glb())).models.remove(0).1;
    for name in ["EXT_meshopt_compression", "KHR_meshopt_compression"] {
        let p = model(with_meshopt(name)).primitives.remove(0);
        assert_eq!(p.positions, [[0.0; 3], [3.0, 0.0, 0.0], [0.0, 3.0, 0.0]], "{name}");
        assert_eq!((p.normals, p.indices), (Normals::Snorm8(vec![[0, 0, 127, 0]; 3]), vec![0, 1, 2]), "{name}");
        assert_eq!(p.colors.len(), if name.starts_with("KHR") { 3 } else { 0 });
        assert!(p.colors.iter().all(|c| c == [1.0; 4]), "{name}: {:?}", p.colors);
    }
    let p = model(with_draco(&draco(), false)).primitives.remove(0);
    assert_eq!((p.positions.len(), p.indices.len()), (3, 3));
    for (file, red) in [(ETC1S, [198, 41, 41, 255]), (UASTC, [200, 40, 40, 255])] {
        let seen = model(with_basisu(file, true));
        assert_eq!((seen.images.len(), seen.images[0].levels), (1, 5));
        assert_eq!(seen.images[0].data[..4], red);
    }
}

//! Compressed geometry and pictures that are not what their extensions allow.

use super::{content, half, patched};
use crate::{build::*, compressed::*};
use serde_json::{Value as Json, json};

type Rows = Vec<(&'static str, Files)>;

fn glb_of(gltf: &Gltf) -> Files {
    content("a.glb", gltf.glb())
}

/// Those of which nothing can be shown.
pub(super) fn draco() -> Rows {
    let stream = super::super::compressed::draco();
    let edited = |change: &dyn Fn(&mut Json)| {
        let mut gltf = with_draco(&stream, false);
        change(&mut gltf.primitive()["extensions"]["KHR_draco_mesh_compression"]);
        glb_of(&gltf)
    };
    let points = draco_points(&[[1.0; 3], [2.0; 3]]);
    let cloud = |stream: &[u8], count| content("a.pnts", pnts_of(stream, count));
    vec![
        ("Draco points that are none", cloud(b"no Draco at all, but as long as one may be", 2)),
        ("Draco points cut off", cloud(&half(&points), 2)),
        ("Draco points of another version", cloud(&patched(points.clone(), 5, 0x0909), 2)),
        ("more Draco points than there are", cloud(&points, 3)),
        ("Draco that is none", glb_of(&with_draco(b"no Draco at all, but as long as one may be", false))),
        ("Draco cut off", glb_of(&with_draco(&half(&stream), false))),
        ("Draco of another version", glb_of(&with_draco(&patched(stream.clone(), 5, 0x0101_0909), false))),
        ("Draco in a view that is not there", edited(&|d| d["bufferView"] = json!(99))),
        ("Draco without its view", edited(&|d| drop(d.as_object_mut().unwrap().remove("bufferView")))),
        ("Draco without its attributes", edited(&|d| drop(d.as_object_mut().unwrap().remove("attributes")))),
        ("Draco without the id that the glTF has", edited(&|d| d["attributes"]["POSITION"] = json!(7))),
    ]
}

/// Those that are named, and shown all the same.
pub(super) fn shown() -> Rows {
    let stream = super::super::compressed::draco();
    let primitive = |change: &dyn Fn(&mut Gltf)| {
        let mut gltf = with_draco(&stream, false);
        change(&mut gltf);
        glb_of(&gltf)
    };
    let basisu = |change: &dyn Fn(&mut Gltf)| {
        let mut gltf = with_basisu(UASTC, true);
        change(&mut gltf);
        glb_of(&gltf)
    };
    // Where a KTX 2 says that what all levels share is (KTX 2.0, 3.11).
    let tables = u64::from_le_bytes(*ETC1S[64..].first_chunk().unwrap()) as usize;
    let file = |bytes: Vec<u8>| glb_of(&with_basisu(&bytes, false));
    let mut length = with_meshopt("EXT_meshopt_compression");
    length.json["bufferViews"][1]["byteLength"] = json!(48);
    let mut plain = with_draco(&half(&stream), true);
    plain.uses("KHR_draco_mesh_compression", false);
    let webp = |source: Json, uri: String| {
        let mut gltf = Gltf::new();
        let texture = json!({ "extensions": { "EXT_texture_webp": { "source": source } } });
        gltf.textured(json!({ "uri": uri, "mimeType": "image/webp" }), texture).uses("EXT_texture_webp", true);
        glb_of(&gltf)
    };
    vec![
        ("Draco that is broken beside what is not compressed", glb_of(&plain)),
        (
            "Draco with another number of vertices than its accessor",
            primitive(&|g| g.json["accessors"][0]["count"] = json!(4)),
        ),
        ("Draco of triangles under lines", primitive(&|g| g.primitive()["mode"] = json!(1))),
        ("meshopt whose view has another length", glb_of(&length)),
        ("KTX 2 cut off", file(half(UASTC))),
        ("KTX 2 of a cube", file(patched(UASTC.to_vec(), 36, 6))),
        ("KTX 2 of layers", file(patched(UASTC.to_vec(), 32, 2))),
        ("KTX 2 with depth", file(patched(UASTC.to_vec(), 28, 2))),
        ("KTX 2 of no size", file(patched(UASTC.to_vec(), 20, 0))),
        ("KTX 2 with more levels than there can be", file(patched(UASTC.to_vec(), 40, 9))),
        ("KTX 2 with a level outside the file", file(patched(UASTC.to_vec(), 80, 1 << 30))),
        ("KTX 2 with an unknown supercompression", file(patched(UASTC.to_vec(), 44, 77))),
        ("ETC1S without BasisLZ", file(patched(ETC1S.to_vec(), 44, 0))),
        ("ETC1S with tables that are longer than it", file(patched(ETC1S.to_vec(), tables + 4, 1 << 30))),
        ("a PNG in place of a KTX 2 that is no picture", file(b"\x89PNG\r\n\x1a\n".to_vec())),
        (
            "KHR_texture_basisu of a picture that is not there",
            basisu(&|g| g.json["textures"][0]["extensions"]["KHR_texture_basisu"]["source"] = json!(9)),
        ),
        ("KTX 2 that is broken beside a PNG", glb_of(&with_basisu(&half(ETC1S), true))),
        ("WebP that is none", webp(json!(0), data_uri("image/webp", b"RIFF\x10\0\0\0WEBPVP8L"))),
        ("EXT_texture_webp of a picture that is not there", webp(json!(9), data_uri("image/png", &png()))),
    ]
}

pub(super) fn meshopt() -> Rows {
    let mut all = Vec::new();
    for name in ["EXT_meshopt_compression", "KHR_meshopt_compression"] {
        let view = |view: usize, change: &dyn Fn(&mut Json)| {
            let mut gltf = with_meshopt(name);
            change(&mut gltf.json["bufferViews"][view]);
            glb_of(&gltf)
        };
        let [positions, normals] = [1, 2];
        let triangles = if name.starts_with("KHR") { 4 } else { 3 };
        let how =
            |at: usize, key: &'static str, value: Json| view(at, &move |v| v["extensions"][name][key] = value.clone());
        let stream = |at: usize, change: &dyn Fn(&mut [u8])| {
            let mut gltf = with_meshopt(name);
            let range = &gltf.json["bufferViews"][at]["extensions"][name];
            let number = |key: &str| range[key].as_u64().unwrap() as usize;
            let (from, length) = (number("byteOffset"), number("byteLength"));
            change(&mut gltf.binary[from..from + length]);
            glb_of(&gltf)
        };
        let longer = |at: usize, by: i64| {
            view(at, &move |v| {
                let length = v["extensions"][name]["byteLength"].as_i64().unwrap();
                v["extensions"][name]["byteLength"] = json!(length + by);
            })
        };
        all.extend([
            ("meshopt in a buffer that is not there", how(positions, "buffer", json!(9))),
            ("meshopt behind its buffer", how(positions, "byteOffset", json!(1 << 30))),
            ("meshopt of a mode that is none", how(positions, "mode", json!("STRIPS"))),
            ("meshopt with a filter that is none", how(positions, "filter", json!("SEPIA"))),
            (
                "meshopt of no count",
                view(positions, &|v| drop(v["extensions"][name].as_object_mut().unwrap().remove("count"))),
            ),
            ("meshopt whose view has another stride", view(positions, &|v| v["byteStride"] = json!(16))),
            ("attributes of a stride that is no multiple of 4", how(positions, "byteStride", json!(10))),
            ("attributes of a stride above 256", how(positions, "byteStride", json!(260))),
            ("octahedral coordinates of 12 bytes", how(positions, "filter", json!("OCTAHEDRAL"))),
            ("quaternions of 4 bytes", how(normals, "filter", json!("QUATERNION"))),
            ("colours of 12 bytes", how(positions, "filter", json!("COLOR"))),
            ("attributes with the header of triangles", stream(positions, &|s| s[0] = 0xe1)),
            ("attributes that are cut off", longer(positions, -5)),
            ("attributes that go on behind their end", longer(positions, 4)),
            ("attributes with more elements than they hold", how(positions, "count", json!(3000))),
            ("triangles of four corners", how(triangles, "count", json!(4))),
            ("triangles of three bytes an index", how(triangles, "byteStride", json!(3))),
            ("triangles with a filter", how(triangles, "filter", json!("EXPONENTIAL"))),
            ("triangles with the header of indices", stream(triangles, &|s| s[0] = 0xd1)),
            ("triangles that are cut off", longer(triangles, -1)),
            ("triangles whose table has an explicit index", stream(triangles, &|s| s[2] = 0xf0)),
            ("indices that are triangles", how(triangles, "mode", json!("INDICES"))),
        ]);
        if name.starts_with("KHR") {
            all.push(("attributes of an unknown channel mode", stream(positions, &|s| *s.last_mut().unwrap() = 7)));
        }
    }
    all
}

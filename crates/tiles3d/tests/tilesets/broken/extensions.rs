//! What extensions of glTF say that they may not: the model is shown without it.

use super::gltf;
use crate::build::*;
use serde_json::{Value as Json, json};

type Rows = Vec<(&'static str, Files)>;

fn copies(change: impl Fn(&mut Gltf) -> Json) -> Files {
    gltf(|g| {
        let attributes = change(g);
        g.json["nodes"][0]["extensions"] = json!({ "EXT_mesh_gpu_instancing": { "attributes": attributes } });
        g.uses("EXT_mesh_gpu_instancing", true);
    })
}

fn outline(indices: &[u16], change: impl Fn(&mut Gltf)) -> Files {
    gltf(|g| {
        let edges = g.accessor(5123, "SCALAR", indices.len(), &bytes_of(indices));
        let corners = g.accessor(5123, "SCALAR", 3, &bytes_of(&[0u16, 1, 2]));
        g.primitive()["indices"] = json!(corners);
        g.primitive()["extensions"] = json!({ "CESIUM_primitive_outline": { "indices": edges } });
        g.uses("CESIUM_primitive_outline", false);
        change(g);
    })
}

fn moved(transform: &Json) -> Files {
    gltf(|g| {
        g.textured(json!({ "uri": data_uri("image/png", &png()) }), json!({ "source": 0 }));
        g.json["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["extensions"] =
            json!({ "KHR_texture_transform": transform });
        g.uses("KHR_texture_transform", true);
    })
}

fn centre(center: &Json) -> Files {
    gltf(|g| {
        g.json["extensions"] = json!({ "CESIUM_RTC": { "center": center } });
        g.uses("CESIUM_RTC", true);
    })
}

pub(super) fn rows() -> Rows {
    let floats = |g: &mut Gltf, kind, count, values: &[f32]| g.accessor(5126, kind, count, &bytes_of(values));
    vec![
        (
            "copies that are not as many as their turns",
            copies(|g| {
                let places = floats(g, "VEC3", 2, &[0.0; 6]);
                let turns = floats(g, "VEC4", 3, &[0.0; 12]);
                json!({ "TRANSLATION": places, "ROTATION": turns })
            }),
        ),
        ("copies of two coordinates", copies(|g| json!({ "TRANSLATION": floats(g, "VEC2", 2, &[0.0; 4]) }))),
        ("copies without attributes", copies(|_| json!({}))),
        ("copies with a list for their attributes", copies(|_| json!([0]))),
        ("edges that are no whole number", outline(&[0, 1, 2], |_| {})),
        ("edges of a vertex that is not there", outline(&[0, 3], |_| {})),
        (
            "edges without their accessor",
            outline(&[0, 1], |g| g.primitive()["extensions"]["CESIUM_primitive_outline"] = json!({})),
        ),
        ("a texture moved by three numbers", moved(&json!({ "offset": [0, 1, 2] }))),
        ("a texture turned by a word", moved(&json!({ "rotation": "left" }))),
        ("a texture scaled by a number", moved(&json!({ "scale": 2 }))),
        ("a texture of coordinates that are a word", moved(&json!({ "texCoord": "first" }))),
        ("a centre of two numbers", centre(&json!([1, 2]))),
        ("a centre of words", centre(&json!(["x", "y", "z"]))),
    ]
}

/// Of which nothing can be shown, or something else.
pub(super) fn hidden() -> Rows {
    vec![
        ("edges of points", outline(&[0, 1], |g| g.primitive()["mode"] = json!(0))),
        (
            "copies at no number",
            copies(|g| json!({ "TRANSLATION": g.accessor(5126, "VEC3", 1, &bytes_of(&[f32::NAN; 3])) })),
        ),
        ("quantized positions of an unknown type", gltf(|g| g.json["accessors"][0]["componentType"] = json!(5130))),
        ("positions of one number", gltf(|g| g.json["accessors"][0]["type"] = json!("SCALAR"))),
        (
            "normals of two numbers",
            gltf(|g| {
                g.attribute("NORMAL", 5120, "VEC2", &[0; 6]);
            }),
        ),
        (
            "fewer normals than positions",
            gltf(|g| {
                let normals = g.accessor(5126, "VEC3", 2, &bytes_of(&[0.0f32; 6]));
                g.primitive()["attributes"]["NORMAL"] = json!(normals);
            }),
        ),
    ]
}

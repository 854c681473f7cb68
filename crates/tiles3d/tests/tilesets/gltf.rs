//! Extensions of glTF.

use crate::{Case, build::*, load::load, triangle_at};
use serde_json::json;

const HERE: [i64; 3] = [100, 100, 0];

fn with(change: impl FnOnce(&mut Gltf)) -> Gltf {
    let mut gltf = Gltf::new();
    change(&mut gltf);
    gltf
}

fn quantized() -> Gltf {
    with(|g| {
        let corners = [0i16, 0, 0, 0, 3, 0, 0, 0, 0, 0, -3, 0];
        let view = g.view(&bytes_of(&corners));
        g.json["bufferViews"][view]["byteStride"] = json!(8);
        let accessors = g.json["accessors"].as_array_mut().unwrap();
        accessors.push(json!({ "bufferView": view, "componentType": 5122, "count": 3, "type": "VEC3" }));
        let last = accessors.len() - 1;
        g.primitive()["attributes"]["POSITION"] = json!(last);
        g.uses("KHR_mesh_quantization", true);
    })
}

fn copied() -> Gltf {
    with(|g| {
        // y is up in a glTF: the second stands 20 m to the north.
        let moved = g.accessor(5126, "VEC3", 2, &bytes_of(&[10.0f32, 0.0, 0.0, 0.0, 0.0, -20.0]));
        g.json["nodes"][0]["extensions"] =
            json!({ "EXT_mesh_gpu_instancing": { "attributes": { "TRANSLATION": moved } } });
        g.uses("EXT_mesh_gpu_instancing", true);
    })
}

fn outlined() -> Gltf {
    with(|g| {
        let edges = g.accessor(5123, "SCALAR", 4, &bytes_of(&[0u16, 1, 1, 2]));
        let corners = g.accessor(5123, "SCALAR", 3, &bytes_of(&[0u16, 1, 2]));
        g.primitive()["indices"] = json!(corners);
        g.primitive()["extensions"] = json!({ "CESIUM_primitive_outline": { "indices": edges } });
        g.uses("CESIUM_primitive_outline", false);
    })
}

/// One texel, lossless.
fn webp() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image_webp::WebPEncoder::new(&mut out).encode(&[0, 0, 255, 255], 1, 1, image_webp::ColorType::Rgba8).unwrap();
    out.into_inner()
}

fn webp_textured() -> Gltf {
    with(|g| {
        let image = json!({ "uri": data_uri("image/webp", &webp()), "mimeType": "image/webp" });
        g.textured(image, json!({ "extensions": { "EXT_texture_webp": { "source": 0 } } }));
        g.uses("EXT_texture_webp", true);
    })
}

fn moved_texture() -> Gltf {
    with(|g| {
        g.textured(json!({ "uri": data_uri("image/png", &png()) }), json!({ "source": 0 }));
        g.json["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["extensions"] =
            json!({ "KHR_texture_transform": { "offset": [0.5, 0.25], "scale": [2, 2] } });
        g.uses("KHR_texture_transform", true);
    })
}

fn material(extension: &str, value: serde_json::Value) -> Gltf {
    with(|g| {
        g.json["materials"] = json!([{ "extensions": { extension: value } }]);
        g.primitive()["material"] = json!(0);
        g.uses(extension, true);
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let gloss = json!({ "diffuseFactor": [1, 0, 0, 1], "glossinessFactor": 0.25 });
    // The centre is in the tile's axes, not in glTF's (as CesiumJS reads it).
    let centre = with(|g| {
        g.json["extensions"] = json!({ "CESIUM_RTC": { "center": [50, 60, 70] } });
        g.uses("CESIUM_RTC", true);
    });
    let one = |gltf: Gltf| single("a.glb", gltf.glb());
    vec![
        ("KHR_mesh_quantization", one(quantized()), vec![HERE]),
        ("EXT_mesh_gpu_instancing", one(copied()), vec![triangle_at(10, 0, 0), triangle_at(0, 20, 0)]),
        ("CESIUM_primitive_outline", one(outlined()), vec![HERE]),
        ("CESIUM_RTC", one(centre), vec![triangle_at(50, 60, 70)]),
        ("EXT_texture_webp", one(webp_textured()), vec![HERE]),
        ("KHR_texture_transform", one(moved_texture()), vec![HERE]),
        ("KHR_materials_unlit", one(material("KHR_materials_unlit", json!({}))), vec![HERE]),
        (
            "KHR_materials_pbrSpecularGlossiness",
            one(material("KHR_materials_pbrSpecularGlossiness", gloss)),
            vec![HERE],
        ),
    ]
}

#[test]
fn what_extensions_say_arrives() {
    let model = |gltf: Gltf| load(&single("a.glb", gltf.glb())).models.remove(0).1;
    assert_eq!(model(outlined()).primitives[0].outline, [0, 1, 1, 2]);
    assert_eq!(model(webp_textured()).images[0].data, [0, 0, 255, 255]);
    assert_eq!(model(moved_texture()).primitives[0].uvs, [[0.5, 0.25], [2.5, 0.25], [0.5, 2.25]]);
    assert!(model(material("KHR_materials_unlit", json!({}))).materials[0].unlit);
    let gloss = model(material(
        "KHR_materials_pbrSpecularGlossiness",
        json!({ "diffuseFactor": [1, 0, 0, 1], "specularFactor": [0, 0, 0], "glossinessFactor": 0.25 }),
    ));
    let m = &gloss.materials[0];
    assert_eq!((m.base_color, m.roughness), ([1.0, 0.0, 0.0, 1.0], 0.75));
}

#[test]
fn an_extension_that_is_required_and_not_known_is_named() {
    let gltf = with(|g| {
        g.uses("VENDOR_everything_else", true);
    });
    let seen = load(&single("a.glb", gltf.glb()));
    assert!(seen.models.is_empty() && seen.amiss[0].contains("VENDOR_everything_else"), "{:?}", seen.amiss);
}

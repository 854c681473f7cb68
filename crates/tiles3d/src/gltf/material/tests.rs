use crate::{
    DecodeError,
    content::{ColorSpace, TileMaterial},
    gltf::{
        decode_glb,
        fixture::{data_uri, decode, triangle},
        image::tests::png,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(material: Value) -> TileMaterial {
    let more = json!({
        "materials": [material],
        "textures": [{ "source": 0 }, { "source": 1 }],
        "images": [{ "uri": data_uri(&png(1, 1, &[10, 20, 30, 255])) }, { "uri": "data:,broken" }],
    });
    decode(&triangle(more)).unwrap().materials.remove(0)
}

#[test]
fn every_member_of_a_material_is_read() {
    let m = read(json!({
        "name": "wall",
        "pbrMetallicRoughness": {
            "baseColorFactor": [0.1, 0.2, 0.3, 0.4], "metallicFactor": 0.5, "roughnessFactor": 0.6,
            "baseColorTexture": { "index": 0 }, "metallicRoughnessTexture": { "index": 0 },
        },
        "normalTexture": { "index": 0, "scale": 2.0 },
        "occlusionTexture": { "index": 0, "strength": 0.25 },
        "emissiveTexture": { "index": 0 },
        "emissiveFactor": [0.5, 0.25, 0.0],
        "alphaMode": "MASK", "alphaCutoff": 0.75, "doubleSided": true,
        "extensions": { "KHR_materials_emissive_strength": { "emissiveStrength": 8.0 }, "KHR_materials_unlit": {} },
    }));
    assert_eq!((m.name.as_str(), m.base_color, m.metallic, m.roughness), ("wall", [0.1, 0.2, 0.3, 0.4], 0.5, 0.6));
    assert_eq!((m.normal_scale, m.occlusion_strength, m.emissive), (2.0, 0.25, [4.0, 2.0, 0.0]));
    assert_eq!((m.alpha_cutoff, m.blend, m.double_sided, m.unlit), (Some(0.75), false, true, true));
    assert_eq!(m.textures().count(), 5);
    // A number beyond f32 counts as not written.
    let strength = json!({ "KHR_materials_emissive_strength": { "emissiveStrength": 1e38 } });
    let m = read(json!({ "emissiveFactor": [1e38, 0, 0], "extensions": strength }));
    assert_eq!(m, TileMaterial::default());
    let m = read(json!({ "alphaMode": "BLEND" }));
    assert_eq!(m, TileMaterial { blend: true, ..TileMaterial::default() });
}

#[test]
fn a_broken_emissive_texture_does_not_make_all_glow() {
    let m = read(json!({ "emissiveFactor": [1, 1, 1], "emissiveTexture": { "index": 1 } }));
    assert_eq!((m.emissive, m.emissive_texture), ([0.0; 3], None));
    let m = read(json!({ "pbrMetallicRoughness": { "baseColorTexture": { "index": 7 } } }));
    assert_eq!(m.base_color_texture, None);
}

#[test]
fn common_materials_keep_their_colour() {
    let m = read(json!({ "extensions": { "KHR_materials_common": {
        "technique": "PHONG", "doubleSided": true, "transparent": true,
        "values": { "diffuse": [0.5, 0.25, 0.125, 1.0], "emission": [0.0, 1.0, 0.0, 1.0], "shininess": 30.0,
            "transparency": 0.5 },
    } } }));
    assert_eq!((m.base_color, m.emissive, m.metallic), ([0.5, 0.25, 0.125, 0.5], [0.0, 1.0, 0.0], 0.0));
    assert!(m.blend && m.double_sided && !m.unlit && (m.roughness - 0.5).abs() < 1e-6);
    let m = read(json!({ "extensions": { "KHR_materials_common": {
        "technique": "CONSTANT", "values": { "diffuse": { "index": 0 } } } } }));
    assert!(m.unlit && !m.blend && m.base_color_texture.is_some());
    assert_eq!(m.base_color, [1.0; 4]);
}

#[test]
fn webgl_techniques_keep_their_colour() {
    let values =
        |values: Value| read(json!({ "extensions": { "KHR_techniques_webgl": { "technique": 0, "values": values } } }));
    let m = values(json!({ "u_diffuse": [0.5, 0.25, 0.125, 0.5], "u_shininess": 3 }));
    assert_eq!((m.base_color, m.blend, m.base_color_texture), ([0.5, 0.25, 0.125, 0.5], true, None));
    let m = values(json!({ "u_tex": { "index": 0, "texCoord": 0 } }));
    assert_eq!((m.base_color, m.base_color_texture.is_some()), ([1.0; 4], true));
    let m = values(json!({ "u_diffuse": { "index": 0 }, "u_emission": [0, 0, 0, 1] }));
    assert_eq!((m.base_color, m.base_color_texture.is_some()), ([1.0; 4], true));
    assert!(values(json!({ "u_emission": { "index": 0 } })).base_color_texture.is_some());
    assert_eq!(values(json!({ "myDiffuseTint": [1, 0, 0] })).base_color, [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(values(json!(null)).base_color, [1.0; 4]);
}

#[test]
fn specular_glossiness_becomes_metallic_roughness() {
    let specular_glossiness = |extension: Value| {
        let more = json!({
            "extensionsRequired": ["KHR_materials_pbrSpecularGlossiness"],
            "materials": [{ "extensions": { "KHR_materials_pbrSpecularGlossiness": extension } }],
            "textures": [{ "source": 0 }, { "source": 1 }],
            "images": [
                { "uri": data_uri(&png(2, 1, &[255, 255, 255, 128, 0, 0, 0, 255])) },
                { "uri": data_uri(&png(2, 1, &[0, 0, 0, 64, 255, 0, 0, 255])) },
            ],
        });
        let mut tile = decode(&triangle(more)).unwrap();
        assert_eq!(tile.diagnostics, []);
        (tile.materials.remove(0), tile.images)
    };
    let (m, images) = specular_glossiness(json!({ "specularFactor": [0, 0, 0], "glossinessFactor": 0.25 }));
    assert_eq!((m.metallic, m.roughness, m.base_color[3], images.len()), (0.0, 0.75, 1.0, 0));
    // A diffuse texture alone stays as it is.
    let (m, images) = specular_glossiness(json!({ "diffuseTexture": { "index": 0 }, "specularFactor": [0, 0, 0] }));
    assert_eq!((m.metallic, m.base_color_texture.unwrap().image, images.len()), (0.0, 0, 1));
    assert_eq!(images[0].rgba8().unwrap(), [255, 255, 255, 128, 0, 0, 0, 255]);
    // White dielectric with glossiness 64/255, then a red metal: black diffuse, red specular.
    let both = json!({ "diffuseTexture": { "index": 0 }, "specularGlossinessTexture": { "index": 1 } });
    let (m, images) = specular_glossiness(both.clone());
    assert_eq!((m.metallic, m.roughness, m.base_color), (1.0, 1.0, [1.0; 4]));
    let picture = |t: &crate::content::TextureRef| &images[t.image];
    let color = picture(&m.base_color_texture.unwrap());
    assert_eq!((color.space, color.rgba8().unwrap()), (ColorSpace::Srgb, &[255, 255, 255, 128, 255, 0, 0, 255][..]));
    let data = picture(&m.metallic_roughness_texture.unwrap());
    assert_eq!((data.space, data.rgba8().unwrap()), (ColorSpace::Linear, &[255, 191, 0, 255, 255, 0, 255, 255][..]));
    assert_eq!(data.levels, 2);
    // Where the textures lie otherwise, the diffuse one stays as it is.
    let mut apart = both;
    apart["diffuseTexture"]["texCoord"] = json!(1);
    let (m, images) = specular_glossiness(apart);
    assert_eq!(images[m.base_color_texture.unwrap().image].rgba8().unwrap(), [255, 255, 255, 128, 0, 0, 0, 255]);
    assert!(m.metallic_roughness_texture.is_some());
}

#[test]
fn a_broken_specular_glossiness_texture_leaves_the_factors() {
    let m = read(json!({ "extensions": { "KHR_materials_pbrSpecularGlossiness": {
        "diffuseFactor": [0.5, 0.5, 0.5, 0.5], "specularFactor": [0, 0, 0], "glossinessFactor": 0.5,
        "specularGlossinessTexture": { "index": 1 } } } }));
    assert_eq!((m.metallic, m.roughness, m.base_color[3]), (0.0, 0.5, 0.5));
    assert_eq!(m.textures().count(), 0);
    let m = read(json!({ "extensions": { "KHR_materials_pbrSpecularGlossiness": { "diffuseFactor": "red" } } }));
    assert_eq!(m.base_color, [1.0; 4]);
}

#[test]
fn old_and_unknown_files_are_refused_by_name() {
    let refusal = |result: Result<_, DecodeError>| result.map(|_: crate::DecodedTile| ()).unwrap_err().to_string();
    let glb1 = [&b"glTF\x01\0\0\0"[..], &[0; 64]].concat();
    let message = refusal(decode_glb(&glb1, &Default::default(), &mut |_| Err(String::new())));
    assert!(message.contains("glTF 1.0") && message.contains("3d-tiles-tools upgrade"), "{message}");
    // glTF 1.0 has objects where 2.0 has arrays.
    let message = refusal(decode(&json!({ "asset": { "version": "1.1" }, "buffers": {}, "meshes": {} })));
    assert!(message.contains("glTF 1.1"), "{message}");
    assert!(refusal(decode(&triangle(json!({ "asset": { "version": "3.0" } })))).contains("glTF 3.0"));
    assert!(decode(&triangle(json!({ "asset": { "version": "2.1", "minVersion": "2.0" } }))).is_ok());
    assert!(decode(&triangle(json!({ "extensionsUsed": ["VENDOR_thing"] }))).is_ok());
    let required = decode(&triangle(json!({ "extensionsRequired": ["KHR_materials_unlit", "VENDOR_thing"] })));
    assert!(matches!(required, Err(DecodeError::UnsupportedExtension(name)) if name == "VENDOR_thing"));
}

proptest! {
    #[test]
    fn any_numbers_in_a_material_are_survived(
        index in 0u64..4, set in any::<u64>(), number in any::<f32>(), other in -2.0f32..2.0, broken in any::<bool>(),
    ) {
        let texture = json!({ "index": index, "texCoord": set % 4, "scale": number, "strength": other,
            "extensions": { "KHR_texture_transform": { "offset": [number, other], "rotation": number,
                "scale": [other, number], "texCoord": set } } });
        let images = if broken { json!([{ "bufferView": set }]) } else {
            json!([{ "uri": data_uri(&png(1, 1, &[1; 4])) }])
        };
        let more = json!({
            "materials": [{
                "pbrMetallicRoughness": { "baseColorTexture": texture, "metallicFactor": number },
                "normalTexture": texture, "occlusionTexture": texture, "emissiveFactor": [number, other, 0],
                "extensions": { "KHR_materials_pbrSpecularGlossiness": {
                    "diffuseTexture": texture, "specularGlossinessTexture": { "index": 0 },
                    "specularFactor": [number, other, other], "glossinessFactor": number } },
            }],
            "textures": [{ "source": 0, "sampler": index }, { "source": index }], "images": images,
            "samplers": [{ "wrapS": 1, "minFilter": index }],
        });
        if let Ok(tile) = decode(&triangle(more)) {
            for m in &tile.materials {
                prop_assert!(m.textures().all(|t| t.image < tile.images.len()));
            }
        }
    }
}

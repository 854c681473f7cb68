use super::*;
use crate::{
    DecodedTile,
    gltf::{
        fixture::{UVS, UVS1, data_uri, decode, decode_with, triangle},
        image::tests::png,
    },
};
use serde_json::json;

fn close(a: &[[f32; 2]], b: &[[f32; 2]]) -> bool {
    a.len() == b.len() && a.iter().flatten().zip(b.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-6)
}

fn dot() -> String {
    data_uri(&png(1, 1, &[10, 20, 30, 255]))
}

/// A triangle whose material has one texture in several places.
fn textured(material: serde_json::Value) -> DecodedTile {
    let more = json!({ "materials": [material], "textures": [{ "source": 0 }], "images": [{ "uri": dot() }] });
    decode(&triangle(more)).unwrap()
}

fn transform(extension: serde_json::Value) -> TextureTransform {
    let info = json!({ "index": 0, "extensions": { "KHR_texture_transform": extension } });
    place(&serde_json::from_value(info).unwrap()).transform
}

#[test]
fn the_example_of_the_extension_shows_the_lower_left_quarter() {
    // KHR_texture_transform: "only the lower left quadrant of the source image, rotated clockwise 90 degrees". v points
    // down, so that quarter has u from 0 to 0.5 and v from 0.5 to 1.
    let t = transform(json!({ "offset": [0, 1], "rotation": std::f64::consts::FRAC_PI_2, "scale": [0.5, 0.5] }));
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|uv| t.apply(uv));
    let corners = corners.map(|uv| uv.map(|v| v as f32));
    assert!(close(&corners, &[[0.0, 1.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0]]), "{corners:?}");
}

#[test]
fn scale_comes_before_rotation_and_offset_last() {
    let angle = 0.3f32;
    let t = transform(json!({ "offset": [0.25, -0.5], "rotation": angle, "scale": [2.0, -3.0] }));
    let (u, v) = (0.7f32 * 2.0, 0.2f32 * -3.0);
    let expected = [u * angle.cos() + v * angle.sin() + 0.25, v * angle.cos() - u * angle.sin() - 0.5];
    assert!(close(&[t.apply([0.7, 0.2]).map(|v| v as f32)], &[expected]));
    assert!(transform(json!({})).is_identity());
    assert!(transform(json!({ "offset": "x", "scale": [1], "rotation": null })).is_identity());
}

#[test]
fn the_transform_overrides_the_set() {
    let info = |extension| {
        let json = json!({ "index": 0, "texCoord": 1, "extensions": { "KHR_texture_transform": extension } });
        place(&serde_json::from_value(json).unwrap()).set
    };
    assert_eq!(info(json!({})), 1);
    assert_eq!(info(json!({ "texCoord": 0 })), 0);
}

#[test]
fn coordinates_come_with_the_transform_of_their_texture() {
    let flip = json!({ "KHR_texture_transform": { "offset": [0, 1], "scale": [1, -1] } });
    let texture = json!({ "index": 0, "extensions": flip });
    let tile = textured(json!({
        "pbrMetallicRoughness": { "baseColorTexture": texture, "metallicRoughnessTexture": texture },
    }));
    assert!(close(&tile.primitives[0].uvs, &UVS.map(|[u, v]| [u, 1.0 - v])));
    assert!(tile.primitives[0].uvs1.is_empty());
    let material = &tile.materials[0];
    assert!(material.textures().all(|t| t.uvs == UvSlot::First && t.transform.is_none()));
    assert_eq!(material.textures().count(), 2);
    // Colour and data are two pictures of one image.
    assert_eq!(tile.images.len(), 2);
    assert_eq!(tile.images.iter().map(|i| i.space).collect::<Vec<_>>(), [ColorSpace::Srgb, ColorSpace::Linear]);
}

#[test]
fn two_places_fill_two_sets() {
    let tile = textured(json!({
        "pbrMetallicRoughness": { "baseColorTexture": { "index": 0, "texCoord": 1 } },
        "occlusionTexture": {
            "index": 0, "strength": 0.5, "extensions": { "KHR_texture_transform": { "scale": [4, 4] } },
        },
        "normalTexture": { "index": 0, "texCoord": 1, "scale": 0.75 },
    }));
    let p = &tile.primitives[0];
    assert!(close(&p.uvs, &UVS1) && close(&p.uvs1, &UVS.map(|uv| uv.map(|v| v * 4.0))));
    let m = &tile.materials[0];
    assert_eq!((m.occlusion_strength, m.normal_scale), (0.5, 0.75));
    let occlusion = m.occlusion_texture.unwrap();
    assert_eq!((occlusion.uvs, occlusion.transform), (UvSlot::Second, None));
    assert_eq!(occlusion.coordinates(p), p.uvs1);
    assert_eq!(m.base_color_texture.unwrap().coordinates(p), p.uvs);
    assert_eq!(m.normal_texture.unwrap().uvs, UvSlot::First);
}

#[test]
fn more_places_leave_the_transforms_to_the_renderer() {
    let scaled = |s: f64, set: u32| json!({ "index": 0, "texCoord": set, "extensions": { "KHR_texture_transform": { "scale": [s, s] } } });
    let tile = textured(json!({
        "pbrMetallicRoughness": { "baseColorTexture": scaled(2.0, 1) },
        "normalTexture": scaled(3.0, 1),
        "occlusionTexture": scaled(5.0, 0),
        "emissiveTexture": scaled(1.0, 0),
        "emissiveFactor": [1, 1, 1],
    }));
    let p = &tile.primitives[0];
    assert!(close(&p.uvs, &UVS1) && close(&p.uvs1, &UVS));
    let found: Vec<_> = tile.materials[0].textures().map(|t| (t.uvs, t.transform.map(|t| t.scale[0]))).collect();
    let expected =
        [(UvSlot::First, Some(2.0)), (UvSlot::First, Some(3.0)), (UvSlot::Second, Some(5.0)), (UvSlot::Second, None)];
    assert_eq!(found, expected);
}

#[test]
fn without_textures_the_first_set_stays() {
    let tile = textured(json!({}));
    assert!(close(&tile.primitives[0].uvs, &UVS) && tile.primitives[0].uvs1.is_empty());
    assert!(tile.images.is_empty());
}

#[test]
fn a_third_set_is_named_and_left_out() {
    let tile = textured(json!({
        "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } },
        "occlusionTexture": { "index": 0, "texCoord": 2 },
    }));
    assert_eq!(tile.materials[0].occlusion_texture, None);
    assert!(tile.materials[0].base_color_texture.is_some());
    assert_eq!(tile.diagnostics[0].code, "texture-coordinates-unsupported");
}

#[test]
fn samplers_are_read_and_what_is_open_is_smooth() {
    let read = |sampler: serde_json::Value| {
        let more = json!({
            "materials": [{ "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } } }],
            "textures": [{ "source": 0, "sampler": 0 }], "images": [{ "uri": dot() }], "samplers": [sampler],
        });
        decode(&triangle(more)).unwrap().materials[0].base_color_texture.unwrap().sampler
    };
    assert_eq!(read(json!({})), Sampler::default());
    let sampler = read(json!({ "magFilter": 9728, "minFilter": 9986, "wrapS": 33071, "wrapT": 33648 }));
    let expected = Sampler {
        wrap_s: Wrap::Clamp,
        wrap_t: Wrap::Mirror,
        mag: Filter::Nearest,
        min: Filter::Nearest,
        mip: Some(Filter::Linear),
    };
    assert_eq!(sampler, expected);
    assert_eq!(read(json!({ "minFilter": 9729 })).mip, None);
}

#[test]
fn a_picture_that_several_textures_show_is_decoded_once() {
    let uri = dot();
    let more = json!({
        "materials": [
            { "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } }, "emissiveTexture": { "index": 1 } },
            { "pbrMetallicRoughness": { "baseColorTexture": { "index": 2 } } },
        ],
        "textures": [{ "source": 0 }, { "source": 1 }, { "source": 2 }],
        "images": [{ "uri": uri }, { "uri": uri }, { "uri": "never.png" }],
    });
    // The second material is nobody's, so that its picture is not even asked for.
    let tile = decode(&triangle(more)).unwrap();
    assert_eq!(tile.diagnostics, []);
    assert_eq!(tile.images.len(), 1);
    assert_eq!(tile.images[0].data, [10, 20, 30, 255]);
    assert_eq!(tile.materials.len(), 3);
    assert_eq!(tile.materials[1].base_color_texture, None);
}

#[test]
fn the_best_readable_image_of_a_texture_is_taken() {
    let mut webp = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut webp);
    encoder.encode(&[1, 2, 3, 255], 1, 1, image_webp::ColorType::Rgba8).unwrap();
    let first = |images: serde_json::Value| {
        let more = json!({
            "extensionsRequired": ["EXT_texture_webp", "KHR_texture_basisu", "KHR_texture_transform"],
            "materials": [{ "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } } }],
            "textures": [{ "source": 0, "extensions": {
                "EXT_texture_webp": { "source": 1 }, "KHR_texture_basisu": { "source": 2 } } }],
            "images": images,
        });
        let tile = decode(&triangle(more)).unwrap();
        let image = tile.materials[0].base_color_texture.map(|t| tile.images[t.image].data.clone());
        (image, tile.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>())
    };
    let webp = data_uri(&webp);
    let (image, found) = first(json!([{ "uri": dot() }, { "uri": webp, "mimeType": "image/png" }]));
    assert_eq!((image, found), (Some(vec![1, 2, 3, 255]), vec!["image-missing"]));
    let (image, found) = first(json!([{ "uri": dot() }, { "uri": "data:,broken" }, {}]));
    assert_eq!((image, found), (Some(vec![10, 20, 30, 255]), vec!["image-broken"; 2]));
    let (image, found) = first(json!([{ "bufferView": 99 }]));
    assert_eq!((image, found.len()), (None, 3));
}

#[test]
fn pictures_have_a_limit_together() {
    use crate::content::DecodeOptions;
    let picture = |v: u8| data_uri(&png(64, 64, &[v; 64 * 64 * 4]));
    let more = json!({
        "materials": [{
            "pbrMetallicRoughness": { "baseColorTexture": { "index": 0 } }, "emissiveTexture": { "index": 1 },
        }],
        "textures": [{ "source": 0 }, { "source": 1 }],
        "images": [{ "uri": picture(1) }, { "uri": picture(2) }],
    });
    let gltf = triangle(more);
    let options = DecodeOptions { max_decoded_bytes: 30_000, ..Default::default() };
    let tile = decode_with(&gltf, &options).unwrap();
    assert_eq!((tile.images.len(), tile.diagnostics[0].code), (1, "image-broken"));
    assert!(tile.byte_size() <= 30_000);
    let flat = DecodeOptions { mips: false, max_decoded_bytes: 40_000, ..Default::default() };
    assert_eq!(decode_with(&gltf, &flat).unwrap().images.iter().map(|i| i.levels).collect::<Vec<_>>(), [1, 1]);
}

//! A tileset of six boards, each with a material that shows something of its own.

use cim_geo::{Geodetic, SiteFrame};
use image::{Rgba, RgbaImage};
use serde_json::{Value, json};
use std::{f32::consts::TAU, path::Path};

/// Metres on a side of a board.
const SIDE: f32 = 8.0;

/// Writes `tileset.json`, `boards.gltf` and its files.
///
/// From the left, above: a picture four times over by `KHR_texture_transform`; the same mirrored outside its middle; one
/// whose nearest pixel is taken. Below: bumps by a normal texture; a glow on the second coordinates; KTX 2 in blocks.
pub(crate) fn write(folder: &Path) {
    let quarters = RgbaImage::from_fn(32, 32, |x, y| {
        Rgba(match (x < 16, y < 16) {
            (true, true) => [220, 40, 40, 255],
            (false, true) => [40, 160, 60, 255],
            (true, false) => [40, 70, 210, 255],
            (false, false) => [240, 220, 80, 255],
        })
    });
    quarters.save(folder.join("quarters.png")).unwrap();
    image::imageops::resize(&quarters, 4, 4, image::imageops::FilterType::Triangle)
        .save(folder.join("few.png"))
        .unwrap();
    let bumps = RgbaImage::from_fn(64, 64, |x, y| {
        let slope = |t: u32| 0.7 * (t as f32 / 16.0 * TAU).sin();
        let [x, y] = [slope(x), slope(y)];
        let z = (1.0 - x * x - y * y).max(0.05).sqrt();
        let byte = |v: f32| ((v * 0.5 + 0.5) * 255.0) as u8;
        Rgba([byte(x), byte(y), byte(z), 255])
    });
    bumps.save(folder.join("bumps.png")).unwrap();
    std::fs::write(folder.join("blocks.ktx2"), blocks()).unwrap();

    let transform = |offset: [f32; 2], scale: f32| json!({ "KHR_texture_transform": { "offset": offset, "scale": [scale, scale] } });
    let base = |texture: Value| json!({ "pbrMetallicRoughness": { "baseColorTexture": texture, "metallicFactor": 0 } });
    let materials = json!([
        base(json!({ "index": 0, "extensions": transform([0.0, 0.0], 4.0) })),
        base(json!({ "index": 1, "extensions": transform([-1.0, -1.0], 3.0) })),
        base(json!({ "index": 2 })),
        { "pbrMetallicRoughness": { "baseColorFactor": [0.6, 0.6, 0.6, 1], "metallicFactor": 0, "roughnessFactor": 0.5 },
          "normalTexture": { "index": 3 } },
        { "pbrMetallicRoughness": { "baseColorFactor": [0.02, 0.02, 0.02, 1], "metallicFactor": 0,
                                    "baseColorTexture": { "index": 0 } },
          "emissiveTexture": { "index": 0, "texCoord": 1 }, "emissiveFactor": [1, 1, 1],
          "extensions": { "KHR_materials_emissive_strength": { "emissiveStrength": 1.5 } } },
        base(json!({ "index": 4 })),
    ]);
    let mut bytes = Vec::new();
    let mut push = |floats: &[f32]| {
        let from = bytes.len();
        bytes.extend(floats.iter().flat_map(|f| f.to_le_bytes()));
        json!({ "buffer": 0, "byteOffset": from, "byteLength": bytes.len() - from })
    };
    let views = [
        push(&[0.0, 0.0, 0.0, SIDE, 0.0, 0.0, SIDE, SIDE, 0.0, 0.0, 0.0, 0.0, SIDE, SIDE, 0.0, 0.0, SIDE, 0.0]),
        push(&[0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
        // The lower half of a picture twice across.
        push(&[0.0, 1.0, 2.0, 1.0, 2.0, 0.5, 0.0, 1.0, 2.0, 0.5, 0.0, 0.5]),
    ];
    let accessor = |view: usize, kind: &str| json!({ "bufferView": view, "componentType": 5126, "count": 6, "type": kind, "min": [0, 0, 0], "max": [8, 8, 0] });
    let mesh = |material: usize| {
        let attributes = json!({ "POSITION": 0, "TEXCOORD_0": 1, "TEXCOORD_1": 2 });
        json!({ "primitives": [{ "attributes": attributes, "material": material }] })
    };
    let node = |i: usize| {
        let (x, y) = ((i % 3) as f32 * 9.0 - 13.0, if i < 3 { 9.0 } else { 0.0 });
        json!({ "mesh": i, "translation": [x, y, 0.0] })
    };
    let image = |uri: &str| json!({ "uri": uri });
    let gltf = json!({
        "asset": { "version": "2.0" },
        "extensionsUsed": ["KHR_texture_transform", "KHR_materials_emissive_strength", "KHR_texture_basisu"],
        "extensionsRequired": ["KHR_texture_transform", "KHR_texture_basisu"],
        "buffers": [{ "uri": "boards.bin", "byteLength": bytes.len() }],
        "bufferViews": views,
        "accessors": [accessor(0, "VEC3"), accessor(1, "VEC2"), accessor(2, "VEC2")],
        "images": [image("quarters.png"), image("few.png"), image("bumps.png"), image("blocks.ktx2")],
        "samplers": [{ "wrapS": 33648, "wrapT": 33071 }, { "magFilter": 9728, "minFilter": 9728 }],
        "textures": [
            { "source": 0 },
            { "source": 0, "sampler": 0 },
            { "source": 1, "sampler": 1 },
            { "source": 2 },
            { "extensions": { "KHR_texture_basisu": { "source": 3 } } },
        ],
        "materials": materials,
        "meshes": (0..6).map(mesh).collect::<Vec<_>>(),
        "nodes": (0..6).map(node).collect::<Vec<_>>(),
        "scenes": [{ "nodes": [0, 1, 2, 3, 4, 5] }],
    });
    std::fs::write(folder.join("boards.bin"), &bytes).unwrap();
    std::fs::write(folder.join("boards.gltf"), gltf.to_string()).unwrap();
    // 116.587° E, 35.415° N: glTF's x to the east and its y up.
    let tileset = json!({
        "asset": { "version": "1.1" },
        "geometricError": 100.0,
        "root": {
            "boundingVolume": { "region": [2.034_826_5, 0.618_105, 2.034_831_5, 0.618_11, 0.0, 20.0] },
            "geometricError": 0.0,
            "refine": "ADD",
            "transform": east_north_up(116.587, 35.415),
            "content": { "uri": "boards.gltf" },
        },
    });
    std::fs::write(folder.join("tileset.json"), tileset.to_string()).unwrap();
}

fn east_north_up(lon_deg: f64, lat_deg: f64) -> [f64; 16] {
    SiteFrame::new(Geodetic::new(lon_deg, lat_deg, 0.0)).ecef_from_enu().to_cols_array()
}

/// KTX 2 of UASTC: 16 by 16 blocks, a chess board of two colours.
fn blocks() -> Vec<u8> {
    // Mode 8 of UASTC, a block of one colour.
    let block = |[r, g, b]: [u8; 3]| (0b10111 | u128::from(u32::from_le_bytes([r, g, b, 255])) << 5).to_le_bytes();
    let level: Vec<u8> = (0..256)
        .flat_map(|i| block(if (i % 16 / 2 + i / 32) % 2 == 0 { [235, 235, 225] } else { [150, 40, 60] }))
        .collect();
    let mut out = b"\xABKTX 20\xBB\r\n\x1A\n".to_vec();
    let (data, length) = (80 + 24 + 44, level.len() as u64);
    let header: [u32; 17] = [0, 1, 64, 64, 0, 0, 1, 1, 0, data - 44, 44, 0, 0, 0, 0, 0, 0];
    out.extend(header.iter().flat_map(|w| w.to_le_bytes()));
    out.extend([u64::from(data), length, length].iter().flat_map(|w| w.to_le_bytes()));
    // UASTC (colour model 166) in sRGB.
    let descriptor: [u32; 11] = [44, 0, 2 | 40 << 16, 166 | 0x20100, 0x0303, 16, 0, 127 << 16 | 3 << 24, 0, 0, 0];
    out.extend(descriptor.iter().flat_map(|w| w.to_le_bytes()));
    out.extend(level);
    out
}

//! Streams within contents.

use super::{content::decode, glb::Gltf};
use serde_json::json;

/// Any bytes as a Draco stream: in a pnts when they say that they are points, else in a glTF.
pub fn draco(bytes: &[u8]) {
    const NAME: &str = "3DTILES_draco_point_compression";
    // After the magic and the version comes the kind of geometry.
    if bytes.get(7) != Some(&0) {
        decode(&draco_mesh(bytes));
        return;
    }
    let feature = json!({
        "POINTS_LENGTH": 50, "POSITION": { "byteOffset": 0 }, "RGB": { "byteOffset": 0 },
        "extensions": { NAME: {
            "properties": { "POSITION": 0, "RGB": 1 }, "byteOffset": 0, "byteLength": bytes.len(),
        } },
    });
    let batch = json!({
        "Intensity": { "byteOffset": 0, "type": "SCALAR", "componentType": "UNSIGNED_SHORT" },
        "Velocity": { "byteOffset": 0, "type": "VEC3", "componentType": "FLOAT" },
        "extensions": { NAME: { "properties": { "Intensity": 3, "Velocity": 4 } } },
    });
    let (feature, batch) = (feature.to_string(), batch.to_string());
    let mut file = b"pnts".to_vec();
    let lengths = [feature.len(), bytes.len(), batch.len(), 0].map(|length| length as u32);
    let all = [1, 28 + lengths.iter().sum::<u32>()].into_iter().chain(lengths);
    all.for_each(|word| file.extend(word.to_le_bytes()));
    file.extend_from_slice(feature.as_bytes());
    file.extend_from_slice(bytes);
    file.extend_from_slice(batch.as_bytes());
    decode(&file);
}

fn draco_mesh(stream: &[u8]) -> Vec<u8> {
    let mut gltf = Gltf::new();
    let view = gltf.view(stream);
    let mut accessor = |component: u32, count: usize, kind: &str| {
        gltf.push("accessors", json!({ "componentType": component, "count": count, "type": kind }))
    };
    let [position, normal] = [accessor(5126, 25, "VEC3"), accessor(5126, 25, "VEC3")];
    let [uv, id, indices] = [accessor(5126, 25, "VEC2"), accessor(5123, 25, "SCALAR"), accessor(5123, 96, "SCALAR")];
    *gltf.primitive() = json!({
        "attributes": { "POSITION": position, "NORMAL": normal, "TEXCOORD_0": uv, "_BATCHID": id },
        "indices": indices,
        "extensions": { "KHR_draco_mesh_compression": {
            "bufferView": view,
            "attributes": { "POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2, "_BATCHID": 3 },
        } },
    });
    gltf.json["extensionsRequired"] = json!(["KHR_draco_mesh_compression"]);
    gltf.file()
}

/// A byte of mode and filter, one of the stride and two of the count, and a meshopt stream.
pub fn meshopt(bytes: &[u8]) {
    let Some(([how, stride, low, high], stream)) = bytes.split_first_chunk::<4>() else { return };
    let (count, stride) = (usize::from(*low) | usize::from(*high) << 8, usize::from(*stride));
    let mode = ["ATTRIBUTES", "TRIANGLES", "INDICES"][usize::from(how & 3) % 3];
    let filter = ["NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL", "COLOR"][usize::from(how >> 2) % 5];
    let mut gltf = Gltf::square();
    let at = gltf.view(stream);
    let source = gltf.json["bufferViews"][at].clone();
    gltf.push("buffers", json!({ "byteLength": count * stride }));
    let mut compressed = json!({ "buffer": 0, "byteStride": stride, "count": count, "mode": mode, "filter": filter });
    compressed["byteOffset"] = source["byteOffset"].clone();
    compressed["byteLength"] = source["byteLength"].clone();
    let mut view = json!({ "buffer": 1, "byteLength": count * stride });
    view["extensions"]["EXT_meshopt_compression"] = compressed;
    if mode == "ATTRIBUTES" {
        view["byteStride"] = json!(stride);
    }
    let view = gltf.push("bufferViews", view);
    let mut accessor = |component: u32, kind: &str| {
        let accessor = json!({ "bufferView": view, "componentType": component, "count": count, "type": kind });
        gltf.push("accessors", accessor)
    };
    if mode == "ATTRIBUTES" {
        let position = if stride >= 12 { accessor(5126, "VEC3") } else { accessor(5120, "VEC3") };
        *gltf.primitive() = json!({ "attributes": { "POSITION": position }, "mode": 0 });
    } else {
        let indices = accessor(if stride == 2 { 5123 } else { 5125 }, "SCALAR");
        gltf.primitive()["indices"] = json!(indices);
    }
    decode(&gltf.file());
}

/// Any bytes as a picture to be shown, and as one of data.
pub fn picture(bytes: &[u8]) {
    let mut gltf = Gltf::square();
    let view = gltf.view(bytes);
    gltf.push("images", json!({ "bufferView": view, "mimeType": "image/png" }));
    gltf.push("textures", json!({ "source": 0, "extensions": { "KHR_texture_basisu": { "source": 0 } } }));
    let texture = json!({ "index": 0 });
    gltf.push(
        "materials",
        json!({ "pbrMetallicRoughness": { "baseColorTexture": texture }, "normalTexture": texture }),
    );
    gltf.primitive()["material"] = json!(0);
    let ids = json!([{ "featureCount": 4, "texture": { "index": 0, "texCoord": 0, "channels": [0, 1] } }]);
    gltf.primitive()["extensions"]["EXT_mesh_features"] = json!({ "featureIds": ids });
    decode(&gltf.file());
}

//! Metadata of a glTF.

use super::{
    content::decode,
    glb::{Gltf, floats, split},
};
use serde_json::{Value, json};

/// A picture of 2 by 2 pixels, PNG in base64.
const PICTURE: &str = "\
iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAGklEQVR42mNgYGT6z3iCmYGBieF/AzM7538AIXwEYmQUsY4AAAAASUVORK5CYI\
I=";

/// The JSON of `EXT_structural_metadata` (or of its predecessor, if it has feature tables), a zero byte, the number of
/// buffer views, their lengths in a byte each, and their bytes. A square shows the features of the first table and all
/// else that there is.
pub fn metadata(bytes: &[u8]) {
    let (json, rest) = split(bytes);
    let Ok(json @ Value::Object(_)) = serde_json::from_slice::<Value>(json) else { return };
    let mut gltf = Gltf::new();
    let (lengths, mut rest) = match rest.split_first() {
        Some((count, rest)) => rest.split_at(usize::from(*count).min(rest.len())),
        None => (rest, rest),
    };
    // The first views are the table's, so that its JSON can say which they are.
    for length in lengths {
        let (view, left) = rest.split_at(usize::from(*length).min(rest.len()));
        gltf.view(view);
        rest = left;
    }
    let corners = [0.0f32, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let positions: Vec<f32> = corners.chunks(2).flat_map(|c| [c[0], c[1], 0.0]).collect();
    gltf.attribute("POSITION", 5126, 4, "VEC3", &floats(&positions));
    gltf.attribute("TEXCOORD_0", 5126, 4, "VEC2", &floats(&corners));
    gltf.attribute("_FEATURE_ID_0", 5121, 4, "SCALAR", &[0, 1, 2, 3]);
    gltf.attribute("_A", 5126, 4, "SCALAR", &floats(&[1.5, -2.0, f32::NAN, 0.0]));
    gltf.attribute("_B", 5121, 4, "VEC3", &[7; 12]);
    let indices = gltf.accessor(5121, 6, "SCALAR", &[0, 1, 2, 1, 3, 2]);
    gltf.push("images", json!({ "uri": format!("data:image/png;base64,{PICTURE}") }));
    gltf.push("textures", json!({ "source": 0 }));
    gltf.primitive()["indices"] = json!(indices);
    let extensions = &mut gltf.primitive()["extensions"];
    if let Some(tables) = json.get("featureTables") {
        let name = tables.as_object().and_then(|t| t.keys().next()).cloned().unwrap_or_default();
        let textures = json.get("featureTextures").and_then(Value::as_object);
        extensions["EXT_feature_metadata"] = json!({
            "featureIdAttributes": [{ "featureTable": name, "featureIds": { "attribute": "_FEATURE_ID_0" } }],
            "featureIdTextures": [{ "featureTable": name, "featureIds": {
                "texture": { "index": 0, "texCoord": 0 }, "channels": "r" } }],
            "featureTextures": textures.into_iter().flatten().map(|(name, _)| name).collect::<Vec<_>>(),
        });
        gltf.json["extensions"]["EXT_feature_metadata"] = json;
    } else {
        extensions["EXT_mesh_features"] = json!({ "featureIds": [
            { "featureCount": 4, "attribute": 0, "propertyTable": 0 },
            { "featureCount": 4, "texture": { "index": 0, "texCoord": 0, "channels": [0] }, "propertyTable": 1 },
        ] });
        extensions["EXT_structural_metadata"] = json!({ "propertyTextures": [0, 1], "propertyAttributes": [0, 1] });
        gltf.json["nodes"][0]["extensions"]["EXT_structural_metadata"] = json!({ "propertyTable": 0, "index": 1 });
        gltf.json["extensions"]["EXT_structural_metadata"] = json;
    }
    decode(&gltf.file());
}

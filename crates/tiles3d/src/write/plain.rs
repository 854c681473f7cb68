//! Primitives as they come: floats.

use super::{
    WritePrimitive,
    layout::{Filter, Format, Layout},
    mesh::{COLOR, UV, features, indices},
    primitive::y_up,
};
use serde_json::{Value, json};

const VECTOR: Format = Format::vertex(5126, "VEC3", 12);

/// Puts a primitive, which was checked, into a glb: its `attributes`, and the accessor of its indices.
pub(super) fn store(p: &WritePrimitive, layout: &mut Layout) -> (Value, usize) {
    let n = p.positions.len();
    let positions: Vec<[f32; 3]> = p.positions.iter().copied().map(y_up).collect();
    let normals: Vec<[f32; 3]> = p.normals.iter().copied().map(y_up).collect();
    let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    for v in &positions {
        for k in 0..3 {
            low[k] = low[k].min(v[k]);
            high[k] = high[k].max(v[k]);
        }
    }
    let accessor = layout.elements("POSITION", VECTOR, Filter::None, n, bytemuck::cast_slice(&positions));
    layout.bound(accessor, json!(low), json!(high));
    let mut attributes = json!({ "POSITION": accessor });
    attributes["NORMAL"] = json!(layout.elements("NORMAL", VECTOR, Filter::None, n, bytemuck::cast_slice(&normals)));
    if !p.colors.is_empty() {
        attributes["COLOR_0"] = json!(layout.elements("COLOR_0", COLOR, Filter::None, n, p.colors.as_flattened()));
    }
    if !p.uvs.is_empty() {
        attributes["TEXCOORD_0"] =
            json!(layout.elements("TEXCOORD_0", UV, Filter::None, n, bytemuck::cast_slice(&p.uvs)));
    }
    if !p.feature_ids.is_empty() {
        let (format, filter, bytes) = features(&p.feature_ids, false);
        attributes["_FEATURE_ID_0"] = json!(layout.elements("_FEATURE_ID_0", format, filter, n, &bytes));
    }
    (attributes, indices(&p.indices, n, layout))
}

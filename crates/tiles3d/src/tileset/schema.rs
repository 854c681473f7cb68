//! The JSON of `tileset.json` (OGC 22-025r4, clause 7; and 1.0), as far as it is read.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TilesetJson {
    pub(super) asset: AssetJson,
    #[serde(default)]
    pub(super) geometric_error: Option<f64>,
    pub(super) root: TileJson,
    #[serde(default)]
    pub(super) extensions_required: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssetJson {
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) gltf_up_axis: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TileJson {
    #[serde(default)]
    pub(super) bounding_volume: VolumeJson,
    #[serde(default)]
    pub(super) viewer_request_volume: Option<VolumeJson>,
    #[serde(default)]
    pub(super) geometric_error: Option<f64>,
    #[serde(default)]
    pub(super) refine: Option<String>,
    #[serde(default)]
    pub(super) transform: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) content: Option<ContentJson>,
    #[serde(default)]
    pub(super) contents: Vec<ContentJson>,
    #[serde(default)]
    pub(super) children: Vec<Value>,
    #[serde(default)]
    pub(super) implicit_tiling: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentJson {
    /// 1.0 early drafts wrote `url`; both are in the field.
    #[serde(alias = "url")]
    pub(super) uri: String,
    #[serde(default)]
    pub(super) bounding_volume: Option<VolumeJson>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct VolumeJson {
    #[serde(default, rename = "box")]
    pub(super) obb: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) region: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) sphere: Option<Vec<f64>>,
}

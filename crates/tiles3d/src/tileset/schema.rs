//! The JSON of `tileset.json` (OGC 22-025r4, clause 7; and 1.0 with its extensions), as far as it is read.

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
    #[serde(default)]
    pub(super) properties: Value,
    #[serde(flatten)]
    pub(super) metadata: MetadataJson,
    #[serde(default)]
    pub(super) extensions: Value,
}

/// What 1.1 has in the tileset and 1.0 in the extension `3DTILES_metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetadataJson {
    #[serde(default)]
    pub(super) schema: Value,
    #[serde(default)]
    pub(super) schema_uri: Value,
    #[serde(default)]
    pub(super) statistics: Value,
    /// An array; in the extension an object by the groups' ids.
    #[serde(default)]
    pub(super) groups: Value,
    #[serde(default)]
    pub(super) metadata: Value,
    /// What the extension calls `metadata`.
    #[serde(default)]
    pub(super) tileset: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssetJson {
    #[serde(default)]
    pub(super) version: String,
    #[serde(default)]
    pub(super) tileset_version: Option<String>,
    #[serde(default)]
    pub(super) gltf_up_axis: Option<String>,
    #[serde(default)]
    pub(super) extras: Option<Value>,
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
    #[serde(default)]
    pub(super) metadata: Option<Value>,
    #[serde(default)]
    pub(super) extensions: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentJson {
    /// 1.0 early drafts wrote `url`; both are in the field.
    #[serde(default, alias = "url")]
    pub(super) uri: String,
    #[serde(default)]
    pub(super) bounding_volume: Option<VolumeJson>,
    #[serde(default)]
    pub(super) metadata: Option<Value>,
    /// An index; in the extension an id.
    #[serde(default)]
    pub(super) group: Option<Value>,
    #[serde(default)]
    pub(super) extensions: Value,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct VolumeJson {
    #[serde(default, rename = "box")]
    pub(super) obb: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) region: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) sphere: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) extensions: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S2Json {
    pub(super) token: String,
    pub(super) minimum_height: f64,
    pub(super) maximum_height: f64,
}

impl TileJson {
    /// Everything it says that its contents are, in order.
    pub(super) fn take_contents(&mut self) -> Vec<ContentJson> {
        let several = self.extensions.get("3DTILES_multiple_contents");
        let several = several.and_then(|e| e.get("content").or_else(|| e.get("contents"))).and_then(Value::as_array);
        let several = several.into_iter().flatten().filter_map(|c| ContentJson::deserialize(c).ok());
        let several: Vec<_> = several.collect();
        self.content.take().into_iter().chain(std::mem::take(&mut self.contents)).chain(several).collect()
    }

    /// The implicit tiling below it, by 1.1 or by 1.0's extension.
    pub(super) fn implicit(&self) -> Option<&Value> {
        self.implicit_tiling.as_ref().or_else(|| self.extensions.get("3DTILES_implicit_tiling"))
    }
}

impl ContentJson {
    /// The group it says it is in, and its metadata.
    pub(super) fn metadata(&self) -> (Option<&Value>, Option<&Value>) {
        let extension = self.extensions.get("3DTILES_metadata");
        let group = self.group.as_ref().or_else(|| extension?.get("group"));
        // A group alone makes the extension no metadata.
        let own = self.metadata.as_ref().or_else(|| extension.filter(|e| e.get("class").is_some()));
        (group, own)
    }
}

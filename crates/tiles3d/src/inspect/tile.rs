//! The rules of a tile.

use super::{
    finding::{Findings, at, short},
    implicit, metadata, rules, schemas,
    tileset::{Source, check_declared},
    volume::{Volume, numbers, scale},
};
use glam::DMat4;
use serde_json::Value;

/// What a tile takes over from the one above it, and is compared with.
#[derive(Debug, Clone)]
pub(super) struct Above {
    pub(super) volume: Option<Volume>,
    /// Metres in the root frame; infinite above the root.
    pub(super) error: f64,
    pub(super) refine: Option<String>,
    pub(super) transform: DMat4,
}

impl Default for Above {
    fn default() -> Self {
        Self { volume: None, error: f64::INFINITY, refine: None, transform: DMat4::IDENTITY }
    }
}

/// One content as its tile describes it.
#[derive(Debug)]
pub(super) struct ContentLink {
    pub(super) uri: String,
    pub(super) place: String,
    /// Its own volume, or its tile's.
    pub(super) volume: Option<Volume>,
}

/// What is known of a tile once it is checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) here: Above,
    pub(super) contents: Vec<ContentLink>,
}

/// A volume may stick out by so much of its parent's radius: what rounding explains.
pub(super) fn slack(volume: &Volume) -> f64 {
    1e-3 * volume.sphere().1 + 0.01
}

/// Checks a tile whose children have been taken out of `json`; `children` says how many there were.
pub(super) fn check(
    json: &Value,
    place: &str,
    children: Option<usize>,
    source: &Source,
    above: &Above,
    is_root: bool,
    find: &mut Findings,
) -> Checked {
    schemas::TILE.check(json, place, find);
    check_declared(json, &source.extensions, place, find);
    if is_root && json.get("refine").is_none() {
        find.add(&rules::REFINE_MISSING, place, "the root of a tileset must say how it is refined");
    }
    if children == Some(0) && !source.version_1_0 {
        find.add(&rules::CHILDREN_EMPTY, &at(place, "children"), "is empty; a leaf has no children property");
    }
    let transform = above.transform * check_transform(json, place, find);
    let volume = check_volumes(json, &transform, source, above, place, find);
    let error = json.get("geometricError").and_then(Value::as_f64).map(|e| e * scale(&transform));
    if let Some(error) = error {
        if error > above.error * (1.0 + 1e-6) {
            let message = format!("{error} m is more than the {} m of the tile above", above.error);
            find.add(&rules::ERROR_INCREASES, &at(place, "geometricError"), message);
        }
        // A tile that points to another tileset is no leaf; its name is what can be known here.
        let points_on = json.get("content").and_then(|c| c.get("uri")).and_then(Value::as_str);
        let points_on = points_on.is_some_and(|uri| uri.split(['?', '#']).next().unwrap_or(uri).ends_with(".json"));
        if children.unwrap_or(0) == 0 && json.get("implicitTiling").is_none() && !points_on && error > 0.0 {
            let message = format!("a leaf has an error of {error} m: it asks for detail that there is not");
            find.add(&rules::ERROR_LEAF, &at(place, "geometricError"), message);
        }
    }
    metadata::check_entity(json.get("metadata"), source.schema.as_ref(), &at(place, "metadata"), find);
    if source.version_1_0 {
        for key in ["contents", "implicitTiling", "metadata"] {
            let extension = ["3DTILES_multiple_contents", "3DTILES_implicit_tiling", "3DTILES_metadata"];
            if json.get(key).is_some() && !extension.iter().any(|e| source.extensions.contains(*e)) {
                find.add(&rules::NEEDS_1_1, &at(place, key), "came with 3D Tiles 1.1, but asset.version is 1.0");
            }
        }
    }
    let contents = check_contents(json, &transform, source, volume.as_ref(), place, find);
    if let Some(implicit) = json.get("implicitTiling") {
        implicit::check_root(json, implicit, children, volume.as_ref(), place, find);
    }
    let refine = json.get("refine").and_then(Value::as_str).map(str::to_owned).or_else(|| above.refine.clone());
    Checked { here: Above { volume, error: error.unwrap_or(above.error), refine, transform }, contents }
}

fn check_transform(json: &Value, place: &str, find: &mut Findings) -> DMat4 {
    let Some(v) = numbers::<16>(json.get("transform")) else { return DMat4::IDENTITY };
    let m = DMat4::from_cols_array(&v);
    let place = at(place, "transform");
    if [v[3], v[7], v[11], v[15]] != [0.0, 0.0, 0.0, 1.0] {
        let message = format!("its bottom row is {}, {}, {}, {} instead of 0, 0, 0, 1", v[3], v[7], v[11], v[15]);
        find.add(&rules::TRANSFORM_AFFINE, &place, message);
    }
    let axes = glam::DMat3::from_mat4(m);
    let lengths = axes.x_axis.length() * axes.y_axis.length() * axes.z_axis.length();
    if axes.determinant().abs() <= 1e-12 * lengths {
        find.add(&rules::TRANSFORM_SINGULAR, &place, "flattens everything: it cannot be inverted");
    }
    if m.is_finite() { m } else { DMat4::IDENTITY }
}

fn check_volumes(
    json: &Value,
    transform: &DMat4,
    source: &Source,
    above: &Above,
    place: &str,
    find: &mut Findings,
) -> Option<Volume> {
    for key in ["boundingVolume", "viewerRequestVolume"] {
        if let Some(value) = json.get(key).filter(|v| v.is_object()) {
            let place = at(place, key);
            Volume::check(value, source.version_1_0, &place, find);
            check_declared(value, &source.extensions, &place, find);
        }
    }
    let volume = json.get("boundingVolume").and_then(|v| Volume::parse(v, transform))?;
    if let Some(parent) = &above.volume {
        let out = parent.sticks_out(&volume);
        if out > slack(parent) {
            let message = format!("sticks {out:.3} m out of the {} of the tile above", parent.kind());
            find.add(&rules::CHILD_OUTSIDE, &at(place, "boundingVolume"), message);
        }
    }
    Some(volume)
}

fn check_contents(
    json: &Value,
    transform: &DMat4,
    source: &Source,
    volume: Option<&Volume>,
    place: &str,
    find: &mut Findings,
) -> Vec<ContentLink> {
    let mut links = Vec::new();
    if json.get("content").is_some() && json.get("contents").is_some() {
        find.add(&rules::CONTENT_TWICE, place, "has content and contents; only one is allowed");
    }
    let single = json.get("content").map(|c| (at(place, "content"), c));
    let several = json.get("contents").and_then(Value::as_array).into_iter().flatten().enumerate();
    let several = several.map(|(i, c)| (at(&at(place, "contents"), i), c));
    for (place, content) in single.into_iter().chain(several).filter(|(_, c)| c.is_object()) {
        check_declared(content, &source.extensions, &place, find);
        let own = content.get("boundingVolume").filter(|v| v.is_object());
        let own = own.and_then(|value| {
            let place = at(&place, "boundingVolume");
            Volume::check(value, source.version_1_0, &place, find);
            check_declared(value, &source.extensions, &place, find);
            let own = Volume::parse(value, transform)?;
            let out = volume.map_or(0.0, |v| v.sticks_out(&own));
            if volume.is_some_and(|v| out > slack(v)) {
                find.add(&rules::CONTENT_VOLUME_OUTSIDE, &place, format!("sticks {out:.3} m out of its tile's"));
            }
            Some(own)
        });
        metadata::check_entity(content.get("metadata"), source.schema.as_ref(), &at(&place, "metadata"), find);
        if let Some(group) = content.get("group").and_then(Value::as_u64)
            && group >= source.groups as u64
        {
            let message = format!("there is no group {group}; the tileset has {}", source.groups);
            find.add(&rules::GROUP_UNKNOWN, &at(&place, "group"), message);
        }
        let uri = match (content.get("uri"), content.get("url")) {
            (Some(uri), _) => uri.as_str(),
            (None, Some(url)) => {
                find.add(&rules::CONTENT_URL, &at(&place, "url"), "is a draft's name for uri");
                url.as_str()
            }
            (None, None) => {
                find.add_with(&rules::JSON_MISSING, "OGC 22-025r4, content.schema.json", &place, "has no uri");
                None
            }
        };
        match uri {
            Some("") => find.add(&rules::CONTENT_URI_EMPTY, &at(&place, "uri"), "is empty"),
            Some(uri) if uri.trim().is_empty() => {
                find.add(&rules::CONTENT_URI_EMPTY, &at(&place, "uri"), format!("is {:?}", short(uri)));
            }
            Some(uri) => {
                let volume = own.or_else(|| volume.cloned());
                links.push(ContentLink { uri: uri.to_owned(), place, volume });
            }
            None => {}
        }
    }
    links
}

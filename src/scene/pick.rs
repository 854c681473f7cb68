//! What of the tiles a ray hits, and where a feature is.

use super::{
    stream::Stream,
    style::{CityStyle, lets_through},
    surface::{CityMaterial, SIEVED},
    upload::ShownPart,
};
use bevy::{ecs::system::SystemParam, math::DVec3, prelude::*};
use cim_model::{EntityKey, EntityKind};
use cim_scene::RayHit;
use tiles3d::{TileId, Value, content::Scope};
use url::Url;

/// The first thing that a ray hit.
#[derive(Debug, Clone, PartialEq)]
pub struct TileHit {
    /// Its key; `None` for a surface that belongs to nothing.
    pub key: Option<EntityKey>,
    /// Its name, possibly empty.
    pub name: String,
    /// Metres from the ray's origin.
    pub distance_m: f64,
    /// The point, site metres.
    pub point: DVec3,
    /// Name and value of every property of the feature, then of what else is known of the point (feature sets, property
    /// textures and attributes), then, as `tile.NAME` and so on, of the content, its group, the tile, its subtree and the
    /// tileset.
    pub attributes: Vec<(String, String)>,
}

/// The tiles that are shown, for asking.
#[derive(SystemParam)]
pub struct TileScene<'w> {
    stream: Res<'w, Stream>,
}

impl TileScene<'_> {
    /// The first thing that the ray from `origin` (site metres) in the unit direction `direction` hits.
    #[must_use]
    pub fn raycast(&self, origin: DVec3, direction: DVec3) -> Option<TileHit> {
        let mut best: Option<(RayHit, TileId, usize, &ShownPart)> = None;
        for tile in &self.stream.rendered {
            let Some(shown) = self.stream.shown.get(tile) else { continue };
            for (index, part) in shown.parts.iter().enumerate() {
                let local = (origin - part.prepared.anchor).as_vec3();
                let limit = best.as_ref().map_or(1.0e9, |b| b.0.distance);
                if let Some(hit) = part.cast(local, direction.as_vec3(), limit) {
                    best = Some((hit, *tile, index, part));
                }
            }
        }
        let (ray, tile, index, part) = best?;
        let features = &part.prepared.features;
        let feature = part.prepared.pick.feature(features, &ray);
        let row = feature.map(|f| features.row(f)).unwrap_or_default();
        let mut about = attributes(&row);
        surface_attributes(&part.prepared.pick.properties(features, &ray), feature, &mut about);
        let own = about.len();
        let place = format!("{}/{index}", tile.0);
        self.tile_attributes(tile, &part.content, &mut about);
        let key = feature.map(|f| key_of(&row, &format!("{place}/{f}")));
        // What is no feature but has a tale to tell can be selected too.
        let key = key.or_else(|| (own > 0 || self.tells(tile)).then(|| EntityKey::new(EntityKind::Other, place)));
        let distance_m = f64::from(ray.distance);
        let name = property(&row, "name").unwrap_or_default();
        Some(TileHit { key, name, distance_m, point: origin + direction * distance_m, attributes: about })
    }

    /// Whether a tile has metadata of its own.
    fn tells(&self, tile: TileId) -> bool {
        let tileset = self.stream.tileset.as_ref();
        tileset.is_some_and(|t| {
            t.tile_metadata(tile).is_some()
                || t.content_metadata(tile, 0).is_some()
                || t.content_group(tile, 0).is_some()
        })
    }

    /// What the tileset says of a tile, of one of its contents, and of itself.
    fn tile_attributes(&self, tile: TileId, content: &Url, out: &mut Vec<(String, String)>) {
        let Some(tileset) = &self.stream.tileset else { return };
        let at = tileset.tile(tile).and_then(|t| t.contents.iter().position(|u| u == content));
        let scopes = [
            ("content", at.and_then(|n| tileset.content_metadata(tile, n))),
            ("group", at.and_then(|n| Some(tileset.content_group(tile, n)?.1.metadata))),
            ("tile", tileset.tile_metadata(tile)),
            ("subtree", tileset.subtree_metadata(tile)),
            ("tileset", tileset.metadata_at(tile)),
        ];
        for (scope, entity) in scopes {
            for (name, value) in attributes(&entity.map(|e| e.properties).unwrap_or_default()) {
                out.push((format!("{scope}.{name}"), value));
            }
        }
    }

    /// A feature that is loaded, as a pointer would find it: its name, attributes and middle; the distance is 0.
    #[must_use]
    pub fn describe(&self, key: &EntityKey) -> Option<TileHit> {
        let (point, _) = self.find(key)?;
        let text = key.to_string();
        let parts = self.stream.shown.values().flat_map(|s| &s.parts);
        let (part, feature) = parts.into_iter().find_map(|p| Some((p, *p.prepared.keys.get(&text)?)))?;
        let row = part.prepared.features.row(feature);
        let name = property(&row, "name").unwrap_or_default();
        Some(TileHit { key: Some(key.clone()), name, distance_m: 0.0, point, attributes: attributes(&row) })
    }

    /// The middle and the half diagonal (metres) of a feature that is loaded, site metres.
    #[must_use]
    pub fn find(&self, key: &EntityKey) -> Option<(DVec3, f64)> {
        let text = key.to_string();
        self.stream.shown.values().flat_map(|s| &s.parts).find_map(|part| {
            let feature = *part.prepared.keys.get(&text)?;
            let (low, high) = part.prepared.pick.feature_bounds(feature)?;
            let middle = part.prepared.anchor + (0.5 * (low + high)).as_dvec3();
            Some((middle, f64::from(0.5 * (high - low).length())))
        })
    }
}

/// A property by its name, whatever its case; `None` when it is not given.
fn property(row: &[(String, Value)], name: &str) -> Option<String> {
    row.iter().find(|(n, v)| n.eq_ignore_ascii_case(name) && *v != Value::Null).map(|(_, v)| v.to_string())
}

/// The key of a feature. Tiles of others name their features in many ways, or not at all: then `place` in the tileset
/// does.
fn key_of(row: &[(String, Value)], place: &str) -> EntityKey {
    let text = |name: &str| property(row, name);
    text("key").and_then(|k| k.parse().ok()).unwrap_or_else(|| {
        let id = text("id").or_else(|| text("gml:id")).unwrap_or_else(|| place.to_owned());
        EntityKey::new(EntityKind::Other, id)
    })
}

/// Name and value of what is given.
fn attributes(row: &[(String, Value)]) -> Vec<(String, String)> {
    row.iter().filter(|(_, v)| *v != Value::Null).map(|(n, v)| (n.clone(), v.to_string())).collect()
}

/// What is known of a place beside the row of its feature. A name that is taken already gets that of its feature set or
/// class before it.
fn surface_attributes(scopes: &[Scope], feature: Option<u32>, out: &mut Vec<(String, String)>) {
    for scope in scopes.iter().filter(|s| s.feature.is_none() || s.feature != feature) {
        let class = scope.class.as_ref().map(|c| c.name.clone().unwrap_or_else(|| c.id.clone()));
        let of = scope.label.clone().or(class).unwrap_or_default();
        for (name, value) in attributes(&scope.properties) {
            let taken = out.iter().any(|(n, _)| *n == name);
            out.push((if taken && !of.is_empty() { format!("{of}: {name}") } else { name }, value));
        }
    }
}

/// Which features are tinted, and how: the selected one, and what other plugins mark.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct Highlights {
    /// Key, sRGB-linear colour and strength, 0 to 255 each.
    pub tints: Vec<(EntityKey, [u8; 4])>,
}

/// A texel that a highlight covers: its texture, its feature, and what the style says of it.
type Painted = (Handle<Image>, u32, [u8; 4]);

/// Seconds between two looks of a style that changes with time.
const ANIMATION_SECS: f64 = 0.1;

/// When which part got its look.
#[derive(Default)]
pub(super) struct PaintedAt {
    changes: u64,
    /// Steps of [`ANIMATION_SECS`] since the tileset came.
    step: i64,
}

/// Writes the style and the tints into the state textures of the tiles, when they or the tiles changed, and again and
/// again where the style changes with time.
#[expect(clippy::too_many_arguments, reason = "a system: what it needs of the world")]
pub(super) fn paint(
    highlights: Res<Highlights>,
    style: Res<CityStyle>,
    clock: Res<Time<Virtual>>,
    mut stream: ResMut<Stream>,
    mut seen: Local<PaintedAt>,
    mut painted: Local<Vec<Painted>>,
    mut images: ResMut<Assets<Image>>,
    mut materials: ResMut<Assets<CityMaterial>>,
) {
    let seconds = (clock.elapsed_secs_f64() - stream.came_secs).max(0.0);
    let step = if style.is_animated() { (seconds / ANIMATION_SECS).floor() as i64 } else { 0 };
    if !highlights.is_changed() && !style.is_changed() && seen.changes == stream.changes && seen.step == step {
        return;
    }
    let anew = style.is_changed() || seen.step != step;
    *seen = PaintedAt { changes: stream.changes, step };
    for (handle, feature, before) in painted.drain(..) {
        set(&mut images, &handle, feature, before);
    }
    let seconds = step as f64 * ANIMATION_SECS;
    for part in stream.shown.values_mut().flat_map(|s| &mut s.parts) {
        restyle(part, &style, (anew, seconds), &mut images);
        sieve(part, &mut materials);
    }
    for (key, tint) in &highlights.tints {
        let text = key.to_string();
        for part in stream.shown.values().flat_map(|s| &s.parts) {
            if let Some(&feature) = part.prepared.keys.get(&text) {
                let before = part.styled.get(feature as usize).copied().unwrap_or_default();
                set(&mut images, &part.state, feature, *tint);
                painted.push((part.state.clone(), feature, before));
            }
        }
    }
}

/// Asks the style about a part that is new, and about all when the look may be another (`anew`).
fn restyle(part: &mut ShownPart, style: &CityStyle, (anew, seconds): (bool, f64), images: &mut Assets<Image>) {
    let count = part.prepared.features.count() as usize;
    if count == 0 || (part.styled.len() == count && !anew) {
        return;
    }
    let texels = style.texels(&part.prepared.features, seconds);
    let blank = texels.iter().all(|t| *t == [0; 4]);
    if (part.styled.is_empty() && blank) || part.styled == texels {
        part.styled = texels;
        return;
    }
    if let Some(mut image) = images.get_mut(&part.state)
        && let Some(data) = &mut image.data
    {
        data.chunks_exact_mut(4).zip(&texels).for_each(|(to, from)| to.copy_from_slice(from));
    }
    part.styled = texels;
}

/// Lets the shader of the shadows leave out what the style leaves out; a part of which all is to be seen is spared it.
fn sieve(part: &mut ShownPart, materials: &mut Assets<CityMaterial>) {
    let sieved = part.styled.iter().any(|t| lets_through(*t));
    if sieved == part.sieved {
        return;
    }
    part.sieved = sieved;
    let (from, to) = if sieved { (AlphaMode::Opaque, SIEVED) } else { (SIEVED, AlphaMode::Opaque) };
    for handle in &part.materials {
        if materials.get(handle).is_some_and(|m| m.base.alpha_mode == from)
            && let Some(mut material) = materials.get_mut(handle)
        {
            material.base.alpha_mode = to;
        }
    }
}

fn set(images: &mut Assets<Image>, handle: &Handle<Image>, feature: u32, tint: [u8; 4]) {
    let at = feature as usize * 4;
    if let Some(mut image) = images.get_mut(handle)
        && let Some(texel) = image.data.as_mut().and_then(|d| d.get_mut(at..at + 4))
    {
        texel.copy_from_slice(&tint);
    }
}

//! What of the tiles a ray hits, and where a feature is.

use super::{stream::Stream, style::CityStyle, upload::ShownPart};
use bevy::{ecs::system::SystemParam, math::DVec3, prelude::*};
use cim_model::{EntityKey, EntityKind};
use tiles3d::Value;

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
    /// Name and value of every property of the feature.
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
        let mut best: Option<(f64, &ShownPart, Option<u32>, String)> = None;
        for tile in &self.stream.rendered {
            let Some(shown) = self.stream.shown.get(tile) else { continue };
            for (index, part) in shown.parts.iter().enumerate() {
                let local = (origin - part.prepared.anchor).as_vec3();
                let limit = best.as_ref().map_or(1.0e9, |b| b.0) as f32;
                if let Some(hit) = part.cast(local, direction.as_vec3(), limit) {
                    best = Some((f64::from(hit.distance), part, hit.feature, format!("{}/{index}", tile.0)));
                }
            }
        }
        let (distance_m, part, feature, place) = best?;
        let row = feature.map(|f| part.prepared.features.row(f)).unwrap_or_default();
        let text = |name: &str| property(&row, name);
        let key = feature.map(|f| {
            text("key").and_then(|k| k.parse().ok()).unwrap_or_else(|| {
                // Tiles of others name their features in many ways, or not at all: then the place in the tileset does.
                let id = text("id").or_else(|| text("gml:id")).unwrap_or_else(|| format!("{place}/{f}"));
                EntityKey::new(EntityKind::Other, id)
            })
        });
        Some(hit(key, row, distance_m, origin + direction * distance_m))
    }

    /// A feature that is loaded, as a pointer would find it: its name, attributes and middle; the distance is 0.
    #[must_use]
    pub fn describe(&self, key: &EntityKey) -> Option<TileHit> {
        let (point, _) = self.find(key)?;
        let text = key.to_string();
        let parts = self.stream.shown.values().flat_map(|s| &s.parts);
        let (part, feature) = parts.into_iter().find_map(|p| Some((p, *p.prepared.keys.get(&text)?)))?;
        Some(hit(Some(key.clone()), part.prepared.features.row(feature), 0.0, point))
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

fn hit(key: Option<EntityKey>, row: Vec<(String, Value)>, distance_m: f64, point: DVec3) -> TileHit {
    let name = property(&row, "name").unwrap_or_default();
    let attributes = row.into_iter().filter(|(_, v)| *v != Value::Null).map(|(n, v)| (n, v.to_string())).collect();
    TileHit { key, name, distance_m, point, attributes }
}

/// Which features are tinted, and how: the selected one, and what other plugins mark.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct Highlights {
    /// Key, sRGB-linear colour and strength, 0 to 255 each.
    pub tints: Vec<(EntityKey, [u8; 4])>,
}

/// A texel that a highlight covers: its texture, its feature, and what the style says of it.
type Painted = (Handle<Image>, u32, [u8; 4]);

/// Writes the style and the tints into the state textures of the tiles, when they or the tiles changed.
pub(super) fn paint(
    highlights: Res<Highlights>,
    style: Res<CityStyle>,
    mut stream: ResMut<Stream>,
    mut seen: Local<u64>,
    mut painted: Local<Vec<Painted>>,
    mut images: ResMut<Assets<Image>>,
) {
    if !highlights.is_changed() && !style.is_changed() && *seen == stream.changes {
        return;
    }
    *seen = stream.changes;
    for (handle, feature, before) in painted.drain(..) {
        set(&mut images, &handle, feature, before);
    }
    for part in stream.shown.values_mut().flat_map(|s| &mut s.parts) {
        restyle(part, &style, &mut images);
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

/// Asks the style about a part that is new, and about all when the style changed.
fn restyle(part: &mut ShownPart, style: &Res<CityStyle>, images: &mut Assets<Image>) {
    let count = part.prepared.features.count() as usize;
    if count == 0 || (part.styled.len() == count && !style.is_changed()) {
        return;
    }
    let texels = style.texels(&part.prepared.features);
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

fn set(images: &mut Assets<Image>, handle: &Handle<Image>, feature: u32, tint: [u8; 4]) {
    let at = feature as usize * 4;
    if let Some(mut image) = images.get_mut(handle)
        && let Some(texel) = image.data.as_mut().and_then(|d| d.get_mut(at..at + 4))
    {
        texel.copy_from_slice(&tint);
    }
}

//! Feature ids of primitives and instances: `EXT_mesh_features`, `EXT_instance_features`, and their predecessor
//! `EXT_feature_metadata`.

use super::{
    accessor::ReadAttribute,
    elements::Elements,
    metadata::{Metadata, Rows},
    pictures::Pictures,
    texture_info,
    topology::are_below,
};
use crate::{
    Diagnostic, FeatureTable,
    content::{DecodedTile, FeatureSet, FeatureSource, NO_FEATURE, Picture, TexelSource},
    wide,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// What features without a table are told apart by.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BareKey {
    /// The primitive's place in memory, and its set.
    Primitive(usize, usize),
    /// The picture, its channels, and the id that is none.
    Picture(usize, Vec<u8>, Option<u32>),
}

/// One feature id set as the file has it.
struct SetIn {
    label: Option<String>,
    /// How many features the file says there are; 0 when it does not.
    count: u64,
    null: Option<u64>,
    table: Option<TableRef>,
    source: SourceIn,
}

enum TableRef {
    Index(usize),
    /// `EXT_feature_metadata` has tables by name.
    Name(String),
}

enum SourceIn {
    /// An attribute, under the first of these names that there is.
    Attribute(Vec<String>),
    /// Counted up every so many vertices, from a first one; every 0 vertices is never.
    Counted {
        from: u32,
        every: u32,
    },
    Texture(Json),
}

/// A set of `EXT_mesh_features` or `EXT_instance_features`.
///
/// Sets with keys that only its own first drafts had are refused: read as what they are not, they would mean other
/// features.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeatureIds {
    #[serde(default)]
    feature_count: u64,
    null_feature_id: Option<u64>,
    label: Option<String>,
    attribute: Option<u32>,
    texture: Option<Json>,
    property_table: Option<usize>,
}

/// A set of `EXT_feature_metadata`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DraftFeatureIds {
    feature_table: Option<String>,
    feature_ids: Json,
}

#[derive(Deserialize)]
struct DraftAttribute {
    attribute: Option<String>,
    #[serde(default)]
    constant: u32,
    #[serde(default)]
    divisor: u32,
}

impl From<FeatureIds> for SetIn {
    fn from(ids: FeatureIds) -> Self {
        let source = match (ids.attribute, ids.texture) {
            // The first drafts had no underscore.
            (Some(n), _) => SourceIn::Attribute(vec![format!("_FEATURE_ID_{n}"), format!("FEATURE_ID_{n}")]),
            (None, Some(texture)) => SourceIn::Texture(texture),
            (None, None) => SourceIn::Counted { from: 0, every: 1 },
        };
        let table = ids.property_table.map(TableRef::Index);
        Self { label: ids.label, count: ids.feature_count, null: ids.null_feature_id, table, source }
    }
}

/// All sets that the extensions of a primitive, or of a node with instances, declare.
fn declared(extensions: &Map<String, Json>, found: &mut Vec<Diagnostic>) -> Vec<SetIn> {
    let mut out = Vec::new();
    for name in ["EXT_mesh_features", "EXT_instance_features"] {
        let list = extensions.get(name).and_then(|e| e.get("featureIds")).and_then(Json::as_array);
        for (i, json) in list.into_iter().flatten().enumerate() {
            let draft = ["offset", "repeat", "index", "channel"].into_iter().find(|key| json.get(key).is_some());
            match FeatureIds::deserialize(json) {
                _ if draft.is_some() => {
                    let message = format!("{:?} is of a draft of the extension", draft.unwrap_or_default());
                    broken(found, &format!("{name}.featureIds[{i}]"), &message);
                }
                Ok(ids) => out.push(ids.into()),
                Err(e) => broken(found, &format!("{name}.featureIds[{i}]"), &e.to_string()),
            }
        }
    }
    let draft = extensions.get("EXT_feature_metadata");
    for (list, textures) in [("featureIdAttributes", false), ("featureIdTextures", true)] {
        let sets = draft.and_then(|e| e.get(list)).and_then(Json::as_array);
        for (i, json) in sets.into_iter().flatten().enumerate() {
            let place = format!("EXT_feature_metadata.{list}[{i}]");
            let read = DraftFeatureIds::deserialize(json).and_then(|set| {
                let source = if textures {
                    SourceIn::Texture(set.feature_ids)
                } else {
                    let ids = DraftAttribute::deserialize(&set.feature_ids)?;
                    match ids.attribute {
                        Some(name) => SourceIn::Attribute(vec![format!("_{name}"), name]),
                        None => SourceIn::Counted { from: ids.constant, every: ids.divisor },
                    }
                };
                Ok(SetIn { label: None, count: 0, null: None, table: set.feature_table.map(TableRef::Name), source })
            });
            match read {
                Ok(set) => out.push(set),
                Err(e) => broken(found, &place, &e.to_string()),
            }
        }
    }
    out
}

fn broken(found: &mut Vec<Diagnostic>, place: &str, message: &str) {
    found.push(Diagnostic::new("feature-ids-broken", place, format!("{message}; this feature set is left out")));
}

impl Metadata {
    /// The feature sets of `count` vertices of a primitive, or of `count` instances of a node, from its `extensions`.
    /// Those by vertex are all [`FeatureSource::Vertex`].
    pub(super) fn feature_sets(
        &mut self,
        pictures: &mut Pictures<'_, '_, '_>,
        extensions: &Map<String, Json>,
        count: usize,
        read: &ReadAttribute<'_>,
        tile: &mut DecodedTile,
    ) -> Vec<FeatureSet> {
        let mut out = Vec::new();
        for (i, set) in declared(extensions, &mut tile.diagnostics).into_iter().enumerate() {
            let place = set.label.clone().unwrap_or_else(|| format!("feature set {i}"));
            let key = (std::ptr::from_ref(extensions).addr(), i);
            match self.feature_set(pictures, key, set, count, read, tile) {
                Ok((set, strays)) => {
                    out.push(set);
                    if strays > 0 {
                        let message = format!("{strays} ids are of no row of the property table; they are no features");
                        tile.diagnostics.push(Diagnostic::new("feature-id-out-of-range", place, message));
                    }
                }
                Err(message) => broken(&mut tile.diagnostics, &place, &message),
            }
        }
        out
    }

    /// A set, and how many of its ids are beyond its table.
    fn feature_set(
        &mut self,
        pictures: &mut Pictures<'_, '_, '_>,
        key: (usize, usize),
        set: SetIn,
        count: usize,
        read: &ReadAttribute<'_>,
        tile: &mut DecodedTile,
    ) -> Result<(FeatureSet, usize), String> {
        let rows = match &set.table {
            Some(TableRef::Index(i)) => Some(self.rows(*i).ok_or(format!("there is no property table {i}"))),
            Some(TableRef::Name(n)) => Some(self.rows_by_name(n).ok_or(format!("there is no feature table {n:?}"))),
            None => None,
        };
        // Without its table a set is still good for telling features apart.
        let rows = rows.and_then(|rows| {
            rows.map_err(|why| {
                let message = format!("{why}; the features have no properties");
                tile.diagnostics.push(Diagnostic::new("feature-table-missing", "feature set", message));
            })
            .ok()
        });
        let null = set.null.and_then(|n| u32::try_from(n).ok());
        let (source, ids) = match set.source {
            SourceIn::Texture(json) => {
                let texels = texture_info::texels(&json, pictures)?;
                let source = FeatureSource::Texture { texels, null };
                (source, Vec::new())
            }
            SourceIn::Attribute(names) => {
                let read = names.iter().find_map(|name| read(name));
                let values = read.ok_or_else(|| format!("there is no attribute {}", names.join(" or ")))?;
                let values = values.map_err(|e| e.to_string())?;
                if values.width() != 1 || values.count() != count {
                    return Err(format!("{} ids for {count} vertices or instances", values.count()));
                }
                let ids = match (values.whole().or_else(|| whole_floats(&values)), null) {
                    (Some(ids), None) => ids,
                    (Some(ids), Some(null)) => {
                        ids.into_iter().map(|id| if id == null { NO_FEATURE } else { id }).collect()
                    }
                    (None, _) => values.map(|[x]| id(x, null)),
                };
                (FeatureSource::Primary, ids)
            }
            SourceIn::Counted { from, every } => {
                let step = |i: usize| i.checked_div(every as usize).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
                let ids = (0..count)
                    .map(|i| from.saturating_add(step(i)))
                    .map(|i| if Some(i) == null { NO_FEATURE } else { i });
                (FeatureSource::Primary, ids.collect())
            }
        };
        let has_table = rows.is_some();
        let rows = match rows {
            Some(rows) => rows,
            None => self.bare_rows(key, &source, &ids, set.count, pictures.data(), tile)?,
        };
        let mut strays = 0;
        // The ids of features without a table where they are not counted from 0.
        let keys = if has_table { &[] } else { tile.features.bare_ids(rows.first) };
        let source = match source {
            FeatureSource::Texture { .. } => source,
            // The ids of nearly all tiles are the numbers already.
            _ if keys.is_empty() && rows.first == 0 && are_below(&ids, rows.count as usize) => {
                FeatureSource::Vertex(ids)
            }
            _ => FeatureSource::Vertex(
                ids.into_iter()
                    .map(|id| {
                        let row = match id {
                            NO_FEATURE => return NO_FEATURE,
                            _ if keys.is_empty() => id,
                            _ => keys.binary_search(&id).map_or(NO_FEATURE, |row| row as u32),
                        };
                        if row < rows.count {
                            return rows.first.saturating_add(row);
                        }
                        strays += 1;
                        NO_FEATURE
                    })
                    .collect(),
            ),
        };
        Ok((FeatureSet { label: set.label, first: rows.first, count: rows.count, has_table, source }, strays))
    }

    /// Numbers for features without a table. A primitive under several nodes shows the same features each time, and so do
    /// primitives that take theirs from the same picture.
    fn bare_rows(
        &mut self,
        key: (usize, usize),
        source: &FeatureSource,
        ids: &[u32],
        declared: u64,
        data: &[Picture],
        tile: &mut DecodedTile,
    ) -> Result<Rows, String> {
        let key = match source {
            FeatureSource::Texture { texels, null } => {
                BareKey::Picture(texels.image, texels.channels.iter().copied().take(4).collect(), *null)
            }
            _ => BareKey::Primitive(key.0, key.1),
        };
        if let Some(rows) = self.bare.get(&key) {
            return Ok(*rows);
        }
        let ids = match source {
            FeatureSource::Texture { texels, null } => {
                let image = data.get(texels.image).ok_or("its picture is missing")?;
                let left = self.pixel_bytes_left.checked_sub(image.byte_size());
                self.pixel_bytes_left = left.ok_or("there are too many pictures of ids without a property table")?;
                in_picture(image, texels, *null)
            }
            _ => ids.to_vec(),
        };
        let rows = number(&mut tile.features, ids, declared)?;
        self.bare.insert(key, rows);
        Ok(rows)
    }

    /// The feature that a whole node is: `EXT_structural_metadata` with a row of a property table.
    pub(super) fn node_feature(&self, extensions: &Map<String, Json>) -> Option<FeatureSet> {
        let node = extensions.get("EXT_structural_metadata")?;
        let index = |name: &str| node.get(name).and_then(Json::as_u64);
        let rows = self.rows(usize::try_from(index("propertyTable")?).ok()?)?;
        let row = u32::try_from(index("index")?).ok().filter(|row| *row < rows.count)?;
        let source = FeatureSource::Whole(rows.first.saturating_add(row));
        Some(FeatureSet { label: None, first: rows.first, count: rows.count, has_table: true, source })
    }
}

/// Makes the set that a person asks about, the first that has properties, else the first, the primitive's own ids.
pub(super) fn take_primary(sets: &mut [FeatureSet]) -> Vec<u32> {
    let index = sets.iter().position(|s| s.has_table).unwrap_or(0);
    let Some(set) = sets.get_mut(index) else { return Vec::new() };
    match std::mem::replace(&mut set.source, FeatureSource::Primary) {
        FeatureSource::Vertex(ids) => ids,
        other => {
            set.source = other;
            Vec::new()
        }
    }
}

/// The ids of an attribute of floats that are all whole and not negative; `None` of any other. Other ids are looked at one
/// by one.
fn whole_floats(values: &Elements<'_>) -> Option<Vec<u32>> {
    /// The last digit of a number from here to twice as much has the value 1.
    const WHOLE: f32 = 8_388_608.0;
    /// Stands beside what is not.
    const DIFFERENT: u32 = 1 << 31;
    // Without anything from outside in between, the compiler looks at several at once.
    let ids = values.map_floats(|[x]: [f32; 1]| {
        let id = (x + WHOLE).to_bits() & 0x7f_ffff;
        let is_same = id.cast_signed() as f32 == x;
        id | if is_same { 0 } else { DIFFERENT }
    });
    ids.filter(|ids| wide::bits(ids, |id| *id) < DIFFERENT)
}

/// A feature id from an attribute, which may be a float; what is no whole number of features is none.
fn id(value: f64, null: Option<u32>) -> u32 {
    // Nearly all are whole, and rounding is a call on processors that have no instruction for it.
    let value = if f64::from(value as u32) == value { value } else { value.round() };
    if !(0.0..f64::from(NO_FEATURE)).contains(&value) {
        return NO_FEATURE;
    }
    let id = value as u32;
    if Some(id) == null { NO_FEATURE } else { id }
}

/// The ids of all pixels.
fn in_picture(image: &Picture, texels: &TexelSource, null: Option<u32>) -> Vec<u32> {
    let ids = image.data.as_chunks().0.iter().map(|texel| texels.number(*texel));
    ids.map(|id| if Some(id) == null { NO_FEATURE } else { id }).collect()
}

/// Gives features without a table numbers of their own. Ids that are counted from 0 keep their order; ids that are not
/// (such as keys of a database) get numbers in their order.
fn number(features: &mut FeatureTable, mut ids: Vec<u32>, declared: u64) -> Result<Rows, String> {
    let used = ids.len();
    // Neighbours mostly have the same id, above all in pictures.
    ids.dedup();
    ids.retain(|id| *id != NO_FEATURE);
    let within = ids.iter().all(|id| u64::from(*id) < declared);
    let (count, ids) = if within && declared <= used as u64 {
        (declared as u32, Vec::new())
    } else {
        ids.sort_unstable();
        ids.dedup();
        let counted = ids.iter().enumerate().all(|(i, id)| *id as usize == i);
        (ids.len() as u32, if counted { Vec::new() } else { ids })
    };
    if features.count().checked_add(count).is_none_or(|end| end == NO_FEATURE) {
        return Err("there are too many features".into());
    }
    Ok(Rows { first: features.push_bare(count, ids), count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gltf::elements::{Component, Kind, Shape};
    use proptest::prelude::*;
    use std::borrow::Cow;

    proptest! {
        #[test]
        fn ids_of_floats_are_the_same_one_by_one(
            values in prop::collection::vec(prop_oneof![
                8 => (0u32..9_000_000).prop_map(|i| i as f32),
                1 => any::<f32>(),
                1 => prop::sample::select(vec![-0.0, 0.5, -1.0, 8_388_607.0, 8_388_608.0, f32::NAN, f32::INFINITY]),
            ], 0..40),
        ) {
            let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let kind = Kind { shape: Shape::Vector(1), component: Component::F32, normalized: false };
            let elements = Elements::new(Cow::Owned(bytes), values.len(), None, kind).unwrap();
            let whole = |v: &f32| v.fract() == 0.0 && (0.0..8_388_608.0).contains(v);
            let expected = values.iter().all(whole).then(|| values.iter().map(|v| id(f64::from(*v), None)).collect());
            prop_assert_eq!(whole_floats(&elements), expected);
        }
    }
}

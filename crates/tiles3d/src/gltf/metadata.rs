//! `EXT_structural_metadata` of a glTF, and its predecessor `EXT_feature_metadata`: the schema, property tables, property
//! textures and property attributes.

use super::{
    accessor::{ReadAttribute, Source},
    buffer::resolve,
    features::BareKey,
    json::Root,
    pictures::Pictures,
    texture_info,
};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodedTile, FetchExternal, NO_FEATURE, PrimitiveProperties, UvSet},
    metadata::{
        ClassInfo, ClassProperty, PropertyAttribute, PropertyInfo, PropertyTable, PropertyTexture, PropertyType,
        Schema, TexelProperty, VertexProperty,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::{cell::Cell, collections::BTreeMap};

const EXTENSION: &str = "EXT_structural_metadata";
const DRAFT: &str = "EXT_feature_metadata";

/// Features of a table or a set: so many from the first one on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    pub(super) first: u32,
    pub(super) count: u32,
}

/// What a glTF's metadata extensions hold for its primitives.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    schema: Schema,
    tables: Vec<Option<Rows>>,
    /// Tables of the draft.
    tables_by_name: BTreeMap<String, Rows>,
    /// By the file's index, the index in the tile.
    textures: Vec<Option<usize>>,
    textures_by_name: BTreeMap<String, usize>,
    attributes: Vec<Option<AttributesIn>>,
    /// Numbers of features without a table.
    pub(super) bare: BTreeMap<BareKey, Rows>,
    /// Bytes of pictures that may still be looked through for such features.
    pub(super) pixel_bytes_left: usize,
}

/// A property attribute or a property texture.
#[derive(Debug, Deserialize)]
struct AttributesIn {
    name: Option<String>,
    class: String,
    #[serde(default)]
    properties: BTreeMap<String, Json>,
}

#[derive(Debug, Deserialize)]
struct Adjustment {
    attribute: Option<String>,
    offset: Option<Json>,
    scale: Option<Json>,
}

/// The schemas of a glTF's metadata; empty where there is none.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    schema: Schema,
    draft: Schema,
}

impl Schemas {
    pub(super) fn read(root: &Root, fetch: &mut FetchExternal<'_>, found: &mut Vec<Diagnostic>) -> Self {
        let mut read = |name: &str| match root.extensions.get(name) {
            Some(extension) => schema(extension, name, fetch, found),
            None => Schema::default(),
        };
        Self { schema: read(EXTENSION), draft: read(DRAFT) }
    }
}

impl Metadata {
    /// Reads tables and textures into the tile.
    pub(super) fn read(schemas: Schemas, pictures: &mut Pictures<'_, '_, '_>, tile: &mut DecodedTile) -> Self {
        let source = pictures.source();
        let mut out = Self { pixel_bytes_left: source.max_bytes, ..Self::default() };
        // Views are copied into columns: what is referred to again and again may not fill the memory.
        let left = Cell::new(source.max_bytes);
        if let Some(root) = source.root.extensions.get(DRAFT) {
            let schema = schemas.draft;
            let entries = |name: &str| root.get(name).and_then(Json::as_object).into_iter().flatten();
            for (id, json) in entries("featureTables") {
                if let Some(rows) = table(source, json, &schema, &left, id, tile) {
                    out.tables_by_name.insert(id.clone(), rows);
                }
            }
            for (id, json) in entries("featureTextures") {
                if let Some(index) = texture(pictures, json, &schema, id, tile) {
                    out.textures_by_name.insert(id.clone(), index);
                }
            }
        }
        if let Some(root) = source.root.extensions.get(EXTENSION) {
            out.schema = schemas.schema;
            let entries = |name: &str| root.get(name).and_then(Json::as_array).into_iter().flatten().enumerate();
            for (i, json) in entries("propertyTables") {
                out.tables.push(table(source, json, &out.schema, &left, &format!("propertyTables[{i}]"), tile));
            }
            for (i, json) in entries("propertyTextures") {
                out.textures.push(texture(pictures, json, &out.schema, &format!("propertyTextures[{i}]"), tile));
            }
            for (i, json) in entries("propertyAttributes") {
                let read = AttributesIn::deserialize(json);
                let place = format!("propertyAttributes[{i}]");
                out.attributes.push(read.map_err(|e| broken(&place, &e.to_string(), &mut tile.diagnostics)).ok());
            }
        }
        out
    }

    /// The features that the rows of a property table are.
    pub(super) fn rows(&self, table: usize) -> Option<Rows> {
        self.tables.get(table).copied().flatten()
    }

    /// The features that the rows of a feature table of the draft are.
    pub(super) fn rows_by_name(&self, table: &str) -> Option<Rows> {
        self.tables_by_name.get(table).copied()
    }

    /// What `vertices` vertices of a primitive, or their surface, have beside features. `texcoords` are the sets of texture
    /// coordinates that its feature sets need.
    pub(super) fn properties(
        &self,
        extensions: &Map<String, Json>,
        vertices: usize,
        texcoords: Vec<u32>,
        read: &ReadAttribute<'_>,
        tile: &mut DecodedTile,
    ) -> PrimitiveProperties {
        let mut out = PrimitiveProperties::default();
        let list = |extension: &str, name: &str| {
            extensions.get(extension).and_then(|e| e.get(name)).and_then(Json::as_array).into_iter().flatten()
        };
        let at = |json: &Json| json.as_u64().and_then(|i| usize::try_from(i).ok());
        let found = &mut tile.diagnostics;
        for json in list(EXTENSION, "propertyTextures") {
            let texture = at(json).and_then(|i| self.textures.get(i)).copied().flatten();
            known(texture, "property texture", json, found).into_iter().for_each(|i| out.textures.push(i));
        }
        for json in list(DRAFT, "featureTextures") {
            let texture = json.as_str().and_then(|name| self.textures_by_name.get(name)).copied();
            known(texture, "feature texture", json, found).into_iter().for_each(|i| out.textures.push(i));
        }
        for json in list(EXTENSION, "propertyAttributes") {
            let attributes = at(json).and_then(|i| self.attributes.get(i)).and_then(Option::as_ref);
            let Some(attributes) = known(attributes, "property attribute", json, found) else { continue };
            out.attributes.extend(self.attribute(attributes, vertices, read, found));
        }
        let textures = out.textures.iter().filter_map(|i| tile.property_textures.get(*i));
        let mut sets: Vec<u32> = textures.flat_map(|t| t.properties.iter().map(|p| p.texels.texcoord)).collect();
        sets.extend(texcoords);
        sets.sort_unstable();
        sets.dedup();
        for set in sets {
            match uvs(set, vertices, read) {
                Ok(uvs) => out.uv_sets.push(UvSet { set, uvs }),
                Err(message) => {
                    let message = format!("{message}; what pictures say at its texture coordinates is not known");
                    found.push(Diagnostic::new("texcoord-missing", format!("TEXCOORD_{set}"), message));
                }
            }
        }
        out
    }

    fn attribute(
        &self,
        attributes: &AttributesIn,
        vertices: usize,
        read: &ReadAttribute<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<PropertyAttribute> {
        let place = attributes.name.as_deref().unwrap_or("property attribute");
        let (class, properties) = properties(attributes, &self.schema, place, found)?;
        let properties = properties.into_iter().filter_map(|property| {
            let read = property.read(&self.schema).and_then(|(info, kind, adjustment)| {
                let name = adjustment.attribute.ok_or("it names no attribute")?;
                let values = read(&name).ok_or_else(|| format!("there is no attribute {name}"))?;
                let values = values.map_err(|e| e.to_string())?;
                if values.count() != vertices {
                    return Err(format!("{name} has not one value for each of {vertices} vertices"));
                }
                let components = (values.width(), values.kind().is_normalized(), values.components());
                VertexProperty::new(property.id, info, &kind, components)
            });
            read.map_err(|message| broken(property.id, &message, found)).ok()
        });
        let properties = properties.collect();
        Some(PropertyAttribute { class, properties })
    }
}

/// What a primitive refers to, or a word that there is no such thing.
fn known<T>(entry: Option<T>, what: &str, json: &Json, found: &mut Vec<Diagnostic>) -> Option<T> {
    if entry.is_none() {
        let message = format!("there is no readable {what} {json}; left out");
        found.push(Diagnostic::new("metadata-missing", "glTF primitive", message));
    }
    entry
}

fn broken(place: &str, message: &str, found: &mut Vec<Diagnostic>) {
    found.push(Diagnostic::new("property-broken", place, format!("{message}; left out")));
}

/// The schema, inline or in a file of its own; an empty one when it cannot be had.
fn schema(root: &Json, place: &str, fetch: &mut FetchExternal<'_>, found: &mut Vec<Diagnostic>) -> Schema {
    let read = match (root.get("schema"), root.get("schemaUri").and_then(Json::as_str)) {
        (Some(inline), _) => Schema::deserialize(inline).map_err(|e| e.to_string()),
        (None, Some(uri)) => resolve(uri, fetch)
            .map_err(|e| e.to_string())
            .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| format!("{uri}: {e}"))),
        (None, None) => return Schema::default(),
    };
    read.unwrap_or_else(|message| {
        let message = format!("{message}; nothing has properties");
        found.push(Diagnostic::new("metadata-schema-broken", place, message));
        Schema::default()
    })
}

fn table(
    source: &Source<'_>,
    json: &Json,
    schema: &Schema,
    left: &Cell<usize>,
    place: &str,
    tile: &mut DecodedTile,
) -> Option<Rows> {
    let take = |bytes: usize| {
        let rest = left.get().checked_sub(bytes);
        let too_large =
            || DecodeError::TooLarge { bytes: source.max_bytes.saturating_add(bytes), limit: source.max_bytes };
        rest.map(|rest| left.set(rest)).ok_or_else(too_large)
    };
    let view = |index: usize| {
        let bytes = source.view(index)?;
        take(bytes.len()).map(|()| bytes)
    };
    let read = PropertyTable::read(json, schema, &view, &mut tile.diagnostics).and_then(|table| {
        // Names and defaults are copied from the schema into every table.
        take(table.byte_size())?;
        let count = table.count();
        if tile.features.count().checked_add(count).is_none_or(|end| end == NO_FEATURE) {
            return Err(DecodeError::malformed("property table", "there are too many features"));
        }
        Ok(Rows { first: tile.features.push_properties(table), count })
    });
    read.map_err(|e| {
        let message = format!("{e}; its features have no properties");
        tile.diagnostics.push(Diagnostic::new("property-table-broken", place, message));
    })
    .ok()
}

fn texture(
    pictures: &mut Pictures<'_, '_, '_>,
    json: &Json,
    schema: &Schema,
    place: &str,
    tile: &mut DecodedTile,
) -> Option<usize> {
    let found = &mut tile.diagnostics;
    let textures = AttributesIn::deserialize(json).map_err(|e| broken(place, &e.to_string(), found)).ok()?;
    let (class, properties) = properties(&textures, schema, place, found)?;
    let read = properties.into_iter().filter_map(|property| {
        let read = property.read(schema).and_then(|(info, kind, _)| {
            let texels = texture_info::texels(property.json, pictures)?;
            TexelProperty::new(property.id, info, texels, kind)
        });
        read.map_err(|message| broken(property.id, &message, found)).ok()
    });
    let properties = read.collect();
    tile.property_textures.push(PropertyTexture { class, properties });
    Some(tile.property_textures.len() - 1)
}

/// A property that a texture or an attribute has.
struct PropertyIn<'a> {
    id: &'a str,
    class: &'a ClassProperty,
    json: &'a Json,
}

impl PropertyIn<'_> {
    fn read(&self, schema: &Schema) -> Result<(PropertyInfo, PropertyType, Adjustment), String> {
        let mut kind = PropertyType::new(self.class, schema)?;
        let adjustment = Adjustment::deserialize(self.json).map_err(|e| e.to_string())?;
        kind.adjust(adjustment.offset.as_ref(), adjustment.scale.as_ref());
        Ok((PropertyInfo::new(self.class, &kind), kind, adjustment))
    }
}

/// The properties that both a texture or an attribute and its class have.
fn properties<'a>(
    entry: &'a AttributesIn,
    schema: &'a Schema,
    place: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<(ClassInfo, Vec<PropertyIn<'a>>)> {
    let Some(class) = schema.classes.get(&entry.class) else {
        broken(place, &format!("there is no class {:?}", entry.class), found);
        return None;
    };
    let declared = schema.properties(class);
    for (id, _) in declared.iter().filter(|(id, p)| p.required && !entry.properties.contains_key(**id)) {
        let message = format!("required by its class, but {place} does not have it");
        found.push(Diagnostic::new("property-missing", *id, message));
    }
    let mut out = Vec::new();
    for (id, json) in &entry.properties {
        match declared.get(id.as_str()) {
            Some(class) => out.push(PropertyIn { id, class, json }),
            None => {
                let message = format!("class {:?} has no readable property of this name; left out", entry.class);
                found.push(Diagnostic::new("property-unknown", id, message));
            }
        }
    }
    Some((ClassInfo::new(&entry.class, class, entry.name.clone()), out))
}

fn uvs(set: u32, vertices: usize, read: &ReadAttribute<'_>) -> Result<Vec<[f32; 2]>, String> {
    let values =
        read(&format!("TEXCOORD_{set}")).ok_or("the primitive does not have it")?.map_err(|e| e.to_string())?;
    if values.width() != 2 || values.count() != vertices {
        return Err(format!("it has not two numbers for each of {vertices} vertices"));
    }
    values.floats().map_err(|e| e.to_string())
}

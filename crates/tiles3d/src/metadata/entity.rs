//! Entities of 3D Metadata in JSON (OGC 22-025r4, clause 10.7.3): tilesets, tiles, contents, groups and subtrees.

use super::{
    Value,
    property::{PropertyType, Shape},
    scalar::{Number as _, Scalar},
    schema::Schema,
};
use crate::Diagnostic;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The metadata of a tileset, a tile, a content, a group or a subtree.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MetadataEntity {
    /// The id of its class in the schema.
    pub class: String,
    /// Its properties by id, sorted: what the file says after `noData`, `normalized`, `offset`, `scale` and `default`.
    /// Without a readable schema they are as they are written.
    pub properties: Vec<(String, Value)>,
}

impl MetadataEntity {
    /// A property by its id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Value> {
        let at = self.properties.binary_search_by(|(name, _)| name.as_str().cmp(id)).ok()?;
        self.properties.get(at).map(|(_, value)| value)
    }
}

/// An entity as it is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EntityJson {
    class: String,
    properties: Map<String, Json>,
}

impl EntityJson {
    /// From JSON; nothing when it is absent, a defect when it is something else.
    pub(crate) fn parse(json: Option<&Json>, place: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let json = json.filter(|j| !j.is_null())?;
        let Some(class) = json.get("class").and_then(Json::as_str) else {
            found.push(Diagnostic::new("metadata-invalid", place, "metadata without a class; left out"));
            return None;
        };
        let properties = match json.get("properties") {
            Some(Json::Object(map)) => map.clone(),
            None | Some(Json::Null) => Map::new(),
            Some(_) => {
                found.push(Diagnostic::new("metadata-invalid", place, "properties is no object; left out"));
                Map::new()
            }
        };
        Some(Self { class: class.to_owned(), properties })
    }

    /// What it says by a schema. Defects go to `found`: what is not of its type counts as missing, and what the class
    /// does not name is given as it is written.
    pub(crate) fn read(&self, schema: Option<&Schema>, place: &str, found: &mut Vec<Diagnostic>) -> MetadataEntity {
        let as_written = || self.properties.iter().map(|(id, json)| (id.clone(), Value::from(json))).collect();
        let mut out = MetadataEntity { class: self.class.clone(), properties: Vec::new() };
        let Some(schema) = schema else {
            out.properties = as_written();
            return out;
        };
        let Some(class) = schema.classes.get(&self.class) else {
            let message = format!("there is no class {:?}; its properties are shown as they are written", self.class);
            found.push(Diagnostic::new("metadata-class-unknown", place, message));
            out.properties = as_written();
            return out;
        };
        let known = schema.properties(class);
        let mut defect =
            |code, id: &str, message: String| found.push(Diagnostic::new(code, format!("{place}, {id}"), message));
        for (id, property) in &known {
            let json = self.properties.get(*id).filter(|j| !j.is_null());
            let kind = match PropertyType::new(property, schema) {
                Ok(kind) => kind,
                Err(message) => {
                    if let Some(json) = json {
                        defect("property-broken", id, format!("{message}; shown as it is written"));
                        out.properties.push(((*id).to_owned(), Value::from(json)));
                    }
                    continue;
                }
            };
            let value = match json.map(|json| raw(json, &kind)).transpose() {
                Ok(None) => {
                    if property.required {
                        defect("property-missing", id, "required by its class, but not there".to_owned());
                    }
                    kind.missing()
                }
                Ok(raw) => kind.finish(raw),
                Err(message) => {
                    defect("property-broken", id, format!("{message}; counts as missing"));
                    kind.missing()
                }
            };
            if json.is_some() || value != Value::Null {
                out.properties.push(((*id).to_owned(), value));
            }
        }
        for (id, json) in self.properties.iter().filter(|(id, _)| !known.contains_key(id.as_str())) {
            let message = format!("class {:?} has no such property; shown as it is written", self.class);
            defect("property-unknown", id, message);
            out.properties.push((id.clone(), Value::from(json)));
        }
        out.properties.sort_by(|a, b| a.0.cmp(&b.0));
        out
    }

    /// The property that has a semantic, `noData` and the like applied.
    pub(crate) fn by_semantic(&self, semantic: &str, schema: &Schema) -> Option<Value> {
        let properties = schema.properties(schema.classes.get(&self.class)?);
        let (id, property) = properties.into_iter().find(|(_, p)| p.semantic.as_deref() == Some(semantic))?;
        let kind = PropertyType::new(property, schema).ok()?;
        Some(kind.finish(raw(self.properties.get(id)?, &kind).ok()))
    }
}

/// The value as a table would give it, before anything is made of it.
fn raw(json: &Json, kind: &PropertyType) -> Result<Value, String> {
    let count = match kind.shape {
        Shape::Single => return element(json, kind),
        Shape::Fixed(n) => Some(n),
        Shape::Variable => None,
    };
    let list = json.as_array().ok_or_else(|| format!("{} is no array", short(json)))?;
    if let Some(n) = count.filter(|n| *n != list.len()) {
        return Err(format!("{} elements instead of {n}", list.len()));
    }
    list.iter().map(|json| element(json, kind)).collect::<Result<_, _>>().map(Value::Array)
}

fn element(json: &Json, kind: &PropertyType) -> Result<Value, String> {
    if kind.width == 1 {
        return component(json, kind);
    }
    let list = json.as_array().filter(|list| list.len() == kind.width);
    let list = list.ok_or_else(|| format!("{} is not an array of {} numbers", short(json), kind.width))?;
    list.iter().map(|json| component(json, kind)).collect::<Result<_, _>>().map(Value::Array)
}

fn component(json: &Json, kind: &PropertyType) -> Result<Value, String> {
    let wrong = |what: &str| format!("{} is not {what}", short(json));
    if kind.is_enum() {
        return match json {
            Json::String(name) if kind.has_value(name) => Ok(Value::String(name.clone())),
            // Drafts wrote the number.
            Json::Number(_) => integer(json, kind.scalar).ok_or_else(|| wrong("a value of its enum")),
            _ => Err(wrong("a value of its enum")),
        };
    }
    match kind.scalar {
        Scalar::Text => json.as_str().map(|s| Value::String(s.to_owned())).ok_or_else(|| wrong("text")),
        Scalar::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| wrong("true or false")),
        Scalar::F32 | Scalar::F64 => json.as_f64().map(Value::Float).ok_or_else(|| wrong("a number")),
        scalar => integer(json, scalar).ok_or_else(|| wrong(&format!("a whole number in {}", scalar.name()))),
    }
}

/// A whole number that the type can hold; drafts wrote those of 64 bits as text.
fn integer(json: &Json, scalar: Scalar) -> Option<Value> {
    let text = json.as_str().and_then(|s| s.parse::<i128>().ok());
    let float = || json.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 2f64.powi(64)).map(|x| x as i128);
    let number = i64::of_json(json).map(i128::from).or_else(|| u64::of_json(json).map(i128::from));
    let number = number.or(text).or_else(float)?;
    Some(match scalar {
        Scalar::I8 => Value::Int(i8::try_from(number).ok()?.into()),
        Scalar::I16 => Value::Int(i16::try_from(number).ok()?.into()),
        Scalar::I32 => Value::Int(i32::try_from(number).ok()?.into()),
        Scalar::I64 => Value::Int(i64::try_from(number).ok()?),
        Scalar::U8 => Value::UInt(u8::try_from(number).ok()?.into()),
        Scalar::U16 => Value::UInt(u16::try_from(number).ok()?.into()),
        Scalar::U32 => Value::UInt(u32::try_from(number).ok()?.into()),
        Scalar::U64 => Value::UInt(u64::try_from(number).ok()?),
        Scalar::Bool | Scalar::Text | Scalar::F32 | Scalar::F64 => return None,
    })
}

fn short(json: &Json) -> String {
    json.to_string().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;
    use serde_json::json;

    fn schema(properties: Json) -> Schema {
        let enums = json!({ "e": { "values": [{ "name": "A", "value": 1 }, { "name": "B", "value": 2 }] } });
        Schema::deserialize(&json!({ "classes": { "c": { "properties": properties } }, "enums": enums })).unwrap()
    }

    fn read(properties: Json, values: Json) -> (Vec<(String, Value)>, Vec<&'static str>) {
        let mut found = Vec::new();
        let json = json!({ "class": "c", "properties": values });
        let entity = EntityJson::parse(Some(&json), "here", &mut found).unwrap();
        let entity = entity.read(Some(&schema(properties)), "here", &mut found);
        (entity.properties, found.into_iter().map(|d| d.code).collect())
    }

    #[test]
    fn what_the_class_says_is_done_to_the_values() {
        let (values, found) = read(
            json!({
                "scaled": { "type": "SCALAR", "componentType": "UINT8", "offset": 10, "scale": 0.5 },
                "unit": { "type": "VEC2", "componentType": "INT8", "normalized": true },
                "none": { "type": "SCALAR", "componentType": "INT16", "noData": -1, "default": 7 },
                "absent": { "type": "STRING", "default": "?" },
                "gone": { "type": "STRING" },
                "roof": { "type": "ENUM", "enumType": "e", "array": true, "noData": ["B"] },
                "big": { "type": "SCALAR", "componentType": "UINT64" },
            }),
            json!({ "scaled": 4, "unit": [127, -128], "none": -1, "roof": ["A", "B"], "big": u64::MAX }),
        );
        assert!(found.is_empty(), "{found:?}");
        let expected = [
            ("absent", Value::String("?".into())),
            ("big", Value::UInt(u64::MAX)),
            ("none", Value::Int(7)),
            ("roof", Value::Array(vec![Value::String("A".into()), Value::String("B".into())])),
            ("scaled", Value::Float(12.0)),
            ("unit", Value::Array(vec![Value::Float(1.0), Value::Float(-1.0)])),
        ];
        assert_eq!(values, expected.map(|(id, v)| (id.to_owned(), v)));
    }

    #[test]
    fn what_is_not_of_its_type_counts_as_missing() {
        let (values, found) = read(
            json!({
                "a": { "type": "SCALAR", "componentType": "UINT8" },
                "b": { "type": "ENUM", "enumType": "e", "default": "A" },
                "c": { "type": "VEC3", "componentType": "FLOAT32" },
                "d": { "type": "STRING", "array": true, "count": 2 },
                "e": { "type": "SCALAR", "componentType": "FLOAT64", "required": true },
            }),
            json!({ "a": 256, "b": "C", "c": [1, 2], "d": ["x"], "more": [1] }),
        );
        assert_eq!(found.iter().filter(|c| **c == "property-broken").count(), 4);
        assert!(found.contains(&"property-missing") && found.contains(&"property-unknown"));
        assert_eq!(values[0], ("a".to_owned(), Value::Null));
        assert_eq!(values[1], ("b".to_owned(), Value::String("A".into())));
        assert_eq!(values[4], ("more".to_owned(), Value::Array(vec![Value::Int(1)])));
    }

    #[test]
    fn without_its_class_an_entity_is_as_written() {
        let mut found = Vec::new();
        let json = json!({ "class": "other", "properties": { "x": 1 } });
        let entity = EntityJson::parse(Some(&json), "here", &mut found).unwrap();
        assert_eq!(entity.read(None, "here", &mut found).get("x"), Some(&Value::Int(1)));
        assert!(found.is_empty());
        assert_eq!(entity.read(Some(&schema(json!({}))), "here", &mut found).get("x"), Some(&Value::Int(1)));
        assert_eq!(found[0].code, "metadata-class-unknown");
        assert!(EntityJson::parse(Some(&json!({ "properties": {} })), "here", &mut found).is_none());
    }
}

//! JSON documents, read so that nothing of what the encoding forbids is lost.

use super::{
    finding::{Findings, Path, short},
    rules,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Parses a document; defects of the encoding are found. `None` when it is not JSON.
pub(super) fn parse(bytes: &[u8], place: &str, find: &mut Findings) -> Option<Value> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.len() != bytes.len() {
        find.add(&rules::JSON_BOM, place, "begins with a byte order mark");
    }
    let mut duplicates = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut path = Path::new(place);
    let seed = Seed { path: &mut path, duplicates: &mut duplicates };
    let result = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    for pointer in duplicates {
        find.add(&rules::JSON_DUPLICATE_KEY, &pointer, "stands twice in its object; the last one counts");
    }
    result.map_err(|e| find.add(&rules::JSON_INVALID, place, e.to_string())).ok()
}

struct Seed<'a> {
    path: &'a mut Path,
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(n.into())
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Number::from_f64(n).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        loop {
            let above = self.path.enter(out.len());
            let next = seq.next_element_seed(Seed { path: self.path, duplicates: self.duplicates })?;
            self.path.leave(above);
            match next {
                Some(value) => out.push(value),
                None => return Ok(Value::Array(out)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let above = self.path.enter(short(&key));
            if out.contains_key(&key) {
                self.duplicates.push(self.path.as_str().to_owned());
            }
            let value = map.next_value_seed(Seed { path: self.path, duplicates: self.duplicates })?;
            self.path.leave(above);
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

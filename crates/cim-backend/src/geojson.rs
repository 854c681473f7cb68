//! Reading a GeoJSON FeatureCollection (RFC 7946) feature by feature: a city has hundreds of thousands of them.

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::{fmt, io::Read};

/// Gives every feature of the collection to `take`, in order.
///
/// # Errors
/// What is read is no FeatureCollection, or breaks off; features before that were given.
pub(crate) fn each_feature(from: impl Read, take: &mut dyn FnMut(Value)) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_reader(from);
    let found = json.deserialize_any(Document(take)).map_err(|e| e.to_string())?;
    json.end().map_err(|e| e.to_string())?;
    if found { Ok(()) } else { Err("it is not a GeoJSON FeatureCollection".into()) }
}

/// The whole; says whether it has features.
struct Document<'t>(&'t mut dyn FnMut(Value));

impl<'de> Visitor<'de> for Document<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON FeatureCollection")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<bool, M::Error> {
        let mut found = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "features" {
                if std::mem::replace(&mut found, true) {
                    return Err(M::Error::duplicate_field("features"));
                }
                map.next_value_seed(Features(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Features<'t>(&'t mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Features<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        while let Some(feature) = list.next_element::<Value>()? {
            (self.0)(feature);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(text: &str) -> (Vec<Value>, Result<(), String>) {
        let mut found = Vec::new();
        let result = each_feature(text.as_bytes(), &mut |f| found.push(f["id"].clone()));
        (found, result)
    }

    #[test]
    fn features_are_given_in_order_wherever_they_are() {
        let text = r#"{"bbox": [1, [2]], "features": [{"id": 1}, {"id": "b"}], "type": "FeatureCollection"}"#;
        assert_eq!(ids(text), (vec![1.into(), "b".into()], Ok(())));
        assert!(ids("{}").1.is_err() && ids("[]").1.is_err() && ids(r#"{"features": 3}"#).1.is_err());
        let (found, result) = ids(r#"{"features": [{"id": 1}, {"id": 2"#);
        assert_eq!((found, result.is_err()), (vec![1.into()], true));
        assert!(ids(r#"{"features": []} x"#).1.is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = each_feature(bytes.as_slice(), &mut |_| ());
        }
    }
}

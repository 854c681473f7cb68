//! Feature tables (3D Tiles 1.0, Feature Table clause): values in JSON, or in the binary body that JSON points into.

use super::values::Values;
use crate::{Diagnostic, content::DecodeError, metadata::Component};
use glam::DVec3;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// A feature table: the semantics of one container.
#[derive(Debug)]
pub(super) struct FeatureTable<'a> {
    json: Map<String, Json>,
    binary: &'a [u8],
    what: &'static str,
}

/// The box that quantized positions are relative to, metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct QuantizedVolume {
    pub(super) offset: DVec3,
    /// What a step of one is, along each axis.
    pub(super) step: DVec3,
}

/// A reference into the binary body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    byte_offset: usize,
    component_type: Option<Component>,
}

impl<'a> FeatureTable<'a> {
    /// Reads the JSON; nothing but padding is an empty table.
    pub(super) fn parse(json: &[u8], binary: &'a [u8], what: &'static str) -> Result<Self, DecodeError> {
        Ok(Self { json: object(json).map_err(|e| DecodeError::malformed(what, e))?, binary, what })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.json.get(name).is_some_and(|v| !v.is_null())
    }

    pub(super) fn binary(&self) -> &'a [u8] {
        self.binary
    }

    pub(super) fn extension(&self, name: &str) -> Option<&Json> {
        self.json.get("extensions")?.get(name)
    }

    /// A flag; absent or of another type: false.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.json.get(name).and_then(Json::as_bool).unwrap_or(false)
    }

    /// A global count: a number, an array of one, or a reference.
    ///
    /// # Errors
    /// It is there but is not a whole number from 0 to 2³² - 1.
    pub(super) fn count(&self, name: &'static str) -> Result<Option<u32>, DecodeError> {
        let Some([v]) = self.global::<1>(name, Component::UnsignedInt)? else { return Ok(None) };
        if v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0 {
            return Ok(Some(v as u32));
        }
        Err(self.malformed(name, format!("{v} is not a count")))
    }

    /// A global vector in metres, in f64 as the JSON has it.
    ///
    /// # Errors
    /// It is there but is not three finite numbers.
    pub(super) fn vector(&self, name: &'static str) -> Result<Option<DVec3>, DecodeError> {
        let Some(v) = self.global::<3>(name, Component::Float)?.map(DVec3::from_array) else { return Ok(None) };
        // Squares that are finite mean that sums of such vectors are, too.
        if v.length_squared().is_finite() { Ok(Some(v)) } else { Err(self.malformed(name, "not finite".into())) }
    }

    /// A global value of `N` numbers, in JSON or in the body, where they are of the type `implied` unless it says
    /// otherwise.
    ///
    /// # Errors
    /// It is there but cannot be read.
    pub(super) fn global<const N: usize>(
        &self,
        name: &'static str,
        implied: Component,
    ) -> Result<Option<[f64; N]>, DecodeError> {
        let numbers: Vec<f64> = match self.json.get(name) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::Number(n)) => n.as_f64().into_iter().collect(),
            Some(Json::Array(list)) => list.iter().map_while(Json::as_f64).collect(),
            Some(other) => {
                let values = self.body(name, other, implied, N, 1, &mut Vec::new())?;
                values.each(|v: [f64; N]| v).into_iter().flatten().collect()
            }
        };
        let found = numbers.len();
        let numbers =
            numbers.try_into().map_err(|_| self.malformed(name, format!("{found} numbers where {N} are needed")))?;
        Ok(Some(numbers))
    }

    /// The values of all `count` features, `width` numbers each, of the type `implied` unless the reference says
    /// otherwise; `None` when the semantic is not there.
    ///
    /// # Errors
    /// It is there but cannot be read, or points outside the body.
    pub(super) fn array(
        &self,
        name: &'static str,
        implied: Component,
        width: usize,
        count: usize,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Option<Values<'a>>, DecodeError> {
        match self.json.get(name) {
            None | Some(Json::Null) => Ok(None),
            // The specification wants a reference here, but files with plain arrays exist and their sense is clear.
            Some(Json::Array(list)) => {
                let needed = width.checked_mul(count).filter(|n| *n == list.len());
                let numbers: Vec<f64> = list.iter().map_while(Json::as_f64).collect();
                if needed != Some(numbers.len()) {
                    return Err(self.malformed(name, format!("not {width} numbers for each of {count} features")));
                }
                let message = "the values are in the JSON where only a reference to the body is allowed; read";
                found.push(Diagnostic::new("feature-table-inline", name, message));
                let bytes = numbers.iter().flat_map(|v| v.to_le_bytes()).collect();
                Ok(Some(Values { bytes: Cow::Owned(bytes), component: Component::Double, width }))
            }
            Some(reference) => self.body(name, reference, implied, width, count, found).map(Some),
        }
    }

    /// What `POSITION_QUANTIZED` is relative to.
    ///
    /// # Errors
    /// It is missing or broken.
    pub(super) fn quantized_volume(&self) -> Result<QuantizedVolume, DecodeError> {
        let vector = |name| self.vector(name)?.ok_or_else(|| self.malformed(name, "missing".into()));
        let (offset, scale) = (vector("QUANTIZED_VOLUME_OFFSET")?, vector("QUANTIZED_VOLUME_SCALE")?);
        Ok(QuantizedVolume { offset, step: scale / 65535.0 })
    }

    fn body(
        &self,
        name: &'static str,
        reference: &Json,
        implied: Component,
        width: usize,
        count: usize,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Values<'a>, DecodeError> {
        let reference = Reference::deserialize(reference).map_err(|e| self.malformed(name, e.to_string()))?;
        let component = reference.component_type.unwrap_or(implied);
        if !reference.byte_offset.is_multiple_of(component.size()) {
            let message = format!(
                "byteOffset {} is not a multiple of the component's {} bytes; read all the same",
                reference.byte_offset,
                component.size()
            );
            found.push(Diagnostic::new("feature-table-alignment", name, message));
        }
        let end = width
            .checked_mul(component.size())
            .and_then(|size| size.checked_mul(count))
            .and_then(|length| length.checked_add(reference.byte_offset));
        let bytes = end.and_then(|end| self.binary.get(reference.byte_offset..end)).ok_or_else(|| {
            self.malformed(name, format!("{count} values do not fit into the body of {} bytes", self.binary.len()))
        })?;
        Ok(Values { bytes: Cow::Borrowed(bytes), component, width })
    }

    fn malformed(&self, name: &str, message: String) -> DecodeError {
        DecodeError::malformed(self.what, format!("{name}: {message}"))
    }
}

/// The JSON object of a table; nothing but padding (spaces, or the zero bytes that some writers use) is an empty one.
pub(super) fn object(json: &[u8]) -> Result<Map<String, Json>, serde_json::Error> {
    let padding = |b: &u8| b.is_ascii_whitespace() || *b == 0;
    let length = json.iter().rposition(|b| !padding(b)).map_or(0, |last| last + 1);
    match json.get(..length) {
        Some(text) if !text.is_empty() => serde_json::from_slice(text),
        _ => Ok(Map::new()),
    }
}

//! CityJSON 1.0, 1.1, 2.0 and CityJSONSeq, read as a city model.

mod document;
mod geometry;
mod objects;
mod source;

pub(crate) use objects::read;

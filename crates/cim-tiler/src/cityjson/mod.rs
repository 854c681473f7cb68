//! CityJSON 1.0, 1.1, 2.0 and CityJSONSeq, read as a city model.

mod appearance;
mod document;
mod geometry;
mod objects;
mod source;

#[cfg(test)]
mod tests;

pub(crate) use objects::read;

//! CityGML 1.0, 2.0 and 3.0, read as a city model: one member of the file at a time.
//!
//! All modules are read: buildings, bridges, tunnels, roads, water, vegetation, relief, furniture, land use, generics,
//! groups, other constructions, and the objects of application domain extensions. Thematic surfaces (roofs, walls,
//! windows, traffic areas) are surfaces of their object, not objects; what they say of themselves is in its attribute
//! `surfaces`.

mod address;
mod appearance;
mod attributes;
mod classes;
mod geometry;
mod georeference;
mod links;
mod objects;
mod parts;
mod rings;
mod texture;
mod xml;

#[cfg(test)]
mod appearance_tests;
#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod xml_tests;

use crate::{
    TilerError,
    citymodel::{CityModel, Opened, open},
    picture::Pictures,
};
use objects::Reading;
use xml::Document;

/// Reads a file.
///
/// # Errors
/// It is cut off, not well-formed, no CityGML or of an unknown version: with the line.
pub(crate) fn read(file: Opened) -> Result<CityModel, TilerError> {
    let path = file.path.clone();
    let reading = match parts::read(file, parts::PART) {
        Some(reading) => reading,
        None => whole(open(&path)?)?,
    };
    Ok(reading.finish(Pictures::beside(&path)))
}

/// Reads a file in one piece.
fn whole(file: Opened) -> Result<Reading, TilerError> {
    let mut document = Document::open(file)?;
    let mut reading = Reading::default();
    reading.system(&document.root);
    while let Some(child) = document.next()? {
        reading.child(child);
    }
    Ok(reading)
}

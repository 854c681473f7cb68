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
mod objects;
mod rings;
mod texture;
mod xml;

#[cfg(test)]
mod appearance_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod xml_tests;

use crate::{
    TilerError,
    citymodel::{CityModel, Opened},
    picture::Pictures,
};
use objects::Reading;
use xml::{Document, Space};

/// Reads a file.
///
/// # Errors
/// It is cut off, not well-formed, no CityGML or of an unknown version: with the line.
pub(crate) fn read(file: Opened) -> Result<CityModel, TilerError> {
    let pictures = Pictures::beside(&file.path);
    let mut document = Document::open(file)?;
    let mut reading = Reading::default();
    reading.system(&document.root);
    while let Some(child) = document.next()? {
        match (child.space, child.name.as_str()) {
            (Space::Gml, "boundedBy") => child.children.iter().for_each(|e| reading.system(e)),
            (Space::Gml, "name") if reading.model.title.is_none() => reading.model.title = Some(child.text),
            (Space::Gml, "featureMember" | "featureMembers")
            | (_, "cityObjectMember" | "member" | "appearanceMember") => {
                child.children.iter().for_each(|member| reading.member(member));
            }
            _ => {}
        }
    }
    Ok(reading.finish(pictures))
}

//! Addresses in xAL (OASIS CIQ), whichever of its many ways they are written.

use super::{
    attributes::insert,
    xml::{Element, Space},
};
use serde_json::{Map, Value};

/// The address as one line, its pieces in the order of the file; each piece becomes an attribute `address.…` as well.
pub(super) fn address(property: &Element, attributes: &mut Map<String, Value>) -> Option<String> {
    let mut pieces: Vec<(&str, &str)> = Vec::new();
    gather(property, &mut pieces);
    let mut parts = Map::new();
    for (name, text) in &pieces {
        insert(&mut parts, name, Value::String((*text).to_owned()));
    }
    if parts.is_empty() {
        return None;
    }
    insert(attributes, "address", Value::Object(parts));
    Some(pieces.iter().map(|p| p.1).collect::<Vec<_>>().join(" "))
}

fn gather<'a>(element: &'a Element, pieces: &mut Vec<(&'a str, &'a str)>) {
    if element.space == Space::Gml {
        return;
    }
    if !element.text.is_empty() {
        // xAL 3 has one name for many pieces and says in an attribute which it is.
        let name = element.attribute("Type").or_else(|| element.attribute("NameType")).unwrap_or(&element.name);
        pieces.push((name, &element.text));
    }
    element.children.iter().for_each(|c| gather(c, pieces));
}

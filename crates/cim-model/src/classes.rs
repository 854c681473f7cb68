//! Class dictionaries: what the codes of events mean. They are data with a version, differ from city to city, and are
//! never complete: a code that no dictionary has is shown by the name it came with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The event classes of GB/T 30428.2-2013.
const STANDARD: &str = include_str!("../../../data/event-classes.json");

/// One class of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventClass {
    /// Code, opaque; in the standard's dictionary four digits, two of them the major class.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// A dictionary as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassFile {
    /// Whose it is, such as `GB/T 30428.2`.
    pub dictionary: String,
    /// Its edition.
    pub version: String,
    /// Its classes.
    pub classes: Vec<EventClass>,
}

/// All classes that are known, by code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassDictionary(BTreeMap<String, EventClass>);

impl ClassDictionary {
    /// The standard's classes.
    #[must_use]
    pub fn standard() -> Self {
        let mut dictionary = Self::default();
        // The file is part of the program; were it broken, every code would be unknown, and said to be.
        if let Ok(file) = serde_json::from_str::<ClassFile>(STANDARD) {
            dictionary.extend(file.classes);
        }
        dictionary
    }

    /// Adds classes, a city's own for example. A code that is known already gets the new names.
    pub fn extend(&mut self, classes: impl IntoIterator<Item = EventClass>) {
        self.0.extend(classes.into_iter().map(|c| (c.code.clone(), c)));
    }

    /// The class of a code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&EventClass> {
        self.0.get(code)
    }

    /// All classes, by code.
    pub fn iter(&self) -> impl Iterator<Item = &EventClass> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_dictionary_is_whole() {
        let file: ClassFile = serde_json::from_str(STANDARD).unwrap();
        let standard = ClassDictionary::standard();
        assert_eq!(standard.iter().count(), file.classes.len());
        assert_eq!(
            standard.get("0504").map(|c| (c.zh.as_str(), c.en.as_str())),
            Some(("店外经营", "Out-of-shop business"))
        );
        assert!(standard.iter().all(|c| c.code.len() == 4 && !c.zh.is_empty() && c.en.is_ascii()));
        assert_eq!(standard.get("9999"), None);
    }

    #[test]
    fn a_city_adds_its_own_and_renames() {
        let mut dictionary = ClassDictionary::standard();
        let before = dictionary.iter().count();
        let class = |code: &str| EventClass { code: code.into(), zh: "甲".into(), en: "A".into() };
        dictionary.extend([class("2101"), class("0102")]);
        assert_eq!(dictionary.iter().count(), before + 1);
        assert_eq!(dictionary.get("0102").unwrap().zh, "甲");
    }
}

//! One property API over batch tables and property tables.

use super::{Value, batch_table::BatchTable, metadata::PropertyTable};

/// The features of one tile and their properties.
#[derive(Debug, Default)]
pub struct FeatureTable {
    source: Source,
}

#[derive(Debug, Default)]
enum Source {
    #[default]
    None,
    Batch(BatchTable),
    Property(PropertyTable),
}

impl FeatureTable {
    pub(super) fn from_batch(table: BatchTable) -> Self {
        Self { source: Source::Batch(table) }
    }

    pub(super) fn from_property(table: PropertyTable) -> Self {
        Self { source: Source::Property(table) }
    }

    /// How many features there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        match &self.source {
            Source::None => 0,
            Source::Batch(t) => t.count(),
            Source::Property(t) => t.count(),
        }
    }

    /// Names of the properties, sorted.
    #[must_use]
    pub fn property_names(&self) -> Vec<&str> {
        match &self.source {
            Source::None => Vec::new(),
            Source::Batch(t) => t.names(),
            Source::Property(t) => t.names(),
        }
    }

    /// One property of one feature; `None` when there is no such feature or property.
    #[must_use]
    pub fn get(&self, feature: u32, name: &str) -> Option<Value> {
        if feature >= self.count() {
            return None;
        }
        match &self.source {
            Source::None => None,
            Source::Batch(t) => t.get(feature, name),
            Source::Property(t) => t.get(feature, name),
        }
    }

    /// All properties of one feature.
    #[must_use]
    pub fn row(&self, feature: u32) -> Vec<(String, Value)> {
        self.property_names().into_iter().filter_map(|name| Some((name.to_owned(), self.get(feature, name)?))).collect()
    }

    /// Bytes that the tables take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match &self.source {
            Source::None => 0,
            Source::Batch(t) => t.byte_size(),
            Source::Property(t) => t.byte_size(),
        }
    }
}

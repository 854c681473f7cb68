//! One property API over batch tables and property tables.

use super::{BatchTable, PropertyTable, Value};
use std::collections::BTreeSet;

/// The features of one tile and their properties. A tile may have several tables: their features follow each other in
/// one numbering.
#[derive(Debug, Default)]
pub struct FeatureTable {
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    /// Feature of the table's first row.
    first: u32,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Batch(BatchTable),
    Property(PropertyTable),
}

impl Source {
    fn count(&self) -> u32 {
        match self {
            Self::Batch(t) => t.count(),
            Self::Property(t) => t.count(),
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Self::Batch(t) => t.names(),
            Self::Property(t) => t.names(),
        }
    }

    fn get(&self, row: u32, name: &str) -> Option<Value> {
        match self {
            Self::Batch(t) => t.get(row, name),
            Self::Property(t) => t.get(row, name),
        }
    }

    /// What [`Self::get`] has for each of [`Self::names`].
    fn row(&self, row: u32) -> Vec<(String, Value)> {
        match self {
            Self::Batch(t) => t.row(row),
            Self::Property(t) => {
                let names = t.names().into_iter();
                names.filter_map(|name| Some((name.to_owned(), t.get(row, name)?))).collect()
            }
        }
    }

    fn byte_size(&self) -> usize {
        match self {
            Self::Batch(t) => t.byte_size(),
            Self::Property(t) => t.byte_size(),
        }
    }
}

impl FeatureTable {
    /// Adds the rows of a batch table as further features; returns the first one's number.
    pub(crate) fn push_batch(&mut self, table: BatchTable) -> u32 {
        self.push(Source::Batch(table))
    }

    /// Adds the rows of a property table as further features; returns the first one's number.
    pub(crate) fn push_properties(&mut self, table: PropertyTable) -> u32 {
        self.push(Source::Property(table))
    }

    fn push(&mut self, source: Source) -> u32 {
        let first = self.count();
        self.segments.push(Segment { first, source });
        first
    }

    /// How many features there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.segments.last().map_or(0, |s| s.first.saturating_add(s.source.count()))
    }

    /// Names of the properties of all tables, sorted.
    #[must_use]
    pub fn property_names(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.segments.iter().flat_map(|s| s.source.names()).collect();
        names.into_iter().collect()
    }

    /// One property of one feature; `None` when there is no such feature or property.
    #[must_use]
    pub fn get(&self, feature: u32, name: &str) -> Option<Value> {
        let (segment, row) = self.locate(feature)?;
        segment.source.get(row, name)
    }

    /// All properties of one feature.
    #[must_use]
    pub fn row(&self, feature: u32) -> Vec<(String, Value)> {
        let Some((segment, row)) = self.locate(feature) else { return Vec::new() };
        segment.source.row(row)
    }

    /// Names of the feature's class and of its ancestors' classes, each once, the most specific first
    /// (`3DTILES_batch_table_hierarchy`); empty when the feature has no class.
    #[must_use]
    pub fn class_names(&self, feature: u32) -> Vec<&str> {
        match self.locate(feature) {
            Some((Segment { source: Source::Batch(table), .. }, row)) => table.class_names(row),
            _ => Vec::new(),
        }
    }

    /// Whether the feature's class or that of any of its ancestors has this name.
    #[must_use]
    pub fn is_class(&self, feature: u32, name: &str) -> bool {
        self.class_names(feature).contains(&name)
    }

    fn locate(&self, feature: u32) -> Option<(&Segment, u32)> {
        let after = self.segments.partition_point(|s| s.first <= feature);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let row = feature - segment.first;
        (row < segment.source.count()).then_some((segment, row))
    }

    /// Bytes that the tables take.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.segments.iter().map(|s| s.source.byte_size()).sum()
    }
}

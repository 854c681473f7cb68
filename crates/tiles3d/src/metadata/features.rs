//! One property API over batch tables and property tables.

use super::{BatchTable, PropertyTable, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The features of one tile and their properties. A tile may have several tables: their features follow each other in
/// one numbering.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct FeatureTable {
    segments: Vec<Segment>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Segment {
    /// Feature of the table's first row.
    first: u32,
    source: Source,
}

#[derive(Debug, Serialize, Deserialize)]
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
        let names = segment.source.names();
        names.into_iter().filter_map(|name| Some((name.to_owned(), segment.source.get(row, name)?))).collect()
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

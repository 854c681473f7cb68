//! One property API over batch tables and property tables.

use super::{BatchTable, ClassInfo, PropertyInfo, PropertyTable, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The features of one tile and their properties. A tile may have several tables: their features follow each other in
/// one numbering, and row `r` of a table is its first feature plus `r`.
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
    /// Features without properties.
    Bare(Bare),
}

/// Features of which nothing but their ids is known.
#[derive(Debug, Serialize, Deserialize)]
struct Bare {
    count: u32,
    /// The file's ids where they are not simply counted from 0.
    #[serde(with = "crate::transfer::pod")]
    ids: Vec<u32>,
}

impl Source {
    fn count(&self) -> u32 {
        match self {
            Self::Batch(t) => t.count(),
            Self::Property(t) => t.count(),
            Self::Bare(b) => b.count,
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Self::Batch(t) => t.names(),
            Self::Property(t) => t.names(),
            Self::Bare(_) => Vec::new(),
        }
    }

    fn get(&self, row: u32, name: &str) -> Option<Value> {
        match self {
            Self::Batch(t) => t.get(row, name),
            Self::Property(t) => t.get(row, name),
            Self::Bare(_) => None,
        }
    }

    /// What [`Self::get`] has for each of [`Self::names`].
    fn row(&self, row: u32) -> Vec<(String, Value)> {
        match self {
            Self::Batch(t) => t.row(row),
            Self::Property(t) => t.row(row),
            Self::Bare(_) => Vec::new(),
        }
    }

    /// Appends a number for every row, `NaN` for none; says whether there is such a property.
    fn fill(&self, name: &str, out: &mut Vec<f64>) -> bool {
        let end = out.len().saturating_add(self.count() as usize);
        let known = match self {
            Self::Batch(t) => {
                let known = t.names().contains(&name);
                if known {
                    let number = |row| t.get(row, name).and_then(|v| v.as_f64()).unwrap_or(f64::NAN);
                    out.extend((0..t.count()).map(number));
                }
                known
            }
            Self::Property(t) => t.fill(name, out),
            Self::Bare(_) => false,
        };
        out.resize(end, f64::NAN);
        known
    }

    fn table(&self) -> Option<&PropertyTable> {
        match self {
            Self::Property(t) => Some(t),
            _ => None,
        }
    }

    fn byte_size(&self) -> usize {
        match self {
            Self::Batch(t) => t.byte_size(),
            Self::Property(t) => t.byte_size(),
            Self::Bare(b) => b.ids.len() * size_of::<u32>(),
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

    /// Adds `count` features without properties; returns the first one's number. `ids` are their ids in the file, empty
    /// when these count from 0.
    pub(crate) fn push_bare(&mut self, count: u32, ids: Vec<u32>) -> u32 {
        self.push(Source::Bare(Bare { count, ids }))
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
        self.locate(feature).map(|(segment, row)| segment.source.row(row)).unwrap_or_default()
    }

    /// Puts the numbers of a property of all features into `out`, one for each feature, in place of what was there:
    /// `NaN` where a feature does not have the property or where it is no number. `false` when no feature has it.
    pub fn fill_numbers(&self, name: &str, out: &mut Vec<f64>) -> bool {
        out.clear();
        let mut known = false;
        for segment in &self.segments {
            known |= segment.source.fill(name, out);
        }
        known
    }

    /// [`Self::fill_numbers`] into an array of its own; `None` when no feature has the property.
    #[must_use]
    pub fn column_f64(&self, name: &str) -> Option<Vec<f64>> {
        let mut out = Vec::new();
        self.fill_numbers(name, &mut out).then_some(out)
    }

    /// The id of the feature's class: in the schema, or in the hierarchy of a batch table.
    #[must_use]
    pub fn class_name(&self, feature: u32) -> Option<&str> {
        self.class_names(feature).into_iter().next()
    }

    /// What the schema says of the feature's class.
    #[must_use]
    pub fn class_info(&self, feature: u32) -> Option<&ClassInfo> {
        self.locate(feature)?.0.source.table().map(PropertyTable::class)
    }

    /// What the schema says of a property of a feature.
    #[must_use]
    pub fn property_info(&self, feature: u32, name: &str) -> Option<&PropertyInfo> {
        self.locate(feature)?.0.source.table()?.info(name)
    }

    /// The semantic of a property, from the first table that gives it one.
    #[must_use]
    pub fn semantic(&self, name: &str) -> Option<&str> {
        let tables = self.segments.iter().filter_map(|s| s.source.table());
        tables.filter_map(|t| t.info(name)).find_map(|info| info.semantic.as_deref())
    }

    /// The property of a feature that has a semantic, such as `NAME` or `ID`.
    #[must_use]
    pub fn property_by_semantic(&self, feature: u32, semantic: &str) -> Option<Value> {
        let (segment, row) = self.locate(feature)?;
        let table = segment.source.table()?;
        table.get(row, table.by_semantic(semantic)?)
    }

    /// The id that the file gives the feature: the row of its table, or the feature id of a set without a table.
    #[must_use]
    pub fn id_in_file(&self, feature: u32) -> Option<u32> {
        let (segment, row) = self.locate(feature)?;
        match &segment.source {
            Source::Bare(b) if !b.ids.is_empty() => b.ids.get(row as usize).copied(),
            _ => Some(row),
        }
    }

    /// The ids, sorted, of the set without a table whose first feature is `first`; empty when they are counted from 0.
    pub(crate) fn bare_ids(&self, first: u32) -> &[u32] {
        match self.locate(first) {
            Some((Segment { source: Source::Bare(bare), .. }, 0)) => &bare.ids,
            _ => &[],
        }
    }

    /// The feature that an id of the file stands for, in the table or set whose first feature is `first`.
    pub(crate) fn number_of(&self, first: u32, id: u32) -> Option<u32> {
        let (segment, _) = self.locate(first).filter(|(_, row)| *row == 0)?;
        let row = match &segment.source {
            Source::Bare(b) if !b.ids.is_empty() => u32::try_from(b.ids.binary_search(&id).ok()?).ok()?,
            _ => id,
        };
        (row < segment.source.count()).then(|| first.saturating_add(row))
    }

    /// Names of the feature's class and of its ancestors' classes, each once, the most specific first
    /// (`3DTILES_batch_table_hierarchy`); of a property table just its class. Empty when the feature has no class.
    #[must_use]
    pub fn class_names(&self, feature: u32) -> Vec<&str> {
        let Some((segment, row)) = self.locate(feature) else { return Vec::new() };
        match &segment.source {
            Source::Batch(table) => table.class_names(row),
            Source::Property(table) => vec![table.class().id.as_str()],
            Source::Bare(_) => Vec::new(),
        }
    }

    /// Whether the feature's class or that of any of its ancestors has this name.
    #[must_use]
    pub fn is_class(&self, feature: u32, name: &str) -> bool {
        self.class_names(feature).contains(&name)
    }

    fn locate(&self, feature: u32) -> Option<(&Segment, u32)> {
        // Of empty tables at the same place the last one is meant: the others have no rows.
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

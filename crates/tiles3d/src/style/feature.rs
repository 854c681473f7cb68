//! What a style can be applied to: one feature, or a table of them.

use super::Value;
use super::column::{Column, ColumnBuilder};
use crate::FeatureTable;
use std::borrow::Cow;

/// Features that a table may have beyond one for each bit of its bytes, for properties that are defaults everywhere.
const FREE_ROWS: usize = 1 << 16;

/// One thing that a style is evaluated for: a feature of a tile, a point, a vehicle of a live layer.
pub trait StyleFeature {
    /// A property by its name; `None` when there is none, which expressions see as `undefined`.
    ///
    /// Points give `POSITION`, `POSITION_ABSOLUTE`, `COLOR` and `NORMAL` as vectors (specification, "Point Cloud").
    fn property(&self, name: &str) -> Option<Value>;

    /// The class of the feature, followed by the classes above it (`3DTILES_batch_table_hierarchy`), for
    /// `isExactClass`, `isClass` and `getExactClassName`.
    fn classes(&self) -> Cow<'_, [String]> {
        Cow::Borrowed(&[])
    }

    /// Seconds since the tileset was loaded, for `${tiles3d_tileset_time}`.
    fn time(&self) -> f64 {
        0.0
    }
}

/// Many features of one kind, whose properties are read a column at a time.
pub trait StyleTable {
    /// How many features there are.
    fn count(&self) -> u32;

    /// All values of one property; features beyond the column's end do not have it. `None` when no feature has it.
    fn column(&self, name: &str) -> Option<Column>;

    /// For each feature its class, followed by the classes above it (see [`StyleFeature::classes`]); features beyond the
    /// end have none.
    fn classes(&self) -> Vec<Vec<String>> {
        Vec::new()
    }
}

/// A column whose values are all arrays of two, three or four numbers is a column of vectors; any other array stays one.
impl StyleTable for FeatureTable {
    fn count(&self) -> u32 {
        FeatureTable::count(self)
    }

    fn column(&self, name: &str) -> Option<Column> {
        if !self.property_names().contains(&name) {
            return None;
        }
        // A file may claim any number of features; those beyond what its bytes can hold have no values.
        let held = self.byte_size().saturating_mul(8).saturating_add(FREE_ROWS);
        let rows = FeatureTable::count(self).min(u32::try_from(held).unwrap_or(u32::MAX));
        let mut column = ColumnBuilder::default();
        for feature in 0..rows {
            match self.get(feature, name) {
                Some(value) => column.push_property(value),
                None => column.push(Value::Undefined),
            }
        }
        Some(column.finish())
    }
}

/// One feature of a tile's table. Arrays of two, three or four numbers are vectors.
#[derive(Debug, Clone, Copy)]
pub struct TableFeature<'t> {
    /// The table.
    pub table: &'t FeatureTable,
    /// The feature's number in it.
    pub feature: u32,
}

impl StyleFeature for TableFeature<'_> {
    fn property(&self, name: &str) -> Option<Value> {
        self.table.get(self.feature, name).map(|value| Value::of_property(value, true))
    }
}

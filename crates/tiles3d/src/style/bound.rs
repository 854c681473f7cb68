//! A style bound to the columns of a table.

use super::color::byte;
use super::column::Column;
use super::error::EvaluationError;
use super::feature::StyleTable;
use super::look::{self, FeatureStyle, or_default};
use super::node::Row;
use super::numeric::{BLOCK, Env, Num, Test};
use super::program::{BLANK, Paint, Program, Scratch};
use super::regexp::{Patterns, RegExp};
use super::sheet::{Rule, Sheet};
use super::value::Value;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A style with the columns that its look needs. It holds copies, so that it outlives the table.
#[derive(Debug)]
pub struct BoundStyle {
    sheet: Arc<Sheet>,
    count: usize,
    /// One for each property of the look.
    columns: Vec<Column>,
    /// For each feature its classes; empty when the look does not ask for them.
    classes: Vec<Vec<String>>,
    time: f64,
    show: Plan<Test>,
    color: Plan<Paint>,
    point_size: Plan<Num>,
    patterns: Mutex<Patterns>,
    failures: AtomicU64,
    first_failure: OnceLock<String>,
}

/// How a rule is evaluated for all rows.
#[derive(Debug)]
enum Plan<V> {
    /// There is no such rule.
    Absent,
    /// Over whole columns, but for the rows given, in order, and for all from a row on.
    Columns(Program<V>, Vec<u32>, usize),
    /// Row by row.
    Rows,
}

impl<V> Plan<V> {
    fn new(rule: Option<&Rule>, columns: &[Column], lower: fn(&Rule, &[Column]) -> Option<Program<V>>) -> Self {
        let Some(rule) = rule else { return Self::Absent };
        let Some(program) = lower(rule, columns) else { return Self::Rows };
        let mut used = vec![false; columns.len()];
        for node in rule.nodes() {
            node.visit(&mut |node| {
                if let super::node::Node::Property(index) = node
                    && let Some(used) = used.get_mut(*index)
                {
                    *used = true;
                }
            });
        }
        let used = || columns.iter().zip(&used).filter(|(_, used)| **used).map(|(column, _)| column);
        let mut odd: Vec<u32> = used().flat_map(Column::odd).collect();
        odd.sort_unstable();
        odd.dedup();
        let limit = used().filter(|column| !column.is_absent()).map(Column::len).min().unwrap_or(usize::MAX);
        Self::Columns(program, odd, limit)
    }

    /// The program for a block of rows, and the rows of it that need the interpreter.
    fn block(&self, rows: &Range<usize>) -> (Option<&Program<V>>, impl Iterator<Item = usize> + use<'_, V>) {
        let (program, odd, all) = match self {
            Self::Absent => (None, &[][..], 0..0),
            Self::Columns(program, odd, limit) => {
                let from = odd.partition_point(|row| (*row as usize) < rows.start);
                let to = odd.partition_point(|row| (*row as usize) < rows.end.min(*limit));
                (Some(program), odd.get(from..to).unwrap_or_default(), rows.start.max(*limit)..rows.end)
            }
            Self::Rows => (None, &[][..], rows.clone()),
        };
        (program, odd.iter().map(|row| *row as usize).chain(all))
    }
}

/// Failed evaluations of a [`BoundStyle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyleFailures {
    /// How many there were.
    pub count: u64,
    /// What the first one says.
    pub first: String,
    /// Whether one failed for want of a regular expression that was not compiled: there were as many as
    /// [`super::limits`] allow.
    pub patterns_spent: bool,
}

impl BoundStyle {
    pub(super) fn new<T: StyleTable + ?Sized>(sheet: Arc<Sheet>, table: &T) -> Self {
        let count = table.count() as usize;
        let names = sheet.properties.iter().take(sheet.look_properties);
        let columns: Vec<Column> = names.map(|name| table.column(name).unwrap_or_else(Column::absent)).collect();
        let classes = if sheet.asks_classes { table.classes() } else { Vec::new() };
        Self {
            show: Plan::new(sheet.show.as_ref(), &columns, Program::show),
            color: Plan::new(sheet.color.as_ref(), &columns, Program::color),
            point_size: Plan::new(sheet.point_size.as_ref(), &columns, Program::point_size),
            sheet,
            count,
            columns,
            classes,
            time: 0.0,
            patterns: Mutex::default(),
            failures: AtomicU64::new(0),
            first_failure: OnceLock::new(),
        }
    }

    /// How many features there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count as u32
    }

    /// Sets the seconds since the tileset was loaded, `${tiles3d_tileset_time}`; 0 before the first call.
    pub fn set_time(&mut self, seconds: f64) {
        self.time = seconds;
    }

    /// The look of one feature; the default look beyond the last.
    #[must_use]
    pub fn evaluate(&self, feature: u32) -> FeatureStyle {
        if feature as usize >= self.count {
            return FeatureStyle::default();
        }
        FeatureStyle::evaluate(&self.sheet, &self.row(feature as usize), &mut |error| self.failed(&error))
    }

    /// Writes the texels of a state texture: for each feature its sRGB colour and opacity in bytes, white and opaque
    /// where the style leaves the colour alone, with an opacity of 0 where the feature is hidden.
    ///
    /// Stops at the last feature or the last texel, whichever comes first.
    pub fn apply(&self, out: &mut [[u8; 4]]) {
        let mut scratch = Scratch::default();
        let env = Env { columns: &self.columns, time: self.time };
        let count = self.count.min(out.len());
        let mut failed = |error| self.failed(&error);
        for (number, texels) in out.chunks_mut(BLOCK).enumerate() {
            let start = number * BLOCK;
            let rows = start..count.min(start + texels.len());
            if rows.is_empty() {
                break;
            }
            let (program, single) = self.color.block(&rows);
            match program {
                Some(program) => program.paint(&env, &rows, texels, &mut scratch),
                None => texels.iter_mut().take(rows.len()).for_each(|texel| *texel = BLANK),
            }
            for row in single {
                let color = or_default(look::color(&self.sheet, &self.row(row)), None, &mut failed);
                if let Some(texel) = texels.get_mut(row - start) {
                    *texel = color.map_or(BLANK, |rgba| rgba.map(byte));
                }
            }
            let (program, single) = self.show.block(&rows);
            let single: Vec<usize> = single.collect();
            // Rows that the program cannot judge keep their opacity until they are judged alone.
            let opacity = |row: &usize| texels.get(row - start).map_or(0, |texel| texel[3]);
            let before: Vec<u8> = single.iter().map(opacity).collect();
            if let Some(program) = program {
                program.hide(&env, &rows, texels, &mut scratch);
            }
            for (row, opacity) in single.into_iter().zip(before) {
                let show = or_default(look::show(&self.sheet, &self.row(row)), true, &mut failed);
                if let Some(texel) = texels.get_mut(row - start) {
                    texel[3] = if show { opacity } else { 0 };
                }
            }
        }
    }

    /// Writes the diameters of points in pixels; NaN where the style leaves the size alone.
    ///
    /// Stops at the last feature or the last place, whichever comes first.
    pub fn point_sizes(&self, out: &mut [f32]) {
        let mut scratch = Scratch::default();
        let env = Env { columns: &self.columns, time: self.time };
        let count = self.count.min(out.len());
        for (number, sizes) in out.chunks_mut(BLOCK).enumerate() {
            let start = number * BLOCK;
            let rows = start..count.min(start + sizes.len());
            if rows.is_empty() {
                break;
            }
            let (program, single) = self.point_size.block(&rows);
            match program {
                Some(program) => program.sizes(&env, &rows, sizes, &mut scratch),
                None => sizes.iter_mut().take(rows.len()).for_each(|size| *size = f32::NAN),
            }
            for row in single {
                let result = look::point_size(&self.sheet, &self.row(row));
                let value = or_default(result, None, &mut |error| self.failed(&error));
                if let Some(size) = sizes.get_mut(row - start) {
                    *size = value.map_or(f32::NAN, |size| size as f32);
                }
            }
        }
    }

    /// The evaluations that failed since the style was bound: their number and the first message. Features whose
    /// evaluation fails keep their default look.
    #[must_use]
    pub fn errors(&self) -> Option<StyleFailures> {
        let first = self.first_failure.get()?.clone();
        let patterns_spent = self.patterns().are_spent();
        Some(StyleFailures { count: self.failures.load(Ordering::Relaxed), first, patterns_spent })
    }

    /// Bytes that the columns take, roughly.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.columns.iter().map(Column::byte_size).sum()
    }

    fn failed(&self, error: &EvaluationError) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.first_failure.get_or_init(|| error.to_string());
    }

    fn patterns(&self) -> MutexGuard<'_, Patterns> {
        // A pattern is added as a whole or not at all.
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn row(&self, row: usize) -> BoundRow<'_> {
        BoundRow { style: self, row }
    }
}

struct BoundRow<'a> {
    style: &'a BoundStyle,
    row: usize,
}

impl Row for BoundRow<'_> {
    fn property(&self, index: usize) -> Value {
        self.style.columns.get(index).map_or(Value::Undefined, |column| column.get(self.row))
    }

    fn time(&self) -> f64 {
        self.style.time
    }

    fn classes(&self) -> &[String] {
        self.style.classes.get(self.row).map_or(&[], Vec::as_slice)
    }
    fn regexp(&self, pattern: &str, flags: &str) -> Result<Arc<RegExp>, String> {
        self.style.patterns().get(pattern, flags)
    }
}

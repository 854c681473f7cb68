//! Columns: all values of one property, packed by type.

use super::Value;
use super::value::{Vector, vector_of};
use crate::metadata;
use std::collections::HashMap;
use std::sync::Arc;

/// All values of one property of a table.
#[derive(Debug, Clone)]
pub struct Column {
    data: Data,
    /// Rows whose value is of another type than the others, in order. Their place in `data` holds a stand-in.
    odd: Vec<(u32, Value)>,
}

/// The packed values.
#[derive(Debug, Clone)]
pub(super) enum Data {
    /// No value of a type that can be packed so far; so many rows.
    Blank(usize),
    Numbers(Vec<f64>),
    Bools(Vec<bool>),
    /// For each row the number of its text.
    Texts(Vec<u32>, Vec<Arc<str>>),
    Vectors(Vec<Vector>),
    Values(Vec<Value>),
}

impl Data {
    fn rows(&self) -> usize {
        match self {
            Self::Blank(rows) => *rows,
            Self::Numbers(v) => v.len(),
            Self::Bools(v) => v.len(),
            Self::Texts(codes, _) => codes.len(),
            Self::Vectors(v) => v.len(),
            Self::Values(v) => v.len(),
        }
    }
}

impl Column {
    /// A column of numbers.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self { data: Data::Numbers(values), odd: Vec::new() }
    }

    /// A column of booleans.
    #[must_use]
    pub fn bools(values: Vec<bool>) -> Self {
        Self { data: Data::Bools(values), odd: Vec::new() }
    }

    /// A column of vectors or colours.
    #[must_use]
    pub fn vectors(values: Vec<Vector>) -> Self {
        Self { data: Data::Vectors(values), odd: Vec::new() }
    }

    /// A column of any values, packed by the type of the first that has one; without those at the end that are
    /// `undefined`.
    pub fn values(values: impl IntoIterator<Item = Value>) -> Self {
        let mut builder = ColumnBuilder::default();
        values.into_iter().for_each(|value| builder.push(value));
        builder.finish()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data.rows()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row; `undefined` beyond the end.
    #[must_use]
    pub fn get(&self, row: usize) -> Value {
        if !self.odd.is_empty()
            && let Ok(at) = self.odd.binary_search_by_key(&row, |(row, _)| *row as usize)
        {
            return self.odd.get(at).map_or(Value::Undefined, |(_, value)| value.clone());
        }
        let value = match &self.data {
            Data::Blank(_) => None,
            Data::Numbers(v) => v.get(row).map(|x| Value::Number(*x)),
            Data::Bools(v) => v.get(row).map(|b| Value::Bool(*b)),
            Data::Texts(codes, texts) => {
                codes.get(row).and_then(|c| texts.get(*c as usize)).map(|t| Value::String(Arc::clone(t)))
            }
            Data::Vectors(v) => v.get(row).map(|v| Value::Vector(*v)),
            Data::Values(v) => v.get(row).cloned(),
        };
        value.unwrap_or(Value::Undefined)
    }

    /// The column of a property that no feature has.
    pub(super) fn absent() -> Self {
        Self { data: Data::Blank(0), odd: Vec::new() }
    }

    /// Bytes that the column takes, roughly.
    pub(super) fn byte_size(&self) -> usize {
        let data = match &self.data {
            Data::Blank(_) => 0,
            Data::Numbers(v) => v.len() * size_of::<f64>(),
            Data::Bools(v) => v.len(),
            Data::Texts(codes, texts) => codes.len() * 4 + texts.iter().map(|t| t.len() + 32).sum::<usize>(),
            Data::Vectors(v) => v.len() * size_of::<Vector>(),
            Data::Values(v) => v.len() * size_of::<Value>(),
        };
        data + self.odd.len() * size_of::<(u32, Value)>()
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    /// Whether no row has a value, not even `null`.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.data, Data::Blank(_)) && self.odd.is_empty()
    }

    /// The rows of other types, in order.
    pub(super) fn odd(&self) -> impl Iterator<Item = u32> + '_ {
        self.odd.iter().map(|(row, _)| *row)
    }
}

/// Packs values as they come.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    data: Data,
    odd: Vec<(u32, Value)>,
    codes: HashMap<Arc<str>, u32>,
    /// Rows without the property since the last one with it; those at the end need no place.
    gap: u32,
    /// Whether vectors in `data` may have been arrays in the file.
    guessed: bool,
}

impl Default for ColumnBuilder {
    fn default() -> Self {
        Self { data: Data::Blank(0), odd: Vec::new(), codes: HashMap::new(), gap: 0, guessed: false }
    }
}

impl ColumnBuilder {
    /// Adds a property's value; an array of two to four numbers is taken for a vector as long as all others are too.
    pub(super) fn push_property(&mut self, value: metadata::Value) {
        if !matches!(value, metadata::Value::Array(_)) {
            return self.push(value.into());
        }
        let vector = vector_of(&value);
        match (&self.data, vector) {
            (Data::Blank(_), Some(vector)) => {
                self.guessed = true;
                self.push(Value::Vector(vector));
            }
            (Data::Vectors(before), Some(vector))
                if before.first().is_none_or(|b| b.as_slice().len() == vector.as_slice().len()) =>
            {
                self.push(Value::Vector(vector));
            }
            _ => {
                self.arrays();
                self.push(value.into());
            }
        }
    }

    /// Takes the vectors for what they were in the file: arrays.
    fn arrays(&mut self) {
        if let Data::Vectors(vectors) = &self.data
            && self.guessed
        {
            let array = |v: &Vector| Value::Array(v.as_slice().iter().map(|x| Value::Number(*x)).collect());
            self.data = Data::Values(vectors.iter().map(array).collect());
            self.guessed = false;
        }
    }

    /// Adds a value.
    pub(super) fn push(&mut self, value: Value) {
        if matches!(value, Value::Undefined) {
            self.gap = self.gap.saturating_add(1);
            return;
        }
        for _ in 0..std::mem::take(&mut self.gap) {
            self.place(Value::Undefined);
        }
        self.place(value);
    }

    fn place(&mut self, value: Value) {
        if let Data::Blank(rows) = self.data {
            self.data = match &value {
                Value::Number(_) => Data::Numbers(vec![f64::NAN; rows]),
                Value::Bool(_) => Data::Bools(vec![false; rows]),
                Value::String(_) => Data::Texts(vec![0; rows], Vec::new()),
                Value::Vector(v) => Data::Vectors(vec![*v; rows]),
                Value::Array(_) | Value::Object(_) | Value::RegExp(_) => Data::Values(vec![Value::Undefined; rows]),
                Value::Undefined | Value::Null => Data::Blank(rows),
            };
        }
        let row = self.data.rows() as u32;
        match (&mut self.data, value) {
            (Data::Numbers(v), Value::Number(x)) => v.push(x),
            (Data::Bools(v), Value::Bool(b)) => v.push(b),
            (Data::Texts(codes, texts), Value::String(text)) => {
                let next = texts.len() as u32;
                let code = *self.codes.entry(Arc::clone(&text)).or_insert(next);
                if code == next {
                    texts.push(text);
                }
                codes.push(code);
            }
            (Data::Vectors(v), Value::Vector(x)) => v.push(x),
            (Data::Values(v), value) => v.push(value),
            (data, value) => {
                match data {
                    Data::Blank(rows) => *rows += 1,
                    Data::Numbers(v) => v.push(f64::NAN),
                    Data::Bools(v) => v.push(false),
                    Data::Texts(codes, _) => codes.push(0),
                    Data::Vectors(v) => v.push(v.first().copied().unwrap_or(Vector::rgba([0.0; 4]))),
                    Data::Values(_) => {}
                }
                self.odd.push((row, value));
            }
        }
    }

    pub(super) fn finish(self) -> Column {
        Column { data: self.data, odd: self.odd }
    }
}

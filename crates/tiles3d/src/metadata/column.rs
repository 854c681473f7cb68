//! A column of a property table: its bytes, and the values in them.

use super::{
    PropertyInfo, Value,
    property::{PropertyType, Shape},
    scalar::Scalar,
};
use crate::wide;
use serde::{Deserialize, Serialize};

/// Arrays of more elements than this are not given out: a bit in the file would become many bytes in memory.
pub(super) const LONGEST_ARRAY: usize = 1 << 20;

/// One property of all rows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) info: PropertyInfo,
    pub(super) kind: PropertyType,
    /// The table has no bytes for it: every row has the default.
    pub(super) absent: bool,
    #[serde(with = "crate::transfer::pod")]
    pub(super) values: Vec<u8>,
    pub(super) array_offsets: Option<Offsets>,
    pub(super) string_offsets: Option<Offsets>,
}

/// Where elements begin, and where the last one ends.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Offsets {
    kind: Scalar,
    #[serde(with = "crate::transfer::pod")]
    bytes: Vec<u8>,
}

/// [`Offsets`] still in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct OffsetsIn<'a> {
    pub(super) kind: Scalar,
    pub(super) bytes: &'a [u8],
}

/// The bytes of a column still in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnIn<'a> {
    pub(super) values: &'a [u8],
    pub(super) array_offsets: Option<OffsetsIn<'a>>,
    pub(super) string_offsets: Option<OffsetsIn<'a>>,
}

impl OffsetsIn<'_> {
    fn len(&self) -> usize {
        self.bytes.len() / self.kind.size()
    }

    /// The elements that can be between them.
    fn gaps(&self) -> usize {
        self.len().saturating_sub(1)
    }

    fn get(&self, index: usize) -> Option<usize> {
        match self.kind.read(self.bytes, index)? {
            Value::UInt(n) => usize::try_from(n).ok(),
            _ => None,
        }
    }

    /// The first `count` of them.
    fn own(&self, count: usize) -> Offsets {
        let bytes = count.saturating_mul(self.kind.size()).min(self.bytes.len());
        Offsets { kind: self.kind, bytes: self.bytes.get(..bytes).unwrap_or_default().to_vec() }
    }
}

impl Offsets {
    fn borrow(&self) -> OffsetsIn<'_> {
        OffsetsIn { kind: self.kind, bytes: &self.bytes }
    }

    /// Where element `index` begins and ends; `None` when it ends before it begins or there is none.
    #[inline]
    pub(super) fn range(&self, index: usize) -> Option<(usize, usize)> {
        let offsets = self.borrow();
        let (start, end) = (offsets.get(index)?, offsets.get(index.checked_add(1)?)?);
        (start <= end).then_some((start, end))
    }
}

impl Offsets {
    /// How many of the elements between them end before they begin or beyond `length`. As [`Self::range`] tells it of each,
    /// and much faster.
    pub(super) fn broken(&self, length: usize) -> usize {
        fn count<const SIZE: usize, T: Copy + Ord + Into<u64>>(
            bytes: &[u8],
            read: impl Fn([u8; SIZE]) -> T,
            length: u64,
        ) -> usize {
            let offsets = bytes.as_chunks::<SIZE>().0;
            let pairs = offsets.iter().zip(offsets.get(1..).unwrap_or_default());
            // Where none goes down the last is the largest.
            let down = wide::bits(pairs.clone(), |(a, b)| u32::from(read(*a) > read(*b)));
            if down == 0 && offsets.last().is_none_or(|last| read(*last).into() <= length) {
                return 0;
            }
            pairs.map(|(a, b)| (read(*a), read(*b).into())).filter(|(a, b)| (*a).into() > *b || *b > length).count()
        }
        let length = length as u64;
        match self.kind {
            Scalar::U8 => count(&self.bytes, u8::from_le_bytes, length),
            Scalar::U16 => count(&self.bytes, u16::from_le_bytes, length),
            Scalar::U32 => count(&self.bytes, u32::from_le_bytes, length),
            Scalar::U64 => count(&self.bytes, u64::from_le_bytes, length),
            // No other type can hold offsets; there is nothing between them then.
            _ => self.borrow().gaps(),
        }
    }
}

impl ColumnIn<'_> {
    /// How many rows the bytes are enough for.
    pub(super) fn rows(&self, kind: &PropertyType) -> usize {
        let elements = match self.string_offsets {
            Some(offsets) => offsets.gaps(),
            None => kind.elements_in(self.values.len()),
        };
        match kind.shape {
            Shape::Single => elements,
            Shape::Fixed(n) => elements / n.max(1),
            Shape::Variable => self.array_offsets.map_or(0, |o| o.gaps()),
        }
    }

    /// Takes the bytes of the first `rows` rows along.
    pub(super) fn own(&self, info: PropertyInfo, kind: PropertyType, rows: usize) -> Column {
        let all = usize::MAX;
        let elements = match (kind.shape, self.array_offsets) {
            (Shape::Single, _) => rows,
            (Shape::Fixed(n), _) => rows.saturating_mul(n),
            // Offsets that go down are found out later; then everything is kept.
            (Shape::Variable, Some(offsets)) => offsets.get(rows).unwrap_or(all),
            (Shape::Variable, None) => all,
        };
        let bytes = match self.string_offsets {
            Some(offsets) => offsets.get(elements).unwrap_or(all),
            None => kind.bytes_of(elements),
        };
        Column {
            values: self.values.get(..bytes).unwrap_or(self.values).to_vec(),
            array_offsets: self.array_offsets.map(|o| o.own(rows.saturating_add(1))),
            string_offsets: self.string_offsets.map(|o| o.own(elements.saturating_add(1))),
            info,
            kind,
            absent: false,
        }
    }
}

impl Column {
    /// A column of which the table has nothing.
    pub(super) fn absent(info: PropertyInfo, kind: PropertyType) -> Self {
        Self { info, kind, absent: true, values: Vec::new(), array_offsets: None, string_offsets: None }
    }

    /// The value of a row as it is meant.
    pub(super) fn get(&self, row: usize) -> Value {
        if self.absent { self.kind.missing() } else { self.kind.finish(self.raw(row)) }
    }

    /// The value of a row as it is in the file; `None` when its bytes are missing.
    pub(super) fn raw(&self, row: usize) -> Option<Value> {
        let (start, end) = match self.kind.shape {
            Shape::Single => return self.element(row),
            Shape::Fixed(n) => (row.checked_mul(n)?, row.checked_add(1)?.checked_mul(n)?),
            Shape::Variable => self.array_offsets.as_ref()?.range(row)?,
        };
        if end - start > LONGEST_ARRAY || end > self.elements() {
            return None;
        }
        (start..end).map(|i| self.element(i)).collect::<Option<_>>().map(Value::Array)
    }

    /// How many elements there are bytes for.
    pub(super) fn elements(&self) -> usize {
        match &self.string_offsets {
            Some(offsets) => offsets.borrow().gaps(),
            None => self.kind.elements_in(self.values.len()),
        }
    }

    fn element(&self, index: usize) -> Option<Value> {
        if self.kind.scalar != Scalar::Text {
            return self.kind.element(&self.values, index);
        }
        let (start, end) = self.string_offsets.as_ref()?.range(index)?;
        Some(Value::String(String::from_utf8_lossy(self.values.get(start..end)?).into_owned()))
    }

    /// Appends the numbers of `rows` rows; `NaN` where there is none.
    pub(super) fn fill(&self, rows: usize, out: &mut Vec<f64>) {
        if self.absent {
            let number = self.kind.missing().as_f64().unwrap_or(f64::NAN);
            out.resize(out.len().saturating_add(rows), number);
        } else {
            self.kind.fill(&self.values, rows, out);
        }
    }

    /// Bytes that it takes.
    pub(super) fn byte_size(&self) -> usize {
        let offsets = |o: &Option<Offsets>| o.as_ref().map_or(0, |o| o.bytes.len());
        let bytes = self.values.len() + offsets(&self.array_offsets) + offsets(&self.string_offsets);
        size_of::<Self>() + bytes + self.info.byte_size() + self.kind.byte_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn broken_offsets_are_counted_as_one_by_one(
            mut offsets in prop::collection::vec(0u16..300, 0..40),
            sorted in any::<bool>(),
            length in 0usize..320,
        ) {
            if sorted {
                offsets.sort_unstable();
            }
            let wide = offsets.iter().flat_map(|o| u64::from(*o).to_le_bytes()).collect();
            let narrow = offsets.iter().flat_map(|o| o.to_le_bytes()).collect();
            for (kind, bytes) in [(Scalar::U64, wide), (Scalar::U16, narrow)] {
                let offsets = Offsets { kind, bytes };
                let fits = |i: &usize| offsets.range(*i).is_some_and(|(_, end)| end <= length);
                let expected = (0..offsets.borrow().gaps()).filter(|i| !fits(i)).count();
                prop_assert_eq!(offsets.broken(length), expected);
            }
        }
    }
}

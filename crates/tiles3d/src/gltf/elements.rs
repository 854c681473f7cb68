//! Elements of accessors, read in bulk.

use crate::{content::DecodeError, wide};
use std::borrow::Cow;

const WHAT: &str = "glTF accessor";

/// Elements of one type, in a row or with bytes of others between them. They lie inside of their bytes: that is checked
/// when they are made.
#[derive(Debug, Clone)]
pub(super) struct Elements<'a> {
    bytes: Cow<'a, [u8]>,
    count: usize,
    /// Bytes from one to the next.
    stride: usize,
    kind: Kind,
}

/// What an element is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kind {
    pub(super) shape: Shape,
    pub(super) component: Component,
    /// Integers stand for 0..1 or -1..1.
    pub(super) normalized: bool,
}

/// How many components an element has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Scalars and vectors.
    Vector(usize),
    /// Square matrices with so many rows.
    Matrix(usize),
}

impl Shape {
    pub(super) fn of(name: &str) -> Result<Self, DecodeError> {
        Ok(match name {
            "SCALAR" => Self::Vector(1),
            "VEC2" => Self::Vector(2),
            "VEC3" => Self::Vector(3),
            "VEC4" => Self::Vector(4),
            "MAT2" => Self::Matrix(2),
            "MAT3" => Self::Matrix(3),
            "MAT4" => Self::Matrix(4),
            other => return Err(DecodeError::malformed(WHAT, format!("type {other:?}"))),
        })
    }

    /// Components of an element.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Vector(width) => width,
            Self::Matrix(rows) => rows * rows,
        }
    }
}

/// The type of a component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Component {
    I8,
    U8,
    I16,
    U16,
    U32,
    F32,
}

impl Component {
    pub(super) fn of(code: u32) -> Result<Self, DecodeError> {
        Ok(match code {
            5120 => Self::I8,
            5121 => Self::U8,
            5122 => Self::I16,
            5123 => Self::U16,
            5125 => Self::U32,
            5126 => Self::F32,
            other => return Err(DecodeError::malformed(WHAT, format!("component type {other}"))),
        })
    }

    /// Its bytes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }

    /// What stands for 1 when integers are normalised; 0 for types that cannot be.
    fn one(self) -> f64 {
        match self {
            Self::I8 => 127.0,
            Self::U8 => 255.0,
            Self::I16 => 32767.0,
            Self::U16 => 65535.0,
            Self::U32 | Self::F32 => 0.0,
        }
    }
}

impl Kind {
    /// Bytes of an element. The columns of matrices begin at multiples of 4 (glTF 2.0, 3.6.2.4).
    pub(super) fn size(self) -> usize {
        match self.shape {
            Shape::Vector(width) => width * self.component.size(),
            Shape::Matrix(rows) => rows * self.column(rows),
        }
    }

    fn column(self, rows: usize) -> usize {
        (rows * self.component.size()).next_multiple_of(4)
    }

    /// Where component `k` begins in its element.
    fn at(self, k: usize) -> usize {
        let size = self.component.size();
        match self.shape {
            Shape::Vector(_) => k * size,
            Shape::Matrix(rows) => k / rows * self.column(rows) + k % rows * size,
        }
    }

    /// Whether integers really stand for fractions.
    pub(super) fn is_normalized(self) -> bool {
        self.normalized && self.component.one() > 0.0
    }
}

/// A number as it lies in a buffer.
trait Number: Copy {
    const SIZE: usize;
    /// The number at the start of `bytes`, which are enough.
    fn read(bytes: &[u8]) -> Self;
    fn wide(self) -> f64;
}

macro_rules! number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            const SIZE: usize = size_of::<$kind>();

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                bytes.first_chunk().map_or(Default::default(), |b| <$kind>::from_le_bytes(*b))
            }

            #[inline]
            fn wide(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

number!(i8, u8, i16, u16, u32, f32);

/// The reciprocal of `one` in two parts, of which the first times any number of 8 or 16 bits is exact in f32: with both,
/// products are rounded once, as those in f64 are.
fn halves(one: f64) -> [f32; 2] {
    let whole = 1.0 / one;
    let high = f32::from_bits((whole as f32).to_bits() & !0xffff);
    [high, (whole - f64::from(high)) as f32]
}

/// What `f` makes of each of `count` elements with `STRIDE` bytes, of which the last may lack its padding. With their size in
/// the type the compiler reads several at once; chunks of a length known only to its optimiser are read one by one.
fn strided<const STRIDE: usize, T: Copy>(
    bytes: &[u8],
    count: usize,
    mut f: impl FnMut(&[u8]) -> T,
    look: impl Fn(&T) -> u32,
) -> (Vec<T>, u32) {
    let (whole, rest) = bytes.as_chunks::<STRIDE>();
    let whole = whole.get(..count).unwrap_or(whole);
    let (mut out, mut bits) = wide::map_and_look(whole, |element| f(element), &look);
    if out.len() < count {
        let last = f(rest);
        bits |= look(&last);
        out.push(last);
    }
    (out, bits)
}

impl<'a> Elements<'a> {
    /// `count` elements in `bytes`, one every `stride` bytes (`None`: one right after the other).
    pub(super) fn new(
        bytes: Cow<'a, [u8]>,
        count: usize,
        stride: Option<usize>,
        kind: Kind,
    ) -> Result<Self, DecodeError> {
        let size = kind.size();
        let stride = stride.unwrap_or(size);
        let last = count.saturating_sub(1).checked_mul(stride).and_then(|n| n.checked_add(size));
        if stride < size || (count > 0 && last.is_none_or(|n| n > bytes.len())) {
            return Err(DecodeError::Truncated { what: WHAT });
        }
        Ok(Self { bytes, count, stride, kind })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Components of an element.
    pub(super) fn width(&self) -> usize {
        self.kind.shape.width()
    }

    /// The bytes of an element.
    pub(super) fn bytes(&self, index: usize) -> &[u8] {
        let at = index.saturating_mul(self.stride);
        self.bytes.get(at..at.saturating_add(self.kind.size())).unwrap_or_default()
    }

    /// The first `N` components of element `index` as they are meant: integers divided when they are normalised.
    pub(super) fn get<const N: usize>(&self, index: usize) -> Option<[f64; N]> {
        let bytes = Cow::Borrowed(self.bytes(index));
        let one = Elements { bytes, count: 1, stride: self.kind.size(), kind: self.kind };
        let in_range = index < self.count && N <= self.width();
        in_range.then(|| one.map::<N, _>(|v| v)).and_then(|v| v.first().copied())
    }

    /// The first `N` components of every element; there must be so many, and it must be no matrix.
    pub(super) fn at_least<const N: usize>(&self) -> Result<&Self, DecodeError> {
        match self.kind.shape {
            Shape::Vector(width) if width >= N => Ok(self),
            shape => Err(DecodeError::malformed(WHAT, format!("{shape:?} where {N} components are needed"))),
        }
    }

    /// What `f` makes of the first `N` components of every element, which must have so many.
    pub(super) fn map<const N: usize, T: Copy>(&self, f: impl FnMut([f64; N]) -> T) -> Vec<T> {
        self.map_and_look(f, |_| 0).0
    }

    /// The same, and all bits that are set in what `look` makes of any of them.
    pub(super) fn map_and_look<const N: usize, T: Copy>(
        &self,
        mut f: impl FnMut([f64; N]) -> T,
        look: impl Fn(&T) -> u32,
    ) -> (Vec<T>, u32) {
        let scale = if self.kind.normalized { 1.0 / self.kind.component.one() } else { 1.0 };
        // The lowest signed integer is below -1.
        let low = if self.kind.normalized { -1.0 } else { f64::NEG_INFINITY };
        match self.kind.component {
            Component::I8 => self.each_and_look(|v: [i8; N]| f(v.map(|c| (c.wide() * scale).max(low))), look),
            Component::I16 => self.each_and_look(|v: [i16; N]| f(v.map(|c| (c.wide() * scale).max(low))), look),
            Component::U8 => self.each_and_look(|v: [u8; N]| f(v.map(|c| c.wide() * scale)), look),
            Component::U16 => self.each_and_look(|v: [u16; N]| f(v.map(|c| c.wide() * scale)), look),
            Component::U32 => self.each_and_look(|v: [u32; N]| f(v.map(u32::wide)), look),
            Component::F32 => self.each_and_look(|v: [f32; N]| f(v.map(f32::wide)), look),
        }
    }

    /// Like [`map`](Self::map), where floats stay what they are; `None` when the elements are no floats.
    pub(super) fn map_floats<const N: usize, T: Copy>(&self, f: impl FnMut([f32; N]) -> T) -> Option<Vec<T>> {
        self.map_floats_and_look(f, |_| 0).map(|(made, _)| made)
    }

    /// The same, and all bits that are set in what `look` makes of any of them.
    pub(super) fn map_floats_and_look<const N: usize, T: Copy>(
        &self,
        f: impl FnMut([f32; N]) -> T,
        look: impl Fn(&T) -> u32,
    ) -> Option<(Vec<T>, u32)> {
        (self.kind.component == Component::F32).then(|| self.each_and_look(f, look))
    }

    /// What `f` makes of the first `N` components of every element as the whole numbers that they are, the lowest as its
    /// neighbour where it would be below -1; `None` when the elements are no signed integers.
    pub(super) fn map_signed<const N: usize, T: Copy>(&self, mut f: impl FnMut([f32; N]) -> T) -> Option<Vec<T>> {
        match (self.kind.component, self.kind.normalized) {
            (Component::I8, true) => Some(self.each(|v: [i8; N]| f(v.map(|c| f32::from(c.max(-i8::MAX)))))),
            (Component::I16, true) => Some(self.each(|v: [i16; N]| f(v.map(|c| f32::from(c.max(-i16::MAX)))))),
            _ => None,
        }
    }

    /// What `f` makes of the first three components of every element as the 127ths that they are, the lowest as its
    /// neighbour, and all bits that are set in what `look` makes of any of that; `None` when they are none.
    pub(super) fn map_snorm8<T: Copy>(
        &self,
        f: impl Fn([i8; 3]) -> T,
        look: impl Fn(&T) -> u32,
    ) -> Option<(Vec<T>, u32)> {
        let are_bytes = self.kind.component == Component::I8 && self.kind.normalized;
        are_bytes.then(|| self.each_and_look(|v: [i8; 3]| f(v.map(|c| c.max(-i8::MAX))), look))
    }

    /// The first four components of every element as the 255ths that they are, 255 in place of the last one where it is not
    /// there (`has_fourth`); `None` when they are none, or not so many.
    pub(super) fn unorm8(&self, has_fourth: bool) -> Option<Vec<[u8; 4]>> {
        if self.kind.component != Component::U8 || !self.kind.normalized {
            return None;
        }
        match (self.kind.shape, has_fourth) {
            (Shape::Vector(4..), true) => Some(self.each(|v: [u8; 4]| v)),
            (Shape::Vector(3..), false) => Some(self.each(|[r, g, b]: [u8; 3]| [r, g, b, u8::MAX])),
            _ => None,
        }
    }

    fn each<C: Number, const N: usize, T: Copy>(&self, f: impl FnMut([C; N]) -> T) -> Vec<T> {
        self.each_and_look(f, |_| 0).0
    }

    fn each_and_look<C: Number, const N: usize, T: Copy>(
        &self,
        mut f: impl FnMut([C; N]) -> T,
        look: impl Fn(&T) -> u32,
    ) -> (Vec<T>, u32) {
        let read = |bytes: &[u8]| std::array::from_fn(|k| C::read(bytes.get(k * C::SIZE..).unwrap_or_default()));
        let (size, bytes) = (N * C::SIZE, self.bytes.as_ref());
        // Of sizes known to the compiler: one right after the other, and the usual ones of what is padded.
        match self.stride {
            1 if size == 1 => strided::<1, T>(bytes, self.count, |e| f(read(e)), look),
            2 if size == 2 => strided::<2, T>(bytes, self.count, |e| f(read(e)), look),
            3 if size == 3 => strided::<3, T>(bytes, self.count, |e| f(read(e)), look),
            4 if size <= 4 => strided::<4, T>(bytes, self.count, |e| f(read(e)), look),
            6 if size == 6 => strided::<6, T>(bytes, self.count, |e| f(read(e)), look),
            8 if size <= 8 => strided::<8, T>(bytes, self.count, |e| f(read(e)), look),
            12 if size == 12 => strided::<12, T>(bytes, self.count, |e| f(read(e)), look),
            16 if size == 16 => strided::<16, T>(bytes, self.count, |e| f(read(e)), look),
            stride => {
                let element = |e: &[u8]| f(read(e.get(..size).unwrap_or_default()));
                let out: Vec<T> = bytes.chunks(stride).take(self.count).map(element).collect();
                let bits = wide::bits(&out, look);
                (out, bits)
            }
        }
    }

    /// The first `N` components of every element as f32.
    pub(super) fn floats<const N: usize>(&self) -> Result<Vec<[f32; N]>, DecodeError> {
        self.at_least::<N>()?;
        let [high, low] = halves(self.kind.component.one());
        let part = move |c: f32| c * high + c * low;
        Ok(match (self.kind.component, self.kind.normalized) {
            (Component::F32, _) => self.each(|v: [f32; N]| v),
            (Component::U8, true) => self.each(|v: [u8; N]| v.map(|c| part(f32::from(c)))),
            (Component::U16, true) => self.each(|v: [u16; N]| v.map(|c| part(f32::from(c)))),
            // The lowest signed integer is below -1.
            (Component::I8, true) => self.each(|v: [i8; N]| v.map(|c| part(f32::from(c)).max(-1.0))),
            (Component::I16, true) => self.each(|v: [i16; N]| v.map(|c| part(f32::from(c)).max(-1.0))),
            _ => self.map(|v: [f64; N]| v.map(|c| c as f32)),
        })
    }

    /// Scalars as u32; `None` when they are not all whole numbers by their type, or not plain ones.
    pub(super) fn whole(&self) -> Option<Vec<u32>> {
        let is_whole = matches!(self.kind.component, Component::U8 | Component::U16 | Component::U32);
        if is_whole && !self.kind.is_normalized() { self.indices().ok() } else { None }
    }

    /// Scalars as u32; negative and fractional ones are refused with an error.
    pub(super) fn indices(&self) -> Result<Vec<u32>, DecodeError> {
        if self.width() != 1 {
            return Err(DecodeError::malformed(WHAT, format!("{:?} where scalars are needed", self.kind.shape)));
        }
        match self.kind.component {
            Component::U8 => return Ok(self.each(|[v]: [u8; 1]| u32::from(v))),
            Component::U16 => return Ok(self.each(|[v]: [u16; 1]| u32::from(v))),
            Component::U32 => return Ok(self.each(|[v]: [u32; 1]| v)),
            Component::I8 | Component::I16 | Component::F32 => {}
        }
        let plain = Self { kind: Kind { normalized: false, ..self.kind }, ..self.clone() };
        let whole = |[v]: [f64; 1]| {
            let whole = v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0;
            if whole { Ok(v as u32) } else { Err(DecodeError::malformed(WHAT, format!("{v} is not an index"))) }
        };
        plain.map(|v| v).into_iter().map(whole).collect()
    }

    /// All components, element by element, matrices column by column.
    pub(super) fn components(&self) -> Vec<f64> {
        match self.kind.shape {
            Shape::Vector(1) => self.map::<1, _>(|v| v).into_flattened(),
            Shape::Vector(2) => self.map::<2, _>(|v| v).into_flattened(),
            Shape::Vector(3) => self.map::<3, _>(|v| v).into_flattened(),
            Shape::Vector(_) => self.map::<4, _>(|v| v).into_flattened(),
            Shape::Matrix(_) => self.packed().map::<1, _>(|v| v).into_flattened(),
        }
    }

    /// The components as scalars one right after the other.
    fn packed(&self) -> Elements<'static> {
        let size = self.kind.component.size();
        let mut bytes = Vec::with_capacity(self.count * self.width() * size);
        for i in 0..self.count {
            let element = self.bytes(i);
            for k in 0..self.width() {
                let at = self.kind.at(k);
                bytes.extend_from_slice(element.get(at..at + size).unwrap_or_default());
            }
        }
        let kind = Kind { shape: Shape::Vector(1), ..self.kind };
        Elements { bytes: Cow::Owned(bytes), count: self.count * self.width(), stride: size, kind }
    }

    /// The elements one right after the other, with those at `indices` replaced by `values` in their order.
    pub(super) fn replaced(&self, indices: &[u32], values: &Elements<'_>) -> Result<Elements<'static>, DecodeError> {
        let size = self.kind.size();
        let mut bytes = Vec::with_capacity(self.count * size);
        if self.stride == size {
            bytes.extend_from_slice(self.bytes.get(..self.count * size).unwrap_or_default());
        } else {
            (0..self.count).for_each(|i| bytes.extend_from_slice(self.bytes(i)));
        }
        for (i, &index) in indices.iter().enumerate() {
            let at = (index as usize).saturating_mul(size);
            let element = bytes.get_mut(at..at.saturating_add(size));
            let element = element.ok_or(DecodeError::Truncated { what: "glTF sparse accessor" })?;
            element.copy_from_slice(values.bytes(i));
        }
        Elements::new(Cow::Owned(bytes), self.count, None, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number that a component can be, as f32 and through f64.
    #[test]
    fn fractions_are_those_of_f64() {
        for (component, size) in [(Component::I8, 1), (Component::U8, 1), (Component::I16, 2), (Component::U16, 2)] {
            let all = 0..1u32 << (8 * size);
            let bytes: Vec<u8> = all.flat_map(|v| v.to_le_bytes().into_iter().take(size)).collect();
            let kind = Kind { shape: Shape::Vector(1), component, normalized: true };
            let elements = Elements::new(Cow::Owned(bytes), 1 << (8 * size), None, kind).unwrap();
            let expected = elements.map(|v: [f64; 1]| v.map(|c| c as f32));
            assert_eq!(elements.floats::<1>().unwrap(), expected, "{component:?}");
            let apart = elements.bytes.chunks(size).flat_map(|v| [v, &[9; 4]].concat()).collect();
            let apart = Elements::new(Cow::Owned(apart), 1 << (8 * size), Some(size + 4), kind).unwrap();
            assert_eq!(apart.floats::<1>().unwrap(), expected, "{component:?}");
        }
    }
}

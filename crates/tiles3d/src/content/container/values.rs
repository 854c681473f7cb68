//! Numbers of one type lying side by side, and what they are read as.

use crate::metadata::Component;
use std::borrow::Cow;

/// Elements of `width` numbers each, little endian, without gaps.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) component: Component,
    pub(super) width: usize,
}

impl Values<'_> {
    /// Bytes of one element.
    pub(super) fn stride(&self) -> usize {
        self.width * self.component.size()
    }

    /// The first `N` numbers of each element as f32; a missing one is zero.
    pub(super) fn f32s<const N: usize>(&self) -> Vec<[f32; N]> {
        if self.component == Component::Float {
            return self.map(f32::from_le_bytes);
        }
        self.f64s().into_iter().map(|v: [f64; N]| v.map(|x| x as f32)).collect()
    }

    /// The first `N` numbers of each element as f64; a missing one is zero.
    pub(super) fn f64s<const N: usize>(&self) -> Vec<[f64; N]> {
        match self.component {
            Component::Byte => self.map(|b| f64::from(i8::from_le_bytes(b))),
            Component::UnsignedByte => self.map(|b| f64::from(u8::from_le_bytes(b))),
            Component::Short => self.map(|b| f64::from(i16::from_le_bytes(b))),
            Component::UnsignedShort => self.map(|b| f64::from(u16::from_le_bytes(b))),
            Component::Int => self.map(|b| f64::from(i32::from_le_bytes(b))),
            Component::UnsignedInt => self.map(|b| f64::from(u32::from_le_bytes(b))),
            Component::Float => self.map(|b| f64::from(f32::from_le_bytes(b))),
            Component::Double => self.map(f64::from_le_bytes),
        }
    }

    /// The first number of each element as an index; `None` for those that are negative, fractional or too large.
    pub(super) fn indices(&self) -> Vec<Option<u32>> {
        fn only<T>(values: Vec<[T; 1]>) -> impl Iterator<Item = T> {
            values.into_iter().map(|[v]| v)
        }
        match self.component {
            Component::UnsignedByte => only(self.map(u8::from_le_bytes)).map(|v| Some(v.into())).collect(),
            Component::UnsignedShort => only(self.map(u16::from_le_bytes)).map(|v| Some(v.into())).collect(),
            Component::UnsignedInt => only(self.map(u32::from_le_bytes)).map(Some).collect(),
            _ => only(self.f64s())
                .map(|v| (v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0).then_some(v as u32))
                .collect(),
        }
    }

    fn map<const N: usize, const S: usize, T: Copy + Default>(&self, read: impl Fn([u8; S]) -> T) -> Vec<[T; N]> {
        let (numbers, _) = self.bytes.as_chunks::<S>();
        if self.width == N {
            // The length is known to the compiler here: for f32 this becomes a plain copy.
            return numbers.as_chunks::<N>().0.iter().map(|element| element.map(&read)).collect();
        }
        let pick = |element: &[[u8; S]]| std::array::from_fn(|k| element.get(k).map_or(T::default(), |b| read(*b)));
        numbers.chunks_exact(self.width.max(1)).map(pick).collect()
    }
}

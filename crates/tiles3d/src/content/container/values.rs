//! Numbers of one type lying side by side, and what they are read as.

use crate::{metadata::Component, wide};
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

    /// The first three numbers of each element as f32, a missing one being zero, and whether all are finite.
    pub(super) fn vectors(&self) -> (Vec<[f32; 3]>, bool) {
        let (numbers, _) = self.bytes.as_chunks::<4>();
        let (vectors, broken) = match (self.component, self.width) {
            (Component::Float, 3) => {
                let read = |v: &[[u8; 4]; 3]| v.map(f32::from_le_bytes);
                wide::map_and_look(numbers.as_chunks().0, read, wide::nowhere)
            }
            _ => {
                let vectors = self.f32s();
                let broken = wide::bits(&vectors, wide::nowhere);
                (vectors, broken)
            }
        };
        (vectors, broken == 0)
    }

    /// The first `N` numbers of each element as f32; a missing one is zero.
    pub(super) fn f32s<const N: usize>(&self) -> Vec<[f32; N]> {
        match self.component {
            Component::Float => self.map(f32::from_le_bytes, |v| v),
            _ => self.each(|v: [f64; N]| v.map(|x| x as f32)),
        }
    }

    /// What `f` makes of the first `N` numbers of each element; a missing one is zero.
    pub(super) fn each<const N: usize, T: Copy>(&self, f: impl Fn([f64; N]) -> T) -> Vec<T> {
        match self.component {
            Component::Byte => self.map(|b| f64::from(i8::from_le_bytes(b)), f),
            Component::UnsignedByte => self.map(|b| f64::from(u8::from_le_bytes(b)), f),
            Component::Short => self.map(|b| f64::from(i16::from_le_bytes(b)), f),
            Component::UnsignedShort => self.map(|b| f64::from(u16::from_le_bytes(b)), f),
            Component::Int => self.map(|b| f64::from(i32::from_le_bytes(b)), f),
            Component::UnsignedInt => self.map(|b| f64::from(u32::from_le_bytes(b)), f),
            Component::Float => self.map(|b| f64::from(f32::from_le_bytes(b)), f),
            Component::Double => self.map(f64::from_le_bytes, f),
        }
    }

    /// The first number of each element as an index; `None` for those that are negative, fractional or too large.
    pub(super) fn indices(&self) -> Vec<Option<u32>> {
        self.each(|[v]| (v >= 0.0 && v <= f64::from(u32::MAX) && v.fract() == 0.0).then_some(v as u32))
    }

    fn map<const N: usize, const S: usize, V: Copy + Default, T: Copy>(
        &self,
        read: impl Fn([u8; S]) -> V,
        f: impl Fn([V; N]) -> T,
    ) -> Vec<T> {
        let (numbers, _) = self.bytes.as_chunks::<S>();
        if self.width == N {
            // The length is known to the compiler here: for f32 this becomes a plain copy.
            return wide::map(numbers.as_chunks::<N>().0, |element| f(element.map(&read)));
        }
        let pick = |element: &[[u8; S]]| std::array::from_fn(|k| element.get(k).map_or(V::default(), |b| read(*b)));
        numbers.chunks_exact(self.width.max(1)).map(|element| f(pick(element))).collect()
    }
}

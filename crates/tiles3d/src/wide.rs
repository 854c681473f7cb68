//! Loops over many elements, made for the processor that they run on: with the widest vectors that it has.
//!
//! The compiler makes vectors of plain loops by itself, but only of what every processor of its kind has, 16 bytes on x86-64.
//! Nothing about the results depends on the width: numbers are neither fused nor summed in another order.

use fearless_simd::{Level, Simd, dispatch};

/// Elements that are made at once, in the nearest cache, before they go to the end of what is there. Writing past the end of
/// a list one by one is nothing that the compiler makes vectors of.
const AT_ONCE: usize = 128;

/// What `f` makes of each of `elements`. It should be small: what is called instead of copied is made for any processor.
pub(crate) fn map<A, B: Copy>(elements: &[A], f: impl FnMut(&A) -> B) -> Vec<B> {
    map_and_look(elements, f, |_| 0).0
}

/// The same, and all bits that are set in what `look` makes of any of the results, which are still near then.
pub(crate) fn map_and_look<A, B: Copy>(
    elements: &[A],
    f: impl FnMut(&A) -> B,
    look: impl Fn(&B) -> u32,
) -> (Vec<B>, u32) {
    let mut out = Vec::new();
    let bits = dispatch!(Level::new(), simd => extend_by(simd, &mut out, elements, f, look));
    (out, bits)
}

/// Adds what `f` makes of each of `elements` to `out`. It should be small: what is called instead of copied is made for any
/// processor.
pub fn extend<A, B: Copy>(out: &mut Vec<B>, elements: &[A], f: impl FnMut(&A) -> B) {
    dispatch!(Level::new(), simd => extend_by(simd, out, elements, f, |_| 0));
}

#[inline(always)]
fn extend_by<S: Simd, A, B: Copy>(
    simd: S,
    out: &mut Vec<B>,
    elements: &[A],
    mut f: impl FnMut(&A) -> B,
    look: impl Fn(&B) -> u32,
) -> u32 {
    out.reserve(elements.len());
    let Some((first, elements)) = elements.split_first() else { return 0 };
    let first = f(first);
    let mut bits = look(&first);
    out.push(first);
    // Any element does to begin with.
    let mut made = [first; AT_ONCE];
    let (chunks, rest) = elements.as_chunks::<AT_ONCE>();
    for chunk in chunks {
        for (made, element) in made.iter_mut().zip(chunk) {
            *made = f(element);
        }
        bits |= bits_by(simd, &made, &look);
        out.extend_from_slice(&made);
    }
    for (made, element) in made.iter_mut().zip(rest) {
        *made = f(element);
    }
    let made = made.get(..rest.len()).unwrap_or_default();
    bits |= bits_by(simd, made, &look);
    out.extend_from_slice(made);
    bits
}

/// All bits that are set in what `look` makes of any of `elements`, which lie in slices.
pub(crate) fn bits<A>(elements: impl IntoIterator<Item = A>, look: impl Fn(A) -> u32) -> u32 {
    dispatch!(Level::new(), simd => bits_by(simd, elements, &look))
}

#[inline(always)]
fn bits_by<S: Simd, A>(_: S, elements: impl IntoIterator<Item = A>, look: &impl Fn(A) -> u32) -> u32 {
    let mut all = 0;
    for element in elements {
        all |= look(element);
    }
    all
}

/// The highest bit, of a number that is infinite or none.
#[inline(always)]
pub(crate) fn not_finite(v: f32) -> u32 {
    // All bits of the exponent are set then; one more goes into the sign.
    const EXPONENT: u32 = f32::INFINITY.to_bits();
    const LAST: u32 = f32::MIN_POSITIVE.to_bits();
    ((v.to_bits() & EXPONENT) + LAST) & 1 << 31
}

/// The same of a vector of which any number is so.
#[inline(always)]
pub(crate) fn nowhere([x, y, z]: &[f32; 3]) -> u32 {
    not_finite(*x) | not_finite(*y) | not_finite(*z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_that_are_not_finite_are_told_apart() {
        for v in [0.0, -0.0, 1.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, f32::INFINITY, -f32::INFINITY, f32::NAN]
        {
            for v in [v, -v] {
                assert_eq!(not_finite(v), u32::from(!v.is_finite()) << 31, "{v}");
                for at in 0..3 {
                    let mut vector = [1.0; 3];
                    vector[at] = v;
                    assert_eq!(nowhere(&vector), not_finite(v));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn every_element_is_made_once_and_looked_at(
            elements in prop::collection::vec(any::<u16>(), 0..3 * AT_ONCE),
            wanted in any::<u16>(),
        ) {
            let triple = |v: &u16| [u32::from(*v), 2 * u32::from(*v), 7];
            let expected: Vec<[u32; 3]> = elements.iter().map(triple).collect();
            let all = expected.iter().fold(0, |all, v| all | v[1]);
            prop_assert_eq!(map(&elements, triple), expected.clone());
            let mut longer = vec![[1; 3]];
            extend(&mut longer, &elements, triple);
            prop_assert_eq!((longer[0], &longer[1..]), ([1; 3], &expected[..]));
            prop_assert_eq!(bits(&elements, |v| 2 * u32::from(*v)), all);
            prop_assert_eq!(map_and_look(&elements, triple, |v| v[1]), (expected, all));
            let is = |v: &u16| u32::from(*v == wanted);
            prop_assert_eq!(bits(&elements, is) == 1, elements.contains(&wanted));
            prop_assert_eq!(bits(elements.iter().zip(&elements), |(a, b)| u32::from(a != b)), 0);
            // In their order.
            let mut seen = Vec::new();
            map(&elements, |v| seen.push(*v));
            prop_assert_eq!(seen, elements);
        }
    }
}

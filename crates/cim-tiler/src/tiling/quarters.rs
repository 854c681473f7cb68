//! Things in the order of a quadtree: those of a square are a run of them, and no square needs a list of its own.

/// The quarter of a square around `centre` that a place is in.
fn quarter(centre: [f64; 2], [x, y]: [f64; 2]) -> u8 {
    u8::from(x >= centre[0]) + 2 * u8::from(y >= centre[1])
}

/// The middle of a quarter of a square.
fn middle(centre: [f64; 2], edge: f64, quarter: u8) -> [f64; 2] {
    let q = 0.25 * edge;
    [centre[0] + if quarter % 2 == 1 { q } else { -q }, centre[1] + if quarter / 2 == 1 { q } else { -q }]
}

/// Brings the things of a square, in place, into the order of its quarters, of theirs, and so on down to the leaves; those of
/// a leaf into that of their `rank`.
pub(super) fn order<T, R: Ord>(
    things: &mut [T],
    (centre, edge): ([f64; 2], f64),
    (at, rank): (&impl Fn(&T) -> [f64; 2], &impl Fn(&T) -> R),
    is_leaf: &impl Fn(&[T], f64) -> bool,
) {
    if is_leaf(things, edge) {
        return;
    }
    things.sort_unstable_by_key(|t| (quarter(centre, at(t)), rank(t)));
    let mut rest = things;
    for number in 0..4 {
        let (inside, others) = rest.split_at_mut(rest.partition_point(|t| quarter(centre, at(t)) <= number));
        if !inside.is_empty() {
            order(inside, (middle(centre, edge, number), 0.5 * edge), (at, rank), is_leaf);
        }
        rest = others;
    }
}

/// The quarters of a square that have things, which are in order: their numbers, middles and things.
pub(super) fn quarters<T>(
    things: &[T],
    (centre, edge): ([f64; 2], f64),
    at: impl Fn(&T) -> [f64; 2],
) -> Vec<(u8, [f64; 2], &[T])> {
    let mut rest = things;
    let part = |number: u8| {
        let (inside, others) = rest.split_at(rest.partition_point(|t| quarter(centre, at(t)) <= number));
        rest = others;
        (!inside.is_empty()).then(|| (number, middle(centre, edge, number), inside))
    };
    (0..4).filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Checks that a square has what lies in it, in its order, and no more; and counts the things of its leaves.
    fn check(things: &[(usize, [f64; 2])], centre: [f64; 2], edge: f64) -> usize {
        for (_, p) in things {
            assert!((0..2).all(|k| (p[k] - centre[k]).abs() <= 0.5 * edge), "{p:?} in {edge} m around {centre:?}");
        }
        if is_leaf(things, edge) {
            assert!(things.is_sorted_by_key(|t| t.0));
            return things.len();
        }
        let parts = quarters(things, (centre, edge), |t| t.1);
        parts.iter().map(|(_, middle, inside)| check(inside, *middle, 0.5 * edge)).sum()
    }

    fn is_leaf(things: &[(usize, [f64; 2])], edge: f64) -> bool {
        things.len() <= 3 || edge < 4.0
    }

    proptest! {
        #[test]
        fn every_square_has_what_lies_in_it(
            places in prop::collection::vec((-8i32..8, -8i32..8, 0.0..1.0f64), 1..200),
        ) {
            // Many on the lines between squares.
            let place = |(i, (x, y, off)): (usize, &(i32, i32, f64))| (i, [f64::from(*x) * 4.0 + (off * 2.0).floor(), f64::from(*y) * 4.0]);
            let mut things: Vec<_> = places.iter().enumerate().map(place).collect();
            order(&mut things, ([0.0; 2], 64.0), (&|t| t.1, &|t| t.0), &is_leaf);
            prop_assert_eq!(check(&things, [0.0; 2], 64.0), places.len());
        }
    }
}

//! What is looked up by place, in a few large pieces of memory: they go back to the system as a whole when the city is
//! planned, while millions of small ones would stay with it as holes.

use std::{
    collections::HashMap,
    ops::{Index, Range},
};

/// East-north metres.
type Point = [f64; 2];
/// Column and row of a square.
pub(super) type Cell = (i32, i32);

/// Outlines one after the other.
#[derive(Debug, Default)]
pub(super) struct Rings {
    corners: Vec<Point>,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Rings {
    pub(super) fn push(&mut self, ring: impl IntoIterator<Item = Point>) {
        self.corners.extend(ring);
        self.ends.push(self.corners.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Point]> {
        (0..self.len()).map(|i| &self[i])
    }
}

impl<R: AsRef<[Point]>> FromIterator<R> for Rings {
    fn from_iter<I: IntoIterator<Item = R>>(rings: I) -> Self {
        let mut out = Self::default();
        rings.into_iter().for_each(|ring| out.push(ring.as_ref().iter().copied()));
        out
    }
}

impl Index<usize> for Rings {
    type Output = [Point];

    fn index(&self, i: usize) -> &[Point] {
        let from = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.corners[from as usize..self.ends[i] as usize]
    }
}

/// Things by the squares that they meet.
#[derive(Debug)]
pub(super) struct Squares<T> {
    spans: HashMap<Cell, Range<u32>>,
    things: Vec<T>,
}

impl<T: Copy + Default> Squares<T> {
    /// `each` gives every thing with a square that it meets, and gives the same when it is asked again.
    pub(super) fn new(each: impl Fn(&mut dyn FnMut(Cell, T))) -> Self {
        let (mut spans, mut total) = (HashMap::<Cell, Range<u32>>::new(), 0);
        each(&mut |cell, _| {
            spans.entry(cell).or_insert(0..0).end += 1;
            total += 1;
        });
        let mut from = 0;
        for span in spans.values_mut() {
            let count = span.end;
            *span = from..from;
            from += count;
        }
        let mut things = vec![T::default(); total];
        each(&mut |cell, thing| {
            if let Some(span) = spans.get_mut(&cell) {
                things[span.end as usize] = thing;
                span.end += 1;
            }
        });
        Self { spans, things }
    }

    /// Those of a square, in the order in which they were given.
    pub(super) fn get(&self, cell: Cell) -> &[T] {
        self.spans.get(&cell).map_or(&[], |span| &self.things[span.start as usize..span.end as usize])
    }

    /// Whether anything meets a square.
    pub(super) fn meets(&self, cell: Cell) -> bool {
        self.spans.contains_key(&cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_have_what_was_given_for_them_in_its_order() {
        let given: Vec<(Cell, u32)> = (0..500).map(|i: i32| ((i * 7 % 11 - 5, i % 3), i.cast_unsigned())).collect();
        let squares = Squares::new(|put| given.iter().for_each(|(cell, thing)| put(*cell, *thing)));
        for x in -6..7 {
            for y in -1..4 {
                let expected: Vec<u32> = given.iter().filter(|g| g.0 == (x, y)).map(|g| g.1).collect();
                assert_eq!(squares.get((x, y)), expected);
                assert_eq!(squares.meets((x, y)), !expected.is_empty());
            }
        }
    }

    #[test]
    fn rings_lie_one_after_the_other() {
        let list = [vec![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], vec![], vec![[7.0, 8.0]]];
        let rings: Rings = list.iter().collect();
        assert_eq!(rings.len(), 3);
        assert!(rings.iter().zip(&list).all(|(a, b)| a == b));
    }
}

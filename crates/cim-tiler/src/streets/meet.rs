//! Where lines meet. Nothing says which of them belong together but where they are: corners and ends that lie within half
//! a metre of one another are one place, and so is an end on another line.

use glam::DVec2;
use rstar::{
    RTree,
    primitives::{GeomWithData, Line},
};
use std::collections::HashMap;

/// Corners this close are the same place, metres.
const SAME_M: f64 = 0.5;

/// A corner of one of the lines: which line, and which of its points.
pub(crate) type Corner = (usize, usize);

/// A line on a level: only lines of the same level meet anywhere but at both their ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course<'a> {
    /// Its points, metres.
    pub(crate) points: &'a [DVec2],
    /// 0 on the ground, above it positive.
    pub(crate) level: i8,
}

/// Lines with all the places where they meet.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// The corners of every line, and the ends of others that lie on it.
    pub(crate) courses: Vec<Vec<Corner>>,
    /// The number of the place of each of them.
    pub(crate) places: Vec<Vec<usize>>,
    /// The corner that gave each place its position.
    pub(crate) at: Vec<Corner>,
    /// How many ways lead away from each place; an end counts once, a line that passes twice.
    pub(crate) arms: Vec<u32>,
    /// Whether a line ends at the place.
    pub(crate) ends: Vec<bool>,
}

impl Meeting {
    /// Puts lines together.
    pub(crate) fn new(lines: &[Course<'_>]) -> Self {
        let courses = joined(lines);
        let mut numbers = Places::default();
        let numbered = |course: &Vec<Corner>| -> Vec<usize> {
            course.iter().map(|&c| numbers.number(lines[c.0].points[c.1], c)).collect()
        };
        let places: Vec<Vec<usize>> = courses.iter().map(numbered).collect();
        let mut arms = vec![0; numbers.at.len()];
        let mut ends = vec![false; numbers.at.len()];
        for line in &places {
            let (Some(&first), Some(&last)) = (line.first(), line.last()) else { continue };
            // A line that lingers at a place passes it once.
            let mut before = None;
            for &place in line {
                if before != Some(place) {
                    arms[place] += 2;
                }
                before = Some(place);
            }
            for end in [first, last] {
                arms[end] -= 1;
                ends[end] = true;
            }
        }
        Self { courses, places, at: numbers.corners, arms, ends }
    }

    /// Whether lines are cut at a place: where more than one line passes, or one ends.
    pub(crate) fn cuts(&self, place: usize) -> bool {
        self.ends[place] || self.arms[place] > 2
    }

    /// The pieces of a line between the places that cut it: first and last index of its course. A piece that returns to
    /// where it begins has at least four corners.
    pub(crate) fn pieces(&self, line: usize) -> Vec<(usize, usize)> {
        let course = &self.places[line];
        let (mut pieces, mut from) = (Vec::new(), 0);
        for i in 1..course.len() {
            if self.cuts(course[i]) && (course[i] != course[from] || i > from + 2) {
                pieces.push((from, i));
                from = i;
            }
        }
        pieces
    }
}

/// The courses of lines with a corner more wherever another one of their level ends on them.
fn joined(lines: &[Course<'_>]) -> Vec<Vec<Corner>> {
    let mut segments = Vec::new();
    for (l, line) in lines.iter().enumerate() {
        for (i, pair) in line.points.windows(2).enumerate() {
            segments.push(GeomWithData::new(Line::new(pair[0].to_array(), pair[1].to_array()), (l, i)));
        }
    }
    let tree = RTree::bulk_load(segments);
    // By line and segment: how far along, and the end that lies there.
    let mut more: HashMap<Corner, Vec<(f64, Corner)>> = HashMap::new();
    for (l, line) in lines.iter().enumerate().filter(|(_, l)| l.points.len() > 1) {
        for end in [0, line.points.len() - 1] {
            let at = line.points[end];
            for segment in tree.locate_within_distance(at.to_array(), SAME_M * SAME_M) {
                let (other, from) = segment.data;
                if other == l || lines[other].level != line.level {
                    continue;
                }
                let (a, b) = (lines[other].points[from], lines[other].points[from + 1]);
                let length = a.distance(b);
                let distance = (at - a).dot(b - a) / length;
                // What lies by a corner meets that corner.
                if distance > SAME_M && distance < length - SAME_M {
                    more.entry(segment.data).or_default().push((distance, (l, end)));
                }
            }
        }
    }
    let course = |(l, line): (usize, &Course<'_>)| {
        let mut out = Vec::with_capacity(line.points.len());
        for i in 0..line.points.len() {
            out.push((l, i));
            let mut here = more.remove(&(l, i)).unwrap_or_default();
            here.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            out.extend(here.into_iter().map(|(_, corner)| corner));
        }
        out
    };
    lines.iter().enumerate().map(course).collect()
}

/// Numbers of places, the same for those that are close.
#[derive(Default)]
struct Places {
    at: Vec<DVec2>,
    corners: Vec<Corner>,
    cells: HashMap<[i64; 2], Vec<usize>>,
}

impl Places {
    fn number(&mut self, at: DVec2, corner: Corner) -> usize {
        let cell = (at / SAME_M).floor().to_array().map(|x| x as i64);
        let around = (-1..=1).flat_map(|i| (-1..=1).map(move |j| [cell[0] + i, cell[1] + j]));
        let distance = |k: &usize| self.at[*k].distance(at);
        let near = around.filter_map(|c| self.cells.get(&c)).flatten().copied();
        let nearest = near.filter(|k| distance(k) <= SAME_M).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or_else(|| {
            self.at.push(at);
            self.corners.push(corner);
            self.cells.entry(cell).or_default().push(self.at.len() - 1);
            self.at.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Vec<DVec2> {
        points.iter().map(|&(x, y)| DVec2::new(x, y)).collect()
    }

    #[test]
    fn ends_and_corners_that_are_close_are_one_place() {
        let lines = [
            line(&[(0., 0.), (100., 0.), (200., 0.)]),
            // Begins 30 cm off the end of the first.
            line(&[(200.3, 0.1), (300., 0.)]),
            // Ends on its corner.
            line(&[(100., 0.), (100., 90.)]),
            // Ends on a segment, beside no corner.
            line(&[(50.0, 0.2), (50.0, -90.0)]),
            line(&[(900., 0.), (990., 0.)]),
        ];
        let courses: Vec<_> = lines.iter().map(|l| Course { points: l, level: 0 }).collect();
        let m = Meeting::new(&courses);
        assert_eq!(m.courses[0], [(0, 0), (3, 0), (0, 1), (0, 2)]);
        assert_eq!(m.pieces(0), [(0, 1), (1, 2), (2, 3)]);
        let arms = |line: usize, i: usize| m.arms[m.places[line][i]];
        assert_eq!([arms(0, 0), arms(0, 1), arms(0, 2), arms(0, 3), arms(4, 0)], [1, 3, 3, 2, 1]);
        assert_eq!(m.places[0][3], m.places[1][0]);
    }

    #[test]
    fn a_bridge_meets_only_what_it_ends_at() {
        let lines = [
            line(&[(0., 0.), (200., 0.)]),
            line(&[(100., -50.), (100., 0.2)]),
            line(&[(100., 0.2), (100., 50.)]),
            line(&[(150., 0.1), (150., 50.)]),
        ];
        let levels = [0, 1, 1, 1];
        let courses: Vec<_> = lines.iter().zip(levels).map(|(l, level)| Course { points: l, level }).collect();
        let m = Meeting::new(&courses);
        assert_eq!((m.courses[0].len(), m.pieces(0).len()), (2, 1));
        assert_eq!(m.arms[m.places[1][1]], 2);
    }
}

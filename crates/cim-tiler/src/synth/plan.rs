//! The plan: streets as a bent grid, east-north metres from the centre.

use crate::city::RoadClass;
use rand::Rng;
use rand_pcg::Pcg64;

/// A street of the grid before it is bent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// East (of a column) or north (of a row), metres.
    pub(super) at: f64,
    pub(super) class: RoadClass,
}

/// Columns run north, rows run east.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) columns: Vec<Line>,
    pub(super) rows: Vec<Line>,
}

/// Width of the carriageway of a class, metres.
pub(super) fn width_m(class: RoadClass) -> f32 {
    match class {
        RoadClass::Motorway | RoadClass::Trunk | RoadClass::Primary => 30.0,
        RoadClass::Secondary => 21.0,
        RoadClass::Tertiary => 14.0,
        RoadClass::Residential | RoadClass::Service | RoadClass::Footway => 9.0,
    }
}

impl Plan {
    /// A plan that has room for so many buildings.
    pub(super) fn new(buildings: usize, random: &mut Pcg64) -> Self {
        // About 13 buildings stand in a block; a third of the room goes to water, greens and the ragged edge, which
        // weighs more in a small city.
        let blocks = buildings as f64 / 13.0 * 1.45 + 40.0;
        let n = (blocks.sqrt().ceil() as usize).max(4);
        Self { columns: lines(n, 225.0, random), rows: lines(n, 190.0, random) }
    }

    /// Half the edge of the square that the city lies in, metres.
    pub(super) fn half_extent(&self) -> f64 {
        let far = |l: &[Line]| l.iter().map(|l| l.at.abs()).fold(0.0, f64::max);
        far(&self.columns).max(far(&self.rows)) + 150.0
    }

    /// Where a column and a row cross.
    pub(super) fn node(&self, (column, row): (usize, usize)) -> [f64; 2] {
        bend([self.columns[column].at, self.rows[row].at])
    }

    /// The centre line between two neighbouring crossings.
    pub(super) fn street(&self, from: (usize, usize), to: (usize, usize)) -> Vec<[f64; 2]> {
        let (a, b) = ([self.columns[from.0].at, self.rows[from.1].at], [self.columns[to.0].at, self.rows[to.1].at]);
        (0..=4)
            .map(|i| {
                let t = f64::from(i) / 4.0;
                bend([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t])
            })
            .collect()
    }
}

fn lines(n: usize, spacing: f64, random: &mut Pcg64) -> Vec<Line> {
    let half = n as f64 / 2.0;
    (0..=n)
        .map(|i| {
            let k = i as i64 - (n / 2) as i64;
            let class = match k.rem_euclid(4) {
                0 => RoadClass::Primary,
                2 => RoadClass::Secondary,
                _ => RoadClass::Tertiary,
            };
            Line { at: (i as f64 - half) * spacing + random.random_range(-0.12..0.12) * spacing, class }
        })
        .collect()
}

/// Bends the grid a little, as a city that grew: never so much that streets meet.
pub(super) fn bend([x, y]: [f64; 2]) -> [f64; 2] {
    [
        x + 70.0 * (y / 1700.0 + 0.8).sin() + 22.0 * (y / 610.0 + x / 2300.0).sin(),
        y + 60.0 * (x / 1900.0 + 2.1).sin() + 18.0 * (x / 730.0 - y / 2700.0).sin(),
    ]
}

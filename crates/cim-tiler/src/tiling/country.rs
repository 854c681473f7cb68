//! How the bare ground looks: paved where it is built, and the open country around that.

use crate::{
    city::{City, Model, Road, RoadClass, Skin},
    mesh::{linear_bytes, split},
    workers,
};
use cim_model::Place;
use tiles3d::write::WritePrimitive;

/// Metres from what is built at which the country begins, and at which there is nothing else.
const RIM_M: [f64; 2] = [15.0, 100.0];
/// sRGB of the country: that of the fields which the viewer draws beyond all tiles, on average.
const COUNTRY: [u8; 3] = [120, 130, 86];
/// sRGB of the ground's material, which colours multiply.
const PAVED: [u8; 3] = [172, 170, 160];
/// Metres of the cells in which the distance from what is built is known, at least, and the cells across at most.
const CELL_M: f64 = 25.0;
const CELLS: f64 = 1500.0;
/// Things whose lines are found at a time: models have many.
const TURN: usize = 1 << 12;
/// How much of the change from paved to country one edge of a mesh may span.
const STEP: f64 = 0.2;

/// Where what is built ends.
#[derive(Debug, Default)]
pub(super) struct Country {
    low: [f64; 2],
    cell: f64,
    size: [usize; 2],
    /// Metres from what is built to each cell, row by row from the south.
    metres: Vec<f32>,
}

impl Country {
    /// Around a city; `line` takes places to metres.
    pub(super) fn new(city: &City, line: impl Fn(&[Place]) -> Vec<[f64; 2]> + Sync) -> Self {
        let built = |skin: Skin| !matches!(skin, Skin::Land | Skin::Water | Skin::Green | Skin::Plant);
        let models: Vec<&Model> = city.models.iter().filter(|m| built(m.skin)).collect();
        let roads: Vec<&Road> = city.roads.iter().filter(|r| r.class < RoadClass::Footway).collect();
        let outlines = |model: &&Model| -> Vec<Vec<[f64; 2]>> {
            let facets = model.levels.first().into_iter().flatten();
            let rings = facets.filter_map(|facet| facet.rings.first());
            rings.map(|ring| line(&ring.iter().map(|p| p.place).collect::<Vec<_>>())).collect()
        };
        Self::of(|take| {
            lines(&city.buildings, take, |b| {
                let mut ring = line(&b.footprint);
                ring.extend(ring.first().copied());
                [ring]
            });
            lines(&models, take, outlines);
            lines(&city.placed, take, |m| [line(&[m.place])]);
            lines(&roads, take, |r| [line(&r.points)]);
        })
    }

    /// Around some lines and points, which `each` gives as often as it is asked.
    fn of(each: impl Fn(&mut dyn FnMut(&[[f64; 2]]))) -> Self {
        let mut spans = [Span::default(), Span::default()];
        each(&mut |line| {
            for p in line.iter().filter(|p| p.iter().all(|x| x.is_finite())) {
                (0..2).for_each(|k| spans[k].add(p[k]));
            }
        });
        let [Some(east), Some(north)] = spans.map(Span::most) else { return Self::default() };
        let cell = CELL_M.max((east[1] - east[0]).max(north[1] - north[0]) / CELLS);
        let margin = RIM_M[1] + 2.0 * cell;
        let low = [east[0] - margin, north[0] - margin];
        let extent = [east[1] + margin - low[0], north[1] + margin - low[1]];
        let size = extent.map(|e| (e / cell).ceil() as usize + 1);
        let mut out = Self { low, cell, size, metres: vec![f32::MAX; size[0] * size[1]] };
        each(&mut |line| {
            for pair in line.windows(2).filter(|pair| pair.iter().flatten().all(|x| x.is_finite())) {
                let steps = ((pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]) / cell).ceil().max(1.0);
                let at = |k: usize, t: f64| pair[0][k] + (pair[1][k] - pair[0][k]) * t / steps;
                (0..steps as u32).for_each(|t| out.mark([at(0, f64::from(t)), at(1, f64::from(t))]));
            }
            line.last().into_iter().for_each(|p| out.mark(*p));
        });
        out.spread();
        out
    }

    fn mark(&mut self, p: [f64; 2]) {
        let [u, v] = [0, 1].map(|k| ((p[k] - self.low[k]) / self.cell).round());
        // At the edge are those that stray.
        let is_inside = |c: f64, k: usize| c >= 1.0 && c < (self.size[k] - 1) as f64;
        if is_inside(u, 0) && is_inside(v, 1) {
            self.metres[v as usize * self.size[0] + u as usize] = 0.0;
        }
    }

    /// Distances from the marked cells, along rows, columns and diagonals (Borgefors, 1986).
    fn spread(&mut self) {
        let [columns, rows] = self.size;
        let (straight, slanted) = (self.cell as f32, self.cell as f32 * std::f32::consts::SQRT_2);
        for (forth, edge) in [(true, 0), (false, rows - 1)] {
            for step in 0..rows {
                let j = if forth { step } else { rows - 1 - step };
                for k in 0..columns {
                    let i = if forth { k } else { columns - 1 - k };
                    let mut least = self.metres[j * columns + i];
                    let before = if forth { i.checked_sub(1) } else { Some(i + 1).filter(|i| *i < columns) };
                    if let Some(i) = before {
                        least = least.min(self.metres[j * columns + i] + straight);
                    }
                    if j != edge {
                        let row = if forth { j - 1 } else { j + 1 };
                        for (side, length) in [(Some(i), straight), (i.checked_sub(1), slanted), (Some(i + 1), slanted)]
                        {
                            if let Some(i) = side.filter(|i| *i < columns) {
                                least = least.min(self.metres[row * columns + i] + length);
                            }
                        }
                    }
                    self.metres[j * columns + i] = least;
                }
            }
        }
    }

    /// How much of the ground at a place is country, from 0 to 1.
    fn share(&self, x: f64, y: f64) -> f64 {
        if self.metres.is_empty() {
            return 0.0;
        }
        let [columns, rows] = self.size;
        let at = |v: f64, k: usize, cells: usize| ((v - self.low[k]) / self.cell).clamp(0.0, (cells - 1) as f64);
        let (u, v) = (at(x, 0, columns), at(y, 1, rows));
        let (i, j) = (u as usize, v as usize);
        let of = |i: usize, j: usize| f64::from(self.metres[j.min(rows - 1) * columns + i.min(columns - 1)]);
        let (s, t) = (u - i as f64, v - j as f64);
        let south = of(i, j) * (1.0 - s) + of(i + 1, j) * s;
        let north = of(i, j + 1) * (1.0 - s) + of(i + 1, j + 1) * s;
        let metres = south * (1.0 - t) + north * t;
        let t = ((metres - RIM_M[0]) / (RIM_M[1] - RIM_M[0])).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    }

    /// Colours a mesh of the ground that lies at an offset, with edges of `finest` metres or more where its look changes.
    pub(super) fn colour(&self, part: &mut WritePrimitive, [x, y]: [f64; 2], finest: f64) {
        let share = |p: &[f32; 3]| self.share(x + f64::from(p[0]), y + f64::from(p[1]));
        split(part, |a, b| {
            let length = f64::from((b[0] - a[0]).hypot(b[1] - a[1]));
            length > 2.0 * finest && self.changes([a, b], length, &share)
        });
        let [paved, country] = [PAVED, COUNTRY].map(|c| linear_bytes(c).map(f64::from));
        let colour = |p: &[f32; 3]| {
            let s = share(p);
            let of = |k: usize| (255.0 * (1.0 + s * (country[k] / paved[k] - 1.0))).round() as u8;
            [of(0), of(1), of(2), 255]
        };
        part.colors = part.positions.iter().map(colour).collect();
    }

    /// Whether the look of an edge differs from that of its ends, or those from each other.
    fn changes(&self, [a, b]: [&[f32; 3]; 2], length: f64, share: &dyn Fn(&[f32; 3]) -> f64) -> bool {
        const PROBES: u32 = 8;
        let at = |t: f32| [0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * t);
        let (from, to) = (share(a), share(b));
        // A long edge may pass a village by.
        let off = |k: u32| {
            let t = k as f32 / PROBES as f32;
            (share(&at(t)) - (from + (to - from) * f64::from(t))).abs() > STEP
        };
        (from - to).abs() > STEP || (length > 4.0 * self.cell && (1..PROBES).any(off))
    }
}

/// Hands over the lines of things, found on all cores. Twice and in turns rather than all at once: a large city's outlines do
/// not fit side by side.
fn lines<T: Sync, L: IntoIterator<Item = Vec<[f64; 2]>> + Send>(
    things: &[T],
    take: &mut dyn FnMut(&[[f64; 2]]),
    of: impl Fn(&T) -> L + Sync,
) {
    for turn in things.chunks(TURN) {
        workers::each(turn, &of).into_iter().flatten().for_each(|line| take(&line));
    }
}

/// From where to where something goes, but for what strays far.
#[derive(Debug, Default)]
struct Span {
    count: usize,
    /// Every so manieth of the values.
    every: usize,
    sample: Vec<f64>,
    low: f64,
    high: f64,
}

impl Span {
    /// Values that are kept, at most.
    const SAMPLE: usize = 1 << 14;
    /// The share of the values at either end that may stray.
    const STRAY: f64 = 0.005;

    fn add(&mut self, v: f64) {
        if self.count == 0 {
            (self.low, self.high, self.every) = (v, v, 1);
        }
        (self.low, self.high) = (self.low.min(v), self.high.max(v));
        if self.count.is_multiple_of(self.every) {
            self.sample.push(v);
            if self.sample.len() == Self::SAMPLE {
                self.sample = self.sample.iter().copied().step_by(2).collect();
                self.every *= 2;
            }
        }
        self.count += 1;
    }

    /// Where most of the values are, and what is not far from there; `None` when there are none.
    fn most(mut self) -> Option<[f64; 2]> {
        self.sample.sort_by(f64::total_cmp);
        let last = self.sample.len().checked_sub(1)?;
        let stray = (Self::STRAY * last as f64) as usize;
        let (low, high) = (self.sample[stray.min(last)], self.sample[last.saturating_sub(stray)]);
        let around = 0.5 * (high - low) + CELL_M * 100.0;
        Some([self.low.max(low - around), self.high.min(high + around)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::{Surface, add_ground};

    fn around(lines: &[&[[f64; 2]]]) -> Country {
        Country::of(|take| lines.iter().for_each(|line| take(line)))
    }

    #[test]
    fn it_is_paved_along_a_street_and_country_away_from_it() {
        let country = around(&[&[[0.0, 0.0], [3000.0, 0.0]], &[[1000.0, 5000.0]]]);
        for x in [0.0, 1510.0, 3000.0] {
            assert_eq!(country.share(x, 0.0), 0.0);
            assert!((0.2..0.8).contains(&country.share(x, 55.0)), "{}", country.share(x, 55.0));
            assert_eq!((country.share(x, 140.0), country.share(x, -140.0)), (1.0, 1.0));
        }
        assert_eq!((country.share(1000.0, 5000.0), country.share(1500.0, 2500.0)), (0.0, 1.0));
        assert_eq!((country.share(-1e6, 0.0), country.share(1e6, -1e6)), (1.0, 1.0));
        // A city of nothing has no country.
        assert_eq!(around(&[]).share(0.0, 0.0), 0.0);
        assert_eq!(around(&[&[[f64::NAN, 0.0]]]).share(0.0, 0.0), 0.0);
    }

    #[test]
    fn what_strays_takes_nothing_from_the_town() {
        let town: Vec<[f64; 2]> = (0..4000).map(|k| [f64::from(k % 63) * 40.0, f64::from(k / 63) * 40.0]).collect();
        let stray = [[-1.2e7, 4e6]];
        let country = around(&[&town, &stray]);
        assert!(country.cell == CELL_M && country.metres.len() < 200_000, "{}", country.metres.len());
        assert_eq!((country.share(1200.0, 1200.0), country.share(-500.0, 0.0)), (0.0, 1.0));
        assert_eq!(country.share(-1.2e7, 4e6), 1.0);
    }

    #[test]
    fn a_mesh_has_edges_where_its_look_changes() {
        let country = around(&[&[[-400.0, 0.0], [400.0, 0.0]]]);
        let mut ground = Surface::Ground.primitive();
        add_ground(&mut ground, [-1000.0, -1000.0], [1000.0, 1000.0], 1000.0);
        let area = |p: &WritePrimitive| -> f64 {
            let at = |i: u32| glam::Vec3::from_array(p.positions[i as usize]).as_dvec3();
            let twice = |t: &[u32]| (at(t[1]) - at(t[0])).cross(at(t[2]) - at(t[0])).z;
            0.5 * p.indices.chunks_exact(3).map(twice).sum::<f64>()
        };
        let before = area(&ground);
        country.colour(&mut ground, [0.0, 0.0], 20.0);
        assert!((area(&ground) - before).abs() < 1.0);
        assert!((100..6000).contains(&ground.indices.len()), "{}", ground.indices.len());
        assert_eq!(ground.colors.len(), ground.positions.len());
        let colour = |pick: &dyn Fn(&[f32; 3]) -> bool| {
            ground.positions.iter().zip(&ground.colors).filter(|(p, _)| pick(p)).map(|(_, c)| *c).collect::<Vec<_>>()
        };
        assert!(colour(&|p| p[1] == 0.0 && p[0].abs() < 400.0).iter().all(|c| *c == [255; 4]));
        let far = colour(&|p| p[1].abs() > 200.0);
        assert!(
            !far.is_empty() && far.iter().all(|c| *c == far[0] && c[1] < 160 && c[1] > c[0] && c[0] > c[2]),
            "{far:?}"
        );
    }
}

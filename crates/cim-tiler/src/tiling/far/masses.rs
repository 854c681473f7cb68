//! Small buildings merged with their neighbours: one block for each cell of a grid.

use super::{
    Solid,
    moments::{Moments, Rectangle, strip},
};
use std::collections::BTreeMap;

/// Metres that are beyond any city.
const BEYOND_M: f64 = 1e9;

/// Blocks in the making, by the cells of a square of the plan.
pub(super) struct Masses<'a> {
    low: [f64; 2],
    cell: f64,
    count: i64,
    cells: BTreeMap<[i64; 2], Cell<'a>>,
}

/// What is built in a cell.
#[derive(Default)]
struct Cell<'a> {
    land: Moments,
    /// What is below things that do not stand on the ground: the land where nothing else does.
    above: Moments,
    /// Of all that is summed up here: metres times square metres.
    volume: f64,
    /// Square metres by which the means below are weighed.
    weight: f64,
    foot: f64,
    lowest: f64,
    floors: f64,
    wall: [f64; 3],
    roof: [f64; 3],
    classes: Vec<(&'a str, f64)>,
}

/// Several buildings as one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mass<'a> {
    pub(super) land: Rectangle,
    /// Where its buildings stand on average, and the lowest of them.
    pub(super) foot: f64,
    pub(super) lowest: f64,
    pub(super) height: f64,
    pub(super) floors: u16,
    /// What most of it is used for.
    pub(super) class: &'a str,
    pub(super) wall: [u8; 4],
    pub(super) roof: [u8; 4],
}

impl<'a> Masses<'a> {
    /// Of the square of an edge of `count` cells around `centre`.
    pub(super) fn new(centre: [f64; 2], cell: f64, count: u32) -> Self {
        let half = 0.5 * cell * f64::from(count);
        Self { low: centre.map(|c| c - half), cell, count: i64::from(count), cells: BTreeMap::new() }
    }

    /// Shares a building out to the cells that it stands in. What is beyond the square counts to its outermost cells, so
    /// that nothing of another square's is met.
    pub(super) fn add(&mut self, solid: &Solid<'a>) {
        for plan in solid.plans {
            let whole = Moments::of_plan(plan, self.low);
            if whole.area <= 0.0 {
                continue;
            }
            let index = |v: f64, k: usize| (((v - self.low[k]) / self.cell).floor() as i64).clamp(0, self.count - 1);
            let range = [0, 1].map(|k| {
                let all = plan.ring.iter().map(|p| index(p[k], k));
                all.fold([i64::MAX, i64::MIN], |[l, h], i| [l.min(i), h.max(i)])
            });
            if range[0][0] == range[0][1] && range[1][0] == range[1][1] {
                self.cells.entry([range[0][0], range[1][0]]).or_default().add(&whole, solid);
                continue;
            }
            for i in range[0][0]..=range[0][1] {
                let cut = |ring: &[[f64; 2]]| strip(ring, 0, self.span(i, 0));
                let (ring, holes) = (cut(&plan.ring), plan.holes.iter().map(|h| cut(h)).collect::<Vec<_>>());
                for j in range[1][0]..=range[1][1] {
                    let of = |ring: &[[f64; 2]]| Moments::of(&strip(ring, 1, self.span(j, 1)), self.low);
                    let mut land = of(&ring);
                    holes.iter().for_each(|h| land.add(&of(h).times(-1.0)));
                    if land.area > 0.0 {
                        self.cells.entry([i, j]).or_default().add(&land.turned_as(&whole), solid);
                    }
                }
            }
        }
    }

    /// From where to where a row or a column of cells goes.
    fn span(&self, index: i64, axis: usize) -> [f64; 2] {
        let at = |i: i64| self.low[axis] + i as f64 * self.cell;
        [if index == 0 { -BEYOND_M } else { at(index) }, if index == self.count - 1 { BEYOND_M } else { at(index + 1) }]
    }

    /// The blocks, which lie in their cells and so never meet. Each has the area of what it stands for, or that of its
    /// cell if it is less, and the volume.
    pub(super) fn finish(self) -> impl Iterator<Item = Mass<'a>> {
        let (low, edge) = (self.low, self.cell);
        self.cells.into_iter().map(move |(at, cell)| {
            let corner = at.map(|i| i as f64 * edge);
            let ground = if cell.land.area > 0.0 { &cell.land } else { &cell.above };
            let land = ground.rectangle().within([corner, corner.map(|c| c + edge)]);
            let built = cell.weight;
            let color = |sum: [f64; 3], by: f64| {
                let [r, g, b] = sum.map(|c| (c / by).round() as u8);
                [r, g, b, 255]
            };
            let class = cell.classes.iter().reduce(|most, c| if c.1 > most.1 { c } else { most });
            Mass {
                land: Rectangle { centre: [land.centre[0] + low[0], land.centre[1] + low[1]], ..land },
                foot: cell.foot / built,
                lowest: cell.lowest,
                height: cell.volume / (4.0 * land.half[0] * land.half[1]),
                floors: (cell.floors / built).round() as u16,
                class: class.map_or("", |c| c.0),
                wall: color(cell.wall, cell.volume),
                roof: color(cell.roof, built),
            }
        })
    }
}

impl<'a> Cell<'a> {
    fn add(&mut self, land: &Moments, solid: &Solid<'a>) {
        let volume = land.area * solid.height;
        self.lowest = if self.volume > 0.0 { self.lowest.min(solid.foot) } else { solid.foot };
        if solid.base > 0.0 { &mut self.above } else { &mut self.land }.add(land);
        self.weight += land.area;
        self.volume += volume;
        self.foot += land.area * solid.foot;
        self.floors += land.area * f64::from(solid.floors);
        for k in 0..3 {
            self.wall[k] += volume * f64::from(solid.wall[k]);
            self.roof[k] += land.area * f64::from(solid.roof[k]);
        }
        match self.classes.iter_mut().find(|c| c.0 == solid.class) {
            Some(class) => class.1 += volume,
            None => self.classes.push((solid.class, volume)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiling::far::moments::{Plan, area};
    use proptest::prelude::*;

    const CELL: f64 = 40.0;

    fn solid<'a>(plan: &'a Plan, height: f64, class: &'a str) -> Solid<'a> {
        let (wall, roof) = ([200, 100, 50, 255], [10, 20, 30, 255]);
        Solid {
            plans: std::slice::from_ref(plan),
            foot: 3.0,
            base: 0.0,
            sunk: 0.0,
            height,
            floors: 2,
            class,
            wall,
            roof,
        }
    }

    fn house(centre: [f64; 2], half: [f64; 2], angle: f64) -> Plan {
        let ring = Rectangle { centre, along: [angle.cos(), angle.sin()], half }.corners().to_vec();
        Plan { ring, holes: Vec::new() }
    }

    #[test]
    fn what_stands_on_other_things_makes_them_higher_and_not_wider() {
        let plan = Plan { ring: vec![[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0]], holes: Vec::new() };
        let storey = |k: u32| Solid { base: 3.0 * f64::from(k), ..solid(&plan, 3.0, "办公") };
        for (storeys, height) in [(0..10, 30.0), (4..10, 18.0)] {
            let mut masses = Masses::new([20.0, 20.0], CELL, 1);
            storeys.for_each(|k| masses.add(&storey(k)));
            let found: Vec<_> = masses.finish().collect();
            assert_eq!(found.len(), 1);
            let land = 4.0 * found[0].land.half[0] * found[0].land.half[1];
            let volume = land * found[0].height;
            assert!((volume - 100.0 * height).abs() < 1.0, "{volume}");
            assert_eq!((found[0].foot, found[0].lowest), (3.0, 3.0));
        }
        // Whose ground is known has the land of that.
        let mut masses = Masses::new([20.0, 20.0], CELL, 1);
        (0..10).for_each(|k| masses.add(&storey(k)));
        let found = masses.finish().next().unwrap();
        assert!((found.height - 30.0).abs() < 0.1, "{}", found.height);
    }

    proptest! {
        #[test]
        fn area_and_volume_stay_and_no_blocks_meet(
            houses in prop::collection::vec((
                0.0..400.0f64, 0.0..400.0f64, 2.0..9.0f64, 2.0..9.0f64, -2.0..2.0f64, 2.0..60.0f64,
            ), 1..60),
        ) {
            let plans: Vec<(Plan, f64)> =
                houses.iter().map(|&(x, y, a, b, angle, h)| (house([x, y], [a, b], angle), h)).collect();
            let make = || {
                let mut masses = Masses::new([200.0; 2], CELL, 10);
                plans.iter().for_each(|(plan, h)| masses.add(&solid(plan, *h, "住宅")));
                masses.finish().collect::<Vec<_>>()
            };
            let made = make();
            prop_assert_eq!(&made, &make());
            let of = |m: &Mass<'_>| 4.0 * m.land.half[0] * m.land.half[1];
            let volume: f64 = made.iter().map(|m| of(m) * m.height).sum();
            let built: f64 = plans.iter().map(|(p, h)| area(p) * h).sum();
            prop_assert!((volume - built).abs() < 1e-6 * built, "{volume} of {built}");
            let all: f64 = plans.iter().map(|(p, _)| area(p)).sum();
            let shown: f64 = made.iter().map(of).sum();
            // A cell that is full has no room for more.
            let is_full = made.iter().any(|m| of(m) > CELL * CELL - 1e-6);
            prop_assert!(shown <= all + 1e-6 && (is_full || shown > all - 1e-6), "{shown} of {all}");
            let mut cells = std::collections::BTreeSet::new();
            for m in &made {
                let cell = m.land.centre.map(|c| (c / CELL).floor() as i64);
                prop_assert!(cells.insert(cell), "two in {cell:?}");
                for corner in m.land.corners() {
                    for k in 0..2 {
                        let at = corner[k] - cell[k] as f64 * CELL;
                        prop_assert!((-1e-6..=CELL + 1e-6).contains(&at), "{m:?}");
                    }
                }
            }
            // Whatever is built has a block in its cell.
            for (x, y, ..) in houses {
                prop_assert!(cells.contains(&[x, y].map(|c| (c / CELL).floor() as i64)));
            }
        }
    }

    #[test]
    fn a_block_is_what_most_of_it_is_and_looks_like_all_of_it() {
        let (low, high) = (house([10.0, 10.0], [5.0; 2], 0.0), house([25.0, 10.0], [5.0; 2], 0.0));
        let mut masses = Masses::new([200.0; 2], CELL, 10);
        masses.add(&solid(&low, 3.0, "商业"));
        masses.add(&Solid { foot: 1.0, floors: 6, wall: [100; 4], ..solid(&high, 9.0, "住宅") });
        let made: Vec<Mass<'_>> = masses.finish().collect();
        let [m] = &made[..] else { panic!("{made:?}") };
        assert_eq!((m.class, m.floors, m.wall, m.lowest), ("住宅", 4, [125, 100, 88, 255], 1.0));
        assert!((m.height - 6.0).abs() < 1e-9 && (m.foot - 2.0).abs() < 1e-9);
        assert!((m.land.centre[0] - 17.5).abs() < 1e-9 && m.land.half[0] > m.land.half[1]);
    }

    #[test]
    fn a_courtyard_takes_its_room_out_of_a_block() {
        let yard = house([35.0, 10.0], [6.0; 2], 0.0).ring;
        let plan = Plan { holes: vec![yard], ..house([35.0, 10.0], [9.0; 2], 0.0) };
        let mut masses = Masses::new([200.0; 2], CELL, 10);
        masses.add(&solid(&plan, 5.0, ""));
        let built: f64 = masses.finish().map(|m| 4.0 * m.land.half[0] * m.land.half[1]).sum();
        assert!((built - 180.0).abs() < 1e-6, "{built}");
    }

    #[test]
    fn what_reaches_beyond_the_square_stays_in_its_outermost_cells() {
        let plan = house([398.0, 200.0], [8.0, 3.0], 0.0);
        let mut masses = Masses::new([200.0; 2], CELL, 10);
        masses.add(&solid(&plan, 5.0, ""));
        let made: Vec<Mass<'_>> = masses.finish().collect();
        assert!(made.iter().all(|m| m.land.corners().iter().all(|c| c[0] <= 400.0 + 1e-9)), "{made:?}");
    }
}

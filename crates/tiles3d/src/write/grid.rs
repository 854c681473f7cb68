//! Coordinates as whole numbers of steps, on a grid that all tiles of a frame share.

use super::{WritePrimitive, options::power_of_two, primitive::y_up};
use glam::DVec3;

/// Steps across that a float of 32 bits holds, and a mantissa of `EXT_meshopt_compression` (24 bits with its sign).
const MOST_STEPS: f64 = 8_388_607.0;

/// The grid of one tile, y-up as glTF is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Metres from one coordinate to the next: a power of two.
    step: f64,
    /// The tile's centre, metres in its frame.
    centre: DVec3,
    /// What is 0 in the tile, in steps from the origin of its frame.
    low: DVec3,
}

impl Grid {
    /// The grid whose 0 is the lowest corner of these primitives, which are around `centre` (z-up metres). Steps are
    /// `step` metres, a power of two; more where the tile is so large (65 km for 1/128 m) that floats could not tell them
    /// apart.
    pub(super) fn around(primitives: &[&WritePrimitive], centre: DVec3, step: f64) -> Self {
        let centre = DVec3::new(centre.x, centre.z, -centre.y);
        let (mut low, mut high) = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for p in primitives.iter().flat_map(|p| &p.positions) {
            let p = DVec3::from_array(y_up(*p).map(f64::from));
            (low, high) = (low.min(p), high.max(p));
        }
        if low.x > high.x {
            (low, high) = (DVec3::ZERO, DVec3::ZERO);
        }
        let mut step = step;
        while (high - low).max_element() / step > MOST_STEPS {
            step *= 2.0;
        }
        Self { step, centre, low: ((centre + low) / step).round() }
    }

    /// The grid of a shape of its own, around its origin: as fine as 16-bit numbers allow.
    pub(super) fn of_shape(shape: &WritePrimitive) -> Self {
        let reach = reach(shape);
        // A power of two may be almost twice too small.
        let step = 2.0 * power_of_two(reach / f64::from(i16::MAX)).min(reach.max(1e-6) / 16_384.0);
        let step = power_of_two(step);
        Self { step, centre: DVec3::ZERO, low: DVec3::ZERO }
    }

    pub(super) fn step(&self) -> f64 {
        self.step
    }

    /// Where 0 is in the tile's frame, y-up metres: a whole number of steps.
    pub(super) fn origin(&self) -> DVec3 {
        self.low * self.step
    }

    /// The nearest place on the grid of a z-up one around the tile's centre.
    pub(super) fn snap(&self, p: [f32; 3]) -> [i32; 3] {
        let p = DVec3::from_array(y_up(p).map(f64::from));
        (((self.centre + p) / self.step).round() - self.low).to_array().map(|c| c as i32)
    }
}

/// The largest coordinate of a shape, without its sign.
pub(super) fn reach(shape: &WritePrimitive) -> f64 {
    shape.positions.iter().flatten().fold(0.0, |most, c| f64::from(c.abs()).max(most))
}

/// Numbers as multiples of a power of two: its exponent, and them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fixed {
    pub(super) exponent: i32,
    pub(super) counts: Vec<i32>,
}

impl Fixed {
    /// The nearest multiples of `unit`, a power of two, or of the least larger one of which floats hold as many. None of
    /// them is 0 that was not.
    pub(super) fn of(values: impl Iterator<Item = f64> + Clone, unit: f64) -> Self {
        let mut unit = unit;
        while values.clone().any(|v| v.abs() / unit > MOST_STEPS) {
            unit *= 2.0;
        }
        let count = |v: f64| {
            let count = (v / unit).round();
            if count == 0.0 && v != 0.0 { v.signum() } else { count }
        };
        Self { exponent: unit.log2().round() as i32, counts: values.map(|v| count(v) as i32).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(positions: Vec<[f32; 3]>) -> WritePrimitive {
        WritePrimitive { positions, ..WritePrimitive::default() }
    }

    #[test]
    fn very_large_tiles_have_wider_steps() {
        let wide = part(vec![[-100_000.0, 0.0, 0.0], [100_000.0, 10.0, 0.0]]);
        let grid = Grid::around(&[&wide], DVec3::ZERO, 1.0 / 128.0);
        assert_eq!(grid.step(), 1.0 / 32.0);
        assert_eq!(grid.snap(wide.positions[1]), [6_400_000, 0, 0]);
        assert_eq!(grid.snap(wide.positions[0]), [0, 0, 320]);
        let empty = Grid::around(&[&part(Vec::new())], DVec3::new(1.0, 2.0, 3.0), 0.5);
        assert_eq!(empty.origin().to_array(), [1.0, 3.0, -2.0]);
    }

    #[test]
    fn multiples_grow_where_there_are_too_many() {
        let fixed = |values: &[f64], unit| Fixed::of(values.iter().copied(), unit);
        assert_eq!(fixed(&[0.5, -0.25, 0.1, 0.0], 0.25), Fixed { exponent: -2, counts: vec![2, -1, 1, 0] });
        assert_eq!(fixed(&[33_554_428.0, 1.0], 1.0), Fixed { exponent: 2, counts: vec![8_388_607, 1] });
    }

    proptest! {
        #[test]
        fn what_touches_in_two_tiles_touches_on_the_grid(
            p in prop::array::uniform3(-1000i32..1000),
            centres in prop::array::uniform2(prop::array::uniform3(-1000i32..1000)),
            others in prop::array::uniform2(prop::array::uniform3(-900f32..900.0)),
        ) {
            // Sixteenths of a metre: floats hold them exactly around any of the centres.
            let p = DVec3::from_array(p.map(|c| f64::from(c) / 16.0));
            let at = [0, 1].map(|k| {
                let centre = DVec3::from_array(centres[k].map(|c| f64::from(c) / 4.0));
                let tile = part(vec![(p - centre).as_vec3().to_array(), others[k]]);
                let grid = Grid::around(&[&tile], centre, 1.0 / 8.0);
                let counts = DVec3::from_array(grid.snap(tile.positions[0]).map(f64::from));
                assert!(counts.min_element() >= 0.0);
                grid.origin() + counts * grid.step()
            });
            prop_assert_eq!(at[0], at[1]);
            let y_up = DVec3::new(p.x, p.z, -p.y);
            prop_assert!((at[0] - y_up).abs().max_element() <= 1.0 / 16.0);
        }

        #[test]
        fn shapes_fill_sixteen_bits(positions in prop::collection::vec(prop::array::uniform3(-50f32..50.0), 1..20)) {
            let shape = part(positions);
            let grid = Grid::of_shape(&shape);
            let most = shape.positions.iter().flat_map(|p| grid.snap(*p)).map(i32::abs).max().unwrap();
            prop_assert!(most <= i32::from(i16::MAX));
            prop_assert!(most >= 8_000 || reach(&shape) < 0.1, "{} of {}", most, reach(&shape));
        }
    }
}

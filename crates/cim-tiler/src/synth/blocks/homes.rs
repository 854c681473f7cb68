//! Housing: old lanes, villages that the city grew round, slabs in rows, towers.

use super::{Block, CREAM, FLAT_ROOF, Look, MODERN, yard};
use crate::city::Roof;

impl Block<'_> {
    /// Courtyards: low houses with tiled roofs along narrow lanes.
    pub(super) fn old_town(&mut self) {
        let mut y = 4.0;
        while y + 9.0 < self.depth() {
            let mut x = 3.0;
            while x + 13.0 < self.width() {
                let (w, d) = (self.between(11.0, 19.0).min(self.width() - x - 2.0), self.between(7.5, 10.0));
                if self.chance(0.88) {
                    let look = Look {
                        class: "住宅",
                        floors: if self.chance(0.3) { 2 } else { 1 },
                        floor_m: 3.4,
                        roof: Roof::Gable,
                        wall: self.pick(&[[186, 172, 152], [170, 164, 156], [196, 186, 170]]),
                        roof_color: self.pick(&[[104, 100, 98], [120, 92, 78], [92, 96, 102]]),
                    };
                    self.rect([x, y], [w, d], "号院", &look);
                }
                x += w + self.between(3.0, 6.0);
            }
            let step = self.between(16.0, 21.0);
            self.pave([2.0, y + step - 4.5], [self.width() - 4.0, 3.0], yard::FLAGSTONE);
            y += step;
        }
    }

    /// Farmhouses of two and three floors, wall to wall: a village in the city (城中村).
    pub(super) fn village(&mut self) {
        let mut y = 6.0;
        while y + 11.0 < self.depth() {
            let mut x = 5.0;
            while x + 15.0 < self.width() {
                let w = self.between(12.0, 15.0);
                if self.chance(0.9) {
                    let flat = self.chance(0.55);
                    let look = Look {
                        class: "住宅",
                        floors: self.pick(&[1, 2, 2, 2, 3]),
                        floor_m: 3.2,
                        roof: if flat { Roof::Flat } else { Roof::Gable },
                        wall: self.pick(&[[214, 206, 194], [190, 134, 112], [204, 198, 190]]),
                        roof_color: if flat { [156, 152, 146] } else { self.pick(&[[158, 86, 66], [120, 112, 106]]) },
                    };
                    self.rect([x, y], [w, 9.0], "号", &look);
                    self.wall([x, y - 4.0], [x + w, y - 4.0], 2.2, yard::BRICK);
                }
                x += w + 0.6 + if self.chance(0.12) { 5.0 } else { 0.0 };
            }
            self.pave([4.0, y + 10.0], [self.width() - 8.0, 3.6], yard::CONCRETE);
            y += 19.0;
        }
    }

    /// Slab housing in rows that face south, on both sides of the estate's road.
    pub(super) fn slabs(&mut self) {
        let floors = self.pick(&[5, 6, 6, 6, 7, 11, 11]);
        let (wall, roof_color) = (self.pick(&CREAM), self.pick(&FLAT_ROOF));
        let red = floors <= 6 && self.chance(0.4);
        let shops = self.chance(0.35);
        let height = f64::from(floors) * 2.9;
        let (w, d) = (self.width(), self.depth());
        self.green([2.0, 2.0], [w - 4.0, d - 4.0], format!("{}绿地", self.estate));
        let look = Look {
            class: "住宅",
            floors,
            floor_m: 2.9,
            roof: if red { Roof::Gable } else { Roof::Flat },
            wall,
            roof_color: if red { [150, 84, 66] } else { roof_color },
        };
        let road = 0.5 * w;
        self.pave([road - 3.0, 1.0], [6.0, d - 8.0], yard::ASPHALT);
        let mut y = if shops { 22.0 } else { 9.0 };
        while y + 15.0 < d {
            for (from, to) in [(7.0, road - 6.0), (road + 6.0, w - 7.0)] {
                let mut x = from + self.between(0.0, 3.0);
                while x + 36.0 < to {
                    let long = self.between(40.0, 66.0).min(to - x);
                    self.rect([x, y], [long, 12.5], "号楼", &look);
                    x += long + self.between(9.0, 13.0);
                }
            }
            // The doors are on the north side.
            self.pave([7.0, y + 14.5], [w - 14.0, 3.6], yard::CONCRETE);
            y += 12.5 + (1.25 * height).clamp(18.0, 38.0);
        }
        if shops {
            self.shop_row([6.0, 4.0], road - 14.0);
            self.shop_row([road + 8.0, 4.0], w - road - 14.0);
        }
        let color = self.pick(&[yard::PLASTER, yard::BRICK, yard::STEEL]);
        self.enclose(2.0, 2.2, color);
    }

    /// A row of shops of one or two floors along a street.
    pub(super) fn shop_row(&mut self, [x, y]: [f64; 2], length: f64) {
        if length < 24.0 {
            return;
        }
        let look = Look {
            class: "商铺",
            floors: self.pick(&[1, 2, 2]),
            floor_m: 3.9,
            roof: Roof::Flat,
            wall: self.pick(&CREAM),
            roof_color: self.pick(&FLAT_ROOF),
        };
        let pieces = (length / 44.0).ceil();
        let each = length / pieces;
        for k in 0..pieces as usize {
            self.rect([x + k as f64 * each, y], [each - 3.0, 11.0], "号铺", &look);
        }
    }

    /// High-rise housing on lawns round a garden.
    pub(super) fn towers(&mut self) {
        let (wall, trim) = (self.pick(&MODERN), self.pick(&FLAT_ROOF));
        let (w, d) = (self.width(), self.depth());
        self.green([3.0, 3.0], [w - 6.0, d - 6.0], format!("{}绿地", self.estate));
        let base = self.random_floors(17, 31);
        let shops = self.chance(0.45);
        let mut y = if shops { 26.0 } else { 18.0 };
        let mut odd = false;
        while y + 22.0 < d {
            let mut x = if odd { 36.0 } else { 14.0 };
            while x + 34.0 < w {
                let look = Look {
                    class: "住宅",
                    floors: base + self.random_floors(0, 4),
                    floor_m: 2.95,
                    roof: Roof::Flat,
                    wall,
                    roof_color: trim,
                };
                let long = self.between(28.0, 34.0);
                self.tower([x, y], long, &look);
                x += self.between(50.0, 60.0);
            }
            odd = !odd;
            self.pave([8.0, y + 24.0], [w - 16.0, 4.5], yard::ASPHALT);
            y += 50.0;
        }
        self.pave([0.5 * w - 3.0, 1.0], [6.0, d - 10.0], yard::FLAGSTONE);
        if shops {
            self.shop_row([6.0, 4.0], 0.5 * w - 14.0);
            self.shop_row([0.5 * w + 8.0, 4.0], 0.5 * w - 14.0);
        }
        self.enclose(3.0, 2.0, yard::STEEL);
    }

    /// A tower of two flats to each side of the stairs: its rooms look south, its stair stands out to the north.
    fn tower(&mut self, [x, y]: [f64; 2], w: f64, look: &Look) {
        let (core, out) = (0.26 * w, 4.5);
        let corners = [
            [x, y],
            [x + 0.36 * w, y],
            [x + 0.36 * w, y + 1.8],
            [x + 0.64 * w, y + 1.8],
            [x + 0.64 * w, y],
            [x + w, y],
            [x + w, y + 14.0],
            [x + 0.5 * (w + core), y + 14.0],
            [x + 0.5 * (w + core), y + 14.0 + out],
            [x + 0.5 * (w - core), y + 14.0 + out],
            [x + 0.5 * (w - core), y + 14.0],
            [x, y + 14.0],
        ];
        self.add(&corners, "号楼", look);
    }

    pub(super) fn random_floors(&mut self, low: u16, high: u16) -> u16 {
        self.between(f64::from(low), f64::from(high)) as u16
    }
}

//! Shops and offices.

use super::{Block, CREAM, FLAT_ROOF, GLASS, Look, MODERN, yard};
use crate::city::Roof;

impl Block<'_> {
    /// A shopping podium with towers, and shops along the street.
    pub(super) fn commerce(&mut self, central: bool) {
        let (w, d) = (self.width(), self.depth());
        let (long, deep) = (w * 0.62, d * 0.46);
        let podium = Look {
            class: "商业",
            floors: self.random_floors(4, 7),
            floor_m: 4.8,
            roof: Roof::Flat,
            wall: self.pick(&[[212, 204, 192], [190, 178, 164], [200, 206, 210]]),
            roof_color: self.pick(&FLAT_ROOF),
        };
        self.pave([2.0, 2.0], [w - 4.0, d - 4.0], yard::FLAGSTONE);
        self.rect([0.5 * (w - long), 10.0], [long, deep], "号商场", &podium);
        let towers = if central { self.pick(&[2, 3]) } else { 1 };
        for k in 0..towers {
            let side = self.between(27.0, 36.0);
            let look = Look {
                class: "办公",
                floors: if central { self.random_floors(24, 48) } else { self.random_floors(14, 26) },
                floor_m: 3.9,
                roof: Roof::Flat,
                wall: self.pick(&GLASS),
                roof_color: [120, 126, 132],
            };
            let x = 14.0 + (w - 28.0 - side) * f64::from(k) / f64::from((towers - 1).max(1));
            self.rect([x, 10.0 + deep + 14.0], [side, side.min(d - deep - 42.0)], "号楼", &look);
        }
        let mut x = 4.0;
        while x + 16.0 < w {
            let look = Look {
                class: "商铺",
                floors: 2,
                floor_m: 3.8,
                roof: Roof::Flat,
                wall: self.pick(&CREAM),
                roof_color: self.pick(&FLAT_ROOF),
            };
            self.rect([x, d - 14.0], [14.0, 12.0], "号铺", &look);
            x += 15.5;
        }
    }

    /// A mall: one large house, its square, its car park and a hotel.
    pub(super) fn mall(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.pave([2.0, 2.0], [w - 4.0, d - 4.0], yard::FLAGSTONE);
        let look = Look {
            class: "商业",
            floors: self.random_floors(4, 6),
            floor_m: 5.4,
            roof: Roof::Flat,
            wall: self.pick(&[[196, 186, 172], [206, 208, 210], [176, 140, 116]]),
            roof_color: [146, 148, 150],
        };
        let (x, y, long, deep) = (10.0, 40.0, w - 64.0, d - 62.0);
        // Rounded to the street corner, as malls are.
        let corners = [
            [x + 18.0, y],
            [x + long, y],
            [x + long, y + deep],
            [x, y + deep],
            [x, y + 18.0],
            [x + 2.4, y + 9.0],
            [x + 9.0, y + 2.4],
        ];
        self.add(&corners, "号商场", &look);
        let hotel =
            Look { class: "商业", floors: self.random_floors(18, 30), floor_m: 3.6, wall: self.pick(&GLASS), ..look };
        self.rect([w - 44.0, d - 48.0], [32.0, 24.0], "号酒店", &hotel);
        self.car_park([w - 46.0, 10.0], [36.0, d - 70.0]);
        // Skylights over the hall.
        let top = f64::from(look.floors) * f64::from(look.floor_m) + 0.9;
        let light = [
            [x + 0.3 * long, y + 0.42 * deep],
            [x + 0.8 * long, y + 0.42 * deep],
            [x + 0.8 * long, y + 0.58 * deep],
            [x + 0.3 * long, y + 0.58 * deep],
        ];
        let ridge = [
            [x + 0.33 * long, y + 0.47 * deep],
            [x + 0.77 * long, y + 0.47 * deep],
            [x + 0.77 * long, y + 0.53 * deep],
            [x + 0.33 * long, y + 0.53 * deep],
        ];
        self.frustum(&light, &ridge, top, top + 4.0, [134, 166, 186]);
    }

    pub(super) fn offices(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.green([3.0, 3.0], [w - 6.0, d - 6.0], format!("{}广场绿地", self.estate));
        self.pave([0.5 * w - 6.0, 2.0], [12.0, d - 6.0], yard::FLAGSTONE);
        self.car_park([0.12 * w, 0.44 * d], [0.3 * w, 14.0]);
        for (x, y) in [(0.12, 0.15), (0.56, 0.15), (0.12, 0.58), (0.56, 0.58)] {
            let tall = self.chance(0.4);
            let look = Look {
                class: "办公",
                floors: if tall { self.random_floors(15, 28) } else { self.random_floors(5, 11) },
                floor_m: 3.8,
                roof: Roof::Flat,
                wall: if tall { self.pick(&GLASS) } else { self.pick(&MODERN) },
                roof_color: self.pick(&FLAT_ROOF),
            };
            let size = if tall { [38.0, 30.0] } else { [0.3 * w, 22.0] };
            self.rect([x * w, y * d], size, "号楼", &look);
        }
    }
}

//! Factories, construction sites and dumps.

use super::{Block, FLAT_ROOF, Look, Site, yard};
use crate::{city::Roof, synth::demo::Zone};

impl Block<'_> {
    /// Halls with plain or sawtooth roofs, an office at the gate, chimneys and tanks.
    pub(super) fn factory(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.pave([3.0, 3.0], [w - 6.0, d - 6.0], yard::CONCRETE);
        let office = Look {
            class: "办公",
            floors: self.random_floors(3, 6),
            floor_m: 3.6,
            roof: Roof::Flat,
            wall: self.pick(&[[222, 218, 208], [206, 176, 148], [206, 210, 214]]),
            roof_color: self.pick(&FLAT_ROOF),
        };
        self.rect([12.0, 10.0], [0.32 * w, 14.0], "号办公楼", &office);
        self.rect([0.62 * w, 10.0], [0.26 * w, 12.0], "号宿舍楼", &office);
        let sawtooth = self.chance(0.35);
        let mut y = 36.0;
        while y + 36.0 < d {
            let mut x = 10.0;
            while x + 54.0 < w {
                let (long, deep) = (self.between(50.0, 84.0).min(w - x - 8.0), self.between(28.0, 38.0));
                let look = Look {
                    class: "工业",
                    floors: 1,
                    floor_m: self.between(8.0, 12.0) as f32,
                    roof: if sawtooth { Roof::Flat } else { Roof::Gable },
                    wall: self.pick(&[[196, 200, 202], [180, 188, 196], [206, 200, 188], [186, 118, 96]]),
                    roof_color: self.pick(&[[92, 124, 158], [142, 148, 152], [104, 132, 150], [158, 92, 76]]),
                };
                if self.rect([x, y], [long, deep], "号厂房", &look) && sawtooth {
                    self.teeth([x, y], [long, deep], f64::from(look.floor_m) + 0.9, look.roof_color);
                }
                x += long + 12.0;
            }
            y += 48.0;
        }
        if self.chance(0.4) {
            let height = self.between(36.0, 60.0);
            self.chimney([w - 14.0, d - 14.0], height);
        }
        if self.chance(0.4) {
            for k in 0..3 {
                let tank = yard::circle([w - 34.0 - 14.0 * f64::from(k), d - 12.0], 5.0, 10);
                self.prism(&tank, 0.0, 11.0, [214, 216, 216]);
            }
        }
        self.enclose(2.0, 2.4, yard::PLASTER);
    }

    /// The teeth of a sawtooth roof: glass to the north, tiles to the south.
    fn teeth(&mut self, [x, y]: [f64; 2], [w, d]: [f64; 2], z: f64, color: [u8; 3]) {
        let count = (d / 7.0).floor().max(1.0);
        let deep = d / count;
        for k in 0..count as usize {
            let south = y + k as f64 * deep;
            let north = south + deep - 0.3;
            self.tooth([x + 0.4, x + w - 0.4], [south + 0.2, north], [z, z + 3.0], color);
        }
    }

    /// A building site: hoarding, bare earth, floors without walls and cranes.
    pub(super) fn construction(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.pave([3.0, 3.0], [w - 6.0, d - 6.0], yard::EARTH);
        let planned = self.random_floors(16, 30);
        let mut x = 20.0;
        while x + 40.0 < w {
            let look = Look {
                class: "在建",
                floors: self.random_floors(2, planned.max(4)),
                floor_m: 2.95,
                roof: Roof::Flat,
                wall: self.pick(&[[176, 174, 168], [96, 140, 104], [168, 164, 156]]),
                roof_color: [166, 164, 158],
            };
            let y = self.between(24.0, 0.4 * d);
            if self.rect([x, y], [34.0, 16.0], "号在建楼", &look) {
                let height = f64::from(look.floors) * 2.95 + 16.0;
                let east = self.chance(0.5);
                self.crane([x + 17.0, y + 22.0], height, east);
            }
            x += 58.0;
        }
        self.pave([0.5 * w - 4.0, 2.0], [8.0, 0.8 * d], yard::CONCRETE);
        let hut = Look {
            class: "在建",
            floors: 2,
            floor_m: 2.8,
            roof: Roof::Flat,
            wall: [222, 226, 230],
            roof_color: [70, 112, 170],
        };
        self.rect([0.14 * w, d - 22.0], [44.0, 7.0], "号临建", &hut);
        self.mounds(2, 5.0);
        self.enclose(2.5, 2.5, [74, 122, 178]);
        self.site(Zone::Construction);
    }

    /// A dump for muck: bare earth and heaps of it.
    pub(super) fn dump(&mut self) {
        let (w, d) = (self.width(), self.depth());
        self.pave([3.0, 3.0], [w - 6.0, d - 6.0], yard::EARTH);
        let hut = Look {
            class: "公共",
            floors: 1,
            floor_m: 3.4,
            roof: Roof::Flat,
            wall: [222, 226, 230],
            roof_color: [150, 148, 144],
        };
        self.rect([0.5 * w + 10.0, 8.0], [12.0, 7.0], "号磅房", &hut);
        self.mounds(7, 9.0);
        self.enclose(2.5, 2.5, [96, 140, 104]);
        self.site(Zone::Dump);
    }

    /// Heaps of earth.
    fn mounds(&mut self, count: usize, height: f64) {
        let (w, d) = (self.width(), self.depth());
        for _ in 0..count {
            let at = [self.between(24.0, w - 24.0), self.between(0.5 * d, d - 26.0)];
            let r = self.between(8.0, 16.0);
            let high = self.between(0.4, 1.0) * height;
            self.frustum(&yard::circle(at, r, 9), &yard::circle(at, 0.35 * r, 9), 0.0, high, [140, 112, 80]);
        }
    }

    fn site(&mut self, zone: Zone) {
        let ring = self.outline([1.0, 1.0], [self.width() - 2.0, self.depth() - 2.0]);
        if !self.wet(&ring, 0.0) {
            self.out.sites.push(Site { zone, name: self.estate.clone(), ring });
        }
    }
}

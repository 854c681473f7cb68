//! Schools, hospitals, the stadium.

use super::{Block, FLAT_ROOF, Look, yard};
use crate::city::Roof;

impl Block<'_> {
    /// A school: teaching buildings round a yard, a hall, and the track.
    pub(super) fn school(&mut self) {
        let look = Look {
            class: "学校",
            floors: self.random_floors(4, 6),
            floor_m: 3.6,
            roof: Roof::Flat,
            wall: self.pick(&[[206, 150, 128], [228, 206, 176], [214, 188, 160]]),
            roof_color: [158, 110, 92],
        };
        let (w, d) = (self.width(), self.depth());
        let (long, deep) = (0.44 * w, 0.58 * d);
        self.pave([3.0, 3.0], [w - 6.0, d - 6.0], yard::FLAGSTONE);
        // A U that opens to the south.
        let (x, y) = (9.0, 0.34 * d);
        let corners = [
            [x, y],
            [x + 15.0, y],
            [x + 15.0, y + deep - 15.0],
            [x + long - 15.0, y + deep - 15.0],
            [x + long - 15.0, y],
            [x + long, y],
            [x + long, y + deep],
            [x, y + deep],
        ];
        self.add(&corners, "号教学楼", &look);
        self.rect([x, 14.0], [30.0, 14.0], "号实验楼", &look);
        let hall = Look { floors: 1, floor_m: 11.0, wall: [226, 222, 214], roof_color: [120, 140, 156], ..look };
        self.rect([x + 38.0, 12.0], [(long - 38.0).max(20.0), 24.0], "号体育馆", &hall);
        let radius = (0.5 * (w - long - 30.0)).clamp(16.0, 36.0);
        let length = (d - 2.0 * radius - 24.0).clamp(20.0, 86.0);
        self.track([w - radius - 10.0, 0.5 * d], length, radius);
        self.enclose(2.5, 2.4, yard::BRICK);
    }

    pub(super) fn hospital(&mut self) {
        let (w, d) = (self.width(), self.depth());
        let mut look = Look {
            class: "医院",
            floors: 5,
            floor_m: 3.9,
            roof: Roof::Flat,
            wall: [226, 224, 218],
            roof_color: self.pick(&FLAT_ROOF),
        };
        self.pave([3.0, 3.0], [w - 6.0, d - 6.0], yard::CONCRETE);
        self.rect([12.0, 22.0], [0.7 * w, 30.0], "号门诊楼", &look);
        look.floors = self.random_floors(14, 22);
        self.rect([0.25 * w, 70.0], [62.0, 22.0], "号病房楼", &look);
        look.floors = 4;
        self.rect([14.0, 0.74 * d], [0.5 * w, 18.0], "号医技楼", &look);
        look.floors = 1;
        self.rect([0.82 * w, 0.74 * d], [16.0, 12.0], "号后勤楼", &look);
        self.car_park([0.7 * w, 0.42 * d], [0.24 * w, 26.0]);
        self.green([0.62 * w, 0.64 * d], [0.16 * w, 0.28 * d], format!("{}花园", self.estate));
        self.enclose(2.5, 2.2, yard::STEEL);
    }

    /// A stadium: stands round the track, and the hall beside it.
    pub(super) fn stadium(&mut self) {
        let (w, d) = (self.width(), self.depth());
        let at = [0.5 * w - 14.0, 0.5 * d];
        let radius = (0.5 * d - 34.0).clamp(24.0, 40.0);
        let length = (d - 2.0 * radius - 46.0).clamp(24.0, 84.0);
        let ring = |r: f64| yard::oval(at, length, r);
        let (inner, back, rim) = (ring(radius + 3.0), ring(radius + 19.0), ring(radius + 21.0));
        if !self.dry(&rim) {
            // A stadium has all of its stands or none.
            return self.park();
        }
        self.pave([2.0, 2.0], [w - 4.0, d - 4.0], yard::FLAGSTONE);
        self.track(at, length, radius);
        self.bowl(&inner, &back, 1.2, 15.0, [94, 122, 168]);
        self.shell(&rim, 0.0, 17.0, [224, 224, 220]);
        self.bowl(&ring(radius + 10.0), &rim, 21.0, 17.0, [236, 236, 232]);
        let hall = Look {
            class: "公共",
            floors: 2,
            floor_m: 8.0,
            roof: Roof::Flat,
            wall: [206, 212, 218],
            roof_color: [196, 200, 204],
        };
        self.rect([w - 36.0, 0.25 * d], [28.0, 0.5 * d], "号体育馆", &hall);
        self.car_park([8.0, 4.0], [w - 60.0, 10.0]);
    }
}

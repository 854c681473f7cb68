//! Roads from afar: ribbons along their centre lines, where junctions are too small to be seen, and so are the cuttings that
//! lead to tunnels.

use super::{
    Look,
    street::{CARRIAGEWAY_M, StreetTarget},
    strip::add_strip,
};
use crate::{
    city::RoadClass,
    streets::{Street, covered_m},
};
use glam::DVec3;

/// Of pavements and paths: below the carriageways that they pass where roads meet, metres above the ground.
const PAVEMENT_M: f64 = 0.05;

impl StreetTarget<'_> {
    /// Adds a street along a line that is as exact as is seen; false when nothing of a line is left above the ground.
    pub(crate) fn ribbon(&mut self, street: &Street, course: &[DVec3], class: RoadClass, feature: u32) -> bool {
        let below = |p: &DVec3| p.z <= -covered_m(class);
        let (mut any, mut from) = (false, 0);
        while from + 1 < course.len() {
            let covered = |i: &usize| course[*i..*i + 2].iter().all(below);
            let count = (from..course.len() - 1).take_while(|i| covered(i) == covered(&from)).count();
            if !covered(&from) {
                let open = course[from..=from + count].iter().map(|p| p.truncate().extend(p.z.max(0.0)));
                self.open_ribbon(street, &open.collect::<Vec<_>>(), class, feature);
                any = true;
            }
            from += count;
        }
        any
    }

    fn open_ribbon(&mut self, street: &Street, course: &[DVec3], class: RoadClass, feature: u32) {
        let (look, bed) = (Look { color: [255; 4], feature }, self.bed);
        let (half, pavement) = (street.section.half, street.section.pavement);
        if class == RoadClass::Footway {
            add_strip((self.sidewalk, bed), course, (-half, half), PAVEMENT_M, look);
            return;
        }
        add_strip((self.road, bed), course, (-half, half), CARRIAGEWAY_M, look);
        if pavement > 0.0 {
            add_strip((self.sidewalk, bed), course, (-half - pavement, half + pavement), PAVEMENT_M, look);
        }
    }
}

//! Roads from afar: ribbons along their centre lines, where junctions are too small to be seen.

use super::{
    Look,
    street::{CARRIAGEWAY_M, StreetTarget},
    strip::add_strip,
};
use crate::{city::RoadClass, streets::Street};
use glam::DVec3;

/// Of pavements and paths: below the carriageways that they pass where roads meet, metres above the ground.
const PAVEMENT_M: f64 = 0.05;

impl StreetTarget<'_> {
    /// Adds a street along a line that is as exact as is seen; false when nothing of a line is left.
    pub(crate) fn ribbon(&mut self, street: &Street, course: &[DVec3], class: RoadClass, feature: u32) -> bool {
        if course.len() < 2 {
            return false;
        }
        let look = Look { color: [255; 4], feature };
        let (half, pavement) = (street.section.half, street.section.pavement);
        if class == RoadClass::Footway {
            add_strip(self.sidewalk, course, (-half, half), PAVEMENT_M, look);
            return true;
        }
        add_strip(self.road, course, (-half, half), CARRIAGEWAY_M, look);
        if pavement > 0.0 {
            add_strip(self.sidewalk, course, (-half - pavement, half + pavement), PAVEMENT_M, look);
        }
        true
    }
}

//! The cross-section of a road: lanes, and what lies beside the carriageway.

use crate::city::{Attribute, Road, RoadClass};

/// The narrowest and the usual lane, metres (CJJ 37: 3.25 for cars, 3.5 for mixed traffic).
const LANE_M: (f64, f64) = (3.0, 3.5);
/// The narrowest strip beside the lanes that is one for bicycles, metres.
const CYCLES_M: f64 = 2.0;

/// How a road is divided across, all in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Section {
    /// Half the carriageway.
    pub(crate) half: f64,
    /// Pavement on either side; 0 for none.
    pub(crate) pavement: f64,
    /// Width of a lane.
    pub(crate) lane: f64,
    /// Lanes in the direction of the line.
    pub(crate) ahead: u32,
    /// Lanes against it; 0 for one-way roads.
    pub(crate) back: u32,
    /// Whether a strip for bicycles lies beside the lanes.
    pub(crate) cycles: bool,
}

impl Section {
    pub(crate) fn of(road: &Road) -> Self {
        let width = f64::from(road.width_m);
        let half = 0.5 * width;
        let pavement = match road.class {
            RoadClass::Primary | RoadClass::Secondary => 4.0,
            RoadClass::Tertiary | RoadClass::Residential => 2.5,
            RoadClass::Motorway | RoadClass::Trunk | RoadClass::Service | RoadClass::Footway => 0.0,
        };
        let tagged = tagged_lanes(road).filter(|n| width / f64::from(*n) >= 2.4);
        if road.oneway {
            let fit = (width / LANE_M.1 + 0.2).floor().max(1.0) as u32;
            let ahead = tagged.unwrap_or(fit);
            return Self { half, pavement, lane: width / f64::from(ahead), ahead, back: 0, cycles: false };
        }
        // Room for bicycles comes before another lane.
        let room = if half >= 6.0 { half - CYCLES_M - 0.5 } else { half };
        let fit = (room / LANE_M.0.midpoint(LANE_M.1)).floor().max(1.0) as u32;
        let each = tagged.map_or(fit, |n| (n / 2).max(1));
        let lane = (half / f64::from(each)).min(LANE_M.1);
        let cycles = road.class <= RoadClass::Tertiary && half - lane * f64::from(each) >= CYCLES_M;
        let lane = if cycles { lane } else { half / f64::from(each) };
        Self { half, pavement, lane, ahead: each, back: each, cycles }
    }

    /// Metres from the centre to the outer edge of the lanes.
    pub(crate) fn lanes_half(&self) -> f64 {
        if self.back == 0 { self.half } else { self.lane * f64::from(self.ahead.max(self.back)) }
    }
}

/// OpenStreetMap's `lanes`.
fn tagged_lanes(road: &Road) -> Option<u32> {
    let (_, value) = road.attributes.iter().find(|(name, _)| name == "lanes")?;
    let lanes = match value {
        Attribute::Integer(n) => u32::try_from(*n).ok()?,
        Attribute::Number(x) => *x as u32,
        Attribute::Text(text) => text.trim().parse().ok()?,
        Attribute::Bool(_) => return None,
    };
    (1..=16).contains(&lanes).then_some(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{EntityKey, EntityKind};

    fn section(class: RoadClass, width_m: f32, oneway: bool, lanes: Option<&str>) -> Section {
        Section::of(&Road {
            key: EntityKey::new(EntityKind::Road, "R"),
            name: String::new(),
            class,
            width_m,
            points: Vec::new(),
            main: false,
            oneway,
            attributes: lanes.map(|n| ("lanes".into(), Attribute::Text(n.into()))).into_iter().collect(),
        })
    }

    #[test]
    fn lanes_fit_the_width() {
        let s = section(RoadClass::Primary, 30.0, false, None);
        assert_eq!((s.ahead, s.back, s.lane, s.cycles), (3, 3, 3.5, true));
        let s = section(RoadClass::Tertiary, 14.0, false, None);
        assert_eq!((s.ahead, s.back, s.lane, s.cycles), (1, 1, 3.5, true));
        let s = section(RoadClass::Residential, 7.0, false, None);
        assert_eq!((s.ahead, s.lane, s.cycles, s.pavement), (1, 3.5, false, 2.5));
        let s = section(RoadClass::Primary, 13.0, false, Some("4"));
        assert_eq!((s.ahead, s.lane, s.cycles), (2, 3.25, false));
        let s = section(RoadClass::Secondary, 7.0, true, None);
        assert_eq!((s.ahead, s.back, s.lane), (2, 0, 3.5));
        // Sixteen lanes on seven metres are a slip of the pen.
        assert_eq!(section(RoadClass::Secondary, 7.0, false, Some("16")).ahead, 1);
    }
}

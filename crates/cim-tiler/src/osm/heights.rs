//! Heights and roofs of buildings and their parts, as OpenStreetMap's "Simple 3D Buildings" tells them.

use super::{
    rings::METRES_OF_A_DEGREE,
    tags::{Tags, metres},
};
use crate::city::{Roof, RoofForm, RoofShape};
use cim_model::Place;

/// Metres of a floor.
const LEVEL_M: f64 = 3.0;

/// The part of a height that a roof is at most of which only the form is known.
const USUAL_SHARE: f64 = 0.45;
/// Metres of a roof at most.
const HIGHEST_M: f64 = 150.0;

/// A flat roof that is as high as the eaves.
pub(super) const LEVEL: Roof = Roof::Shaped(RoofShape { form: RoofForm::Flat, rise_m: 0.0, bearing_deg: 0.0 });

/// How high something is, and what is on top of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heights {
    /// Metres from the ground to the underside.
    pub(super) base_m: f64,
    /// Metres from the ground to the eaves.
    pub(super) eaves_m: f64,
    /// Floors from the ground.
    pub(super) floors: u16,
    /// The roof.
    pub(super) roof: Roof,
}

impl Heights {
    /// Metres from the ground to the top.
    pub(super) fn top_m(&self) -> f64 {
        self.eaves_m + f64::from(self.roof.rise_m())
    }
}

/// What the tags of a building or a part say; what they leave out is as `whole` has it, else as is usual.
pub(super) fn heights(tags: &Tags, ring: &[Place], whole: Option<&Tags>) -> Heights {
    let either = |key: &str| tags.get(key).or_else(|| whole?.get(key)).and_then(metres);
    let own = |key: &str| tags.get(key).and_then(metres);
    let is_height = |h: &f64| (1.0..=900.0).contains(h);
    // What is a roof alone has no levels.
    let is_roof = tags.get("roof:shape").is_some_and(|shape| shape != "flat");
    let is_levels = |n: &f64| (0.5..=200.0).contains(n) || (*n == 0.0 && is_roof);
    let has_own = own("height").filter(is_height).is_some() || own("building:levels").filter(is_levels).is_some();
    // A part with a height of its own does not have the levels of the whole.
    let said = |key: &str| if has_own { own(key) } else { either(key) };
    let levels = said("building:levels").filter(is_levels);
    let height = said("height").filter(is_height);
    let base = own("min_height").or_else(|| own("building:min_level").map(|n| n * LEVEL_M));
    let usual = usual_m(tags.get("building").or_else(|| whole?.get("building")).unwrap_or_default());
    let of_levels = |n: f64| if n > 0.0 { n * LEVEL_M + 1.0 } else { 0.0 };
    let top = height.or(levels.map(of_levels)).unwrap_or(usual);
    let base_m = base.filter(|b| *b > 0.0 && *b < top).unwrap_or(0.0);
    let room = height.map_or(Room::Above, |_| Room::Within(top - base_m));
    let roof = match roof(tags, ring, room) {
        // Other parts may stand on it: no parapet.
        Roof::Flat if whole.is_some() => LEVEL,
        roof => roof,
    };
    let eaves_m = match roof {
        // A height is that of the whole, the roof's included; levels are counted without it.
        Roof::Shaped(shape) if height.is_some() => (top - f64::from(shape.rise_m)).max(base_m),
        _ => top,
    };
    let floors = levels.unwrap_or_else(|| (top / 3.2).round()).clamp(1.0, 300.0);
    Heights { base_m, eaves_m, floors: floors as u16, roof }
}

/// Metres of a building of which nothing is said but its type.
fn usual_m(building: &str) -> f64 {
    match building {
        "garage" | "garages" | "shed" | "hut" | "kiosk" | "carport" | "toilets" | "cabin" | "container" | "bunker" => {
            3.0
        }
        "roof" | "service" | "transformer_tower" | "greenhouse" => 4.0,
        "house" | "detached" | "semidetached_house" | "terrace" | "bungalow" | "farm" => 7.0,
        "industrial" | "warehouse" | "hangar" | "sports_hall" | "supermarket" => 9.0,
        "church" | "cathedral" | "temple" | "mosque" => 20.0,
        "apartments" | "residential" | "dormitory" => 18.0,
        "office" | "commercial" | "hotel" | "hospital" | "government" => 20.0,
        "retail" | "school" | "university" | "public" | "civic" | "train_station" => 13.0,
        _ => 9.0,
    }
}

/// What there is for a roof.
#[derive(Clone, Copy)]
enum Room {
    /// It comes on top.
    Above,
    /// It is a part of so many metres.
    Within(f64),
}

/// The roof as tagged, or a gable on houses of four corners; flat otherwise.
fn roof(tags: &Tags, ring: &[Place], room: Room) -> Roof {
    let homely = ["house", "detached", "semidetached_house", "farm", "cabin", "shed"];
    let form = match tags.get("roof:shape") {
        None if tags.is("building", &homely) => return Roof::Gable,
        None => return Roof::Flat,
        Some("skillion" | "lean_to" | "shed") => RoofForm::Skillion,
        Some("gabled" | "saltbox" | "double_saltbox" | "gabled_row" | "side_hipped") => RoofForm::Gabled,
        Some("hipped" | "hipped-and-gabled" | "triple_hip") => RoofForm::Hipped,
        Some("half-hipped" | "side_half-hipped") => RoofForm::HalfHipped,
        Some("gambrel") => RoofForm::Gambrel,
        Some("mansard") => RoofForm::Mansard,
        Some("pyramidal" | "cone" | "spire") => RoofForm::Pyramidal,
        Some("dome" | "onion" | "bellcast_dome") => RoofForm::Dome,
        Some("round" | "arched" | "quadruple_saltbox") => RoofForm::Round,
        // Flat, or of a form that nobody knows: its height counts none the less.
        Some(_) => RoofForm::Flat,
    };
    if form == RoofForm::Flat {
        return Roof::Flat;
    }
    let plan = Extent::of(ring);
    let long = plan.long_deg;
    let ridge = if tags.is("roof:orientation", &["across"]) { long + 90.0 } else { long };
    let falls = tags.get("roof:direction").or_else(|| tags.get("direction")).and_then(bearing);
    let bearing_deg = match (form, falls) {
        (RoofForm::Skillion, falls) => falls.unwrap_or(long + 90.0),
        // A roof falls to the side of its ridge.
        (RoofForm::Gabled | RoofForm::HalfHipped | RoofForm::Gambrel | RoofForm::Round, Some(falls)) => falls + 90.0,
        _ => ridge,
    };
    let across = plan.across(if form == RoofForm::Skillion { bearing_deg + 90.0 } else { bearing_deg });
    let run = match form {
        RoofForm::Skillion => across,
        _ => 0.5 * across,
    };
    let angle = tags.get("roof:angle").and_then(metres).filter(|a| (1.0..=85.0).contains(a));
    let usual = match form {
        RoofForm::Dome | RoofForm::Round => 0.5 * plan.across(long),
        RoofForm::Pyramidal => (0.35 * plan.across(long)).clamp(0.8, 8.0),
        RoofForm::Skillion => (0.2 * run).clamp(0.5, 4.0),
        _ => (0.7 * run).clamp(0.8, 6.0),
    };
    let levels = tags.get("roof:levels").and_then(metres).filter(|n| *n > 0.0);
    let rise = tags.get("roof:height").and_then(metres).or(angle.map(|a| run * a.to_radians().tan()));
    let rise = rise.or(levels.map(|n| n * LEVEL_M)).filter(|rise| *rise >= 0.0);
    let rise_m = match (room, rise) {
        (Room::Within(room), Some(rise)) => rise.min(room),
        // Most of what nothing more is said of is walls.
        (Room::Within(room), None) => usual.min(USUAL_SHARE * room),
        (Room::Above, rise) => rise.unwrap_or(usual).min(HIGHEST_M),
    };
    Roof::Shaped(RoofShape { form, rise_m: rise_m as f32, bearing_deg: bearing_deg.rem_euclid(360.0) as f32 })
}

/// Degrees clockwise from north of a number or a point of the compass.
fn bearing(text: &str) -> Option<f64> {
    const POINTS: [&str; 16] =
        ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];
    let text = text.trim();
    let point = POINTS.iter().position(|p| p.eq_ignore_ascii_case(text));
    point.map(|k| k as f64 * 22.5).or_else(|| text.trim_end_matches('°').parse().ok().filter(|x: &f64| x.is_finite()))
}

/// How an outline lies.
struct Extent {
    /// Corners in metres, east and north of the first.
    ring: Vec<[f64; 2]>,
    /// Direction of the longer side of the smallest box around it, degrees clockwise from north.
    long_deg: f64,
}

impl Extent {
    fn of(ring: &[Place]) -> Self {
        let first = ring.first().copied().unwrap_or(Place::new(0.0, 0.0));
        let east = METRES_OF_A_DEGREE * first.lat.to_radians().cos();
        let ring =
            ring.iter().map(|p| [(p.lon - first.lon) * east, (p.lat - first.lat) * METRES_OF_A_DEGREE]).collect();
        let mut out = Self { ring, long_deg: 0.0 };
        // The smallest box lies along one of the edges.
        let n = out.ring.len();
        let edges = (0..n).map(|i| {
            let (a, b) = (out.ring[i], out.ring[(i + 1) % n]);
            (b[0] - a[0]).atan2(b[1] - a[1]).to_degrees().rem_euclid(180.0)
        });
        let box_of = |deg: f64| [out.across(deg), out.across(deg + 90.0)];
        let least = edges.map(|deg| (deg, box_of(deg))).min_by(|a, b| (a.1[0] * a.1[1]).total_cmp(&(b.1[0] * b.1[1])));
        if let Some((deg, [across, along])) = least {
            out.long_deg = if along >= across { deg } else { deg + 90.0 };
        }
        out
    }

    /// Metres across a direction.
    fn across(&self, deg: f64) -> f64 {
        let (sin, cos) = deg.to_radians().sin_cos();
        let at = self.ring.iter().map(|p| p[0] * cos - p[1] * sin);
        let (low, high) = at.fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(x), h.max(x)));
        (high - low).max(0.0)
    }
}

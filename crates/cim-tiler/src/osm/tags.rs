//! What the tags of OpenStreetMap say: kinds of things, heights, widths, classes and names.

use crate::city::{AreaKind, Attribute, RoadClass};

/// The tags of one object.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(Vec<(Box<str>, Box<str>)>);

impl Tags {
    pub(super) fn new<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(tags.map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// Every tag as it is written. All are text: a key that were a number here and text there would change the type of
    /// its column from tile to tile.
    pub(super) fn attributes(&self) -> Vec<(String, Attribute)> {
        self.0.iter().map(|(k, v)| (k.to_string(), Attribute::Text(v.to_string()))).collect()
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| **k == *key).map(|(_, v)| &**v)
    }

    pub(super) fn is(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|v| values.contains(&v))
    }

    pub(super) fn yes(&self, key: &str) -> bool {
        self.get(key).is_some_and(|v| v != "no")
    }
}

/// What an object becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Building,
    /// A part of a building.
    Part,
    Area(AreaKind),
    Road(RoadClass),
    Coast,
}

/// What the tags make of an object; `None` when it is nothing that is drawn.
pub(super) fn kind(tags: &Tags) -> Option<Kind> {
    let road = tags.get("highway").is_some();
    if tags.is("location", &["underground"]) || (tags.yes("tunnel") && !road) || tags.yes("indoor") {
        return None;
    }
    if tags.yes("building") {
        return Some(Kind::Building);
    }
    if tags.yes("building:part") {
        return Some(Kind::Part);
    }
    if let Some(highway) = tags.get("highway") {
        // The outline of a square is no centre line.
        return road_class(highway).filter(|_| !tags.yes("area")).map(Kind::Road);
    }
    if tags.is("natural", &["coastline"]) {
        return Some(Kind::Coast);
    }
    let water = tags.is("natural", &["water"])
        || tags.is("waterway", &["riverbank", "dock"])
        || tags.is("landuse", &["reservoir", "basin"])
        || tags.is("leisure", &["swimming_pool"]);
    if water {
        return Some(Kind::Area(AreaKind::Water));
    }
    let green = tags.is("leisure", &["park", "garden", "golf_course", "pitch", "nature_reserve", "dog_park"])
        || tags.is("natural", &["wood", "scrub", "grassland", "heath", "wetland"])
        || tags.is(
            "landuse",
            &[
                "grass",
                "forest",
                "meadow",
                "recreation_ground",
                "cemetery",
                "village_green",
                "orchard",
                "allotments",
                "vineyard",
                "flowerbed",
            ],
        );
    green.then_some(Kind::Area(AreaKind::Green))
}

fn road_class(highway: &str) -> Option<RoadClass> {
    Some(match highway.strip_suffix("_link").unwrap_or(highway) {
        "motorway" => RoadClass::Motorway,
        "trunk" => RoadClass::Trunk,
        "primary" => RoadClass::Primary,
        "secondary" => RoadClass::Secondary,
        "tertiary" => RoadClass::Tertiary,
        "residential" | "unclassified" | "living_street" | "road" => RoadClass::Residential,
        "service" | "track" | "busway" => RoadClass::Service,
        "footway" | "pedestrian" | "path" | "cycleway" | "steps" | "bridleway" => RoadClass::Footway,
        _ => return None,
    })
}

/// Metres from `12`, `12.5 m`, `12,5`, `40 ft` or `16'4"`.
pub(super) fn metres(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = |t: &str| t.trim().replace(',', ".").parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0);
    if let Some((feet, inches)) = text.split_once('\'') {
        let inches = inches.trim_end_matches('"').trim();
        let inches = if inches.is_empty() { 0.0 } else { number(inches)? };
        return Some(number(feet)? * 0.3048 + inches * 0.0254);
    }
    if let Some(feet) = text.strip_suffix("ft") {
        return Some(number(feet)? * 0.3048);
    }
    number(text.strip_suffix('m').unwrap_or(text))
}

/// What a building is used for, as the viewer says it.
pub(super) fn building_class(tags: &Tags) -> &'static str {
    match tags.get("building").unwrap_or_default() {
        "apartments" | "residential" | "house" | "detached" | "semidetached_house" | "terrace" | "dormitory"
        | "bungalow" | "farm" | "cabin" => "住宅",
        "commercial" | "retail" | "supermarket" | "hotel" | "mall" => "商业",
        "kiosk" | "shop" => "商铺",
        "office" | "government" => "办公",
        "school" | "university" | "kindergarten" | "college" => "学校",
        "hospital" | "clinic" => "医院",
        "industrial" | "warehouse" | "hangar" | "manufacture" | "greenhouse" => "工业",
        "church" | "cathedral" | "chapel" | "temple" | "mosque" | "synagogue" | "shrine" => "宗教",
        "train_station" | "transportation" | "parking" | "garage" | "garages" | "carport" => "交通",
        "public" | "civic" | "museum" | "sports_hall" | "stadium" | "theatre" | "library" => "公共",
        "service" | "shed" | "hut" | "roof" | "transformer_tower" | "toilets" => "附属设施",
        _ => "建筑",
    }
}

/// sRGB of `#rrggbb`, `#rgb` or one of the plain names in use. Nothing that is built is as black as a screen can be.
pub(super) fn colour(text: &str) -> Option<[u8; 3]> {
    const DARKEST: u8 = 58;
    let found = plain_colour(text)?;
    let lift = DARKEST.saturating_sub(found.into_iter().max().unwrap_or(0));
    Some(found.map(|c| c + lift))
}

fn plain_colour(text: &str) -> Option<[u8; 3]> {
    if let Some(hex) = text.strip_prefix('#') {
        let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
        return match digits.as_slice() {
            [r, g, b] => Some([r * 17, g * 17, b * 17]),
            [a, b, c, d, e, f] => Some([a * 16 + b, c * 16 + d, e * 16 + f]),
            _ => None,
        };
    }
    Some(match text {
        "white" => [236, 234, 228],
        "grey" | "gray" => [150, 150, 150],
        "lightgrey" | "lightgray" | "silver" => [198, 198, 198],
        "black" => [58, 58, 60],
        "red" => [168, 74, 62],
        "brown" => [134, 94, 70],
        "beige" | "cream" => [222, 210, 184],
        "yellow" => [222, 194, 118],
        "green" => [110, 138, 106],
        "blue" => [112, 140, 172],
        _ => return None,
    })
}

/// Whether and how a road is one-way: 1 along its points, -1 against them, 0 both.
pub(super) fn direction(tags: &Tags) -> i8 {
    match tags.get("oneway") {
        Some("yes" | "1" | "true") => 1,
        Some("-1" | "reverse") => -1,
        Some("no" | "0" | "false") => 0,
        _ if tags.is("junction", &["roundabout", "circular"]) || tags.is("highway", &["motorway", "motorway_link"]) => {
            1
        }
        _ => 0,
    }
}

/// Width of the carriageway: as tagged, else from its lanes, else what its class is usually.
pub(super) fn width_m(tags: &Tags, class: RoadClass) -> f64 {
    // A tagged width beyond what any road of the class has is that of a square, or a slip of the pen.
    let widest = if class < RoadClass::Service { 45.0 } else { 10.0 };
    if let Some(width) = tags.get("width").and_then(metres).filter(|w| (1.0..=widest).contains(w)) {
        return width;
    }
    let drivable = class < RoadClass::Service;
    if let Some(lanes) = tags.get("lanes").and_then(metres).filter(|n| drivable && (1.0..=16.0).contains(n)) {
        return lanes * 3.25;
    }
    let square = class == RoadClass::Footway && tags.is("highway", &["pedestrian"]);
    let both = if square { 5.0 } else { class.usual_width_m() };
    if drivable && direction(tags) != 0 { both * 0.6 } else { both }
}

/// Whether a municipal vehicle may drive there.
pub(super) fn drivable(tags: &Tags, class: RoadClass) -> bool {
    class < RoadClass::Footway
        && !tags.is("access", &["no", "private"])
        && !tags.is("motor_vehicle", &["no", "private"])
        && !tags.is("highway", &["track"])
}

/// The name in the language that the viewer prefers.
pub(super) fn name(tags: &Tags) -> Option<&str> {
    ["name:zh", "name", "name:en", "ref"].into_iter().find_map(|k| tags.get(k)).filter(|n| !n.trim().is_empty())
}

/// Street and number, and the town when it is given.
pub(super) fn address(tags: &Tags) -> String {
    let parts = ["addr:street", "addr:housenumber", "addr:city"].into_iter().filter_map(|k| tags.get(k));
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(list: &[(&str, &str)]) -> Tags {
        Tags::new(list.iter().copied())
    }

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let found = ["12", "12.5 m", " 12,5", "40 ft", "16'", "16'6\"", "tall", "-3", "NaN", ""].map(metres);
        let expected =
            [Some(12.0), Some(12.5), Some(12.5), Some(12.192), Some(4.8768), Some(5.0292), None, None, None, None];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(match (found, expected) {
                (Some(a), Some(b)) => f64::abs(a - b) < 1e-9,
                (a, b) => a == b,
            });
        }
    }

    #[test]
    fn colours_are_named_or_numbers_and_never_quite_black() {
        let found = ["#b4c9b3", "#FFF", "black", "#000000", "#12110f", "#ede", "mauve", "#12", "#12345z"].map(colour);
        let expected = [
            Some([180, 201, 179]),
            Some([255; 3]),
            Some([58, 58, 60]),
            Some([58; 3]),
            Some([58, 57, 55]),
            Some([238, 221, 238]),
            None,
            None,
            None,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn width_comes_before_lanes_before_class() {
        let of = |list: &[(&str, &str)], class| width_m(&tags(list), class);
        assert_eq!(of(&[("width", "7.5"), ("lanes", "4")], RoadClass::Primary), 7.5);
        assert_eq!(of(&[("lanes", "4")], RoadClass::Primary), 13.0);
        assert_eq!(of(&[], RoadClass::Residential), 7.0);
        assert_eq!(of(&[("width", "60")], RoadClass::Footway), 2.2);
        assert!(of(&[("oneway", "yes")], RoadClass::Primary) < of(&[], RoadClass::Primary));
    }

    #[test]
    fn tags_tell_what_a_thing_is() {
        let of = |list: &[(&str, &str)]| kind(&tags(list));
        assert_eq!(of(&[("building", "yes"), ("landuse", "grass")]), Some(Kind::Building));
        assert_eq!(of(&[("building", "no")]), None);
        assert_eq!(of(&[("building:part", "yes")]), Some(Kind::Part));
        assert_eq!(of(&[("building:part", "no")]), None);
        assert_eq!(of(&[("highway", "trunk_link")]), Some(Kind::Road(RoadClass::Trunk)));
        assert_eq!(of(&[("waterway", "riverbank"), ("tunnel", "yes")]), None);
        assert_eq!(of(&[("highway", "pedestrian"), ("area", "yes")]), None);
        assert_eq!(of(&[("natural", "coastline")]), Some(Kind::Coast));
        assert_eq!(of(&[("natural", "water")]), Some(Kind::Area(AreaKind::Water)));
        assert_eq!(of(&[("leisure", "park")]), Some(Kind::Area(AreaKind::Green)));
        assert_eq!(direction(&tags(&[("highway", "motorway")])), 1);
        assert_eq!(direction(&tags(&[("oneway", "-1")])), -1);
        assert!(!drivable(&tags(&[("access", "private")]), RoadClass::Service));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*") {
            let _ = (metres(&text), colour(&text));
            prop_assert!(width_m(&tags(&[("width", &text), ("lanes", &text)]), RoadClass::Primary) >= 1.0);
        }
    }
}

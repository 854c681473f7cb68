//! Buildings in parts, from small maps.

use super::{
    heights::{Heights, heights},
    tags::Tags,
    *,
};
use crate::{
    Silent,
    city::{Attribute, Building, Roof, RoofForm, RoofShape},
};
use std::{fmt::Write as _, fs};

const ORIGIN: [f64; 2] = [116.58, 35.41];
const DEGREE_M: f64 = 111_320.0;

/// A box of the map: low and high corner in metres, and tags.
type Plot<'a> = ([f64; 2], [f64; 2], &'a [(&'a str, &'a str)]);

fn place([x, y]: [f64; 2]) -> Place {
    Place::new(ORIGIN[0] + x / (DEGREE_M * ORIGIN[1].to_radians().cos()), ORIGIN[1] + y / DEGREE_M)
}

fn corners(low: [f64; 2], high: [f64; 2]) -> [[f64; 2]; 4] {
    [low, [high[0], low[1]], high, [low[0], high[1]]]
}

/// The buildings of a map of ways, whose ids count from 1, and what stands for its parts alone.
fn buildings(plots: &[Plot<'_>]) -> (Vec<Building>, usize) {
    let mut text = String::from("<osm version='0.6'>");
    let ids = |way: usize| (1..5).map(move |k| 10 * (way + 1) + k);
    for (way, (low, high, _)) in plots.iter().enumerate() {
        for (id, corner) in ids(way).zip(corners(*low, *high)) {
            let Place { lon, lat } = place(corner);
            let _ = write!(text, "<node id='{id}' lat='{lat:.9}' lon='{lon:.9}'/>");
        }
    }
    for (way, (.., tags)) in plots.iter().enumerate() {
        let _ = write!(text, "<way id='{}'>", way + 1);
        for id in ids(way).chain(ids(way).take(1)) {
            let _ = write!(text, "<nd ref='{id}'/>");
        }
        for (key, value) in *tags {
            let _ = write!(text, "<tag k='{key}' v='{value}'/>");
        }
        text += "</way>";
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.osm");
    fs::write(&path, text + "</osm>").unwrap();
    let city = make_city(&path, &OsmOptions::default(), &mut Silent).unwrap();
    assert_eq!(city.findings.left_out, []);
    (city.buildings, city.findings.stand_for_parts)
}

fn ids(buildings: &[Building]) -> Vec<&str> {
    buildings.iter().map(|b| &*b.key.id).collect()
}

fn area(b: &Building) -> f64 {
    Outline { ring: b.footprint.clone(), holes: b.holes.clone() }.area()
}

#[test]
fn parts_stand_in_place_of_their_building_and_are_named_after_it() {
    let (found, stand_for_parts) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "office"), ("name", "府河大厦"), ("height", "60")]),
        ([0., 0.], [40., 10.], &[("building:part", "yes"), ("building:levels", "4")]),
        ([0., 10.], [40., 20.], &[("building:part", "yes"), ("height", "60"), ("name", "塔楼")]),
        ([10., 12.], [20., 18.], &[("building:part", "yes"), ("min_height", "60"), ("height", "66")]),
        ([100., 0.], [120., 20.], &[("building:part", "yes"), ("height", "9")]),
    ]);
    assert_eq!((ids(&found), stand_for_parts), (vec!["w2", "w3", "w4", "w5"], 1));
    let said: Vec<_> = found.iter().map(|b| (&*b.name, &*b.class, b.base_m, b.height_m, b.floors)).collect();
    assert_eq!(said[0], ("府河大厦", "办公", 0.0, 13.0, 4));
    assert_eq!(said[1], ("塔楼", "办公", 0.0, 60.0, 19));
    assert_eq!(said[2], ("府河大厦", "办公", 60.0, 66.0, 21));
    assert_eq!(said[3], ("建筑", "建筑", 0.0, 9.0, 3));
    let part_of = |b: &Building| b.attributes.iter().find(|(k, _)| k == "part_of").map(|(_, v)| v.clone());
    assert_eq!(part_of(&found[0]), Some(Attribute::Text("building:w1".into())));
    assert_eq!(part_of(&found[3]), None);
    // They are on one ground and have one colour; what stands alone has neither parapet nor whole.
    let (whole, wall) = (found[0].whole.as_deref().unwrap(), found[0].wall);
    assert!((Outline { ring: whole.to_vec(), holes: Vec::new() }.area() - 800.0).abs() < 1.0);
    assert!(found[..3].iter().all(|b| b.whole.as_deref() == Some(whole) && b.wall == wall));
    assert!(found[3].whole.is_none());
}

#[test]
fn what_parts_leave_of_a_building_stays() {
    // Half of it; and next to nothing.
    let half: Plot<'_> = ([0., 0.], [20., 20.], &[("building:part", "yes"), ("height", "30")]);
    let nearly: Plot<'_> = ([100., 0.], [139.9, 20.], &[("building:part", "yes"), ("height", "30")]);
    let (found, stand_for_parts) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "yes"), ("height", "12")]),
        ([100., 0.], [140., 20.], &[("building", "yes"), ("height", "12")]),
        half,
        nearly,
    ]);
    assert_eq!((ids(&found), stand_for_parts), (vec!["w1", "w3", "w4"], 1));
    assert!((area(&found[0]) - 400.0).abs() < 1.0 && found[0].height_m == 12.0, "{}", area(&found[0]));
    // A part across the middle leaves two pieces.
    let (found, _) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "yes")]),
        ([10., -1.], [20., 21.], &[("building:part", "yes"), ("height", "30")]),
    ]);
    assert_eq!(ids(&found), ["w1", "w1.rest2", "w2"]);
    let areas = [area(&found[0]), area(&found[1])];
    assert!((areas[0] + areas[1] - 600.0).abs() < 1.0 && areas.iter().all(|a| *a > 190.0), "{areas:?}");
}

#[test]
fn ways_run_either_way_and_cover_the_same() {
    let half: Plot<'_> = ([0., 0.], [20., 20.], &[("building:part", "yes"), ("height", "30")]);
    // From the west to the east, and from the east to the west: its ring runs the other way.
    for (low, high) in [([20., 0.], [40., 20.]), ([40., 0.], [20., 20.])] {
        let other: Plot<'_> = (low, high, &[("building:part", "yes"), ("height", "12")]);
        let whole: Plot<'_> = ([0., 0.], [40., 20.], &[("building", "yes"), ("height", "30")]);
        let (found, stand_for_parts) = buildings(&[whole, half, other]);
        assert_eq!((ids(&found), stand_for_parts), (vec!["w2", "w3"], 1));
    }
}

#[test]
fn a_tower_with_a_canopy_stays_a_tower() {
    let canopy = [("building:part", "roof"), ("min_height", "3"), ("height", "3.4"), ("material", "glass")];
    let (found, _) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "office"), ("height", "50"), ("wikidata", "Q1"), ("roof:colour", "red")]),
        ([10., 18.], [20., 22.], &canopy),
    ]);
    assert_eq!((found[0].height_m, found[1].base_m, found[1].height_m), (50.0, 3.0, 3.4));
    // What is said of the whole is said of its parts, but for its shape.
    let said = |key: &str| found[1].attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let text = |t: &str| Some(Attribute::Text(t.into()));
    assert_eq!((said("wikidata"), said("material"), said("part_of")), (text("Q1"), text("glass"), text("building:w1")));
    assert_eq!((said("height"), said("roof:colour"), said("building")), (text("3.4"), None, None));
}

#[test]
fn parts_that_begin_above_the_ground_stand_on_their_building() {
    let (found, stand_for_parts) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "yes"), ("height", "50"), ("roof:shape", "hipped")]),
        ([5., 5.], [15., 15.], &[("building:part", "yes"), ("building:min_level", "4"), ("building:levels", "16")]),
    ]);
    assert_eq!((ids(&found), stand_for_parts), (vec!["w1", "w2"], 0));
    assert_eq!((found[0].height_m, found[1].base_m, found[1].height_m), (12.0, 12.0, 49.0));
    assert!((area(&found[0]) - 800.0).abs() < 1.0);
}

#[test]
fn what_is_tagged_as_both_is_a_part_where_it_lies_in_a_building() {
    let both = [("building", "church"), ("building:part", "yes"), ("height", "38"), ("min_height", "20")];
    let (found, _) = buildings(&[
        ([0., 0.], [40., 20.], &[("building", "cathedral"), ("name", "教堂"), ("height", "20")]),
        ([10., 5.], [20., 15.], &both),
        ([11., 6.], [12., 7.], &[("building:part", "yes"), ("height", "41"), ("min_height", "38")]),
        ([100., 0.], [110., 10.], &both),
    ]);
    assert_eq!(ids(&found), ["w1", "w4", "w3", "w2"]);
    assert!(found.iter().filter(|b| &*b.key.id != "w4").all(|b| b.name == "教堂"));
}

#[test]
fn heights_come_before_levels_before_types() {
    let ring = corners([0.0, 0.0], [20.0, 10.0]).map(place);
    let of = |list: &[(&str, &str)]| {
        let Heights { base_m, eaves_m, floors, .. } = heights(&Tags::new(list.iter().copied()), &ring, None);
        (base_m, eaves_m, floors)
    };
    assert_eq!(of(&[("building", "yes"), ("height", "31 m"), ("building:levels", "9")]), (0.0, 31.0, 9));
    assert_eq!(of(&[("building", "yes"), ("building:levels", "9")]), (0.0, 28.0, 9));
    assert_eq!(of(&[("building", "garage")]), (0.0, 3.0, 1));
    assert_eq!(of(&[("building", "yes"), ("height", "nonsense")]).1, 9.0);
    assert_eq!(of(&[("building", "yes"), ("height", "99999")]).1, 9.0);
    // An underside above the top is a slip of the pen; a roof is a part of the height, and comes on top of the levels.
    assert_eq!(of(&[("height", "20"), ("min_height", "30")]), (0.0, 20.0, 6));
    let roof = [("roof:shape", "gabled"), ("roof:height", "4")];
    assert_eq!(of(&[&[("height", "20")], &roof[..]].concat()).1, 16.0);
    assert_eq!(of(&[&[("building:levels", "5")], &roof[..]].concat()).1, 16.0);
    assert_eq!(of(&[("height", "20"), ("min_height", "18"), ("roof:shape", "dome"), ("roof:height", "9")]).1, 18.0);
    // What has no levels is a roof alone, or it is a slip of the pen.
    assert_eq!(of(&[&[("building:levels", "0")], &roof[..]].concat()).1, 0.0);
    assert_eq!(of(&[("building:levels", "0")]).1, 9.0);
}

#[test]
fn roofs_lie_as_their_tags_say() {
    // 20 m to the east, 10 m to the north.
    let ring = corners([0.0, 0.0], [20.0, 10.0]).map(place);
    let of = |list: &[(&str, &str)]| {
        let tags = Tags::new([("height", "30")].into_iter().chain(list.iter().copied()));
        match heights(&tags, &ring, None).roof {
            Roof::Shaped(RoofShape { form, rise_m, bearing_deg }) => Some((form, rise_m, bearing_deg.round() as i32)),
            Roof::Flat | Roof::Gable => None,
        }
    };
    let shape = |name: &'static str| ("roof:shape", name);
    assert_eq!(of(&[shape("gabled"), ("roof:height", "4")]), Some((RoofForm::Gabled, 4.0, 90)));
    assert_eq!(of(&[shape("gabled"), ("roof:orientation", "across")]), Some((RoofForm::Gabled, 6.0, 180)));
    assert_eq!(of(&[shape("gabled"), ("roof:direction", "W")]).unwrap().2, 0);
    assert_eq!(of(&[shape("skillion"), ("roof:direction", "135"), ("roof:levels", "1")]).unwrap().1, 3.0);
    assert_eq!(of(&[shape("skillion"), ("roof:direction", "135")]).unwrap().2, 135);
    let steep = of(&[shape("hipped"), ("roof:angle", "45")]).unwrap();
    assert!(steep.0 == RoofForm::Hipped && (steep.1 - 5.0).abs() < 0.1, "{steep:?}");
    // A roof is no higher than what it is on top of.
    assert_eq!(of(&[shape("dome"), ("roof:height", "70")]), Some((RoofForm::Dome, 30.0, 90)));
    // But it may be, on top of levels.
    let spire = Tags::new([("building:levels", "1"), ("roof:shape", "pyramidal"), ("roof:height", "20")].into_iter());
    let found = heights(&spire, &ring, None);
    assert_eq!((found.eaves_m, found.top_m()), (4.0, 24.0));
    // Nor is it most of what nothing more is said of.
    let low = Tags::new([("height", "4"), ("roof:shape", "dome")].into_iter());
    assert!(heights(&low, &ring, None).eaves_m > 2.0);
    assert_eq!((of(&[shape("flat")]), of(&[shape("upside down")])), (None, None));
}

proptest::proptest! {
    #[test]
    fn any_tags_give_a_height(text in "\\PC*", number in -1e9..1e9f64) {
        let ring = corners([0.0, 0.0], [20.0, 10.0]).map(place);
        let number = number.to_string();
        for value in [&text, &number] {
            for shape in ["gabled", "skillion", "dome", value] {
                let keys = ["height", "min_height", "building:levels", "building:min_level", "roof:height", "roof:angle",
                    "roof:levels", "roof:direction"];
                let tags = keys.iter().map(|k| (*k, value.as_str())).chain([("roof:shape", shape)]);
                let found = heights(&Tags::new(tags), &ring, None);
                proptest::prop_assert!(found.floors >= 1 && found.base_m >= 0.0 && found.eaves_m >= found.base_m);
                let mut mesh = crate::mesh::Surface::Building.primitive();
                let shape = crate::mesh::Shape {
                    footprint: &corners([0.0, 0.0], [20.0, 10.0]),
                    holes: &[],
                    base_m: found.base_m,
                    height_m: found.eaves_m,
                    sunk_m: 0.0,
                    roof: found.roof,
                    wall: [255; 3],
                    roof_color: [255; 3],
                    feature: 0,
                };
                let is_tall = found.top_m() - found.base_m >= 0.5;
                proptest::prop_assert!(!is_tall || crate::mesh::add_building(&mut mesh, &shape), "{found:?}");
                if let Roof::Shaped(roof) = found.roof {
                    proptest::prop_assert!((0.0..1000.0).contains(&roof.rise_m) && roof.bearing_deg.is_finite());
                }
            }
        }
    }
}

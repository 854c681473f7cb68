//! What the systems of the synthetic city hold: administrative areas, unit grid, road chiefs, cameras, sensors, signs,
//! bikes, components, sites, the fleet and a year of cases.

mod admin;
mod bikes;
mod calendar;
mod cases;
mod classes;
mod components;
mod fixtures;
mod fleet;
mod flow;
mod grid;
mod index;
mod people;
mod roads;
mod sites;
mod street;
mod subjects;

use super::{Sited, SynthOptions, blocks::Site, plan::Plan, planting::StreetTree, squares::Rings, water::Water};
use crate::{
    city::{Area, Building, Network, Road},
    records::{Feature, Records},
};
use cim_model::EntityKind;
use index::{PolygonIndex, SegmentIndex};
use rand_pcg::Pcg64;

pub(crate) use fleet::{Fleet, vehicles};

/// The city as far as it is made.
pub(super) struct Given<'a> {
    pub(super) options: &'a SynthOptions,
    pub(super) plan: &'a Plan,
    pub(super) site: &'a Sited,
    pub(super) waters: &'a [Water],
    pub(super) buildings: &'a [Building],
    /// Their footprints, east-north metres.
    pub(super) footprints: Rings,
    pub(super) roads: &'a [Road],
    pub(super) areas: &'a [Area],
    pub(super) network: &'a Network,
    pub(super) sites: &'a [Site],
    pub(super) street_trees: &'a [StreetTree],
}

/// The city in east-north metres, with what is needed to look things up by place.
pub(super) struct Survey<'a> {
    given: Given<'a>,
    buildings: PolygonIndex,
    segments: SegmentIndex,
}

impl<'a> Survey<'a> {
    pub(super) fn new(mut given: Given<'a>) -> Self {
        let metres = |places: &[cim_model::Place]| places.iter().map(|p| given.site.metres(*p)).collect::<Vec<_>>();
        let buildings = PolygonIndex::new(std::mem::take(&mut given.footprints));
        let segments = SegmentIndex::new(given.roads.iter().map(|r| metres(&r.points)).collect());
        Self { given, buildings, segments }
    }

    /// A generator of its own for each subject, so that more bikes do not change the cases.
    fn random(&self, subject: u128) -> Pcg64 {
        Pcg64::new(u128::from(self.given.options.seed), subject)
    }

    fn in_water(&self, p: [f64; 2], margin: f64) -> bool {
        self.given.waters.iter().any(|w| w.contains(p, margin))
    }
}

/// Makes all records.
pub(super) fn make(survey: &Survey<'_>) -> Records {
    let grid = grid::Grid::new(survey);
    let cameras = fixtures::cameras(survey);
    let low_spots = fixtures::low_spots(survey);
    let sensors = fixtures::sensors(survey, &low_spots);
    let signs = street::signs(survey);
    let (bikes, bike_areas) = bikes::bikes(survey);
    let sites = sites::sites(survey, &grid);
    let floods = sites::flood_points(survey, &low_spots);
    let components = components::components(survey, &grid);
    let vehicles = vehicles(survey.given.options.seed, &fleet::JINING);
    let scene = subjects::Scene::new(
        survey,
        &grid,
        subjects::Fixtures {
            cameras: &cameras,
            sensors: &sensors,
            signs: &signs,
            bikes: &bikes,
            sites: &sites,
            floods: &floods,
            components: &components,
            vehicles: &vehicles,
        },
    );
    let cases = cases::cases(&scene);
    let cells = grid.into_records(survey);
    let mut records = Records { vehicles, cases, cells, components, classes: classes::own(), ..Records::default() };
    let features = |spots: Vec<Spot>| spots.into_iter().map(|s| s.feature).collect::<Vec<_>>();
    let (dumps, works): (Vec<Spot>, Vec<Spot>) =
        sites.into_iter().partition(|s| s.feature.key.kind == EntityKind::DumpSite);
    let collections = [
        ("admin", admin::features(survey)),
        ("bike_area", features(bike_areas)),
        ("camera", features(cameras)),
        ("flood_point", features(floods)),
        ("muck_dump", features(dumps)),
        ("muck_site", features(works)),
        ("sensor", features(sensors)),
        ("shop_sign", features(signs)),
        ("shared_bike", features(bikes)),
        ("roads", roads::features(survey)),
    ];
    records.collections.extend(collections.map(|(name, list)| (name.to_owned(), list)));
    records
}

/// A feature and its place, or a place in it, in metres.
#[derive(Debug, Clone)]
struct Spot {
    at: [f64; 2],
    feature: Feature,
}

fn pick<'a>(list: &[&'a str], random: &mut Pcg64) -> &'a str {
    use rand::Rng;
    list[random.random_range(0..list.len())]
}

#[cfg(test)]
mod tests;

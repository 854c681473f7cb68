//! What the systems of the synthetic city hold: unit grid, road chiefs, cameras, sensors, signs, bikes, the fleet and a
//! year of cases.

mod calendar;
mod cases;
mod classes;
mod fixtures;
mod fleet;
mod flow;
mod grid;
mod index;
mod people;
mod roads;
mod street;
mod subjects;

use super::{Sited, SynthOptions, plan::Plan, water::Water};
use crate::{
    city::{Area, Building, Network, Road},
    records::{Feature, Records},
};
use index::{PolygonIndex, SegmentIndex};
use rand_pcg::Pcg64;

pub(crate) use fleet::{Fleet, vehicles};

/// The city as far as it is made.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) options: &'a SynthOptions,
    pub(super) plan: &'a Plan,
    pub(super) site: &'a Sited,
    pub(super) waters: &'a [Water],
    pub(super) buildings: &'a [Building],
    pub(super) roads: &'a [Road],
    pub(super) areas: &'a [Area],
    pub(super) network: &'a Network,
}

/// The city in east-north metres, with what is needed to look things up by place.
pub(super) struct Survey<'a> {
    given: Given<'a>,
    buildings: PolygonIndex,
    segments: SegmentIndex,
}

impl<'a> Survey<'a> {
    pub(super) fn new(given: Given<'a>) -> Self {
        let metres = |places: &[cim_model::Place]| places.iter().map(|p| given.site.metres(*p)).collect::<Vec<_>>();
        let buildings = PolygonIndex::new(given.buildings.iter().map(|b| metres(&b.footprint)).collect());
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
    let sensors = fixtures::sensors(survey);
    let signs = street::signs(survey);
    let bikes = street::bikes(survey);
    let vehicles = vehicles(survey.given.options.seed, &fleet::JINING);
    let scene = subjects::Scene::new(survey, &grid, &cameras, &sensors, &signs, &bikes, &vehicles);
    let cases = cases::cases(&scene);
    let mut records = Records { vehicles, cases, classes: classes::own(), ..Records::default() };
    let features = |spots: Vec<Spot>| spots.into_iter().map(|s| s.feature).collect::<Vec<_>>();
    let collections = [
        ("camera", features(cameras)),
        ("sensor", features(sensors)),
        ("shop_sign", features(signs)),
        ("shared_bike", features(bikes)),
        ("roads", roads::features(survey)),
        ("unit_grid", grid.into_features()),
    ];
    records.collections.extend(collections.map(|(name, list)| (name.to_owned(), list)));
    records
}

/// A point feature and its place in metres.
#[derive(Debug, Clone)]
struct Spot {
    at: [f64; 2],
    feature: Feature,
}

fn pick<'a, T: ?Sized>(list: &[&'a T], random: &mut Pcg64) -> &'a T {
    use rand::Rng;
    list[random.random_range(0..list.len())]
}

#[cfg(test)]
mod tests;

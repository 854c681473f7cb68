//! What cases can be about, and what else belongs to a place.

use super::{
    Spot, Survey,
    classes::{About, Class},
    grid::{Cell, Grid},
};
use crate::records::Components;
use cim_model::{EntityKey, EntityKind, Vehicle, VehicleKind};
use rand::Rng;
use rand_pcg::Pcg64;

/// What stands in the city besides its buildings and roads.
#[derive(Clone, Copy)]
pub(super) struct Fixtures<'a> {
    pub(super) cameras: &'a [Spot],
    pub(super) sensors: &'a [Spot],
    pub(super) signs: &'a [Spot],
    pub(super) bikes: &'a [Spot],
    /// Construction sites and dumps.
    pub(super) sites: &'a [Spot],
    pub(super) floods: &'a [Spot],
    pub(super) components: &'a Components,
    pub(super) vehicles: &'a [Vehicle],
}

/// Everything that a case can be about.
pub(super) struct Scene<'a> {
    pub(super) survey: &'a Survey<'a>,
    pub(super) grid: &'a Grid,
    fixtures: Fixtures<'a>,
    /// The tallest buildings, tallest first: the ones that people click.
    pub(super) tallest: Vec<usize>,
    waters: Vec<usize>,
    greens: Vec<usize>,
}

/// What one case is about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) key: EntityKey,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) at: [f64; 2],
}

/// What else belongs to a place.
pub(super) struct Around<'a> {
    pub(super) cell: Option<&'a Cell>,
    pub(super) camera: Option<&'a EntityKey>,
    pub(super) road: Option<&'a EntityKey>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(survey: &'a Survey<'a>, grid: &'a Grid, fixtures: Fixtures<'a>) -> Self {
        let buildings = survey.given.buildings;
        let mut tallest: Vec<usize> = (0..buildings.len()).collect();
        tallest.sort_by(|a, b| buildings[*b].height_m.total_cmp(&buildings[*a].height_m).then(a.cmp(b)));
        tallest.truncate(400);
        let areas = |kind: EntityKind| {
            (0..survey.given.areas.len()).filter(|i| survey.given.areas[*i].key.kind == kind).collect::<Vec<_>>()
        };
        let (waters, greens) = (areas(EntityKind::Water), areas(EntityKind::Green));
        Self { survey, grid, fixtures, tallest, waters, greens }
    }

    /// A subject for a class; `None` when the city has nothing of the kind.
    pub(super) fn draw(&self, class: &Class, random: &mut Pcg64) -> Option<Subject> {
        let given = &self.survey.given;
        match class.about {
            About::Building => {
                let tall = random.random_bool(0.35);
                let among = if tall { self.tallest.len() } else { given.buildings.len() };
                let i = random.random_range(0..among.max(1));
                if tall { self.building(*self.tallest.get(i)?) } else { self.building(i) }
            }
            About::Road => self.road(random),
            About::MuckTruck => self.truck(true, random),
            About::SanitationTruck => self.truck(false, random),
            About::Sensor(kind) => {
                let kind_name = super::fixtures::kind_name(kind);
                let list: Vec<&Spot> = self
                    .fixtures
                    .sensors
                    .iter()
                    .filter(|s| s.feature.properties.get("sensor_kind").is_some_and(|k| k == kind_name))
                    .collect();
                list.get(random.random_range(0..list.len().max(1))).map(|s| self.spot(s))
            }
            About::Camera => self.one(self.fixtures.cameras, random),
            About::Sign => self.one(self.fixtures.signs, random),
            About::Bike => self.one(self.fixtures.bikes, random),
            About::Cell => {
                let i = random.random_range(0..self.grid.cells.len().max(1));
                let cell = self.grid.cells.get(i)?;
                let at = self.grid.polygons.centre(i);
                let road = self.survey.segments.nearest(at, 200.0, |_| true);
                let name = road.map_or("", |n| &given.roads[n.line].name);
                Some(Subject {
                    key: cell.key(),
                    name: format!("{}{}{:03}网格", cell.subdistrict, cell.community, cell.code % 1000),
                    address: format!("{}{name}附近", cell.subdistrict),
                    at,
                })
            }
            About::Water => self.area(&self.waters, random),
            About::Green => self.area(&self.greens, random),
            About::Component(classes) => self.component(classes, random),
            About::Site => self.site(EntityKind::ConstructionSite, random),
            About::Dump => self.site(EntityKind::DumpSite, random),
            About::Flood => self.one(self.fixtures.floods, random),
        }
    }

    /// A component of one of these classes, or of any when there are none.
    fn component(&self, classes: &[&str], random: &mut Pcg64) -> Option<Subject> {
        let all = self.fixtures.components;
        // A class that is looked for is every tenth of all at the least.
        let component = (0..60).find_map(|_| {
            let component = all.list.get(random.random_range(0..all.list.len().max(1)))?;
            let class = all.classes.get(usize::from(component.class))?;
            (classes.is_empty() || classes.contains(&class.code.as_str())).then_some(component)
        })?;
        let at = self.survey.given.site.metres(component.place);
        let cell = self.grid.at(at).map_or("济宁市任城区", |c| c.subdistrict.as_ref());
        let (name, street) = (all.name(component), all.street(component));
        Some(Subject { key: all.key(component)?, address: format!("{cell}{street}{name}"), name, at })
    }

    fn site(&self, kind: EntityKind, random: &mut Pcg64) -> Option<Subject> {
        let list: Vec<&Spot> = self.fixtures.sites.iter().filter(|s| s.feature.key.kind == kind).collect();
        list.get(random.random_range(0..list.len().max(1))).map(|s| self.spot(s))
    }

    /// A building as the subject of a case.
    pub(super) fn building(&self, i: usize) -> Option<Subject> {
        let b = self.survey.given.buildings.get(i)?;
        Some(Subject {
            key: b.key.clone(),
            name: b.name.clone(),
            address: format!("{}{}", b.address, b.name),
            at: self.survey.buildings.centre(i),
        })
    }

    fn road(&self, random: &mut Pcg64) -> Option<Subject> {
        let given = &self.survey.given;
        // Main roads are looked after more closely.
        let main = given.roads.iter().take_while(|r| r.main).count();
        let among = if random.random_bool(0.7) { main } else { given.roads.len() };
        let i = random.random_range(0..among.max(1));
        let (road, line) = (given.roads.get(i)?, &self.survey.segments.lines[i]);
        let at = *line.get(random.random_range(0..line.len().max(1)))?;
        let cell = self.grid.at(at).map_or("济宁市任城区", |c| c.subdistrict.as_ref());
        Some(Subject { key: road.key.clone(), name: road.name.clone(), address: format!("{cell}{}", road.name), at })
    }

    fn truck(&self, muck: bool, random: &mut Pcg64) -> Option<Subject> {
        let list: Vec<&Vehicle> =
            self.fixtures.vehicles.iter().filter(|v| (v.kind == VehicleKind::MuckTruck) == muck).collect();
        let vehicle = list.get(random.random_range(0..list.len().max(1)))?;
        let road = self.road(random)?;
        Some(Subject {
            key: EntityKey::new(EntityKind::Vehicle, vehicle.id.clone()),
            name: format!("{}{}", vehicle.plate, vehicle.kind.zh()),
            address: road.address,
            at: road.at,
        })
    }

    fn one(&self, spots: &[Spot], random: &mut Pcg64) -> Option<Subject> {
        spots.get(random.random_range(0..spots.len().max(1))).map(|s| self.spot(s))
    }

    fn spot(&self, spot: &Spot) -> Subject {
        let name = spot.feature.properties.get("name").and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let road = self.survey.segments.nearest(spot.at, 150.0, |_| true);
        let street = road.map_or("", |n| &self.survey.given.roads[n.line].name);
        let cell = self.grid.at(spot.at).map_or("济宁市任城区", |c| c.subdistrict.as_ref());
        Subject { key: spot.feature.key.clone(), address: format!("{cell}{street}{name}"), name, at: spot.at }
    }

    fn area(&self, list: &[usize], random: &mut Pcg64) -> Option<Subject> {
        let i = *list.get(random.random_range(0..list.len().max(1)))?;
        let area = self.survey.given.areas.get(i)?;
        // A corner of its outline within the grid: a river goes on beyond the city.
        let corners: Vec<[f64; 2]> = area
            .ring
            .iter()
            .map(|p| self.survey.given.site.metres(*p))
            .filter(|p| self.grid.polygons.at(*p).is_some())
            .collect();
        let at = *corners.get(random.random_range(0..corners.len().max(1)))?;
        let cell = self.grid.at(at).map_or("济宁市任城区", |c| c.subdistrict.as_ref());
        Some(Subject { key: area.key.clone(), name: area.name.clone(), address: format!("{cell}{}", area.name), at })
    }

    /// The cell, the nearest camera within its sight and the road of a place.
    pub(super) fn around(&self, at: [f64; 2]) -> Around<'_> {
        const SIGHT_M: f64 = 400.0;
        let camera = self
            .fixtures
            .cameras
            .iter()
            // Squares will do: there are thousands of cameras for each of as many cases.
            .map(|c| (c, (c.at[0] - at[0]).powi(2) + (c.at[1] - at[1]).powi(2)))
            .filter(|(_, d)| *d < SIGHT_M * SIGHT_M)
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let road = self.survey.segments.nearest(at, 150.0, |_| true);
        Around {
            cell: self.grid.at(at),
            camera: camera.map(|(c, _)| &c.feature.key),
            road: road.map(|n| &self.survey.given.roads[n.line].key),
        }
    }
}

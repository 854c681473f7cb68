//! Vehicles that drive along the road network, on the right.

use crate::city::Network;
use cim_geo::{Geodetic, SiteFrame};
use cim_model::{Place, Timestamp, Vehicle, VehicleKind, VehiclePosition, WorkState};
use glam::DVec2;
use rand::{Rng, seq::IndexedRandom};
use rand_pcg::Pcg64;

/// A vehicle reports this often, seconds.
const REPORT_SECS: f64 = 2.0;

/// A direction of a piece of road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lane {
    edge: usize,
    forward: bool,
}

/// A piece of road in local metres, east and north.
struct Road {
    a: usize,
    b: usize,
    oneway: bool,
    points: Vec<DVec2>,
    length_m: f64,
    /// Metres right of the middle where vehicles drive.
    offset_m: f64,
    speed_mps: f64,
}

struct Car {
    id: String,
    kind: VehicleKind,
    lane: Lane,
    /// Metres driven of the lane.
    at_m: f64,
    speed_mps: f64,
    pace: f64,
    state: WorkState,
    /// Seconds until something changes: a stop ends or begins.
    patience_secs: f64,
    since_report_secs: f64,
}

/// All vehicles.
pub(super) struct Fleet {
    roads: Vec<Road>,
    /// Lanes that leave each node.
    leaving: Vec<Vec<Lane>>,
    cars: Vec<Car>,
    frame: SiteFrame,
}

impl Fleet {
    pub(super) fn new(network: &Network, vehicles: &[Vehicle], frame: SiteFrame, random: &mut Pcg64) -> Self {
        let local = |p: &[f64; 2]| {
            let enu = frame.to_enu(Geodetic::new(p[0], p[1], 0.0));
            DVec2::new(enu.x, enu.y)
        };
        let drivable = network.edges.iter().filter(|e| e.class != "footway");
        let roads: Vec<Road> = drivable
            .map(|e| {
                let points: Vec<DVec2> = e.points.iter().map(local).collect();
                Road {
                    a: e.a as usize,
                    b: e.b as usize,
                    oneway: e.oneway,
                    length_m: points.windows(2).map(|w| w[0].distance(w[1])).sum(),
                    points,
                    offset_m: if e.oneway { 0.0 } else { (e.width_m * 0.22).min(7.0) },
                    speed_mps: match e.class.as_str() {
                        "motorway" | "trunk" => 19.0,
                        "primary" => 13.5,
                        "secondary" => 11.5,
                        "tertiary" => 9.0,
                        _ => 6.0,
                    },
                }
            })
            .filter(|r| r.length_m > 1.0)
            .collect();
        let mut leaving = vec![Vec::new(); network.nodes.len()];
        for (edge, road) in roads.iter().enumerate() {
            leaving[road.a].push(Lane { edge, forward: true });
            if !road.oneway {
                leaving[road.b].push(Lane { edge, forward: false });
            }
        }
        let total: f64 = roads.iter().map(|r| r.length_m).sum();
        let mut fleet = Self { roads, leaving, cars: Vec::new(), frame };
        if total > 0.0 {
            fleet.cars = vehicles.iter().map(|v| fleet.enter(v, total, random)).collect();
        }
        fleet
    }

    /// A vehicle somewhere on the network, every metre equally likely.
    fn enter(&self, vehicle: &Vehicle, total: f64, random: &mut Pcg64) -> Car {
        let mut rest = random.random_range(0.0..total);
        let edge = self.roads.iter().position(|r| {
            rest -= r.length_m;
            rest < 0.0
        });
        let edge = edge.unwrap_or(0);
        let forward = self.roads[edge].oneway || random.random_bool(0.5);
        let state = match random.random_range(0..100) {
            0..8 => WorkState::Parked,
            8..45 => WorkState::Empty,
            _ => WorkState::Working,
        };
        Car {
            id: vehicle.id.clone(),
            kind: vehicle.kind,
            lane: Lane { edge, forward },
            at_m: random.random_range(0.0..self.roads[edge].length_m),
            speed_mps: 0.0,
            // Sweepers and sprinklers work slowly.
            pace: match vehicle.kind {
                VehicleKind::Sweeper | VehicleKind::Sprinkler => random.random_range(0.35..0.55),
                _ => random.random_range(0.8..1.1),
            },
            state,
            patience_secs: random.random_range(20.0..600.0),
            since_report_secs: random.random_range(0.0..REPORT_SECS),
        }
    }

    /// Drives on for `secs`; the reports that are due.
    pub(super) fn step(&mut self, secs: f64, now: Timestamp, random: &mut Pcg64) -> Vec<VehiclePosition> {
        let mut reports = Vec::new();
        let mut cars = std::mem::take(&mut self.cars);
        for car in &mut cars {
            self.drive(car, secs, random);
            car.since_report_secs += secs;
            if car.since_report_secs >= REPORT_SECS {
                car.since_report_secs -= REPORT_SECS;
                reports.push(self.report(car, now));
            }
        }
        self.cars = cars;
        reports
    }

    fn drive(&self, car: &mut Car, secs: f64, random: &mut Pcg64) {
        car.patience_secs -= secs;
        if car.patience_secs < 0.0 {
            let parked = car.state == WorkState::Parked;
            car.patience_secs =
                if parked { random.random_range(200.0..900.0) } else { random.random_range(30.0..240.0) };
            car.state = match (parked, random.random_bool(0.6)) {
                (false, _) => WorkState::Parked,
                (true, true) => WorkState::Working,
                (true, false) => WorkState::Empty,
            };
        }
        let road = &self.roads[car.lane.edge];
        let left = road.length_m - car.at_m;
        // Slower towards a junction, as one has to.
        let wanted = match car.state {
            WorkState::Parked | WorkState::Offline => 0.0,
            _ => road.speed_mps * car.pace * (left / 35.0).clamp(0.35, 1.0),
        };
        car.speed_mps += (wanted - car.speed_mps).clamp(-3.0 * secs, 1.6 * secs);
        car.at_m += car.speed_mps.max(0.0) * secs;
        while car.at_m > self.roads[car.lane.edge].length_m {
            car.at_m -= self.roads[car.lane.edge].length_m;
            car.lane = self.turn(car.lane, random);
        }
    }

    /// Where to go at the end of a lane: anywhere but back, unless back is the only way.
    fn turn(&self, lane: Lane, random: &mut Pcg64) -> Lane {
        let road = &self.roads[lane.edge];
        let node = if lane.forward { road.b } else { road.a };
        let ways: Vec<Lane> = self.leaving[node].iter().filter(|l| l.edge != lane.edge).copied().collect();
        let back = self.leaving[node].iter().find(|l| l.edge == lane.edge).copied();
        // At the dead end of a one-way street a vehicle begins the street again.
        ways.choose(random).copied().or(back).unwrap_or(lane)
    }

    fn report(&self, car: &Car, now: Timestamp) -> VehiclePosition {
        let (p, direction) = self.pose(car);
        let g = self.frame.to_geodetic(glam::DVec3::new(p.x, p.y, 0.0));
        VehiclePosition {
            id: car.id.clone(),
            kind: car.kind,
            place: Place::new(g.lon_deg, g.lat_deg),
            heading_deg: direction.x.atan2(direction.y).to_degrees().rem_euclid(360.0) as f32,
            speed_mps: car.speed_mps.max(0.0) as f32,
            state: car.state,
            time: now,
            height_m: 0.0,
        }
    }

    /// East, north and direction.
    fn pose(&self, car: &Car) -> (DVec2, DVec2) {
        let road = &self.roads[car.lane.edge];
        let mut at = if car.lane.forward { car.at_m } else { road.length_m - car.at_m };
        let sign = if car.lane.forward { 1.0 } else { -1.0 };
        let last = road.points.len() - 2;
        for (i, w) in road.points.windows(2).enumerate() {
            let length = w[0].distance(w[1]);
            if at <= length || i == last {
                let along = (w[1] - w[0]).normalize_or(DVec2::X);
                let direction = along * sign;
                let right = DVec2::new(direction.y, -direction.x);
                return (w[0] + along * at.min(length) + right * road.offset_m, direction);
            }
            at -= length;
        }
        (road.points[0], DVec2::Y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::Edge;
    use rand::SeedableRng;

    fn network() -> Network {
        let nodes = vec![[116.58, 35.41], [116.59, 35.41], [116.59, 35.42], [116.58, 35.42]];
        let edge = |a: u32, b: u32, oneway| Edge {
            a,
            b,
            class: "primary".into(),
            width_m: 20.0,
            oneway,
            points: vec![nodes[a as usize], nodes[b as usize]],
            heights: Vec::new(),
        };
        Network { edges: vec![edge(0, 1, false), edge(1, 2, true), edge(2, 3, false), edge(3, 0, false)], nodes }
    }

    #[test]
    fn everybody_stays_on_the_road_and_on_its_right() {
        let mut random = Pcg64::seed_from_u64(1);
        let network = network();
        let frame = SiteFrame::new(Geodetic::new(116.585, 35.415, 0.0));
        let vehicles: Vec<Vehicle> = (0..40)
            .map(|i| Vehicle {
                id: format!("v{i}"),
                plate: String::new(),
                kind: VehicleKind::MuckTruck,
                unit: String::new(),
                driver: String::new(),
            })
            .collect();
        let mut fleet = Fleet::new(&network, &vehicles, frame, &mut random);
        let mut moved = 0.0f64;
        let mut last = std::collections::HashMap::new();
        for t in 0..400 {
            for report in fleet.step(1.0, Timestamp(t), &mut random) {
                let enu = frame.to_enu(Geodetic::new(report.place.lon, report.place.lat, 0.0));
                let p = DVec2::new(enu.x, enu.y);
                let off = fleet
                    .roads
                    .iter()
                    .map(|r| {
                        let (a, b) = (r.points[0], r.points[1]);
                        let s = ((p - a).dot(b - a) / (b - a).length_squared()).clamp(0.0, 1.0);
                        p.distance(a + (b - a) * s)
                    })
                    .fold(f64::MAX, f64::min);
                assert!(off < 7.0, "{off} m beside every road");
                if let Some(before) = last.insert(report.id, p) {
                    let way = p.distance(before);
                    assert!(way < 60.0, "{way} m in two seconds");
                    moved += way;
                }
            }
        }
        assert!(moved > 40.0 * 400.0, "they hardly moved: {moved} m");
    }

    #[test]
    fn a_city_without_roads_has_no_traffic() {
        let mut random = Pcg64::seed_from_u64(1);
        let frame = SiteFrame::new(Geodetic::new(116.585, 35.415, 0.0));
        let mut fleet = Fleet::new(&Network::default(), &[], frame, &mut random);
        assert!(fleet.step(1.0, Timestamp(0), &mut random).is_empty());
    }
}

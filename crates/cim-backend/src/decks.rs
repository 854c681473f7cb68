//! How high the road is under a vehicle. Trackers report where a vehicle is in plan; that it drives over a bridge and not
//! under it, or through a tunnel and not above it, is seen from its heading, which must be that of the road. Where a road on
//! the ground runs along above a tunnel the nearer one counts.

use crate::city::{Edge, Network};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::VehiclePosition;
use glam::{DVec2, DVec3};
use rstar::{
    RTree,
    primitives::{GeomWithData, Line},
};

/// How far beside the carriageway a tracker may be off, metres.
const OFF_M: f64 = 4.0;
/// How far a heading may be off that of the road: the cosine of 35 degrees.
const ALONG: f64 = 0.82;

/// A stretch of road: heights at both its ends, and half its width, metres.
type Stretch = GeomWithData<Line<[f64; 2]>, ([f64; 2], f64)>;

/// All roads that are not on the ground; those that are, too, where there are tunnels.
pub(crate) struct Decks {
    tree: RTree<Stretch>,
    frame: SiteFrame,
    widest_m: f64,
}

impl Decks {
    pub(crate) fn new(network: &Network, frame: SiteFrame) -> Self {
        let has_tunnels = network.edges.iter().flat_map(|e| &e.heights).any(|h| *h < 0.0);
        let stretches: Vec<Stretch> = network.edges.iter().flat_map(|e| stretches(e, &frame, has_tunnels)).collect();
        let widest_m = stretches.iter().map(|s| s.data.1).fold(0.0, f64::max) + OFF_M;
        Self { tree: RTree::bulk_load(stretches), frame, widest_m }
    }

    /// Metres above the ground at which a vehicle drives.
    pub(crate) fn height_m(&self, report: &VehiclePosition) -> f32 {
        if self.tree.size() == 0 || !report.heading_deg.is_finite() {
            return 0.0;
        }
        let at = self.frame.to_enu(Geodetic::new(report.place.lon, report.place.lat, 0.0)).truncate();
        let (sin, cos) = f64::from(report.heading_deg).to_radians().sin_cos();
        let heading = DVec2::new(sin, cos);
        let near = self.tree.locate_within_distance(at.to_array(), self.widest_m * self.widest_m);
        let fits = near.filter_map(|stretch| {
            let (from, to) = (DVec2::from(stretch.geom().from), DVec2::from(stretch.geom().to));
            let along = (to - from).normalize_or_zero();
            let share = ((at - from).dot(to - from) / (to - from).length_squared().max(1e-9)).clamp(0.0, 1.0);
            let off = at.distance(from.lerp(to, share));
            let (heights, half) = stretch.data;
            let fits = off <= half + OFF_M && along.dot(heading).abs() > ALONG;
            fits.then_some((off, heights[0] + (heights[1] - heights[0]) * share))
        });
        let fits: Vec<(f64, f64)> = fits.collect();
        let nearest = |raised: bool| {
            let some = fits.iter().filter(|(_, height)| (*height > 0.0) == raised);
            some.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, height)| *height as f32)
        };
        nearest(true).or_else(|| nearest(false)).unwrap_or(0.0)
    }
}

/// The stretches of an edge that are not on the ground, or all.
fn stretches(edge: &Edge, frame: &SiteFrame, all: bool) -> Vec<Stretch> {
    let height = |i: usize| if edge.heights.len() == edge.points.len() { edge.heights[i] } else { 0.0 };
    if !all && edge.heights.len() != edge.points.len() {
        return Vec::new();
    }
    let metres = |p: &[f64; 2]| frame.to_enu(Geodetic::new(p[0], p[1], 0.0));
    let points: Vec<DVec3> = edge.points.iter().map(metres).collect();
    let wanted = |i: &usize| all || height(*i).max(height(i + 1)) > 0.0;
    let sound = |i: &usize| points[*i].is_finite() && points[i + 1].is_finite();
    (0..points.len().saturating_sub(1))
        .filter(wanted)
        .filter(sound)
        .map(|i| {
            let line = Line::new(points[i].truncate().to_array(), points[i + 1].truncate().to_array());
            GeomWithData::new(line, ([height(i), height(i + 1)], 0.5 * edge.width_m))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::{Place, Timestamp, VehicleKind, WorkState};

    #[test]
    fn who_drives_over_a_bridge_is_on_it_and_who_passes_below_is_not() {
        let edge = Edge {
            a: 0,
            b: 1,
            class: "primary".into(),
            width_m: 14.0,
            oneway: false,
            points: vec![[116.0, 35.0], [116.001, 35.0], [116.002, 35.0]],
            heights: vec![0.0, 6.0, 0.0],
        };
        let network = Network { nodes: vec![[116.0, 35.0], [116.002, 35.0]], edges: vec![edge] };
        let decks = Decks::new(&network, SiteFrame::new(Geodetic::new(116.001, 35.0, 0.0)));
        let height = |lon: f64, lat: f64, heading_deg: f32| {
            decks.height_m(&VehiclePosition {
                id: "v".into(),
                kind: VehicleKind::MuckTruck,
                place: Place::new(lon, lat),
                heading_deg,
                speed_mps: 9.0,
                state: WorkState::Working,
                time: Timestamp(0),
                height_m: 0.0,
            })
        };
        assert!((height(116.001, 35.0, 90.0) - 6.0).abs() < 0.01);
        assert!((height(116.0015, 35.00002, 270.0) - 3.0).abs() < 0.05);
        assert_eq!(height(116.001, 35.0, 0.0), 0.0);
        assert_eq!(height(116.001, 35.001, 90.0), 0.0);
        assert_eq!(height(116.001, 35.0, f32::NAN), 0.0);
        assert_eq!(Decks::new(&Network::default(), SiteFrame::new(Geodetic::new(0.0, 0.0, 0.0))).tree.size(), 0);
    }

    #[test]
    fn who_drives_through_a_tunnel_is_below_the_ground_and_who_drives_above_it_is_not() {
        let edge = |lat: f64, heights: Vec<f64>| Edge {
            a: 0,
            b: 1,
            class: "primary".into(),
            width_m: 8.0,
            oneway: false,
            points: vec![[116.0, lat], [116.001, lat], [116.002, lat]],
            heights,
        };
        // A street on the ground 6 m beside the tunnel.
        let edges = vec![edge(35.0, vec![0.0, -6.0, 0.0]), edge(35.000_054, Vec::new())];
        let network = Network { nodes: vec![[116.0, 35.0], [116.002, 35.0]], edges };
        let decks = Decks::new(&network, SiteFrame::new(Geodetic::new(116.001, 35.0, 0.0)));
        let height = |lat: f64, heading_deg: f32| {
            decks.height_m(&VehiclePosition {
                id: "v".into(),
                kind: VehicleKind::MuckTruck,
                place: Place::new(116.001, lat),
                heading_deg,
                speed_mps: 9.0,
                state: WorkState::Working,
                time: Timestamp(0),
                height_m: 0.0,
            })
        };
        assert!((height(35.0, 90.0) + 6.0).abs() < 0.01);
        assert_eq!(height(35.000_05, 90.0), 0.0);
        assert_eq!(height(35.0, 0.0), 0.0);
    }
}

//! Where things are drawn: the site's local frame and the render origin that moves with the camera.

use bevy::{math::DVec3, prelude::*};
use cim_geo::{Geodetic, Relief, SiteFrame};
use cim_model::Place;
use std::sync::Arc;

/// The local frame of the city: metres, x = east, y = up, z = south, f64, from the site's origin.
#[derive(Resource, Debug, Clone)]
pub struct SiteGeo {
    /// Metres and degrees.
    pub frame: SiteFrame,
    /// Heights of the ground; the bent earth alone when there are none.
    pub relief: Option<Arc<Relief>>,
}

/// Metres between the points of a line that lies on hills, at most.
const DRAPE_M: f64 = 20.0;
/// Points between two of a line, at most.
const MOST_BETWEEN: f64 = 200.0;

impl Default for SiteGeo {
    /// Jining's main urban area, until a site or a tileset says otherwise.
    fn default() -> Self {
        Self { frame: SiteFrame::new(Geodetic::new(116.587, 35.415, 0.0)), relief: None }
    }
}

impl SiteGeo {
    /// Site metres of a place at `height_m` above the ground.
    #[must_use]
    pub fn position(&self, place: Place, height_m: f64) -> DVec3 {
        let ground = self.relief.as_ref().map_or(0.0, |relief| {
            let foot = self.frame.to_enu(Geodetic::new(place.lon, place.lat, 0.0));
            relief.height(foot.x, foot.y)
        });
        self.frame.to_render(Geodetic::new(place.lon, place.lat, ground + height_m))
    }

    /// Site metres of a line: its places, and on hills points between them. `heights_m` are those of the places above the
    /// ground; where there are fewer, the line lies on it.
    #[must_use]
    pub fn lay(&self, line: &[Place], heights_m: &[f64]) -> Vec<DVec3> {
        let mut laid: Vec<DVec3> = Vec::with_capacity(line.len());
        let mut last: Option<(Place, f64, DVec3)> = None;
        for (i, place) in line.iter().enumerate() {
            let height = heights_m.get(i).copied().unwrap_or(0.0);
            let at = self.position(*place, height);
            if let (Some((from, low, foot)), Some(_)) = (last, &self.relief) {
                let parts = (foot.distance(at) / DRAPE_M).ceil().clamp(1.0, MOST_BETWEEN);
                laid.extend((1..parts as u32).map(|k| {
                    let part = |a: f64, b: f64| a + (b - a) * f64::from(k) / parts;
                    self.position(Place::new(part(from.lon, place.lon), part(from.lat, place.lat)), part(low, height))
                }));
            }
            laid.push(at);
            last = Some((*place, height, at));
        }
        laid
    }

    /// Height of the ground over the site's plane at a position: the y of the ground there.
    #[must_use]
    pub fn ground_m(&self, at: DVec3) -> f64 {
        let bend = -(at.x * at.x + at.z * at.z) / (2.0 * 6_371_000.0);
        bend + self.relief.as_ref().map_or(0.0, |relief| relief.height(at.x, -at.z))
    }

    /// The place under a position in site metres.
    #[must_use]
    pub fn place(&self, position: DVec3) -> Place {
        let g = self.frame.from_render(position);
        Place::new(g.lon_deg, g.lat_deg)
    }
}

/// The point in site metres that Bevy's world origin stands for. Bevy's f32 positions are relative to it.
#[derive(Resource, Debug, Clone, Copy, Default, PartialEq)]
pub struct RenderOrigin(pub DVec3);

/// How far the camera may be from the render origin before the origin follows, metres.
const REBASE_M: f64 = 2000.0;

impl RenderOrigin {
    /// Bevy position of a site position.
    #[must_use]
    pub fn to_world(&self, site: DVec3) -> Vec3 {
        (site - self.0).as_vec3()
    }

    /// Site position of a Bevy position.
    #[must_use]
    pub fn to_site(&self, world: Vec3) -> DVec3 {
        self.0 + world.as_dvec3()
    }

    /// Follows the camera when it is far; true when the origin moved.
    pub fn follow(&mut self, camera: DVec3) -> bool {
        let far = camera.is_finite() && camera.distance(self.0) > REBASE_M;
        if far {
            self.0 = (camera / 256.0).round() * 256.0;
        }
        far
    }
}

/// Where an entity stands in site metres. Its `Transform` translation is kept equal to this minus the origin.
#[derive(Component, Debug, Clone, Copy, PartialEq)]
#[require(Transform, Visibility)]
pub struct Anchor(pub DVec3);

/// Places what is new or was moved, and everything when the origin moved. Runs in `PostUpdate` before propagation.
pub(super) fn place_anchored(origin: Res<RenderOrigin>, mut anchored: Query<(Ref<Anchor>, &mut Transform)>) {
    let all = origin.is_changed();
    for (anchor, mut transform) in &mut anchored {
        if all || anchor.is_changed() {
            transform.translation = origin.to_world(anchor.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_and_lines_lie_on_hills() {
        let (nodes, step) = (101u32, 20.0);
        let height = |metres: f64| 25.0 + 25.0 * (metres / 150.0).sin();
        let hill = |k: u32| height(f64::from(k) * step - 1000.0);
        let heights = (0..nodes).flat_map(|j| (0..nodes).map(move |i| (hill(i) + hill(j)) as f32)).collect();
        let relief = Relief::new([-1000.0; 2], step, (nodes, nodes), heights).unwrap();
        let flat = SiteGeo::default();
        let hilly = SiteGeo { relief: Some(Arc::new(relief)), ..flat.clone() };
        let origin = flat.frame.origin();
        let place =
            |east: f64, north: f64| Place::new(origin.lon_deg + east / 90_800.0, origin.lat_deg + north / 110_940.0);
        let (a, b) = (place(-700.0, 300.0), place(600.0, 300.0));
        let at = hilly.position(a, 2.0);
        assert!((at.y - hilly.ground_m(at) - 2.0).abs() < 1e-3, "{at}");
        assert!((at.y - flat.position(a, 2.0).y - height(-700.0) - height(300.0)).abs() < 0.2, "{at}");
        assert_eq!(flat.lay(&[a, b], &[]).len(), 2);
        // On a bridge its own heights are added to the ground's.
        let (low, raised) = (hilly.lay(&[a, b], &[]), hilly.lay(&[a, b], &[2.0, 6.0]));
        let above: Vec<f64> = low.iter().zip(&raised).map(|(low, high)| high.y - low.y).collect();
        assert!(above.is_sorted() && (above[0] - 2.0).abs() < 1e-6 && (above[above.len() - 1] - 6.0).abs() < 1e-6);
        let laid = hilly.lay(&[a, b], &[]);
        assert!(laid.len() > 60);
        for pair in laid.windows(2) {
            let middle = pair[0].lerp(pair[1], 0.5);
            assert!((middle.y - hilly.ground_m(middle)).abs() < 0.2 && pair[0].distance(pair[1]) < 21.0, "{middle}");
        }
    }

    #[test]
    fn forty_kilometres_out_keeps_millimetres() {
        let camera = DVec3::new(40_000.0, 50.0, -40_000.0);
        let mut origin = RenderOrigin::default();
        assert!(origin.follow(camera));
        assert!(!origin.follow(camera + DVec3::splat(100.0)));
        let p = camera + DVec3::new(1.2345, 0.001, 0.0);
        assert!((origin.to_site(origin.to_world(p)) - p).length() < 1e-4);
    }
}

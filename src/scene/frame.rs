//! Where things are drawn: the site's local frame and the render origin that moves with the camera.

use bevy::{math::DVec3, prelude::*};
use cim_geo::{Geodetic, SiteFrame};
use cim_model::Place;

/// The local frame of the city: metres, x = east, y = up, z = south, f64, from the site's origin.
#[derive(Resource, Debug, Clone, Copy)]
pub struct SiteGeo(pub SiteFrame);

impl Default for SiteGeo {
    /// Jining's main urban area, until a site or a tileset says otherwise.
    fn default() -> Self {
        Self(SiteFrame::new(Geodetic::new(116.587, 35.415, 0.0)))
    }
}

impl SiteGeo {
    /// Site metres of a place at `height_m` above the ellipsoid.
    #[must_use]
    pub fn position(&self, place: Place, height_m: f64) -> DVec3 {
        self.0.to_render(Geodetic::new(place.lon, place.lat, height_m))
    }

    /// The place under a position in site metres.
    #[must_use]
    pub fn place(&self, position: DVec3) -> Place {
        let g = self.0.from_render(position);
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
    fn forty_kilometres_out_keeps_millimetres() {
        let camera = DVec3::new(40_000.0, 50.0, -40_000.0);
        let mut origin = RenderOrigin::default();
        assert!(origin.follow(camera));
        assert!(!origin.follow(camera + DVec3::splat(100.0)));
        let p = camera + DVec3::new(1.2345, 0.001, 0.0);
        assert!((origin.to_site(origin.to_world(p)) - p).length() < 1e-4);
    }
}

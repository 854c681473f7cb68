//! What a new tileset settles: where the site is, how far the camera goes and where it begins, and the light.

use super::{Sun, frame::SiteGeo, stream::TilesetSource};
use crate::camera::{CameraLimits, FirstView, FlyTo, MapView};
use bevy::{
    ecs::system::SystemParam,
    math::{DMat4, DVec3},
    prelude::*,
};
use cim_geo::{Geodetic, SiteFrame};
use tiles3d::Tileset;

/// From a tileset's own z-up metres to the render frame, for one that is not on the globe.
const RENDER_FROM_LOCAL: DMat4 =
    DMat4::from_cols_array(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);

#[derive(SystemParam)]
pub(super) struct Opening<'w> {
    source: Res<'w, TilesetSource>,
    first: Res<'w, FirstView>,
    site: ResMut<'w, SiteGeo>,
    limits: ResMut<'w, CameraLimits>,
    sun: ResMut<'w, Sun>,
    clock: Res<'w, Time<Virtual>>,
    fly: MessageWriter<'w, FlyTo>,
}

impl Opening<'_> {
    /// The second of the program.
    pub(super) fn now_secs(&self) -> f64 {
        self.clock.elapsed_secs_f64()
    }

    /// Returns the transform from the root tile's frame to site metres in render axes.
    pub(super) fn settle(&mut self, tileset: &Tileset) -> DMat4 {
        let (centre, radius) = tileset.root().volume.bounding_sphere();
        // A tileset on the globe is millions of metres from the earth's centre; one in a local frame is not.
        let on_globe = centre.length() > 1.0e6;
        let origin = match self.source.origin {
            Some(place) => Geodetic::new(place.lon, place.lat, 0.0),
            None if on_globe => {
                let g = Geodetic::from_ecef(centre);
                Geodetic::new(g.lon_deg, g.lat_deg, 0.0)
            }
            None => self.site.frame.origin(),
        };
        self.site.frame = SiteFrame::new(origin);
        let render_from_root = if on_globe { self.site.frame.render_from_ecef() } else { RENDER_FROM_LOCAL };
        let middle = render_from_root.transform_point3(centre);
        // A city opens on its centre; a model by itself, or beside a city, opens on the whole of it.
        let of_site = self.source.origin.is_some() && !self.source.fixed;
        let target = if of_site { DVec3::Y * self.site.ground_m(DVec3::ZERO) } else { middle };
        let city = of_site || radius > 3000.0;
        let distance_m = if city { (radius * 0.32).clamp((radius * 1.1).min(1200.0), 2600.0) } else { radius * 2.1 };
        let home = MapView { target, heading_deg: 20.0, tilt_deg: 66.0, distance_m };
        // Small models are looked at from near by.
        let nearest_m = (radius * 0.25).clamp(0.05, 15.0);
        *self.limits = CameraLimits { centre: middle, reach_m: radius * 1.3, nearest_m, home };
        let view = self.first.0.map_or(home, |v| v.to_view(&self.site, &self.limits));
        self.fly.write(view.fly_to(0.0));
        // Nobody opens a model of the other side of the earth to see it in the dark.
        if *self.sun == Sun::default() {
            *self.sun = Sun::afternoon_at(origin.lon_deg);
        }
        render_from_root
    }
}

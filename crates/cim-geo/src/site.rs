//! The local frame of a site.

use crate::Geodetic;
use glam::{DMat4, DVec3, DVec4};

/// East-north-up metres at an origin on the ellipsoid, and the same in render axes (x east, y up, z south).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiteFrame {
    origin: Geodetic,
    ecef_from_enu: DMat4,
    enu_from_ecef: DMat4,
}

/// Render axes from east-north-up: x = east, y = up, z = -north.
const RENDER_FROM_ENU: DMat4 = DMat4::from_cols(
    DVec4::new(1.0, 0.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, -1.0, 0.0),
    DVec4::new(0.0, 1.0, 0.0, 0.0),
    DVec4::new(0.0, 0.0, 0.0, 1.0),
);

impl SiteFrame {
    /// The frame at `origin`. An invalid origin gives the frame at 0° E, 0° N.
    #[must_use]
    pub fn new(origin: Geodetic) -> Self {
        let origin = if origin.is_valid() { origin } else { Geodetic::default() };
        let (sin_lon, cos_lon) = origin.lon_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = origin.lat_deg.to_radians().sin_cos();
        let east = DVec3::new(-sin_lon, cos_lon, 0.0);
        let north = DVec3::new(-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat);
        let up = DVec3::new(cos_lat * cos_lon, cos_lat * sin_lon, sin_lat);
        let centre = origin.to_ecef();
        let ecef_from_enu = DMat4::from_cols(east.extend(0.0), north.extend(0.0), up.extend(0.0), centre.extend(1.0));
        // The inverse of a rigid transform, written out: exact where a general inverse loses digits to the 6,000 km.
        let rotation = glam::DMat3::from_cols(east, north, up).transpose();
        let mut enu_from_ecef = DMat4::from_mat3(rotation);
        enu_from_ecef.w_axis = (-(rotation * centre)).extend(1.0);
        Self { origin, ecef_from_enu, enu_from_ecef }
    }

    /// Where the frame's zero is.
    #[must_use]
    pub fn origin(&self) -> Geodetic {
        self.origin
    }

    /// Takes east-north-up metres to ECEF metres.
    #[must_use]
    pub fn ecef_from_enu(&self) -> DMat4 {
        self.ecef_from_enu
    }

    /// Takes ECEF metres to east-north-up metres.
    #[must_use]
    pub fn enu_from_ecef(&self) -> DMat4 {
        self.enu_from_ecef
    }

    /// Takes ECEF metres to render metres (x east, y up, z south).
    #[must_use]
    pub fn render_from_ecef(&self) -> DMat4 {
        RENDER_FROM_ENU * self.enu_from_ecef
    }

    /// Takes render metres to ECEF metres.
    #[must_use]
    pub fn ecef_from_render(&self) -> DMat4 {
        self.ecef_from_enu * RENDER_FROM_ENU.transpose()
    }

    /// East-north-up metres of a position.
    #[must_use]
    pub fn to_enu(&self, g: Geodetic) -> DVec3 {
        self.enu_from_ecef.transform_point3(g.to_ecef())
    }

    /// The position at east-north-up metres.
    #[must_use]
    pub fn to_geodetic(&self, enu: DVec3) -> Geodetic {
        Geodetic::from_ecef(self.ecef_from_enu.transform_point3(enu))
    }

    /// Render metres of a position.
    #[must_use]
    pub fn to_render(&self, g: Geodetic) -> DVec3 {
        let enu = self.to_enu(g);
        DVec3::new(enu.x, enu.z, -enu.y)
    }

    /// The position at render metres.
    #[must_use]
    pub fn from_render(&self, p: DVec3) -> Geodetic {
        self.to_geodetic(DVec3::new(p.x, -p.z, p.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn north_is_minus_z_and_up_is_y() {
        let frame = SiteFrame::new(Geodetic::new(116.587, 35.415, 0.0));
        let north = frame.to_render(Geodetic::new(116.587, 35.425, 0.0));
        assert!(north.z < -1000.0 && north.x.abs() < 1e-6);
        let up = frame.to_render(Geodetic::new(116.587, 35.415, 100.0));
        assert!((up - DVec3::new(0.0, 100.0, 0.0)).length() < 1e-8);
    }

    proptest! {
        #[test]
        fn orthonormal_and_invertible(lon in -180.0..180.0f64, lat in -90.0..90.0f64, x in -5e4..5e4f64, y in -5e4..5e4f64, z in -100.0..5e3f64) {
            let f = SiteFrame::new(Geodetic::new(lon, lat, 0.0));
            let m = f.ecef_from_enu();
            prop_assert!((m.determinant() - 1.0).abs() < 1e-12);
            let p = DVec3::new(x, y, z);
            prop_assert!((f.to_render(f.from_render(p)) - p).length() < 1e-6);
            let q = f.render_from_ecef().transform_point3(f.ecef_from_render().transform_point3(p));
            prop_assert!((q - p).length() < 1e-8);
        }
    }
}

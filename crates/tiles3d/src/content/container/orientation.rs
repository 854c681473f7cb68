//! Which way an instance or a point faces.

use cim_geo::Geodetic;
use glam::{DMat3, DMat4, DVec2, DVec3};

/// Decodes a unit vector that was folded onto an octahedron (Cigolle et al. 2014, "A Survey of Efficient Representations
/// for Independent Unit Vectors"); both coordinates from 0 to 1.
pub(super) fn octahedral(folded: DVec2) -> DVec3 {
    let v = folded.clamp(DVec2::ZERO, DVec2::ONE) * 2.0 - 1.0;
    let z = 1.0 - v.x.abs() - v.y.abs();
    let sign = |x: f64| if x < 0.0 { -1.0 } else { 1.0 };
    let xy = if z < 0.0 { DVec2::new((1.0 - v.y.abs()) * sign(v.x), (1.0 - v.x.abs()) * sign(v.y)) } else { v };
    DVec3::new(xy.x, xy.y, z).normalize_or(DVec3::Z)
}

/// The rotation that takes x to `right` and y to `up`, made orthonormal with `up` kept; `None` when they span no plane.
pub(super) fn up_right(up: DVec3, right: DVec3) -> Option<DMat3> {
    let (up, right) = (up.try_normalize()?, right.try_normalize()?);
    // What is left of nearly parallel vectors would be nothing but rounding errors.
    if up.dot(right).abs() > 1.0 - 1e-9 {
        return None;
    }
    let right = right.reject_from_normalized(up).try_normalize()?;
    Some(DMat3::from_cols(right, up, right.cross(up)))
}

/// East, north and up at `position`, as seen from the tile's frame. `earth_from_tile` takes that frame to the Earth's.
/// `None` when the place is so deep in the Earth that it must be one of a local frame.
pub(super) fn east_north_up(position: DVec3, earth_from_tile: &DMat4, tile_from_earth: &DMat3) -> Option<DMat3> {
    /// Metres from the Earth's centre; the ellipsoid is everywhere more than six times as far away.
    const DEEP: f64 = 1.0e6;
    let place = earth_from_tile.transform_point3(position);
    if !place.is_finite() || place.length() < DEEP {
        return None;
    }
    let g = Geodetic::from_ecef(place);
    let (sin_lon, cos_lon) = g.lon_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = g.lat_deg.to_radians().sin_cos();
    let east = DVec3::new(-sin_lon, cos_lon, 0.0);
    let up = DVec3::new(cos_lat * cos_lon, cos_lat * sin_lon, sin_lat);
    // The tile's transform may scale, even unevenly: up stays up, east is made perpendicular to it, and the size of the
    // model remains what the instance says.
    let up = (*tile_from_earth * up).try_normalize()?;
    let east = (*tile_from_earth * east).reject_from_normalized(up).try_normalize()?;
    Some(DMat3::from_cols(east, up.cross(east), up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: DVec3, b: DVec3) {
        assert!((a - b).length() < 1e-4, "{a} is not {b}");
    }

    #[test]
    fn the_octahedron_unfolds() {
        let unit = |x: f64, y: f64| octahedral(DVec2::new(x, y) / 65535.0);
        // The specification's example: up is +y, right is +x.
        close(unit(32768.0, 65535.0), DVec3::Y);
        close(unit(65535.0, 32768.0), DVec3::X);
        close(octahedral(DVec2::new(0.5, 0.5)), DVec3::Z);
        // The corners of the square are all the south pole.
        for corner in [DVec2::ZERO, DVec2::X, DVec2::Y, DVec2::ONE] {
            close(octahedral(corner), DVec3::NEG_Z);
        }
        // (1, -2, -3) / |.|: folded by hand, |x|+|y|+|z| = 6: (1/6, -2/6) to (1 - 2/6, -(1 - 1/6)).
        let folded = DVec2::new(1.0 - 2.0 / 6.0, -(1.0 - 1.0 / 6.0)) / 2.0 + 0.5;
        close(octahedral(folded), DVec3::new(1.0, -2.0, -3.0).normalize());
    }

    #[test]
    fn up_and_right_make_a_rotation() {
        let m = up_right(DVec3::Z * 2.0, DVec3::new(0.0, 3.0, 0.1)).unwrap();
        close(m * DVec3::Y, DVec3::Z);
        close(m * DVec3::X, DVec3::Y);
        close(m * DVec3::Z, DVec3::X);
        assert!((m.determinant() - 1.0).abs() < 1e-12);
        assert!(up_right(DVec3::Z, DVec3::Z).is_none());
        assert!(up_right(DVec3::ZERO, DVec3::X).is_none());
        assert!(up_right(DVec3::NAN, DVec3::X).is_none());
    }

    #[test]
    fn up_is_the_ellipsoids_normal_in_any_frame() {
        let place = Geodetic::new(116.587, 35.415, 30.0);
        let higher = Geodetic { height_m: 130.0, ..place }.to_ecef();
        let up = (higher - place.to_ecef()) / 100.0;
        let direct = east_north_up(place.to_ecef(), &DMat4::IDENTITY, &DMat3::IDENTITY).unwrap();
        close(direct * DVec3::Z, up);
        // Further east is the east.
        let east = Geodetic { lon_deg: place.lon_deg + 1e-5, ..place }.to_ecef() - place.to_ecef();
        close(direct * DVec3::X, east.normalize());
        // In a turned, scaled and moved frame it is the same direction of the world.
        let frame = DMat4::from_scale_rotation_translation(
            DVec3::splat(4.0),
            glam::DQuat::from_euler(glam::EulerRot::XYZ, 0.3, -1.0, 2.0),
            place.to_ecef(),
        );
        let turned = east_north_up(DVec3::ZERO, &frame, &DMat3::from_mat4(frame).inverse()).unwrap();
        close((DMat3::from_mat4(frame) * turned * DVec3::Z) / 4.0, up);
        close((DMat3::from_mat4(frame) * turned * DVec3::X) / 4.0, east.normalize());
        assert!((turned.determinant() - 1.0).abs() < 1e-9);
        assert!(east_north_up(DVec3::X, &DMat4::IDENTITY, &DMat3::IDENTITY).is_none());
    }
}

//! The WGS 84 ellipsoid and geodetic positions on it.

use glam::DVec3;
use serde::{Deserialize, Serialize};

/// Semi-major axis, metres.
pub const A: f64 = 6_378_137.0;
/// Flattening.
pub const F: f64 = 1.0 / 298.257_223_563;
/// Semi-minor axis, metres.
pub const B: f64 = A * (1.0 - F);
/// First eccentricity squared.
pub const E2: f64 = F * (2.0 - F);
/// Second eccentricity squared.
const EP2: f64 = E2 / (1.0 - E2);

/// A geodetic position in WGS 84 / CGCS2000.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Geodetic {
    /// Degrees east of Greenwich.
    pub lon_deg: f64,
    /// Degrees north of the equator.
    pub lat_deg: f64,
    /// Metres above the ellipsoid.
    pub height_m: f64,
}

impl Geodetic {
    /// From degrees and metres.
    #[must_use]
    pub const fn new(lon_deg: f64, lat_deg: f64, height_m: f64) -> Self {
        Self { lon_deg, lat_deg, height_m }
    }

    /// From radians and metres.
    #[must_use]
    pub fn from_radians(lon: f64, lat: f64, height_m: f64) -> Self {
        Self::new(lon.to_degrees(), lat.to_degrees(), height_m)
    }

    /// Whether all numbers are finite and the angles in range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.height_m.is_finite() && self.lon_deg.abs() <= 180.0 && self.lat_deg.abs() <= 90.0
    }

    /// Earth-centred, Earth-fixed metres (EPSG:4978). NaN in, NaN out.
    #[must_use]
    pub fn to_ecef(self) -> DVec3 {
        let (sin_lon, cos_lon) = self.lon_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = self.lat_deg.to_radians().sin_cos();
        let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
        let r = (n + self.height_m) * cos_lat;
        DVec3::new(r * cos_lon, r * sin_lon, (n * (1.0 - E2) + self.height_m) * sin_lat)
    }

    /// From Earth-centred, Earth-fixed metres: Bowring's start, then Newton's iteration on the reduced latitude;
    /// better than a micrometre from 1,000 km below the surface to beyond the Moon.
    #[must_use]
    pub fn from_ecef(p: DVec3) -> Self {
        let r = p.x.hypot(p.y);
        if r < 1e-9 && p.z.abs() < 1e-9 {
            return Self::new(0.0, 0.0, -A);
        }
        let mut beta = (p.z * A).atan2(r * B);
        let mut lat = 0.0;
        for _ in 0..6 {
            let (s, c) = beta.sin_cos();
            lat = (p.z + EP2 * B * s * s * s).atan2(r - E2 * A * c * c * c);
            let next = (B * lat.sin()).atan2(A * lat.cos());
            if (next - beta).abs() < 1e-16 {
                break;
            }
            beta = next;
        }
        let (s, c) = lat.sin_cos();
        let height_m = r * c + p.z * s - A * (1.0 - E2 * s * s).sqrt();
        Self::from_radians(p.y.atan2(p.x), lat, height_m)
    }

    /// Distance along the surface, metres, heights ignored: haversine on the mean of both places' Gaussian radii.
    /// Within 0.5 % everywhere, within 0.01 % over a city.
    #[must_use]
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat_deg.to_radians(), other.lat_deg.to_radians());
        let radius = |lat: f64| A * (1.0 - E2).sqrt() / (1.0 - E2 * lat.sin().powi(2));
        // Gaussian mean radius for the bearing-independent part; the prime-vertical and meridian radii differ by 0.3 %
        // at Chinese latitudes, so over a city the flat local ellipse is used instead.
        let dlon = (other.lon_deg - self.lon_deg).to_radians();
        let dlat = lat2 - lat1;
        if dlat.abs() < 0.02 && dlon.abs() < 0.02 {
            let lat = 0.5 * (lat1 + lat2);
            let w2 = 1.0 - E2 * lat.sin().powi(2);
            let (n, m) = (A / w2.sqrt(), A * (1.0 - E2) / w2.powf(1.5));
            return (m * dlat).hypot(n * lat.cos() * dlon);
        }
        let h = (dlat / 2.0).sin().powi(2) + lat1.cos() * lat2.cos() * (dlon / 2.0).sin().powi(2);
        (radius(lat1) + radius(lat2)) * h.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_points() {
        // PROJ: cct +proj=cart +ellps=WGS84
        let p = Geodetic::new(0.0, 0.0, 0.0).to_ecef();
        assert!((p - DVec3::new(A, 0.0, 0.0)).length() < 1e-9);
        let pole = Geodetic::from_ecef(DVec3::new(0.0, 0.0, B + 10.0));
        assert!((pole.lat_deg - 90.0).abs() < 1e-12 && (pole.height_m - 10.0).abs() < 1e-6);
        assert!(Geodetic::from_ecef(DVec3::ZERO).height_m.is_finite());
    }

    #[test]
    fn a_minute_of_arc_at_jining() {
        let d = Geodetic::new(116.587, 35.415, 0.0).distance_m(Geodetic::new(116.587, 35.415 + 1.0 / 60.0, 0.0));
        assert!((d - 1849.2).abs() < 0.5, "{d}");
    }

    proptest! {
        #[test]
        fn ecef_round_trips(lon in -180.0..180.0f64, lat in -90.0..90.0f64, h in -10_000.0..1e7f64) {
            let g = Geodetic::new(lon, lat, h);
            let back = Geodetic::from_ecef(g.to_ecef());
            prop_assert!((back.to_ecef() - g.to_ecef()).length() < 1e-6);
            prop_assert!((back.height_m - h).abs() < 1e-6);
        }

        #[test]
        fn nonsense_is_survived(x in proptest::num::f64::ANY, y in proptest::num::f64::ANY, z in proptest::num::f64::ANY) {
            let _ = Geodetic::from_ecef(DVec3::new(x, y, z));
            let _ = Geodetic::new(x, y, z).to_ecef();
        }
    }
}

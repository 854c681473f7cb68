//! Where something is.

use serde::{Deserialize, Serialize};

/// A position in WGS 84 / CGCS2000 (the two agree to centimetres): degrees, longitude first as in GeoJSON.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Degrees east of Greenwich.
    pub lon: f64,
    /// Degrees north of the equator.
    pub lat: f64,
}

impl Place {
    /// A place from degrees, longitude first.
    #[must_use]
    pub const fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }

    /// Whether both numbers are finite, in range, and not the 0,0 that a receiver without a fix reports.
    #[must_use]
    pub fn is_plausible(self) -> bool {
        self.lon.is_finite()
            && self.lat.is_finite()
            && self.lon.abs() <= 180.0
            && self.lat.abs() <= 90.0
            && !(self.lon.abs() < 1e-6 && self.lat.abs() < 1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn null_island_is_not_plausible() {
        assert!(Place::new(116.587, 35.415).is_plausible());
        for (lon, lat) in [(0.0, 0.0), (f64::NAN, 1.0), (181.0, 0.0), (1.0, -91.0)] {
            assert!(!Place::new(lon, lat).is_plausible(), "{lon},{lat}");
        }
    }
}

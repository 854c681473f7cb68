//! Where the sun is.

use bevy::{math::DVec3, prelude::*};
use cim_model::{Place, Timestamp};

/// The time that the city is lit for.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sun {
    /// The instant.
    pub time: Timestamp,
    /// Whether the instant follows the clock; else it stays.
    pub live: bool,
}

impl Default for Sun {
    /// An autumn afternoon in China: long enough shadows to read heights, light enough to read everything.
    fn default() -> Self {
        Self { time: Timestamp(1_790_663_400_000), live: false }
    }
}

impl Sun {
    /// The default's light at another longitude (degrees): the same hour by the sun.
    #[must_use]
    pub fn afternoon_at(lon_deg: f64) -> Self {
        let here = Self::default();
        let later_ms = (116.587 - lon_deg) / 15.0 * 3_600_000.0;
        Self { time: Timestamp(here.time.0 + later_ms as i64), ..here }
    }
}

/// Unit vector from a place to the sun in render axes (x east, y up, z south).
///
/// The low-precision formulas of the Astronomical Almanac: within 0.01° between 1950 and 2050, refraction left out.
#[must_use]
pub fn direction(place: Place, time: Timestamp) -> DVec3 {
    let days = time.secs_since(Timestamp(946_728_000_000)) / 86_400.0;
    let mean_longitude = (280.460 + 0.985_647_4 * days).to_radians();
    let anomaly = (357.528 + 0.985_600_3 * days).to_radians();
    let longitude = mean_longitude + (1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin()).to_radians();
    let obliquity = (23.439 - 0.000_000_4 * days).to_radians();
    let declination = (obliquity.sin() * longitude.sin()).asin();
    let ascension = (obliquity.cos() * longitude.sin()).atan2(longitude.cos());
    let sidereal = (280.460_618_37 + 360.985_647_366_29 * days + place.lon).to_radians();
    let hour_angle = sidereal - ascension;
    let lat = place.lat.to_radians();
    let up = lat.sin() * declination.sin() + lat.cos() * declination.cos() * hour_angle.cos();
    let east = -declination.cos() * hour_angle.sin();
    let north = lat.cos() * declination.sin() - lat.sin() * declination.cos() * hour_angle.cos();
    DVec3::new(east, up, -north).normalize_or(DVec3::Y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elevation(place: Place, time: &str) -> f64 {
        direction(place, Timestamp::parse(time).unwrap()).y.asin().to_degrees()
    }

    #[test]
    fn every_longitude_has_the_same_afternoon() {
        let up = |lon: f64| direction(Place::new(lon, 35.0), Sun::afternoon_at(lon).time).y;
        for lon in [-179.0, -75.6, 0.0, 24.9, 179.0] {
            assert!((up(lon) - up(116.587)).abs() < 0.01);
        }
    }

    #[test]
    fn agrees_with_the_almanac() {
        let jining = Place::new(116.587, 35.415);
        // Culmination at the solstices: 90° - latitude ± 23.44°.
        assert!((elevation(jining, "2026-06-21T12:15:30+08:00") - 78.02).abs() < 0.1);
        assert!((elevation(jining, "2026-12-22T12:12:10+08:00") - 31.15).abs() < 0.1);
        assert!(elevation(jining, "2026-12-22T00:12:00+08:00") < -75.0);
        // In the morning the sun is in the east, at noon in the south.
        let morning = direction(jining, Timestamp::parse("2026-03-20T07:30:00+08:00").unwrap());
        assert!(morning.x > 0.9 && morning.y > 0.0);
        let noon = direction(jining, Timestamp::parse("2026-03-20T12:20:00+08:00").unwrap());
        assert!(noon.z > 0.5 && noon.x.abs() < 0.02);
    }
}

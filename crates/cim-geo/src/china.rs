//! The shifted systems of Chinese web maps. Longitude first, degrees; positions outside the box of China are unchanged.

use std::f64::consts::PI;

/// Semi-major axis of the Krasovsky ellipsoid that the shift was published with, metres.
const A: f64 = 6_378_245.0;
const EE: f64 = 0.006_693_421_622_965_943;
const X_PI: f64 = PI * 3000.0 / 180.0;

fn in_china(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

fn shift(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |v: f64, a: f64, b: f64| 20.0 * (a * v * PI).sin() + 20.0 * (b * v * PI).sin();
    let root = x.abs().sqrt();
    let common = wave(x, 6.0, 2.0) * 2.0 / 3.0;
    let dlat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let dlon = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let rad = lat.to_radians();
    let magic = 1.0 - EE * rad.sin().powi(2);
    let root_magic = magic.sqrt();
    (dlon * 180.0 / (A / root_magic * rad.cos() * PI), dlat * 180.0 / ((A * (1.0 - EE)) / (magic * root_magic) * PI))
}

/// GCJ-02 of a WGS 84 position.
#[must_use]
pub fn wgs84_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let (dlon, dlat) = shift(lon, lat);
    (lon + dlon, lat + dlat)
}

/// WGS 84 of a GCJ-02 position, by iteration to 1e-10 degrees.
#[must_use]
pub fn gcj02_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let (mut x, mut y) = (lon, lat);
    for _ in 0..10 {
        let (dlon, dlat) = shift(x, y);
        let (nx, ny) = (lon - dlon, lat - dlat);
        let done = (nx - x).abs().max((ny - y).abs()) < 1e-11;
        (x, y) = (nx, ny);
        if done {
            break;
        }
    }
    (x, y)
}

/// BD-09 of a GCJ-02 position.
#[must_use]
pub fn gcj02_to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let z = lon.hypot(lat) + 0.00002 * (lat * X_PI).sin();
    let theta = lat.atan2(lon) + 0.000_003 * (lon * X_PI).cos();
    (z * theta.cos() + 0.0065, z * theta.sin() + 0.006)
}

/// GCJ-02 of a BD-09 position, by iteration on the forward shift.
#[must_use]
pub fn bd09_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    let (mut x, mut y) = (lon - 0.0065, lat - 0.006);
    for _ in 0..10 {
        let (bx, by) = gcj02_to_bd09(x, y);
        let (ex, ey) = (lon - bx, lat - by);
        x += ex;
        y += ey;
        if ex.abs().max(ey.abs()) < 1e-12 {
            break;
        }
    }
    (x, y)
}

/// BD-09 of a WGS 84 position.
#[must_use]
pub fn wgs84_to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = wgs84_to_gcj02(lon, lat);
    gcj02_to_bd09(x, y)
}

/// WGS 84 of a BD-09 position.
#[must_use]
pub fn bd09_to_wgs84(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = bd09_to_gcj02(lon, lat);
    gcj02_to_wgs84(x, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors() {
        let (x, y) = wgs84_to_gcj02(116.5871, 35.4154);
        assert!((x - 116.592_391_075_548_53).abs() < 1e-9 && (y - 35.414_952_381_555_78).abs() < 1e-9, "{x} {y}");
        let (x, y) = wgs84_to_bd09(116.5871, 35.4154);
        assert!((x - 116.598_989_23).abs() < 1e-7 && (y - 35.420_677_77).abs() < 1e-7, "{x} {y}");
        let (x, y) = wgs84_to_gcj02(116.42079, 39.90105);
        assert!((x - 116.42703).abs() < 2e-5 && (y - 39.90245).abs() < 2e-5, "{x} {y}");
        assert_eq!(wgs84_to_gcj02(24.94, 60.17), (24.94, 60.17));
    }

    proptest! {
        #[test]
        fn round_trips(lon in 80.0..130.0f64, lat in 18.0..53.0f64) {
            let (x, y) = wgs84_to_bd09(lon, lat);
            let (x, y) = bd09_to_wgs84(x, y);
            prop_assert!((x - lon).abs() < 1e-8 && (y - lat).abs() < 1e-8, "{x} {y}");
        }

        #[test]
        fn nonsense_is_survived(x in proptest::num::f64::ANY, y in proptest::num::f64::ANY) {
            let _ = (wgs84_to_bd09(x, y), bd09_to_wgs84(x, y));
        }
    }
}

//! The smallest convenient volume around a region of longitudes, latitudes and heights (clause 7.3.3).

use super::{BoundingVolume, s2::boxed};
use cim_geo::wgs84;
use glam::DVec3;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Metres that sums of this size may be off.
const SLACK: f64 = 1e-6;

/// A part of the shell around the ellipsoid. Its latitudes and heights are in order.
#[derive(Debug, Clone, Copy)]
struct Shell {
    south: f64,
    north: f64,
    low: f64,
    high: f64,
}

/// The angle eastwards from `west` to `east`, 0 to a whole turn.
pub(super) fn width(west: f64, east: f64) -> f64 {
    let width = if east < west { east - west + TAU } else { east - west };
    width.clamp(0.0, TAU)
}

/// The box around a region, or the sphere around the Earth's centre where that is smaller.
///
/// The box stands in the middle of the region, or upright in the Earth or with its middle at the equator where that
/// makes it smaller. It is exact: a direction's greatest reach over a meridian is where the ellipsoid's normal points
/// that way, or at an end.
pub(super) fn volume(region: [f64; 6]) -> BoundingVolume {
    let [west, south, east, north, low, high] = region;
    let shell = Shell {
        south: south.min(north).clamp(-FRAC_PI_2, FRAC_PI_2),
        north: south.max(north).clamp(-FRAC_PI_2, FRAC_PI_2),
        low: low.min(high),
        high: low.max(high),
    };
    let half = 0.5 * width(west, east);
    let (lon, lat) = (west + half, 0.5 * (shell.south + shell.north));
    let mut best = shell.boxed(lon, half, lat);
    if half > 0.2 || lat.abs() > 1.2 {
        for lat in [0.0, FRAC_PI_2.copysign(lat)] {
            let other = shell.boxed(lon, half, lat);
            if size(&other) < size(&best) {
                best = other;
            }
        }
    }
    let sphere =
        BoundingVolume::Sphere { center: DVec3::ZERO, radius: wgs84::A + shell.high.abs().max(shell.low.abs()) };
    if size(&sphere) < size(&best) { sphere } else { best }
}

fn size(volume: &BoundingVolume) -> f64 {
    match volume {
        BoundingVolume::Box { half_axes, .. } => 8.0 * half_axes.determinant().abs(),
        BoundingVolume::Sphere { radius, .. } => 4.0 / 3.0 * PI * radius.powi(3),
    }
}

impl Shell {
    /// The box whose axes point east, north and up at a place, around what is within `half` of its longitude.
    fn boxed(&self, lon: f64, half: f64, lat: f64) -> BoundingVolume {
        let ((sin_lon, cos_lon), (sin_lat, cos_lat)) = (lon.sin_cos(), lat.sin_cos());
        let east = DVec3::new(-sin_lon, cos_lon, 0.0);
        let north = DVec3::new(-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat);
        let up = DVec3::new(cos_lat * cos_lon, cos_lat * sin_lon, sin_lat);
        // What a direction sees of a place depends on the longitude by its cosine alone: the ends are the extremes.
        let ends = [1.0, half.cos()];
        let span = |outwards: f64, z: f64| {
            let spans = ends.map(|k| self.span(outwards * k, z));
            (spans[0].0.min(spans[1].0) - SLACK, spans[0].1.max(spans[1].1) + SLACK)
        };
        let sideways = self.span(1.0, 0.0).1 * half.min(FRAC_PI_2).sin() + SLACK;
        boxed([(east, (-sideways, sideways)), (north, span(-sin_lat, cos_lat)), (up, span(cos_lat, sin_lat))])
    }

    /// The least and greatest `outwards` times the distance from the axis plus `z` times z over one meridian.
    fn span(&self, outwards: f64, z: f64) -> (f64, f64) {
        let (up, down) = (z.atan2(outwards), (-z).atan2(-outwards));
        let inside = |lat: &f64| (self.south..=self.north).contains(lat);
        let places = [self.south, self.north].into_iter().chain([up, down].into_iter().filter(inside));
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), lat| {
            let (sin, cos) = lat.sin_cos();
            let n = wgs84::A / (1.0 - wgs84::E2 * sin * sin).sqrt();
            let at = |h: f64| outwards * (n + h) * cos + z * (n * (1.0 - wgs84::E2) + h) * sin;
            let (a, b) = (at(self.low), at(self.high));
            (low.min(a).min(b), high.max(a).max(b))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_geo::Geodetic;
    use proptest::prelude::*;

    /// How far out of the volume any of many places of the region is.
    fn out(region: [f64; 6]) -> f64 {
        let [west, south, east, north, low, high] = region;
        let volume = volume(region);
        let mut worst = 0.0f64;
        for i in 0..=16 {
            for j in 0..=16 {
                let lon = west + width(west, east) * f64::from(i) / 16.0;
                let lat = south + (north - south) * f64::from(j) / 16.0;
                for h in [low, high] {
                    worst = worst.max(volume.distance_to(Geodetic::from_radians(lon, lat, h).to_ecef()));
                }
            }
        }
        worst
    }

    fn half_axes(region: [f64; 6]) -> [f64; 3] {
        let BoundingVolume::Box { half_axes: a, .. } = volume(region) else { panic!("a sphere") };
        let mut lengths = [a.x_axis.length(), a.y_axis.length(), a.z_axis.length()];
        lengths.sort_by(f64::total_cmp);
        lengths
    }

    #[test]
    fn large_polar_and_antimeridian_regions_are_tight() {
        // A cap from 80° north is 1,111 km in radius and 97 km high, wherever its longitudes begin.
        let cap = [-PI, 80f64.to_radians(), PI, FRAC_PI_2, 0.0, 100.0];
        assert!(out(cap) < 1e-5);
        let [a, b, c] = half_axes(cap);
        // 80° north at 100 m is 1,111,182.2 m from the axis, and its ground 97,309.4 m below 100 m over the pole.
        assert!((c - 1_111_182.2).abs() < 0.1 && (b - c).abs() < 0.1 && (a - 48_654.7).abs() < 0.1, "{a} {b} {c}");
        // Fiji: 4° by 5° across the antimeridian.
        let fiji = [177f64.to_radians(), -20f64.to_radians(), -179f64.to_radians(), -15f64.to_radians(), 0.0, 1000.0];
        assert!(out(fiji) < 1e-5);
        let [a, b, c] = half_axes(fiji);
        assert!(
            (210_000.0..220_000.0).contains(&b) && (275_000.0..281_000.0).contains(&c) && a < 6_000.0,
            "{a} {b} {c}"
        );
        // Half of the northern hemisphere is in half a cube around it, not in a sphere around all.
        let quarter = [0.0, 0.0, PI, FRAC_PI_2, 0.0, 0.0];
        assert!(out(quarter) < 1e-5);
        assert!(size(&volume(quarter)) < 0.3 * 8.0 * wgs84::A.powi(3));
        let all = [-PI, -FRAC_PI_2, PI, FRAC_PI_2, -100.0, 9000.0];
        assert!(matches!(volume(all), BoundingVolume::Sphere { .. }) && out(all) < 1e-5);
    }

    #[test]
    fn a_city_block_is_as_large_as_it_is() {
        let d = 1e-4;
        let [a, b, c] = half_axes([2.0, 0.6, 2.0 + d, 0.6 + d, 10.0, 60.0]);
        let g = |lon: f64, lat: f64| Geodetic::from_radians(lon, lat, 60.0).to_ecef();
        let across = g(2.0, 0.6).distance(g(2.0 + d, 0.6));
        let along = g(2.0, 0.6).distance(g(2.0, 0.6 + d));
        assert!(
            (2.0 * b - across).abs() < 0.1 && (2.0 * c - along).abs() < 0.1 && (a - 25.0).abs() < 0.1,
            "{a} {b} {c}"
        );
    }

    proptest! {
        #[test]
        fn regions_are_held(
            west in -PI..PI, width in 0.0..TAU, south in -FRAC_PI_2..FRAC_PI_2, tall in 0.0..1.0f64,
            low in -10_000.0..10_000.0f64, thick in 0.0..1e6f64,
        ) {
            let north = south + (FRAC_PI_2 - south) * tall;
            let east = if west + width > PI { west + width - TAU } else { west + width };
            prop_assert!(out([west, south, east, north, low, low + thick]) < 1e-4);
        }

        #[test]
        fn any_numbers_are_survived(region in proptest::array::uniform6(-1e12..1e12f64)) {
            let (centre, radius) = volume(region).bounding_sphere();
            prop_assert!(centre.is_finite() && radius.is_finite());
        }
    }
}

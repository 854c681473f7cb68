//! Bounding volumes as they are written, in the root frame, and by how much one sticks out of another.

use super::{
    finding::{Findings, at},
    rules,
};
use cim_geo::Geodetic;
use glam::{DMat3, DMat4, DVec3};
use serde_json::Value;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Slack of angles, radians: regions are often rounded to so much.
const ANGLE_SLACK: f64 = 1e-9;
/// Metres of an arc on the Earth's surface, per radian.
const EARTH: f64 = 6_378_137.0;

/// A bounding volume in the root frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Volume {
    Box {
        center: DVec3,
        axes: DMat3,
    },
    /// West, south, east, north, least and greatest height.
    Region([f64; 6]),
    Sphere {
        center: DVec3,
        radius: f64,
    },
}

/// The numbers of an array when they are all there.
pub(super) fn numbers<const N: usize>(value: Option<&Value>) -> Option<[f64; N]> {
    let numbers: Vec<f64> = value?.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

impl Volume {
    /// From JSON; `None` when it is of another kind or the schema forbids it.
    pub(super) fn parse(value: &Value, transform: &DMat4) -> Option<Self> {
        if let Some(v) = numbers::<12>(value.get("box")) {
            let axes = DMat3::from_cols_array(&[v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]]);
            let center = transform.transform_point3(DVec3::new(v[0], v[1], v[2]));
            return Some(Self::Box { center, axes: DMat3::from_mat4(*transform) * axes });
        }
        if let Some(v) = numbers::<6>(value.get("region")) {
            return Some(Self::Region(v));
        }
        let v = numbers::<4>(value.get("sphere"))?;
        let center = transform.transform_point3(DVec3::new(v[0], v[1], v[2]));
        Some(Self::Sphere { center, radius: v[3].abs() * scale(transform) })
    }

    /// The prose rules of a single volume.
    pub(super) fn check(value: &Value, version_1_0: bool, place: &str, find: &mut Findings) {
        let kinds: Vec<&str> = ["box", "region", "sphere"].into_iter().filter(|k| value.get(*k).is_some()).collect();
        if kinds.is_empty() && value.get("extensions").is_none() {
            find.add(&rules::VOLUME_MISSING, place, "has none of box, region and sphere");
        }
        if kinds.len() > 1 && version_1_0 {
            find.add(&rules::VOLUME_SEVERAL, place, format!("has {}; exactly one is allowed", kinds.join(" and ")));
        }
        if let Some([west, south, east, north, low, high]) = numbers(value.get("region")) {
            let place = at(place, "region");
            let outside = |x: f64, limit: f64| x.abs() > limit + ANGLE_SLACK;
            if outside(west, PI) || outside(east, PI) || outside(south, FRAC_PI_2) || outside(north, FRAC_PI_2) {
                let message = format!("{west}, {south}, {east}, {north} are not longitudes and latitudes in radians");
                find.add(&rules::REGION_RANGE, &place, message);
            }
            if south > north {
                find.add(&rules::REGION_INVERTED, &place, format!("south {south} is north of north {north}"));
            }
            if low > high {
                find.add(&rules::REGION_INVERTED, &place, format!("least height {low} is above greatest {high}"));
            }
        }
        if let Some(v) = numbers::<12>(value.get("box")) {
            let axis = |i: usize| DVec3::new(v[i], v[i + 1], v[i + 2]);
            let axes = [axis(3), axis(6), axis(9)];
            let place = at(place, "box");
            for (i, j) in [(0, 1), (0, 2), (1, 2)] {
                let cosine = axes[i].normalize_or_zero().dot(axes[j].normalize_or_zero());
                if cosine.abs() > 1e-3 {
                    let degrees = cosine.clamp(-1.0, 1.0).acos().to_degrees();
                    let message = format!("half axes {i} and {j} meet at {degrees:.2}° instead of 90°");
                    find.add(&rules::BOX_AXES, &place, message);
                }
            }
            if axes.iter().filter(|a| a.length_squared() == 0.0).count() > 1 {
                find.add(&rules::BOX_FLAT, &place, "is a line or a point: two of its half axes have no length");
            }
        }
        if let Some([.., radius]) = numbers::<4>(value.get("sphere"))
            && radius < 0.0
        {
            find.add(&rules::SPHERE_RADIUS, &at(place, "sphere"), format!("its radius {radius} is negative"));
        }
    }

    /// Name of the kind.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Box { .. } => "box",
            Self::Region(_) => "region",
            Self::Sphere { .. } => "sphere",
        }
    }

    /// Centre and radius of a sphere around it.
    pub(super) fn sphere(&self) -> (DVec3, f64) {
        match self {
            Self::Sphere { center, radius } => (*center, *radius),
            Self::Box { center, .. } => {
                (*center, self.points().iter().map(|p| p.distance(*center)).fold(0.0, f64::max))
            }
            Self::Region(_) => {
                let points = self.points();
                let center = points.iter().sum::<DVec3>() / points.len() as f64;
                (center, points.iter().map(|p| p.distance(center)).fold(0.0, f64::max))
            }
        }
    }

    /// Metres that a point is outside; 0 inside.
    pub(super) fn outside(&self, p: DVec3) -> f64 {
        match self {
            Self::Sphere { center, radius } => (p.distance(*center) - radius).max(0.0),
            Self::Box { center, axes } => {
                let d = p - *center;
                let directions = directions(axes);
                let lengths = [axes.x_axis.length(), axes.y_axis.length(), axes.z_axis.length()];
                let over = |i: usize| (d.dot(directions[i]).abs() - lengths[i]).max(0.0).powi(2);
                (over(0) + over(1) + over(2)).sqrt()
            }
            Self::Region(region) => {
                let g = Geodetic::from_ecef(p);
                outside_region(region, g.lon_deg.to_radians(), g.lat_deg.to_radians(), g.height_m)
            }
        }
    }

    /// Metres by which `inner` sticks out of this volume, by its corners or extreme points.
    pub(super) fn sticks_out(&self, inner: &Self) -> f64 {
        match (self, inner) {
            (Self::Region(outer), Self::Region([west, south, east, north, low, high])) => {
                let corners = [(*west, *south, *low), (*east, *north, *high)];
                corners.iter().map(|(lon, lat, h)| outside_region(outer, *lon, *lat, *h)).fold(0.0, f64::max)
            }
            (Self::Sphere { center, radius }, Self::Sphere { center: c, radius: r }) => {
                (center.distance(*c) + r - radius).max(0.0)
            }
            _ => inner.points().into_iter().map(|p| self.outside(p)).fold(0.0, f64::max),
        }
    }

    /// Corners, or points all over it.
    fn points(&self) -> Vec<DVec3> {
        match self {
            Self::Box { center, axes } => (0..8)
                .map(|i| {
                    let s = |bit: i32| if i & bit == 0 { -1.0 } else { 1.0 };
                    *center + axes.x_axis * s(1) + axes.y_axis * s(2) + axes.z_axis * s(4)
                })
                .collect(),
            Self::Sphere { center, radius } => {
                let axes = [DVec3::X, DVec3::Y, DVec3::Z];
                axes.iter().flat_map(|a| [*center + *a * *radius, *center - *a * *radius]).collect()
            }
            Self::Region([west, south, east, north, low, high]) => {
                let width = if east < west { east + TAU - west } else { east - west };
                let mut out = Vec::with_capacity(50);
                for (i, j) in (0..5).flat_map(|i| (0..5).map(move |j| (f64::from(i) / 4.0, f64::from(j) / 4.0))) {
                    for h in [*low, *high] {
                        let g = Geodetic::from_radians(west + width * i, south + (north - south) * j, h);
                        out.push(g.to_ecef());
                    }
                }
                out
            }
        }
    }

    /// The part of it that the tile `at` of this level covers when it is subdivided; `octree` cuts the third dimension
    /// too. `None` for spheres, which cannot be subdivided.
    pub(super) fn part(&self, octree: bool, level: u32, at: [u64; 3]) -> Option<Self> {
        let size = 0.5f64.powi(level as i32);
        let low = |k: usize| at[k] as f64 * size;
        match self {
            Self::Sphere { .. } => None,
            Self::Box { center, axes } => {
                let middle = |k: usize| 2.0 * low(k) + size - 1.0;
                let (z_middle, z_size) = if octree { (middle(2), size) } else { (0.0, 1.0) };
                let center = *center + axes.x_axis * middle(0) + axes.y_axis * middle(1) + axes.z_axis * z_middle;
                let axes = DMat3::from_cols(axes.x_axis * size, axes.y_axis * size, axes.z_axis * z_size);
                Some(Self::Box { center, axes })
            }
            Self::Region([west, south, east, north, bottom, top]) => {
                let width = if east < west { east + TAU - west } else { east - west };
                let span = |from: f64, length: f64, k: usize| (from + length * low(k), from + length * (low(k) + size));
                let (w, e) = span(*west, width, 0);
                let (s, n) = span(*south, north - south, 1);
                let (b, t) = if octree { span(*bottom, top - bottom, 2) } else { (*bottom, *top) };
                Some(Self::Region([w, s, e, n, b, t]))
            }
        }
    }
}

fn outside_region(region: &[f64; 6], lon: f64, lat: f64, height: f64) -> f64 {
    let [west, south, east, north, low, high] = *region;
    let width = if east < west { east + TAU - west } else { east - west };
    // How far east of the western edge, or west of it when that is nearer.
    let along = (lon - west).rem_euclid(TAU);
    let beyond = if along > width { (along - width).min(TAU - along) } else { 0.0 };
    let lon_out = if width >= TAU - ANGLE_SLACK { 0.0 } else { beyond * EARTH * lat.cos().abs() };
    let lat_out = (south - lat).max(lat - north).max(0.0) * EARTH;
    let up = (low - height).max(height - high).max(0.0);
    lon_out.max(lat_out).max(up)
}

/// Unit vectors along the axes; a missing one stands upright on the others.
fn directions(axes: &DMat3) -> [DVec3; 3] {
    let mut d = [axes.x_axis, axes.y_axis, axes.z_axis].map(DVec3::normalize_or_zero);
    for i in 0..3 {
        if d[i] == DVec3::ZERO {
            let (a, b) = (d[(i + 1) % 3], d[(i + 2) % 3]);
            d[i] = a.cross(b).try_normalize().unwrap_or_else(|| {
                let some = if a == DVec3::ZERO { b } else { a };
                if some == DVec3::ZERO { DMat3::IDENTITY.col(i) } else { some.any_orthonormal_vector() }
            });
        }
    }
    d
}

/// The largest factor by which a transform stretches.
pub(super) fn scale(m: &DMat4) -> f64 {
    m.x_axis.truncate().length().max(m.y_axis.truncate().length()).max(m.z_axis.truncate().length())
}

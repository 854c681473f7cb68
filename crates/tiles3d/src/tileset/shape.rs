//! Volumes as they are written: what can be divided, and given other heights, before it is put into the root frame.

use super::{
    BoundingVolume, region,
    s2::{Cell, LOWEST},
    schema::{S2Json, VolumeJson},
};
use glam::{DMat3, DMat4, DVec3};
use serde::Deserialize as _;

/// Numbers beyond this are no coordinates.
pub(super) const FARTHEST: f64 = 1e12;

/// A bounding volume as the file gives it. Boxes and spheres are in the tile's own frame, regions and cells are on the
/// Earth whatever the transform says (clause 7.3).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Box {
        center: DVec3,
        half_axes: DMat3,
    },
    /// West, south, east, north in radians, least and greatest height in metres.
    Region([f64; 6]),
    Sphere {
        center: DVec3,
        radius: f64,
    },
    S2 {
        cell: Cell,
        min_height: f64,
        max_height: f64,
    },
}

impl Shape {
    /// From JSON; `None` when it is missing or not made of the right finite numbers.
    pub(super) fn parse(json: &VolumeJson) -> Option<Self> {
        let s2 = json.extensions.get("3DTILES_bounding_volume_S2").and_then(|e| S2Json::deserialize(e).ok());
        let s2 = s2.and_then(|s2| Self::s2(Cell::from_token(&s2.token)?, s2.minimum_height, s2.maximum_height));
        s2.or_else(|| Self::from_box(json.obb.as_deref()?))
            .or_else(|| Self::from_region(json.region.as_deref()?))
            .or_else(|| Self::from_sphere(json.sphere.as_deref()?))
    }

    /// From the twelve numbers of a box.
    pub(super) fn from_box(numbers: &[f64]) -> Option<Self> {
        let v: [f64; 12] = coordinates(numbers)?;
        let axes = DMat3::from_cols_array(&[v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]]);
        Some(Self::Box { center: DVec3::new(v[0], v[1], v[2]), half_axes: axes })
    }

    /// From the six numbers of a region.
    pub(super) fn from_region(numbers: &[f64]) -> Option<Self> {
        coordinates(numbers).map(Self::Region)
    }

    /// From the four numbers of a sphere.
    pub(super) fn from_sphere(numbers: &[f64]) -> Option<Self> {
        let v: [f64; 4] = coordinates(numbers)?;
        Some(Self::Sphere { center: DVec3::new(v[0], v[1], v[2]), radius: v[3].abs() })
    }

    /// Of a cell and two heights.
    pub(super) fn s2(cell: Cell, min_height: f64, max_height: f64) -> Option<Self> {
        let is_height = |h: f64| h > LOWEST && h < FARTHEST;
        let (low, high) = (min_height.min(max_height), min_height.max(max_height));
        (is_height(min_height) && is_height(max_height)).then_some(Self::S2 { cell, min_height: low, max_height: high })
    }

    /// In the root frame, given the tile's transform.
    pub(super) fn volume(&self, transform: &DMat4) -> BoundingVolume {
        match self {
            Self::Box { center, half_axes } => {
                BoundingVolume::Box { center: *center, half_axes: *half_axes }.transformed(transform)
            }
            Self::Sphere { center, radius } => {
                BoundingVolume::Sphere { center: *center, radius: *radius }.transformed(transform)
            }
            Self::Region(region) => region::volume(*region),
            Self::S2 { cell, min_height, max_height } => cell.volume(*min_height, *max_height),
        }
    }

    /// The same between other heights; `None` for what has none.
    pub(super) fn with_heights(&self, min: Option<f64>, max: Option<f64>) -> Option<Self> {
        let is_given = |h: &f64| *h > LOWEST && *h < FARTHEST;
        let (min, max) = (min.filter(is_given), max.filter(is_given));
        if min.is_none() && max.is_none() {
            return None;
        }
        match self {
            Self::Region([w, s, e, n, low, high]) => {
                Some(Self::Region([*w, *s, *e, *n, min.unwrap_or(*low), max.unwrap_or(*high)]))
            }
            Self::S2 { cell, min_height, max_height } => {
                Self::s2(*cell, min.unwrap_or(*min_height), max.unwrap_or(*max_height))
            }
            Self::Box { .. } | Self::Sphere { .. } => None,
        }
    }

    /// The part that the tile at these coordinates of this level covers (clause 9.3.1): halves along x and y, and along
    /// z in an octree. `None` for spheres, which cannot be divided.
    pub(super) fn part(&self, octree: bool, level: u32, at: [u64; 3]) -> Option<Self> {
        // Straight from the root: errors do not add up.
        let size = 0.5f64.powi(level as i32);
        let low = |k: usize| at[k] as f64 * size;
        let span = |from: f64, length: f64, k: usize| (from + length * low(k), from + length * (low(k) + size));
        let heights = |bottom: f64, top: f64| if octree { span(bottom, top - bottom, 2) } else { (bottom, top) };
        match self {
            Self::Sphere { .. } => None,
            Self::Box { center, half_axes: a } => {
                let middle = |k: usize| 2.0 * low(k) + size - 1.0;
                let (z_middle, z_size) = if octree { (middle(2), size) } else { (0.0, 1.0) };
                let center = *center + a.x_axis * middle(0) + a.y_axis * middle(1) + a.z_axis * z_middle;
                Some(Self::Box {
                    center,
                    half_axes: DMat3::from_cols(a.x_axis * size, a.y_axis * size, a.z_axis * z_size),
                })
            }
            Self::Region([west, south, east, north, bottom, top]) => {
                let (w, e) = span(*west, region::width(*west, *east), 0);
                let (s, n) = span(*south, north - south, 1);
                let (b, t) = heights(*bottom, *top);
                Some(Self::Region([w, s, e, n, b, t]))
            }
            Self::S2 { cell, min_height, max_height } => {
                let (low, high) = heights(*min_height, *max_height);
                Self::s2(cell.part(level, at[0], at[1]), low, high)
            }
        }
    }
}

/// Exactly so many finite numbers of a size that coordinates have.
fn coordinates<const N: usize>(numbers: &[f64]) -> Option<[f64; N]> {
    <[f64; N]>::try_from(numbers).ok().filter(|v| v.iter().all(|x| x.is_finite() && x.abs() < FARTHEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_halves_of_halves() {
        let cube = Shape::from_box(&[1.0, 2.0, 3.0, 8.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 2.0]).unwrap();
        let Shape::Box { center, half_axes } = cube.part(true, 2, [3, 0, 1]).unwrap() else { panic!("no box") };
        assert_eq!(center, DVec3::new(1.0 + 6.0, 2.0 - 3.0, 3.0 - 0.5));
        assert_eq!(half_axes, DMat3::from_diagonal(DVec3::new(2.0, 1.0, 0.5)));
        let Shape::Box { center, half_axes } = cube.part(false, 1, [1, 1, 0]).unwrap() else { panic!("no box") };
        assert_eq!((center, half_axes.z_axis.z), (DVec3::new(5.0, 4.0, 3.0), 2.0));
        // Across the antimeridian, 0.4 wide.
        let west = std::f64::consts::PI - 0.1;
        let region = Shape::Region([west, 0.0, 0.3 - std::f64::consts::PI, 0.2, 0.0, 100.0]);
        let Shape::Region(part) = region.part(true, 1, [1, 0, 1]).unwrap() else { panic!("no region") };
        let expected = [west + 0.2, 0.0, west + 0.4, 0.1, 50.0, 100.0];
        assert!(part.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{part:?}");
        assert_eq!(Shape::from_sphere(&[0.0, 0.0, 0.0, 1.0]).unwrap().part(true, 1, [0; 3]), None);
    }

    #[test]
    fn cells_divide_and_are_given_heights() {
        let s2 = Shape::s2(Cell::from_token("3").unwrap(), 0.0, 100.0).unwrap();
        let part = s2.part(true, 1, [1, 0, 1]).unwrap();
        assert_eq!(part, Shape::s2(Cell::from_token("2c").unwrap(), 50.0, 100.0).unwrap());
        assert_eq!(
            s2.part(false, 1, [1, 0, 0]).unwrap(),
            Shape::s2(Cell::from_token("2c").unwrap(), 0.0, 100.0).unwrap()
        );
        assert_eq!(part.with_heights(None, Some(80.0)), Shape::s2(Cell::from_token("2c").unwrap(), 50.0, 80.0));
        assert_eq!(Shape::s2(Cell::from_token("3").unwrap(), 0.0, f64::NAN), None);
    }
}

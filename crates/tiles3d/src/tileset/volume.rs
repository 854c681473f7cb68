//! Bounding volumes (clause 7.3).

use super::region;
use glam::{DMat3, DMat4, DVec3};

/// A bounding volume in the tileset's root frame (ECEF for a georeferenced tileset), metres.
#[derive(Debug, Clone, PartialEq)]
pub enum BoundingVolume {
    /// An oriented box; regions and S2 cells become one too.
    Box {
        /// Centre.
        center: DVec3,
        /// Half the three edges.
        half_axes: DMat3,
    },
    /// A sphere.
    Sphere {
        /// Centre.
        center: DVec3,
        /// Radius.
        radius: f64,
    },
}

impl BoundingVolume {
    /// The box around a region (radians, metres above the ellipsoid; east may be less than west across the antimeridian),
    /// or the sphere around the Earth's centre where that is smaller. Never transformed (clause 7.3.3).
    #[must_use]
    pub fn from_region(west: f64, south: f64, east: f64, north: f64, min_height: f64, max_height: f64) -> Self {
        region::volume([west, south, east, north, min_height, max_height])
    }

    /// The volume in the parent frame of `m`.
    #[must_use]
    pub fn transformed(&self, m: &DMat4) -> Self {
        let m3 = DMat3::from_mat4(*m);
        match self {
            Self::Box { center, half_axes } => {
                Self::Box { center: m.transform_point3(*center), half_axes: m3 * *half_axes }
            }
            Self::Sphere { center, radius } => {
                let scale = m3.x_axis.length().max(m3.y_axis.length()).max(m3.z_axis.length());
                Self::Sphere { center: m.transform_point3(*center), radius: radius * scale }
            }
        }
    }

    /// Centre and radius of a sphere around the volume.
    #[must_use]
    pub fn bounding_sphere(&self) -> (DVec3, f64) {
        match self {
            Self::Box { center, half_axes: a } => {
                let r = (0..4)
                    .map(|i| {
                        let s = |bit: i32| if i & bit == 0 { 1.0 } else { -1.0 };
                        (a.x_axis + a.y_axis * s(1) + a.z_axis * s(2)).length_squared()
                    })
                    .fold(0.0, f64::max);
                (*center, r.sqrt())
            }
            Self::Sphere { center, radius } => (*center, *radius),
        }
    }

    /// Metres from a point to the volume, 0 inside.
    #[must_use]
    pub fn distance_to(&self, p: DVec3) -> f64 {
        match self {
            Self::Box { center, half_axes } => {
                let d = p - *center;
                let mut outside = 0.0;
                for axis in [half_axes.x_axis, half_axes.y_axis, half_axes.z_axis] {
                    let length = axis.length();
                    if length > 0.0 {
                        let over = (d.dot(axis) / length).abs() - length;
                        outside += over.max(0.0).powi(2);
                    }
                }
                outside.sqrt()
            }
            Self::Sphere { center, radius } => (p.distance(*center) - radius).max(0.0),
        }
    }

    /// Whether any of the volume is on the inner side of every plane `(normal, d)` with `normal·p + d >= 0` inside.
    #[must_use]
    pub fn touches(&self, planes: &[(DVec3, f64)]) -> bool {
        planes.iter().all(|(n, d)| match self {
            Self::Box { center, half_axes: a } => {
                let reach = n.dot(a.x_axis).abs() + n.dot(a.y_axis).abs() + n.dot(a.z_axis).abs();
                n.dot(*center) + d >= -reach
            }
            Self::Sphere { center, radius } => n.dot(*center) + d >= -radius,
        })
    }
}

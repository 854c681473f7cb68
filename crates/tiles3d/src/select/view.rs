//! The eyes that look at a tileset.

use crate::tileset::BoundingVolume;
use glam::{DVec2, DVec3};

/// How many views one selector looks through at a time: what does not fit is not looked through.
pub const MAX_VIEWS: usize = 64;
/// How many different cuts through the tree one selector keeps ([`View::cut`]).
pub const MAX_CUTS: u8 = 8;
/// Nearer than this counts as this near, metres: the error of a tile that holds the eye stays finite.
const NEAREST_M: f64 = 0.1;

/// How a view turns metres into pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    /// Things shrink with distance.
    Perspective {
        /// Vertical angle of view, radians.
        fovy_rad: f64,
    },
    /// Things keep their size: plans, mini-maps, the shadow camera of the sun.
    Orthographic {
        /// Metres from the lower to the upper edge of the picture.
        height_m: f64,
    },
}

/// One eye on the tileset.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Where the eye is, root frame, metres.
    pub position: DVec3,
    /// Where it looks, unit vector.
    pub direction: DVec3,
    /// What it sees: planes `(normal, d)` with unit normals and `normal·p + d >= 0` inside. None at all sees
    /// everything.
    pub planes: Vec<(DVec3, f64)>,
    /// Height of the picture in physical pixels.
    pub viewport_height_px: f64,
    /// How it projects.
    pub projection: Projection,
    /// Times the error that may be seen in other views: a shadow camera or a mini-map is content with 4, a
    /// photograph wants 0.5.
    pub error_scale: f64,
    /// Views of the same number show the same tiles, those that the most demanding of them needs: the slices of a
    /// wall, an eye and its shadow camera. A view with another number has its own cut through the tree, and the engine
    /// must show its tiles to that view alone. Below [`MAX_CUTS`]; larger numbers count as the last.
    pub cut: u8,
}

impl View {
    /// A perspective view. `planes` as in [`Self::planes`]; `fovy_rad` is the vertical angle of view.
    #[must_use]
    pub fn perspective(
        position: DVec3,
        direction: DVec3,
        planes: Vec<(DVec3, f64)>,
        viewport_height_px: f64,
        fovy_rad: f64,
    ) -> Self {
        let projection = Projection::Perspective { fovy_rad };
        Self { position, direction, planes, viewport_height_px, projection, error_scale: 1.0, cut: 0 }
    }

    /// A parallel view, `height_m` metres from its lower to its upper edge.
    #[must_use]
    pub fn orthographic(
        position: DVec3,
        direction: DVec3,
        planes: Vec<(DVec3, f64)>,
        viewport_height_px: f64,
        height_m: f64,
    ) -> Self {
        let projection = Projection::Orthographic { height_m };
        Self { position, direction, planes, viewport_height_px, projection, error_scale: 1.0, cut: 0 }
    }

    /// A view of a symmetric picture of `viewport_px` pixels, its planes worked out: four sides, and what is behind the
    /// eye is not seen. `up` need not be at right angles to `direction`, only not along it.
    #[must_use]
    pub fn framed(position: DVec3, direction: DVec3, up: DVec3, viewport_px: DVec2, projection: Projection) -> Self {
        let ahead = direction.try_normalize().unwrap_or(DVec3::NEG_Z);
        let right = ahead.cross(up).try_normalize().unwrap_or_else(|| ahead.any_orthonormal_vector());
        let up = right.cross(ahead);
        let aspect = viewport_px.x / viewport_px.y.max(1.0);
        let through = |normal: DVec3, point: DVec3| {
            let normal = normal.normalize_or_zero();
            (normal, -normal.dot(point))
        };
        let mut planes = vec![through(ahead, position)];
        match projection {
            Projection::Perspective { fovy_rad } => {
                let high = (0.5 * fovy_rad).tan();
                let wide = high * aspect;
                for inward in [ahead * wide + right, ahead * wide - right, ahead * high + up, ahead * high - up] {
                    planes.push(through(inward, position));
                }
            }
            Projection::Orthographic { height_m } => {
                let high = 0.5 * height_m;
                for (side, reach) in [(right, high * aspect), (-right, high * aspect), (up, high), (-up, high)] {
                    planes.push(through(side, position - side * reach));
                }
            }
        }
        Self {
            position,
            direction: ahead,
            planes,
            viewport_height_px: viewport_px.y,
            projection,
            error_scale: 1.0,
            cut: 0,
        }
    }

    /// The same view with another [`Self::error_scale`].
    #[must_use]
    pub fn with_error_scale(self, error_scale: f64) -> Self {
        Self { error_scale, ..self }
    }

    /// The same view with another [`Self::cut`].
    #[must_use]
    pub fn with_cut(self, cut: u8) -> Self {
        Self { cut, ..self }
    }

    /// Pixels that an error of so many metres makes at a distance.
    #[must_use]
    pub fn error_px(&self, geometric_error: f64, distance_m: f64) -> f64 {
        geometric_error * self.viewport_height_px / (2.0 * self.half_height_m(distance_m))
    }

    /// Whether its numbers can be worked with. One that cannot sees nothing.
    pub(super) fn is_usable(&self) -> bool {
        self.position.is_finite() && self.direction.is_finite() && self.error_scale > 0.0
    }

    /// Copies into `to`, keeping its memory.
    pub(super) fn copy_into(&self, to: &mut Self) {
        let mut planes = std::mem::take(&mut to.planes);
        planes.clone_from(&self.planes);
        *to = Self { planes, ..*self };
    }

    /// Metres from the middle of the picture to its upper edge, at a distance.
    fn half_height_m(&self, distance_m: f64) -> f64 {
        match self.projection {
            Projection::Perspective { fovy_rad } => distance_m.max(NEAREST_M) * (0.5 * fovy_rad).tan(),
            Projection::Orthographic { height_m } => 0.5 * height_m,
        }
    }

    /// Which planes a volume is wholly inside of, given those that its parent is; `None` when it is wholly outside one.
    /// Only the first 32 planes are remembered, further ones are looked at each time.
    pub(super) fn cull(&self, volume: &BoundingVolume, centre: DVec3, radius: f64, known: u32) -> Option<u32> {
        let mut inside = known;
        for (i, plane) in self.planes.iter().enumerate() {
            let bit = if i < 32 { 1u32 << i } else { 0 };
            if inside & bit != 0 {
                continue;
            }
            let height = plane.0.dot(centre) + plane.1;
            if height >= radius {
                inside |= bit;
            } else if height < -radius || !volume.touches(std::slice::from_ref(plane)) {
                return None;
            }
        }
        Some(inside)
    }

    /// 1 in the middle of the picture, falling towards the edges and beyond: people look at the middle first.
    pub(super) fn aim(&self, centre: DVec3, radius: f64) -> f64 {
        let to = centre - self.position;
        let along = to.dot(self.direction);
        let aside = ((to - self.direction * along).length() - radius).max(0.0);
        1.0 / (1.0 + aside / self.half_height_m(along.max(0.0)).max(f64::MIN_POSITIVE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::DMat3;

    const PERSPECTIVE: Projection = Projection::Perspective { fovy_rad: std::f64::consts::FRAC_PI_2 };

    #[test]
    fn pixels_of_an_error() {
        let far = View::perspective(DVec3::ZERO, DVec3::Y, Vec::new(), 1000.0, std::f64::consts::FRAC_PI_2);
        assert!((far.error_px(2.0, 100.0) - 10.0).abs() < 1e-12);
        let plan = View::orthographic(DVec3::ZERO, DVec3::NEG_Z, Vec::new(), 500.0, 1000.0);
        assert_eq!((plan.error_px(8.0, 1.0), plan.error_px(8.0, 1e6)), (4.0, 4.0));
        assert!(far.error_px(1.0, 0.0).is_finite());
    }

    #[test]
    fn a_framed_view_sees_its_frame() {
        let inside = |v: &View, p: DVec3| v.planes.iter().all(|(n, d)| n.dot(p) + d >= 0.0);
        let v = View::framed(DVec3::ZERO, DVec3::Y * 3.0, DVec3::Z, DVec2::new(200.0, 100.0), PERSPECTIVE);
        for (p, seen) in [
            (DVec3::new(0.0, 10.0, 9.9), true),
            (DVec3::new(0.0, 10.0, 10.1), false),
            (DVec3::new(-19.9, 10.0, 0.0), true),
            (DVec3::new(20.1, 10.0, 0.0), false),
            (DVec3::new(0.0, -1.0, 0.0), false),
        ] {
            assert_eq!(inside(&v, p), seen, "{p}");
        }
        let parallel = Projection::Orthographic { height_m: 10.0 };
        let v = View::framed(DVec3::X, DVec3::NEG_Z, DVec3::Y, DVec2::new(200.0, 100.0), parallel);
        assert!(inside(&v, DVec3::new(10.9, 4.9, -1000.0)) && !inside(&v, DVec3::new(11.1, 0.0, -5.0)));
        assert!(!inside(&v, DVec3::new(1.0, 5.1, -5.0)) && !inside(&v, DVec3::new(1.0, 0.0, 5.0)));
    }

    #[test]
    fn what_is_wholly_inside_a_plane_is_not_tested_again() {
        let cube = BoundingVolume::Box { center: DVec3::new(0.0, 100.0, 0.0), half_axes: DMat3::IDENTITY };
        let v = View::framed(DVec3::ZERO, DVec3::Y, DVec3::Z, DVec2::new(100.0, 100.0), PERSPECTIVE);
        let (centre, radius) = cube.bounding_sphere();
        assert_eq!(v.cull(&cube, centre, radius, 0), Some(0b11111));
        let aside = BoundingVolume::Box { center: DVec3::new(100.5, 100.0, 0.0), half_axes: DMat3::IDENTITY };
        let (centre, radius) = aside.bounding_sphere();
        let known = v.cull(&aside, centre, radius, 0).unwrap();
        assert_eq!(known.count_ones(), 4, "it reaches over one side");
        assert_eq!(v.cull(&aside, centre, radius, 0b11111), Some(0b11111), "what the parent is inside of holds");
        let behind = BoundingVolume::Sphere { center: DVec3::new(0.0, -9.0, 0.0), radius: 1.0 };
        assert_eq!(v.cull(&behind, DVec3::new(0.0, -9.0, 0.0), 1.0, 0), None);
    }

    #[test]
    fn the_middle_comes_first() {
        let v = View::framed(DVec3::ZERO, DVec3::Y, DVec3::Z, DVec2::new(100.0, 100.0), PERSPECTIVE);
        let aim = |x: f64, y: f64| v.aim(DVec3::new(x, y, 0.0), 1.0);
        assert_eq!(aim(0.0, 50.0), 1.0);
        assert!(aim(10.0, 50.0) > aim(40.0, 50.0) && aim(40.0, 50.0) > aim(40.0, -5.0));
    }
}

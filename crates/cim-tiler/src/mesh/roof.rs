//! Roofs of many forms over outlines of any shape.
//!
//! All of them are the lowest of some planes that lean inwards: a gable of two, a hip of as many as there are sides, a
//! dome of many. Where a plane is the lowest is a convex piece of the plan, and walls go up to the lowest plane above
//! them.

use super::{Look, add_face, twice_area};
use crate::city::{RoofForm, RoofShape};
use geo::{BooleanOps, Coord, LineString, Polygon, Simplify};
use glam::DVec2;
use tiles3d::write::WritePrimitive;

/// Sides of an outline that have slopes of their own, at most.
const MOST_SIDES: usize = 64;
/// Metres that a corner is off the line between its neighbours, at least, for there to be two sides.
const OFF_M: f64 = 0.06;
/// Steps of a vault from the eaves to the top.
const STEPS: usize = 6;
/// How far in and how far up the slopes of gambrels and mansards break.
const BREAK: [f64; 2] = [0.4, 0.7];
/// Pieces of less than so many square metres are left out.
const LEAST_M2: f64 = 1e-4;

/// The height above the eaves, metres, at a place of the plan: `slope . place + rise`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plane {
    slope: DVec2,
    rise: f64,
}

impl Plane {
    fn at(&self, p: DVec2) -> f64 {
        self.slope.dot(p) + self.rise
    }

    /// The same leaning, `by` times as high, and `up` higher.
    fn scaled(&self, by: f64, up: f64) -> Self {
        Self { slope: self.slope * by, rise: self.rise * by + up }
    }
}

/// A roof over a plan.
pub(super) struct RoofPlanes {
    planes: Vec<Plane>,
}

impl RoofPlanes {
    /// The roof of a form over an outline, counter-clockwise.
    pub(super) fn new(ring: &[[f64; 2]], shape: &RoofShape) -> Self {
        let ring: Vec<DVec2> = ring.iter().map(|p| DVec2::from_array(*p)).collect();
        let rise = f64::from(shape.rise_m).max(0.0);
        let bearing = f64::from(shape.bearing_deg).to_radians();
        let along = DVec2::new(bearing.sin(), bearing.cos());
        let outline = Outline::new(ring, along);
        let level = Plane { slope: DVec2::ZERO, rise };
        let planes = match shape.form {
            RoofForm::Flat => vec![level],
            RoofForm::Skillion => vec![outline.falling(along).scaled(rise, 0.0)],
            RoofForm::Gabled => scaled(&outline.sides(), rise),
            RoofForm::Hipped => scaled(&outline.hips(), rise),
            RoofForm::HalfHipped => {
                let ends = outline.ends(2.0 * outline.half_width());
                let ends = ends.iter().map(|p| p.scaled(rise, 0.5 * rise));
                scaled(&outline.sides(), rise).into_iter().chain(ends).collect()
            }
            RoofForm::Gambrel => broken(&outline.sides(), rise),
            RoofForm::Mansard => broken(&outline.hips(), rise).into_iter().chain([level]).collect(),
            RoofForm::Pyramidal => scaled(&outline.tent(), rise),
            RoofForm::Dome => vaulted(&outline.tent(), rise),
            RoofForm::Round => vaulted(&outline.sides(), rise),
        };
        Self { planes }
    }

    /// Metres above the eaves at a place of the plan.
    fn at(&self, p: DVec2) -> f64 {
        self.planes.iter().map(|plane| plane.at(p)).fold(f64::MAX, f64::min)
    }

    /// The roof's surfaces, the eaves at `eaves`.
    pub(super) fn add(&self, p: &mut WritePrimitive, ring: &[[f64; 2]], eaves: f64, look: Look) {
        let land = Polygon::new(LineString::from_iter(ring.iter().map(|c| Coord { x: c[0], y: c[1] })), Vec::new());
        let place = |c: &Coord| DVec2::new(c.x, c.y);
        for (k, plane) in self.planes.iter().enumerate() {
            let cell = self.cell(k, ring);
            if cell.len() < 3 {
                continue;
            }
            let cell = Polygon::new(LineString::from_iter(cell.iter().map(|c| Coord { x: c.x, y: c.y })), Vec::new());
            for piece in land.intersection(&cell) {
                let corners = &piece.exterior().0;
                let piece: Vec<DVec2> = corners[..corners.len().saturating_sub(1)].iter().map(place).collect();
                add_piece(p, &piece, plane, eaves, look);
            }
        }
    }

    /// Metres above the eaves of its highest place over the box around an outline.
    fn highest(&self, ring: &[[f64; 2]]) -> f64 {
        let corners = (0..self.planes.len()).flat_map(|k| self.cell(k, ring));
        corners.map(|c| self.at(c)).fold(0.0, f64::max)
    }

    /// Where one of the planes is the lowest, within the box around an outline.
    fn cell(&self, k: usize, ring: &[[f64; 2]]) -> Vec<DVec2> {
        let plane = self.planes[k];
        let corners = ring.iter().map(|c| DVec2::from_array(*c));
        let (low, high) = corners.fold((DVec2::MAX, DVec2::MIN), |(l, h), c| (l.min(c), h.max(c)));
        let mut cell = vec![low, DVec2::new(high.x, low.y), high, DVec2::new(low.x, high.y)];
        for (j, other) in self.planes.iter().enumerate() {
            // Of two planes that are one and the same the first has the place.
            if j == k || (*other == plane && k < j) {
                continue;
            }
            let by = Plane { slope: other.slope - plane.slope, rise: other.rise - plane.rise };
            cell = if *other == plane { Vec::new() } else { above(&cell, &by) };
            if cell.len() < 3 {
                break;
            }
        }
        cell
    }

    /// Walls along the outline, from `low` to the roof whose eaves are at `eaves`.
    pub(super) fn add_walls(&self, p: &mut WritePrimitive, ring: &[[f64; 2]], [low, eaves]: [f64; 2], look: Look) {
        for i in 0..ring.len() {
            let (a, b) = (DVec2::from_array(ring[i]), DVec2::from_array(ring[(i + 1) % ring.len()]));
            let normal = (b - a).perp().normalize_or_zero();
            let normal = [-normal.x as f32, -normal.y as f32, 0.0];
            let v = |c: DVec2, z: f64| [c.x as f32, c.y as f32, z as f32];
            let mut corners = vec![v(a, low), v(b, low)];
            // The top is an arch: a fan of triangles from the first corner fills it.
            corners.extend(self.breaks(a, b).iter().rev().map(|t| {
                let c = a.lerp(b, *t);
                v(c, eaves + self.at(c))
            }));
            add_face(p, &corners, normal, look);
        }
    }

    /// Where the lowest plane changes along a line, as shares of it from 0 to 1, both included.
    fn breaks(&self, a: DVec2, b: DVec2) -> Vec<f64> {
        let mut out = vec![0.0];
        let mut at = 0.0;
        let ends = |plane: &Plane| (plane.at(a), plane.at(b) - plane.at(a));
        let first = |x: &&Plane, y: &&Plane| {
            let ((u, du), (v, dv)) = (ends(x), ends(y));
            u.total_cmp(&v).then(du.total_cmp(&dv))
        };
        let Some(mut lowest) = self.planes.iter().min_by(first) else { return vec![0.0, 1.0] };
        loop {
            let (u, du) = ends(lowest);
            // The next to become lower than it: the nearest of those that rise less. Where several meet, as they do at
            // a corner of the box, rounding decides which of them was the lowest: the others take over on the spot.
            let crossings = self.planes.iter().filter_map(|other| {
                let (v, dv) = ends(other);
                let t = ((v - u) / (du - dv)).max(at);
                (dv < du - 1e-9 && t < 1.0 - 1e-9).then_some((t, dv, other))
            });
            let Some((t, _, other)) = crossings.min_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1))) else {
                break;
            };
            if t > at + 1e-9 {
                out.push(t);
            }
            (at, lowest) = (t, other);
        }
        out.push(1.0);
        out
    }
}

fn scaled(planes: &[Plane], rise: f64) -> Vec<Plane> {
    planes.iter().map(|p| p.scaled(rise, 0.0)).collect()
}

/// Slopes that break: steep up to there, less so above.
fn broken(planes: &[Plane], rise: f64) -> Vec<Plane> {
    let [inwards, up] = BREAK;
    let upper = (1.0 - up) / (1.0 - inwards);
    planes
        .iter()
        .flat_map(|p| [p.scaled(rise * up / inwards, 0.0), p.scaled(rise * upper, rise * (1.0 - upper))])
        .collect()
}

/// Slopes that become a quarter of an ellipse, from upright at the eaves to level at the top.
fn vaulted(planes: &[Plane], rise: f64) -> Vec<Plane> {
    let angle = |k: usize| std::f64::consts::FRAC_PI_2 * k as f64 / STEPS as f64;
    let point = |k: usize| [1.0 - angle(k).cos(), angle(k).sin()];
    let chord = |k: usize| {
        let ([s, z], [t, y]) = (point(k), point(k + 1));
        let slope = (y - z) / (t - s);
        (slope, z - slope * s)
    };
    let chords: Vec<_> = (0..STEPS).map(chord).collect();
    planes.iter().flat_map(|p| chords.iter().map(|(by, up)| p.scaled(by * rise, up * rise))).collect()
}

/// Adds a piece of a roof, counter-clockwise, that lies on a plane.
fn add_piece(p: &mut WritePrimitive, piece: &[DVec2], plane: &Plane, eaves: f64, look: Look) {
    let flat: Vec<[f64; 2]> = piece.iter().map(|c| c.to_array()).collect();
    if flat.len() < 3 || twice_area(&flat) < 2.0 * LEAST_M2 {
        return;
    }
    let normal = glam::DVec3::new(-plane.slope.x, -plane.slope.y, 1.0).normalize().as_vec3().to_array();
    let mut triangles: Vec<u32> = Vec::new();
    earcut::Earcut::new().earcut(flat.iter().copied(), &[], &mut triangles);
    let first = p.positions.len() as u32;
    for c in piece {
        p.positions.push([c.x as f32, c.y as f32, (eaves + plane.at(*c)) as f32]);
        p.normals.push(normal);
        p.colors.push(look.color);
        p.feature_ids.push(look.feature);
    }
    for t in triangles.chunks_exact(3) {
        let turn = twice_area(&[flat[t[0] as usize], flat[t[1] as usize], flat[t[2] as usize]]);
        let order = if turn >= 0.0 { [t[0], t[1], t[2]] } else { [t[0], t[2], t[1]] };
        p.indices.extend(order.map(|i| first + i));
    }
}

/// The part of a convex polygon where a plane is not below nought (Sutherland and Hodgman, 1974).
fn above(piece: &[DVec2], plane: &Plane) -> Vec<DVec2> {
    let mut out = Vec::with_capacity(piece.len() + 2);
    for i in 0..piece.len() {
        let (a, b) = (piece[i], piece[(i + 1) % piece.len()]);
        let (za, zb) = (plane.at(a), plane.at(b));
        if za >= 0.0 {
            out.push(a);
        }
        if (za > 0.0 && zb < 0.0) || (za < 0.0 && zb > 0.0) {
            out.push(a.lerp(b, za / (za - zb)));
        }
    }
    out.dedup_by(|a, b| a.distance_squared(*b) < 1e-12);
    out
}

/// An outline and the box around it that its ridge lies along.
struct Outline {
    ring: Vec<DVec2>,
    /// Of length one: along the ridge and to the left of it.
    axes: [DVec2; 2],
    /// Extent along each of the axes.
    low: DVec2,
    high: DVec2,
    is_convex: bool,
}

/// An outline without the corners that say nothing of its shape: bent by less than a survey is off, and more where there
/// are more of them than a roof has slopes.
fn thinned(ring: Vec<DVec2>) -> Vec<DVec2> {
    let mut closed = LineString::from_iter(ring.iter().chain(ring.first()).map(|p| Coord { x: p.x, y: p.y }));
    let mut off = OFF_M;
    loop {
        closed = closed.simplify(off);
        let left = &closed.0[..closed.0.len().saturating_sub(1)];
        if left.len() < 3 {
            return ring;
        }
        if left.len() <= MOST_SIDES {
            return left.iter().map(|c| DVec2::new(c.x, c.y)).collect();
        }
        off *= 2.0;
    }
}

/// Planes that are 0 at the eaves; those of [`sides`](Outline::sides), [`hips`](Outline::hips), [`tent`](Outline::tent)
/// and [`falling`](Outline::falling) are 1 at the top.
impl Outline {
    fn new(ring: Vec<DVec2>, along: DVec2) -> Self {
        let axes = [along, along.perp()];
        let of = |p: &DVec2| DVec2::new(p.dot(axes[0]), p.dot(axes[1]));
        let (mut low, mut high) = (DVec2::MAX, DVec2::MIN);
        for p in &ring {
            (low, high) = (low.min(of(p)), high.max(of(p)));
        }
        let ring = thinned(ring);
        let n = ring.len();
        let turns = (0..n).map(|i| (ring[(i + 1) % n] - ring[i]).angle_to(ring[(i + 2) % n] - ring[(i + 1) % n]));
        // Once round: a star turns to the same side, too.
        let is_convex = n >= 3 && turns.clone().all(|t| t > -1e-6) && turns.sum::<f64>() < 1.5 * std::f64::consts::TAU;
        Self { ring, axes, low, high, is_convex }
    }

    /// Metres from the ridge to the eaves.
    fn half_width(&self) -> f64 {
        (0.5 * (self.high.y - self.low.y)).max(1e-3)
    }

    fn half_length(&self) -> f64 {
        (0.5 * (self.high.x - self.low.x)).max(1e-3)
    }

    /// From one end of an axis inwards, 1 after `run` metres.
    fn inwards(&self, axis: usize, is_high: bool, run: f64) -> Plane {
        let [at, sign] = if is_high { [self.high[axis], -1.0] } else { [self.low[axis], 1.0] };
        Plane { slope: self.axes[axis] * (sign / run), rise: -sign * at / run }
    }

    fn sides(&self) -> [Plane; 2] {
        [false, true].map(|high| self.inwards(1, high, self.half_width()))
    }

    fn ends(&self, run: f64) -> [Plane; 2] {
        [false, true].map(|high| self.inwards(0, high, run))
    }

    /// From 1 to 0 along a direction.
    fn falling(&self, to: DVec2) -> Plane {
        let along = self.ring.iter().map(|p| p.dot(to));
        let (low, high) = along.fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(x), h.max(x)));
        let run = (high - low).max(1e-3);
        Plane { slope: -to / run, rise: high / run }
    }

    /// From each side inwards, all equally steep. Of convex outlines the straight skeleton.
    fn hips(&self) -> Vec<Plane> {
        if !self.is_convex {
            return self.sides().into_iter().chain(self.ends(self.half_width())).collect();
        }
        let inwards = self.edges();
        let ring: Vec<[f64; 2]> = self.ring.iter().map(|c| c.to_array()).collect();
        let ridge = RoofPlanes { planes: inwards.clone() }.highest(&ring);
        inwards.iter().map(|p| p.scaled(1.0 / ridge.max(1e-3), 0.0)).collect()
    }

    /// From each side inwards to one point.
    fn tent(&self) -> Vec<Plane> {
        if !self.is_convex {
            return self.sides().into_iter().chain(self.ends(self.half_length())).collect();
        }
        let apex = self.centre();
        self.edges().iter().map(|p| p.scaled(1.0 / p.at(apex).max(1e-3), 0.0)).collect()
    }

    /// Metres inwards from each edge.
    fn edges(&self) -> Vec<Plane> {
        let n = self.ring.len();
        (0..n)
            .filter_map(|i| {
                let (a, b) = (self.ring[i], self.ring[(i + 1) % n]);
                let slope = (b - a).perp().try_normalize()?;
                Some(Plane { slope, rise: -slope.dot(a) })
            })
            .collect()
    }

    /// The centre of area.
    fn centre(&self) -> DVec2 {
        let first = self.ring[0];
        let (mut sum, mut area) = (DVec2::ZERO, 0.0);
        for pair in self.ring[1..].windows(2) {
            let (a, b) = (pair[0] - first, pair[1] - first);
            let twice = a.perp_dot(b);
            sum += (a + b) * (twice / 3.0);
            area += twice;
        }
        if area > 0.0 { first + sum / area } else { first }
    }
}

/// Metres above the eaves that the room under a roof has on average, as a share of its rise.
pub(super) fn mean_share(form: RoofForm) -> f64 {
    match form {
        RoofForm::Flat => 1.0,
        RoofForm::Skillion | RoofForm::Gabled => 0.5,
        RoofForm::HalfHipped => 0.45,
        RoofForm::Hipped => 0.4,
        RoofForm::Gambrel => 0.6,
        RoofForm::Mansard => 0.65,
        RoofForm::Pyramidal => 1.0 / 3.0,
        RoofForm::Dome => 2.0 / 3.0,
        RoofForm::Round => std::f64::consts::FRAC_PI_4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::Surface;
    use glam::DVec3;
    use proptest::prelude::*;

    const FORMS: [RoofForm; 10] = [
        RoofForm::Flat,
        RoofForm::Skillion,
        RoofForm::Gabled,
        RoofForm::Hipped,
        RoofForm::HalfHipped,
        RoofForm::Gambrel,
        RoofForm::Mansard,
        RoofForm::Pyramidal,
        RoofForm::Dome,
        RoofForm::Round,
    ];

    fn build(ring: &[[f64; 2]], form: RoofForm, bearing_deg: f32) -> WritePrimitive {
        let mut p = Surface::Building.primitive();
        let planes = RoofPlanes::new(ring, &RoofShape { form, rise_m: 4.0, bearing_deg });
        let look = Look { color: [255; 4], feature: 7 };
        planes.add_walls(&mut p, ring, [0.0, 10.0], look);
        planes.add(&mut p, ring, 10.0, look);
        p
    }

    fn triangles(p: &WritePrimitive) -> impl Iterator<Item = [DVec3; 3]> + '_ {
        let corner = |i: u32| DVec3::from_array(p.positions[i as usize].map(f64::from));
        p.indices.chunks_exact(3).map(move |t| [corner(t[0]), corner(t[1]), corner(t[2])])
    }

    /// By the divergence theorem; the open bottom at z = 0 adds nothing.
    fn volume(p: &WritePrimitive) -> f64 {
        triangles(p).map(|[a, b, c]| a.dot(b.cross(c)) / 6.0).sum()
    }

    /// What looks up, seen from above.
    fn covered(p: &WritePrimitive) -> f64 {
        triangles(p).map(|[a, b, c]| 0.5 * (b - a).cross(c - a).z).filter(|area| *area > 0.0).sum()
    }

    fn top(p: &WritePrimitive) -> f64 {
        p.positions.iter().map(|c| f64::from(c[2])).fold(0.0, f64::max)
    }

    fn circle(corners: usize, radius: f64) -> Vec<[f64; 2]> {
        let at = |k: usize| std::f64::consts::TAU * k as f64 / corners as f64;
        (0..corners).map(|k| [radius * at(k).cos() + 3.0, radius * at(k).sin() - 5.0]).collect()
    }

    #[test]
    fn roofs_over_a_rectangle_have_the_room_that_geometry_says() {
        // 10 m from north to south, 20 m from east to west, the ridge to the east.
        let ring = [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [0.0, 10.0]];
        let room = |form| volume(&build(&ring, form, 90.0)) - 2000.0;
        let gable = 0.5 * 200.0 * 4.0;
        let hip = 0.5 * 10.0 * 4.0 * (20.0 - 10.0) + 10.0 * 10.0 * 4.0 / 3.0;
        for (form, expected) in [
            (RoofForm::Flat, 800.0),
            (RoofForm::Skillion, gable),
            (RoofForm::Gabled, gable),
            (RoofForm::Hipped, hip),
            (RoofForm::Pyramidal, 800.0 / 3.0),
        ] {
            assert!((room(form) - expected).abs() < 0.01, "{form:?}: {} and not {expected}", room(form));
        }
        for form in FORMS {
            let built = build(&ring, form, 90.0);
            assert!((top(&built) - 14.0).abs() < 0.01, "{form:?}: {}", top(&built));
            assert!((covered(&built) - 200.0).abs() < 0.01, "{form:?}: {}", covered(&built));
            let (mean, share) = (room(form) / 800.0, mean_share(form));
            assert!((mean - share).abs() < 0.1, "{form:?}: {mean} and not {share}");
        }
        // The other way the gables are on the long sides, and a slope falls to the west.
        let high =
            |p: &WritePrimitive, x: f32| p.positions.iter().filter(|c| c[0] == x).map(|c| c[2]).fold(0.0, f32::max);
        assert_eq!(high(&build(&ring, RoofForm::Gabled, 0.0), 0.0), 10.0);
        assert_eq!(high(&build(&ring, RoofForm::Gabled, 90.0), 0.0), 14.0);
        let slope = build(&ring, RoofForm::Skillion, 270.0);
        assert!((high(&slope, 0.0) - 10.0).abs() < 1e-3 && (high(&slope, 20.0) - 14.0).abs() < 1e-3);
    }

    #[test]
    fn a_dome_is_half_an_ellipsoid_and_a_spire_a_cone() {
        for corners in [6, 22, 48] {
            let ring = circle(corners, 7.0);
            let area = 0.5 * twice_area(&ring);
            let dome = build(&ring, RoofForm::Dome, 0.0);
            assert!((top(&dome) - 14.0).abs() < 1e-3, "{corners}: {}", top(&dome));
            assert!((covered(&dome) - area).abs() < 0.01 * area, "{corners}: {} of {area}", covered(&dome));
            let room = (volume(&dome) - 10.0 * area) / (4.0 * area);
            assert!((0.62..0.67).contains(&room), "{corners}: {room}");
            let cone = volume(&build(&ring, RoofForm::Pyramidal, 0.0)) - 10.0 * area;
            assert!((cone - 4.0 * area / 3.0).abs() < 0.01 * area, "{corners}: {cone}");
        }
    }

    #[test]
    fn a_corner_that_hardly_bends_makes_no_other_roof() {
        let mut dented = circle(8, 5.0);
        // The neighbour's fence begins in the middle of a wall.
        dented.insert(1, [0.5 * (dented[0][0] + dented[1][0]) - 0.01, 0.5 * (dented[0][1] + dented[1][1])]);
        let rooms = [circle(8, 5.0), dented].map(|ring| volume(&build(&ring, RoofForm::Pyramidal, 0.0)));
        assert!((rooms[0] - rooms[1]).abs() < 0.01 * rooms[0], "{rooms:?}");
        // Round things have many corners, and a star has corners that all turn to one side.
        let dome = build(&circle(400, 20.0), RoofForm::Dome, 0.0);
        let high = dome.positions.iter().filter(|p| p[2] > 13.0).count();
        assert!((top(&dome) - 14.0).abs() < 0.01 && high > 20, "{} {high}", top(&dome));
        let star: Vec<[f64; 2]> = (0..5).map(|k| circle(5, 9.0)[2 * k % 5]).collect();
        assert!(!Outline::new(star.into_iter().map(DVec2::from_array).collect(), DVec2::X).is_convex);
    }

    #[test]
    fn walls_that_begin_where_planes_meet_end_at_the_roof() {
        // The first corner is that of the box around the outline, but for rounding: two planes are the lowest there.
        let radii = [22.041272045359385, 4.0, 24.11542534546632, 4.0, 4.0];
        let at = |k: usize| std::f64::consts::TAU * k as f64 / 5.0;
        let ring: Vec<[f64; 2]> = radii.iter().enumerate().map(|(k, r)| [r * at(k).cos(), r * at(k).sin()]).collect();
        let shape = RoofShape { form: RoofForm::Pyramidal, rise_m: 4.0, bearing_deg: 348.34653 };
        let planes = RoofPlanes::new(&ring, &shape);
        for (i, corner) in ring.iter().enumerate() {
            let (a, b) = (DVec2::from_array(*corner), DVec2::from_array(ring[(i + 1) % 5]));
            let breaks = planes.breaks(a, b);
            for pair in breaks.windows(2) {
                let [low, high] = [pair[0], pair[1]].map(|t| planes.at(a.lerp(b, t)));
                let middle = planes.at(a.lerp(b, 0.5 * (pair[0] + pair[1])));
                assert!((middle - 0.5 * (low + high)).abs() < 1e-6, "wall {i} of {breaks:?}: {low} {middle} {high}");
            }
        }
    }

    proptest! {
        #[test]
        fn roofs_over_any_outline_are_closed(
            radii in proptest::collection::vec(4.0..30.0f64, 3..24), form in 0..10usize, bearing in 0.0..360.0f32,
        ) {
            let n = radii.len() as f64;
            let at = |k: usize| std::f64::consts::TAU * k as f64 / n;
            let ring: Vec<[f64; 2]> = radii.iter().enumerate().map(|(k, r)| [r * at(k).cos(), r * at(k).sin()]).collect();
            let area = 0.5 * twice_area(&ring);
            prop_assume!(area > 10.0);
            let p = build(&ring, FORMS[form], bearing);
            prop_assert!(p.positions.iter().flatten().all(|x| x.is_finite()));
            prop_assert!(top(&p) < 14.01 && top(&p) > 10.0);
            prop_assert!((covered(&p) - area).abs() < 0.01 * area, "{} of {area}", covered(&p));
            // What is closed but for its flat bottom has the same room wherever it is measured from.
            let moved = |p: &WritePrimitive| -> f64 {
                let by = DVec3::new(100.0, -50.0, 0.0);
                triangles(p).map(|[a, b, c]| (a + by).dot((b + by).cross(c + by)) / 6.0).sum()
            };
            prop_assert!((volume(&p) - moved(&p)).abs() < 0.02 * volume(&p), "{} {}", volume(&p), moved(&p));
        }
    }
}

//! Mending surfaces: corners that repeat, rings that cross themselves, surfaces that are there twice or have no area.

use super::{Polygon, Shape, shells};
use crate::picture::Texture;
use foldhash::fast::RandomState;
use geo::{BooleanOps, Coord, LineString, MultiPolygon, Polygon as Flat, Validation, bool_ops::FillRule};
use glam::DVec3;
use std::collections::HashMap;

/// What of an object is not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Defect {
    /// A ring has fewer than three corners, or corners that do not exist or are no numbers.
    Ring,
    /// The boundaries are nested otherwise than the type says.
    Nesting,
    /// A type of geometry that has no surface, or that is not known.
    Type,
    /// A surface has no area.
    Area,
    /// A ring's last corner is not its first.
    Unclosed,
    /// A ring crosses itself, or a hole its outline.
    Crossing,
    /// A surface is there twice.
    Duplicate,
    /// A surface's corners do not lie in a plane.
    Bent,
    /// Surfaces turn against their neighbours, or a closed shell inside out.
    Turned,
    /// A solid's shell has gaps.
    Gap,
    /// It refers to a geometry that is not there.
    Link,
    /// Its links lead to more surfaces than there is room for.
    Links,
    /// Its geometry is in another coordinate system than the file's.
    Foreign,
    /// Its shape is in a file of another format.
    Library,
    /// It lies outside its coordinate system.
    Outside,
    /// Another object has the same id.
    Id,
    /// A picture of its surfaces is not there.
    PictureMissing,
    /// A picture of its surfaces is not in the source's folder.
    PictureOutside,
    /// A picture of its surfaces is no PNG or JPEG, damaged or too large.
    PictureUnread,
    /// Where a picture lies on its surfaces is not said, or in a way that is not read.
    PictureUnplaced,
}

impl Defect {
    /// What is said of an object none of whose surfaces can be drawn.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Ring => "its surfaces have too few or unknown corners",
            Self::Nesting => "its boundaries are not nested as its type says",
            Self::Type => "its geometry is of an unknown type",
            Self::Area => "its surfaces have no area",
            Self::Link => "it refers to a geometry that is not in the file",
            Self::Links => "what it refers to comes to more surfaces than a file may have by reference",
            Self::Foreign => "its geometry is in another coordinate system than the file's",
            Self::Library => "its shape is in a file of another format",
            Self::Outside => "it lies outside its coordinate system",
            Self::Unclosed
            | Self::Crossing
            | Self::Duplicate
            | Self::Bent
            | Self::Turned
            | Self::Gap
            | Self::Id
            | Self::PictureMissing
            | Self::PictureOutside
            | Self::PictureUnread
            | Self::PictureUnplaced => "its surfaces cannot be mended",
        }
    }

    /// What is said of an object that is drawn all the same.
    pub(crate) const fn note(self) -> &'static str {
        match self {
            Self::Ring => "some of its surfaces have too few or unknown corners and were left out",
            Self::Nesting => "some of its boundaries are not nested as their type says and were left out",
            Self::Type => "some of its geometry is of an unknown type and was left out",
            Self::Area => "some of its surfaces have no area and were left out",
            Self::Unclosed => "rings that do not end where they begin were closed",
            Self::Crossing => "surfaces whose outline crosses itself were taken apart",
            Self::Duplicate => "surfaces that are there twice are drawn once",
            Self::Bent => "surfaces that are not plane by more than a decimetre are drawn as triangles",
            Self::Turned => "surfaces that faced inwards, or against their neighbours, were turned",
            Self::Gap => "its solid is not closed",
            Self::Link => "it refers to a geometry that is not in the file",
            Self::Links => "some of what it refers to was left out: it is more than a file may have by reference",
            Self::Foreign => "some of its geometry is in another coordinate system than the file's and was left out",
            Self::Library => "one of its shapes is in a file of another format",
            Self::Outside => "some of its surfaces lie outside its coordinate system and were left out",
            Self::PictureMissing => "a picture of its surfaces is not where the file says: they have colours instead",
            Self::PictureOutside => {
                "a picture of its surfaces is not in the folder of the file and was not read: they have colours instead"
            }
            Self::PictureUnread => {
                "a picture of its surfaces is no PNG or JPEG, damaged or too large: they have colours instead"
            }
            Self::PictureUnplaced => {
                "where a picture lies on its surfaces is not said as the standard has it: they have colours instead"
            }
            Self::Id => "another object has the same id: this one's was changed",
        }
    }
}

/// A surface whose area is less than this share of its extent's square is a line.
const NO_AREA: f64 = 1e-9;
/// A ring whose turns add up to less than this share crosses itself, or is next to a line.
const FLAT: f64 = 1e-6;
/// Metres that a corner may be off the plane of its surface.
const BENT_M: f64 = 0.1;
/// Metres between corners that are one.
const SAME_M: f64 = 1e-4;

/// The surfaces of one geometry as they can be drawn. `metres` are those of a unit of x and y (z is in metres).
pub(super) fn mend(
    polygons: Vec<Polygon>,
    shape: Shape,
    metres: f64,
    faces_up: bool,
    seen: &mut Seen,
    defects: &mut Vec<Defect>,
) -> Vec<Polygon> {
    seen.geometry += 1;
    let mut out = Vec::with_capacity(polygons.len());
    for polygon in polygons {
        for polygon in whole(polygon, metres, defects) {
            seen.add(polygon, &mut out, defects);
        }
    }
    shells::orient(&mut out, shape, faces_up, defects);
    out
}

/// Surfaces that an object has already at a level of detail: a solid often repeats the surfaces that have names.
#[derive(Default)]
pub(super) struct Seen {
    geometry: usize,
    /// By the corners of its outer ring: in which geometry, and whether its least corner is followed by the next least.
    surfaces: HashMap<Vec<[u64; 3]>, (usize, bool), RandomState>,
}

impl Seen {
    fn add(&mut self, polygon: Polygon, out: &mut Vec<Polygon>, defects: &mut Vec<Defect>) {
        let Some(outer) = polygon.rings.first() else { return };
        let (key, forward) = outline(outer);
        let geometry = self.geometry;
        match self.surfaces.entry(key) {
            std::collections::hash_map::Entry::Vacant(v) => {
                v.insert((geometry, forward));
                out.push(polygon);
            }
            // The two sides of a thin wall are no duplicates.
            std::collections::hash_map::Entry::Occupied(o) if o.get().0 == geometry && o.get().1 != forward => {
                out.push(polygon);
            }
            std::collections::hash_map::Entry::Occupied(o) => {
                // A solid that repeats surfaces of another geometry is how many write it, and no defect.
                if o.get().0 == geometry {
                    defects.push(Defect::Duplicate);
                }
            }
        }
    }
}

/// The corners from the least one on, in the direction of its lesser neighbour; and whether that is the ring's own.
pub(super) fn outline(ring: &[[f64; 3]]) -> (Vec<[u64; 3]>, bool) {
    let bits: Vec<[u64; 3]> = ring.iter().map(|c| c.map(f64::to_bits)).collect();
    let n = bits.len();
    if n == 0 {
        return (bits, true);
    }
    let start = (0..n).min_by_key(|i| bits[*i]).unwrap_or(0);
    let forward = bits[(start + 1) % n] <= bits[(start + n - 1) % n];
    let at = |i: usize| bits[if forward { (start + i) % n } else { (start + n - i) % n }];
    ((0..n).map(at).collect(), forward)
}

/// A surface without what hinders drawing it: none, itself, or the parts of one whose outline crosses itself.
fn whole(mut polygon: Polygon, metres: f64, defects: &mut Vec<Defect>) -> Vec<Polygon> {
    let finite = |ring: &Vec<[f64; 3]>| ring.iter().flatten().all(|x| x.is_finite());
    if polygon.rings.is_empty() || !polygon.rings.iter().all(finite) {
        defects.push(Defect::Ring);
        return Vec::new();
    }
    let mut uvs = polygon.texture.as_mut().map(|t| t.uvs.iter_mut());
    for ring in &mut polygon.rings {
        without_repeats(ring, uvs.as_mut().and_then(Iterator::next), metres);
    }
    if polygon.rings[0].len() < 3 {
        defects.push(Defect::Ring);
        return Vec::new();
    }
    let holes = polygon.rings.len();
    polygon.rings.retain(|r| r.len() >= 3);
    polygon.texture.iter_mut().for_each(|t| t.uvs.retain(|r| r.len() >= 3));
    if polygon.rings.len() < holes {
        defects.push(Defect::Ring);
    }
    let plane = Plane::of(&polygon.rings[0], metres);
    let Some(plane) = plane else {
        defects.push(Defect::Area);
        return Vec::new();
    };
    if polygon.rings.iter().flatten().any(|c| plane.off(*c) > BENT_M) {
        defects.push(Defect::Bent);
    }
    if polygon.rings.len() == 1 && plane.is_convex(&polygon.rings[0]) {
        return vec![polygon];
    }
    let ring = |ring: &Vec<[f64; 3]>| LineString(ring.iter().map(|c| plane.flat(*c)).collect());
    let flat = Flat::new(ring(&polygon.rings[0]), polygon.rings[1..].iter().map(ring).collect());
    if flat.is_valid() {
        return vec![polygon];
    }
    defects.push(Defect::Crossing);
    let (outer, holes) = flat.into_inner();
    let holes = MultiPolygon(holes.into_iter().map(|h| Flat::new(h, Vec::new())).collect());
    // Holes may overlap, whichever way they are wound; what the outline goes around twice is outside, as in a bow tie's
    // knot.
    let holes = holes.union_with_fill_rule(&MultiPolygon::<f64>(Vec::new()), FillRule::NonZero);
    let parts = Flat::new(outer, Vec::new()).difference(&holes);
    let known: HashMap<[u64; 2], [f64; 3], RandomState> =
        polygon.rings.iter().flatten().map(|c| (key(plane.flat(*c)), *c)).collect();
    let back = |ring: &LineString| -> Vec<[f64; 3]> {
        let open = ring.0.len().saturating_sub(1);
        ring.0[..open].iter().map(|p| known.get(&key(*p)).copied().unwrap_or_else(|| plane.back(*p))).collect()
    };
    let part = |flat: &Flat| {
        let rings: Vec<_> = std::iter::once(flat.exterior()).chain(flat.interiors()).map(back).collect();
        let texture = polygon.texture.as_ref().map(|t| cut_texture(&polygon.rings, t, &rings, metres));
        Plane::of(&rings[0], metres).map(|_| Polygon { rings, texture, ..polygon.clone() })
    };
    let parts: Vec<Polygon> = parts.iter().filter_map(part).collect();
    if parts.is_empty() {
        defects.push(Defect::Area);
    }
    parts
}

fn key(p: Coord) -> [u64; 2] {
    // Zero has two signs.
    [(p.x + 0.0).to_bits(), (p.y + 0.0).to_bits()]
}

/// Leaves out corners that repeat the one before, with where they lie on a picture.
fn without_repeats(ring: &mut Vec<[f64; 3]>, uvs: Option<&mut Vec<[f32; 2]>>, metres: f64) {
    let same = |a: [f64; 3], b: [f64; 3]| {
        (a[0] - b[0]).abs() * metres < SAME_M && (a[1] - b[1]).abs() * metres < SAME_M && (a[2] - b[2]).abs() < SAME_M
    };
    let mut kept: Vec<usize> = Vec::with_capacity(ring.len());
    for (i, corner) in ring.iter().enumerate() {
        if kept.last().is_none_or(|last| !same(ring[*last], *corner)) {
            kept.push(i);
        }
    }
    while kept.len() > 1 && same(ring[kept[0]], ring[kept[kept.len() - 1]]) {
        kept.pop();
    }
    if kept.len() < ring.len() {
        *ring = kept.iter().map(|i| ring[*i]).collect();
        if let Some(uvs) = uvs {
            *uvs = kept.iter().filter_map(|i| uvs.get(*i).copied()).collect();
        }
    }
}

/// The picture of a part of a surface. Its corners are the surface's, or lie on the surface's edges.
fn cut_texture(rings: &[Vec<[f64; 3]>], texture: &Texture, part: &[Vec<[f64; 3]>], metres: f64) -> Texture {
    let origin = rings[0][0];
    let at = |c: [f64; 3]| local(c, origin, metres);
    let edges: Vec<_> = rings
        .iter()
        .zip(&texture.uvs)
        .flat_map(|(ring, uvs)| {
            let (n, m) = (ring.len(), uvs.len().max(1));
            (0..n.min(uvs.len())).map(move |i| (ring[i], ring[(i + 1) % n], uvs[i], uvs[(i + 1) % m]))
        })
        .collect();
    let uv = |corner: &[f64; 3]| {
        let p = at(*corner);
        let on = |&(a, b, from, to): &([f64; 3], [f64; 3], [f32; 2], [f32; 2])| {
            let (a, b) = (at(a), at(b));
            let t = ((p - a).dot(b - a) / (b - a).length_squared().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
            let share = |k: usize| from[k] + (to[k] - from[k]) * t as f32;
            ((a + (b - a) * t).distance_squared(p), [share(0), share(1)])
        };
        let nearest = edges.iter().map(on).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or([0.0; 2], |(_, uv)| uv)
    };
    Texture { picture: texture.picture, uvs: part.iter().map(|r| r.iter().map(uv).collect()).collect() }
}

/// The plane of a surface, with axes of its own; metres.
struct Plane {
    origin: [f64; 3],
    metres: f64,
    up: DVec3,
    side: DVec3,
    ahead: DVec3,
}

impl Plane {
    /// `None` when the ring has no area.
    fn of(ring: &[[f64; 3]], metres: f64) -> Option<Self> {
        let origin = *ring.first()?;
        let at = |c: &[f64; 3]| local(*c, origin, metres);
        let n = ring.len();
        let normal: DVec3 = (0..n).map(|i| at(&ring[i]).cross(at(&ring[(i + 1) % n]))).sum();
        let extent = ring.iter().map(|c| at(c).length_squared()).fold(0.0, f64::max);
        // A bow tie goes around as much one way as the other: any three of its corners tell its plane.
        let any = |far: DVec3| ring.iter().map(|c| far.cross(at(c))).max_by(|a, b| a.length().total_cmp(&b.length()));
        let far = || ring.iter().map(at).max_by(|a, b| a.length().total_cmp(&b.length()));
        let normal = if normal.length() > FLAT * extent { normal } else { any(far()?)? };
        let up = normal.try_normalize().filter(|_| normal.length() > NO_AREA * extent)?;
        let side = up.any_orthonormal_vector();
        Some(Self { origin, metres, up, side, ahead: up.cross(side) })
    }

    fn off(&self, corner: [f64; 3]) -> f64 {
        local(corner, self.origin, self.metres).dot(self.up).abs()
    }

    fn flat(&self, corner: [f64; 3]) -> Coord {
        let v = local(corner, self.origin, self.metres);
        Coord { x: v.dot(self.side), y: v.dot(self.ahead) }
    }

    fn back(&self, p: Coord) -> [f64; 3] {
        let v = self.side * p.x + self.ahead * p.y;
        [self.origin[0] + v.x / self.metres, self.origin[1] + v.y / self.metres, self.origin[2] + v.z]
    }

    /// Whether a ring turns left at every corner, and once around in all: it cannot cross itself then.
    fn is_convex(&self, ring: &[[f64; 3]]) -> bool {
        let n = ring.len();
        let at = |i: usize| self.flat(ring[i % n]);
        let mut turned = 0.0;
        for i in 0..n {
            let (a, b, c) = (at(i), at(i + 1), at(i + 2));
            let (u, v) = (b - a, c - b);
            let turn = (u.x * v.y - u.y * v.x).atan2(u.x * v.x + u.y * v.y);
            if turn < 0.0 {
                return false;
            }
            turned += turn;
        }
        turned < 1.5 * std::f64::consts::TAU
    }
}

fn local(c: [f64; 3], origin: [f64; 3], metres: f64) -> DVec3 {
    DVec3::new((c[0] - origin[0]) * metres, (c[1] - origin[1]) * metres, c[2] - origin[2])
}

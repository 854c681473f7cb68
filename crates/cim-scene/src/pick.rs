//! What rays meet of a tile, and what is known of the place that they hit.

use crate::{Bvh, RayHit, arrays::Turn, points::PointTree};
use glam::{DAffine3, DVec3, Vec3};
use serde::{Deserialize, Serialize};
use tiles3d::{
    FeatureTable,
    content::{Instance, NO_FEATURE, Primitive, PrimitiveMode, Scope, TileSurfaces},
};

/// Triangles that copies may add for rays; more of them are boxes to a ray.
const PICKED_TRIANGLES: usize = 500_000;

/// Everything of a tile that can be pointed at: its triangles, those of its copies, and its points.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pick {
    triangles: Bvh,
    clouds: Vec<PointTree>,
    /// The primitive of each cloud.
    cloud_primitives: Vec<u32>,
    runs: Vec<Run>,
    surfaces: TileSurfaces,
}

/// Triangles that follow each other and are of one primitive.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Run {
    /// Number of the first triangle.
    first: u32,
    /// Which primitive; `None` for boxes round copies, which are no places on any.
    primitive: Option<u32>,
    /// Triangles of one copy; all of them when it stands once.
    each: u32,
    /// The last two corners changed places.
    mirrored: bool,
}

impl Pick {
    /// The first hit of a ray within `limit` metres, through what has a feature that does not count. `direction` has
    /// length 1; both sides of a triangle count.
    #[must_use]
    pub fn cast_where(
        &self,
        origin: Vec3,
        direction: Vec3,
        limit: f32,
        counts: impl Fn(u32) -> bool,
    ) -> Option<RayHit> {
        let mut best = self.triangles.cast_where(origin, direction, limit, &counts);
        for (cloud, points) in self.clouds.iter().enumerate() {
            let nearer = best.map_or(limit, |b| b.distance);
            if let Some(hit) = points.cast_where(origin, direction, nearer, &counts) {
                best = Some(RayHit { cloud: Some(cloud), ..hit });
            }
        }
        best
    }

    /// As [`Self::cast_where`], where everything counts.
    #[must_use]
    pub fn cast(&self, origin: Vec3, direction: Vec3, limit: f32) -> Option<RayHit> {
        self.cast_where(origin, direction, limit, |_| true)
    }

    /// The feature that a ray hit, those included that lie in pictures.
    #[must_use]
    pub fn feature(&self, features: &FeatureTable, hit: &RayHit) -> Option<u32> {
        hit.feature.or_else(|| {
            let (primitive, element, weights) = self.place(hit)?;
            self.surfaces.feature_at(features, primitive, element, weights)
        })
    }

    /// Everything that is known where a ray hit: the features with their properties, the first one first, then property
    /// textures and property attributes.
    #[must_use]
    pub fn properties(&self, features: &FeatureTable, hit: &RayHit) -> Vec<Scope> {
        let place = self.place(hit);
        let mut scopes = place
            .map_or_else(Vec::new, |(p, element, weights)| self.surfaces.properties_at(features, p, element, weights));
        // What a copy is by itself is not on the surface that it has in common with the others.
        if let Some(feature) = hit.feature
            && scopes.iter().all(|s| s.feature != Some(feature))
        {
            scopes.insert(0, features.scope(feature));
        }
        scopes
    }

    /// Lowest and highest corner of the triangles; `None` without any.
    #[must_use]
    pub fn bounds(&self) -> Option<(Vec3, Vec3)> {
        self.triangles.bounds()
    }

    /// Lowest and highest corner of one feature; `None` when nothing here is of it.
    #[must_use]
    pub fn feature_bounds(&self, feature: u32) -> Option<(Vec3, Vec3)> {
        let clouds = self.clouds.iter().filter_map(|c| c.feature_bounds(feature));
        self.triangles.feature_bounds(feature).into_iter().chain(clouds).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Memory that it takes, bytes.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.triangles.byte_size()
            + self.clouds.iter().map(PointTree::byte_size).sum::<usize>()
            + size_of_val(&self.runs[..])
            + self.surfaces.byte_size()
    }

    /// Primitive, element and shares of its corners of what a ray hit.
    fn place(&self, hit: &RayHit) -> Option<(usize, usize, [f32; 3])> {
        let element = hit.element?;
        if let Some(cloud) = hit.cloud {
            return Some((*self.cloud_primitives.get(cloud)? as usize, element as usize, hit.weights));
        }
        let run = self.runs.get(self.runs.partition_point(|r| r.first <= element).checked_sub(1)?)?;
        let [a, b, c] = hit.weights;
        let weights = if run.mirrored { [a, c, b] } else { [a, b, c] };
        Some((run.primitive? as usize, (element - run.first).checked_rem(run.each)? as usize, weights))
    }
}

/// What becomes a [`Pick`].
pub(crate) struct PickArrays {
    positions: Vec<[f32; 3]>,
    indices: Vec<u32>,
    /// Features by ranges of triangles would need sorting: one number a vertex is simpler and small enough.
    features: Vec<u32>,
    pick: Pick,
}

impl PickArrays {
    pub(crate) fn new(surfaces: TileSurfaces) -> Self {
        let pick = Pick { surfaces, ..Pick::default() };
        Self { positions: Vec::new(), indices: Vec::new(), features: Vec::new(), pick }
    }

    /// Adds the triangles of primitive number `at`, whose corners are at `positions` in render axes.
    pub(crate) fn add(&mut self, at: usize, p: &Primitive, positions: &[[f32; 3]], turn: &Turn) {
        self.run(Some(at), p.indices.len() / 3, turn.mirrored);
        let base = self.positions.len() as u32;
        self.positions.extend_from_slice(positions);
        self.features.extend_from_slice(&p.feature_ids);
        self.features.resize(self.positions.len(), NO_FEATURE);
        turn.indices(p, base, &mut self.indices);
    }

    /// The copies' own triangles, or, where those would be too many or are `scenery`, a box round each copy.
    pub(crate) fn add_copies(&mut self, at: usize, p: &Primitive, turn: &Turn, instances: &[Instance], scenery: bool) {
        let few = p.indices.len() / 3 * instances.len() <= PICKED_TRIANGLES;
        let boxed = (scenery || !few || p.mode != PrimitiveMode::Triangles).then(|| box_around(&p.positions));
        let (positions, indices) = match &boxed {
            Some((corners, indices)) => (&corners[..], &indices[..]),
            None => (&p.positions[..], &p.indices[..]),
        };
        self.run(boxed.is_none().then_some(at), indices.len() / 3, false);
        for instance in instances {
            let base = self.positions.len() as u32;
            let whole = DAffine3::from_mat3(turn.points) * instance.transform;
            let place = |v: &[f32; 3]| whole.transform_point3(DVec3::from(v.map(f64::from))).as_vec3().to_array();
            self.positions.extend(positions.iter().map(place));
            let own = |i: usize| match (instance.feature, &boxed) {
                (Some(feature), _) => feature,
                (None, None) => p.feature_ids.get(i).copied().unwrap_or(u32::MAX),
                (None, Some(_)) => u32::MAX,
            };
            self.features.extend((0..positions.len()).map(own));
            self.indices.extend(indices.iter().map(|i| i + base));
        }
    }

    /// Adds the points of primitive number `at`, drawn as discs of this radius.
    pub(crate) fn add_points(&mut self, at: usize, p: &Primitive, turn: &Turn, radius_m: f32) {
        let one = |i: &u32| {
            let i = *i as usize;
            Some((turn.point(*p.positions.get(i)?), p.feature_ids.get(i).copied().unwrap_or(NO_FEATURE)))
        };
        let points: Vec<_> = p.indices.iter().filter_map(one).collect();
        self.pick.clouds.push(PointTree::new(&points, radius_m, self.pick.surfaces.knows(at)));
        self.pick.cloud_primitives.push(at as u32);
    }

    pub(crate) fn build(mut self) -> Pick {
        let (positions, indices, features) = (self.positions, self.indices, self.features);
        self.pick.triangles = if self.pick.surfaces.is_empty() {
            self.pick.runs.clear();
            Bvh::new(positions, indices, features)
        } else {
            Bvh::numbered(positions, indices, features)
        };
        self.pick
    }

    /// What comes next are the triangles of a primitive.
    fn run(&mut self, primitive: Option<usize>, each: usize, mirrored: bool) {
        let first = (self.indices.len() / 3) as u32;
        self.pick.runs.push(Run { first, primitive: primitive.map(|p| p as u32), each: each as u32, mirrored });
    }
}

/// Corners and triangles of the box round some points.
fn box_around(points: &[[f32; 3]]) -> ([[f32; 3]; 8], [u32; 36]) {
    const FACES: [u32; 36] =
        [0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5];
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for p in points {
        low = low.min(Vec3::from(*p));
        high = high.max(Vec3::from(*p));
    }
    let corner = |i: usize| {
        let side = |bit: usize, axis: usize| if i >> bit & 1 == 0 { low[axis] } else { high[axis] };
        [side(0, 0), side(1, 1), side(2, 2)]
    };
    (std::array::from_fn(corner), FACES)
}

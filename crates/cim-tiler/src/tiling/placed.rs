//! Models of files in tiles: turned and moved to where they stand, and coarser where they are small.

use super::{
    Writer,
    cuts::Footing,
    stack::{Primitives, Sited, Thing},
};
use crate::{
    atlas::{Facades, Shows},
    city::{ModelShape, PlacedModel},
    mesh::Surface,
};
use cim_geo::Geodetic;
use glam::DVec3;
use std::collections::HashMap;
use tiles3d::write::WritePrimitive;

/// The size of what a coarse tile does not tell apart, as a share of its error: two pixels where the tile is used.
const UNSEEN_SHARE: f64 = 0.125;
/// Half the size of the largest model that needs ground under its origin, metres: a larger one may span an opening.
const FURNITURE_M: f64 = 8.0;

impl Writer<'_> {
    /// A model with its place; `None` when that is no number.
    pub(super) fn placed<'p>(&self, placed: &'p PlacedModel) -> Option<Sited<'p>> {
        let foot = self.foot(placed);
        let [low, high] = placed.shape.bounds();
        let (mut least, mut most) = (DVec3::MAX, DVec3::MIN);
        for corner in 0..8 {
            let pick = |k: usize| if corner >> k & 1 == 0 { low[k] } else { high[k] };
            let at = foot + placed.turned([pick(0), pick(1), pick(2)]);
            (least, most) = (least.min(at), most.max(at));
        }
        if !(least.is_finite() && most.is_finite()) {
            return None;
        }
        let centre = 0.5 * (least + most);
        Some(Sited {
            thing: Thing::Placed { placed, foot },
            centre: [centre.x, centre.y],
            low: least,
            high: most,
            size: (most - least).max_element() * 0.5,
            corners: placed.shape.positions.len(),
            shows: self.pictures_of(placed),
        })
    }

    /// The pictures on a model.
    fn pictures_of(&self, placed: &PlacedModel) -> Shows {
        let (mut shows, shape) = (Shows::default(), &placed.shape);
        for part in &shape.pictured {
            let (mut share, mut metres) = (0.0, 0.0);
            for t in part.indices.as_chunks::<3>().0 {
                let [a, b, c] = t.map(|i| glam::Vec2::from_array(shape.uvs[i as usize]).as_dvec2());
                share += 0.5 * (b - a).perp_dot(c - a).abs();
                let [a, b, c] = t.map(|i| glam::Vec3::from_array(shape.positions[i as usize]).as_dvec3());
                metres += 0.5 * placed.scale * placed.scale * (b - a).cross(c - a).length();
            }
            shows.add_area(part.picture, (share, metres), &self.city.pictures);
        }
        shows
    }

    /// Moves small models that stand in the opening over a tunnel's ramp to its edge, if that is near, and reports the rest.
    /// A model whose source says how high it is hangs there by intent.
    pub(super) fn clear_models(&mut self, sited: &mut Vec<Sited<'_>>) {
        let ground = self.ground;
        let left_out = &mut self.summary.left_out;
        sited.retain_mut(|s| {
            let Thing::Placed { placed, foot } = &mut s.thing else { return true };
            if s.size > FURNITURE_M || placed.above_m != 0.0 {
                return true;
            }
            match ground.footing(foot.x, foot.y) {
                Footing::Firm => true,
                Footing::Edge(at) => {
                    let by = at.extend(ground.z(at.x, at.y)) - *foot;
                    for corner in [foot, &mut s.low, &mut s.high] {
                        *corner += by;
                    }
                    s.centre = [s.centre[0] + by.x, s.centre[1] + by.y];
                    true
                }
                Footing::Open => {
                    left_out.push((placed.key.clone(), "stands where the ground is open over a tunnel's ramp"));
                    false
                }
            }
        });
    }

    /// Where the origin of a model stands, site metres.
    fn foot(&self, placed: &PlacedModel) -> DVec3 {
        let enu = self.frame.to_enu(Geodetic::new(placed.place.lon, placed.place.lat, 0.0));
        DVec3::new(enu.x, enu.y, self.ground.z(enu.x, enu.y) + placed.above_m)
    }
}

/// Adds a model to a tile of so many metres of error; false when no triangle of it is left, which is no loss in a coarse
/// tile alone.
pub(super) fn add_placed(
    (primitives, facades): (&mut Primitives, &mut Facades),
    placed: &PlacedModel,
    foot: DVec3,
    (origin, error): (DVec3, f64),
    feature: u32,
) -> bool {
    let shape = &*placed.shape;
    let stands = Stands::new(shape, error * UNSEEN_SHARE / placed.scale);
    let foot = foot - origin;
    let plain = stands.merged(&shape.indices);
    let mut any = !plain.is_empty();
    if any {
        let to = primitives.entry(Surface::Structure).or_insert_with(|| Surface::Structure.primitive());
        append(to, placed, foot, &plain, feature);
    }
    for part in &shape.pictured {
        let seen = stands.seen(&part.indices);
        if !seen.is_empty() {
            let mut mesh = Surface::Facade.primitive();
            let vertices = append(&mut mesh, placed, foot, &seen, feature);
            mesh.uvs = vertices.iter().map(|v| shape.uvs[*v]).collect();
            facades.add_mesh(mesh, part.picture, Surface::Structure);
            any = true;
        }
    }
    any
}

/// Appends some triangles and the vertices that they have; the numbers of these.
fn append(to: &mut WritePrimitive, placed: &PlacedModel, foot: DVec3, indices: &[u32], feature: u32) -> Vec<usize> {
    let shape = &placed.shape;
    let (mut numbers, mut vertices) = (vec![u32::MAX; shape.positions.len()], Vec::new());
    for index in indices {
        let v = *index as usize;
        if numbers[v] == u32::MAX {
            numbers[v] = to.positions.len() as u32;
            to.positions.push((foot + placed.turned(shape.positions[v])).as_vec3().to_array());
            to.normals.push(placed.turned(shape.normals[v]).as_vec3().normalize_or(glam::Vec3::Z).to_array());
            to.colors.push(shape.colors[v]);
            to.feature_ids.push(feature);
            vertices.push(v);
        }
        to.indices.push(numbers[v]);
    }
    vertices
}

/// Of every vertex the first one in the same cube, which stands for all of them; nothing where each stands for itself.
struct Stands(Option<Vec<u32>>);

impl Stands {
    /// In cubes of an edge of `cell` metres.
    fn new(shape: &ModelShape, cell: f64) -> Self {
        let cube = |p: &[f32; 3]| p.map(|c| (f64::from(c) / cell).floor() as i64);
        Self((cell > 0.0).then(|| {
            let mut first: HashMap<[i64; 3], u32> = HashMap::new();
            shape.positions.iter().zip(0_u32..).map(|(p, i)| *first.entry(cube(p)).or_insert(i)).collect()
        }))
    }

    /// The triangles that are left, between the vertices that stand for others.
    fn merged(&self, indices: &[u32]) -> Vec<u32> {
        let Some(stands) = &self.0 else { return indices.to_vec() };
        let triangles = indices.as_chunks::<3>().0.iter().map(|t| t.map(|i| stands[i as usize]));
        triangles.filter(|[a, b, c]| a != b && b != c && c != a).flatten().collect()
    }

    /// The same triangles as they were: a vertex elsewhere on a picture cannot stand for another.
    fn seen(&self, indices: &[u32]) -> Vec<u32> {
        let Some(stands) = &self.0 else { return indices.to_vec() };
        let is_seen = |t: &&[u32; 3]| {
            let [a, b, c] = t.map(|i| stands[i as usize]);
            a != b && b != c && c != a
        };
        indices.as_chunks::<3>().0.iter().filter(is_seen).flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_goes_and_what_is_seen_stays() {
        // A mast of 20 m with a knob of 2 cm on it.
        let positions = vec![[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 20.0], [0.02, 0.0, 20.01], [0.0, 0.02, 20.0]];
        let shape = ModelShape { positions, indices: vec![0, 1, 2, 2, 3, 4], ..ModelShape::default() };
        let all = [0, 1, 2, 2, 3, 4];
        for (cell, left) in [(0.0, &all[..]), (0.001, &all), (0.3, &[0, 1, 2]), (50.0, &[])] {
            let stands = Stands::new(&shape, cell);
            assert_eq!((&stands.merged(&all)[..], &stands.seen(&all)[..]), (left, left), "{cell} m");
        }
        // The tip's neighbours are one with it; with pictures they stay where they are on them.
        let (stands, tip) = (Stands::new(&shape, 0.3), [0, 1, 4]);
        assert_eq!((stands.merged(&tip), stands.seen(&tip)), (vec![0, 1, 2], tip.to_vec()));
    }
}

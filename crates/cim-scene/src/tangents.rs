//! Tangents for surfaces that have normal textures and no tangents, by MikkTSpace (glTF 2.0, 3.7.2.1).

use crate::{MeshArrays, packed};
use bevy_mikktspace::{Geometry, TangentSpace, generate_tangents};
use glam::Vec3;

/// Triangles on their way to tangents.
struct Triangles<'a> {
    arrays: &'a MeshArrays,
    uvs: &'a [[f32; 2]],
    tangents: Vec<[f32; 4]>,
}

/// The tangents of a mesh of triangles whose normal texture lies as `uvs` say; one for each vertex.
pub(crate) fn tangents(arrays: &MeshArrays, uvs: &[[f32; 2]]) -> Vec<[f32; 4]> {
    let across = |n: &[i16; 4]| {
        let n = packed::direction(*n).try_normalize().unwrap_or(Vec3::Y);
        n.any_orthonormal_vector().extend(1.0).to_array()
    };
    let tangents = arrays.normals.iter().map(across).collect();
    let mut triangles = Triangles { arrays, uvs, tangents };
    // Its error has no values: what it cannot tell stays as it is.
    let _ = generate_tangents(&mut triangles);
    triangles.tangents
}

impl Triangles<'_> {
    fn vertex(&self, face: usize, corner: usize) -> usize {
        self.arrays.indices.get(face * 3 + corner).map_or(0, |i| *i as usize)
    }
}

impl Geometry for Triangles<'_> {
    fn num_faces(&self) -> usize {
        self.arrays.indices.len() / 3
    }

    fn num_vertices_of_face(&self, _: usize) -> usize {
        3
    }

    fn position(&self, face: usize, corner: usize) -> [f32; 3] {
        self.arrays.positions.get(self.vertex(face, corner)).copied().unwrap_or_default()
    }

    fn normal(&self, face: usize, corner: usize) -> [f32; 3] {
        self.arrays.normals.get(self.vertex(face, corner)).map_or([0.0; 3], |n| packed::direction(*n).to_array())
    }

    fn tex_coord(&self, face: usize, corner: usize) -> [f32; 2] {
        self.uvs.get(self.vertex(face, corner)).copied().unwrap_or_default()
    }

    fn set_tangent(&mut self, space: Option<TangentSpace>, face: usize, corner: usize) {
        let vertex = self.vertex(face, corner);
        let Some((space, tangent)) = space.zip(self.tangents.get_mut(vertex)) else { return };
        let [x, y, z, side] = space.tangent_encoded();
        if [x, y, z].iter().all(|v| v.is_finite()) {
            // MikkTSpace's v points up in the picture, and glTF's down.
            *tangent = [x, y, z, -side];
        }
    }
}

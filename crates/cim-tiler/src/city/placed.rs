//! Models of files that stand in a city, each in many places if need be.

use super::Attribute;
use cim_model::{EntityKey, Place};
use glam::{DVec3, Vec3};
use std::sync::Arc;

/// The triangles of a model file, in its own frame: metres, z up, y the direction that `-z` is in a glTF file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelShape {
    /// Vertices.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals, one for each vertex.
    pub normals: Vec<[f32; 3]>,
    /// Linear colours, one for each vertex; of those with pictures, times the picture.
    pub colors: Vec<[u8; 4]>,
    /// Where the vertices lie on their pictures: (0, 0) is the lower left corner, (1, 1) the upper right. None at all when
    /// there are no pictures.
    pub uvs: Vec<[f32; 2]>,
    /// Triangles without pictures.
    pub indices: Vec<u32>,
    /// Triangles with pictures.
    pub pictured: Vec<Pictured>,
}

/// Triangles with a picture on them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pictured {
    /// Its number in the list of the city's pictures.
    pub picture: usize,
    /// The triangles.
    pub indices: Vec<u32>,
}

impl ModelShape {
    /// The lowest and the highest corner; both at the origin when there are none.
    #[must_use]
    pub fn bounds(&self) -> [Vec3; 2] {
        let all = self.positions.iter().map(|p| Vec3::from_array(*p));
        let bounds = all.fold([Vec3::MAX, Vec3::MIN], |[low, high], p| [low.min(p), high.max(p)]);
        if self.positions.is_empty() { [Vec3::ZERO; 2] } else { bounds }
    }
}

/// A model in a place.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedModel {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// What it is.
    pub class: String,
    /// Address.
    pub address: String,
    /// Its triangles, shared by all places of a file.
    pub shape: Arc<ModelShape>,
    /// Where its origin stands.
    pub place: Place,
    /// Metres of its origin above the ground.
    pub above_m: f64,
    /// Degrees clockwise from north that its y axis (`-z` of a glTF file) points to.
    pub heading_deg: f64,
    /// Times as large as the file has it.
    pub scale: f64,
    /// Everything else that the source says.
    pub attributes: Vec<(String, Attribute)>,
}

impl PlacedModel {
    /// A vector of the shape, turned and scaled: metres east, north and up.
    #[must_use]
    pub fn turned(&self, v: [f32; 3]) -> DVec3 {
        let (sin, cos) = self.heading_deg.to_radians().sin_cos();
        let v = Vec3::from_array(v).as_dvec3() * self.scale;
        DVec3::new(v.x * cos + v.y * sin, v.y * cos - v.x * sin, v.z)
    }

    /// Metres from its lowest to its highest vertex.
    #[must_use]
    pub fn height_m(&self) -> f64 {
        let [low, high] = self.shape.bounds();
        f64::from(high.z - low.z) * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_model::EntityKind;

    #[test]
    fn headings_turn_clockwise_from_north() {
        let mut model = PlacedModel {
            key: EntityKey::new(EntityKind::Component, "a"),
            name: String::new(),
            class: String::new(),
            address: String::new(),
            shape: Arc::default(),
            place: Place::new(116.0, 35.0),
            above_m: 0.0,
            heading_deg: 0.0,
            scale: 2.0,
            attributes: Vec::new(),
        };
        let near = |a: DVec3, b: [f64; 3]| assert!(a.distance(DVec3::from_array(b)) < 1e-9, "{a} is not {b:?}");
        near(model.turned([0.0, 1.0, 3.0]), [0.0, 2.0, 6.0]);
        model.heading_deg = 90.0;
        near(model.turned([0.0, 1.0, 0.0]), [2.0, 0.0, 0.0]);
        near(model.turned([1.0, 0.0, 0.0]), [0.0, -2.0, 0.0]);
        model.heading_deg = -90.0;
        near(model.turned([0.0, 1.0, 0.0]), [-2.0, 0.0, 0.0]);
    }
}

//! What is to be written: triangles, and copies of them.

use super::{WriteError, WriteImage};

/// One primitive: z-up metres around the tile's centre; turned to glTF's y-up when it is written.
#[derive(Debug, Default, Clone)]
pub struct WritePrimitive {
    /// Name of its material; cim-twin's viewer tells surfaces apart by it.
    pub material: String,
    /// Linear base colour of the material. With an alpha below 1 what lies behind is seen through it.
    pub base_color: [f32; 4],
    /// Roughness of the material.
    pub roughness: f32,
    /// Vertices.
    pub positions: Vec<[f32; 3]>,
    /// Unit normals, one per vertex.
    pub normals: Vec<[f32; 3]>,
    /// Linear colours, one per vertex or none.
    pub colors: Vec<[u8; 4]>,
    /// Texture coordinates, (0, 0) the upper left corner of the picture; one per vertex or none. Stored in 65,535ths where
    /// the geometry is stored in steps.
    pub uvs: Vec<[f32; 2]>,
    /// Feature of each vertex; one per vertex or none.
    pub feature_ids: Vec<u32>,
    /// Triangles.
    pub indices: Vec<u32>,
    /// The picture that it shows, times its colours.
    pub image: Option<WriteImage>,
}

/// A shape and where it stands.
#[derive(Debug, Default, Clone)]
pub struct WriteCopies {
    /// The shape, z-up, around its own origin; without features.
    pub shape: WritePrimitive,
    /// Its copies.
    pub places: Vec<CopyPlace>,
}

/// Where a copy of a shape stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CopyPlace {
    /// Its origin, z-up metres around the tile's centre.
    pub at: [f32; 3],
    /// Radians counter-clockwise, seen from above.
    pub turn: f32,
    /// Stretch along the shape's own axes.
    pub scale: [f32; 3],
}

/// Features a float attribute tells apart (glTF has no 32-bit integers for vertices, 3.6.2.4).
const MOST_FEATURES: u32 = 1 << 24;

impl WritePrimitive {
    /// Refuses arrays that do not fit each other.
    pub(super) fn check(&self) -> Result<(), WriteError> {
        let n = self.positions.len();
        let fits = |what: &str, got: usize, optional: bool| {
            if got == n || (optional && got == 0) {
                Ok(())
            } else {
                Err(WriteError::Length { what: format!("{what} of {}", self.material), got, want: n })
            }
        };
        fits("normals", self.normals.len(), false)?;
        fits("colours", self.colors.len(), true)?;
        fits("texture coordinates", self.uvs.len(), self.image.is_none())?;
        fits("feature ids", self.feature_ids.len(), true)?;
        let numbers = self.positions.iter().chain(&self.normals).flatten().chain(self.uvs.iter().flatten());
        if numbers.into_iter().any(|x| !x.is_finite()) {
            return Err(WriteError::NotFinite(self.material.clone()));
        }
        if !self.indices.len().is_multiple_of(3) || self.indices.iter().any(|i| *i as usize >= n) {
            return Err(WriteError::Index(self.material.clone()));
        }
        if self.feature_ids.iter().any(|id| *id > MOST_FEATURES) {
            return Err(WriteError::TooLarge);
        }
        self.image.as_ref().map_or(Ok(()), |i| i.check(&self.material))
    }
}

impl WriteCopies {
    /// Refuses numbers that are none, and shapes that do not fit themselves.
    pub(super) fn check(&self) -> Result<(), WriteError> {
        let finite = |p: &CopyPlace| p.at.iter().chain(&p.scale).all(|x| x.is_finite()) && p.turn.is_finite();
        if self.places.iter().all(finite) {
            self.shape.check()
        } else {
            Err(WriteError::NotFinite(self.shape.material.clone()))
        }
    }
}

/// From z-up (x, y, z) to y-up (x, z, -y).
pub(super) fn y_up(v: [f32; 3]) -> [f32; 3] {
    [v[0], v[2], -v[1]]
}

//! Buildings that a footprint, a height and the shape of the roof tell.

use super::Attribute;
use cim_model::{EntityKey, Place};
use std::sync::Arc;

/// A building of one height, or a part of one.
#[derive(Debug, Clone)]
pub struct Building {
    /// Its key.
    pub key: EntityKey,
    /// Its name.
    pub name: String,
    /// What it is used for, Chinese.
    pub class: String,
    /// Outer ring, either direction, first corner not repeated.
    pub footprint: Vec<Place>,
    /// Courtyards: rings inside the footprint.
    pub holes: Vec<Vec<Place>>,
    /// Outer ring of the whole that it is a part of, which stands on the same ground; `None` where it is the whole.
    pub whole: Option<Arc<[Place]>>,
    /// Metres from the ground to its underside; 0 where it stands on the ground.
    pub base_m: f32,
    /// Metres from the ground to the eaves.
    pub height_m: f32,
    /// Floors, counted from the ground.
    pub floors: u16,
    /// Address.
    pub address: String,
    /// Roof.
    pub roof: Roof,
    /// sRGB colour of the walls.
    pub wall: [u8; 3],
    /// sRGB colour of the roof.
    pub roof_color: [u8; 3],
    /// Everything else that the source says.
    pub attributes: Vec<(String, Attribute)>,
}

impl Building {
    /// Metres from the ground to the top as its source counts it: to the eaves, and to the ridge of a roof of a known
    /// shape.
    #[must_use]
    pub fn top_m(&self) -> f32 {
        self.height_m + self.roof.rise_m()
    }
}

/// A roof.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Roof {
    /// Flat, with a parapet.
    Flat,
    /// Two usual slopes, the ridge along the longer side; only for footprints of four corners.
    Gable,
    /// As the source says.
    Shaped(RoofShape),
}

impl Roof {
    /// Metres from the eaves to the top, where the source says them; else 0.
    #[must_use]
    pub const fn rise_m(self) -> f32 {
        match self {
            Self::Flat | Self::Gable => 0.0,
            Self::Shaped(shape) => shape.rise_m,
        }
    }
}

/// What a source says of a roof.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoofShape {
    /// Its form.
    pub form: RoofForm,
    /// Metres from the eaves to the ridge or the top.
    pub rise_m: f32,
    /// Direction that the ridge runs in, or that a [`RoofForm::Skillion`] falls to, degrees clockwise from north.
    pub bearing_deg: f32,
}

/// The forms of roofs, by OpenStreetMap's `roof:shape`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoofForm {
    /// Flat, without a parapet.
    Flat,
    /// One slope.
    Skillion,
    /// Two slopes.
    Gabled,
    /// A slope on every side.
    Hipped,
    /// Two slopes, the upper halves of the gables sloped too.
    HalfHipped,
    /// Two slopes, each steeper below.
    Gambrel,
    /// A slope on every side, each steeper below.
    Mansard,
    /// Slopes that meet in one point.
    Pyramidal,
    /// Half an ellipsoid.
    Dome,
    /// A vault.
    Round,
}

/// Colours of the walls and the roof of a building whose source says none; `dice` makes neighbours differ.
pub(crate) fn usual_colours(dice: u64) -> ([u8; 3], [u8; 3]) {
    const WALLS: [[u8; 3]; 7] = [
        [214, 202, 182],
        [202, 184, 160],
        [222, 214, 200],
        [188, 176, 164],
        [206, 196, 190],
        [194, 166, 144],
        [216, 206, 174],
    ];
    const ROOFS: [[u8; 3]; 4] = [[132, 134, 138], [150, 148, 144], [118, 110, 104], [142, 96, 80]];
    (WALLS[dice as usize % WALLS.len()], ROOFS[(dice >> 8) as usize % ROOFS.len()])
}

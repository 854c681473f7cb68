//! Layers that a viewer can switch: every one is a tree of tiles of its own, and a content group of the tileset (3D Tiles
//! 1.1, OGC 22-025r4, "Content groups").

use super::stack::{Sited, Thing};
use crate::city::{AreaKind, Skin};

/// A layer. Its number is that of its content group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Building,
    Road,
    Water,
    Green,
    Terrain,
    /// Plants, and whatever is built and is no building: bridges, lamps, monuments.
    Furniture,
}

impl Layer {
    pub(super) const ALL: [Self; 6] =
        [Self::Building, Self::Road, Self::Water, Self::Green, Self::Terrain, Self::Furniture];

    /// What it is called in the tileset.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Road => "road",
            Self::Water => "water",
            Self::Green => "green",
            Self::Terrain => "terrain",
            Self::Furniture => "furniture",
        }
    }

    /// What the names of its tiles begin with; those of trees and of measured terrain begin otherwise.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Building => "b",
            Self::Road => "r",
            Self::Water => "w",
            Self::Green => "g",
            Self::Terrain => "l",
            Self::Furniture => "f",
        }
    }

    /// The number of its content group.
    pub(super) const fn group(self) -> Option<u32> {
        Some(self as u32)
    }

    /// The layer that something is on.
    pub(super) fn of(sited: &Sited<'_>) -> Self {
        match &sited.thing {
            Thing::Building { .. } => Self::Building,
            Thing::Placed { .. } => Self::Furniture,
            Thing::Road { .. } => Self::Road,
            Thing::Area { area, .. } => match area.kind {
                AreaKind::Water => Self::Water,
                AreaKind::Green => Self::Green,
            },
            Thing::Model { model, .. } => match model.skin {
                Skin::Building => Self::Building,
                Skin::Structure | Skin::Plant => Self::Furniture,
                Skin::Road => Self::Road,
                Skin::Water => Self::Water,
                Skin::Green => Self::Green,
                Skin::Land => Self::Terrain,
            },
        }
    }
}

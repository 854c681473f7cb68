//! What a surface of the city is.

/// What a surface is, by the material's name in the tile. The number goes to the shader in `uv_b.y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Surface {
    /// Anything that is not of our own tiler: drawn as its material says.
    Plain = 0,
    /// Walls and roofs.
    Building = 1,
    /// Water.
    Water = 2,
    /// Grass and woods.
    Green = 3,
    /// Carriageways, pavements and markings.
    Road = 4,
    /// The ground between.
    Ground = 5,
    /// What lamps light, as it is seen through its light at night. The colours' alpha is how brightly.
    Lamplight = 6,
    /// Street lamps, whose heads glow at night: where the colours' alpha is not 1.
    Lamp = 7,
}

impl Surface {
    /// By the material's name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "building" => Self::Building,
            "water" => Self::Water,
            "green" => Self::Green,
            "road" | "sidewalk" | "marking" => Self::Road,
            "ground" => Self::Ground,
            "lamplight" => Self::Lamplight,
            "lamp" => Self::Lamp,
            _ => Self::Plain,
        }
    }
}

//! How small and how exact what is written is.

/// How the geometry of a tile is stored: each kind is smaller than the one before, and asks more of who reads it.
///
/// Property tables are the same in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Floats of 32 bits. Exact, read by everything and drawn without any decoding; but the largest: 36 bytes for a vertex
    /// with a colour and a feature.
    #[default]
    None,
    /// Whole numbers of steps (`KHR_mesh_quantization`) of vertices that are welded: 20 bytes for such a vertex, drawn
    /// without decoding. Positions move by up to [`WriteOptions::precision_m`] and normals by up to half a degree; readers
    /// must know the extension.
    Quantized,
    /// The same, ordered for the caches of graphics cards, as streams of differences (`EXT_meshopt_compression`): some 4 to
    /// 8 bytes for such a vertex. Normals move by up to a degree. Decodes at about a gigabyte of vertices a second; writing
    /// takes about as long again as without. The order of vertices, triangles and copies is lost.
    #[cfg(feature = "compress")]
    Meshopt,
    /// The same numbers of steps as [`Compression::Quantized`] predicted and entropy-coded (`KHR_draco_mesh_compression`):
    /// the smallest for large smooth meshes. Reading takes ten to a hundred times as long as with meshopt, and so does
    /// writing; the order of vertices and triangles is lost. Copies ([`GlbWriter::write_copies_with`]) are only quantised,
    /// since Draco has nothing for them.
    ///
    /// [`GlbWriter::write_copies_with`]: super::GlbWriter::write_copies_with
    #[cfg(feature = "compress")]
    Draco,
}

/// What a tile may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WriteOptions {
    /// How its geometry is stored.
    pub compression: Compression,
    /// Metres by which a coordinate may move where it is stored as a number of steps. A step is the largest power of two
    /// metres that keeps to it, and all tiles of a frame share one grid: what touched before does so after. Halving it
    /// costs about three bits a vertex.
    pub precision_m: f64,
}

impl Default for WriteOptions {
    /// Not compressed; 4 mm otherwise (steps of 1/128 m).
    fn default() -> Self {
        Self { compression: Compression::default(), precision_m: 0.004 }
    }
}

impl WriteOptions {
    /// Metres between neighbouring coordinates.
    pub(super) fn step(&self) -> f64 {
        power_of_two(2.0 * self.precision_m)
    }
}

/// The largest power of two that is not above `x`, from a micrometre to a kilometre.
pub(super) fn power_of_two(x: f64) -> f64 {
    2f64.powi(x.clamp(1e-6, 1024.0).log2().floor() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_largest_power_of_two_that_keeps_to_the_precision() {
        let step = |precision_m| WriteOptions { precision_m, ..WriteOptions::default() }.step();
        assert_eq!([0.004, 0.003, 0.5, 1.0, 0.125].map(step), [1.0 / 128.0, 1.0 / 256.0, 1.0, 2.0, 0.25]);
        assert!([0.0, -1.0, f64::INFINITY].map(step).iter().all(|s| (1e-7..2000.0).contains(s)));
    }
}

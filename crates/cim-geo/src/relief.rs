//! Heights of the ground of a site: a square grid in the site's metres.
//!
//! # As bytes
//! `terrain.bin` of a city folder is little-endian: a header of [`HEADER_BYTES`], then one `u16` for each node, row by row
//! from the south, each row from the west.
//!
//! | bytes | type | meaning |
//! |---|---|---|
//! | 0 | 8 bytes | [`MAGIC`] |
//! | 8, 12 | `u32` | columns and rows of nodes, 2 to [`MOST_NODES`] each |
//! | 16, 24 | `f64` | metres east and north of the site's origin of the south-western node |
//! | 32 | `f64` | metres between nodes |
//! | 40, 48 | `f64` | height of a node is the first of these and its number times the second, metres above the ellipsoid in the site's frame |
//! | 56 | `f64` | height in the source's own system, metres, that is 0 in the site's frame |
//! | 64 | `f64` | metres by which the grid is off the ground that the tiles show, at most, at that ground's own nodes |

/// How the bytes of a grid begin: its name and the version of the format.
pub const MAGIC: [u8; 8] = *b"CIMTERR1";
/// Bytes before the first height.
pub const HEADER_BYTES: usize = 72;
/// Columns or rows at most.
pub const MOST_NODES: u32 = 8193;

/// Why bytes are no grid of heights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReliefError {
    /// They begin otherwise.
    #[error("it does not begin as a grid of heights of version 1 (CIMTERR1)")]
    Magic,
    /// The header makes no sense.
    #[error("its header names an impossible {0}")]
    Header(&'static str),
    /// There are more or fewer of them than the header says.
    #[error("it has {found} bytes, and its header asks for {wanted}: it was cut off or damaged")]
    Length {
        /// Bytes there should be.
        wanted: usize,
        /// Bytes there are.
        found: usize,
    },
}

/// Heights on a square grid: metres east and north of the site's origin, heights above the ellipsoid.
///
/// Between nodes the ground is made of triangles. The diagonals of neighbouring squares go opposite ways: that of a
/// square whose column and row make an even number goes from the south-west to the north-east. These are the finest
/// triangles of a right-triangulated irregular network (Evans, Kirkpatrick and Townsend, 2001), so that a mesh made by
/// halving triangles shows this very surface. Beyond the edges the heights of the nearest edge go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Relief {
    west: f64,
    south: f64,
    step: f64,
    columns: u32,
    rows: u32,
    heights: Vec<f32>,
    /// Height in the source's own system, metres, that is 0 in the site's frame.
    pub datum_m: f64,
    /// Metres by which it is off the ground that it stands for, at most, at that ground's own nodes.
    pub error_m: f64,
}

impl Relief {
    /// A grid whose south-western node lies at `corner`; `heights` row by row from the south. `None` when sizes do not
    /// agree or a number is not finite.
    #[must_use]
    pub fn new(corner: [f64; 2], step: f64, (columns, rows): (u32, u32), heights: Vec<f32>) -> Option<Self> {
        let [west, south] = corner;
        let fits = (2..=MOST_NODES).contains(&columns)
            && (2..=MOST_NODES).contains(&rows)
            && heights.len() == columns as usize * rows as usize;
        let finite = west.is_finite() && south.is_finite() && step.is_finite() && step > 0.0;
        (fits && finite && heights.iter().all(|h| h.is_finite())).then_some(Self {
            west,
            south,
            step,
            columns,
            rows,
            heights,
            datum_m: 0.0,
            error_m: 0.0,
        })
    }

    /// Metres east and north of the site's origin of the south-western node.
    #[must_use]
    pub fn corner(&self) -> [f64; 2] {
        [self.west, self.south]
    }

    /// Metres between nodes.
    #[must_use]
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Columns and rows of nodes.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// Heights row by row from the south.
    #[must_use]
    pub fn heights(&self) -> &[f32] {
        &self.heights
    }

    /// Height of a node; that of the nearest one beyond the edges.
    #[must_use]
    pub fn node(&self, column: u32, row: u32) -> f64 {
        let (i, j) = (column.min(self.columns - 1), row.min(self.rows - 1));
        f64::from(self.heights[j as usize * self.columns as usize + i as usize])
    }

    /// Gives a node another height; a number that is not finite, and a node that is not there, change nothing.
    pub fn set_node(&mut self, column: u32, row: u32, height_m: f64) {
        if column < self.columns && row < self.rows && height_m.is_finite() {
            self.heights[row as usize * self.columns as usize + column as usize] = height_m as f32;
        }
    }

    /// Column and row of a place as numbers with fractions, within the grid.
    fn grid(&self, x: f64, y: f64) -> [f64; 2] {
        let within = |v: f64, nodes: u32| {
            let v = if v.is_finite() { v } else { 0.0 };
            v.clamp(0.0, f64::from(nodes - 1))
        };
        [within((x - self.west) / self.step, self.columns), within((y - self.south) / self.step, self.rows)]
    }

    /// Height of the ground at `x` metres east and `y` metres north of the origin, metres above the ellipsoid.
    #[must_use]
    pub fn height(&self, x: f64, y: f64) -> f64 {
        let (base, [u, v], [du, dv]) = self.triangle(x, y);
        base + u * du + v * dv
    }

    /// Metres that the ground rises for a metre to the east and for one to the north.
    #[must_use]
    pub fn slope(&self, x: f64, y: f64) -> [f64; 2] {
        let (_, _, [du, dv]) = self.triangle(x, y);
        [du / self.step, dv / self.step]
    }

    /// The height of a corner of the triangle at a place, the place as parts of a step from there, and the rise of the
    /// triangle for a step to the east and to the north.
    fn triangle(&self, x: f64, y: f64) -> (f64, [f64; 2], [f64; 2]) {
        let [gx, gy] = self.grid(x, y);
        let (i, j) = ((gx as u32).min(self.columns - 2), (gy as u32).min(self.rows - 2));
        let (u, v) = (gx - f64::from(i), gy - f64::from(j));
        let [sw, se, nw, ne] = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(di, dj): (u32, u32)| self.node(i + di, j + dj));
        let rise = if (i + j).is_multiple_of(2) {
            if u >= v { [se - sw, ne - se] } else { [ne - nw, nw - sw] }
        } else if u + v <= 1.0 {
            [se - sw, nw - sw]
        } else {
            // From the north-eastern corner back.
            return (ne, [u - 1.0, v - 1.0], [ne - nw, ne - se]);
        };
        (sw, [u, v], rise)
    }

    /// A grid of this ground over a rectangle, of at most `most` nodes a side, that knows how far it is off.
    #[must_use]
    pub fn coarser(&self, low: [f64; 2], high: [f64; 2], most: u32) -> Option<Self> {
        let most = most.clamp(2, MOST_NODES);
        let span = [high[0] - low[0], high[1] - low[1]];
        let step = self.step.max(span[0].max(span[1]) / f64::from(most - 1));
        let count = |span: f64| ((span / step).ceil() as u32 + 1).clamp(2, most);
        let (columns, rows) = (count(span[0]), count(span[1]));
        let at = |i: u32, j: u32| [low[0] + step * f64::from(i), low[1] + step * f64::from(j)];
        let nodes = (0..rows).flat_map(|j| (0..columns).map(move |i| (i, j)));
        let heights = nodes.map(|(i, j)| {
            let [x, y] = at(i, j);
            self.height(x, y) as f32
        });
        let mut grid = Self::new(low, step, (columns, rows), heights.collect())?;
        grid.datum_m = self.datum_m;
        // At the coarse nodes the two agree; between them the fine ones say how far they are apart.
        let inside = |v: f64, k: usize| v >= low[k] && v <= high[k];
        for j in 0..self.rows {
            let y = self.south + self.step * f64::from(j);
            for i in 0..self.columns {
                let x = self.west + self.step * f64::from(i);
                if inside(x, 0) && inside(y, 1) {
                    grid.error_m = grid.error_m.max((grid.height(x, y) - self.node(i, j)).abs());
                }
            }
        }
        Some(grid)
    }

    /// The grid as bytes; heights are rounded to 65,535ths of their range, which counts to its error.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let fold = |pick: fn(f32, f32) -> f32, from: f32| f64::from(self.heights.iter().copied().fold(from, pick));
        let (low, high) = (fold(f32::min, f32::MAX), fold(f32::max, f32::MIN));
        let quantum = ((high - low) / f64::from(u16::MAX)).max(1e-6);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + 2 * self.heights.len());
        bytes.extend(MAGIC);
        bytes.extend(self.columns.to_le_bytes());
        bytes.extend(self.rows.to_le_bytes());
        for number in [self.west, self.south, self.step, low, quantum, self.datum_m, self.error_m + 0.5 * quantum] {
            bytes.extend(number.to_le_bytes());
        }
        for height in &self.heights {
            let number = ((f64::from(*height) - low) / quantum).round() as u16;
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Relief::to_bytes`] writes.
    ///
    /// # Errors
    /// The bytes are of something else, damaged or cut off.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ReliefError> {
        let (header, nodes) = bytes.split_at_checked(HEADER_BYTES).ok_or(ReliefError::Magic)?;
        if header[..8] != MAGIC {
            return Err(ReliefError::Magic);
        }
        let int = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|k| header[at + k]));
        let real = |at: usize| f64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|k| header[at + k]));
        let (columns, rows) = (int(8), int(12));
        if !(2..=MOST_NODES).contains(&columns) || !(2..=MOST_NODES).contains(&rows) {
            return Err(ReliefError::Header("number of nodes"));
        }
        let wanted = 2 * columns as usize * rows as usize;
        if nodes.len() != wanted {
            return Err(ReliefError::Length { wanted: HEADER_BYTES + wanted, found: bytes.len() });
        }
        let (low, quantum) = (real(40), real(48));
        let sensible = |v: f64| v.is_finite() && v.abs() <= 1e6;
        if !(sensible(low) && sensible(quantum) && quantum > 0.0 && quantum * f64::from(u16::MAX) <= 1e6) {
            return Err(ReliefError::Header("range of heights"));
        }
        let (datum_m, error_m) = (real(56), real(64));
        if !(sensible(datum_m) && sensible(error_m) && error_m >= 0.0) {
            return Err(ReliefError::Header("height of its zero, or error"));
        }
        let height = |b: &[u8]| (low + quantum * f64::from(u16::from_le_bytes([b[0], b[1]]))) as f32;
        let heights = nodes.chunks_exact(2).map(height).collect();
        let corner = [real(16), real(24)];
        if !(corner.into_iter().all(|v| v.is_finite() && v.abs() <= 1e7) && (1e-3..=1e5).contains(&real(32))) {
            return Err(ReliefError::Header("place"));
        }
        let grid = Self::new(corner, real(32), (columns, rows), heights).ok_or(ReliefError::Header("place"))?;
        Ok(Self { datum_m, error_m, ..grid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hills() -> Relief {
        let (columns, rows) = (40u32, 30u32);
        let height = |i: u32, j: u32| ((f64::from(i) * 0.3).sin() * 12.0 + f64::from(j * j) * 0.05 - 3.0) as f32;
        let heights = (0..rows).flat_map(|j| (0..columns).map(move |i| height(i, j))).collect();
        Relief::new([-200.0, -150.0], 10.0, (columns, rows), heights).unwrap()
    }

    /// The plane through three points, by Cramer's rule.
    fn plane(p: [[f64; 3]; 3], x: f64, y: f64) -> f64 {
        let [a, b, c] = p;
        let (ux, uy, uz) = (b[0] - a[0], b[1] - a[1], b[2] - a[2]);
        let (vx, vy, vz) = (c[0] - a[0], c[1] - a[1], c[2] - a[2]);
        let det = ux * vy - uy * vx;
        let (s, t) = (((x - a[0]) * vy - (y - a[1]) * vx) / det, (ux * (y - a[1]) - uy * (x - a[0])) / det);
        a[2] + s * uz + t * vz
    }

    proptest! {
        #[test]
        fn the_ground_is_the_plane_of_its_triangle(x in -199.9..189.0f64, y in -149.9..139.0f64) {
            let g = hills();
            let (i, j) = (((x + 200.0) / 10.0) as u32, ((y + 150.0) / 10.0) as u32);
            let point = |i: u32, j: u32| [-200.0 + 10.0 * f64::from(i), -150.0 + 10.0 * f64::from(j), g.node(i, j)];
            let [sw, se, nw, ne] = [point(i, j), point(i + 1, j), point(i, j + 1), point(i + 1, j + 1)];
            let (u, v) = ((x - sw[0]) / 10.0, (y - sw[1]) / 10.0);
            let corners = match ((i + j).is_multiple_of(2), u >= v, u + v <= 1.0) {
                (true, true, _) => [sw, se, ne],
                (true, false, _) => [sw, ne, nw],
                (false, _, true) => [sw, se, nw],
                (false, _, false) => [ne, nw, se],
            };
            prop_assert!((g.height(x, y) - plane(corners, x, y)).abs() < 1e-9);
            let slope = g.slope(x, y);
            prop_assert!((slope[0] - (plane(corners, x + 1.0, y) - plane(corners, x, y))).abs() < 1e-9);
            prop_assert!((slope[1] - (plane(corners, x, y + 1.0) - plane(corners, x, y))).abs() < 1e-9);
        }

        #[test]
        fn bytes_that_are_damaged_are_refused_or_a_grid(at in 0usize..2472, flip in 1u8.., cut in 0usize..2472) {
            let mut bytes = hills().to_bytes();
            prop_assert_eq!(bytes.len(), 2472);
            prop_assert!(Relief::from_bytes(&bytes[..cut]).is_err());
            bytes[at] ^= flip;
            if let Ok(grid) = Relief::from_bytes(&bytes) {
                prop_assert!(grid.height(1e9, -1e9).is_finite() && grid.height(f64::NAN, 0.0).is_finite());
            }
        }
    }

    #[test]
    fn bytes_keep_the_ground_to_half_a_quantum() {
        let g = Relief { datum_m: 412.5, error_m: 0.25, ..hills() };
        let back = Relief::from_bytes(&g.to_bytes()).unwrap();
        assert_eq!((back.corner(), back.step(), back.size(), back.datum_m), (g.corner(), g.step(), g.size(), 412.5));
        let off = g.heights().iter().zip(back.heights()).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
        assert!(off <= back.error_m - 0.25 + 1e-5 && back.error_m < 0.251, "{off} {}", back.error_m);
    }

    #[test]
    fn a_coarser_grid_knows_how_far_it_is_off() {
        let g = hills();
        let whole = g.coarser([-200.0, -150.0], [190.0, 140.0], 1000).unwrap();
        assert!(whole.error_m < 1e-5 && whole.heights() == g.heights());
        let coarse = g.coarser([-200.0, -150.0], [190.0, 140.0], 14).unwrap();
        assert_eq!((coarse.size().0, coarse.step()), (14, 30.0));
        assert!(coarse.error_m > 0.5);
        for k in 0..4000 {
            let (x, y) = (-200.0 + f64::from(k % 80) * 4.9, -150.0 + f64::from(k / 80) * 5.8);
            assert!((coarse.height(x, y) - g.height(x, y)).abs() <= coarse.error_m * 1.5);
        }
    }

    #[test]
    fn nonsense_is_no_grid() {
        assert!(Relief::new([0.0; 2], 1.0, (2, 2), vec![0.0; 3]).is_none());
        assert!(Relief::new([0.0; 2], 0.0, (2, 2), vec![0.0; 4]).is_none());
        assert!(Relief::new([0.0; 2], 1.0, (2, 2), vec![f32::NAN; 4]).is_none());
        assert!(Relief::new([f64::NAN; 2], 1.0, (2, 2), vec![0.0; 4]).is_none());
    }
}

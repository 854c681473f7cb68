//! Geometry as GeoPackage holds it: a header of its own, then well-known binary.
//!
//! Own code, not the `wkb` or `geozero` crates': those follow collections within collections as deep as the bytes say.

use super::feature::{ARCS, DAMAGED, Geometry, NO_GEOMETRY, Position, Reason};

/// Collections within collections, at most.
const DEEPEST: usize = 16;

/// Reads a geometry of a GeoPackage (OGC 12-128r19, 2.1.3).
pub(super) fn geopackage(bytes: &[u8]) -> Result<Geometry, Reason> {
    let flags = *bytes.get(3).filter(|_| bytes.starts_with(b"GP")).ok_or(DAMAGED)?;
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err(DAMAGED),
    };
    // An extended geometry has a body that only its author can read.
    if flags & 0x20 != 0 {
        return Err(DAMAGED);
    }
    if flags & 0x10 != 0 {
        return Err(NO_GEOMETRY);
    }
    let mut out = Geometry::default();
    let mut reader = Reader { bytes: bytes.get(8 + envelope..).ok_or(DAMAGED)?, big: false };
    reader.geometry(&mut out, 0)?;
    if out.is_empty() { Err(NO_GEOMETRY) } else { Ok(out) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Reason> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or(DAMAGED)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn number(&mut self) -> Result<u32, Reason> {
        let bytes = self.take()?;
        Ok(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn coordinate(&mut self) -> Result<f64, Reason> {
        let bytes = self.take()?;
        Ok(if self.big { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) })
    }

    /// A count of things of at least so many bytes each: more than there are bytes for is damage, not memory to ask for.
    fn count(&mut self, least: usize) -> Result<usize, Reason> {
        let n = self.number()? as usize;
        if n > self.bytes.len() / least { Err(DAMAGED) } else { Ok(n) }
    }

    /// Kind and coordinates a position; ISO's numbers (1003) and those of PostGIS (0x80000003).
    fn head(&mut self) -> Result<(u32, usize), Reason> {
        self.big = self.take::<1>()?[0] == 0;
        let code = self.number()?;
        if code & 0x2000_0000 != 0 {
            self.number()?;
        }
        let more = (code >> 31) + (code >> 30 & 1);
        let plain = code & 0x0fff_ffff;
        let iso = match plain / 1000 {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(DAMAGED),
        };
        Ok((plain % 1000, 2 + (more.max(iso)) as usize))
    }

    fn position(&mut self, width: usize) -> Result<Position, Reason> {
        let p = [self.coordinate()?, self.coordinate()?];
        for _ in 2..width {
            self.coordinate()?;
        }
        Ok(p)
    }

    fn line(&mut self, width: usize) -> Result<Vec<Position>, Reason> {
        let n = self.count(8 * width)?;
        (0..n).map(|_| self.position(width)).collect()
    }

    fn geometry(&mut self, out: &mut Geometry, depth: usize) -> Result<(), Reason> {
        let (kind, width) = self.head()?;
        match kind {
            1 => {
                let p = self.position(width)?;
                // Coordinates that are no numbers are how an empty point is written.
                out.points.extend(Some(p).filter(|p| !(p[0].is_nan() && p[1].is_nan())));
            }
            2 => {
                let line = self.line(width)?;
                out.lines.extend(Some(line).filter(|l| !l.is_empty()));
            }
            // A triangle is a polygon.
            3 | 17 => {
                let n = self.count(4)?;
                let rings = (0..n).map(|_| self.line(width)).collect::<Result<Vec<_>, _>>()?;
                out.polygons.extend(Some(rings).filter(|r| !r.is_empty()));
            }
            // Collections, of one kind or of any.
            4..=7 => {
                if depth > DEEPEST {
                    return Err(DAMAGED);
                }
                let n = self.count(5)?;
                for _ in 0..n {
                    self.geometry(out, depth + 1)?;
                }
            }
            8..=14 => return Err(ARCS),
            _ => return Err(DAMAGED),
        }
        Ok(())
    }
}

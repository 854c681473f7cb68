//! From a layer's coordinates to places on the Earth: which system it is in, and outlines that can be drawn.

use super::feature::{Declared, Layer, Position, Reason};
use crate::{SourceCrs, TilerError};
use cim_model::Place;
use geo::{Area as _, Coord, LineString, MakeValid as _, Polygon, RemoveRepeatedPoints as _, Validation as _};

pub(super) const NOT_OF_CRS: Reason = "its coordinates are not of its layer's coordinate system";
const TOO_FEW: Reason = "its outline has fewer than three corners";
const NOT_REPAIRABLE: Reason = "its outline crosses itself and cannot be repaired";
const NO_AREA: Reason = "its outline has no area";
/// Smaller outlines are slips of the pen, square metres.
const SMALLEST_M2: f64 = 0.5;
/// Metres of a degree of latitude, near enough to judge shapes.
const DEGREE_M: f64 = 111_320.0;

/// The system of a layer and where that is said.
#[derive(Debug)]
pub(super) struct LayerCrs {
    pub(super) crs: SourceCrs,
    pub(super) from: String,
}

/// The mapping's word comes first, then the file's, then what is asked for on the command line.
pub(super) fn crs(layer: &Layer, mapped: Option<&str>, asked: Option<&str>) -> Result<LayerCrs, TilerError> {
    let fail = |reason: String| TilerError::Vector { path: layer.path.clone(), reason };
    let parse = |text: &str, from: &str| {
        let crs = SourceCrs::parse(text).map_err(|e| fail(format!("{from}: {e}")))?;
        Ok(LayerCrs { crs, from: from.to_owned() })
    };
    if let Some(text) = mapped {
        return parse(text, "the mapping");
    }
    match (&layer.declared, asked) {
        (Declared::By(text, from), _) => parse(text, from),
        (Declared::Nothing, Some(text)) => parse(text, "--crs"),
        (Declared::Nothing, None) => Err(fail(format!(
            "layer `{}` does not say its coordinate system: name it, such as --crs EPSG:4549, --crs WGS84 or --crs GCJ02",
            layer.name
        ))),
        (Declared::Degrees, asked) => {
            let asked = asked.map(|text| parse(text, "--crs")).transpose()?;
            match asked.filter(|asked| asked.crs.is_geographic()) {
                Some(asked) => Ok(asked),
                None => parse("WGS84", "its columns of longitude and latitude"),
            }
        }
        // GeoJSON is WGS 84 by its standard, unless its numbers are no degrees or a person knows better.
        (Declared::GeoJson, asked) => {
            let outside =
                layer.features.iter().filter_map(|f| f.geometry.as_ref().ok().map(|g| (f.number, g))).find_map(
                    |(n, g)| g.positions().find(|p| !(p[0].abs() <= 360.0 && p[1].abs() <= 90.0)).map(|p| (n, p)),
                );
            match (asked, outside) {
                (Some(text), outside) => {
                    let asked = parse(text, "--crs")?;
                    if outside.is_none() && !asked.crs.is_geographic() {
                        return parse("WGS84", "the standard of GeoJSON, as its numbers are degrees");
                    }
                    Ok(asked)
                }
                (None, None) => parse("WGS84", "the standard of GeoJSON"),
                (None, Some((number, [x, y]))) => {
                    // One slip in a file of degrees is that feature's fault.
                    let all = layer.features.iter().filter_map(|f| f.geometry.as_ref().ok());
                    let degrees = all.flat_map(super::feature::Geometry::positions);
                    if degrees.filter(|p| p[0].abs() <= 360.0 && p[1].abs() <= 90.0).count() > 0 {
                        return parse("WGS84", "the standard of GeoJSON");
                    }
                    Err(fail(format!(
                        "feature {number} is at {x}, {y}, which are no degrees, and it does not say its coordinate system: \
                         name it, such as --crs EPSG:4549"
                    )))
                }
            }
        }
    }
}

impl LayerCrs {
    /// A place; `None` when the numbers are not of the system.
    pub(super) fn place(&self, p: Position) -> Option<Place> {
        self.crs.place(p[0], p[1]).filter(|p| p.lon.abs() <= 180.0)
    }

    /// A line of places without repetitions.
    pub(super) fn line(&self, line: &[Position]) -> Result<Vec<Place>, Reason> {
        let mut out: Vec<Place> = Vec::with_capacity(line.len());
        for p in line {
            let place = self.place(*p).ok_or(NOT_OF_CRS)?;
            if out.last() != Some(&place) {
                out.push(place);
            }
        }
        Ok(out)
    }

    /// The outlines of a polygon: one, unless it crosses itself and falls into several. The second says whether it had to
    /// be repaired.
    pub(super) fn outlines(&self, rings: &[Vec<Position>]) -> Result<(Vec<Outline>, bool), Reason> {
        let outer = self.line(rings.first().ok_or(TOO_FEW)?)?;
        let origin = *outer.first().ok_or(TOO_FEW)?;
        let frame = Frame { origin, east_m: DEGREE_M * origin.lat.to_radians().cos().max(1e-3) };
        let mut lines = vec![frame.ring(&outer)];
        for hole in &rings[1..] {
            let hole = frame.ring(&self.line(hole)?);
            // A hole of two corners takes nothing away.
            if hole.0.len() > 3 {
                lines.push(hole);
            }
        }
        if lines[0].0.len() < 4 {
            return Err(TOO_FEW);
        }
        let outer = lines.remove(0);
        let polygon = Polygon::new(outer, lines);
        let (polygons, repaired) = if polygon.is_valid() {
            (vec![polygon], false)
        } else {
            (polygon.make_valid().map_err(|_| NOT_REPAIRABLE)?.0, true)
        };
        let outlines: Vec<Outline> = polygons
            .into_iter()
            .filter(|p| p.unsigned_area() >= SMALLEST_M2)
            .map(|p| Outline {
                area_m2: p.unsigned_area(),
                ring: frame.places(p.exterior()),
                holes: p.interiors().iter().map(|h| frame.places(h)).collect(),
            })
            .collect();
        if outlines.is_empty() { Err(NO_AREA) } else { Ok((outlines, repaired)) }
    }
}

/// An outer ring with its holes; first corners not repeated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outline {
    pub(super) ring: Vec<Place>,
    pub(super) holes: Vec<Vec<Place>>,
    pub(super) area_m2: f64,
}

/// Metres around a place, flat: a building's, or a lake's, shape needs no more.
struct Frame {
    origin: Place,
    east_m: f64,
}

impl Frame {
    fn ring(&self, places: &[Place]) -> LineString {
        let metres =
            |p: &Place| Coord { x: (p.lon - self.origin.lon) * self.east_m, y: (p.lat - self.origin.lat) * DEGREE_M };
        let mut line = LineString::from_iter(places.iter().map(metres)).remove_repeated_points();
        line.close();
        line
    }

    fn places(&self, ring: &LineString) -> Vec<Place> {
        let corners = ring.0.len().saturating_sub(1);
        let place = |c: &Coord| Place::new(self.origin.lon + c.x / self.east_m, self.origin.lat + c.y / DEGREE_M);
        ring.0[..corners].iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees() -> LayerCrs {
        LayerCrs { crs: SourceCrs::parse("WGS84").unwrap(), from: String::new() }
    }

    /// Corners in metres around a place.
    fn ring(corners: &[(f64, f64)]) -> Vec<Position> {
        let east_m = DEGREE_M * 35.0f64.to_radians().cos();
        corners.iter().map(|(x, y)| [116.0 + x / east_m, 35.0 + y / DEGREE_M]).collect()
    }

    #[test]
    fn outlines_that_cross_themselves_fall_into_pieces_and_others_stay_as_they_are() {
        let square = ring(&[(0., 0.), (10., 0.), (10., 0.), (10., 10.), (0., 10.), (0., 0.)]);
        let (outlines, repaired) = degrees().outlines(std::slice::from_ref(&square)).unwrap();
        assert!(!repaired && outlines.len() == 1 && outlines[0].ring.len() == 4);
        assert!((outlines[0].area_m2 - 100.0).abs() < 1e-3);
        let tie = ring(&[(0., 0.), (10., 10.), (10., 0.), (0., 10.)]);
        let (outlines, repaired) = degrees().outlines(&[tie]).unwrap();
        assert!(repaired && outlines.len() == 2 && (outlines[1].area_m2 - 25.0).abs() < 1e-3, "{outlines:?}");
        // A hole that reaches out of its outline.
        let hole = ring(&[(5., 5.), (15., 5.), (15., 8.), (5., 8.)]);
        let (outlines, repaired) = degrees().outlines(&[square.clone(), hole]).unwrap();
        let area: f64 = outlines.iter().map(|o| o.area_m2).sum();
        assert!(repaired && area > 84.0, "{area}");
        let yard = ring(&[(2., 2.), (4., 2.), (4., 4.), (2., 4.), (2., 2.)]);
        let (outlines, repaired) = degrees().outlines(&[square, yard]).unwrap();
        assert!(!repaired && outlines[0].holes.len() == 1 && outlines[0].holes[0].len() == 4);
    }

    #[test]
    fn what_is_no_outline_says_why() {
        let reason = |rings: &[Vec<Position>]| degrees().outlines(rings).unwrap_err();
        assert_eq!(reason(&[]), TOO_FEW);
        assert_eq!(reason(&[ring(&[(0., 0.), (1., 0.), (0., 0.)])]), TOO_FEW);
        assert_eq!(reason(&[ring(&[(0., 0.), (5., 0.), (10., 0.)])]), NO_AREA);
        assert_eq!(reason(&[vec![[116.0, 95.0], [116.1, 35.0], [116.1, 35.1]]]), NOT_OF_CRS);
        assert_eq!(reason(&[vec![[f64::NAN, 35.0]; 4]]), NOT_OF_CRS);
    }
}

//! The coordinate systems that city data comes in.

mod wkt;

use cim_geo::Crs;
use cim_model::Place;

/// A coordinate system with an EPSG code, or one of China's that has none.
#[derive(Debug)]
pub struct SourceCrs {
    /// As a person knows it: `EPSG:7415`, `GCJ02`, ...
    pub name: String,
    way: Way,
    caution: Option<&'static str>,
}

/// Xian 1980's ellipsoid in a PROJ string.
const XIAN_80: &str = "+a=6378140";
/// NAD27, whose grids are not at hand, and what stands for it: its shift in the United States on average (EPSG:1173).
const NAD_27: [&str; 2] = ["+datum=NAD27", "+ellps=clrk66 +towgs84=-8,160,176"];

#[derive(Debug)]
enum Way {
    /// Degrees already.
    Degrees,
    /// What cim-geo knows.
    Own(Crs),
    /// What PROJ's strings describe.
    Proj { from: Box<proj4rs::Proj>, to: Box<proj4rs::Proj>, degrees: bool },
}

/// Which coordinate comes first in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AxisOrder {
    /// Easting or longitude.
    #[default]
    EastFirst,
    /// Northing or latitude.
    NorthFirst,
}

/// The system is unknown, or cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the coordinate system `{name}` cannot be used: {reason}; name another, such as EPSG:4549 or WGS84")]
pub struct CrsError {
    name: String,
    reason: String,
}

impl SourceCrs {
    /// By an EPSG code (`EPSG:7415`, `urn:ogc:def:crs:EPSG::7415`, `https://www.opengis.net/def/crs/EPSG/0/7415`,
    /// `http://www.opengis.net/gml/srs/epsg.xml#7415`), a name that [`Crs`] knows, or a whole definition in WKT 1 or 2 as
    /// `.prj` files hold it.
    ///
    /// # Errors
    /// There is no such code, or it needs what PROJ's strings cannot say.
    pub fn parse(text: &str) -> Result<Self, CrsError> {
        let text = text.trim().trim_start_matches('\u{feff}');
        if wkt::is_wkt(text) {
            return Self::parse_wkt(text);
        }
        let fail = |reason: &str| CrsError { name: text.trim().to_owned(), reason: reason.to_owned() };
        // In a compound name (`EPSG::28992+EPSG::5709`, `urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783`) the plane comes
        // first; so does it in those of Germany's surveyors (`urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH`).
        let plane = text.trim().trim_start_matches("urn:ogc:def:crs,");
        let plane = plane.split(['+', ',', '*']).next().unwrap_or_default();
        let last = plane.rsplit([':', '/', '#']).next().unwrap_or_default();
        let last = match last {
            "ETRS89_UTM31" => "25831",
            "ETRS89_UTM32" => "25832",
            "ETRS89_UTM33" => "25833",
            other => other,
        };
        let Ok(code) = last.parse::<u16>() else {
            let crs = text.trim().parse::<Crs>().map_err(|e| fail(&e.to_string()))?;
            return Ok(Self { name: text.trim().to_uppercase(), way: Way::Own(crs), caution: None });
        };
        let name = format!("EPSG:{code}");
        if matches!(code, 4326 | 4490 | 4979 | 4480) {
            return Ok(Self { name, way: Way::Degrees, caution: None });
        }
        let known = crs_definitions::from_code(code).ok_or_else(|| fail("there is no such code"))?;
        Self::from_proj(name, known.proj4)
    }

    fn parse_wkt(text: &str) -> Result<Self, CrsError> {
        let short = || text.chars().take(60).collect::<String>();
        let found = wkt::parse(text).map_err(|reason| CrsError { name: short(), reason })?;
        if let Some(known) = found.epsg.and_then(|code| Self::parse(&format!("EPSG:{code}")).ok()) {
            return Ok(known);
        }
        // The shifted degrees of web maps are no datum, but people write their names into one.
        let plain = found.name.to_ascii_uppercase().replace(['-', '_', ' '], "");
        for name in ["GCJ02", "BD09"] {
            if plain.contains(name) {
                return Self::parse(name);
            }
        }
        let name = if found.name.trim().is_empty() { short() } else { found.name };
        match found.proj {
            Ok(proj) => Self::from_proj(name, &proj),
            Err(reason) => Err(CrsError { name, reason }),
        }
    }

    fn from_proj(name: String, text: &str) -> Result<Self, CrsError> {
        let proj = |s: &str| {
            let fail = |e| CrsError { name: name.clone(), reason: format!("{e} in \"{s}\"") };
            proj4rs::Proj::from_proj_string(s).map_err(fail)
        };
        let from = proj(&text.replace(NAD_27[0], NAD_27[1]))?;
        let to = proj("+proj=longlat +datum=WGS84 +no_defs")?;
        let degrees = from.is_latlong();
        let caution = if text.contains(XIAN_80) && !text.contains("towgs84") {
            Some("Xian 1980 has no published shift to WGS 84: things may lie some tens of metres off")
        } else if text.contains(NAD_27[0]) {
            Some("NAD27 is shifted as in the United States on average: things may lie ten metres off, more elsewhere")
        } else {
            None
        };
        Ok(Self { name, way: Way::Proj { from: Box::new(from), to: Box::new(to), degrees }, caution })
    }

    /// What a user of it should know.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        self.caution
    }

    /// Whether its coordinates are degrees, not metres.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        match &self.way {
            Way::Degrees => true,
            Way::Own(crs) => !matches!(crs, Crs::GaussKrueger(_)),
            Way::Proj { degrees, .. } => *degrees,
        }
    }

    /// Which coordinate comes first in a file of this system, by what its coordinates can be.
    ///
    /// Authorities put latitudes and, in many countries, northings first; files follow them or not. A projection is true
    /// to scale only near its middle, where a country's data is: the order that keeps lengths is the file's (where both do,
    /// as in the Dutch grid, the easting comes first). Degrees tell
    /// the order when one of them is no latitude; where both could be, `by_authority` decides.
    #[must_use]
    pub fn axis_order(&self, corners: impl Iterator<Item = [f64; 2]>, by_authority: bool) -> AxisOrder {
        const ENOUGH: usize = 64;
        if self.is_geographic() {
            let no_latitude = |k: usize, c: &[f64; 2]| c[k].abs() > 90.0;
            for corner in corners {
                match (no_latitude(0, &corner), no_latitude(1, &corner)) {
                    (true, false) => return AxisOrder::EastFirst,
                    (false, true) => return AxisOrder::NorthFirst,
                    _ => {}
                }
            }
            return if by_authority { AxisOrder::NorthFirst } else { AxisOrder::EastFirst };
        }
        let (mut east, mut north) = (0usize, 0usize);
        for [a, b] in corners.take(ENOUGH) {
            match (self.scale_error(a, b), self.scale_error(b, a)) {
                (e, n) if e <= n => east += 1,
                _ => north += 1,
            }
        }
        if north > east { AxisOrder::NorthFirst } else { AxisOrder::EastFirst }
    }

    /// How far 100 m in the system are from 100 m on the ground, as a share; infinite where it has no place.
    fn scale_error(&self, x: f64, y: f64) -> f64 {
        const STEP_M: f64 = 100.0;
        const DEGREE_M: f64 = 111_320.0;
        let metres = |from: Place, to: Place| {
            let east = (to.lon - from.lon) * DEGREE_M * from.lat.to_radians().cos();
            east.hypot((to.lat - from.lat) * DEGREE_M)
        };
        let place = |x, y| self.place(x, y);
        let (Some(at), Some(right), Some(ahead)) = (place(x, y), place(x + STEP_M, y), place(x, y + STEP_M)) else {
            return f64::INFINITY;
        };
        let error = |to: Place| (metres(at, to) / STEP_M - 1.0).abs();
        // A hundredth is what the ellipsoid is from a sphere: less says nothing.
        (error(right).max(error(ahead)) - 0.01).max(0.0)
    }

    /// The place in WGS 84; x is the longitude or easting, y the latitude or northing. `None` when the numbers are not of
    /// this system.
    #[must_use]
    pub fn place(&self, x: f64, y: f64) -> Option<Place> {
        let (lon, lat) = match &self.way {
            Way::Degrees => (x, y),
            Way::Own(crs) => crs.to_wgs84(x, y).ok()?,
            Way::Proj { from, to, degrees } => {
                let mut point = if *degrees { (x.to_radians(), y.to_radians(), 0.0) } else { (x, y, 0.0) };
                proj4rs::transform::transform(from, to, &mut point).ok()?;
                (point.0.to_degrees(), point.1.to_degrees())
            }
        };
        (lon.is_finite() && lat.is_finite() && lat.abs() <= 90.0 && lon.abs() <= 360.0).then(|| Place::new(lon, lat))
    }
}

impl SourceCrs {
    /// The coordinates of a place in WGS 84: the longitude or easting, and the latitude or northing; `None` where the
    /// system does not reach.
    #[must_use]
    pub fn coordinates(&self, place: Place) -> Option<[f64; 2]> {
        let (x, y) = match &self.way {
            Way::Degrees => (place.lon, place.lat),
            Way::Own(crs) => crs.from_wgs84(place.lon, place.lat).ok()?,
            Way::Proj { from, to, degrees } => {
                let mut point = (place.lon.to_radians(), place.lat.to_radians(), 0.0);
                proj4rs::transform::transform(to, from, &mut point).ok()?;
                if *degrees { (point.0.to_degrees(), point.1.to_degrees()) } else { (point.0, point.1) }
            }
        };
        (x.is_finite() && y.is_finite()).then_some([x, y])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_lead_back_to_their_place() {
        for (crs, lon, lat) in [
            ("EPSG:4326", 8.5, 47.4),
            ("EPSG:2056", 8.5, 47.4),
            ("EPSG:28992", 4.3, 52.1),
            ("EPSG:25832", 11.5, 48.1),
            ("EPSG:4549", 116.6, 35.4),
            ("GCJ02", 116.6, 35.4),
        ] {
            let crs = SourceCrs::parse(crs).unwrap();
            let [x, y] = crs.coordinates(Place::new(lon, lat)).unwrap();
            let back = crs.place(x, y).unwrap();
            assert!((back.lon - lon).abs() < 1e-7 && (back.lat - lat).abs() < 1e-7, "{}: {back:?}", crs.name);
        }
    }

    #[test]
    fn nad27_is_shifted_without_its_grids() {
        // PROJ with its grids has -100.0004156, 39.9999969.
        let (degrees, plane) = (SourceCrs::parse("EPSG:4267").unwrap(), SourceCrs::parse("EPSG:26714").unwrap());
        for (crs, x, y, lon) in [(&degrees, -100.0, 40.0, -100.000_415_6), (&plane, 500_000.0, 4_427_550.0, -99.000_4)]
        {
            let place = crs.place(x, y).unwrap();
            assert!((place.lon - lon).abs() < 5e-5 && (place.lat - 40.0).abs() < 5e-3, "{}: {place:?}", crs.name);
            assert!(crs.caution().is_some_and(|c| c.contains("NAD27")), "{}", crs.name);
        }
    }

    #[test]
    fn names_of_all_kinds_are_understood() {
        for name in [
            "EPSG:7415",
            "urn:ogc:def:crs:EPSG::7415",
            "https://www.opengis.net/def/crs/EPSG/0/7415",
            "http://www.opengis.net/gml/srs/epsg.xml#7415",
        ] {
            assert_eq!(SourceCrs::parse(name).unwrap().name, "EPSG:7415");
        }
        assert_eq!(SourceCrs::parse("urn:ogc:def:crs,crs:EPSG::28992+EPSG::5709").unwrap().name, "EPSG:28992");
        for name in
            ["urn:ogc:def:crs,crs:EPSG:6.12:25832,crs:EPSG:6.12:5783", "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"]
        {
            assert_eq!(SourceCrs::parse(name).unwrap().name, "EPSG:25832");
        }
        assert!(SourceCrs::parse("gcj02").unwrap().is_geographic());
        let error = SourceCrs::parse("EPSG:1").unwrap_err().to_string();
        assert!(error.contains("EPSG:1") && error.contains("no such code"), "{error}");
    }

    #[test]
    fn the_tower_of_the_onze_lieve_vrouwetoren_is_where_the_dutch_grid_says() {
        // The origin of the Dutch grid, by its definition (EPSG:28992): 155,000 m, 463,000 m is the tower in Amersfoort.
        let place = SourceCrs::parse("EPSG:28992").unwrap().place(155_000.0, 463_000.0).unwrap();
        assert!((place.lon - 5.387_206).abs() < 2e-5 && (place.lat - 52.155_172).abs() < 2e-5, "{place:?}");
    }

    #[test]
    fn the_order_of_axes_is_seen_in_the_coordinates() {
        let order = |crs: &str, a: f64, b: f64, authority: bool| {
            SourceCrs::parse(crs).unwrap().axis_order(std::iter::once([a, b]), authority)
        };
        use AxisOrder::{EastFirst, NorthFirst};
        // A belt of CGCS2000, with and without the belt's number before the easting; the Dutch grid; UTM.
        for (crs, east, north) in [
            ("EPSG:4549", 412_345.6, 3_923_456.7),
            ("EPSG:4528", 40_412_345.6, 3_923_456.7),
            ("EPSG:25832", 691_000.0, 5_336_000.0),
        ] {
            for authority in [false, true] {
                assert_eq!(order(crs, east, north, authority), EastFirst, "{crs}");
                assert_eq!(order(crs, north, east, authority), NorthFirst, "{crs}");
            }
        }
        assert_eq!(order("EPSG:4490", 116.6, 35.4, true), EastFirst);
        assert_eq!(order("EPSG:4490", 35.4, 116.6, false), NorthFirst);
        assert_eq!(order("EPSG:4326", 52.1, 5.4, true), NorthFirst);
        assert_eq!(order("EPSG:4326", 5.4, 52.1, false), EastFirst);
    }

    #[test]
    fn a_belt_of_china_agrees_with_our_own_projection() {
        let theirs = SourceCrs::parse("EPSG:4549").unwrap().place(412_345.6, 3_923_456.7).unwrap();
        let crs: Crs = "EPSG:4549".parse().unwrap();
        let ours = crs.to_wgs84(412_345.6, 3_923_456.7).unwrap();
        assert!((theirs.lon - ours.0).abs() < 1e-8 && (theirs.lat - ours.1).abs() < 1e-8);
    }
}

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

#[derive(Debug)]
enum Way {
    /// Degrees already.
    Degrees,
    /// What cim-geo knows.
    Own(Crs),
    /// What PROJ's strings describe.
    Proj { from: Box<proj4rs::Proj>, to: Box<proj4rs::Proj>, degrees: bool },
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
        let last = text.trim().rsplit([':', '/', '#']).next().unwrap_or_default();
        // A compound name such as `EPSG::28992+EPSG::5709`: the plane comes first.
        let last = if text.contains('+') {
            text.trim().split('+').next().and_then(|t| t.rsplit([':', '/', '#']).next()).unwrap_or_default()
        } else {
            last
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
        let from = proj(text)?;
        let to = proj("+proj=longlat +datum=WGS84 +no_defs")?;
        let degrees = from.is_latlong();
        let caution = (text.contains(XIAN_80) && !text.contains("towgs84"))
            .then_some("Xian 1980 has no published shift to WGS 84: things may lie some tens of metres off");
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_belt_of_china_agrees_with_our_own_projection() {
        let theirs = SourceCrs::parse("EPSG:4549").unwrap().place(412_345.6, 3_923_456.7).unwrap();
        let crs: Crs = "EPSG:4549".parse().unwrap();
        let ours = crs.to_wgs84(412_345.6, 3_923_456.7).unwrap();
        assert!((theirs.lon - ours.0).abs() < 1e-8 && (theirs.lat - ours.1).abs() < 1e-8);
    }
}

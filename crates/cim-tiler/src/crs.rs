//! The coordinate systems that city data comes in.

mod definitions;
#[allow(unsafe_code, reason = "a library in C is opened at run time")]
mod installed;
mod wkt;

use cim_geo::Crs;
use cim_model::Place;
use installed::Installed;

/// A coordinate system: one of those that are built in, or any that PROJ knows, where it is installed.
#[derive(Debug)]
pub struct SourceCrs {
    /// As a person knows it: `EPSG:7415`, `GCJ02`, ...
    pub name: String,
    way: Way,
    caution: Option<String>,
}

/// Xian 1980's ellipsoid in a PROJ string.
const XIAN_80: &str = "+a=6378140";
/// NAD27, whose grids are not at hand, and what stands for it: its shift in the United States on average (EPSG:1173).
const NAD_27: [&str; 2] = ["+datum=NAD27", "+ellps=clrk66 +towgs84=-8,160,176"];

/// Geographic systems of France and its colonies whose unit is the grad, which PROJ's strings do not say; 7400 with heights.
const IN_GRADS: [u32; 9] = [4807, 4810, 4811, 4816, 4819, 4821, 4901, 4902, 7400];

#[derive(Debug)]
enum Way {
    /// Degrees already.
    Degrees,
    /// What cim-geo knows.
    Own(Crs),
    /// What PROJ's strings describe, with the radians of its unit where that is an angle.
    Proj { from: Box<proj4rs::Proj>, to: Box<proj4rs::Proj>, angle: Option<f64> },
    /// What PROJ itself computes.
    Installed(Box<Installed>),
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
    /// `http://www.opengis.net/gml/srs/epsg.xml#7415`), a name that [`Crs`] knows, a whole definition in WKT 1 or 2 as
    /// `.prj` files hold it, or a string of PROJ's (`+proj=utm +zone=50`); where PROJ is installed, by anything else that
    /// it reads (`ESRI:102025`, `NAD83 / UTM zone 10N`, PROJJSON). `PROJ:` before any of these hands it to PROJ at once.
    ///
    /// # Errors
    /// There is no such system, or it is not built in and PROJ is not installed.
    pub fn parse(text: &str) -> Result<Self, CrsError> {
        let text = text.trim().trim_start_matches('\u{feff}');
        if let Some(asked) = text.get(..5).filter(|p| p.eq_ignore_ascii_case("PROJ:")).and_then(|p| text.get(p.len()..))
        {
            return Self::installed(asked).map_err(|reason| CrsError { name: short(asked), reason });
        }
        Self::built_in(text).or_else(|error| {
            let found = Self::installed(text);
            found.map_err(|more| CrsError { reason: format!("{}; {more}", error.reason), ..error })
        })
    }

    /// As [`Self::parse`], without PROJ.
    fn built_in(text: &str) -> Result<Self, CrsError> {
        if wkt::is_wkt(text) {
            return Self::parse_wkt(text);
        }
        if text.starts_with('+') {
            return Self::from_proj(text.to_owned(), text);
        }
        let fail = |reason: String| CrsError { name: short(text), reason };
        let Some(code) = epsg_code(text) else {
            // The standard's own name of longitude and latitude: `OGC:CRS84`, `urn:ogc:def:crs:OGC:1.3:CRS84`, ...
            let last = text.rsplit([':', '/']).next().unwrap_or_default();
            let name = if matches!(last, "CRS84" | "CRS84h") { "CRS84" } else { text };
            let crs = name.parse::<Crs>().map_err(|e| fail(e.to_string()))?;
            return Ok(Self { name: name.to_uppercase(), way: Way::Own(crs), caution: None });
        };
        let name = format!("EPSG:{code}");
        if matches!(code, 4326 | 4490 | 4979 | 4480) {
            return Ok(Self { name, way: Way::Degrees, caution: None });
        }
        let known = definitions::definition(code);
        let known = known.ok_or_else(|| fail("there is no such code among those built in".into()))?;
        let mut crs = Self::from_proj(name, known)?;
        crs.grads(code);
        Ok(crs)
    }

    /// Says that the unit of a system is the grad, if it is by its EPSG code.
    fn grads(&mut self, code: u32) {
        if let Way::Proj { angle: Some(angle), .. } = &mut self.way
            && IN_GRADS.contains(&code)
        {
            *angle = std::f64::consts::PI / 200.0;
        }
    }

    /// By PROJ.
    fn installed(text: &str) -> Result<Self, String> {
        let found = match epsg_code(text).filter(|_| !wkt::is_wkt(text)) {
            // Esri's own codes are often given as EPSG's.
            Some(code @ 37_000..) => Installed::parse(&format!("ESRI:{code}"))?,
            Some(code) => Installed::parse(&format!("EPSG:{code}"))?,
            None => Installed::parse(text)?,
        };
        let name = found.name.clone();
        let version = found.version();
        let caution = format!(
            "it is computed by PROJ {version} as it is installed here: another version, or other grids, may lead elsewhere"
        );
        Ok(Self { name, way: Way::Installed(Box::new(found)), caution: Some(caution) })
    }

    fn parse_wkt(text: &str) -> Result<Self, CrsError> {
        let found = wkt::parse(text).map_err(|reason| CrsError { name: short(text), reason })?;
        if let Some(known) = found.epsg.and_then(|code| Self::built_in(&format!("EPSG:{code}")).ok()) {
            return Ok(known);
        }
        // The shifted degrees of web maps are no datum, but people write their names into one.
        let plain = found.name.to_ascii_uppercase().replace(['-', '_', ' '], "");
        for name in ["GCJ02", "BD09"] {
            if plain.contains(name) {
                return Self::built_in(name);
            }
        }
        let name = if found.name.trim().is_empty() { short(text) } else { found.name };
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
        let angle = from.is_latlong().then_some(1f64.to_radians());
        let caution = if text.contains(XIAN_80) && !text.contains("towgs84") {
            Some("Xian 1980 has no published shift to WGS 84: things may lie some tens of metres off")
        } else if text.contains(NAD_27[0]) {
            Some("NAD27 is shifted as in the United States on average: things may lie ten metres off, more elsewhere")
        } else {
            None
        };
        let way = Way::Proj { from: Box::new(from), to: Box::new(to), angle };
        Ok(Self { name, way, caution: caution.map(str::to_owned) })
    }

    /// What a user of it should know.
    #[must_use]
    pub fn caution(&self) -> Option<&str> {
        self.caution.as_deref()
    }

    /// Whether its coordinates are degrees (or grads), not metres.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        match &self.way {
            Way::Degrees => true,
            Way::Own(crs) => !matches!(crs, Crs::GaussKrueger(_)),
            Way::Proj { angle, .. } => angle.is_some(),
            Way::Installed(installed) => installed.is_geographic,
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
            Way::Proj { from, to, angle } => {
                let unit = angle.unwrap_or(1.0);
                let mut point = (x * unit, y * unit, 0.0);
                proj4rs::transform::transform(from, to, &mut point).ok()?;
                (point.0.to_degrees(), point.1.to_degrees())
            }
            Way::Installed(installed) => installed.place(x, y),
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
            Way::Proj { from, to, angle } => {
                let mut point = (place.lon.to_radians(), place.lat.to_radians(), 0.0);
                proj4rs::transform::transform(to, from, &mut point).ok()?;
                let unit = angle.unwrap_or(1.0);
                (point.0 / unit, point.1 / unit)
            }
            Way::Installed(installed) => installed.coordinates(place.lon, place.lat),
        };
        (x.is_finite() && y.is_finite()).then_some([x, y])
    }
}

/// The EPSG code that a name has, if it has one. What else can have a number is not taken for EPSG's.
fn epsg_code(text: &str) -> Option<u32> {
    // In a compound name (`EPSG::28992+EPSG::5709`, `urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783`, `.../def/crs-compound?1=
    // .../EPSG/0/25832&2=.../EPSG/0/5783`) the plane comes first; so does it in those of Germany's surveyors
    // (`urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH`).
    let plane = text.trim().trim_start_matches("urn:ogc:def:crs,");
    let plane = plane.split("&2=").next().unwrap_or_default();
    let plane = plane.split(['+', ',', '*']).next().unwrap_or_default();
    let last = plane.rsplit([':', '/', '#']).next().unwrap_or_default();
    let is_epsg = last.len() == plane.len() || plane.to_ascii_uppercase().contains("EPSG");
    match last {
        "ETRS89_UTM31" => Some(25831),
        "ETRS89_UTM32" => Some(25832),
        "ETRS89_UTM33" => Some(25833),
        other => other.parse().ok().filter(|_| is_epsg),
    }
}

/// A text short enough to be named in a message.
fn short(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

#[cfg(test)]
#[path = "crs/tests.rs"]
mod tests;

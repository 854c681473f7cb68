//! The coordinate systems that a source may declare.

use crate::{GaussKrueger, bd09_to_wgs84, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02};
use std::str::FromStr;

/// What can be wrong with a coordinate or a coordinate system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeoError {
    /// No such 3-degree zone.
    #[error("there is no 3-degree zone {0}: China's are 25 to 45")]
    Zone(u32),
    /// Not a CGCS2000 Gauss-Krueger belt.
    #[error("EPSG:{0} is not a CGCS2000 3-degree Gauss-Krueger belt (EPSG:4513 to 4554)")]
    Epsg(u32),
    /// Too far from the central meridian.
    #[error("{lon_deg}, {lat_deg} is outside the projection's belt")]
    OutOfBelt {
        /// Longitude, degrees.
        lon_deg: f64,
        /// Latitude, degrees.
        lat_deg: f64,
    },
    /// Not metres of this belt.
    #[error("easting {easting_m}, northing {northing_m} is not of this belt: is the zone prefix missing or wrong?")]
    NotOfBelt {
        /// Easting, metres.
        easting_m: f64,
        /// Northing, metres.
        northing_m: f64,
    },
    /// An unknown name.
    #[error("`{0}` is not a known coordinate system: WGS84, CGCS2000, GCJ02, BD09 or EPSG:4513 to EPSG:4554")]
    Name(String),
}

/// A coordinate system whose coordinates can be taken to WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crs {
    /// Longitude, latitude in WGS 84 or CGCS2000.
    Wgs84,
    /// Longitude, latitude as Chinese web maps show them.
    Gcj02,
    /// Longitude, latitude as Baidu shows them.
    Bd09,
    /// Easting, northing of a CGCS2000 Gauss-Krueger belt.
    GaussKrueger(GaussKrueger),
}

impl Crs {
    /// Longitude and latitude in WGS 84, degrees. x is the longitude or easting, y the latitude or northing.
    ///
    /// # Errors
    /// The numbers are not of this system.
    pub fn to_wgs84(&self, x: f64, y: f64) -> Result<(f64, f64), GeoError> {
        match self {
            Self::Wgs84 => Ok((x, y)),
            Self::Gcj02 => Ok(gcj02_to_wgs84(x, y)),
            Self::Bd09 => Ok(bd09_to_wgs84(x, y)),
            Self::GaussKrueger(gk) => gk.inverse(x, y),
        }
    }

    /// Coordinates of a place in WGS 84 degrees: the longitude or easting, and the latitude or northing.
    ///
    /// # Errors
    /// The place is outside the system.
    pub fn from_wgs84(&self, lon: f64, lat: f64) -> Result<(f64, f64), GeoError> {
        match self {
            Self::Wgs84 => Ok((lon, lat)),
            Self::Gcj02 => Ok(wgs84_to_gcj02(lon, lat)),
            Self::Bd09 => Ok(wgs84_to_bd09(lon, lat)),
            Self::GaussKrueger(gk) => gk.forward(lon, lat),
        }
    }
}

impl FromStr for Crs {
    type Err = GeoError;

    fn from_str(name: &str) -> Result<Self, GeoError> {
        match name.trim().to_ascii_uppercase().replace(['-', ' '], "").as_str() {
            "WGS84" | "CRS84" | "CGCS2000" | "EPSG:4326" | "EPSG:4490" => Ok(Self::Wgs84),
            "GCJ02" => Ok(Self::Gcj02),
            "BD09" => Ok(Self::Bd09),
            other => {
                let code = other.strip_prefix("EPSG:").and_then(|c| c.parse().ok());
                let code = code.ok_or_else(|| GeoError::Name(name.chars().take(64).collect()))?;
                GaussKrueger::from_epsg(code).map(Self::GaussKrueger)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_others_refused() {
        let (lon, lat) = "EPSG:4548".parse::<Crs>().unwrap().to_wgs84(462_498.487_6, 3_920_757.505_6).unwrap();
        assert!((lon - 116.5871).abs() < 1e-8 && (lat - 35.4154).abs() < 1e-8);
        assert_eq!("gcj-02".parse::<Crs>().unwrap(), Crs::Gcj02);
        assert!("EPSG:32650".parse::<Crs>().is_err());
        assert!("moon".parse::<Crs>().is_err());
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        for name in ["WGS84", "GCJ02", "BD09", "EPSG:4548"] {
            let crs: Crs = name.parse().unwrap();
            let (x, y) = crs.from_wgs84(116.5871, 35.4154).unwrap();
            let (lon, lat) = crs.to_wgs84(x, y).unwrap();
            assert!((lon - 116.5871).abs() < 1e-7 && (lat - 35.4154).abs() < 1e-7, "{name}: {lon} {lat}");
        }
    }
}

//! Views as text: on the command line, in links, in pages.

use super::{CameraLimits, MapView};
use crate::scene::SiteGeo;
use cim_model::Place;
use std::{fmt, str::FromStr};

/// A view as a person writes it: `home`, or `lon,lat,distance[,heading[,tilt]]` in degrees and metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ViewSpec {
    /// Everything.
    Home,
    /// A place from a distance.
    At {
        /// The place looked at.
        place: Place,
        /// Metres from there to the eye.
        distance_m: f64,
        /// Degrees clockwise from north.
        heading_deg: f64,
        /// Degrees from straight down.
        tilt_deg: f64,
    },
}

/// The text is not a view.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a view: write home, or lon,lat,distance[,heading[,tilt]] such as 116.587,35.415,1500,30,60")]
pub struct ViewSpecError(String);

impl ViewSpec {
    /// The view in the site's metres.
    #[must_use]
    pub fn to_view(self, site: &SiteGeo, limits: &CameraLimits) -> MapView {
        match self {
            Self::Home => limits.home,
            Self::At { place, distance_m, heading_deg, tilt_deg } => {
                limits.clamp(MapView { target: site.position(place, 0.0), heading_deg, tilt_deg, distance_m })
            }
        }
    }
}

impl FromStr for ViewSpec {
    type Err = ViewSpecError;

    fn from_str(text: &str) -> Result<Self, ViewSpecError> {
        let wrong = || ViewSpecError(text.chars().take(80).collect());
        if text.trim() == "home" {
            return Ok(Self::Home);
        }
        let numbers: Vec<f64> =
            text.split(',').map(|n| n.trim().parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
        let (&[lon, lat, distance_m], rest) = numbers.split_first_chunk().ok_or_else(wrong)?;
        let place = Place::new(lon, lat);
        if rest.len() > 2 || !place.is_plausible() || !numbers.iter().all(|n| n.is_finite()) || distance_m <= 0.0 {
            return Err(wrong());
        }
        let at = |i: usize, or: f64| rest.get(i).copied().unwrap_or(or);
        Ok(Self::At { place, distance_m, heading_deg: at(0, 0.0), tilt_deg: at(1, 55.0) })
    }
}

impl fmt::Display for ViewSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => f.write_str("home"),
            Self::At { place, distance_m, heading_deg, tilt_deg } => {
                write!(f, "{},{},{distance_m},{heading_deg},{tilt_deg}", place.lon, place.lat)
            }
        }
    }
}

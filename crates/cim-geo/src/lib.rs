//! Geodesy for the city: Earth-centred coordinates, the local frame of a site, CGCS2000 Gauss-Krueger, and the two
//! shifted systems of Chinese web maps (GCJ-02, BD-09); and the heights of a site's ground. No I/O.
//!
//! WGS 84 and CGCS2000 are treated as one: they agree to centimetres, and their ellipsoids to a tenth of a millimetre.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod china;
mod crs;
mod gauss_krueger;
pub mod relief;
mod site;
pub mod wgs84;

pub use china::{bd09_to_gcj02, bd09_to_wgs84, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_bd09, wgs84_to_gcj02};
pub use crs::{Crs, GeoError};
pub use gauss_krueger::GaussKrueger;
pub use relief::{Relief, ReliefError};
pub use site::SiteFrame;
pub use wgs84::Geodetic;

//! Gauss-Krueger against PROJ, the library that the rest of the field trusts: the same to a millimetre.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used)]

use cim_geo::GaussKrueger;
use proj::Proj;
use proptest::prelude::*;

/// Metres.
const MILLIMETRE: f64 = 1e-3;

/// PROJ's own transformation for an EPSG code of a CGCS2000 3-degree belt, longitude and latitude in degrees in.
fn proj(epsg: u32) -> Proj {
    Proj::new_known_crs("OGC:CRS84", &format!("EPSG:{epsg}"), None).unwrap()
}

/// PROJ normalises the axes of a projected system to easting, northing.
fn compare(epsg: u32, theirs: &Proj, lon: f64, lat: f64) {
    let ours = GaussKrueger::from_epsg(epsg).unwrap();
    let (x, y) = theirs.convert((lon, lat)).unwrap();
    let (e, n) = ours.forward(lon, lat).unwrap();
    assert!((e - x).abs() < MILLIMETRE && (n - y).abs() < MILLIMETRE, "EPSG:{epsg} {lon} {lat}: {e} {n}, PROJ {x} {y}");
    let (back_lon, back_lat) = ours.inverse(x, y).unwrap();
    // A millimetre is 9e-9 degrees of latitude.
    let scale = lat.to_radians().cos();
    assert!((back_lat - lat).abs() < 9e-9 && (back_lon - lon).abs() * scale < 9e-9, "{back_lon} {back_lat}");
}

#[test]
fn every_belt_of_china_agrees() {
    for zone in 25..=45 {
        let middle = f64::from(zone) * 3.0;
        for epsg in [4513 + zone - 25, 4534 + zone - 25] {
            let theirs = proj(epsg);
            for lat in [4.0, 20.0, 35.415, 53.5] {
                for off in [-2.0, -0.7, 0.0, 1.5, 2.0] {
                    compare(epsg, &theirs, middle + off, lat);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn anywhere_in_jinings_belt_agrees(lon in 115.0..119.0f64, lat in 18.0..54.0f64) {
        thread_local! { static THEIRS: Proj = proj(4548); }
        THEIRS.with(|theirs| compare(4548, theirs, lon, lat));
    }
}

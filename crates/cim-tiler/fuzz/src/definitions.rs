//! Texts that say what data mean.

use super::memory;
use cim_tiler::{SourceCrs, vector::Mapping};

/// Any text as a mapping file.
pub fn mapping(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    memory::bounded(bytes.len(), || {
        if let Err(reason) = Mapping::parse(&text) {
            assert!(!reason.is_empty());
        }
    });
}

/// Any text as a coordinate system: places in it are on the Earth, or none.
pub fn wkt(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    memory::bounded(bytes.len(), || match SourceCrs::parse(&text) {
        Ok(crs) => {
            assert!(!crs.name.is_empty());
            for (x, y) in [(0.0, 0.0), (116.6, 35.4), (500_000.0, 4e6), (-1e300, f64::MAX), (f64::NAN, 0.0)] {
                if let Some(place) = crs.place(x, y) {
                    assert!(place.lon.is_finite() && place.lat.abs() <= 90.0, "{text}: {place:?}");
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    });
}

//! GeoTIFF's keys (OGC 19-008r4): which coordinate system and which heights.

use super::raster::Vertical;

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const CITATION: u16 = 1026;
const GEODETIC_CRS: u16 = 2048;
const GEODETIC_CITATION: u16 = 2049;
const PROJECTED_CRS: u16 = 3072;
const PROJECTED_CITATION: u16 = 3073;
const VERTICAL: u16 = 4096;
const VERTICAL_CITATION: u16 = 4097;
const VERTICAL_UNITS: u16 = 4099;
/// "Defined by other keys".
const USER_DEFINED: u16 = 32767;

/// The three tags that hold keys.
#[derive(Debug, Default)]
pub(super) struct GeoKeys {
    pub(super) directory: Vec<u16>,
    pub(super) texts: String,
}

impl GeoKeys {
    /// Four numbers each after the header of four: key, where its value is, how many of it, the value or its place.
    fn entries(&self) -> impl Iterator<Item = [u16; 4]> + '_ {
        let count = self.directory.get(3).map_or(0, |c| usize::from(*c));
        let entries = self.directory.get(4..).unwrap_or_default().chunks_exact(4).take(count);
        entries.map(|e| [e[0], e[1], e[2], e[3]])
    }

    fn short(&self, key: u16) -> Option<u16> {
        self.entries().find(|e| e[0] == key && e[1] == 0).map(|e| e[3])
    }

    fn text(&self, key: u16) -> Option<&str> {
        let [_, _, count, from] = self.entries().find(|e| e[0] == key && e[1] == 34737)?;
        let text = self.texts.get(usize::from(from)..)?;
        let end = text.char_indices().nth(usize::from(count)).map_or(text.len(), |(i, _)| i);
        Some(text[..end].trim_end_matches(['|', '\0']).trim())
    }

    /// Whether a raster's coordinates are those of pixels' centres, not of their corners.
    pub(super) fn pixel_is_point(&self) -> bool {
        self.short(RASTER_TYPE) == Some(2)
    }

    /// The coordinate system, as [`crate::SourceCrs::parse`] understands it.
    pub(super) fn crs(&self) -> Option<String> {
        let code = |key: u16| self.short(key).filter(|c| !matches!(*c, 0 | USER_DEFINED));
        let projected = code(PROJECTED_CRS);
        let geodetic = code(GEODETIC_CRS).filter(|_| self.short(MODEL_TYPE) == Some(2));
        if let Some(code) = projected.or(geodetic) {
            return Some(format!("EPSG:{code}"));
        }
        // Esri writes systems without a code as WKT.
        [PROJECTED_CITATION, CITATION, GEODETIC_CITATION].into_iter().find_map(|key| {
            let (_, wkt) = self.text(key)?.split_once("ESRI PE String = ")?;
            Some(wkt.trim().to_owned())
        })
    }

    /// What heights count from; metres of the land's own system when nothing says it.
    pub(super) fn vertical(&self) -> Vertical {
        let code = self.short(VERTICAL).filter(|c| !matches!(*c, 0 | USER_DEFINED));
        let name = code.map(vertical_name).or_else(|| self.text(VERTICAL_CITATION).map(str::to_owned));
        let metres = match self.short(VERTICAL_UNITS) {
            Some(9002) => 0.3048,
            Some(9003) => 1200.0 / 3937.0,
            _ => 1.0,
        };
        let name = name.filter(|n| !n.is_empty());
        Vertical { declared: name.is_some(), name: name.unwrap_or_default(), metres }
    }
}

/// The name of a vertical system by its EPSG code.
pub(super) fn vertical_name(code: u16) -> String {
    let name = match code {
        5737 => "1985国家高程基准",
        5736 => "1956年黄海高程系",
        5773 => "EGM96",
        3855 => "EGM2008",
        5709 => "NAP",
        5728 => "LN02",
        5729 => "LHN95",
        5783 => "DHHN92",
        7837 => "DHHN2016",
        5703 => "NAVD88",
        5701 => "ODN",
        3900 => "N2000",
        5030 | 4979 => "ellipsoid",
        _ => return format!("EPSG:{code}"),
    };
    format!("{name} (EPSG:{code})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(entries: &[[u16; 4]], texts: &str) -> GeoKeys {
        let header = [1, 1, 1, entries.len() as u16];
        let directory = header.into_iter().chain(entries.iter().copied().flatten()).collect();
        GeoKeys { directory, texts: texts.into() }
    }

    #[test]
    fn codes_and_definitions_are_found() {
        let k = keys(&[[1024, 0, 1, 1], [1025, 0, 1, 2], [3072, 0, 1, 4549], [4096, 0, 1, 5737]], "");
        assert_eq!(k.crs().as_deref(), Some("EPSG:4549"));
        assert!(k.pixel_is_point());
        assert_eq!(k.vertical().name, "1985国家高程基准 (EPSG:5737)");
        let k = keys(&[[1024, 0, 1, 2], [2048, 0, 1, 4326], [4099, 0, 1, 9002]], "");
        assert_eq!(k.crs().as_deref(), Some("EPSG:4326"));
        assert!(!k.pixel_is_point() && !k.vertical().declared && k.vertical().metres == 0.3048);
        let text = "ESRI PE String = PROJCS[\"x\"]|";
        let k = keys(&[[1024, 0, 1, 1], [3072, 0, 1, 32767], [3073, 34737, text.len() as u16, 0]], text);
        assert_eq!(k.crs().as_deref(), Some("PROJCS[\"x\"]"));
    }

    #[test]
    fn directories_that_lie_say_nothing() {
        for directory in [vec![], vec![1, 1, 0, 9], vec![1, 1, 0, 1, 3072, 0], vec![1, 1, 0, 1, 3073, 34737, 9, 60000]]
        {
            let k = GeoKeys { directory, texts: "文字".into() };
            assert_eq!(k.crs(), None);
        }
    }
}

//! Opening a file of heights: what it is, where it lies, in which systems.

use super::{
    TerrainSource, ascii,
    geokeys::vertical_name,
    geotiff,
    raster::{Affine, Collector, Header, Raster, Vertical, Window},
};
use crate::{SourceCrs, TilerError, citymodel};
use std::{fs, io::Read, path::Path, rc::Rc};

/// A file that can be read.
pub(super) struct Opened {
    pub(super) header: Header,
    kind: Kind,
}

enum Kind {
    Tiff(Box<geotiff::Open>),
    Ascii,
}

/// What a file, or what lies beside it, says of its place.
struct Found {
    size: [u32; 2],
    affine: Option<Affine>,
    crs: Option<String>,
    vertical: Vertical,
    unknown: Option<f64>,
    scale: [f64; 2],
    kind: Kind,
}

pub(super) fn fail(path: &Path, reason: impl Into<String>) -> TilerError {
    TilerError::Source { path: path.to_owned(), format: "a terrain model", reason: reason.into() }
}

impl Opened {
    /// Opens a file; the systems that `source` names come before those of the file.
    pub(super) fn open(path: &Path, source: &TerrainSource) -> Result<Self, TilerError> {
        let found = find(path)?;
        let affine = found.affine.filter(Affine::is_usable).ok_or_else(|| {
            fail(path, "it does not say where it lies: save it as GeoTIFF, or put its world file (.tfw) beside it")
        })?;
        let named = source.crs.clone().or(found.crs).ok_or_else(|| {
            fail(path, "it does not say its coordinate system: name it, such as --terrain-crs EPSG:4549")
        })?;
        let crs = SourceCrs::parse(&named).map_err(|e| fail(path, e.to_string()))?;
        // A compound name says both: the plane first, then the heights.
        let compound = source.crs.as_deref().filter(|c| !c.contains(['=', '[', '{']));
        let asked = compound.and_then(|c| c.rsplit_once('+')).map(|(_, heights)| heights.trim());
        let vertical = match asked {
            Some(heights) => {
                let code = heights.rsplit(':').next().and_then(|c| c.parse().ok());
                let name = code.map_or_else(|| heights.to_owned(), vertical_name);
                Vertical { name, declared: true, ..found.vertical }
            }
            None => found.vertical,
        };
        let [width, height] = found.size;
        let header = Header {
            path: path.to_owned(),
            width,
            height,
            affine,
            crs: Rc::new(crs),
            vertical,
            unknown: found.unknown,
            scale: found.scale,
        };
        Ok(Self { header, kind: found.kind })
    }

    /// Reads the heights of a window.
    pub(super) fn read(&mut self, window: Window) -> Result<Raster, TilerError> {
        let header = &self.header;
        let mut into = Collector::new(header, window);
        let read = match &mut self.kind {
            Kind::Tiff(decoder) => geotiff::read(decoder, header, &mut into),
            Kind::Ascii => ascii::read(&header.path, &mut into),
        };
        read.map_err(|reason| fail(&header.path, reason))?;
        Ok(into.finish())
    }
}

fn find(path: &Path) -> Result<Found, TilerError> {
    let unreadable = |source| TilerError::Read { path: path.to_owned(), source };
    let file = citymodel::open(path)?;
    let (mut start, is_packed) = (Vec::new(), file.is_packed);
    file.reader.take(64).read_to_end(&mut start).map_err(unreadable)?;
    if geotiff::recognises(&start) {
        if is_packed {
            return Err(fail(path, "it is a gzipped GeoTIFF, whose parts cannot be read one by one: unpack it"));
        }
        let mut decoder = geotiff::open(path).map_err(|reason| fail(path, reason))?;
        let declared = geotiff::declared(&mut decoder).map_err(|reason| fail(path, reason))?;
        Ok(Found {
            size: [declared.width, declared.height],
            affine: declared.affine.or_else(|| world_file(path)),
            crs: declared.keys.crs().or_else(|| beside(path)),
            vertical: declared.keys.vertical(),
            unknown: declared.unknown,
            scale: declared.scale,
            kind: Kind::Tiff(Box::new(decoder)),
        })
    } else if ascii::recognises(&start) {
        let declared = ascii::declared(path).map_err(|reason| fail(path, reason))?;
        Ok(Found {
            size: [declared.width, declared.height],
            affine: Some(declared.affine),
            crs: beside(path),
            vertical: Vertical { name: String::new(), declared: false, metres: 1.0 },
            unknown: declared.unknown,
            scale: [1.0, 0.0],
            kind: Kind::Ascii,
        })
    } else {
        Err(fail(path, "it begins neither as TIFF nor as an ASCII grid (ncols ...)"))
    }
}

/// The definition in the `.prj` beside a file.
fn beside(path: &Path) -> Option<String> {
    let bytes = ["prj", "PRJ"].into_iter().find_map(|end| fs::read(path.with_extension(end)).ok())?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The world file beside a picture: six numbers, the place of the centre of the first pixel last.
fn world_file(path: &Path) -> Option<Affine> {
    let text =
        ["tfw", "tifw", "wld", "TFW"].into_iter().find_map(|end| fs::read_to_string(path.with_extension(end)).ok())?;
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let &[a, d, b, e, x, y] = numbers.as_slice() else { return None };
    Some(Affine { origin: [x, y], column: [a, d], row: [b, e] })
}

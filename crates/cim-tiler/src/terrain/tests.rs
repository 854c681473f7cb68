//! Small elevation models made here, and what is read of them.

use super::*;
use crate::Silent;
use proptest::prelude::*;
use std::{fs, io::Cursor, path::Path};
use tiff::{
    encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue, colortype},
    tags::Tag,
};

/// The middle of the test's city: the Dutch grid's origin, so that metres and degrees are known from a definition.
const ORIGIN: Place = Place { lon: 5.387_638_9, lat: 52.156_160_6 };

/// A hill that everybody can compute: metres by coordinates in the Dutch grid.
pub(crate) fn hill(x: f64, y: f64) -> f64 {
    let (dx, dy) = ((x - 155_000.0) / 700.0, (y - 463_000.0) / 500.0);
    30.0 + 60.0 * (-(dx * dx + dy * dy)).exp() + 0.004 * (x - 155_000.0)
}

/// The bounds of a city of about two kilometres.
pub(crate) fn bounds() -> SiteBounds {
    let (w, h) = (0.0146, 0.009);
    SiteBounds { west: ORIGIN.lon - w, south: ORIGIN.lat - h, east: ORIGIN.lon + w, north: ORIGIN.lat + h }
}

struct Grid {
    west: f64,
    north: f64,
    step: f64,
    width: u32,
    height: u32,
}

impl Grid {
    fn whole(step: f64) -> Self {
        let n = (8000.0 / step) as u32;
        Self { west: 151_000.0, north: 467_000.0, step, width: n, height: n }
    }

    fn heights(&self) -> Vec<f64> {
        let at = |c: u32, r: u32| {
            hill(self.west + (f64::from(c) + 0.5) * self.step, self.north - (f64::from(r) + 0.5) * self.step)
        };
        (0..self.height).flat_map(|r| (0..self.width).map(move |c| (c, r))).map(|(c, r)| at(c, r)).collect()
    }

    /// The tags of a GeoTIFF in the Dutch grid with heights above NAP, by pixels' corners or centres.
    fn tags(&self, point: bool) -> Vec<(Tag, Vec<f64>, Vec<u16>)> {
        let shift = if point { 0.5 * self.step } else { 0.0 };
        let kind = if point { 2 } else { 1 };
        let keys = vec![1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, kind, 3072, 0, 1, 28992, 4096, 0, 1, 5709];
        vec![
            (Tag::ModelPixelScaleTag, vec![self.step, self.step, 0.0], vec![]),
            (Tag::ModelTiepointTag, vec![0.0, 0.0, 0.0, self.west + shift, self.north - shift, 0.0], vec![]),
            (Tag::GeoKeyDirectoryTag, vec![], keys),
        ]
    }

    fn tiff<C: colortype::ColorType>(
        &self,
        data: &[C::Inner],
        compression: Compression,
        predictor: Predictor,
        point: bool,
        unknown: &str,
    ) -> Vec<u8>
    where
        [C::Inner]: TiffValue,
    {
        let mut out = Cursor::new(Vec::new());
        let encoder = TiffEncoder::new(&mut out).unwrap();
        let mut encoder = encoder.with_compression(compression).with_predictor(predictor);
        let mut image = encoder.new_image::<C>(self.width, self.height).unwrap();
        for (tag, reals, shorts) in self.tags(point) {
            if shorts.is_empty() {
                image.encoder().write_tag(tag, &reals[..]).unwrap();
            } else {
                image.encoder().write_tag(tag, &shorts[..]).unwrap();
            }
        }
        if !unknown.is_empty() {
            image.encoder().write_tag(Tag::GdalNodata, unknown).unwrap();
        }
        image.write_data(data).unwrap();
        out.into_inner()
    }

    fn ascii(&self) -> String {
        let mut text = format!(
            "ncols {}\nnrows {}\nxllcorner {}\nyllcorner {}\ncellsize {}\nNODATA_value -9999\n",
            self.width,
            self.height,
            self.west,
            self.north - self.step * f64::from(self.height),
            self.step
        );
        for row in self.heights().chunks(self.width as usize) {
            text += &row.iter().map(|h| format!("{h:.4}")).collect::<Vec<_>>().join(" ");
            text.push('\n');
        }
        text
    }
}

/// A GeoTIFF of the hill in f32 with deflate.
pub(crate) fn golden(step: f64) -> Vec<u8> {
    let grid = Grid::whole(step);
    let data: Vec<f32> = grid.heights().iter().map(|h| *h as f32).collect();
    let deflate = Compression::Deflate(DeflateLevel::default());
    grid.tiff::<colortype::Gray32Float>(&data, deflate, Predictor::None, false, "")
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> TerrainSource {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    TerrainSource { files: vec![path], ..TerrainSource::default() }
}

fn read(source: &TerrainSource) -> Result<Terrain, TilerError> {
    Terrain::read(source, ORIGIN, bounds(), &mut Silent)
}

/// How far the ground is from the hill at most within a rectangle of the Dutch grid.
fn off(terrain: &Terrain, low: [f64; 2], high: [f64; 2]) -> f64 {
    let crs = crate::SourceCrs::parse("EPSG:28992").unwrap();
    let frame = SiteFrame::new(Geodetic::new(ORIGIN.lon, ORIGIN.lat, 0.0));
    let mut worst: f64 = 0.0;
    for k in 0..1600 {
        let (u, v) = (f64::from(k % 40) / 39.0, f64::from(k / 40) / 39.0);
        let (x, y) = (low[0] + u * (high[0] - low[0]), low[1] + v * (high[1] - low[1]));
        let place = crs.place(x, y).unwrap();
        let enu = frame.to_enu(Geodetic::new(place.lon, place.lat, 0.0));
        let found = terrain.height(enu.x, enu.y) + terrain.report.datum_m;
        worst = worst.max((found - hill(x, y)).abs());
    }
    worst
}

const CITY: [[f64; 2]; 2] = [[154_000.0, 462_000.0], [156_000.0, 464_000.0]];

#[test]
fn the_ground_is_where_the_file_says_whatever_its_samples_and_compression_are() {
    let dir = tempfile::tempdir().unwrap();
    let grid = Grid::whole(20.0);
    let heights = grid.heights();
    let none = Predictor::None;
    let deflate = Compression::Deflate(DeflateLevel::default());
    let f32s: Vec<f32> = heights.iter().map(|h| *h as f32).collect();
    let i16s: Vec<i16> = heights.iter().map(|h| h.round() as i16).collect();
    let u16s: Vec<u16> = heights.iter().map(|h| h.round() as u16).collect();
    let i32s: Vec<i32> = heights.iter().map(|h| h.round() as i32).collect();
    let u8s: Vec<u8> = heights.iter().map(|h| h.round() as u8).collect();
    let files = [
        (0.15, grid.tiff::<colortype::Gray32Float>(&f32s, Compression::Uncompressed, none, false, "")),
        (0.15, grid.tiff::<colortype::Gray32Float>(&f32s, Compression::Lzw, none, true, "-9999")),
        (0.15, grid.tiff::<colortype::Gray64Float>(&heights, deflate, none, false, "nan")),
        (0.65, grid.tiff::<colortype::GrayI16>(&i16s, deflate, Predictor::Horizontal, false, "-32768")),
        (0.65, grid.tiff::<colortype::Gray16>(&u16s, Compression::Lzw, Predictor::Horizontal, true, "")),
        (0.65, grid.tiff::<colortype::GrayI32>(&i32s, Compression::Uncompressed, none, false, "")),
        (0.65, grid.tiff::<colortype::Gray8>(&u8s, deflate, none, false, "0")),
    ];
    for (i, (tolerance, bytes)) in files.iter().enumerate() {
        let terrain = read(&write(dir.path(), &format!("{i}.tif"), bytes)).unwrap();
        let worst = off(&terrain, CITY[0], CITY[1]);
        assert!(worst < *tolerance, "file {i}: {worst}");
        let report = &terrain.report;
        assert_eq!((report.crs.as_slice(), report.assumed), (&["EPSG:28992".to_owned()][..], 0), "file {i}");
        assert_eq!(report.heights, ["NAP (EPSG:5709)"]);
        assert!((report.step_m - 20.0).abs() < 0.01 && report.filled_share == 0.0, "{report}");
    }
}

/// A number as a half float (IEEE 754 binary16), cut off.
fn half(value: f64) -> u16 {
    let bits = (value as f32).to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    assert!((1..31).contains(&exponent), "{value}");
    (bits >> 16 & 0x8000) as u16 | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16
}

#[test]
fn half_floats_are_heights() {
    let dir = tempfile::tempdir().unwrap();
    let grid = Grid::whole(20.0);
    // Metres below 128 have steps of 1/16 m.
    let halves: Vec<u16> = grid.heights().iter().map(|h| half(*h)).collect();
    for compression in [Compression::Uncompressed, Compression::Deflate(DeflateLevel::default())] {
        let mut bytes = grid.tiff::<colortype::Gray16>(&halves, compression, Predictor::None, false, "");
        // The entry of the sample format, 16 bits, once: from whole numbers to floats.
        let entry = [0x53, 1, 3, 0, 1, 0, 0, 0, 1, 0];
        let at = bytes.windows(entry.len()).position(|w| w == entry).unwrap();
        bytes[at + 8] = 3;
        let terrain = read(&write(dir.path(), "half.tif", &bytes)).unwrap();
        let worst = off(&terrain, CITY[0], CITY[1]);
        assert!(worst < 0.25, "{worst}");
    }
}

#[test]
fn a_gzipped_grid_is_the_grid_and_a_gzipped_picture_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, bytes).unwrap();
        packer.finish().unwrap()
    };
    let text = Grid::whole(40.0).ascii();
    let with_crs = |name: &str, bytes: &[u8]| {
        let source = write(dir.path(), name, bytes);
        read(&TerrainSource { crs: Some("EPSG:28992".into()), ..source })
    };
    let plain = with_crs("plain.asc", text.as_bytes()).unwrap();
    let gzipped = packed(text.as_bytes());
    assert_eq!(with_crs("packed.asc.gz", &gzipped).unwrap().relief.to_bytes(), plain.relief.to_bytes());
    let cut = with_crs("cut.asc.gz", &gzipped[..gzipped.len() / 2]).unwrap_err().to_string();
    assert!(cut.contains("line "), "{cut}");
    let picture = with_crs("picture.tif.gz", &packed(&golden(20.0))).unwrap_err().to_string();
    assert!(picture.contains("unpack it"), "{picture}");
}

/// A GeoTIFF of the hill in tiles of 64 pixels, f32, deflated after the floating point predictor (TIFF technical note 3), as
/// classic TIFF or BigTIFF of either byte order: what the crate's own encoder does not write.
fn tiled(grid: &Grid, big: bool, little: bool) -> Vec<u8> {
    const TILE: u32 = 64;
    let order = |bytes: &mut [u8]| {
        if little {
            bytes.reverse()
        }
    };
    let number = |value: u64, size: usize| {
        let mut bytes = value.to_be_bytes()[8 - size..].to_vec();
        order(&mut bytes);
        bytes
    };
    let (word, heights) = (if big { 8 } else { 4 }, grid.heights());
    let mut out = if little { b"II".to_vec() } else { b"MM".to_vec() };
    out.extend(number(if big { 43 } else { 42 }, 2));
    out.extend(if big { [number(8, 2), number(0, 2), number(0, 8)].concat() } else { number(0, 4) });
    let (mut offsets, mut counts) = (Vec::new(), Vec::new());
    for down in 0..grid.height.div_ceil(TILE) {
        for right in 0..grid.width.div_ceil(TILE) {
            let mut raw = Vec::new();
            for r in 0..TILE {
                let pixel = |c: u32| {
                    let (c, r) = ((right * TILE + c).min(grid.width - 1), (down * TILE + r).min(grid.height - 1));
                    (heights[(r * grid.width + c) as usize] as f32).to_be_bytes()
                };
                let planes: Vec<u8> = (0..4).flat_map(|k| (0..TILE).map(move |c| pixel(c)[k])).collect();
                raw.extend(
                    (0..planes.len()).map(|i| if i == 0 { planes[0] } else { planes[i].wrapping_sub(planes[i - 1]) }),
                );
            }
            let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packer, &raw).unwrap();
            let packed = packer.finish().unwrap();
            offsets.push(out.len() as u64);
            counts.push(packed.len() as u64);
            out.extend(packed);
        }
    }
    // Tag, kind (3: 16 bits, 4: 32, 12: f64, 16: 64), values.
    let long = if big { (16, 8) } else { (4, 4) };
    let mut entries: Vec<(u16, u64, usize, Vec<u64>)> =
        [(256, grid.width), (257, grid.height), (258, 32), (259, 8), (262, 1)]
            .into_iter()
            .chain([(277, 1), (317, 3), (322, TILE), (323, TILE)])
            .map(|(tag, value)| (tag, 4, 4, vec![u64::from(value)]))
            .collect();
    entries.push((324, long.0, long.1, offsets));
    entries.push((325, long.0, long.1, counts));
    entries.push((339, 3, 2, vec![3]));
    for (tag, reals, shorts) in grid.tags(false) {
        let values = |list: &[f64]| list.iter().map(|v| v.to_bits()).collect();
        let shorts = || shorts.iter().map(|v| u64::from(*v)).collect();
        entries.push(if reals.is_empty() {
            (tag.to_u16(), 3, 2, shorts())
        } else {
            (tag.to_u16(), 12, 8, values(&reals))
        });
    }
    entries.sort_by_key(|e| e.0);
    let mut directory = number(entries.len() as u64, if big { 8 } else { 2 });
    for (tag, kind, size, values) in entries {
        let mut bytes: Vec<u8> = values.iter().flat_map(|v| number(*v, size)).collect();
        directory.extend([number(tag.into(), 2), number(kind, 2), number(values.len() as u64, word)].concat());
        if bytes.len() > word {
            let at = out.len() as u64;
            out.extend(bytes);
            bytes = number(at, word);
        }
        bytes.resize(word, 0);
        directory.extend(bytes);
    }
    directory.extend(number(0, word));
    let at = number(out.len() as u64, word);
    let place = if big { 8 } else { 4 };
    out.splice(place..place + word, at);
    out.extend(directory);
    out
}

#[test]
fn tiles_of_either_byte_order_and_size_of_offsets_are_read_where_the_city_is() {
    let dir = tempfile::tempdir().unwrap();
    for (big, little) in [(false, true), (false, false), (true, true), (true, false)] {
        let source = write(dir.path(), "tiled.tif", &tiled(&Grid::whole(20.0), big, little));
        let terrain = read(&source).unwrap_or_else(|e| panic!("{big} {little}: {e}"));
        let worst = off(&terrain, CITY[0], CITY[1]);
        assert!(worst < 0.15, "{big} {little}: {worst}");
    }
}

#[test]
fn an_ascii_grid_with_its_definition_beside_it_is_the_same_ground() {
    let dir = tempfile::tempdir().unwrap();
    let source = write(dir.path(), "hill.asc", Grid::whole(20.0).ascii().as_bytes());
    let error = read(&source).unwrap_err().to_string();
    assert!(error.contains("hill.asc") && error.contains("--terrain-crs"), "{error}");
    let named = TerrainSource { crs: Some("EPSG:28992+5709".into()), ..source.clone() };
    let terrain = read(&named).unwrap();
    assert!(off(&terrain, CITY[0], CITY[1]) < 0.15);
    assert_eq!(terrain.report.heights, ["NAP (EPSG:5709)"]);
    fs::write(dir.path().join("hill.prj"), r#"PROJCS["RD",AUTHORITY["EPSG","28992"]]"#).unwrap();
    let terrain = read(&source).unwrap();
    assert!(off(&terrain, CITY[0], CITY[1]) < 0.15);
    assert_eq!((terrain.report.assumed, terrain.report.crs[0].as_str()), (1, "EPSG:28992"));
    assert!(terrain.report.to_string().contains("not declared"), "{}", terrain.report);
}

#[test]
fn files_side_by_side_are_one_ground_without_a_step_and_the_finer_one_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (i, (west, north)) in
        [(151_000.0, 467_000.0), (155_000.0, 467_000.0), (151_000.0, 463_000.0), (155_000.0, 463_000.0)]
            .into_iter()
            .enumerate()
    {
        let grid = Grid { west, north, step: 20.0, width: 200, height: 200 };
        let data: Vec<f32> = grid.heights().iter().map(|h| *h as f32).collect();
        let bytes = grid.tiff::<colortype::Gray32Float>(&data, Compression::Lzw, Predictor::None, false, "");
        files.extend(write(dir.path(), &format!("{i}.tif"), &bytes).files);
    }
    // A coarse one that is ten metres too high lies under all of them, and is named first.
    let grid = Grid::whole(100.0);
    let data: Vec<f32> = grid.heights().iter().map(|h| *h as f32 + 10.0).collect();
    let bytes = grid.tiff::<colortype::Gray32Float>(&data, Compression::Lzw, Predictor::None, false, "");
    files.splice(0..0, write(dir.path(), "coarse.tif", &bytes).files);
    let terrain = read(&TerrainSource { files, ..TerrainSource::default() }).unwrap();
    assert!(off(&terrain, CITY[0], CITY[1]) < 0.3);
    assert_eq!(terrain.report.files, 5);
}

#[test]
fn what_is_unknown_is_filled_from_around_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let grid = Grid::whole(20.0);
    let mut data: Vec<f32> = grid.heights().iter().map(|h| *h as f32).collect();
    for r in 190..210 {
        (190..210).for_each(|c| data[r * 400 + c] = -9999.0);
    }
    let bytes = grid.tiff::<colortype::Gray32Float>(&data, Compression::Lzw, Predictor::None, false, "-9999");
    let terrain = read(&write(dir.path(), "hole.tif", &bytes)).unwrap();
    assert!((0.02..0.06).contains(&terrain.report.filled_share), "{}", terrain.report);
    // The top is missing: what comes from around is lower, but not by much, and nothing is wild.
    assert!(off(&terrain, CITY[0], CITY[1]) < 15.0);
    assert!(off(&terrain, CITY[0], [154_700.0, 464_000.0]) < 0.15);
}

#[test]
fn the_zero_of_the_city_is_its_low_ground_or_what_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let source = write(dir.path(), "hill.tif", &golden(20.0));
    let low = read(&source).unwrap().report;
    assert!(low.datum_m.fract() == 0.0 && low.datum_m >= low.low_m.floor() && low.datum_m < low.low_m + 8.0, "{low}");
    let asked = read(&TerrainSource { datum_m: Some(-5.5), ..source }).unwrap();
    assert_eq!((asked.report.datum_m, asked.relief.datum_m), (-5.5, -5.5));
    assert!(off(&asked, CITY[0], CITY[1]) < 0.15);
}

#[test]
fn terrain_of_another_country_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let source = write(dir.path(), "hill.tif", &golden(100.0));
    let error = Terrain::read(
        &source,
        Place::new(116.6, 35.4),
        SiteBounds { west: 116.5, south: 35.3, east: 116.7, north: 35.5 },
        &mut Silent,
    );
    assert!(error.unwrap_err().to_string().contains("--terrain-crs"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]
    #[test]
    fn damaged_files_are_refused_or_read_and_never_more(flips in proptest::collection::vec((0usize..1 << 16, any::<u8>()), 1..6), cut in proptest::option::of(0usize..1 << 16), head in any::<bool>(), text in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let grid = Grid::whole(400.0);
        let data: Vec<i16> = grid.heights().iter().map(|h| *h as i16).collect();
        let mut bytes = if text {
            grid.ascii().into_bytes()
        } else {
            grid.tiff::<colortype::GrayI16>(&data, Compression::Lzw, Predictor::Horizontal, false, "-32768")
        };
        // Half of the time where the header of a text, and the tags of a picture, are.
        let n = bytes.len();
        let place = |at: usize| if !head { at % n } else if text { at % 100 } else { n - 1 - at % 300.min(n) };
        for (at, value) in flips {
            bytes[place(at)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut % n);
        }
        let source = TerrainSource { crs: Some("EPSG:28992".into()), ..write(dir.path(), "x.tif", &bytes) };
        match read(&source) {
            Ok(terrain) => prop_assert!(terrain.relief.heights().iter().all(|h| h.is_finite())),
            Err(e) => prop_assert!(e.to_string().contains("x.tif")),
        }
    }
}

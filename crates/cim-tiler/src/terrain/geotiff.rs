//! GeoTIFF (OGC 19-008r4; TIFF 6.0 and BigTIFF) as a raster of heights: the first band of the first picture.

use super::{
    geokeys::GeoKeys,
    raster::{Affine, Collector, Header},
};
use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};
use tiff::{
    TiffError,
    decoder::{ChunkType, Decoder, DecodingResult},
    tags::Tag,
};

/// Bytes of a tile or strip at most: a decoder asks for memory by what a file declares, not by what it holds.
const MOST_BYTES: u64 = 256 << 20;
/// GDAL's metadata in XML: scale and offset of samples.
const GDAL_METADATA: Tag = Tag::Unknown(42112);

pub(super) type Open = Decoder<BufReader<File>>;

/// What a file declares before anybody else is asked.
pub(super) struct Declared {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) affine: Option<Affine>,
    pub(super) keys: GeoKeys,
    pub(super) unknown: Option<f64>,
    pub(super) scale: [f64; 2],
}

/// Whether a file begins as TIFF or BigTIFF.
pub(super) fn recognises(start: &[u8]) -> bool {
    matches!(start, [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..])
}

pub(super) fn open(path: &Path) -> Result<Open, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    Decoder::new(BufReader::new(file)).map_err(|e| reason(&e))
}

/// Reads all but the heights.
pub(super) fn declared<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Declared, String> {
    let (width, height) = decoder.dimensions().map_err(|e| reason(&e))?;
    let tag = |decoder: &mut Decoder<R>, tag: Tag| decoder.find_tag(tag).map_err(|e| named(tag, &e));
    let numbers = |decoder: &mut Decoder<R>, t: Tag| match tag(decoder, t)? {
        Some(value) => value.into_f64_vec().map_err(|e| named(t, &e)),
        None => Ok(Vec::new()),
    };
    let text = |decoder: &mut Decoder<R>, t: Tag| match tag(decoder, t)? {
        // Texts that are not ASCII are no reason to refuse heights.
        Some(value) => Ok::<_, String>(value.into_string().unwrap_or_default()),
        None => Ok(String::new()),
    };
    let directory = match tag(decoder, Tag::GeoKeyDirectoryTag)? {
        Some(value) => value.into_u16_vec().map_err(|e| named(Tag::GeoKeyDirectoryTag, &e))?,
        None => Vec::new(),
    };
    let keys = GeoKeys { directory, texts: text(decoder, Tag::GeoAsciiParamsTag)? };
    let scale = numbers(decoder, Tag::ModelPixelScaleTag)?;
    let tie = numbers(decoder, Tag::ModelTiepointTag)?;
    let matrix = numbers(decoder, Tag::ModelTransformationTag)?;
    let affine = affine(&scale, &tie, &matrix, keys.pixel_is_point());
    let unknown = text(decoder, Tag::GdalNodata)?;
    let metadata = text(decoder, GDAL_METADATA)?;
    let unknown = unknown.trim_end_matches('\0').trim().parse().ok();
    Ok(Declared { width, height, affine, keys, unknown, scale: scale_of(&metadata) })
}

/// Where pixels are, by a matrix or by a tie point with the size of a pixel.
fn affine(scale: &[f64], tie: &[f64], matrix: &[f64], point: bool) -> Option<Affine> {
    let corner = match (scale, tie, matrix) {
        (_, _, &[a, b, _, x, c, d, _, y, ..]) => Affine { origin: [x, y], column: [a, c], row: [b, d] },
        (&[sx, sy, ..], &[i, j, _, x, y, ..], _) => {
            Affine { origin: [x - i * sx, y + j * sy], column: [sx, 0.0], row: [0.0, -sy] }
        }
        _ => return None,
    };
    // Else coordinates are those of the corner of the first pixel.
    let first = if point { 0.0 } else { 0.5 };
    Some(Affine { origin: corner.at(first, first), ..corner })
}

/// Scale and offset of the first band in GDAL's metadata.
fn scale_of(metadata: &str) -> [f64; 2] {
    let mut found = [1.0, 0.0];
    let mut reader = quick_xml::Reader::from_str(metadata);
    let mut role = None;
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Start(item)) => {
                let has = |name: &str, value: &[u8]| {
                    item.try_get_attribute(name).ok().flatten().is_some_and(|a| a.value.as_ref() == value)
                };
                let first = has("sample", b"0");
                role = [0, 1].into_iter().find(|k| first && has("role", [&b"scale"[..], b"offset"][*k]));
            }
            Ok(quick_xml::events::Event::Text(text)) => {
                let number = std::str::from_utf8(&text).ok().and_then(|t| t.trim().parse::<f64>().ok());
                if let (Some(k), Some(number)) = (role, number.filter(|n| n.is_finite())) {
                    found[k] = number;
                }
            }
            Ok(quick_xml::events::Event::End(_)) => role = None,
            Ok(quick_xml::events::Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    if found[0] == 0.0 { [1.0, found[1]] } else { found }
}

/// Reads the heights of the collector's window.
pub(super) fn read<R: Read + Seek>(
    decoder: &mut Decoder<R>,
    header: &Header,
    into: &mut Collector<'_>,
) -> Result<(), String> {
    let (wide, tall) = decoder.chunk_dimensions();
    if wide == 0 || tall == 0 {
        return Err("its tiles have no size".into());
    }
    let color = decoder.colortype().map_err(|e| reason(&e))?;
    let bits = u64::from(color.bit_depth()) * u64::from(color.num_samples());
    let bytes = (u64::from(wide) * u64::from(tall)).saturating_mul(bits) / 8;
    if bytes > MOST_BYTES {
        return Err(reason(&TiffError::LimitsExceeded));
    }
    let across = header.width.div_ceil(wide);
    let what = if decoder.get_chunk_type() == ChunkType::Tile { "tile" } else { "strip" };
    let window = into.window();
    let parts = |[from, to]: [u32; 2], size: u32| from / size..to.div_ceil(size);
    for down in parts(window.rows, tall) {
        for right in parts(window.columns, wide) {
            let number = u64::from(down) * u64::from(across) + u64::from(right);
            let place = || format!("{what} {number} (column {}, row {})", right * wide, down * tall);
            let index = u32::try_from(number).map_err(|_| format!("{} is one too many", place()))?;
            let (width, rows) = decoder.chunk_data_dimensions(index);
            let samples = decoder.read_chunk(index).map_err(|e| format!("{}: {}", place(), reason(&e)))?;
            take(&samples, [right * wide, down * tall], [width, rows], into)
                .ok_or_else(|| format!("{} holds samples that are no heights", place()))?;
        }
    }
    Ok(())
}

/// Gives the first band of a tile or strip to the collector; `None` when it has none.
fn take(samples: &DecodingResult, from: [u32; 2], size: [u32; 2], into: &mut Collector<'_>) -> Option<()> {
    fn each<T: Copy>(
        data: &[T],
        [column, row]: [u32; 2],
        [width, rows]: [u32; 2],
        into: &mut Collector<'_>,
        value: impl Fn(T) -> f64,
    ) -> Option<()> {
        // All bands of a pixel lie beside one another.
        let bands = (data.len() as u64).checked_div(u64::from(width) * u64::from(rows)).filter(|b| *b > 0)? as usize;
        for (k, pixel) in data.chunks_exact(bands).enumerate() {
            let (c, r) = ((k % width as usize) as u32, (k / width as usize) as u32);
            into.put(column + c, row + r, value(pixel[0]));
        }
        Some(())
    }
    match samples {
        DecodingResult::U8(d) => each(d, from, size, into, f64::from),
        DecodingResult::U16(d) => each(d, from, size, into, f64::from),
        DecodingResult::U32(d) => each(d, from, size, into, f64::from),
        DecodingResult::U64(d) => each(d, from, size, into, |v| v as f64),
        DecodingResult::I8(d) => each(d, from, size, into, f64::from),
        DecodingResult::I16(d) => each(d, from, size, into, f64::from),
        DecodingResult::I32(d) => each(d, from, size, into, f64::from),
        DecodingResult::I64(d) => each(d, from, size, into, |v| v as f64),
        DecodingResult::F16(d) => each(d, from, size, into, f64::from),
        DecodingResult::F32(d) => each(d, from, size, into, f64::from),
        DecodingResult::F64(d) => each(d, from, size, into, |v| v),
    }
}

fn named(tag: Tag, error: &TiffError) -> String {
    format!("its tag {tag:?} ({}) cannot be read: {}", tag.to_u16(), reason(error))
}

/// What went wrong, for people.
fn reason(error: &TiffError) -> String {
    match error {
        TiffError::LimitsExceeded => {
            "it is larger than can be read at once: save it with tiles, as with gdal_translate -co TILED=YES".into()
        }
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => "the file is cut off".into(),
        other => other.to_string(),
    }
}

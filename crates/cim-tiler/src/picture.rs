//! Pictures of surfaces: which files they are, and where on them the corners of a surface lie.

use crate::citymodel::Defect;
use image::{ImageReader, Limits, RgbaImage};
use std::{
    collections::HashMap,
    fs::File,
    io::BufReader,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// Pixels along an edge at most.
const MAX_SIDE: u32 = 16_384;
/// Pixels at most: decoded they take four bytes each.
const MAX_PIXELS: u64 = 1 << 26;
/// Bytes that a decoder may take for a picture.
const MAX_BYTES: u64 = 512 << 20;
/// Times that a picture may be repeated along an edge of its surface: more is a slip of the pen.
const MOST_REPEATS: f32 = 10_000.0;

/// Where the pixels of a picture are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// In a file beside a source, PNG or JPEG.
    File(PathBuf),
    /// Here: sRGB and alpha, rows from the top.
    Here(Arc<RgbaImage>),
}

/// A picture of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it is.
    pub pixels: Pixels,
    /// Pixels across and down.
    pub size: [u32; 2],
    /// What lies outside of it.
    pub wrap: Wrap,
}

/// What lies outside of a picture (CityGML 2.0, 9.3, `wrapMode`; CityJSON 2.0, 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Wrap {
    /// The picture, again and again; also where a source does not say.
    #[default]
    Repeat,
    /// The same, every other time mirrored.
    Mirror,
    /// The pixels of its edge; also where nothing is to lie there, since walls do not end where their pictures do.
    Clamp,
    /// A colour, sRGB and alpha.
    Border([u8; 4]),
}

impl Wrap {
    /// By its name in CityGML and CityJSON, which are the same, and the colour of its border, shares of 0 to 1.
    pub(crate) fn named(name: &str, border: Option<&[f64]>) -> Self {
        let share = |k: usize, usual: f64| border.and_then(|b| b.get(k)).copied().unwrap_or(usual);
        match name {
            "mirror" => Self::Mirror,
            "clamp" | "none" => Self::Clamp,
            "border" => Self::Border([share(0, 0.0), share(1, 0.0), share(2, 0.0), share(3, 1.0)].map(byte)),
            _ => Self::Repeat,
        }
    }
}

/// A share of 0 to 1 as a byte.
pub(crate) fn byte(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// The picture on a surface.
#[derive(Debug, Clone, PartialEq)]
pub struct Texture {
    /// Its number in the list of pictures.
    pub picture: usize,
    /// Of every corner of every ring where it lies on the picture: (0, 0) is the lower left corner, (1, 1) the upper right.
    pub uvs: Vec<Vec<[f32; 2]>>,
}

impl Texture {
    /// `None` where a corner lies nowhere, or absurdly far outside.
    pub(crate) fn new(picture: usize, uvs: Vec<Vec<[f32; 2]>>) -> Option<Self> {
        uvs.iter().all(|ring| Self::is_near(ring)).then_some(Self { picture, uvs })
    }

    /// Whether all corners lie somewhere near the picture.
    pub(crate) fn is_near(uvs: &[[f32; 2]]) -> bool {
        // Not a number is not within anything.
        uvs.iter().flatten().all(|c| c.abs() <= MOST_REPEATS)
    }

    /// Turns the rings, as their surface was turned.
    pub(crate) fn reverse(&mut self) {
        self.uvs.iter_mut().for_each(|ring| ring.reverse());
    }
}

/// The pictures that a source names.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    folder: PathBuf,
    known: HashMap<(String, Wrap), Result<usize, Defect>>,
    pub(crate) list: Vec<Picture>,
}

impl Pictures {
    /// Of a source, which they lie beside or below.
    pub(crate) fn beside(source: &Path) -> Self {
        let folder = source.parent().map(Path::to_owned).unwrap_or_default();
        Self { folder, ..Self::default() }
    }

    /// The number of a picture by the name that the source has for it, once it is known to be there and to be one.
    pub(crate) fn find(&mut self, name: &str, wrap: Wrap) -> Result<usize, Defect> {
        let key = (name.to_owned(), wrap);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let found =
            self.file(name).and_then(|file| Ok(Picture { size: size(&file)?, pixels: Pixels::File(file), wrap }));
        let found = found.map(|picture| {
            self.list.push(picture);
            self.list.len() - 1
        });
        self.known.insert(key, found);
        found
    }

    /// The file of a name; only what lies in the folder of the source, or in one within it.
    fn file(&self, name: &str) -> Result<PathBuf, Defect> {
        let name = name.trim().replace('\\', "/");
        // Names are addresses by the standards, and written as such by some.
        match self.file_of_path(&name) {
            Err(Defect::PictureMissing) if name.contains('%') => self.file_of_path(&unescaped(&name)),
            found => found,
        }
    }

    fn file_of_path(&self, name: &str) -> Result<PathBuf, Defect> {
        let path = Path::new(name);
        let inside = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
        if name.contains("://") || !path.components().all(inside) {
            return Err(Defect::PictureOutside);
        }
        let file = self.folder.join(path);
        let here = if self.folder.as_os_str().is_empty() { Path::new(".") } else { &self.folder };
        let missing = |_| Defect::PictureMissing;
        // Links may lead out as well.
        let (real, here) = (file.canonicalize().map_err(missing)?, here.canonicalize().map_err(missing)?);
        if !real.starts_with(here) {
            return Err(Defect::PictureOutside);
        }
        if real.is_file() { Ok(file) } else { Err(Defect::PictureMissing) }
    }
}

/// A name without the escapes of addresses (RFC 3986, 2.1), where they give one.
fn unescaped(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |i: usize| after.get(i).and_then(|b| char::from(*b).to_digit(16));
        let escaped = digit(0).zip(digit(1)).filter(|_| *first == b'%').map(|(high, low)| (16 * high + low) as u8);
        out.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(out).unwrap_or_else(|_| name.to_owned())
}

fn reader(file: &Path) -> Option<ImageReader<BufReader<File>>> {
    let mut reader = ImageReader::open(file).ok()?.with_guessed_format().ok()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    Some(reader)
}

/// Pixels across and down, by the head of the file.
fn size(file: &Path) -> Result<[u32; 2], Defect> {
    let (width, height) = reader(file).and_then(|r| r.into_dimensions().ok()).ok_or(Defect::PictureUnread)?;
    let fits = |side: u32| (1..=MAX_SIDE).contains(&side);
    let few = u64::from(width) * u64::from(height) <= MAX_PIXELS;
    if fits(width) && fits(height) && few { Ok([width, height]) } else { Err(Defect::PictureUnread) }
}

impl Picture {
    /// Its pixels; `None` when the file is damaged, or another one than it was.
    pub(crate) fn decode(&self) -> Option<Arc<RgbaImage>> {
        let pixels = match &self.pixels {
            Pixels::File(file) => Arc::new(reader(file)?.decode().ok()?.into_rgba8()),
            Pixels::Here(pixels) => pixels.clone(),
        };
        (pixels.dimensions() == (self.size[0], self.size[1])).then_some(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_beside_the_source_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, within) = (folder.path().join("data"), folder.path().join("data/appearance"));
        std::fs::create_dir_all(&within).unwrap();
        let png = RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255]));
        png.save(folder.path().join("out.png")).unwrap();
        png.save(within.join("in.png")).unwrap();
        std::fs::write(inside.join("text.png"), "no picture").unwrap();
        let mut pictures = Pictures::beside(&inside.join("city.gml.gz"));
        let absolute = within.join("in.png").to_string_lossy().into_owned();
        let cases = [
            ("appearance/in.png", Ok(0)),
            (" appearance\\in.png ", Ok(1)),
            ("../out.png", Err(Defect::PictureOutside)),
            ("appearance/../../out.png", Err(Defect::PictureOutside)),
            (&absolute, Err(Defect::PictureOutside)),
            ("https://example.org/in.png", Err(Defect::PictureOutside)),
            ("in.png", Err(Defect::PictureMissing)),
            ("appearance", Err(Defect::PictureMissing)),
            ("appearance/%69n.png", Ok(2)),
            ("%2e%2e/out.png", Err(Defect::PictureOutside)),
            ("50%.png", Err(Defect::PictureMissing)),
            ("text.png", Err(Defect::PictureUnread)),
            ("appearance/in.png", Ok(0)),
        ];
        for (name, expected) in cases {
            assert_eq!(pictures.find(name, Wrap::Repeat), expected, "{name}");
        }
        assert_eq!(pictures.find("appearance/in.png", Wrap::Clamp), Ok(3));
        assert_eq!(
            (pictures.list[0].size, pictures.list[0].decode().unwrap().as_raw()[..3].to_vec()),
            ([3, 2], vec![1, 2, 3])
        );
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("out.png"), inside.join("link.png")).unwrap();
            assert_eq!(pictures.find("link.png", Wrap::Repeat), Err(Defect::PictureOutside));
        }
    }

    #[test]
    fn pictures_that_would_fill_the_memory_are_not_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bomb.png");
        // A PNG whose head promises 60,000 by 60,000 pixels.
        RgbaImage::new(1, 1).save(&file).unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = bytes[12..29].iter().fold(0xffff_ffffu32, |crc, b| {
            (0..8).fold(crc ^ u32::from(*b), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
        });
        bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
        std::fs::write(&file, bytes).unwrap();
        let mut pictures = Pictures::beside(&folder.path().join("city.json"));
        assert_eq!(pictures.find("bomb.png", Wrap::Repeat), Err(Defect::PictureUnread));
    }

    #[test]
    fn borders_and_names_of_what_lies_outside() {
        assert_eq!(Wrap::named("border", Some(&[1.0, 0.5, 2.0])), Wrap::Border([255, 128, 255, 255]));
        assert_eq!(
            ["wrap", "mirror", "none", ""].map(|n| Wrap::named(n, None)),
            [Wrap::Repeat, Wrap::Mirror, Wrap::Clamp, Wrap::Repeat]
        );
        assert!(Texture::new(0, vec![vec![[f32::NAN, 0.0]]]).is_none());
    }
}

use super::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageBuffer};
use proptest::prelude::*;
use std::io::Cursor;

/// 16 by 16 pixels in four quarters (red, green; blue, yellow with alpha 96), as the Basis Universal encoder 2.50 wrote
/// them: ETC1S with BasisLZ, alpha and 5 levels.
const ETC1S: &[u8] = include_bytes!("../../../tests/pictures/etc1s.ktx2");

/// The same picture in UASTC with Zstandard.
const UASTC: &[u8] = include_bytes!("../../../tests/pictures/uastc.ktx2");

/// 8 by 8 pixels of the ink 0, 128, 255, 0 in a JPEG with Adobe's four channels; orange.
const CMYK: &str = "\
/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAWEBETFBUVFQwPFxgWFBgSFBUU\
/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFB\
BhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqS\
k5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD9U6ZX5VV+\
qdf/2Q==";

fn base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn plain() -> Want {
    Want { space: ColorSpace::Srgb, formats: TextureFormats::default(), mips: false, levels: true }
}

fn on(bc: bool, etc2: bool, astc: bool) -> Want {
    Want { formats: TextureFormats { bc, etc2, astc }, ..plain() }
}

fn read(bytes: &[u8], want: Want) -> Result<Picture, DecodeError> {
    decode(bytes, want, &mut Budget::new(1 << 20))
}

pub(in super::super) fn encode(picture: &DynamicImage, format: image::ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A PNG of RGBA pixels.
pub(in super::super) fn png(width: u32, height: u32, rgba: &[u8]) -> Vec<u8> {
    let picture = ImageBuffer::from_raw(width, height, rgba.to_vec()).unwrap();
    encode(&DynamicImage::ImageRgba8(picture), image::ImageFormat::Png)
}

fn webp(width: u32, height: u32, bytes: &[u8], color: image_webp::ColorType) -> Vec<u8> {
    let mut out = Vec::new();
    image_webp::WebPEncoder::new(&mut out).encode(bytes, width, height, color).unwrap();
    out
}

#[test]
fn png_of_every_colour_type_is_read() {
    let png = |picture: DynamicImage| read(&encode(&picture, image::ImageFormat::Png), plain()).unwrap().data;
    let two = |v: Vec<u8>| ImageBuffer::from_raw(2, 1, v).unwrap();
    assert_eq!(png(DynamicImage::ImageLuma8(two(vec![7, 200]))), [7, 7, 7, 255, 200, 200, 200, 255]);
    let gray = ImageBuffer::from_raw(2, 1, vec![7, 100, 200, 0]).unwrap();
    assert_eq!(png(DynamicImage::ImageLumaA8(gray)), [7, 7, 7, 100, 200, 200, 200, 0]);
    let rgb = ImageBuffer::from_raw(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(png(DynamicImage::ImageRgb8(rgb)), [1, 2, 3, 255, 4, 5, 6, 255]);
    let rgba = ImageBuffer::from_raw(2, 1, vec![1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    assert_eq!(png(DynamicImage::ImageRgba8(rgba)), [1, 2, 3, 4, 5, 6, 7, 8]);
    let deep = ImageBuffer::from_raw(2, 1, vec![0u16, 65535]).unwrap();
    assert_eq!(png(DynamicImage::ImageLuma16(deep)), [0, 0, 0, 255, 255, 255, 255, 255]);
    let deep = ImageBuffer::from_raw(2, 1, vec![257u16, 514, 771, 65535, 0, 0, 0, 0]).unwrap();
    assert_eq!(png(DynamicImage::ImageRgba16(deep)), [1, 2, 3, 255, 0, 0, 0, 0]);
}

fn near(picture: &Picture, color: [u8; 3], tolerance: u8) -> bool {
    let close = |p: &[u8]| p[3] == 255 && p.iter().zip(color).all(|(a, b)| a.abs_diff(b) <= tolerance);
    !picture.data.is_empty() && picture.data.chunks_exact(4).all(close)
}

#[test]
fn jpeg_in_colour_gray_and_ink_is_read() {
    let rgb = DynamicImage::ImageRgb8(ImageBuffer::from_pixel(16, 8, image::Rgb([200, 100, 50])));
    let picture = read(&encode(&rgb, image::ImageFormat::Jpeg), plain()).unwrap();
    assert!((picture.width, picture.height) == (16, 8) && near(&picture, [200, 100, 50], 4));
    let gray = DynamicImage::ImageLuma8(ImageBuffer::from_pixel(9, 7, image::Luma([90])));
    assert!(near(&read(&encode(&gray, image::ImageFormat::Jpeg), plain()).unwrap(), [90; 3], 2));
    assert!(near(&read(&base64(CMYK), plain()).unwrap(), [255, 127, 0], 6));
}

#[test]
fn webp_with_and_without_alpha_is_read() {
    let rgba: Vec<u8> = (0..64).collect();
    assert_eq!(read(&webp(4, 4, &rgba, image_webp::ColorType::Rgba8), plain()).unwrap().data, rgba);
    let picture = read(&webp(2, 1, &[1, 2, 3, 4, 5, 6], image_webp::ColorType::Rgb8), plain()).unwrap();
    assert_eq!(picture.data, [1, 2, 3, 255, 4, 5, 6, 255]);
}

#[test]
fn smaller_levels_are_made_when_asked_for() {
    let bytes = png(4, 2, &[100, 100, 100, 255].repeat(8));
    let picture = read(&bytes, Want { mips: true, ..plain() }).unwrap();
    assert_eq!((picture.levels, picture.data.len()), (3, 4 * (8 + 2 + 1)));
    assert!(near(&picture, [100; 3], 0));
}

#[test]
fn what_is_no_picture_says_so() {
    for bytes in [&b""[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", &ktx2::MAGIC] {
        assert!(read(bytes, plain()).is_err(), "{bytes:?}");
    }
}

#[test]
fn sizes_are_checked_before_anything_is_decoded() {
    let bytes = png(64, 64, &[9; 64 * 64 * 4]);
    let size = 64 * 64 * 4;
    assert!(decode(&bytes, plain(), &mut Budget::new(size)).is_ok());
    let mut budget = Budget::new(size - 1);
    assert!(matches!(decode(&bytes, plain(), &mut budget), Err(DecodeError::TooLarge { .. })));
    let mips = Want { mips: true, ..plain() };
    assert!(matches!(decode(&bytes, mips, &mut Budget::new(size)), Err(DecodeError::TooLarge { .. })));
    // A header that promises 60,000 by 60,000 pixels.
    let mut lie = bytes;
    lie[16..24].copy_from_slice(&[0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60]);
    assert!(decode(&lie, plain(), &mut Budget::new(usize::MAX)).is_err());
    // What a broken picture took is gone.
    let mut budget = Budget::new(size);
    let mut cut = png(64, 64, &[9; 64 * 64 * 4]);
    cut.truncate(60);
    assert!(decode(&cut, plain(), &mut budget).is_err());
    assert!(budget.check(1).is_err());
}

#[test]
fn etc1s_reads_as_the_reference_transcoder_has_it() {
    let picture = read(ETC1S, plain()).unwrap();
    assert_eq!((picture.width, picture.height, picture.levels), (16, 16, 5));
    assert_eq!(picture.format, PictureFormat::Rgba8);
    let corners = [(0, 0), (15, 0), (0, 15), (15, 15), (7, 7), (8, 8)].map(|(x, y)| picture.pixel(x, y).unwrap());
    let [red, green, blue, yellow] = [[198, 41, 41, 255], [40, 180, 57, 255], [43, 59, 200, 255], [229, 220, 88, 97]];
    assert_eq!(corners, [red, green, blue, yellow, red, yellow]);
    assert_eq!(picture.level(4).unwrap().data, [160, 151, 118, 215]);
}

#[test]
fn uastc_reads_as_the_reference_transcoder_has_it() {
    let picture = read(UASTC, plain()).unwrap();
    let corners = [(0, 0), (15, 0), (0, 15), (15, 15), (7, 7), (8, 8)].map(|(x, y)| picture.pixel(x, y).unwrap());
    let [red, green, blue, yellow] = [[200, 40, 40, 255], [40, 180, 60, 255], [40, 60, 200, 255], [230, 220, 90, 96]];
    assert_eq!(corners, [red, green, blue, yellow, red, yellow]);
    assert_eq!(picture.level(4).unwrap().data, [160, 151, 120, 215]);
    let largest = read(UASTC, Want::exact()).unwrap();
    assert_eq!((largest.levels, &largest.data[..]), (1, picture.level(0).unwrap().data));
    let largest = read(ETC1S, Want::exact()).unwrap();
    assert_eq!((largest.levels, largest.data.len()), (1, 1024));
}

/// The first and the last block of the largest level.
fn ends(picture: &Picture) -> (u128, u128) {
    let level = picture.level(0).unwrap().data;
    let block = |b: &[u8]| u128::from_be_bytes(b.try_into().unwrap());
    (block(&level[..16]), block(&level[level.len() - 16..]))
}

#[test]
fn blocks_are_those_of_the_reference_transcoder() {
    let check = |file: &[u8], want, format, ends_are| {
        let picture = read(file, want).unwrap();
        assert_eq!((picture.format, picture.levels), (format, 5));
        assert_eq!(ends(&picture), ends_are, "{format:?}");
        let sizes = [16u32, 8, 4, 2, 1].map(|side| format.level_bytes(side, side));
        assert_eq!(picture.data.len(), sizes.iter().sum::<usize>());
        assert_eq!(picture.level(4).unwrap().data.len(), 16);
    };
    let bc7 = (0x2055_3fc0_07f0_fdff_afaa_aaaa_0000_0000, 0x206c_7ff9_3ff8_8785_adaa_aaaa_0000_0000);
    check(ETC1S, on(true, false, false), PictureFormat::Bc7, bc7);
    let etc2 = (0xff1d_9249_2492_4924_c830_3002_ffff_ffff, 0x611d_9249_2492_4924_e0d8_5802_ffff_0000);
    check(ETC1S, on(true, true, true), PictureFormat::Etc2Rgba, etc2);
    let astc = (0xfcfd_ffff_ffff_ffff_c6c6_2929_2929_ffff, 0xfcfd_ffff_ffff_ffff_e5e5_dcdc_5858_6161);
    check(ETC1S, on(false, false, true), PictureFormat::Astc4x4, astc);
    let astc = (0xfcfd_ffff_ffff_ffff_c8c8_2828_2828_ffff, 0xfcfd_ffff_ffff_ffff_e6e6_dcdc_5a5a_6060);
    check(UASTC, on(true, true, true), PictureFormat::Astc4x4, astc);
    let bc7 = (0x40eb_1fb0_03ec_feff_5b55_5555_5555_5555, 0xc0f6_dfec_2ffc_157e_5a55_5555_5555_5555);
    check(UASTC, on(true, true, false), PictureFormat::Bc7, bc7);
    let etc2 = (0xff1d_9249_2492_4924_c830_3002_ffff_ffff, 0x601d_9249_2492_4924_f0e8_6892_ffff_0000);
    check(UASTC, on(false, true, false), PictureFormat::Etc2Rgba, etc2);
    // Data in UASTC is not put into ETC2.
    let data = Want { space: ColorSpace::Linear, ..on(false, true, false) };
    assert_eq!(read(UASTC, data).unwrap().format, PictureFormat::Rgba8);
}

/// A KTX 2 file of levels as they are.
fn ktx2(vk_format: u32, model: u8, size: (u32, u32), scheme: u32, levels: &[Vec<u8>]) -> Vec<u8> {
    let mut out = ktx2::MAGIC.to_vec();
    let data = 80 + 24 * levels.len() as u32 + 44;
    let words = [vk_format, 1, size.0, size.1, 0, 0, 1, levels.len() as u32, scheme, data - 44, 44, 0, 0, 0, 0, 0, 0];
    out.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    let mut at = u64::from(data);
    for level in levels {
        let length = level.len() as u64;
        out.extend([at, length, length].iter().flat_map(|w| w.to_le_bytes()));
        at += length;
    }
    let descriptor = [44, 0, 2 | 40 << 16, u32::from(model) | 0x20100, 0x0303, 16, 0, 127 << 16 | 3 << 24, 0, 0, 0];
    out.extend(descriptor.iter().flat_map(|w: &u32| w.to_le_bytes()));
    out.extend(levels.concat());
    out
}

#[test]
fn plain_ktx2_is_read_with_its_levels() {
    let levels = [(0..16).collect::<Vec<u8>>(), vec![9, 8, 7, 6]];
    let picture = read(&ktx2(37, 1, (2, 2), 0, &levels), plain()).unwrap();
    assert_eq!((picture.levels, &picture.data[..16], &picture.data[16..]), (2, &levels[0][..], &levels[1][..]));
    // The file's own levels are kept, none are made.
    let picture = read(&ktx2(37, 1, (2, 2), 0, &levels), Want { mips: true, ..plain() }).unwrap();
    assert_eq!(picture.data.len(), 20);
    let picture = read(&ktx2(37, 1, (2, 2), 0, &levels[..1]), Want { mips: true, ..plain() }).unwrap();
    assert_eq!((picture.levels, picture.data.len()), (2, 20));
}

#[test]
fn plain_ktx2_of_other_channels_becomes_rgba() {
    let one = |format, bytes: &[u8]| read(&ktx2(format, 1, (1, 1), 0, &[bytes.to_vec()]), plain()).unwrap().data;
    assert_eq!(one(9, &[5]), [5, 0, 0, 255]);
    assert_eq!(one(16, &[5, 6]), [5, 6, 0, 255]);
    assert_eq!(one(29, &[5, 6, 7]), [5, 6, 7, 255]);
    assert_eq!(one(30, &[5, 6, 7]), [7, 6, 5, 255]);
    assert_eq!(one(50, &[5, 6, 7, 8]), [7, 6, 5, 8]);
    assert_eq!(one(70, &[0xFF, 0x7F]), [127, 0, 0, 255]);
    assert_eq!(one(91, &[0, 0, 255, 255, 1, 1, 128, 0]), [0, 255, 1, 0]);
}

#[test]
fn zlib_levels_and_blocks_for_the_device_are_read() {
    use std::io::Write as _;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(&[1, 2, 3, 4]).unwrap();
    let zlib = zlib.finish().unwrap();
    assert_eq!(read(&ktx2(37, 1, (1, 1), 3, &[zlib]), plain()).unwrap().data, [1, 2, 3, 4]);
    let blocks: Vec<u8> = (0..16).collect();
    let bc = ktx2(146, 134, (4, 4), 0, std::slice::from_ref(&blocks));
    let picture = read(&bc, on(true, false, false)).unwrap();
    assert_eq!((picture.format, picture.data), (PictureFormat::Bc7, blocks));
    let refused = read(&bc, on(false, true, true));
    assert!(matches!(refused, Err(DecodeError::Unsupported(ref what)) if what.contains("146")), "{refused:?}");
}

/// A block of one colour in UASTC: the mode's code 10111 from the lowest bit, then 8 bits for each channel.
fn uastc_block([r, g, b, a]: [u8; 4]) -> Vec<u8> {
    let color = u128::from(u32::from_le_bytes([r, g, b, a]));
    (0b10111 | color << 5).to_le_bytes().to_vec()
}

#[test]
fn a_uastc_block_of_one_colour_is_that_colour() {
    let block = uastc_block([12, 34, 56, 78]);
    let picture = read(&ktx2(0, 166, (3, 2), 0, &[block]), plain()).unwrap();
    assert_eq!(picture.data, [12, 34, 56, 78].repeat(6));
    // No whole blocks: compressed, the device would refuse it.
    let file = ktx2(0, 166, (3, 2), 0, &[uastc_block([1; 4])]);
    assert_eq!(read(&file, on(true, true, true)).unwrap().format, PictureFormat::Rgba8);
}

#[test]
fn an_astc_block_is_passed_on_or_unpacked() {
    // A void extent (Khronos Data Format 1.4, 23.22): 16 bits for each channel in the upper half.
    let block = [0xFC, 0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 10, 10, 20, 20, 30, 30, 255, 255];
    let file = ktx2(157, 162, (4, 4), 0, &[block.to_vec()]);
    assert_eq!(read(&file, on(true, true, true)).unwrap().data, block);
    assert_eq!(read(&file, plain()).unwrap().data, [10, 20, 30, 255].repeat(16));
}

#[test]
fn ktx2_that_is_not_a_plain_picture_is_refused() {
    let good = ktx2(37, 1, (2, 2), 0, &[vec![0; 16], vec![0; 4]]);
    let with = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        read(&bytes, plain())
    };
    assert!(with(0, u32::from_le_bytes(*b"\xABKTX")).is_ok());
    for (at, value, what) in [
        (12, 109, "a format of floats"),
        (20, 0, "no width"),
        (20, 20_000, "too wide"),
        (24, 0, "a picture of one dimension"),
        (28, 2, "depth"),
        (32, 2, "layers"),
        (36, 6, "a cube"),
        (40, 3, "more levels than there can be"),
        (44, 1, "BasisLZ around plain pixels"),
        (44, 7, "an unknown supercompression"),
        (80, u32::MAX, "a level outside the file"),
        (84, u32::MAX, "a level far outside the file"),
        (88, 15, "a level that is too short"),
        (92, u32::MAX, "a level of any length"),
    ] {
        assert!(with(at, value).is_err(), "{what}");
    }
}

#[test]
fn a_zstandard_window_that_is_a_lie_is_refused() {
    // A frame that asks for 64 MiB, with one raw block of 4 bytes.
    let window = 16 << 3;
    let frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0, window, 0x21, 0, 0, 1, 2, 3, 4];
    let refused = read(&ktx2(37, 1, (1, 1), 2, std::slice::from_ref(&frame)), plain());
    assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{refused:?}");
    let mut honest = frame;
    honest[5] = 0;
    assert_eq!(read(&ktx2(37, 1, (1, 1), 2, &[honest]), plain()).unwrap().data, [1, 2, 3, 4]);
}

fn survive(bytes: &[u8]) {
    for want in [plain(), Want { mips: true, ..on(true, false, false) }, on(false, true, false), Want::exact()] {
        if let Ok(picture) = read(bytes, want) {
            assert_eq!(picture.data.len(), picture.format.bytes(picture.width, picture.height, picture.levels));
            assert!(picture.data.len() <= 1 << 20);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400), magic in 0usize..5) {
        let start: [&[u8]; 5] =
            [b"\x89PNG\r\n\x1a\n", &[0xFF, 0xD8, 0xFF, 0xE0], b"RIFF\x80\0\0\0WEBPVP8L", &ktx2::MAGIC, b""];
        survive(&[start[magic], &bytes].concat());
    }

    #[test]
    fn damaged_pictures_are_survived(
        which in 0usize..7,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let rgb = || DynamicImage::ImageRgb8(ImageBuffer::from_fn(9, 7, |x, y| image::Rgb([x as u8, y as u8, 200])));
        let mut bytes = match which {
            0 => png(5, 3, &[77; 60]),
            1 => encode(&rgb(), image::ImageFormat::Jpeg),
            2 => webp(5, 3, &[77; 60], image_webp::ColorType::Rgba8),
            3 => ETC1S.to_vec(),
            4 => UASTC.to_vec(),
            5 => ktx2(0, 166, (8, 8), 0, &[uastc_block([9; 4]).repeat(4)]),
            _ => base64(CMYK),
        };
        survive(&bytes[..cut.index(bytes.len())]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survive(&bytes);
    }

    #[test]
    fn damaged_numbers_of_ktx2_are_survived(file in 0usize..3, word in 3usize..50, value in any::<u32>(), small in 0u32..40) {
        let good = match file {
            0 => ETC1S.to_vec(),
            1 => UASTC.to_vec(),
            _ => ktx2(37, 1, (4, 4), 0, &[vec![0; 64], vec![0; 16], vec![0; 4]]),
        };
        for value in [value, small, u32::MAX - small] {
            let mut bytes = good.clone();
            bytes[word * 4..word * 4 + 4].copy_from_slice(&value.to_le_bytes());
            survive(&bytes);
        }
    }
}

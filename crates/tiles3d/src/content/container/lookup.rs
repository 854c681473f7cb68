//! Tables of 256 numbers, looked up for many bytes at once where the processor chooses among the bytes of two registers of
//! 64 (`vpermi2b` of AVX-512): a fourth of each number at a time.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Bytes as _, Level, f32x16, prelude::*, u8x64, u16x32};

/// A number for each byte.
pub(super) struct Lookup {
    numbers: [f32; 256],
    /// The first byte of each number, the second, and so on.
    #[cfg(target_arch = "x86_64")]
    planes: [[u8; 256]; 4],
}

impl Lookup {
    pub(super) fn new(numbers: [f32; 256]) -> Self {
        Self {
            numbers,
            #[cfg(target_arch = "x86_64")]
            planes: std::array::from_fn(|k| numbers.map(|v| v.to_le_bytes()[k])),
        }
    }

    /// The numbers of the first three bytes of each pixel; then its fourth byte over 255, or 1 without one.
    pub(super) fn colors<const N: usize>(&self, pixels: &[[u8; N]]) -> Vec<[f32; 4]> {
        let mut out = Vec::with_capacity(pixels.len());
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = Level::new().as_avx512() {
            simd.vectorize(
                #[inline(always)]
                || self.many(simd, pixels, &mut out),
            );
        }
        out.extend(pixels.iter().skip(out.len()).map(|pixel| self.color(pixel)));
        out
    }

    fn color<const N: usize>(&self, pixel: &[u8; N]) -> [f32; 4] {
        let mut out = [1.0; 4];
        for (k, (out, &byte)) in out.iter_mut().zip(pixel).enumerate() {
            *out = if k < 3 { self.numbers[usize::from(byte)] } else { f32::from(byte) / 255.0 };
        }
        out
    }

    /// All pixels but the last ones.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn many<S: Simd, const N: usize>(&self, simd: S, pixels: &[[u8; N]], out: &mut Vec<[f32; 4]>) {
        // A byte for each number of sixteen pixels. That of the alpha is any; it is set apart.
        let places: [u8; 64] = std::array::from_fn(|i| (i / 4 * N + (i % 4).min(N - 1)) as u8);
        let places = u8x64::from_slice(simd, &places);
        let mut tables = [[simd.splat_u8x64(0); 4]; 4];
        for (tables, plane) in tables.iter_mut().zip(&self.planes) {
            for (table, part) in tables.iter_mut().zip(plane.as_chunks::<64>().0) {
                *table = u8x64::from_slice(simd, part);
            }
        }
        let half = simd.splat_u8x64(0x7f);
        let one = simd.splat_f32x16(1.0);
        let alphas = simd.from_bitmask_mask32x16(0x8888);
        for (i, sixteen) in pixels.as_chunks::<16>().0.iter().enumerate() {
            // Of three bytes a pixel they are less than a register, and what follows is not used.
            let bytes = pixels.as_flattened().get(16 * N * i..).and_then(<[u8]>::first_chunk::<64>);
            let Some(bytes) = bytes else { return };
            let bytes = simd.swizzle_dyn_u8x64(u8x64::from_slice(simd, bytes), places);
            let is_high = simd.simd_gt_u8x64(bytes, half);
            let mut planes = [bytes; 4];
            for (plane, [a, b, c, d]) in planes.iter_mut().zip(tables) {
                let low = simd.concat_swizzle_dyn_precise_u8x64(a, b, bytes);
                let high = simd.concat_swizzle_dyn_precise_u8x64(c, d, bytes & half);
                *plane = simd.select_u8x64(is_high, high, low);
            }
            let [a, b, c, d] = planes;
            let low: u16x32<S> = simd.zip_low_u8x64(a, b).bitcast();
            let low2: u16x32<S> = simd.zip_low_u8x64(c, d).bitcast();
            let high: u16x32<S> = simd.zip_high_u8x64(a, b).bitcast();
            let high2: u16x32<S> = simd.zip_high_u8x64(c, d).bitcast();
            let numbers: [f32x16<S>; 4] = [
                simd.zip_low_u16x32(low, low2).bitcast(),
                simd.zip_high_u16x32(low, low2).bitcast(),
                simd.zip_low_u16x32(high, high2).bitcast(),
                simd.zip_high_u16x32(high, high2).bitcast(),
            ];
            let mut made = [[0.0; 16]; 4];
            for (made, numbers) in made.iter_mut().zip(numbers) {
                *made = simd.select_f32x16(alphas, one, numbers).into();
            }
            let made = made.as_flattened_mut().as_chunks_mut::<4>().0;
            for (color, pixel) in made.iter_mut().zip(sixteen) {
                if let Some(alpha) = pixel.get(3) {
                    color[3] = f32::from(*alpha) / 255.0;
                }
            }
            out.extend_from_slice(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agree<const N: usize>(lookup: &Lookup, pixels: &[[u8; N]]) {
        let expected: Vec<_> = pixels.iter().map(|pixel| lookup.color(pixel)).collect();
        assert_eq!(lookup.colors(pixels), expected);
    }

    proptest! {
        #[test]
        fn many_pixels_are_looked_up_as_one_by_one(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            numbers in prop::collection::vec(-1e9f32..1e9, 256),
        ) {
            let lookup = Lookup::new(numbers.try_into().unwrap());
            agree(&lookup, bytes.as_chunks::<3>().0);
            agree(&lookup, bytes.as_chunks::<4>().0);
        }
    }

    #[test]
    fn every_byte_has_its_number() {
        let lookup = Lookup::new(std::array::from_fn(|i| i as f32 * 0.37));
        let pixels: Vec<[u8; 4]> = (0..=255u8).map(|i| [i, 255 - i, i ^ 0x55, i]).collect();
        for (i, color) in lookup.colors(&pixels).iter().enumerate() {
            let expected = [i, 255 - i, i ^ 0x55].map(|i| i as f32 * 0.37);
            assert_eq!((color[..3].to_vec(), color[3]), (expected.to_vec(), i as f32 / 255.0));
        }
    }
}

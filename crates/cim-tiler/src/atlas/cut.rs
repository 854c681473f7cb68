//! Cutting parts out of pictures, as small as they are shown.

use crate::{mesh::linear, picture::Wrap};
use image::{Rgba, RgbaImage};

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Its upper left corner, pixels of the picture; may lie outside.
    pub(super) at: [i64; 2],
    /// Pixels of the picture that it is wide and high.
    pub(super) size: [u32; 2],
    /// Pixels that it becomes; none of them smaller than one of the picture.
    pub(super) out: [u32; 2],
    /// What lies outside of the picture.
    pub(super) wrap: Wrap,
}

/// The pixels of the picture that one of the part covers along an axis, and how much of each; `None` is the border.
type Span = Vec<(Option<u32>, f32)>;

/// The part, `gutter` pixels of what is around it to its left and above it, in a slot of this size: the rest is what lies
/// to its right and below it.
pub(super) fn cut(picture: &RgbaImage, part: &Part, gutter: u32, slot: [u32; 2]) -> RgbaImage {
    let size = [picture.width(), picture.height()];
    let [columns, rows] = [0, 1].map(|k| {
        let step = f64::from(part.size[k]) / f64::from(part.out[k].max(1));
        let span =
            |i: u32| span(part.at[k] as f64 + (f64::from(i) - f64::from(gutter)) * step, step, size[k], part.wrap);
        (0..slot[k]).map(span).collect::<Vec<Span>>()
    });
    let border = Rgba(if let Wrap::Border(color) = part.wrap { color } else { [0; 4] });
    let light: Vec<f32> = (0..=255).map(linear).collect();
    RgbaImage::from_fn(slot[0], slot[1], |x, y| {
        let (row, column) = (&rows[y as usize], &columns[x as usize]);
        let pixel = |x: Option<u32>, y: Option<u32>| x.zip(y).map_or(border, |(x, y)| *picture.get_pixel(x, y));
        if let ([(y, _)], [(x, _)]) = (&row[..], &column[..]) {
            return pixel(*x, *y);
        }
        let (mut color, mut alpha, mut all) = ([0.0f32; 3], 0.0, 0.0);
        for (y, tall) in row {
            for (x, wide) in column {
                let (Rgba(p), share) = (pixel(*x, *y), tall * wide);
                let seen = share * f32::from(p[3]);
                for (sum, c) in color.iter_mut().zip(p) {
                    *sum += seen * light[usize::from(c)];
                }
                (alpha, all) = (alpha + seen, all + share);
            }
        }
        let [r, g, b] = color.map(|c| encoded(c / alpha.max(f32::MIN_POSITIVE)));
        Rgba([r, g, b, (alpha / all).round() as u8])
    })
}

/// The pixels from `from` on over a length.
fn span(from: f64, length: f64, size: u32, wrap: Wrap) -> Span {
    let (first, last) = (from.floor() as i64, ((from + length).ceil() as i64).max(from.floor() as i64 + 1));
    let share = |i: i64| ((i + 1) as f64).min(from + length) - (i as f64).max(from);
    let covered = (first..last).map(|i| (inside(i, size, wrap), share(i) as f32));
    // Slivers are the rounding's.
    let span: Span = covered.filter(|(_, share)| *share > 1e-4).collect();
    if span.is_empty() { vec![(inside(first, size, wrap), 1.0)] } else { span }
}

/// Which pixel of the picture is shown at one that may lie outside; `None` for the border.
fn inside(i: i64, size: u32, wrap: Wrap) -> Option<u32> {
    let n = i64::from(size);
    let at = match wrap {
        Wrap::Repeat => i.rem_euclid(n),
        Wrap::Mirror => {
            let i = i.rem_euclid(2 * n);
            i.min(2 * n - 1 - i)
        }
        Wrap::Clamp => i.clamp(0, n - 1),
        Wrap::Border(_) if (0..n).contains(&i) => i,
        Wrap::Border(_) => return None,
    };
    u32::try_from(at).ok()
}

/// The sRGB byte of a linear value (IEC 61966-2-1).
fn encoded(c: f32) -> u8 {
    let c = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
    (c.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red tells the column, green the row.
    fn picture() -> RgbaImage {
        RgbaImage::from_fn(8, 8, |x, y| Rgba([10 * x as u8, 10 * y as u8, 0, 255]))
    }

    fn columns(out: &RgbaImage) -> Vec<u8> {
        (0..out.width()).map(|x| out.get_pixel(x, 0).0[0] / 10).collect()
    }

    #[test]
    fn what_is_not_scaled_stays_as_it_is_with_its_surroundings() {
        let part = Part { at: [2, 3], size: [4, 2], out: [4, 2], wrap: Wrap::Clamp };
        let out = cut(&picture(), &part, 4, [12, 12]);
        assert_eq!(columns(&out), [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
        assert_eq!(out.get_pixel(5, 4), &Rgba([30, 30, 0, 255]));
    }

    #[test]
    fn outside_of_the_picture_is_what_its_wrap_mode_says() {
        let part = |wrap| Part { at: [-2, 0], size: [12, 1], out: [12, 1], wrap };
        let out = |wrap| cut(&picture(), &part(wrap), 0, [12, 1]);
        assert_eq!(columns(&out(Wrap::Repeat)), [6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
        assert_eq!(columns(&out(Wrap::Mirror)), [1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 6]);
        assert_eq!(columns(&out(Wrap::Clamp)), [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
        assert_eq!(out(Wrap::Border([1, 2, 3, 0])).get_pixel(1, 0), &Rgba([1, 2, 3, 0]));
    }

    #[test]
    fn smaller_pixels_are_the_light_of_those_that_they_cover() {
        let check = RgbaImage::from_fn(6, 6, |x, y| Rgba(if (x + y) % 2 == 0 { [255; 4] } else { [0, 0, 0, 255] }));
        let part = Part { at: [0, 0], size: [6, 6], out: [3, 3], wrap: Wrap::Clamp };
        // Half the light is 188 of 255 in sRGB, not 128.
        assert_eq!(cut(&check, &part, 0, [3, 3]).get_pixel(1, 1), &Rgba([188, 188, 188, 255]));
        let part = Part { out: [4, 4], ..part };
        let thirds = cut(&picture(), &part, 0, [4, 4]);
        assert!(thirds.get_pixel(3, 0).0[0] > thirds.get_pixel(2, 0).0[0]);
        let holes = RgbaImage::from_fn(2, 1, |x, _| Rgba(if x == 0 { [200, 0, 0, 255] } else { [0, 0, 0, 0] }));
        let part = Part { at: [0, 0], size: [2, 1], out: [1, 1], wrap: Wrap::Clamp };
        assert_eq!(cut(&holes, &part, 0, [1, 1]).get_pixel(0, 0), &Rgba([200, 0, 0, 128]));
    }
}

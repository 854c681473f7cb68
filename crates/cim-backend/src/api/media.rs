//! Pictures of the demo city's cases: drawn, always the same for the same case, and plainly drawings.

use super::{App, Problem};
use axum::{
    extract::{Path, State},
    http::header,
    response::IntoResponse,
};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage, codecs::png::PngEncoder};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;
/// Line where the wall ends and the pavement begins.
const GROUND: u32 = 120;

pub(super) async fn picture(
    State(shared): App,
    Path((kind, id, name)): Path<(String, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let clean = match name.as_str() {
        "after.png" => true,
        "before.png" | "near.png" => false,
        _ => return Err(Problem::missing(format!("there is no picture {name}"))),
    };
    let wanted = id.clone();
    let known = match kind.as_str() {
        "cases" => shared.with_store(move |s| s.case(&wanted)).await.flatten().is_some(),
        "alerts" => shared.with_store(move |s| s.alert(&wanted)).await.flatten().is_some(),
        _ => false,
    };
    if !known {
        return Err(Problem::missing(format!("there is no picture of {kind} {id}")));
    }
    let drawn = tokio::task::spawn_blocking(move || draw(&id, clean)).await;
    let png = drawn.ok().flatten().ok_or_else(Problem::store)?;
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "max-age=86400")], png))
}

/// A street front; litter on the pavement unless it was cleaned.
fn draw(id: &str, clean: bool) -> Option<Vec<u8>> {
    let seed = id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let mut random = Pcg64::seed_from_u64(seed);
    let mut picture = RgbImage::from_fn(WIDTH, HEIGHT, |_, y| match y {
        y if y < GROUND => Rgb([168 + (y / 4) as u8, 190 + (y / 5) as u8, 214]),
        y if y < 165 => Rgb([172, 168, 160]),
        _ => Rgb([92, 94, 98]),
    });
    let mut x = 0;
    while x < WIDTH {
        let (width, top) = (random.random_range(38..80), random.random_range(12..70));
        let tone: u8 = random.random_range(130..215);
        rectangle(
            &mut picture,
            [x, top, width, GROUND - top],
            [tone, tone.saturating_sub(12), tone.saturating_sub(30)],
        );
        for wy in (top + 8..GROUND - 30).step_by(18) {
            for wx in (x + 6..(x + width).saturating_sub(10)).step_by(16) {
                rectangle(&mut picture, [wx, wy, 9, 10], [86, 104, 122]);
            }
        }
        let sign = [random.random_range(120..230), random.random_range(40..120), random.random_range(30..150)];
        rectangle(&mut picture, [x + 3, GROUND - 26, width.saturating_sub(6), 9], sign);
        x += width + 2;
    }
    for y in 170..HEIGHT {
        if y % 26 < 4 {
            rectangle(&mut picture, [(y * 7) % 60, y, 40, 2], [214, 214, 206]);
        }
    }
    let litter = (0..random.random_range(26..60)).map(|_| {
        let at = [random.random_range(70..250), random.random_range(128..160)];
        let size = [random.random_range(3..14), random.random_range(2..8)];
        let tone: u8 = random.random_range(40..120);
        ([at[0], at[1], size[0], size[1]], [tone.saturating_add(30), tone, tone / 2])
    });
    let litter: Vec<_> = litter.collect();
    if !clean {
        for (place, color) in litter {
            rectangle(&mut picture, place, color);
        }
    }
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(&picture, WIDTH, HEIGHT, ExtendedColorType::Rgb8).ok()?;
    Some(png)
}

fn rectangle(picture: &mut RgbImage, [x, y, w, h]: [u32; 4], color: [u8; 3]) {
    for py in y..(y + h).min(HEIGHT) {
        for px in x..(x + w).min(WIDTH) {
            picture.put_pixel(px, py, Rgb(color));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_case_has_the_same_picture_and_cleaning_shows() {
        let before = draw("20260101-0001", false).unwrap();
        assert_eq!(before, draw("20260101-0001", false).unwrap());
        assert_ne!(before, draw("20260101-0001", true).unwrap());
        assert_ne!(before, draw("20260101-0002", false).unwrap());
    }
}

//! How many pixels of their pictures things show, which is most of what a tile of them weighs.

use crate::picture::{Picture, Texture};
use glam::{DVec2, DVec3};
use std::collections::BTreeMap;

/// Metres of a pixel of a picture at least, where it is seen from close by.
pub(crate) const FINEST_PIXEL_M: f64 = 0.02;

/// What a thing shows of a picture from close by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    picture: usize,
    /// Whole ones: their sum is the same in any order.
    pixels: u64,
    /// Those that the picture has.
    whole: u64,
}

/// All that a thing shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shows(Vec<Seen>);

impl Shows {
    /// Adds a polygon (metres) with a picture.
    pub(crate) fn add(&mut self, rings: &[Vec<DVec3>], texture: &Texture, pictures: &[Picture]) {
        let metres: f64 = rings.iter().map(|ring| crate::mesh::twice_area_vector(ring).length()).sum();
        let on_picture = |ring: &Vec<[f32; 2]>| {
            let at = |i: usize| DVec2::from_array(ring[i % ring.len()].map(f64::from));
            (0..ring.len()).map(|i| at(i).perp_dot(at(i + 1))).sum::<f64>().abs()
        };
        let share: f64 = texture.uvs.iter().map(on_picture).sum();
        self.add_area(texture.picture, (0.5 * share, 0.5 * metres), pictures);
    }

    /// Adds an area with a picture: how many times as large as the picture it is on it, and square metres.
    pub(crate) fn add_area(&mut self, picture: usize, (share, metres): (f64, f64), pictures: &[Picture]) {
        let Some(size) = pictures.get(picture).map(|p| p.size.map(f64::from)) else { return };
        let whole = size[0] * size[1];
        let pixels = (share * whole).min(metres / (FINEST_PIXEL_M * FINEST_PIXEL_M)).clamp(0.0, 1e15) as u64;
        match self.0.iter_mut().find(|s| s.picture == picture) {
            Some(seen) => seen.pixels = seen.pixels.saturating_add(pixels),
            None => self.0.push(Seen { picture, pixels, whole: whole as u64 }),
        }
    }
}

/// Pixels that things show together: no more of a picture than it has.
pub(crate) fn pixels<'s>(things: impl Iterator<Item = &'s Shows>) -> u64 {
    let mut all: BTreeMap<usize, Seen> = BTreeMap::new();
    for seen in things.flat_map(|shows| &shows.0) {
        all.entry(seen.picture).and_modify(|s| s.pixels = s.pixels.saturating_add(seen.pixels)).or_insert(*seen);
    }
    all.values().map(|s| s.pixels.min(s.whole)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Pixels, Wrap};

    #[test]
    fn no_more_is_seen_than_a_picture_has_and_than_a_wall_shows() {
        let picture = |side| Picture { pixels: Pixels::File("none".into()), size: [side; 2], wrap: Wrap::Repeat };
        let pictures = [picture(100), picture(1000)];
        let wall = |metres: f64, picture, times: f32| {
            let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
            let ring = corners.map(|[x, z]| DVec3::new(x * metres, 5.0, z * metres)).to_vec();
            let mut shows = Shows::default();
            let uvs = vec![corners.map(|c| c.map(|c| c as f32 * times)).to_vec()];
            shows.add(&[ring], &Texture { picture, uvs }, &pictures);
            shows
        };
        let seen = |walls: &[Shows]| pixels(walls.iter());
        // A quarter of a picture, two of them, and a whole one however often it is there.
        assert_eq!(seen(&[wall(10.0, 0, 0.5)]), 2500);
        assert_eq!(seen(&[wall(10.0, 0, 0.5), wall(10.0, 0, 0.5)]), 5000);
        assert_eq!(seen(&[wall(10.0, 0, 7.0), wall(10.0, 0, 1.0)]), 10_000);
        // Two metres are a hundred pixels; and the other picture is another's.
        assert_eq!(seen(&[wall(2.0, 1, 1.0)]), 10_000);
        assert_eq!(seen(&[wall(2.0, 1, 1.0), wall(10.0, 0, 1.0)]), 20_000);
        assert_eq!(seen(&[wall(2.0, 9, 1.0), Shows::default()]), 0);
    }
}

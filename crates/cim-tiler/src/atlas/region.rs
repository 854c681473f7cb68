//! Which parts of pictures the surfaces of a tile show, and how small.

use crate::picture::{Picture, Wrap};
use std::collections::BTreeMap;

/// Cells along an edge of a picture: surfaces that share one have their part in common.
const CELLS: usize = 32;
/// Pixels of a picture by which texture coordinates may exceed it without meaning that it repeats.
const SLACK: f64 = 2.0;
/// Pixels along an edge up to which a repeated picture is written as often as it is repeated.
const BAKED: f64 = 256.0;
/// Pixels of the picture that are looked at for that.
const BAKED_FROM: f64 = 4_194_304.0;

/// A surface on a picture: where, in pixels from the upper left corner, and how small it may be.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    /// Number of the surface.
    pub(super) facet: usize,
    /// Where its corners lie.
    pub(super) corners: Vec<[f64; 2]>,
    /// Pixels that are enough for one of the picture, along an edge; at most 1.
    pub(super) scale: f64,
}

/// A part of a picture and the surfaces that show it.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) picture: usize,
    pub(super) at: [i64; 2],
    pub(super) size: [u32; 2],
    pub(super) scale: f64,
    pub(super) wrap: Wrap,
    /// Whether it is the whole picture, which the viewer repeats.
    pub(super) is_whole: bool,
    pub(super) sights: Vec<Sight>,
}

type Rect = [f64; 4];

/// The parts of one picture that are shown.
pub(super) fn regions(number: usize, picture: &Picture, sights: Vec<Sight>) -> Vec<Region> {
    let size = picture.size.map(f64::from);
    let mut within = Vec::new();
    let mut beyond: BTreeMap<[i64; 4], Region> = BTreeMap::new();
    let mut whole: Option<Region> = None;
    for mut sight in sights {
        shift(&mut sight, size, picture.wrap);
        let rect = rect(&sight.corners);
        if (0..2).all(|k| rect[k] >= -SLACK && rect[k + 2] <= size[k] + SLACK) {
            within.push((sight, rect));
            continue;
        }
        let (at, reach) = pixels(rect);
        let fits = |k: usize| f64::from(reach[k]) * sight.scale <= BAKED;
        let baked = fits(0) && fits(1) && f64::from(reach[0]) * f64::from(reach[1]) <= BAKED_FROM;
        let repeats = matches!(picture.wrap, Wrap::Repeat | Wrap::Mirror);
        let region = |at, size, is_whole| Region {
            picture: number,
            at,
            size,
            scale: 0.0,
            wrap: picture.wrap,
            is_whole,
            sights: Vec::new(),
        };
        let region = if baked || !repeats {
            let key = [at[0], at[1], i64::from(reach[0]), i64::from(reach[1])];
            beyond.entry(key).or_insert_with(|| region(at, reach, false))
        } else {
            whole.get_or_insert_with(|| region([0, 0], picture.size, true))
        };
        region.scale = region.scale.max(sight.scale);
        region.sights.push(sight);
    }
    let mut out = together(number, picture, within);
    out.extend(beyond.into_values());
    out.extend(whole);
    out
}

/// Moves a surface by whole pictures to the first one, or, where nothing repeats, into its neighbourhood.
fn shift(sight: &mut Sight, size: [f64; 2], wrap: Wrap) {
    let low = rect(&sight.corners);
    for k in 0..2 {
        let period = match wrap {
            Wrap::Repeat => size[k],
            Wrap::Mirror => 2.0 * size[k],
            Wrap::Clamp | Wrap::Border(_) => {
                sight.corners.iter_mut().for_each(|c| c[k] = c[k].clamp(-size[k], 2.0 * size[k]));
                continue;
            }
        };
        let by = ((low[k] + SLACK) / period).floor() * period;
        sight.corners.iter_mut().for_each(|c| c[k] -= by);
    }
}

fn rect(corners: &[[f64; 2]]) -> Rect {
    let start = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    corners.iter().fold(start, |r, c| [r[0].min(c[0]), r[1].min(c[1]), r[2].max(c[0]), r[3].max(c[1])])
}

/// The whole pixels that a rectangle covers, at least one: the first, and how many.
fn pixels(rect: Rect) -> ([i64; 2], [u32; 2]) {
    /// What rounding may add.
    const EPS: f64 = 0.01;
    let at = [0, 1].map(|k| (rect[k] + EPS).floor() as i64);
    let size =
        [0, 1].map(|k| ((rect[k + 2] - EPS).ceil() as i64).saturating_sub(at[k]).clamp(1, i64::from(u32::MAX)) as u32);
    (at, size)
}

/// Puts surfaces together that share cells of the picture: their part is cut once, and has no seams.
fn together(number: usize, picture: &Picture, sights: Vec<(Sight, Rect)>) -> Vec<Region> {
    let cell = f64::from(picture.size[0].max(picture.size[1])) / CELLS as f64;
    let cells = |rect: &Rect| {
        let index = |x: f64| ((x / cell).max(0.0) as usize).min(CELLS - 1);
        let (columns, rows) = (index(rect[0])..=index(rect[2]), index(rect[1])..=index(rect[3]));
        rows.flat_map(move |y| columns.clone().map(move |x| y * CELLS + x))
    };
    let mut groups: Vec<usize> = (0..CELLS * CELLS).collect();
    for (_, rect) in &sights {
        let mut all = cells(rect);
        let Some(first) = all.next() else { continue };
        for other in all {
            let (a, b) = (root(&mut groups, first), root(&mut groups, other));
            groups[a.max(b)] = a.min(b);
        }
    }
    let mut regions: BTreeMap<usize, (Rect, Vec<Sight>)> = BTreeMap::new();
    for (sight, rect) in sights {
        let Some(first) = cells(&rect).next() else { continue };
        let entry = regions.entry(root(&mut groups, first)).or_insert((rect, Vec::new()));
        let r = entry.0;
        entry.0 = [r[0].min(rect[0]), r[1].min(rect[1]), r[2].max(rect[2]), r[3].max(rect[3])];
        entry.1.push(sight);
    }
    let region = |(rect, sights): (Rect, Vec<Sight>)| {
        let [w, h] = picture.size.map(f64::from);
        let (at, size) = pixels([rect[0].max(0.0), rect[1].max(0.0), rect[2].min(w), rect[3].min(h)]);
        let scale = sights.iter().map(|s| s.scale).fold(0.0, f64::max);
        // Around a part that ends with the picture are the pixels of its edge, not those of the other side.
        Region { picture: number, at, size, scale, wrap: Wrap::Clamp, is_whole: false, sights }
    };
    regions.into_values().map(region).collect()
}

fn root(groups: &mut [usize], mut i: usize) -> usize {
    while groups[i] != i {
        groups[i] = groups[groups[i]];
        i = groups[i];
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    fn shown(wrap: Wrap, rects: &[Rect]) -> Vec<Region> {
        let picture = Picture { pixels: Pixels::File("none".into()), size: [320, 160], wrap };
        let sight = |(facet, r): (usize, &Rect)| Sight {
            facet,
            corners: vec![[r[0], r[1]], [r[2], r[1]], [r[2], r[3]]],
            scale: 0.5 + 0.1 * facet as f64,
        };
        regions(0, &picture, rects.iter().enumerate().map(sight).collect())
    }

    #[test]
    fn neighbours_share_a_part_and_strangers_do_not() {
        let found =
            shown(Wrap::Repeat, &[[0.0, 0.0, 50.0, 50.0], [50.0, 0.0, 60.0, 40.0], [200.0, 100.0, 320.0, 160.0]]);
        let parts: Vec<_> = found.iter().map(|r| (r.at, r.size, r.sights.len())).collect();
        assert_eq!(parts, [([0, 0], [60, 50], 2), ([200, 100], [120, 60], 1)]);
        assert!((found[0].scale - 0.6).abs() < 1e-9);
    }

    #[test]
    fn whole_turns_are_taken_off() {
        let found = shown(Wrap::Repeat, &[[-320.5, 1600.0, -1.0, 1760.0], [640.0, 0.0, 960.3, 160.0]]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].at, found[0].size), ([0, 0], [320, 160]));
        let found = shown(Wrap::Mirror, &[[320.0, 0.0, 640.0, 160.0]]);
        assert_eq!((found[0].at, found[0].size, found[0].wrap), ([320, 0], [320, 160], Wrap::Mirror));
    }

    #[test]
    fn what_repeats_is_baked_where_it_is_small_and_left_to_the_viewer_where_not() {
        let found = shown(Wrap::Repeat, &[[0.0, 0.0, 400.0, 160.0], [0.0, 0.0, 32_000.0, 1600.0]]);
        let parts: Vec<_> = found.iter().map(|r| (r.size, r.is_whole)).collect();
        assert_eq!(parts, [([400, 160], false), ([320, 160], true)]);
        // Nothing but an edge lies outside, however far.
        let found = shown(Wrap::Clamp, &[[-1e6, 0.0, 1e6, 160.0]]);
        assert_eq!((found[0].at, found[0].size, found[0].is_whole), ([-320, 0], [960, 160], false));
    }
}

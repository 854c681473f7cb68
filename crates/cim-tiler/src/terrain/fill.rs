//! Heights where nobody measured any: from around, the smoother the farther.

/// Fills what is NaN in a grid of `columns` by `rows` by pulling means of what is known to coarser grids, and pushing them
/// back. False, and nothing done, when nothing is known.
pub(super) fn fill(heights: &mut [f32], (columns, rows): (usize, usize)) -> bool {
    if heights.iter().all(|h| h.is_nan()) {
        return false;
    }
    if heights.iter().all(|h| !h.is_nan()) {
        return true;
    }
    let (wide, tall) = (columns.div_ceil(2), rows.div_ceil(2));
    let mut coarse = vec![f32::NAN; wide * tall];
    for j in 0..tall {
        for i in 0..wide {
            let (mut sum, mut count) = (0.0f64, 0u32);
            for r in 2 * j..(2 * j + 2).min(rows) {
                for c in 2 * i..(2 * i + 2).min(columns) {
                    let h = heights[r * columns + c];
                    if !h.is_nan() {
                        (sum, count) = (sum + f64::from(h), count + 1);
                    }
                }
            }
            if count > 0 {
                coarse[j * wide + i] = (sum / f64::from(count)) as f32;
            }
        }
    }
    fill(&mut coarse, (wide, tall));
    for r in 0..rows {
        for c in 0..columns {
            if heights[r * columns + c].is_nan() {
                heights[r * columns + c] = between(&coarse, (wide, tall), c, r);
            }
        }
    }
    true
}

/// The height of a node of the finer grid between the four nearest of the coarser one.
fn between(coarse: &[f32], (wide, tall): (usize, usize), c: usize, r: usize) -> f32 {
    let near = |v: usize, most: usize| {
        let at = (0.5 * v as f32 - 0.25).clamp(0.0, (most - 1) as f32);
        let low = at as usize;
        (low, (low + 1).min(most - 1), at - low as f32)
    };
    let ((i, i1, u), (j, j1, v)) = (near(c, wide), near(r, tall));
    let at = |i: usize, j: usize| coarse[j * wide + i];
    let row = |j: usize| at(i, j) + (at(i1, j) - at(i, j)) * u;
    row(j) + (row(j1) - row(j)) * v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_between_what_is_around_them_and_the_rest_is_kept() {
        let (columns, rows) = (37, 23);
        let truth = |c: usize, r: usize| 100.0 + c as f32 - 0.5 * r as f32;
        let mut grid: Vec<f32> = (0..rows).flat_map(|r| (0..columns).map(move |c| truth(c, r))).collect();
        let hole = |c: usize, r: usize| (10..16).contains(&c) && (8..14).contains(&r) || c > 33;
        (0..rows).for_each(|r| (0..columns).filter(|c| hole(*c, r)).for_each(|c| grid[r * columns + c] = f32::NAN));
        assert!(fill(&mut grid, (columns, rows)));
        for r in 0..rows {
            for c in 0..columns {
                let off = (grid[r * columns + c] - truth(c, r)).abs();
                assert!(if hole(c, r) { off < 6.0 } else { off == 0.0 }, "{c} {r} {off}");
            }
        }
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let mut grid = vec![f32::NAN; 6];
        assert!(!fill(&mut grid, (3, 2)) && grid.iter().all(|h| h.is_nan()));
    }
}

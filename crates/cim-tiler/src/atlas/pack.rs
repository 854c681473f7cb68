//! Packing rectangles onto sheets: shelves of falling height.

/// Pixels along an edge of a sheet at most.
pub(super) const SIDE: u32 = 2048;

/// Where a rectangle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Slot {
    pub(super) sheet: usize,
    pub(super) x: u32,
    pub(super) y: u32,
}

/// Rectangles on sheets.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Of every rectangle, as they were given.
    pub(super) slots: Vec<Slot>,
    /// Width and height of every sheet: no larger than what is on it.
    pub(super) sheets: Vec<[u32; 2]>,
}

struct Shelf {
    sheet: usize,
    y: u32,
    used: u32,
}

/// Packs rectangles, none of them wider or higher than [`SIDE`], so that none overlap.
pub(super) fn pack(sizes: &[[u32; 2]]) -> Packed {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(sizes[*i][1]), std::cmp::Reverse(sizes[*i][0]), *i));
    let area: f64 = sizes.iter().map(|s| f64::from(s[0]) * f64::from(s[1])).sum();
    let widest = sizes.iter().map(|s| s[0]).max().unwrap_or(0);
    // About as wide as high, where all fit on one sheet.
    let width = (area.sqrt() as u32).next_multiple_of(64).clamp(widest.min(SIDE), SIDE);
    let mut out = Packed { slots: vec![Slot::default(); sizes.len()], sheets: Vec::new() };
    let mut shelves: Vec<Shelf> = Vec::new();
    for i in order {
        let [w, h] = sizes[i];
        // A shelf is as high as the first on it, and those that follow are no higher.
        let free = shelves.iter().position(|s| s.used + w <= width);
        let at = free.unwrap_or_else(|| {
            let below = out.sheets.last().map_or(SIDE + 1, |s| s[1]);
            let (sheet, y) = if below + h <= SIDE {
                (out.sheets.len() - 1, below)
            } else {
                out.sheets.push([0, 0]);
                (out.sheets.len() - 1, 0)
            };
            out.sheets[sheet][1] = y + h;
            shelves.push(Shelf { sheet, y, used: 0 });
            shelves.len() - 1
        });
        let shelf = &mut shelves[at];
        out.slots[i] = Slot { sheet: shelf.sheet, x: shelf.used, y: shelf.y };
        shelf.used += w;
        let sheet = &mut out.sheets[shelf.sheet];
        sheet[0] = sheet[0].max(shelf.used);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rectangles_lie_on_their_sheets_and_apart(
            sizes in prop::collection::vec((1..=SIDE, 1..=SIDE).prop_map(|(w, h)| [w, h]), 0..40),
            small in prop::collection::vec((1..80u32, 1..80u32).prop_map(|(w, h)| [w, h]), 0..120),
        ) {
            let sizes = [sizes, small].concat();
            let packed = pack(&sizes);
            prop_assert_eq!(packed.slots.len(), sizes.len());
            for (i, (a, [w, h])) in packed.slots.iter().zip(&sizes).enumerate() {
                let sheet = packed.sheets[a.sheet];
                prop_assert!(a.x + w <= sheet[0] && a.y + h <= sheet[1] && sheet[0] <= SIDE && sheet[1] <= SIDE);
                for (b, [v, g]) in packed.slots[..i].iter().zip(&sizes) {
                    let apart = a.sheet != b.sheet || a.x + w <= b.x || b.x + v <= a.x || a.y + h <= b.y || b.y + g <= a.y;
                    prop_assert!(apart, "{a:?} {w} {h} {b:?} {v} {g}");
                }
            }
        }
    }

    #[test]
    fn little_of_a_sheet_is_empty() {
        let sizes: Vec<[u32; 2]> = (0..1000u32).map(|i| [8 + i * 37 % 90, 8 + i * 53 % 70]).collect();
        let area = |sizes: &[[u32; 2]]| -> u32 { sizes.iter().map(|s| s[0] * s[1]).sum() };
        let packed = pack(&sizes);
        assert!(area(&packed.sheets) < area(&sizes) * 5 / 4, "{:?} for {}", packed.sheets, area(&sizes));
    }
}

//! Districts, subdistricts (街道) and communities (社区): rectangles of blocks of the unbent plan, and their outlines.

use super::{
    demo::{District, Name, Part, demo},
    names,
    plan::{Line, Plan, bend},
};

/// Blocks along the edge of a community.
pub(super) const COMMUNITY_BLOCKS: usize = 5;
/// Communities along the edge of a subdistrict.
pub(super) const SUBDISTRICT_COMMUNITIES: usize = 4;
const SUBDISTRICT_BLOCKS: usize = COMMUNITY_BLOCKS * SUBDISTRICT_COMMUNITIES;

/// A rectangle of blocks: columns and rows, first and behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    pub(super) columns: [usize; 2],
    pub(super) rows: [usize; 2],
}

/// A subdistrict.
#[derive(Debug, Clone)]
pub(super) struct Subdistrict {
    /// From 1, from the centre outwards.
    pub(super) number: usize,
    pub(super) name: Name,
    /// Six digits of the county and three of its own.
    pub(super) code: String,
    pub(super) district: &'static District,
    pub(super) blocks: Blocks,
}

/// A community.
#[derive(Debug, Clone)]
pub(super) struct Community {
    /// From 1, within its subdistrict.
    pub(super) number: usize,
    pub(super) name: Name,
    /// The subdistrict's nine digits and three of its own.
    pub(super) code: String,
    pub(super) blocks: Blocks,
}

/// How many subdistricts lie side by side, to the east and to the north.
fn counts(plan: &Plan) -> [usize; 2] {
    [plan.columns.len() - 1, plan.rows.len() - 1].map(|n| n.div_ceil(SUBDISTRICT_BLOCKS))
}

/// The subdistricts, from the centre outwards.
pub(super) fn subdistricts(plan: &Plan) -> Vec<Subdistrict> {
    let (columns, rows) = (plan.columns.len() - 1, plan.rows.len() - 1);
    let [across, up] = counts(plan);
    let mut list: Vec<(usize, usize)> = (0..across).flat_map(|i| (0..up).map(move |j| (i, j))).collect();
    let distance = |&(i, j): &(usize, usize)| {
        let off = |k: usize, n: usize| ((2 * k + 1) * SUBDISTRICT_BLOCKS).abs_diff(n);
        off(i, columns).pow(2) + off(j, rows).pow(2)
    };
    list.sort_by_key(|s| (distance(s), *s));
    let make = |(k, (i, j)): (usize, (usize, usize))| {
        let span = |k: usize, n: usize| [k * SUBDISTRICT_BLOCKS, ((k + 1) * SUBDISTRICT_BLOCKS).min(n)];
        Subdistrict {
            number: k + 1,
            name: names::subdistrict(k),
            code: format!("{}{:03}", demo().county, k + 1),
            district: of([across, up], [i, j]),
            blocks: Blocks { columns: span(i, columns), rows: span(j, rows) },
        }
    };
    list.into_iter().enumerate().map(make).collect()
}

/// The communities of a subdistrict that have any block, from west to east and from north to south.
pub(super) fn communities(of: &Subdistrict) -> Vec<Community> {
    let mut out = Vec::new();
    for j in (0..SUBDISTRICT_COMMUNITIES).rev() {
        for i in 0..SUBDISTRICT_COMMUNITIES {
            let span = |k: usize, [first, end]: [usize; 2]| {
                [(first + k * COMMUNITY_BLOCKS).min(end), (first + (k + 1) * COMMUNITY_BLOCKS).min(end)]
            };
            let blocks = Blocks { columns: span(i, of.blocks.columns), rows: span(j, of.blocks.rows) };
            if blocks.columns[0] < blocks.columns[1] && blocks.rows[0] < blocks.rows[1] {
                let number = out.len() + 1;
                let name = names::community(of.number - 1, number - 1);
                out.push(Community { number, name, code: format!("{}{number:03}", of.code), blocks });
            }
        }
    }
    out
}

/// The district that a subdistrict, by its place among all, belongs to. A small town is of one district.
fn of([across, up]: [usize; 2], [i, j]: [usize; 2]) -> &'static District {
    let part = match () {
        () if across < 4 || up < 4 => Part::Rest,
        () if i + across.div_ceil(5) >= across => Part::East,
        () if j < up.div_ceil(4) => Part::South,
        () if i < across / 6 => Part::West,
        () => Part::Rest,
    };
    let districts = &demo().districts;
    let found = districts.iter().find(|d| d.part == part).or_else(|| districts.iter().find(|d| d.part == Part::Rest));
    static NONE: std::sync::LazyLock<District> = std::sync::LazyLock::new(|| District {
        name: Name::default(),
        code: String::new(),
        level: String::new(),
        part: Part::Rest,
    });
    found.unwrap_or(&NONE)
}

/// The district of a block.
pub(super) fn of_block(plan: &Plan, column: usize, row: usize) -> &'static District {
    of(counts(plan), [column / SUBDISTRICT_BLOCKS, row / SUBDISTRICT_BLOCKS])
}

/// The districts that have any subdistrict, with their blocks: the parts are made so that each is a rectangle.
pub(super) fn districts(subdistricts: &[Subdistrict]) -> Vec<(&'static District, Blocks)> {
    let mut out: Vec<(&'static District, Blocks)> = Vec::new();
    for s in subdistricts {
        match out.iter_mut().find(|(d, _)| std::ptr::eq(*d, s.district)) {
            Some((_, all)) => {
                let join = |a: [usize; 2], b: [usize; 2]| [a[0].min(b[0]), a[1].max(b[1])];
                *all = Blocks { columns: join(all.columns, s.blocks.columns), rows: join(all.rows, s.blocks.rows) };
            }
            None => out.push((s.district, s.blocks)),
        }
    }
    out
}

/// East or north metres of a quarter of a block along a direction of the plan.
pub(super) fn along(lines: &[Line], quarter: usize) -> f64 {
    let (k, part) = (quarter / 4, quarter % 4);
    let next = lines[(k + 1).min(lines.len() - 1)].at;
    lines[k].at + (next - lines[k].at) * part as f64 / 4.0
}

/// The outline of a rectangle of blocks, counter-clockwise, with a corner at every quarter of a block: through the same
/// points as the cells of the unit grid, so that no gap opens between them.
pub(super) fn outline(plan: &Plan, blocks: Blocks) -> Vec<[f64; 2]> {
    let [[west, east], [south, north]] = [blocks.columns, blocks.rows].map(|s| s.map(|k| 4 * k));
    let at = |x: usize, y: usize| bend([along(&plan.columns, x), along(&plan.rows, y)]);
    let eastward = (west..east).map(|x| at(x, south));
    let northward = (south..north).map(|y| at(east, y));
    let westward = (west + 1..=east).rev().map(|x| at(x, north));
    let southward = (south + 1..=north).rev().map(|y| at(west, y));
    eastward.chain(northward).chain(westward).chain(southward).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_block_is_in_one_community_of_one_subdistrict_of_one_district() {
        let plan = Plan::new(100_000, &mut rand_pcg::Pcg64::seed_from_u64(1));
        let (columns, rows) = (plan.columns.len() - 1, plan.rows.len() - 1);
        let mut seen = vec![0; columns * rows];
        let all = subdistricts(&plan);
        let parts = districts(&all);
        assert_eq!(parts.len(), 4);
        for s in &all {
            for c in communities(s) {
                assert!(c.code.len() == 12 && c.code.starts_with(&s.code));
                for i in c.blocks.columns[0]..c.blocks.columns[1] {
                    for j in c.blocks.rows[0]..c.blocks.rows[1] {
                        seen[i * rows + j] += 1;
                        assert!(std::ptr::eq(of_block(&plan, i, j), s.district));
                        let inside = |b: &Blocks| {
                            (b.columns[0]..b.columns[1]).contains(&i) && (b.rows[0]..b.rows[1]).contains(&j)
                        };
                        assert_eq!(parts.iter().filter(|(_, b)| inside(b)).count(), 1, "districts overlap");
                    }
                }
            }
        }
        assert!(seen.iter().all(|n| *n == 1));
    }
}

//! Trees of tiles as implicit ones, and what their files are called.

use super::{Tiling, Writer};
use crate::TilerError;
use tiles3d::write::{TileNode, split_details, write_implicit};

/// Stands for the details of a tree in the name of its folder, and of a tile.
const DETAILS: char = 'd';

/// The file of a tile's content beside `tileset.json`. The name of a tile of a quadtree is that of the tree and the
/// quarters that lead to it, and a `d` where it holds the details of that tile.
pub(super) fn file(name: &str, tiling: Tiling) -> String {
    match (tiling, cell(name)) {
        (Tiling::Implicit, Some((tree, [level, x, y]))) => format!("{tree}/{level}/{x}/{y}.glb"),
        _ => format!("{name}.glb"),
    }
}

/// The tree of a tile and its level and place there; none of a name that is of another kind.
fn cell(name: &str) -> Option<(String, [u64; 3])> {
    let mut chars = name.chars();
    let mut tree = chars.next()?.to_string();
    let (mut level, mut x, mut y) = (0, 0, 0);
    while let Some(c) = chars.next() {
        let quarter = match c {
            // The details of a tile are its first quarter in a tree of their own.
            DETAILS if chars.as_str().is_empty() => {
                tree.push(DETAILS);
                0
            }
            _ => c.to_digit(4)?,
        };
        (level, x, y) = (level + 1, 2 * x + u64::from(quarter & 1), 2 * y + u64::from(quarter >> 1));
    }
    Some((tree, [level, x, y]))
}

impl Writer<'_> {
    /// The tree called `name` as it stands in `tileset.json`; of an implicit one the subtrees are written.
    pub(super) fn told(&mut self, name: &str, tree: TileNode) -> Result<Vec<TileNode>, TilerError> {
        if self.options.tiling == Tiling::Explicit {
            return Ok(vec![tree]);
        }
        let (rest, details) = split_details(tree);
        let mut roots = Vec::new();
        for (name, tree) in [(name.to_owned(), Some(rest)), (format!("{name}{DETAILS}"), details)] {
            let Some(tree) = tree else { continue };
            let [contents, subtrees] = ["glb", "subtree"].map(|end| format!("{name}/{{level}}/{{x}}/{{y}}.{end}"));
            let implicit = write_implicit(&tree, &contents, &subtrees)
                .map_err(|source| TilerError::Tile { tile: name.clone(), source })?;
            for (path, bytes) in implicit.subtrees {
                self.file(&format!("tiles/{path}"), &bytes)?;
            }
            roots.push(implicit.root);
        }
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_called_after_its_place() {
        assert_eq!(file("b", Tiling::Implicit), "b/0/0/0.glb");
        assert_eq!(file("b1", Tiling::Implicit), "b/1/1/0.glb");
        assert_eq!(file("r123", Tiling::Implicit), "r/3/5/3.glb");
        assert_eq!(file("r123d", Tiling::Implicit), "rd/4/10/6.glb");
        assert_eq!(file("r123d", Tiling::Explicit), "r123d.glb");
        assert_eq!(file("base", Tiling::Implicit), "base.glb");
    }
}

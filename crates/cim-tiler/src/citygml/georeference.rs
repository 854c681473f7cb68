//! Pictures with a place in the world (CityGML 2.0, 9.4): by a world file beside them, or by what the file says.

use super::{appearance::numbers, xml::Element};
use crate::picture::{Picture, Pixels};
use std::path::Path;

/// What a `GeoreferencedTexture` says of its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct World {
    prefers_file: bool,
    /// The middle of the upper left pixel, and the matrix from columns and rows to coordinates (A, B, D, E).
    own: Option<([f64; 2], [f64; 4])>,
}

impl World {
    pub(super) fn read(data: &Element) -> Self {
        let text = |name: &str| data.child(name).map(|c| c.text.as_str());
        let matrix = text("orientation").and_then(|t| numbers(t)?.try_into().ok());
        let at = data.child("referencePoint").and_then(|p| p.child("Point")).and_then(|p| p.child("pos"));
        let at = at.and_then(|p| numbers(&p.text)?.first_chunk::<2>().copied());
        let prefers_file = !matches!(text("preferWorldFile"), Some("false" | "0"));
        Self { prefers_file, own: at.zip(matrix) }
    }

    /// From coordinates to texture coordinates, row by row as `worldToTexture` has them.
    pub(super) fn matrix(&self, picture: &Picture) -> Option<[f64; 12]> {
        let file = match &picture.pixels {
            Pixels::File(file) if self.prefers_file || self.own.is_none() => world_file(file),
            _ => None,
        };
        let ([x, y], [a, b, d, e]) = file.or(self.own)?;
        let area = a * e - b * d;
        let [width, height] = picture.size.map(f64::from);
        if !area.is_normal() {
            return None;
        }
        // Columns and rows count from the middle of the first pixel, texture coordinates from the lower left edge.
        let column = [e / area, -b / area, (b * y - e * x) / area];
        let row = [-d / area, a / area, (d * x - a * y) / area];
        let across = [column[0] / width, column[1] / width, (column[2] + 0.5) / width];
        let up = [-row[0] / height, -row[1] / height, 1.0 - (row[2] + 0.5) / height];
        Some([across[0], across[1], 0.0, across[2], up[0], up[1], 0.0, up[2], 0.0, 0.0, 0.0, 1.0])
    }
}

/// A, D, B, E, and the place of the middle of the upper left pixel, one a line.
fn world_file(picture: &Path) -> Option<([f64; 2], [f64; 4])> {
    let ending = picture.extension()?.to_str()?.to_owned();
    let (first, last) = (ending.chars().next()?, ending.chars().last()?);
    let names = [format!("{first}{last}w"), format!("{ending}w"), "wld".to_owned()];
    let text = names.iter().find_map(|name| std::fs::read_to_string(picture.with_extension(name)).ok())?;
    let [a, d, b, e, x, y] = numbers(&text)?.try_into().ok()?;
    Some(([x, y], [a, b, d, e]))
}

//! Coordinates of GML: from the ways to write a ring to corners.

use super::xml::Element;
use crate::citymodel::Defect;

/// The corners of a `LinearRing` or a `Ring` of curves, the first not repeated.
pub(super) fn ring(element: &Element, dimension: usize, defects: &mut Vec<Defect>) -> Option<Vec<[f64; 3]>> {
    let mut corners = Vec::new();
    let read = gather(element, own_dimension(element, dimension), &mut corners);
    // Curves of a ring begin where the one before ended. What a linear ring repeats is left to mending, so that its
    // corners are as many as the file has.
    if element.name != "LinearRing" {
        corners.dedup();
    }
    if read.is_none() || corners.len() < 3 {
        defects.push(Defect::Ring);
        return None;
    }
    // GML 3.2.1, 10.5.8: the last corner of a ring is its first.
    if corners.first() == corners.last() {
        corners.pop();
    } else {
        defects.push(Defect::Unclosed);
    }
    Some(corners)
}

/// The corner of a `Point`.
pub(super) fn point(element: &Element, dimension: usize) -> Option<[f64; 3]> {
    let mut corners = Vec::new();
    gather(element, own_dimension(element, dimension), &mut corners)?;
    corners.first().copied()
}

/// Coordinates of a corner, where an element says so.
pub(super) fn own_dimension(element: &Element, dimension: usize) -> usize {
    element
        .attribute("srsDimension")
        .and_then(|d| d.trim().parse().ok())
        .filter(|d| (2..=3).contains(d))
        .unwrap_or(dimension)
}

/// Adds the corners of an element and of those in it; `None` where something is no coordinate.
fn gather(element: &Element, dimension: usize, out: &mut Vec<[f64; 3]>) -> Option<()> {
    let dimension = own_dimension(element, dimension);
    match element.name.as_str() {
        "posList" => {
            let mut numbers = element.text.split_ascii_whitespace();
            while let Some(x) = numbers.next() {
                let (x, y) = (x.parse().ok()?, numbers.next()?.parse().ok()?);
                let z = if dimension == 3 { numbers.next()?.parse().ok()? } else { 0.0 };
                out.push([x, y, z]);
            }
        }
        "pos" => out.push(corner(element.text.split_ascii_whitespace())?),
        // GML 2: tuples with spaces between them, their numbers with commas.
        "coordinates" => {
            for tuple in element.text.split_ascii_whitespace() {
                out.push(corner(tuple.split(','))?);
            }
        }
        "coord" => out.push(corner(element.children.iter().map(|c| c.text.as_str()))?),
        "Arc" | "Circle" | "ArcString" | "CubicSpline" | "BSpline" | "Bezier" | "Clothoid" => return None,
        _ => {
            for child in &element.children {
                gather(child, dimension, out)?;
            }
        }
    }
    Some(())
}

fn corner<'a>(mut numbers: impl Iterator<Item = &'a str>) -> Option<[f64; 3]> {
    let (x, y) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
    let z = numbers.next().map_or(Some(0.0), |z| z.parse().ok())?;
    Some([x, y, z])
}

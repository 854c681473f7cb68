//! From strips, fans and loops to lists.

use crate::{
    Diagnostic,
    content::{DecodeError, PrimitiveMode},
    wide,
};

/// What the vertices of a primitive make, as lists.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) mode: PrimitiveMode,
    /// Whole triangles, lines or points; all in range.
    pub(super) indices: Vec<u32>,
}

/// The values that end a strip in some graphics interfaces; glTF forbids them (glTF 2.0, 3.7.2.1).
const RESTARTS: [u32; 3] = [u8::MAX as u32, u16::MAX as u32, u32::MAX];

/// Makes lists of the `indices` of a primitive with `vertices` vertices; `mode` is glTF's number.
pub(super) fn lists(
    mode: u32,
    indices: Vec<u32>,
    vertices: usize,
    found: &mut Vec<Diagnostic>,
) -> Result<Lists, DecodeError> {
    if are_below(&indices, vertices) {
        return whole(mode, indices, found);
    }
    let most = indices.iter().copied().max().unwrap_or(0);
    // Some writers restart strips all the same. Such a value beyond the vertices can mean nothing else.
    if !RESTARTS.contains(&most) || indices.iter().any(|i| *i as usize >= vertices && *i != most) {
        return Err(DecodeError::malformed("glTF indices", format!("there is no vertex {most} of {vertices}")));
    }
    let message = format!("index {most} restarts the primitive, which glTF does not allow; it was followed");
    found.push(Diagnostic::new("primitive-restart", "glTF primitive", message));
    let mut out = Lists { mode: PrimitiveMode::Points, indices: Vec::new() };
    for run in indices.split(|i| *i == most) {
        let run = whole(mode, run.to_vec(), &mut Vec::new())?;
        out.mode = run.mode;
        out.indices.extend(run.indices);
    }
    Ok(out)
}

/// Whether all indices are below `vertices`.
pub(super) fn are_below(indices: &[u32], vertices: usize) -> bool {
    let last = match u32::try_from(vertices) {
        Ok(0) => return indices.is_empty(),
        Ok(vertices) if vertices <= 1 << 31 => vertices - 1,
        _ => return indices.iter().all(|i| (*i as usize) < vertices),
    };
    // The highest bit of a difference says that it is negative, that of an index that it is beyond 2^31. Processors
    // compare and choose among unsigned numbers slowly.
    wide::bits(indices, |i| last.wrapping_sub(*i) | i) < 1 << 31
}

/// Without restarts.
fn whole(mode: u32, mut indices: Vec<u32>, found: &mut Vec<Diagnostic>) -> Result<Lists, DecodeError> {
    let corners = if mode == 4 { 3 } else { 2 };
    if matches!(mode, 1 | 4) && !indices.len().is_multiple_of(corners) {
        let message = format!("{} indices are not a multiple of {corners}; the last ones were left out", indices.len());
        found.push(Diagnostic::new("primitive-incomplete", "glTF primitive", message));
        indices.truncate(indices.len() / corners * corners);
    }
    let pairs = |indices: &[u32]| indices.array_windows().flat_map(|pair: &[u32; 2]| *pair).collect();
    let (mode, indices) = match mode {
        0 => (PrimitiveMode::Points, indices),
        1 => (PrimitiveMode::Lines, indices),
        2 => {
            // With two vertices the way back is the way there.
            if indices.len() > 2 {
                indices.extend(indices.first().copied());
            }
            (PrimitiveMode::Lines, pairs(&indices))
        }
        3 => (PrimitiveMode::Lines, pairs(&indices)),
        4 => (PrimitiveMode::Triangles, indices),
        5 => (PrimitiveMode::Triangles, strip(&indices)),
        6 => (PrimitiveMode::Triangles, fan(&indices)),
        other => return Err(DecodeError::malformed("glTF primitive", format!("mode {other}"))),
    };
    Ok(Lists { mode, indices })
}

fn strip(indices: &[u32]) -> Vec<u32> {
    let turned = |(i, &[a, b, c]): (usize, &[u32; 3])| if i % 2 == 0 { [a, b, c] } else { [a, c, b] };
    indices.array_windows().enumerate().flat_map(turned).collect()
}

fn fan(indices: &[u32]) -> Vec<u32> {
    let Some((&first, rest)) = indices.split_first() else { return Vec::new() };
    rest.array_windows().flat_map(|&[a, b]| [a, b, first]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(mode: u32, indices: &[u32], vertices: usize) -> (PrimitiveMode, Vec<u32>, Vec<&'static str>) {
        let mut found = Vec::new();
        let lists = lists(mode, indices.to_vec(), vertices, &mut found).unwrap();
        (lists.mode, lists.indices, found.iter().map(|d| d.code).collect())
    }

    #[test]
    fn every_mode_becomes_the_lists_of_the_specification() {
        use PrimitiveMode::{Lines, Points, Triangles};
        let i = [5, 6, 7, 8];
        assert_eq!(made(0, &i, 9), (Points, i.to_vec(), vec![]));
        assert_eq!(made(1, &i, 9), (Lines, i.to_vec(), vec![]));
        assert_eq!(made(2, &i, 9), (Lines, vec![5, 6, 6, 7, 7, 8, 8, 5], vec![]));
        assert_eq!(made(2, &i[..2], 9), (Lines, vec![5, 6], vec![]));
        assert_eq!(made(3, &i, 9), (Lines, vec![5, 6, 6, 7, 7, 8], vec![]));
        // The second triangle of a strip is turned, p(i), p(i + 2), p(i + 1).
        assert_eq!(made(5, &i, 9), (Triangles, vec![5, 6, 7, 6, 8, 7], vec![]));
        assert_eq!(made(6, &i, 9), (Triangles, vec![6, 7, 5, 7, 8, 5], vec![]));
        for mode in 0..7 {
            assert!(made(mode, &[], 0).1.is_empty());
            assert_eq!(made(mode, &[0], 1).1.len(), usize::from(mode == 0));
        }
        assert!(lists(7, Vec::new(), 0, &mut Vec::new()).is_err());
    }

    #[test]
    fn indices_are_compared_as_they_should_be() {
        let edges = [0, 1, 2, 5, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX - 1, u32::MAX];
        for vertices in edges.iter().flat_map(|e| [*e as usize, *e as usize + 1]) {
            for index in edges {
                for indices in [vec![index], vec![0, index, 0, 0, 0]] {
                    let expected = indices.iter().all(|i| (*i as usize) < vertices);
                    assert_eq!(are_below(&indices, vertices), expected, "{indices:?} of {vertices}");
                }
            }
            assert!(are_below(&[], vertices));
        }
    }

    #[test]
    fn incomplete_lists_lose_their_end_and_say_so() {
        assert_eq!(made(4, &[0, 1, 2, 0], 3), (PrimitiveMode::Triangles, vec![0, 1, 2], vec!["primitive-incomplete"]));
        assert_eq!(made(1, &[0, 1, 2], 3), (PrimitiveMode::Lines, vec![0, 1], vec!["primitive-incomplete"]));
    }

    #[test]
    fn restarts_begin_anew_and_other_indices_out_of_range_are_refused() {
        let restart = vec!["primitive-restart"];
        let strip = [0, 1, 2, 65535, 2, 1, 3];
        assert_eq!(made(5, &strip, 4), (PrimitiveMode::Triangles, vec![0, 1, 2, 2, 1, 3], restart.clone()));
        assert_eq!(made(2, &[0, 1, 255, 2, 3], 4), (PrimitiveMode::Lines, vec![0, 1, 2, 3], restart));
        // With that many vertices it is one of them.
        assert_eq!(made(0, &[255], 256).1, [255]);
        assert!(lists(5, vec![0, 1, 7], 4, &mut Vec::new()).is_err());
        assert!(lists(5, vec![0, 300, 65535], 4, &mut Vec::new()).is_err());
    }
}

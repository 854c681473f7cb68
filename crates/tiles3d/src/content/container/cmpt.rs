//! Composite (3D Tiles 1.0, Composite clause): tiles of any kind after each other.

use super::header::{end, word};
use crate::{
    Diagnostic,
    content::{DecodeError, DecodeOptions, DecodedTile, FetchExternal, models},
};

/// Composites within composites, at most. Each costs stack; real files have one or two.
const MAX_DEPTH: usize = 8;
const HEADER: usize = 16;
const WHAT: &str = "cmpt";

/// Decodes every inner tile that can be; the others are named. `depth` is the number of composites around this one.
///
/// # Errors
/// The header is broken, composites are nested too deeply, or no inner tile could be decoded.
pub(crate) fn decode(
    bytes: &[u8],
    options: &DecodeOptions,
    fetch: &mut FetchExternal<'_>,
    depth: usize,
) -> Result<Vec<DecodedTile>, DecodeError> {
    let header = |index: usize| word(bytes, index * 4).ok_or(DecodeError::Truncated { what: WHAT });
    if header(1)? != 1 {
        return Err(DecodeError::malformed(WHAT, format!("version {} is not 1", header(1)?)));
    }
    let count = header(3)?;
    if depth >= MAX_DEPTH {
        return Err(DecodeError::malformed(WHAT, format!("composites are nested more than {MAX_DEPTH} deep")));
    }
    let (mut found, mut failed) = (Vec::new(), None);
    let bytes = &bytes[..end(bytes, header(2)?, HEADER, WHAT, &mut found)];
    let (mut tiles, mut at, mut left) = (Vec::new(), HEADER, options.max_decoded_bytes);
    for index in 0..count {
        let place = || format!("composite tile {index}");
        let Some(length) = at.checked_add(8).and_then(|at| word(bytes, at)) else {
            let message = format!("the composite says that it has {count} tiles, but ends after {index}");
            found.push(Diagnostic::new("composite-cut-off", place(), message));
            break;
        };
        let rest = bytes.get(at..).unwrap_or_default();
        let inner = rest.get(..length as usize).unwrap_or(rest);
        if (length as usize) < 12 {
            let message = format!("a length of {length} bytes is impossible; it and what follows were left out");
            found.push(Diagnostic::new("composite-tile-length", place(), message));
            break;
        }
        let inner_options = DecodeOptions { max_decoded_bytes: left, ..*options };
        match models(inner, &inner_options, fetch, depth + 1) {
            Ok(inner) => {
                for mut tile in inner {
                    left = left.saturating_sub(tile.byte_size());
                    for d in &mut tile.diagnostics {
                        d.place = format!("{}: {}", place(), d.place);
                    }
                    tiles.push(tile);
                }
            }
            Err(e) => {
                found.push(Diagnostic::new("composite-tile-broken", place(), format!("{e}; left out")));
                failed = failed.or(Some(e));
            }
        }
        at = next(bytes, at.saturating_add(length as usize));
    }
    match (tiles.first_mut(), failed) {
        (Some(tile), _) => tile.diagnostics.append(&mut found),
        (None, Some(error)) => return Err(error),
        // An empty composite is allowed; what was found still needs someone to carry it.
        (None, None) if found.is_empty() => {}
        (None, None) => tiles.push(DecodedTile { diagnostics: found, ..Default::default() }),
    }
    Ok(tiles)
}

/// Where the next inner tile starts: at `at`, or after padding to eight bytes that the tile before did not count as its
/// own.
fn next(bytes: &[u8], at: usize) -> usize {
    let known = |at: usize| {
        let magic = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
        matches!(magic, Some(b"b3dm" | b"i3dm" | b"pnts" | b"cmpt" | b"glTF"))
    };
    let padded = at.checked_next_multiple_of(8).unwrap_or(at);
    if !known(at) && known(padded) { padded } else { at }
}

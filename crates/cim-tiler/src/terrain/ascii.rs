//! Esri's ASCII grid (`.asc`, `.agr`, gzipped or not): a few lines of names and numbers, then heights row by row from the north.

use super::raster::{Affine, Collector};
use crate::citymodel::open;
use std::{io::BufRead, path::Path};

/// A longer word is none of this format.
const LONGEST_WORD: usize = 64;

/// What the first lines say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) affine: Affine,
    pub(super) unknown: Option<f64>,
}

/// Whether a file begins as such a grid.
pub(super) fn recognises(start: &[u8]) -> bool {
    let text = start.iter().skip_while(|b| b.is_ascii_whitespace() || !b.is_ascii()).take(5).copied();
    text.collect::<Vec<u8>>().eq_ignore_ascii_case(b"ncols")
}

/// Words of a file with the lines that they stand in.
struct Words<R> {
    reader: R,
    line: u64,
    word: Vec<u8>,
}

impl<R: BufRead> Words<R> {
    /// The next word is in `self.word`, which is empty at the end of the file.
    fn advance(&mut self) -> Result<(), String> {
        self.word.clear();
        loop {
            let buffer = self.reader.fill_buf().map_err(|e| format!("line {}: {e}", self.line))?;
            let mut used = 0;
            let mut done = buffer.is_empty();
            for b in buffer {
                if b.is_ascii_whitespace() {
                    if !self.word.is_empty() {
                        done = true;
                        break;
                    }
                    self.line += u64::from(*b == b'\n');
                } else {
                    self.word.push(*b);
                }
                used += 1;
            }
            self.reader.consume(used);
            if self.word.len() > LONGEST_WORD {
                return Err(format!("line {} holds no numbers", self.line));
            }
            if done {
                return Ok(());
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.word).into_owned()
    }

    /// The word as a number; a comma is a point in many countries.
    fn number(&mut self) -> Result<f64, String> {
        self.word.iter_mut().filter(|b| **b == b',').for_each(|b| *b = b'.');
        let number = std::str::from_utf8(&self.word).ok().and_then(|w| w.parse::<f64>().ok());
        number.ok_or_else(|| format!("line {}: `{}` is no number", self.line, self.text()))
    }
}

fn words(path: &Path) -> Result<Words<Box<dyn BufRead>>, String> {
    let file = open(path).map_err(|e| e.to_string())?;
    Ok(Words { reader: file.reader, line: 1, word: Vec::new() })
}

pub(super) fn declared(path: &Path) -> Result<Declared, String> {
    header(&mut words(path)?)
}

/// Reads the named numbers; the first height is in `words` afterwards.
fn header<R: BufRead>(words: &mut Words<R>) -> Result<Declared, String> {
    const NAMES: [&str; 10] =
        ["ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "dx", "dy", "nodata_value"];
    let mut found: [Option<f64>; 10] = [None; 10];
    loop {
        words.advance()?;
        let name = words.text().trim_start_matches('\u{feff}').to_ascii_lowercase();
        let name = name.trim_end_matches(':');
        let Some(k) = NAMES.iter().position(|n| *n == name) else { break };
        words.advance()?;
        found[k] = Some(words.number()?);
    }
    let need = |k: usize| found[k].ok_or_else(|| format!("line {}: it does not say its `{}`", words.line, NAMES[k]));
    let count = |k: usize| {
        let n = need(k)?;
        let whole = n.fract() == 0.0 && (1.0..=4_000_000.0).contains(&n);
        whole.then_some(n as u32).ok_or_else(|| format!("its `{}` is {n}, which no grid has", NAMES[k]))
    };
    let (width, height) = (count(0)?, count(1)?);
    let size = |k: usize| found[6].or(found[k]).ok_or("it does not say its `cellsize`");
    let (dx, dy) = (size(7)?, size(8)?);
    // The centre of the south-western cell.
    let centre = |corner: usize, size: f64| match found[corner + 2] {
        Some(centre) => Ok(centre),
        None => need(corner).map(|c| c + 0.5 * size),
    };
    let (x, y) = (centre(2, dx)?, centre(3, dy)?);
    let origin = [x, y + dy * f64::from(height - 1)];
    let affine = Affine { origin, column: [dx, 0.0], row: [0.0, -dy] };
    if !(affine.is_usable() && dx > 0.0 && dy > 0.0) {
        return Err(format!("its cells are {dx} by {dy}, which no grid has"));
    }
    Ok(Declared { width, height, affine, unknown: found[9] })
}

/// Reads the heights of the collector's window.
pub(super) fn read(path: &Path, into: &mut Collector<'_>) -> Result<(), String> {
    read_words(&mut words(path)?, into)
}

fn read_words<R: BufRead>(words: &mut Words<R>, into: &mut Collector<'_>) -> Result<(), String> {
    let Declared { width, height, .. } = header(words)?;
    let window = into.window();
    for row in 0..height.min(window.rows[1]) {
        for column in 0..width {
            if words.word.is_empty() {
                return Err(format!(
                    "line {}: it ends in row {} of {height}, column {} of {width}: the file is cut off",
                    words.line,
                    row + 1,
                    column + 1
                ));
            }
            let number = words.number()?;
            into.put(column, row, number);
            words.advance()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_header(text: &str) -> Result<Declared, String> {
        header(&mut Words { reader: text.as_bytes(), line: 1, word: Vec::new() })
    }

    #[test]
    fn corners_and_centres_are_told_apart() {
        let corner = read_header("ncols 4\nnrows 3\nxllcorner 100\nyllcorner 200\ncellsize 10\n1").unwrap();
        assert_eq!(corner.affine.at(0.0, 2.0), [105.0, 205.0]);
        assert_eq!(corner.affine.at(3.0, 0.0), [135.0, 225.0]);
        let text = "NCOLS 4\r\nNROWS 3\r\nXLLCENTER 100,5\r\nYLLCENTER 200\r\nDX 10\r\nDY 5\r\nNODATA_VALUE -1\r\n1";
        let centre = read_header(text).unwrap();
        assert_eq!(
            (centre.affine.at(0.0, 2.0), centre.affine.row, centre.unknown),
            ([100.5, 200.0], [0.0, -5.0], Some(-1.0))
        );
    }

    #[test]
    fn headers_that_make_no_grid_say_why() {
        for (text, reason) in [
            ("ncols 4\nnrows x", "line 2: `x` is no number"),
            ("ncols 4\n1 2 3", "`nrows`"),
            ("ncols 4.5\nnrows 3\n", "4.5"),
            ("ncols 4\nnrows 3\nxllcorner 0\nyllcorner 0\ncellsize 0\n1", "0 by 0"),
            ("ncols 4\nnrows 3\nxllcorner 0\nyllcorner 0\n1", "`cellsize`"),
        ] {
            let error = read_header(text).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ncolsrwxyedi0-9. \n-]{0,200}") {
            let _ = read_header(&format!("ncols 3\nnrows 2\nxllcorner 0\n{text}"));
        }
    }
}

//! Variables: `${name}`, `${feature['name']}`, `${name.member[0]}`, alone and inside strings.

use super::StyleErrorKind as Kind;
use super::error::Fault;

/// A variable: a property of the feature, and the way from there to a part of its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Written with `feature.`, so that it is never a define.
    pub(super) qualified: bool,
    pub(super) path: Vec<Step>,
}

/// A step into a property's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Name(String),
    Index(u32),
}

/// A part of a string.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// A variable, and the property whose whole name is what stands between the braces.
    Variable(Variable, String),
}

pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// Reads a variable from after its `${`; `from` is the byte there. Returns the byte after its `}`.
pub(super) fn read(source: &str, from: usize) -> Result<(Variable, usize), Fault> {
    let mut reader = Reader { source, at: from };
    let variable = reader.variable(from)?;
    Ok((variable, reader.at))
}

/// Splits a string's text at its variables. What looks like a variable but never ends is text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(start) = text.get(done..).and_then(|rest| rest.find("${")).map(|at| done + at) {
        let inside = start + 2;
        let found = read(text, inside).ok().or_else(|| {
            // Any other name up to the brace is the name of a property as it stands.
            let end = inside + text.get(inside..)?.find('}')?;
            let name = text.get(inside..end)?.to_owned();
            Some((Variable { name, qualified: true, path: Vec::new() }, end + 1))
        });
        let Some((variable, end)) = found else { break };
        if start > done {
            pieces.push(Piece::Text(text.get(done..start).unwrap_or_default().to_owned()));
        }
        pieces.push(Piece::Variable(variable, text.get(inside..end - 1).unwrap_or_default().to_owned()));
        done = end;
    }
    if done < text.len() {
        pieces.push(Piece::Text(text.get(done..).unwrap_or_default().to_owned()));
    }
    pieces
}

struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        // A `$` that opens another variable is no part of a name.
        let name = rest.get(..length)?.to_owned();
        if name.is_empty() || (name.ends_with('$') && rest.get(length..)?.starts_with('{')) {
            return None;
        }
        self.at += length;
        Some(name)
    }

    fn variable(&mut self, start: usize) -> Result<Variable, Fault> {
        self.skip_space();
        let Some(first) = self.name() else { return Err(self.unexpected(start)) };
        let mut path = Vec::new();
        loop {
            self.skip_space();
            if self.take('}') {
                break;
            }
            let step = if self.take('.') {
                self.skip_space();
                self.name().map(Step::Name)
            } else if self.take('[') {
                self.bracket(start)?
            } else {
                None
            };
            path.push(step.ok_or_else(|| self.unexpected(start))?);
        }
        if first != "feature" || path.is_empty() {
            return Ok(Variable { name: first, qualified: false, path });
        }
        let name = match path.remove(0) {
            Step::Name(name) => name,
            Step::Index(index) => index.to_string(),
        };
        Ok(Variable { name, qualified: true, path })
    }

    /// A quoted name or an index, up to its `]`.
    fn bracket(&mut self, start: usize) -> Result<Option<Step>, Fault> {
        self.skip_space();
        let rest = self.rest();
        let step = match rest.chars().next() {
            Some(quote @ ('\'' | '"' | '`')) => {
                let (text, length) = string_body(rest.get(1..).unwrap_or_default(), quote).ok_or_else(|| {
                    Fault::new(Kind::UnterminatedString, self.at, "the name in brackets lacks its closing quote")
                })?;
                self.at += 1 + length;
                Step::Name(text)
            }
            Some(c) if c.is_ascii_digit() => {
                let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let Some(index) = rest.get(..length).and_then(|digits| digits.parse().ok()) else { return Ok(None) };
                self.at += length;
                Step::Index(index)
            }
            _ => return Err(self.unexpected(start)),
        };
        self.skip_space();
        Ok(self.take(']').then_some(step))
    }

    fn unexpected(&self, start: usize) -> Fault {
        let rest = self.rest();
        if rest.is_empty() || !self.source.get(start..).unwrap_or_default().contains('}') {
            return Fault::new(
                Kind::UnterminatedVariable,
                start.saturating_sub(2),
                "the variable lacks its closing `}`",
            );
        }
        let message = if rest.starts_with("${") {
            "variables cannot stand inside the name of a variable".to_owned()
        } else {
            let c = rest.chars().next().unwrap_or(' ');
            format!("`{c}` cannot stand in a variable; write ${{feature['the name']}} for names with other characters")
        };
        Fault::new(Kind::Variable, self.at, message)
    }
}

/// The text of a string from after its opening quote, and the bytes up to and with its closing quote.
///
/// As in CesiumJS a backslash stands for itself, so that `'\d'` is a regular expression's digit; only before the
/// string's own quote it takes the quote into the string. Two backslashes stay two.
pub(super) fn string_body(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((text, at + 1));
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some((_, next)) if next == quote => text.push(quote),
            Some((_, next)) => text.extend(['\\', next]),
            None => return None,
        }
    }
    None
}

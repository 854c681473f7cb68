//! Regular expressions: JavaScript's syntax on an engine that needs linear time.

use regex::{Regex, RegexBuilder};
use std::{cell::RefCell, collections::HashMap, fmt, sync::Arc};

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4096;
/// Most memory that a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// Expressions that are kept compiled: a pattern that is made of a feature's properties is often that of many features, and
/// compiling takes a thousand times as long as a test.
const KEPT: usize = 32;

/// What became of a pattern with its flags.
type Compiled = Result<Arc<RegExp>, String>;

thread_local! {
    static COMPILED: RefCell<HashMap<(String, String), Compiled>> = RefCell::default();
}

/// A regular expression of a style.
#[derive(Debug)]
pub struct RegExp {
    pattern: String,
    flags: String,
    regex: Regex,
}

impl fmt::Display for RegExp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.pattern, self.flags)
    }
}

impl RegExp {
    /// A pattern compiled now, or lately; as [`Self::new`].
    pub(super) fn compiled(pattern: &str, flags: &str) -> Compiled {
        COMPILED.with_borrow_mut(|kept| {
            let key = (pattern.to_owned(), flags.to_owned());
            if let Some(known) = kept.get(&key) {
                return known.clone();
            }
            if kept.len() >= KEPT {
                kept.clear();
            }
            let compiled = Self::new(pattern, flags).map(Arc::new);
            kept.insert(key, compiled.clone());
            compiled
        })
    }

    /// Compiles a pattern; the flags are those of JavaScript. The error is a sentence for people.
    pub(super) fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        if pattern.len() > MAX_PATTERN {
            return Err(format!("the regular expression is longer than {MAX_PATTERN} bytes"));
        }
        let (mut ignore_case, mut multi_line, mut dot_all) = (false, false, false);
        for (i, flag) in flags.char_indices() {
            if flags.get(..i).is_some_and(|before| before.contains(flag)) {
                return Err(format!("the flag `{flag}` of the regular expression is given twice"));
            }
            match flag {
                'i' => ignore_case = true,
                'm' => multi_line = true,
                's' => dot_all = true,
                // `test` and `exec` look for the first match only, and patterns are Unicode anyway.
                'g' | 'u' => {}
                'y' => return Err("the flag `y` (sticky) of regular expressions is not supported".into()),
                other => return Err(format!("`{other}` is not a flag of regular expressions; they are g, i, m, s, u")),
            }
        }
        let translated = translate(pattern, dot_all)?;
        let regex = RegexBuilder::new(&translated)
            .case_insensitive(ignore_case)
            .multi_line(multi_line)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .nest_limit(64)
            .build()
            .map_err(|e| describe(&e))?;
        // As JavaScript shows the empty pattern.
        let pattern = if pattern.is_empty() { "(?:)".to_owned() } else { pattern.to_owned() };
        let mut flags: Vec<char> = flags.chars().collect();
        flags.sort_unstable();
        Ok(Self { pattern, flags: flags.into_iter().collect(), regex })
    }

    /// Whether the text has a match.
    pub(super) fn test(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first group of the first match: outer `None` without a match, inner `None` without such a group.
    pub(super) fn exec<'t>(&self, text: &'t str) -> Option<Option<&'t str>> {
        let found = self.regex.captures(text)?;
        Some(found.get(1).map(|group| group.as_str()))
    }
}

fn describe(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "the regular expression needs too much memory".into(),
        // The engine's message draws the pattern over several lines; its last line says what is wrong.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("the regular expression is broken: {}", last.strip_prefix("error: ").unwrap_or(last))
        }
    }
}

const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\s\x{FEFF}";

/// Rewrites JavaScript's syntax in the engine's: the same characters, classes and groups, or an error that names what
/// the engine leaves out because it could take exponential time.
fn translate(pattern: &str, dot_all: bool) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => rest = escape(rest, false, &mut out)?,
            '[' => rest = class(rest, &mut out)?,
            '(' => {
                group(rest)?;
                out.push('(');
                if let Some(after) = rest.strip_prefix('?') {
                    out.push('?');
                    rest = after;
                }
            }
            '.' if dot_all => out.push_str("(?s:.)"),
            '.' => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            '{' if !quantifier(rest) => out.push_str(r"\{"),
            '{' => {
                let end = rest.find('}').map_or(rest.len(), |at| at + 1);
                out.push('{');
                out.push_str(rest.get(..end).unwrap_or_default());
                rest = rest.get(end..).unwrap_or_default();
            }
            '}' => out.push_str(r"\}"),
            ']' => out.push_str(r"\]"),
            other => out.push(other),
        }
    }
    Ok(out)
}

/// Whether `n}`, `n,}` or `n,m}` follows.
fn quantifier(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (from, to) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !from.is_empty() && digits(from) && digits(to)
}

/// Looks at what follows an opening parenthesis.
fn group(rest: &str) -> Result<(), String> {
    let Some(rest) = rest.strip_prefix('?') else { return Ok(()) };
    for (start, name) in [
        ("=", "lookahead `(?=`"),
        ("!", "negative lookahead `(?!`"),
        ("<=", "lookbehind `(?<=`"),
        ("<!", "negative lookbehind `(?<!`"),
    ] {
        if rest.starts_with(start) {
            return Err(format!("{name} in regular expressions is not supported, for it can take unbounded time"));
        }
    }
    if rest.starts_with(':') || rest.starts_with('<') {
        return Ok(());
    }
    Err("`(?` in a regular expression must go on with `:` or `<name>`".into())
}

/// What follows a backslash; returns what comes after it.
fn escape<'p>(rest: &'p str, in_class: bool, out: &mut String) -> Result<&'p str, String> {
    let Some(c) = rest.chars().next() else { return Err("the regular expression ends with a backslash".into()) };
    let after = rest.get(c.len_utf8()..).unwrap_or_default();
    let set = |out: &mut String, negated: bool, set: &str| {
        if in_class && !negated {
            out.push_str(set);
        } else {
            out.push_str(if negated { "[^" } else { "[" });
            out.push_str(set);
            out.push(']');
        }
    };
    match c {
        'd' => set(out, false, "0-9"),
        'D' => set(out, true, "0-9"),
        'w' => set(out, false, WORD),
        'W' => set(out, true, WORD),
        's' => set(out, false, SPACE),
        'S' => set(out, true, SPACE),
        'b' if in_class => out.push_str(r"\x08"),
        // JavaScript's words are ASCII; the classes above and these two agree.
        'b' => out.push_str(r"(?-u:\b)"),
        'B' if !in_class => {
            return Err(r"`\B` in regular expressions is not supported".into());
        }
        't' | 'n' | 'r' | 'f' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        '0' if !after.starts_with(|d: char| d.is_ascii_digit()) => out.push_str(r"\x00"),
        '0'..='9' | 'k' if !in_class => {
            return Err(format!(
                r"the backreference `\{c}` in regular expressions is not supported, for it can take unbounded time"
            ));
        }
        'p' | 'P' => return Err(format!(r"the property class `\{c}` in regular expressions is not supported")),
        'x' => return Ok(code_point(after, 2, 'x', out)),
        'u' => {
            if let Some((hex, tail)) = after.strip_prefix('{').and_then(|t| t.split_once('}'))
                && let Some(c) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)
            {
                push_literal(c, out);
                return Ok(tail);
            }
            return Ok(code_point(after, 4, 'u', out));
        }
        'c' => {
            if let Some(letter) = after.chars().next().filter(char::is_ascii_alphabetic) {
                push_literal(char::from(letter as u8 & 0x1f), out);
                return Ok(after.get(1..).unwrap_or_default());
            }
            out.push_str(r"\\");
            return Ok(rest);
        }
        other => push_literal(other, out),
    }
    Ok(after)
}

/// `\xHH` and `\uHHHH`; without its digits the letter stands for itself, as in JavaScript.
fn code_point<'p>(after: &'p str, digits: usize, letter: char, out: &mut String) -> &'p str {
    let hex = after.get(..digits).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
    match hex.and_then(|h| u32::from_str_radix(h, 16).ok()).and_then(char::from_u32) {
        Some(c) => {
            push_literal(c, out);
            after.get(digits..).unwrap_or_default()
        }
        None => {
            push_literal(letter, out);
            after
        }
    }
}

/// A character that stands for itself, inside and outside classes.
fn push_literal(c: char, out: &mut String) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        out.push_str(&format!(r"\x{:02X}", u32::from(c)));
    }
}

/// A class, from after its `[`; returns what comes after its `]`.
fn class<'p>(rest: &'p str, out: &mut String) -> Result<&'p str, String> {
    let (negated, mut rest) = rest.strip_prefix('^').map_or((false, rest), |r| (true, r));
    if let Some(after) = rest.strip_prefix(']') {
        // Nothing, and anything.
        out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
        return Ok(after);
    }
    out.push_str(if negated { "[^" } else { "[" });
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            ']' => {
                out.push(']');
                return Ok(rest);
            }
            '\\' => rest = escape(rest, true, out)?,
            '-' if rest.starts_with(']') || out.ends_with('[') || out.ends_with("[^") => push_literal('-', out),
            '-' => out.push('-'),
            other => push_literal(other, out),
        }
    }
    Err("the regular expression has a `[` without its `]`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_javascript() {
        // Results of `new RegExp(pattern, flags).test(text)` in Node.
        for (pattern, flags, text, expected) in [
            ("a", "", "abc", true),
            ("^b", "", "abc", false),
            ("^Chest", "", "Chester", true),
            ("A", "i", "abc", true),
            ("^b", "m", "a\nb", true),
            ("a.b", "", "a\nb", false),
            ("a.b", "s", "a\nb", true),
            ("a.b", "", "a\rb", false),
            (r"\d", "", "٣", false),
            (r"\d+", "", "a12", true),
            (r"\w", "", "é", false),
            (r"\bfoo\b", "", "a foo b", true),
            (r"\s", "", "\u{feff}", true),
            (r"[\d_]+x", "", "1_2x", true),
            (r"[^\w]", "", "abc", false),
            (r"[\W]", "", "a-b", true),
            ("[[]", "", "[", true),
            ("[a&&b]", "", "&", true),
            ("[a-]", "", "-", true),
            ("[-a]", "", "-", true),
            ("[]", "", "a", false),
            ("[^]", "", "\n", true),
            ("a{", "", "a{", true),
            ("a{2}", "", "aa", true),
            ("a{2,}", "", "a", false),
            ("^a{1,2}$", "", "aaa", false),
            ("x}", "", "x}", true),
            ("]", "", "]", true),
            (r"\/", "", "/", true),
            (r"\u0041", "", "A", true),
            (r"\u{1F600}", "u", "😀", true),
            (r"\x41", "", "A", true),
            (r"\cJ", "", "\n", true),
            (r"\<", "", "<", true),
            (r"\0", "", "\0", true),
            ("(?:a|b)c", "g", "bc", true),
            ("(?<n>a)", "", "a", true),
            ("济宁|任城", "", "任城区", true),
            ("#", "", "#", true),
            ("a b", "", "ab", false),
            ("", "", "anything", true),
        ] {
            assert_eq!(RegExp::new(pattern, flags).unwrap().test(text), expected, "/{pattern}/{flags} on {text:?}");
        }
    }

    #[test]
    fn names_what_it_leaves_out() {
        for (pattern, flags, says) in [
            ("a(?=b)", "", "lookahead"),
            ("a(?!b)", "", "negative lookahead"),
            ("(?<=a)b", "", "lookbehind"),
            ("(?<!a)b", "", "negative lookbehind"),
            (r"(a)\1", "", r"`\1`"),
            (r"(?<n>a)\k<n>", "", r"`\k`"),
            (r"\p{L}", "u", r"`\p`"),
            (r"\B", "", r"`\B`"),
            ("a", "y", "sticky"),
            ("a", "q", "`q`"),
            ("a", "ii", "twice"),
            ("(?i)a", "", "`(?`"),
            ("(", "", "unclosed group"),
            ("[a", "", "without its `]`"),
            ("*", "", "repetition"),
            ("a\\", "", "backslash"),
            ("((((a{99}){99}){99}){99}){99}", "", "memory"),
        ] {
            let error = RegExp::new(pattern, flags).unwrap_err();
            assert!(error.contains(says), "/{pattern}/{flags}: {error}");
            assert!(!error.contains('\n'), "{error:?}");
        }
        assert!(RegExp::new(&"a".repeat(5000), "").unwrap_err().contains("longer"));
    }
}

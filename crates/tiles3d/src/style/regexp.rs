//! Regular expressions: JavaScript's syntax on an engine that needs linear time.

use super::limits::{MAX_PATTERN_MEMORY, MAX_PATTERNS};
use regex_automata::meta::{BuildError, Builder, Config, Regex};
use regex_automata::util::syntax;
use std::{cell::RefCell, collections::HashMap, fmt, sync::Arc};

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 4096;
/// Most memory that a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;
/// The same for one that is made of a feature's properties, of which there may be many.
const MAX_MADE: usize = 128 << 10;

/// What became of a pattern with its flags.
type Compiled = Result<Arc<RegExp>, String>;

thread_local! {
    static LATELY: RefCell<Kept> = RefCell::default();
}

/// Patterns that are kept compiled: one that is made of a feature's properties is often that of many features, and compiling
/// takes a thousand times as long as a test.
#[derive(Debug, Default)]
struct Kept {
    /// By the flags, a line break, which no flags have, and the pattern; patterns that are written out have two.
    patterns: HashMap<String, Compiled>,
    /// Bytes that they take.
    memory: usize,
    /// The key that is looked for, so that looking allocates nothing.
    key: String,
}

impl Kept {
    fn get(&mut self, pattern: &str, flags: &str, is_made: bool) -> Option<Compiled> {
        self.key.clear();
        self.key.push_str(flags);
        self.key.push_str(if is_made { "\n" } else { "\n\n" });
        self.key.push_str(pattern);
        self.patterns.get(&self.key).cloned()
    }

    /// Whether no more may be added.
    fn is_full(&self) -> bool {
        self.patterns.len() >= MAX_PATTERNS || self.memory >= MAX_PATTERN_MEMORY
    }

    /// Adds what [`Self::get`] did not find just now.
    fn add(&mut self, compiled: &Compiled) {
        let own = compiled.as_ref().map_or_else(String::len, |regexp| regexp.regex.memory_usage());
        self.memory += own + self.key.len();
        self.patterns.insert(self.key.clone(), compiled.clone());
    }
}

/// The patterns that one bound style, or the evaluation of one feature, makes of properties: each is compiled once, and
/// only so many are.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    kept: Kept,
    spent: bool,
}

impl Patterns {
    /// A pattern made of a feature's properties.
    ///
    /// # Errors
    /// A sentence for people: what is wrong with the pattern, or that there are more than [`super::limits`] allow.
    pub(super) fn get(&mut self, pattern: &str, flags: &str) -> Compiled {
        if let Some(known) = self.kept.get(pattern, flags, true) {
            return known;
        }
        if self.kept.is_full() {
            self.spent = true;
            return Err("the style makes more regular expressions of properties than may be compiled".into());
        }
        let compiled = RegExp::lately(pattern, flags, true);
        self.kept.add(&compiled);
        compiled
    }

    /// Whether a pattern was refused because there had been so many.
    pub(super) fn are_spent(&self) -> bool {
        self.spent
    }
}

/// A regular expression of a style. Two are equal when they are written alike.
#[derive(Debug)]
pub struct RegExp {
    pattern: String,
    flags: String,
    regex: Regex,
}

impl PartialEq for RegExp {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.flags == other.flags
    }
}

impl fmt::Display for RegExp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.pattern, self.flags)
    }
}

impl RegExp {
    /// Compiles a pattern that is written out; the flags are those of JavaScript. The error is a sentence for people.
    pub(super) fn written(pattern: &str, flags: &str) -> Compiled {
        Self::lately(pattern, flags, false)
    }

    /// A pattern compiled now, or lately.
    fn lately(pattern: &str, flags: &str, is_made: bool) -> Compiled {
        LATELY.with_borrow_mut(|lately| {
            if let Some(known) = lately.get(pattern, flags, is_made) {
                return known;
            }
            if lately.is_full() {
                *lately = Kept { key: std::mem::take(&mut lately.key), ..Kept::default() };
            }
            let compiled = Self::new(pattern, flags, is_made).map(Arc::new);
            lately.add(&compiled);
            compiled
        })
    }

    fn new(pattern: &str, flags: &str, is_made: bool) -> Result<Self, String> {
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
        let memory = if is_made { MAX_MADE } else { MAX_COMPILED };
        // What speeds up long searches takes most of the time of compiling; texts of features are short.
        let config = Config::new()
            .nfa_size_limit(Some(memory))
            .hybrid_cache_capacity(memory)
            .onepass(!is_made)
            .auto_prefilter(!is_made);
        let syntax = syntax::Config::new().case_insensitive(ignore_case).multi_line(multi_line).nest_limit(64);
        let built = Builder::new().configure(config).syntax(syntax).build(&translated);
        let regex = built.map_err(|e| describe(&e))?;
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
        let mut found = self.regex.create_captures();
        self.regex.captures(text, &mut found);
        found.is_match().then(|| found.get_group(1).and_then(|group| text.get(group.range())))
    }
}

fn describe(error: &BuildError) -> String {
    if error.size_limit().is_some() {
        return "the regular expression needs too much memory".into();
    }
    // The engine's message draws the pattern over several lines; its last line says what is wrong.
    let text = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
    let last = text.lines().last().unwrap_or_default();
    format!("the regular expression is broken: {}", last.strip_prefix("error: ").unwrap_or(last))
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
            for is_made in [false, true] {
                let found = RegExp::new(pattern, flags, is_made).unwrap().test(text);
                assert_eq!(found, expected, "/{pattern}/{flags} on {text:?}");
            }
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
            let error = RegExp::new(pattern, flags, false).unwrap_err();
            assert!(error.contains(says), "/{pattern}/{flags}: {error}");
            assert!(!error.contains('\n'), "{error:?}");
        }
        assert!(RegExp::new(&"a".repeat(5000), "", false).unwrap_err().contains("longer"));
    }
}

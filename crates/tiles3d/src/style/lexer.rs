//! Tokens of expressions.

use super::StyleErrorKind as Kind;
use super::ast::{BinaryOp, UnaryOp};
use super::error::Fault;
use super::variable::{self, Variable};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    String(String),
    Variable(Variable),
    Word(String),
    /// Any operator; `+` and `-` are unary where an operand is wanted.
    Operator(BinaryOp),
    Not,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Question,
    Colon,
    End,
}

impl Token {
    /// The token as an operator before an operand.
    pub(super) fn unary(&self) -> Option<UnaryOp> {
        match self {
            Self::Not => Some(UnaryOp::Not),
            Self::Operator(BinaryOp::Add) => Some(UnaryOp::Plus),
            Self::Operator(BinaryOp::Subtract) => Some(UnaryOp::Minus),
            _ => None,
        }
    }

    /// What a message calls it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Number(x) => format!("the number {}", super::number::to_text(*x)),
            Self::String(_) => "a string".into(),
            Self::Variable(v) => format!("the variable ${{{}}}", v.name),
            Self::Word(w) => format!("`{w}`"),
            Self::Operator(op) => format!("`{}`", op.symbol()),
            Self::Not => "`!`".into(),
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::OpenBracket => "`[`".into(),
            Self::CloseBracket => "`]`".into(),
            Self::Comma => "`,`".into(),
            Self::Dot => "`.`".into(),
            Self::Question => "`?`".into(),
            Self::Colon => "`:`".into(),
            Self::End => "the end".into(),
        }
    }
}

/// Longest first, so that `===` is not read as `==`.
const SYMBOLS: [(&str, Token); 24] = [
    ("===", Token::Operator(BinaryOp::Equal)),
    ("!==", Token::Operator(BinaryOp::NotEqual)),
    ("||", Token::Operator(BinaryOp::Or)),
    ("&&", Token::Operator(BinaryOp::And)),
    ("<=", Token::Operator(BinaryOp::LessEqual)),
    (">=", Token::Operator(BinaryOp::GreaterEqual)),
    ("=~", Token::Operator(BinaryOp::Match)),
    ("!~", Token::Operator(BinaryOp::NotMatch)),
    ("<", Token::Operator(BinaryOp::Less)),
    (">", Token::Operator(BinaryOp::Greater)),
    ("+", Token::Operator(BinaryOp::Add)),
    ("-", Token::Operator(BinaryOp::Subtract)),
    ("*", Token::Operator(BinaryOp::Multiply)),
    ("/", Token::Operator(BinaryOp::Divide)),
    ("%", Token::Operator(BinaryOp::Remainder)),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
    ("[", Token::OpenBracket),
    ("]", Token::CloseBracket),
    (",", Token::Comma),
    (".", Token::Dot),
    ("?", Token::Question),
    (":", Token::Colon),
];

/// What JavaScript has and the styling language has not, and what to say.
const UNSUPPORTED: [(&str, &str); 24] = [
    ("//", "comments are not part of the styling language"),
    ("/*", "comments are not part of the styling language"),
    (">>>", "the operator `>>>` is not part of the styling language"),
    ("<<", "the operator `<<` is not part of the styling language"),
    (">>", "the operator `>>` is not part of the styling language"),
    ("**", "the operator `**` is not part of the styling language; use pow()"),
    ("++", "the operator `++` is not part of the styling language"),
    ("--", "the operator `--` is not part of the styling language"),
    ("+=", "assignments are not part of the styling language"),
    ("-=", "assignments are not part of the styling language"),
    ("*=", "assignments are not part of the styling language"),
    ("/=", "assignments are not part of the styling language"),
    ("%=", "assignments are not part of the styling language"),
    ("??", "the operator `??` is not part of the styling language"),
    ("?.", "the operator `?.` is not part of the styling language"),
    ("=>", "functions cannot be written in the styling language"),
    ("==", "`==` is not part of the styling language; use `===`"),
    ("!=", "`!=` is not part of the styling language; use `!==`"),
    ("=", "assignments are not part of the styling language; use `===` to compare"),
    ("~", "the operator `~` is not part of the styling language"),
    ("|", "the operator `|` is not part of the styling language; use `||`"),
    ("&", "the operator `&` is not part of the styling language; use `&&`"),
    ("^", "the operator `^` is not part of the styling language; use pow()"),
    (";", "a style's property is exactly one expression, without `;`"),
];

/// Reads the token at or after a byte; returns it with its first byte and the byte after it.
pub(super) fn next(source: &str, from: usize) -> Result<(Token, usize, usize), Fault> {
    let rest = source.get(from..).unwrap_or_default();
    let rest_trimmed = rest.trim_start();
    let start = from + (rest.len() - rest_trimmed.len());
    let rest = rest_trimmed;
    let Some(first) = rest.chars().next() else { return Ok((Token::End, start, start)) };
    if let Some(quote @ ('\'' | '"' | '`')) = Some(first) {
        let Some((text, length)) = variable::string_body(rest.get(1..).unwrap_or_default(), quote) else {
            return Err(Fault::new(Kind::UnterminatedString, start, format!("the string lacks its closing {quote}")));
        };
        return Ok((Token::String(text), start, start + 1 + length));
    }
    if rest.starts_with("${") {
        let (variable, end) = variable::read(source, start + 2)?;
        return Ok((Token::Variable(variable), start, end));
    }
    if first.is_ascii_digit()
        || (first == '.' && rest.get(1..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit())))
    {
        return number(rest, start);
    }
    if variable::is_name(first) {
        let length = rest.find(|c| !variable::is_name(c)).unwrap_or(rest.len());
        return Ok((Token::Word(rest.get(..length).unwrap_or_default().to_owned()), start, start + length));
    }
    let symbol = SYMBOLS.iter().find(|(text, _)| rest.starts_with(text));
    // `!==` and `<=` are longer than what is unsupported in them; `==`, `<<` and `//` are longer than what is supported.
    // `--` and `++` may be two signs, and `?.` a ternary before `.5`.
    let two_signs = ["--", "++"].iter().any(|s| rest.starts_with(s));
    let ternary = rest.starts_with("?.") && rest.get(2..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    if let Some((text, message)) = UNSUPPORTED.iter().find(|(text, _)| rest.starts_with(text))
        && symbol.is_none_or(|(supported, _)| supported.len() < text.len())
        && !two_signs
        && !ternary
    {
        return Err(Fault::new(Kind::UnsupportedOperator, start, *message));
    }
    match symbol {
        Some((text, token)) => Ok((token.clone(), start, start + text.len())),
        None => Err(Fault::new(Kind::Character, start, format!("`{first}` means nothing here"))),
    }
}

fn number(rest: &str, start: usize) -> Result<(Token, usize, usize), Fault> {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == end + 1 + sign {
            return Err(Fault::new(Kind::Number, start, "the number lacks the digits of its exponent"));
        }
        end = exponent;
    }
    if rest.get(end..).is_some_and(|r| r.starts_with(|c: char| variable::is_name(c) || c == '.')) {
        return Err(Fault::new(
            Kind::Number,
            start,
            "a number is followed by other characters; only decimal numbers are read",
        ));
    }
    let value = rest.get(..end).and_then(|text| text.parse().ok());
    match value {
        Some(value) => Ok((Token::Number(value), start, start + end)),
        None => Err(Fault::new(Kind::Number, start, "the number cannot be read")),
    }
}

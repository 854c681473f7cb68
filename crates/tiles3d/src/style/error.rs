//! What is wrong with a style, and where.

use std::fmt;

/// Kinds of mistakes that make a style unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StyleErrorKind {
    /// The file is not JSON.
    Json,
    /// A part of the JSON has another type than the specification says.
    Shape,
    /// The style, an expression or what its defines expand to is larger than [`super::limits`] allow.
    TooLarge,
    /// Parentheses, calls, brackets or defines are nested deeper than [`super::limits`] allow.
    TooDeep,
    /// The expression is empty.
    Empty,
    /// A character that means nothing here.
    Character,
    /// A symbol or word where another one is needed.
    Unexpected,
    /// A string without its closing quote.
    UnterminatedString,
    /// A `${` without its `}`.
    UnterminatedVariable,
    /// A variable's name that cannot be read.
    Variable,
    /// A number that cannot be read.
    Number,
    /// A word that is neither a literal nor a constant.
    UnknownName,
    /// A function that does not exist.
    UnknownFunction,
    /// A method that does not exist.
    UnknownMethod,
    /// An operator of JavaScript that the styling language leaves out.
    UnsupportedOperator,
    /// The wrong number of arguments.
    Arguments,
    /// A colour that is neither a CSS name nor a CSS notation.
    Color,
    /// A regular expression that is broken, or needs what cannot be matched in linear time.
    RegExp,
    /// Defines that refer to each other in a circle.
    DefineCycle,
}

/// A mistake in a style: the place in the JSON, the expression, the column and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct StyleError {
    /// What kind of mistake it is.
    pub kind: StyleErrorKind,
    /// Where in the JSON, such as `color.conditions[2][0]`; empty for the file as a whole.
    pub place: String,
    /// The expression, as it is written; empty when the mistake is in the JSON.
    pub expression: String,
    /// Column in the expression in characters, from 1; 0 when the mistake is in the JSON.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for StyleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}", self.place)?;
            if self.column > 0 {
                write!(f, ", column {}", self.column)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl StyleError {
    /// A mistake in the JSON around the expressions.
    pub(super) fn json(kind: StyleErrorKind, place: &str, message: impl Into<String>) -> Self {
        Self { kind, place: place.to_owned(), expression: String::new(), column: 0, message: message.into() }
    }

    /// Says where in the JSON a broken expression stands.
    pub(super) fn at(fault: Fault, place: &str, expression: &str) -> Self {
        let before = expression.get(..fault.offset).unwrap_or(expression);
        let column = before.chars().count() + 1;
        let (kind, message) = (fault.kind, fault.message);
        Self { kind, place: place.to_owned(), expression: expression.to_owned(), column, message }
    }
}

/// A mistake inside one expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: StyleErrorKind,
    /// Byte in the expression.
    pub(super) offset: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(kind: StyleErrorKind, offset: usize, message: impl Into<String>) -> Self {
        Self { kind, offset, message: message.into() }
    }
}

/// Why an expression has no value for a feature: types that do not fit, mostly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvaluationError(pub(super) String);

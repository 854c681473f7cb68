//! The parsed form of expressions.

use super::Value;
use super::builtins::Builtin;
use super::variable::{Piece, Variable};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnaryOp {
    Not,
    Minus,
    Plus,
}

impl UnaryOp {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Minus => "-",
            Self::Plus => "+",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Match,
    NotMatch,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl BinaryOp {
    /// Precedence: the higher binds tighter. `=~` and `!~`, which JavaScript does not have, bind like `===`.
    pub(super) fn level(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual | Self::Match | Self::NotMatch => 3,
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Remainder => 6,
        }
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "===",
            Self::NotEqual => "!==",
            Self::Match => "=~",
            Self::NotMatch => "!~",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// Methods of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Test,
    Exec,
    ToText,
}

/// An expression. Long chains of operators and ternaries lie flat, so that only real nesting makes the tree deep.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Literal(Value),
    /// A string with variables in it.
    Template(Vec<Piece>),
    /// A variable and its byte in the source.
    Variable(Variable, usize),
    Array(Vec<Expr>),
    Unary(UnaryOp, Box<Expr>),
    /// `a op b op c`, from left to right, with operators of one precedence.
    Chain(Box<Expr>, Vec<(BinaryOp, Expr)>),
    /// `a ? b : c ? d : e`.
    Conditional(Vec<(Expr, Expr)>, Box<Expr>),
    Member(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    /// A call and its byte in the source.
    Call(&'static Builtin, Vec<Expr>, usize),
    Method(Method, Box<Expr>, Option<Box<Expr>>),
}

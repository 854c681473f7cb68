//! The compiled form of expressions, and how one feature's values are put in.

use super::ast::{BinaryOp, Method, UnaryOp};
use super::builtins::{self, Builtin, Function};
use super::error::EvaluationError;
use super::operators::{self, concatenate, mismatch, text_of};
use super::{RegExp, Value};
use std::sync::Arc;

/// A compiled expression: properties are numbered, defines are put in, constants are worked out.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value),
    /// A property, by its number in the style.
    Property(usize),
    /// `${tiles3d_tileset_time}`.
    Time,
    Template(Vec<Part>),
    Array(Vec<Node>),
    Unary(UnaryOp, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// From left to right.
    Chain(Box<Node>, Vec<(BinaryOp, Node)>),
    Conditional(Vec<(Node, Node)>, Box<Node>),
    Member(Box<Node>, String),
    Index(Box<Node>, Box<Node>),
    Call(&'static Builtin, Vec<Node>),
    Method(Method, Box<Node>, Option<Box<Node>>),
}

/// A part of a text with variables.
#[derive(Debug)]
pub(super) enum Part {
    Text(Value),
    /// The variable, and the property to take where the variable has no value.
    Variable(Node, Option<Node>),
}

/// What an expression may ask of the feature it is evaluated for.
pub(super) trait Row {
    /// A property, by its number in the style.
    fn property(&self, index: usize) -> Value;
    /// Seconds since the tileset was loaded.
    fn time(&self) -> f64;
    /// The feature's class, and the classes above it.
    fn classes(&self) -> &[String];
    /// A regular expression whose pattern and flags come from the row.
    fn regexp(&self, pattern: &str, flags: &str) -> std::result::Result<Arc<RegExp>, String>;
}

type Result<T = Value> = std::result::Result<T, EvaluationError>;

impl Node {
    pub(super) fn evaluate(&self, row: &dyn Row) -> Result {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Property(index) => Ok(row.property(*index)),
            Self::Time => Ok(Value::Number(row.time())),
            Self::Template(parts) => template(parts, row),
            Self::Array(items) => Ok(Value::Array(items.iter().map(|i| i.evaluate(row)).collect::<Result<_>>()?)),
            Self::Unary(op, operand) => operators::unary(*op, operand.evaluate(row)?),
            Self::And(terms) => logical(terms, row, false),
            Self::Or(terms) => logical(terms, row, true),
            Self::Chain(first, rest) => {
                let mut value = first.evaluate(row)?;
                for (op, operand) in rest {
                    value = operators::binary(*op, &value, &operand.evaluate(row)?)?;
                }
                Ok(value)
            }
            Self::Conditional(arms, otherwise) => {
                for (test, value) in arms {
                    match test.evaluate(row)? {
                        Value::Bool(true) => return value.evaluate(row),
                        Value::Bool(false) => {}
                        other => return Err(mismatch("?", &[other])),
                    }
                }
                otherwise.evaluate(row)
            }
            Self::Member(object, name) => Ok(object.evaluate(row)?.member(name)),
            Self::Index(object, index) => Ok(object.evaluate(row)?.index(&index.evaluate(row)?)),
            Self::Call(builtin, arguments) => call(builtin, arguments, row),
            Self::Method(method, object, argument) => {
                let object = object.evaluate(row)?;
                let argument = argument.as_ref().map(|a| a.evaluate(row)).transpose()?;
                self::method(*method, object, argument)
            }
        }
    }

    /// Shows every node of the tree to `look`.
    pub(super) fn visit(&self, look: &mut dyn FnMut(&Node)) {
        look(self);
        match self {
            Self::Constant(_) | Self::Property(_) | Self::Time => {}
            Self::Template(parts) => {
                for part in parts {
                    if let Part::Variable(node, whole) = part {
                        node.visit(look);
                        whole.iter().for_each(|n| n.visit(look));
                    }
                }
            }
            Self::Array(nodes) | Self::And(nodes) | Self::Or(nodes) | Self::Call(_, nodes) => {
                nodes.iter().for_each(|n| n.visit(look));
            }
            Self::Unary(_, node) | Self::Member(node, _) => node.visit(look),
            Self::Chain(first, rest) => {
                first.visit(look);
                rest.iter().for_each(|(_, n)| n.visit(look));
            }
            Self::Conditional(arms, otherwise) => {
                for (test, value) in arms {
                    test.visit(look);
                    value.visit(look);
                }
                otherwise.visit(look);
            }
            Self::Index(object, index) => {
                object.visit(look);
                index.visit(look);
            }
            Self::Method(_, object, argument) => {
                object.visit(look);
                argument.iter().for_each(|n| n.visit(look));
            }
        }
    }
}

/// `&&` stops at the first `false`, `||` at the first `true`.
fn logical(terms: &[Node], row: &dyn Row, stop: bool) -> Result {
    for term in terms {
        match term.evaluate(row)? {
            Value::Bool(b) if b == stop => return Ok(Value::Bool(stop)),
            Value::Bool(_) => {}
            other => return Err(mismatch(if stop { "||" } else { "&&" }, &[other])),
        }
    }
    Ok(Value::Bool(!stop))
}

fn template(parts: &[Part], row: &dyn Row) -> Result {
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        values.push(match part {
            Part::Text(text) => text.clone(),
            Part::Variable(node, whole) => {
                let value = match (node.evaluate(row)?, whole) {
                    (Value::Undefined, Some(whole)) => whole.evaluate(row)?,
                    (value, _) => value,
                };
                // In a text, what has no value leaves nothing behind.
                if matches!(value, Value::Undefined | Value::Null) { Value::text("") } else { value }
            }
        });
    }
    Ok(Value::String(concatenate(&values.iter().collect::<Vec<_>>())?.into()))
}

fn call(builtin: &Builtin, arguments: &[Node], row: &dyn Row) -> Result {
    let classes = |name: &Node| match name.evaluate(row)? {
        Value::String(name) => Ok(row.classes().iter().position(|class| **class == *name)),
        other => Err(mismatch(builtin.name, &[other])),
    };
    match (builtin.function, arguments) {
        (Function::IsExactClass, [name]) => Ok(Value::Bool(classes(name)? == Some(0))),
        (Function::IsClass, [name]) => Ok(Value::Bool(classes(name)?.is_some())),
        (Function::ExactClassName, _) => Ok(row.classes().first().map_or(Value::Undefined, |name| Value::text(name))),
        (Function::RegExp, arguments) => {
            let text = |at: usize| arguments.get(at).map_or(Ok(String::new()), |a| text_of(&a.evaluate(row)?));
            row.regexp(&text(0)?, &text(1)?).map(Value::RegExp).map_err(EvaluationError)
        }
        // The functions have at most four arguments; three are the most common.
        (_, [one]) => builtins::call(builtin, &[one.evaluate(row)?]),
        (_, [one, two]) => builtins::call(builtin, &[one.evaluate(row)?, two.evaluate(row)?]),
        (_, [one, two, three]) => {
            builtins::call(builtin, &[one.evaluate(row)?, two.evaluate(row)?, three.evaluate(row)?])
        }
        _ => builtins::call(builtin, &arguments.iter().map(|a| a.evaluate(row)).collect::<Result<Vec<_>>>()?),
    }
}

fn method(method: Method, object: Value, argument: Option<Value>) -> Result {
    match (method, object, argument) {
        (Method::Test, Value::RegExp(pattern), Some(Value::String(text))) => Ok(Value::Bool(pattern.test(&text))),
        (Method::Test, Value::RegExp(_), None) => Ok(Value::Bool(false)),
        (Method::Exec, Value::RegExp(pattern), Some(Value::String(text))) => Ok(match pattern.exec(&text) {
            Some(Some(group)) => Value::text(group),
            Some(None) => Value::Undefined,
            None => Value::Null,
        }),
        (Method::Exec, Value::RegExp(_), None) => Ok(Value::Null),
        (Method::ToText, object @ (Value::RegExp(_) | Value::Vector(_)), _) => {
            Ok(Value::String(operators::text_of(&object)?.into()))
        }
        (method, object, argument) => {
            let name = match method {
                Method::Test => "test",
                Method::Exec => "exec",
                Method::ToText => "toString",
            };
            Err(mismatch(name, &[Some(object), argument].into_iter().flatten().collect::<Vec<_>>()))
        }
    }
}

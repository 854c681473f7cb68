//! The operators, with the types that the specification's section "Operator rules" lets them have.

use super::ast::{BinaryOp, UnaryOp};
use super::builtins::short;
use super::error::EvaluationError;
use super::limits::MAX_TEXT_BYTES;
use super::value::Value;
use std::fmt::{self, Write as _};

/// `Operator or function x cannot work on these values`.
pub(super) fn mismatch(name: &str, values: &[Value]) -> EvaluationError {
    let listed: Vec<String> = values.iter().map(describe).collect();
    EvaluationError(format!("`{name}` does not work on {}", listed.join(" and ")))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Undefined | Value::Null => value.to_string(),
        Value::Bool(b) => format!("the boolean {b}"),
        Value::Number(_) => format!("the number {value}"),
        Value::String(text) => format!("the text '{}'", short(text)),
        Value::Vector(v) => format!("the vec{} {v}", v.as_slice().len()),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
        Value::RegExp(_) => "a regular expression".into(),
    }
}

/// Text with a bound, so that no style can make a huge one.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_TEXT_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// `String(value)`.
pub(super) fn text_of(value: &Value) -> Result<String, EvaluationError> {
    concatenate(&[value])
}

/// The texts of values one after the other.
pub(super) fn concatenate(values: &[&Value]) -> Result<String, EvaluationError> {
    let mut text = Bounded(String::new());
    for value in values {
        write!(text, "{value}")
            .map_err(|_| EvaluationError(format!("a text is longer than {MAX_TEXT_BYTES} bytes")))?;
    }
    Ok(text.0)
}

pub(super) fn unary(op: UnaryOp, value: Value) -> Result<Value, EvaluationError> {
    Ok(match (op, value) {
        (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
        (UnaryOp::Minus, Value::Number(x)) => Value::Number(-x),
        (UnaryOp::Minus, Value::Vector(v)) => Value::Vector(v.map(|x| -x)),
        (UnaryOp::Plus, value @ (Value::Number(_) | Value::Vector(_))) => value,
        (op, value) => return Err(mismatch(op.symbol(), &[value])),
    })
}

/// Any binary operator but `&&` and `||`, which may leave their right side alone.
pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, EvaluationError> {
    let wrong = || mismatch(op.symbol(), &[left.clone(), right.clone()]);
    Ok(match op {
        BinaryOp::Equal => Value::Bool(left.strictly_equals(right)),
        BinaryOp::NotEqual => Value::Bool(!left.strictly_equals(right)),
        BinaryOp::Match => Value::Bool(matches(left, right).ok_or_else(wrong)?),
        BinaryOp::NotMatch => Value::Bool(!matches(left, right).ok_or_else(wrong)?),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            let (Value::Number(a), Value::Number(b)) = (left, right) else { return Err(wrong()) };
            Value::Bool(match op {
                BinaryOp::Less => a < b,
                BinaryOp::LessEqual => a <= b,
                BinaryOp::Greater => a > b,
                _ => a >= b,
            })
        }
        BinaryOp::Add if matches!(left, Value::String(_)) || matches!(right, Value::String(_)) => {
            Value::String(concatenate(&[left, right])?.into())
        }
        _ => arithmetic(op, left, right).ok_or_else(wrong)?,
    })
}

pub(super) fn number(op: BinaryOp) -> Option<fn(f64, f64) -> f64> {
    Some(match op {
        BinaryOp::Add => |a, b| a + b,
        BinaryOp::Subtract => |a, b| a - b,
        BinaryOp::Multiply => |a, b| a * b,
        BinaryOp::Divide => |a, b| a / b,
        BinaryOp::Remainder => |a, b| a % b,
        _ => return None,
    })
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    let f = number(op)?;
    Some(match (left, right) {
        (Value::Number(a), Value::Number(b)) => Value::Number(f(*a, *b)),
        (Value::Vector(a), Value::Vector(b)) => Value::Vector(a.zip(*b, f)?),
        (Value::Vector(a), Value::Number(b)) if matches!(op, BinaryOp::Multiply | BinaryOp::Divide) => {
            Value::Vector(a.map(|a| f(a, *b)))
        }
        (Value::Number(a), Value::Vector(b)) if op == BinaryOp::Multiply => Value::Vector(b.map(|b| f(*a, b))),
        _ => return None,
    })
}

/// `=~`, with the regular expression on either side.
fn matches(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::RegExp(pattern), Value::String(text)) | (Value::String(text), Value::RegExp(pattern)) => {
            Some(pattern.test(text))
        }
        _ => None,
    }
}

//! A small language for JSON schemas: what members an object has and of what kind they are. Unknown members are fine.

use super::{
    finding::{Findings, Path, short},
    rules,
};
use serde_json::Value;

/// What a value must be.
#[derive(Debug)]
pub(super) enum Kind {
    Any,
    Bool,
    Text,
    /// Text that is not empty.
    Words,
    /// A metadata identifier: `^[a-zA-Z_][a-zA-Z0-9_]*$`.
    Name,
    Number,
    /// A number not below zero.
    Positive,
    /// A whole number of at least this; decimals without fraction count (JSON encoding, 5).
    Integer(i64),
    OneOf(&'static [&'static str]),
    Object(&'static Shape),
    /// An array of this kind, of so many items.
    Array(&'static Kind, usize, usize),
    /// An object whose members are all of this kind.
    Map(&'static Kind),
    /// The same, and their keys are identifiers.
    Names(&'static Kind),
}

/// The members of an object.
#[derive(Debug)]
pub(super) struct Shape {
    /// The schema that says so.
    pub(super) clause: &'static str,
    pub(super) fields: &'static [Field],
}

/// One member: its name, whether it must be there, and its kind.
#[derive(Debug)]
pub(super) struct Field(pub(super) &'static str, pub(super) bool, pub(super) Kind);

impl Shape {
    /// Finds everything in `value` that the schema forbids. Deep only as far as the JSON parser lets values nest.
    pub(super) fn check(&self, value: &Value, place: &str, find: &mut Findings) {
        self.check_at(value, &mut Path::new(place), find);
    }

    fn check_at(&self, value: &Value, path: &mut Path, find: &mut Findings) {
        let place = path.as_str();
        let Value::Object(members) = value else {
            find.add_with(&rules::JSON_TYPE, self.clause, place, format!("is {}, not an object", kind_of(value)));
            return;
        };
        for Field(name, required, kind) in self.fields {
            match members.get(*name) {
                Some(member) => {
                    let above = path.enter(name);
                    kind.check(member, path, self.clause, find);
                    path.leave(above);
                }
                None if *required => {
                    find.add_with(&rules::JSON_MISSING, self.clause, path.as_str(), format!("has no {name}"));
                }
                None => {}
            }
        }
    }
}

impl Kind {
    fn check(&self, value: &Value, path: &mut Path, clause: &'static str, find: &mut Findings) {
        let place = path.as_str();
        let mut wrong = |what: &str| {
            find.add_with(&rules::JSON_TYPE, clause, place, format!("is {}, not {what}", kind_of(value)));
        };
        match self {
            Self::Any => {}
            Self::Bool if value.is_boolean() => {}
            Self::Bool => wrong("a boolean"),
            Self::Text | Self::Words | Self::Name | Self::OneOf(_) => match value.as_str() {
                None => wrong("a string"),
                Some(text) => self.check_text(text, place, clause, find),
            },
            Self::Number if value.is_number() => {}
            Self::Number => wrong("a number"),
            Self::Positive => match value.as_f64() {
                None => wrong("a number"),
                Some(n) if n < 0.0 => find.add_with(&rules::JSON_RANGE, clause, place, format!("{n} is below 0")),
                Some(_) => {}
            },
            Self::Integer(least) => match value.as_f64() {
                Some(n) if n.fract() != 0.0 => wrong("an integer"),
                None => wrong("an integer"),
                Some(n) if n < *least as f64 => {
                    find.add_with(&rules::JSON_RANGE, clause, place, format!("{n} is below {least}"));
                }
                Some(_) => {}
            },
            Self::Object(shape) => shape.check_at(value, path, find),
            Self::Array(kind, least, most) => match value.as_array() {
                None => wrong("an array"),
                Some(items) => {
                    if items.len() < *least || items.len() > *most {
                        let wanted = match (*least, *most) {
                            (l, usize::MAX) => format!("at least {l}"),
                            (l, m) if l == m => format!("{l}"),
                            (l, m) => format!("{l} to {m}"),
                        };
                        let message = format!("has {} items where {wanted} are needed", items.len());
                        find.add_with(&rules::JSON_LENGTH, clause, place, message);
                    }
                    for (i, item) in items.iter().enumerate() {
                        let above = path.enter(i);
                        kind.check(item, path, clause, find);
                        path.leave(above);
                    }
                }
            },
            Self::Map(kind) | Self::Names(kind) => match value.as_object() {
                None => wrong("an object"),
                Some(members) => {
                    for (key, member) in members {
                        let above = path.enter(short(key));
                        if matches!(self, Self::Names(_)) && !is_name(key) {
                            find.add(&rules::JSON_NAME, path.as_str(), "is no identifier: letters, digits and _ only");
                        }
                        kind.check(member, path, clause, find);
                        path.leave(above);
                    }
                }
            },
        }
    }

    fn check_text(&self, text: &str, place: &str, clause: &'static str, find: &mut Findings) {
        match self {
            Self::Words if text.is_empty() => find.add_with(&rules::JSON_EMPTY, clause, place, "is empty"),
            Self::Name if !is_name(text) => {
                let message = format!("{:?} is no identifier: letters, digits and _ only", short(text));
                find.add(&rules::JSON_NAME, place, message);
            }
            Self::OneOf(words) if !words.contains(&text) => {
                let message = format!("{:?} is none of {}", short(text), words.join(", "));
                find.add_with(&rules::JSON_VALUE, clause, place, message);
            }
            _ => {}
        }
    }
}

/// Whether a metadata identifier is as the specification wants it.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// What a value is, for people.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

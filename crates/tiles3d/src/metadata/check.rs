//! What is wrong with the values of a column: found once, when it is read.

use super::{
    Value,
    column::{Column, LONGEST_ARRAY},
    property::{Shape, flat},
    scalar::{Number, Scalar, with_number},
};
use serde_json::Value as Json;

/// The bounds that a schema or a table sets.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) min: Option<&'a Json>,
    pub(super) max: Option<&'a Json>,
}

/// Everything wrong with a column of `rows` rows: a code, and a message for people.
pub(super) fn column(column: &Column, rows: usize, bounds: Bounds<'_>) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if column.absent {
        return out;
    }
    offsets(column, rows, &mut out);
    let kind = &column.kind;
    if kind.scalar == Scalar::Text {
        if simdutf8::basic::from_utf8(&column.values).is_err() {
            let message = "the text is not UTF-8; what is unreadable is shown as replacement characters";
            out.push(("property-text-invalid", message.to_owned()));
        }
    } else if kind.is_enum() {
        nameless(column, &mut out);
    } else if kind.scalar != Scalar::Bool {
        if kind.scalar.is_float() {
            let bad = with_number!(kind.scalar, T => {
                column.values.chunks_exact(size_of::<T>()).filter(|b| !T::of_bytes(b).as_f64().is_finite()).count()
            }, else 0);
            if bad > 0 {
                let message = format!("{bad} numbers are infinite or not a number; they count as missing");
                out.push(("property-not-finite", message));
            }
        }
        if bounds.min.is_some() || bounds.max.is_some() {
            outside(column, rows, bounds, &mut out);
        }
    }
    out
}

fn offsets(column: &Column, rows: usize, out: &mut Vec<(&'static str, String)>) {
    let mut broken = 0usize;
    if let (Shape::Variable, Some(offsets)) = (column.kind.shape, &column.array_offsets) {
        let elements = column.elements();
        let fits = |(start, end): (usize, usize)| end <= elements && end - start <= LONGEST_ARRAY;
        broken += (0..rows).filter(|row| !offsets.range(*row).is_some_and(fits)).count();
    }
    if let Some(offsets) = &column.string_offsets {
        broken += offsets.broken(column.values.len());
    }
    if broken > 0 {
        let message = format!("{broken} offsets go backwards or beyond the values; those values count as missing");
        out.push(("property-offsets-invalid", message));
    }
}

fn nameless(column: &Column, out: &mut Vec<(&'static str, String)>) {
    let kind = &column.kind;
    let elements = column.elements();
    let mut first = None;
    let mut count = 0usize;
    for i in 0..elements {
        let value = match kind.scalar.read(&column.values, i) {
            Some(Value::Int(i)) => i128::from(i),
            Some(Value::UInt(u)) => i128::from(u),
            _ => continue,
        };
        if !kind.has_name(value) {
            first = first.or(Some(value));
            count += 1;
        }
    }
    if let Some(first) = first {
        let message = format!("{count} values, such as {first}, have no name in the enum; they are shown as numbers");
        out.push(("property-enum-unknown", message));
    }
}

/// `min` and `max` are of the raw values, or of the final ones where the property is normalised.
fn outside(column: &Column, rows: usize, bounds: Bounds<'_>, out: &mut Vec<(&'static str, String)>) {
    let (low, high) = (bounds.min.map(flat).unwrap_or_default(), bounds.max.map(flat).unwrap_or_default());
    let kind = &column.kind;
    // Bounds are written in decimal: a value that was rounded to single precision may be just outside them.
    let slack = |bound: f64| if kind.scalar == Scalar::F32 { bound.abs() * f64::from(f32::EPSILON) } else { 0.0 };
    let mut wrong = None;
    let mut count = 0usize;
    let mut look = |row: usize, component: usize, value: f64| {
        let bound = |list: &[f64]| component.checked_rem(list.len()).and_then(|i| list.get(i)).copied();
        let below = bound(&low).is_some_and(|low| value < low - slack(low));
        let above = bound(&high).is_some_and(|high| value > high + slack(high));
        if below || above {
            wrong = wrong.or(Some((row, value)));
            count += 1;
        }
    };
    // Missing values are exempt, so the rows that have a noData value are left out.
    if kind.shape == Shape::Single && kind.width == 1 {
        let mut numbers = Vec::new();
        let raw = if kind.is_normalized() { kind.without_default() } else { kind.untransformed() };
        raw.fill(&column.values, rows, &mut numbers);
        numbers.iter().enumerate().filter(|(_, x)| !x.is_nan()).for_each(|(row, x)| look(row, 0, *x));
    } else {
        let raw = if kind.is_normalized() { kind.without_default() } else { kind.untransformed() };
        for row in 0..rows {
            let mut component = 0;
            each(&raw.finish(column.raw(row)), &mut |x| {
                look(row, component, x);
                component += 1;
            });
        }
    }
    if let Some((row, value)) = wrong {
        let message = format!("{count} values are outside the bounds given, the first in row {row}: {value}; kept");
        out.push(("property-out-of-bounds", message));
    }
}

fn each(value: &Value, look: &mut dyn FnMut(f64)) {
    match value {
        Value::Array(values) => values.iter().for_each(|v| each(v, look)),
        other => other.as_f64().into_iter().for_each(look),
    }
}

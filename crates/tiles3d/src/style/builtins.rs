//! The built-in functions.

use super::color;
use super::error::EvaluationError;
use super::operators::{mismatch, text_of};
use super::value::{Value, Vector};
use std::f64::consts::PI;

/// A function: its name, how many arguments it takes at least and at most, and what it does.
#[derive(Debug)]
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) arity: (u8, u8),
    pub(super) function: Function,
}

impl Builtin {
    /// Whether the function asks for the feature's classes.
    pub(super) fn asks_classes(&self) -> bool {
        matches!(self.function, Function::IsClass | Function::IsExactClass | Function::ExactClassName)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    /// Number to number; vectors component by component.
    Map(fn(f64) -> f64),
    /// Two numbers or two vectors of a size; with `scalar` also a vector and a number.
    Map2 {
        f: fn(f64, f64) -> f64,
        scalar: bool,
    },
    /// Three numbers or three vectors of a size, or two vectors and a number.
    Map3(fn(f64, f64, f64) -> f64),
    Length,
    Normalize,
    Distance,
    Dot,
    Cross,
    Color,
    Rgb,
    Hsl,
    /// `vec2`, `vec3`, `vec4`.
    Vector(u8),
    IsNan,
    IsFinite,
    IsExactClass,
    IsClass,
    ExactClassName,
    Boolean,
    Number,
    Text,
    RegExp,
}

const fn new(name: &'static str, least: u8, most: u8, function: Function) -> Builtin {
    Builtin { name, arity: (least, most), function }
}

const fn map(name: &'static str, f: fn(f64) -> f64) -> Builtin {
    new(name, 1, 1, Function::Map(f))
}

const fn map2(name: &'static str, f: fn(f64, f64) -> f64, scalar: bool) -> Builtin {
    new(name, 2, 2, Function::Map2 { f, scalar })
}

/// All functions, by name as the specification lists them.
static BUILTINS: [Builtin; 46] = [
    map("abs", f64::abs),
    map("sqrt", f64::sqrt),
    map("cos", f64::cos),
    map("sin", f64::sin),
    map("tan", f64::tan),
    map("acos", f64::acos),
    map("asin", f64::asin),
    map("atan", f64::atan),
    map2("atan2", f64::atan2, false),
    map("radians", |x| x * (PI / 180.0)),
    map("degrees", |x| x * (180.0 / PI)),
    map("sign", |x| {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            x
        }
    }),
    map("floor", f64::floor),
    map("ceil", f64::ceil),
    map("round", round),
    map("exp", f64::exp),
    map("exp2", f64::exp2),
    map("log", f64::ln),
    map("log2", f64::log2),
    map("fract", |x| x - x.floor()),
    map2("pow", pow, false),
    map2("min", min, true),
    map2("max", max, true),
    new("clamp", 3, 3, Function::Map3(clamp)),
    new("mix", 3, 3, Function::Map3(|x, y, a| (1.0 - a) * x + a * y)),
    new("length", 1, 1, Function::Length),
    new("normalize", 1, 1, Function::Normalize),
    new("distance", 2, 2, Function::Distance),
    new("dot", 2, 2, Function::Dot),
    new("cross", 2, 2, Function::Cross),
    new("color", 0, 2, Function::Color),
    new("rgb", 3, 3, Function::Rgb),
    new("rgba", 4, 4, Function::Rgb),
    new("hsl", 3, 3, Function::Hsl),
    new("hsla", 4, 4, Function::Hsl),
    new("vec2", 1, 2, Function::Vector(2)),
    new("vec3", 1, 3, Function::Vector(3)),
    new("vec4", 1, 4, Function::Vector(4)),
    new("isNaN", 0, 1, Function::IsNan),
    new("isFinite", 0, 1, Function::IsFinite),
    new("isExactClass", 1, 1, Function::IsExactClass),
    new("isClass", 1, 1, Function::IsClass),
    new("getExactClassName", 0, 0, Function::ExactClassName),
    new("Boolean", 0, 1, Function::Boolean),
    new("Number", 0, 1, Function::Number),
    new("String", 0, 1, Function::Text),
];

/// `regExp` stands apart: its errors are those of a language of its own.
static REG_EXP: Builtin = new("regExp", 0, 2, Function::RegExp);

pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().chain([&REG_EXP]).find(|b| b.name == name)
}

/// Halves go up, as in JavaScript.
fn round(x: f64) -> f64 {
    let floor = x.floor();
    if x - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// As JavaScript's `Math.pow`: one to the power of what is no number, or of infinity, is no number.
fn pow(base: f64, exponent: f64) -> f64 {
    if base.abs() == 1.0 && !exponent.is_finite() { f64::NAN } else { base.powf(exponent) }
}

fn min(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

fn max(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn clamp(x: f64, low: f64, high: f64) -> f64 {
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}

/// Calls a function that needs nothing but its arguments.
pub(super) fn call(builtin: &Builtin, arguments: &[Value]) -> Result<Value, EvaluationError> {
    let wrong = || Err(mismatch(builtin.name, arguments));
    Ok(match (builtin.function, arguments) {
        (Function::Map(f), [Value::Number(x)]) => Value::Number(f(*x)),
        (Function::Map(f), [Value::Vector(v)]) => Value::Vector(v.map(f)),
        (Function::Map2 { f, .. }, [Value::Number(x), Value::Number(y)]) => Value::Number(f(*x, *y)),
        (Function::Map2 { f, .. }, [Value::Vector(x), Value::Vector(y)]) => match x.zip(*y, f) {
            Some(v) => Value::Vector(v),
            None => return wrong(),
        },
        (Function::Map2 { f, scalar: true }, [Value::Vector(x), Value::Number(y)]) => {
            Value::Vector(x.map(|x| f(x, *y)))
        }
        (Function::Map3(f), [Value::Number(x), Value::Number(y), Value::Number(z)]) => Value::Number(f(*x, *y, *z)),
        (Function::Map3(f), [Value::Vector(x), Value::Vector(y), last]) => match map3(f, *x, *y, last) {
            Some(v) => Value::Vector(v),
            None => return wrong(),
        },
        (Function::Length, [Value::Number(x)]) => Value::Number(x.abs()),
        (Function::Length, [Value::Vector(v)]) => Value::Number(length(*v)),
        (Function::Normalize, [Value::Number(_)]) => Value::Number(1.0),
        (Function::Normalize, [Value::Vector(v)]) => {
            let length = length(*v);
            Value::Vector(v.map(|x| x / length))
        }
        (Function::Distance, [Value::Number(x), Value::Number(y)]) => Value::Number((x - y).abs()),
        (Function::Distance, [Value::Vector(x), Value::Vector(y)]) => match x.zip(*y, |x, y| x - y) {
            Some(v) => Value::Number(length(v)),
            None => return wrong(),
        },
        (Function::Dot, [Value::Number(x), Value::Number(y)]) => Value::Number(x * y),
        (Function::Dot, [Value::Vector(x), Value::Vector(y)]) => match x.zip(*y, |x, y| x * y) {
            Some(v) => Value::Number(v.as_slice().iter().sum()),
            None => return wrong(),
        },
        (Function::Cross, [Value::Vector(x), Value::Vector(y)]) => match (x.as_slice(), y.as_slice()) {
            ([ax, ay, az], [bx, by, bz]) => vector(&[ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]),
            _ => return wrong(),
        },
        (Function::Vector(size), arguments) => return construct(builtin, size, arguments),
        (Function::Color | Function::Rgb | Function::Hsl, arguments) => return colour(builtin, arguments),
        (Function::IsNan, []) => Value::Bool(true),
        (Function::IsNan, [x]) => Value::Bool(x.to_number().is_nan()),
        (Function::IsFinite, []) => Value::Bool(false),
        (Function::IsFinite, [x]) => Value::Bool(x.to_number().is_finite()),
        (Function::Boolean, []) => Value::Bool(false),
        (Function::Boolean, [x]) => Value::Bool(x.to_bool()),
        (Function::Number, []) => Value::Number(0.0),
        (Function::Number, [x]) => Value::Number(x.to_number()),
        (Function::Text, []) => Value::text(""),
        (Function::Text, [x]) => Value::String(text_of(x)?.into()),
        _ => return wrong(),
    })
}

fn vector(components: &[f64]) -> Value {
    Vector::new(components).map_or(Value::Undefined, Value::Vector)
}

fn length(v: Vector) -> f64 {
    v.as_slice().iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn map3(f: fn(f64, f64, f64) -> f64, x: Vector, y: Vector, last: &Value) -> Option<Vector> {
    let z = match last {
        Value::Number(z) => x.map(|_| *z),
        Value::Vector(z) => *z,
        _ => return None,
    };
    if x.as_slice().len() != y.as_slice().len() || x.as_slice().len() != z.as_slice().len() {
        return None;
    }
    let components = x.as_slice().iter().zip(y.as_slice()).zip(z.as_slice());
    Vector::new(&components.map(|((x, y), z)| f(*x, *y, *z)).collect::<Vec<_>>())
}

/// `vec2`, `vec3` and `vec4`: one number for all components, one vector that is at least as large, or numbers and
/// vectors that make up the size together.
fn construct(builtin: &Builtin, size: u8, arguments: &[Value]) -> Result<Value, EvaluationError> {
    let size = usize::from(size);
    let mut components = Vec::with_capacity(8);
    for argument in arguments {
        match argument {
            Value::Number(x) => components.push(*x),
            Value::Vector(v) => components.extend(v.as_slice()),
            _ => return Err(mismatch(builtin.name, arguments)),
        }
    }
    if components.len() == 1 {
        components = vec![components.first().copied().unwrap_or_default(); size];
    } else if arguments.len() == 1 {
        components.truncate(size);
    }
    if components.len() != size {
        let message = format!("`{}` needs {size} components and is given {}", builtin.name, components.len());
        return Err(EvaluationError(message));
    }
    Ok(vector(&components))
}

fn colour(builtin: &Builtin, arguments: &[Value]) -> Result<Value, EvaluationError> {
    let wrong = || Err(mismatch(builtin.name, arguments));
    let rgba = match (builtin.function, arguments) {
        (Function::Color, []) => [1.0; 4],
        (Function::Color, [Value::String(text), rest @ ..]) => {
            let Some(mut rgba) = color::parse(text) else {
                return Err(EvaluationError(format!("'{}' is not a colour of CSS", short(text))));
            };
            match rest {
                [] => {}
                [Value::Number(alpha)] => rgba[3] = *alpha,
                _ => return wrong(),
            }
            rgba
        }
        (Function::Rgb, [Value::Number(r), Value::Number(g), Value::Number(b)]) => {
            [r / 255.0, g / 255.0, b / 255.0, 1.0]
        }
        (Function::Rgb, [Value::Number(r), Value::Number(g), Value::Number(b), Value::Number(a)]) => {
            [r / 255.0, g / 255.0, b / 255.0, *a]
        }
        (Function::Hsl, [Value::Number(h), Value::Number(s), Value::Number(l)]) => color::hsla(*h, *s, *l, 1.0),
        (Function::Hsl, [Value::Number(h), Value::Number(s), Value::Number(l), Value::Number(a)]) => {
            color::hsla(*h, *s, *l, *a)
        }
        _ => return wrong(),
    };
    Ok(Value::Vector(Vector::rgba(rgba)))
}

/// The start of a text, for messages.
pub(super) fn short(text: &str) -> String {
    let mut chars = text.chars();
    let mut start: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() {
        start.push('…');
    }
    start
}

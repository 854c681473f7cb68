//! The rules of a look over whole columns: which condition a row meets, and what that gives it.

use super::Value;
use super::color::byte;
use super::column::Column;
use super::lower::{Lowering, Typed};
use super::numeric::{Env, Num, Pool, Test};
use super::sheet::Rule;
use std::ops::Range;

/// A rule whose values are of one kind.
#[derive(Debug)]
pub(super) struct Program<V> {
    tests: Vec<Test>,
    /// One for each test, and one for the rows that meet none.
    values: Vec<V>,
}

/// What a rule of colours gives.
#[derive(Debug)]
pub(super) enum Paint {
    Constant([u8; 4]),
    Computed(Box<[Num; 4]>),
}

/// The texel of a feature whose colour the style leaves alone.
pub(super) const BLANK: [u8; 4] = [255; 4];

/// Buffers for one block of rows.
#[derive(Default)]
pub(super) struct Scratch {
    pool: Pool,
    choice: Vec<u16>,
    flags: Vec<bool>,
    numbers: [Vec<f64>; 4],
}

impl<V> Program<V> {
    /// Lowers a rule; `None` when it needs the interpreter.
    fn new(rule: &Rule, columns: &[Column], value: impl Fn(Typed) -> Option<V>) -> Option<Self> {
        let mut lowering = Lowering::new(columns);
        let (mut tests, mut values) = (Vec::new(), Vec::new());
        for (condition, result) in &rule.conditions {
            tests.push(match lowering.lower(condition)? {
                Typed::Test(test) => test,
                Typed::Known(known) => Test::Constant(known.to_bool()),
                Typed::Number(_) | Typed::Vector(_) | Typed::Text(_) => return None,
            });
            values.push(value(lowering.lower(result)?)?);
        }
        let otherwise = rule.otherwise.as_ref().map(|node| lowering.lower(node));
        values.push(value(otherwise.unwrap_or(Some(Typed::Known(Value::Undefined)))?)?);
        (tests.len() < usize::from(u16::MAX)).then_some(Self { tests, values })
    }

    /// For each row the number of its value.
    fn choose(&self, env: &Env<'_>, rows: &Range<usize>, scratch: &mut Scratch) {
        scratch.choice.clear();
        scratch.choice.resize(rows.len(), self.tests.len() as u16);
        scratch.flags.resize(rows.len(), false);
        for (number, test) in self.tests.iter().enumerate().rev() {
            test.run(env, rows.clone(), &mut scratch.flags, &mut scratch.pool);
            let number = number as u16;
            for (choice, met) in scratch.choice.iter_mut().zip(&scratch.flags) {
                *choice = if *met { number } else { *choice };
            }
        }
    }
}

impl Program<Test> {
    pub(super) fn show(rule: &Rule, columns: &[Column]) -> Option<Self> {
        Self::new(rule, columns, |value| match value {
            Typed::Test(test) => Some(test),
            Typed::Known(Value::Undefined | Value::Null) => Some(Test::Constant(true)),
            _ => None,
        })
    }

    /// Makes the texels of hidden rows transparent.
    pub(super) fn hide(&self, env: &Env<'_>, rows: &Range<usize>, out: &mut [[u8; 4]], scratch: &mut Scratch) {
        self.choose(env, rows, scratch);
        for (number, value) in self.values.iter().enumerate() {
            if matches!(value, Test::Constant(true)) {
                continue;
            }
            scratch.flags.resize(rows.len(), false);
            value.run(env, rows.clone(), &mut scratch.flags, &mut scratch.pool);
            let number = number as u16;
            for ((texel, choice), shown) in out.iter_mut().zip(&scratch.choice).zip(&scratch.flags) {
                let [r, g, b, a] = *texel;
                *texel = [r, g, b, if *choice == number && !*shown { 0 } else { a }];
            }
        }
    }
}

impl Program<Paint> {
    pub(super) fn color(rule: &Rule, columns: &[Column]) -> Option<Self> {
        Self::new(rule, columns, |value| match value {
            Typed::Vector(components) => {
                let components: [Num; 4] = components.try_into().ok()?;
                let constants = components.each_ref().map(|c| if let Num::Constant(x) = c { Some(*x) } else { None });
                Some(match constants {
                    [Some(r), Some(g), Some(b), Some(a)] => Paint::Constant([r, g, b, a].map(byte)),
                    _ => Paint::Computed(Box::new(components)),
                })
            }
            Typed::Known(Value::Undefined | Value::Null) => Some(Paint::Constant(BLANK)),
            _ => None,
        })
    }

    /// Writes the texels of some rows.
    pub(super) fn paint(&self, env: &Env<'_>, rows: &Range<usize>, out: &mut [[u8; 4]], scratch: &mut Scratch) {
        self.choose(env, rows, scratch);
        let constant = |paint: &Paint| if let Paint::Constant(rgba) = paint { *rgba } else { BLANK };
        let table: Vec<[u8; 4]> = self.values.iter().map(constant).collect();
        for (texel, choice) in out.iter_mut().zip(&scratch.choice) {
            *texel = table.get(usize::from(*choice)).copied().unwrap_or(BLANK);
        }
        for (number, value) in self.values.iter().enumerate() {
            let Paint::Computed(components) = value else { continue };
            for (component, buffer) in components.iter().zip(&mut scratch.numbers) {
                buffer.resize(rows.len(), 0.0);
                component.run(env, rows.clone(), buffer, &mut scratch.pool);
            }
            let [r, g, b, a] = &scratch.numbers;
            let colours = r.iter().zip(g).zip(b).zip(a);
            for ((texel, choice), (((r, g), b), a)) in out.iter_mut().zip(&scratch.choice).zip(colours) {
                if usize::from(*choice) == number {
                    *texel = [*r, *g, *b, *a].map(byte);
                }
            }
        }
    }
}

impl Program<Num> {
    pub(super) fn point_size(rule: &Rule, columns: &[Column]) -> Option<Self> {
        Self::new(rule, columns, |value| match value {
            Typed::Number(size) => Some(size),
            Typed::Known(Value::Undefined | Value::Null) => Some(Num::Constant(f64::NAN)),
            _ => None,
        })
    }

    /// Writes the sizes of some rows; NaN where the style gives none.
    pub(super) fn sizes(&self, env: &Env<'_>, rows: &Range<usize>, out: &mut [f32], scratch: &mut Scratch) {
        self.choose(env, rows, scratch);
        let [buffer, ..] = &mut scratch.numbers;
        for (number, value) in self.values.iter().enumerate() {
            buffer.resize(rows.len(), 0.0);
            value.run(env, rows.clone(), buffer, &mut scratch.pool);
            for ((size, choice), x) in out.iter_mut().zip(&scratch.choice).zip(buffer.iter()) {
                if usize::from(*choice) == number {
                    *size = *x as f32;
                }
            }
        }
    }
}

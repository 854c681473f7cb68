//! Expressions over packed columns: numbers, booleans and components of vectors, evaluated for a block of rows at once.

use super::column::{Column, Data};
use std::ops::Range;

/// Rows of a block: few enough that a block's intermediate results stay in the nearest cache.
pub(super) const BLOCK: usize = 512;

/// An expression that is a number in every row.
#[derive(Debug, Clone)]
pub(super) enum Num {
    Constant(f64),
    Time,
    /// A column of numbers.
    Column(usize),
    /// A component of a column of vectors.
    Component(usize, usize),
    /// A number for each text of a column.
    Lookup(usize, Vec<f64>),
    Arithmetic(Arithmetic, Box<Num>, Box<Num>),
    Map(fn(f64) -> f64, Box<Num>),
    Map2(fn(f64, f64) -> f64, Box<Num>, Box<Num>),
    Map3(fn(f64, f64, f64) -> f64, Box<[Num; 3]>),
    Select(Box<Test>, Box<Num>, Box<Num>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// An expression that is a boolean in every row.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Constant(bool),
    /// A column of booleans.
    Column(usize),
    /// A boolean for each text of a column.
    Lookup(usize, Vec<bool>),
    /// Whether a column has the text of this number.
    Text(usize, u32),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
    Compare(Comparison, Num, Num),
    Same(Box<Test>, Box<Test>),
    IsNan(Num),
    IsFinite(Num),
    Select(Box<Test>, Box<Test>, Box<Test>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// Some rows of a column, as far as it goes; what lies beyond is looked at row by row.
fn part<T>(all: &[T], rows: Range<usize>) -> &[T] {
    all.get(rows.start.min(all.len())..rows.end.min(all.len())).unwrap_or_default()
}

/// What the expressions read.
pub(super) struct Env<'a> {
    pub(super) columns: &'a [Column],
    pub(super) time: f64,
}

/// Buffers of a block's size, used again and again.
#[derive(Default)]
pub(super) struct Pool {
    numbers: Vec<Vec<f64>>,
    flags: Vec<Vec<bool>>,
}

impl Pool {
    fn number(&mut self, rows: usize) -> Vec<f64> {
        let mut buffer = self.numbers.pop().unwrap_or_default();
        buffer.resize(rows, 0.0);
        buffer
    }

    fn flag(&mut self, rows: usize) -> Vec<bool> {
        let mut buffer = self.flags.pop().unwrap_or_default();
        buffer.resize(rows, false);
        buffer
    }
}

/// An operand: one number, rows of a column, or rows that were worked out.
enum Operand<'a> {
    Constant(f64),
    Rows(&'a [f64]),
    Worked(Vec<f64>),
}

impl Operand<'_> {
    fn done(self, pool: &mut Pool) {
        if let Self::Worked(buffer) = self {
            pool.numbers.push(buffer);
        }
    }

    fn rows(&self) -> Result<&[f64], f64> {
        match self {
            Self::Constant(x) => Err(*x),
            Self::Rows(rows) => Ok(rows),
            Self::Worked(rows) => Ok(rows),
        }
    }
}

fn zip_into<T>(out: &mut [T], a: &Operand<'_>, b: &Operand<'_>, f: impl Fn(f64, f64) -> T) {
    match (a.rows(), b.rows()) {
        (Ok(a), Ok(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = f(*a, *b)),
        (Ok(a), Err(b)) => out.iter_mut().zip(a).for_each(|(o, a)| *o = f(*a, b)),
        (Err(a), Ok(b)) => out.iter_mut().zip(b).for_each(|(o, b)| *o = f(a, *b)),
        (Err(a), Err(b)) => out.iter_mut().for_each(|o| *o = f(a, b)),
    }
}

impl Num {
    fn operand<'a>(&self, env: &Env<'a>, rows: Range<usize>, pool: &mut Pool) -> Operand<'a> {
        match self {
            Self::Constant(x) => Operand::Constant(*x),
            Self::Time => Operand::Constant(env.time),
            Self::Column(at) if let Some(Data::Numbers(all)) = env.columns.get(*at).map(Column::data) => {
                Operand::Rows(part(all, rows))
            }
            worked => {
                let mut buffer = pool.number(rows.len());
                worked.run(env, rows, &mut buffer, pool);
                Operand::Worked(buffer)
            }
        }
    }

    /// The numbers of some rows, one for each place of `out`.
    pub(super) fn run(&self, env: &Env<'_>, rows: Range<usize>, out: &mut [f64], pool: &mut Pool) {
        match self {
            Self::Constant(x) => out.fill(*x),
            Self::Time => out.fill(env.time),
            Self::Column(at) => {
                if let Some(Data::Numbers(all)) = env.columns.get(*at).map(Column::data) {
                    out.iter_mut().zip(part(all, rows)).for_each(|(o, x)| *o = *x);
                }
            }
            Self::Component(at, component) => {
                if let Some(Data::Vectors(all)) = env.columns.get(*at).map(Column::data) {
                    let vectors = part(all, rows);
                    for (o, v) in out.iter_mut().zip(vectors) {
                        *o = v.as_slice().get(*component).copied().unwrap_or(f64::NAN);
                    }
                }
            }
            Self::Lookup(at, table) => {
                if let Some(Data::Texts(codes, _)) = env.columns.get(*at).map(Column::data) {
                    for (o, code) in out.iter_mut().zip(part(codes, rows)) {
                        *o = table.get(*code as usize).copied().unwrap_or(f64::NAN);
                    }
                }
            }
            Self::Arithmetic(op, a, b) => {
                let (a, b) = (a.operand(env, rows.clone(), pool), b.operand(env, rows, pool));
                match op {
                    Arithmetic::Add => zip_into(out, &a, &b, |a, b| a + b),
                    Arithmetic::Subtract => zip_into(out, &a, &b, |a, b| a - b),
                    Arithmetic::Multiply => zip_into(out, &a, &b, |a, b| a * b),
                    Arithmetic::Divide => zip_into(out, &a, &b, |a, b| a / b),
                    Arithmetic::Remainder => zip_into(out, &a, &b, |a, b| a % b),
                }
                a.done(pool);
                b.done(pool);
            }
            Self::Map(f, x) => {
                x.run(env, rows, out, pool);
                out.iter_mut().for_each(|o| *o = f(*o));
            }
            Self::Map2(f, a, b) => {
                let (a, b) = (a.operand(env, rows.clone(), pool), b.operand(env, rows, pool));
                zip_into(out, &a, &b, f);
                a.done(pool);
                b.done(pool);
            }
            Self::Map3(f, arguments) => {
                let [x, y, z] = arguments.as_ref();
                x.run(env, rows.clone(), out, pool);
                let mut others = [pool.number(rows.len()), pool.number(rows.len())];
                let [b, c] = &mut others;
                y.run(env, rows.clone(), b, pool);
                z.run(env, rows, c, pool);
                out.iter_mut().zip(b).zip(c).for_each(|((o, b), c)| *o = f(*o, *b, *c));
                pool.numbers.extend(others);
            }
            Self::Select(test, yes, no) => {
                let mut flags = pool.flag(rows.len());
                test.run(env, rows.clone(), &mut flags, pool);
                no.run(env, rows.clone(), out, pool);
                let yes = yes.operand(env, rows, pool);
                match yes.rows() {
                    Ok(yes) => {
                        for ((o, flag), yes) in out.iter_mut().zip(&flags).zip(yes) {
                            *o = if *flag { *yes } else { *o };
                        }
                    }
                    Err(yes) => out.iter_mut().zip(&flags).for_each(|(o, flag)| *o = if *flag { yes } else { *o }),
                }
                yes.done(pool);
                pool.flags.push(flags);
            }
        }
    }

    /// How many parts the expression has.
    pub(super) fn size(&self) -> usize {
        1 + match self {
            Self::Constant(_) | Self::Time | Self::Column(_) | Self::Component(..) => 0,
            Self::Lookup(_, table) => table.len() / 8,
            Self::Map(_, x) => x.size(),
            Self::Arithmetic(_, a, b) | Self::Map2(_, a, b) => a.size() + b.size(),
            Self::Map3(_, arguments) => arguments.iter().map(Self::size).sum(),
            Self::Select(test, a, b) => test.size() + a.size() + b.size(),
        }
    }
}

impl Test {
    /// The booleans of some rows, one for each place of `out`.
    pub(super) fn run(&self, env: &Env<'_>, rows: Range<usize>, out: &mut [bool], pool: &mut Pool) {
        match self {
            Self::Constant(b) => out.fill(*b),
            Self::Column(at) => {
                if let Some(Data::Bools(all)) = env.columns.get(*at).map(Column::data) {
                    out.iter_mut().zip(part(all, rows)).for_each(|(o, b)| *o = *b);
                }
            }
            Self::Lookup(at, table) => {
                if let Some(Data::Texts(codes, _)) = env.columns.get(*at).map(Column::data) {
                    for (o, code) in out.iter_mut().zip(part(codes, rows)) {
                        *o = table.get(*code as usize).copied().unwrap_or(false);
                    }
                }
            }
            Self::Text(at, text) => {
                if let Some(Data::Texts(codes, _)) = env.columns.get(*at).map(Column::data) {
                    out.iter_mut().zip(part(codes, rows)).for_each(|(o, code)| *o = code == text);
                }
            }
            Self::Not(test) => {
                test.run(env, rows, out, pool);
                out.iter_mut().for_each(|o| *o = !*o);
            }
            Self::And(tests) => fold(tests, true, env, rows, out, pool, |a, b| a & b),
            Self::Or(tests) => fold(tests, false, env, rows, out, pool, |a, b| a | b),
            Self::Compare(comparison, a, b) => {
                let (a, b) = (a.operand(env, rows.clone(), pool), b.operand(env, rows, pool));
                match comparison {
                    Comparison::Equal => zip_into(out, &a, &b, |a, b| a == b),
                    Comparison::Less => zip_into(out, &a, &b, |a, b| a < b),
                    Comparison::LessEqual => zip_into(out, &a, &b, |a, b| a <= b),
                    Comparison::Greater => zip_into(out, &a, &b, |a, b| a > b),
                    Comparison::GreaterEqual => zip_into(out, &a, &b, |a, b| a >= b),
                }
                a.done(pool);
                b.done(pool);
            }
            Self::Same(a, b) => {
                let mut other = pool.flag(rows.len());
                a.run(env, rows.clone(), out, pool);
                b.run(env, rows, &mut other, pool);
                out.iter_mut().zip(&other).for_each(|(o, b)| *o = *o == *b);
                pool.flags.push(other);
            }
            Self::IsNan(x) | Self::IsFinite(x) => {
                let finite = matches!(self, Self::IsFinite(_));
                let x = x.operand(env, rows, pool);
                let constant = Operand::Constant(0.0);
                if finite {
                    zip_into(out, &x, &constant, |x, _| x.is_finite());
                } else {
                    zip_into(out, &x, &constant, |x, _| x.is_nan());
                }
                x.done(pool);
            }
            Self::Select(test, yes, no) => {
                let mut flags = [pool.flag(rows.len()), pool.flag(rows.len())];
                let [tests, yesses] = &mut flags;
                test.run(env, rows.clone(), tests, pool);
                yes.run(env, rows.clone(), yesses, pool);
                no.run(env, rows, out, pool);
                for ((o, test), yes) in out.iter_mut().zip(tests).zip(yesses) {
                    *o = if *test { *yes } else { *o };
                }
                pool.flags.extend(flags);
            }
        }
    }

    /// How many parts the expression has.
    pub(super) fn size(&self) -> usize {
        1 + match self {
            Self::Constant(_) | Self::Column(_) | Self::Text(..) => 0,
            Self::Lookup(_, table) => table.len() / 64,
            Self::Not(test) => test.size(),
            Self::And(tests) | Self::Or(tests) => tests.iter().map(Self::size).sum(),
            Self::Compare(_, a, b) => a.size() + b.size(),
            Self::Same(a, b) => a.size() + b.size(),
            Self::IsNan(x) | Self::IsFinite(x) => x.size(),
            Self::Select(test, a, b) => test.size() + a.size() + b.size(),
        }
    }
}

fn fold(
    tests: &[Test],
    start: bool,
    env: &Env<'_>,
    rows: Range<usize>,
    out: &mut [bool],
    pool: &mut Pool,
    join: impl Fn(bool, bool) -> bool,
) {
    let Some((first, rest)) = tests.split_first() else { return out.fill(start) };
    first.run(env, rows.clone(), out, pool);
    let mut other = pool.flag(rows.len());
    for test in rest {
        test.run(env, rows.clone(), &mut other, pool);
        out.iter_mut().zip(&other).for_each(|(o, b)| *o = join(*o, *b));
    }
    pool.flags.push(other);
}

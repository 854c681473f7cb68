//! From [`Node`] to [`Num`] and [`Test`], where the types of the columns leave no doubt about the types of the values.

use super::ast::{BinaryOp, UnaryOp};
use super::column::{Column, Data};
use super::node::{Node, Row};
use super::numeric::{Arithmetic, Comparison, Num, Test};
use super::regexp::Patterns;
use super::{RegExp, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Most parts of a lowered rule; vectors fall apart into their components, so that parts are copied.
const MAX_PARTS: usize = 1 << 14;

/// Most evaluations for the single texts of columns, over all parts of a rule.
const MAX_LOOKUPS: usize = 1 << 22;

/// A lowered expression.
#[derive(Debug, Clone)]
pub(super) enum Typed {
    Number(Num),
    Test(Test),
    /// The components of a vector.
    Vector(Vec<Num>),
    /// A column of texts.
    Text(usize),
    /// A value that is neither a number, a boolean nor a vector, the same for every row.
    Known(Value),
}

/// Lowers expressions over some columns.
pub(super) struct Lowering<'a> {
    columns: &'a [Column],
    left: usize,
    lookups: usize,
    /// For columns that texts are compared with, the number of each text.
    texts: HashMap<usize, HashMap<&'a str, u32>>,
    /// Made of single texts of columns.
    patterns: RefCell<Patterns>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(columns: &'a [Column]) -> Self {
        Self { columns, left: MAX_PARTS, lookups: MAX_LOOKUPS, texts: HashMap::new(), patterns: RefCell::default() }
    }

    /// The expression over whole columns; `None` when it may be of several types, or may fail.
    pub(super) fn lower(&mut self, node: &Node) -> Option<Typed> {
        self.left = self.left.checked_sub(1)?;
        let Some((column, texts, rows)) = self.text_column(node) else { return self.structure(node) };
        // With few different texts the whole expression is looked up; with many, its parts are compared first.
        if texts.len().saturating_mul(8) <= rows {
            self.lookup(node, column, texts).or_else(|| self.structure(node))
        } else {
            self.structure(node).or_else(|| self.lookup(node, column, texts))
        }
    }

    /// The column of texts that alone decides the value of an expression; its texts, and how many rows it has.
    fn text_column(&self, node: &Node) -> Option<(usize, &'a [Arc<str>], usize)> {
        let (mut column, mut others) = (None, false);
        node.visit(&mut |node| match node {
            Node::Property(index) if column.is_none_or(|c| c == *index) => column = Some(*index),
            Node::Property(_) | Node::Time => others = true,
            Node::Call(builtin, _) => others |= builtin.asks_classes(),
            _ => {}
        });
        let column = column.filter(|_| !others)?;
        match self.columns.get(column)?.data() {
            Data::Texts(codes, texts) => Some((column, texts, codes.len())),
            _ => None,
        }
    }

    fn structure(&mut self, node: &Node) -> Option<Typed> {
        match node {
            Node::Constant(value) => Some(known(value)),
            Node::Property(index) => self.property(*index),
            Node::Time => Some(Typed::Number(Num::Time)),
            Node::Unary(op, operand) => match (op, self.lower(operand)?) {
                (UnaryOp::Not, Typed::Test(test)) => Some(Typed::Test(not(test))),
                (UnaryOp::Minus, operand) => map(operand, |x| Num::Map(|x| -x, Box::new(x))),
                (UnaryOp::Plus, operand @ (Typed::Number(_) | Typed::Vector(_))) => Some(operand),
                _ => None,
            },
            Node::And(terms) => Some(Typed::Test(Test::And(self.tests(terms)?))),
            Node::Or(terms) => Some(Typed::Test(Test::Or(self.tests(terms)?))),
            Node::Chain(first, rest) => {
                let mut value = self.lower(first)?;
                for (op, operand) in rest {
                    let operand = self.lower(operand)?;
                    value = self.binary(*op, value, operand)?;
                }
                Some(value)
            }
            Node::Conditional(arms, otherwise) => {
                let mut value = self.lower(otherwise)?;
                for (test, arm) in arms.iter().rev() {
                    let Typed::Test(test) = self.lower(test)? else { return None };
                    let arm = self.lower(arm)?;
                    value = self.select(test, arm, value)?;
                }
                Some(value)
            }
            Node::Member(object, name) => {
                let component = match name.as_str() {
                    "x" | "r" => 0,
                    "y" | "g" => 1,
                    "z" | "b" => 2,
                    "w" | "a" => 3,
                    _ => return None,
                };
                self.component(object, component)
            }
            Node::Index(object, index) => match index.as_ref() {
                Node::Constant(Value::Number(x)) if *x >= 0.0 && x.fract() == 0.0 && *x < 4.0 => {
                    self.component(object, *x as usize)
                }
                _ => None,
            },
            Node::Call(builtin, arguments) => self.call(builtin, arguments),
            Node::Template(_) | Node::Array(_) | Node::Method(..) => None,
        }
    }

    fn property(&self, index: usize) -> Option<Typed> {
        let column = self.columns.get(index)?;
        match column.data() {
            Data::Numbers(_) => Some(Typed::Number(Num::Column(index))),
            Data::Bools(_) => Some(Typed::Test(Test::Column(index))),
            Data::Vectors(all) => {
                let size = all.first()?.as_slice().len();
                let same = all.iter().all(|v| v.as_slice().len() == size);
                same.then(|| Typed::Vector((0..size).map(|c| Num::Component(index, c)).collect()))
            }
            Data::Texts(..) => Some(Typed::Text(index)),
            Data::Blank(_) if column.is_absent() => Some(Typed::Known(Value::Undefined)),
            Data::Blank(_) | Data::Values(_) => None,
        }
    }

    fn component(&mut self, object: &Node, component: usize) -> Option<Typed> {
        let Typed::Vector(mut components) = self.lower(object)? else { return None };
        (component < components.len()).then(|| Typed::Number(components.swap_remove(component)))
    }

    fn tests(&mut self, nodes: &[Node]) -> Option<Vec<Test>> {
        let test = |node| match self.lower(node)? {
            Typed::Test(test) => Some(test),
            _ => None,
        };
        nodes.iter().map(test).collect()
    }

    /// A copy, as long as there are not too many.
    pub(super) fn copy(&mut self, num: &Num) -> Option<Num> {
        self.left = self.left.checked_sub(num.size())?;
        Some(num.clone())
    }

    /// One number for each component.
    pub(super) fn spread(&mut self, num: &Num, size: usize) -> Option<Vec<Num>> {
        (0..size).map(|_| self.copy(num)).collect()
    }

    fn select(&mut self, test: Test, yes: Typed, no: Typed) -> Option<Typed> {
        let choose = |test, yes, no| Num::Select(Box::new(test), Box::new(yes), Box::new(no));
        Some(match (yes, no) {
            (Typed::Number(yes), Typed::Number(no)) => Typed::Number(choose(test, yes, no)),
            (Typed::Test(yes), Typed::Test(no)) => {
                Typed::Test(Test::Select(Box::new(test), Box::new(yes), Box::new(no)))
            }
            (Typed::Vector(yes), Typed::Vector(no)) if yes.len() == no.len() => {
                self.left = self.left.checked_sub(test.size() * yes.len())?;
                Typed::Vector(yes.into_iter().zip(no).map(|(yes, no)| choose(test.clone(), yes, no)).collect())
            }
            _ => return None,
        })
    }

    pub(super) fn binary(&mut self, op: BinaryOp, a: Typed, b: Typed) -> Option<Typed> {
        let comparison = match op {
            BinaryOp::Equal => return self.equal(a, b).map(Typed::Test),
            BinaryOp::NotEqual => return self.equal(a, b).map(not).map(Typed::Test),
            BinaryOp::Less => Some(Comparison::Less),
            BinaryOp::LessEqual => Some(Comparison::LessEqual),
            BinaryOp::Greater => Some(Comparison::Greater),
            BinaryOp::GreaterEqual => Some(Comparison::GreaterEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let (Typed::Number(a), Typed::Number(b)) = (a, b) else { return None };
            return Some(Typed::Test(Test::Compare(comparison, a, b)));
        }
        let op = match op {
            BinaryOp::Add => Arithmetic::Add,
            BinaryOp::Subtract => Arithmetic::Subtract,
            BinaryOp::Multiply => Arithmetic::Multiply,
            BinaryOp::Divide => Arithmetic::Divide,
            BinaryOp::Remainder => Arithmetic::Remainder,
            _ => return None,
        };
        let join = |a, b| Num::Arithmetic(op, Box::new(a), Box::new(b));
        let (a, b) = match (a, b) {
            (Typed::Number(a), Typed::Number(b)) => return Some(Typed::Number(join(a, b))),
            (Typed::Vector(a), Typed::Vector(b)) if a.len() == b.len() => (a, b),
            (Typed::Vector(a), Typed::Number(b)) if matches!(op, Arithmetic::Multiply | Arithmetic::Divide) => {
                let b = self.spread(&b, a.len())?;
                (a, b)
            }
            (Typed::Number(a), Typed::Vector(b)) if matches!(op, Arithmetic::Multiply) => {
                (self.spread(&a, b.len())?, b)
            }
            _ => return None,
        };
        Some(Typed::Vector(a.into_iter().zip(b).map(|(a, b)| join(a, b)).collect()))
    }

    /// `===`: values of different types are never equal.
    fn equal(&mut self, a: Typed, b: Typed) -> Option<Test> {
        Some(match (a, b) {
            (Typed::Number(a), Typed::Number(b)) => Test::Compare(Comparison::Equal, a, b),
            (Typed::Test(a), Typed::Test(b)) => Test::Same(Box::new(a), Box::new(b)),
            (Typed::Vector(a), Typed::Vector(b)) if a.len() == b.len() => {
                Test::And(a.into_iter().zip(b).map(|(a, b)| Test::Compare(Comparison::Equal, a, b)).collect())
            }
            (Typed::Known(a), Typed::Known(b)) => Test::Constant(a.strictly_equals(&b)),
            (Typed::Text(a), Typed::Text(b)) => {
                if a != b {
                    return None;
                }
                Test::Constant(true)
            }
            (Typed::Text(column), Typed::Known(Value::String(text)))
            | (Typed::Known(Value::String(text)), Typed::Text(column)) => {
                let Data::Texts(_, texts) = self.columns.get(column)?.data() else { return None };
                let numbers =
                    self.texts.entry(column).or_insert_with(|| (0..).zip(texts).map(|(n, t)| (&**t, n)).collect());
                numbers.get(&*text).map_or(Test::Constant(false), |number| Test::Text(column, *number))
            }
            _ => Test::Constant(false),
        })
    }

    /// An expression of one column of texts: its value for each different text.
    fn lookup(&mut self, node: &Node, column: usize, texts: &[Arc<str>]) -> Option<Typed> {
        let mut values = Vec::new();
        for text in texts {
            self.lookups = self.lookups.checked_sub(1)?;
            let value = node.evaluate(&TextRow(Value::String(Arc::clone(text)), &self.patterns)).ok()?;
            if !matches!(value, Value::Bool(_) | Value::Number(_) | Value::Vector(_)) {
                return None;
            }
            values.push(value);
        }
        match values.first()? {
            Value::Bool(_) => {
                let all = values.iter().map(|v| if let Value::Bool(b) = v { Some(*b) } else { None });
                Some(Typed::Test(Test::Lookup(column, all.collect::<Option<_>>()?)))
            }
            Value::Number(_) => {
                let all = values.iter().map(|v| if let Value::Number(x) = v { Some(*x) } else { None });
                Some(Typed::Number(Num::Lookup(column, all.collect::<Option<_>>()?)))
            }
            Value::Vector(first) => {
                let size = first.as_slice().len();
                let component = |at: usize| {
                    let all = values.iter().map(|v| match v {
                        Value::Vector(v) if v.as_slice().len() == size => v.as_slice().get(at).copied(),
                        _ => None,
                    });
                    Some(Num::Lookup(column, all.collect::<Option<_>>()?))
                };
                Some(Typed::Vector((0..size).map(component).collect::<Option<_>>()?))
            }
            _ => None,
        }
    }
}

/// A row whose only property that matters is a text.
struct TextRow<'p>(Value, &'p RefCell<Patterns>);

impl Row for TextRow<'_> {
    fn property(&self, _: usize) -> Value {
        self.0.clone()
    }

    fn time(&self) -> f64 {
        0.0
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn regexp(&self, pattern: &str, flags: &str) -> Result<Arc<RegExp>, String> {
        self.1.borrow_mut().get(pattern, flags)
    }
}

fn known(value: &Value) -> Typed {
    match value {
        Value::Number(x) => Typed::Number(Num::Constant(*x)),
        Value::Bool(b) => Typed::Test(Test::Constant(*b)),
        Value::Vector(v) => Typed::Vector(v.as_slice().iter().map(|x| Num::Constant(*x)).collect()),
        other => Typed::Known(other.clone()),
    }
}

pub(super) fn map(operand: Typed, f: impl Fn(Num) -> Num) -> Option<Typed> {
    match operand {
        Typed::Number(x) => Some(Typed::Number(f(x))),
        Typed::Vector(v) => Some(Typed::Vector(v.into_iter().map(f).collect())),
        Typed::Test(_) | Typed::Text(_) | Typed::Known(_) => None,
    }
}

fn not(test: Test) -> Test {
    match test {
        Test::Constant(b) => Test::Constant(!b),
        test => Test::Not(Box::new(test)),
    }
}

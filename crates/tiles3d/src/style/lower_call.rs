//! Lowering of the built-in functions.

use super::ast::BinaryOp;
use super::builtins::{Builtin, Function};
use super::color;
use super::lower::{Lowering, Typed, map};
use super::node::Node;
use super::numeric::{Arithmetic, Num, Test};
use super::value::Value;

impl Lowering<'_> {
    /// A call of a function, where its arguments have one type each.
    pub(super) fn call(&mut self, builtin: &Builtin, nodes: &[Node]) -> Option<Typed> {
        if let (Function::Color, [Node::Constant(Value::String(text)), alpha]) = (builtin.function, nodes) {
            let Typed::Number(alpha) = self.lower(alpha)? else { return None };
            let [r, g, b, _] = color::parse(text)?.map(Num::Constant);
            return Some(Typed::Vector(vec![r, g, b, alpha]));
        }
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.lower(node)?);
        }
        let mut arguments = arguments.into_iter();
        match (builtin.function, arguments.next()?, arguments.next(), arguments.next()) {
            (Function::Map(f), x, None, None) => map(x, |x| Num::Map(f, Box::new(x))),
            (Function::Map2 { f, scalar }, a, Some(b), None) => {
                let join = |a, b| Num::Map2(f, Box::new(a), Box::new(b));
                let (a, b) = match (a, b) {
                    (Typed::Number(a), Typed::Number(b)) => return Some(Typed::Number(join(a, b))),
                    (Typed::Vector(a), Typed::Vector(b)) if a.len() == b.len() => (a, b),
                    (Typed::Vector(a), Typed::Number(b)) if scalar => {
                        let b = self.spread(&b, a.len())?;
                        (a, b)
                    }
                    _ => return None,
                };
                Some(Typed::Vector(a.into_iter().zip(b).map(|(a, b)| join(a, b)).collect()))
            }
            (Function::Map3(f), a, Some(b), Some(c)) => {
                let join = |a, b, c| Num::Map3(f, Box::new([a, b, c]));
                let (a, b, c) = match (a, b, c) {
                    (Typed::Number(a), Typed::Number(b), Typed::Number(c)) => {
                        return Some(Typed::Number(join(a, b, c)));
                    }
                    (Typed::Vector(a), Typed::Vector(b), Typed::Vector(c)) => (a, b, c),
                    (Typed::Vector(a), Typed::Vector(b), Typed::Number(c)) => {
                        let c = self.spread(&c, a.len())?;
                        (a, b, c)
                    }
                    _ => return None,
                };
                let same = a.len() == b.len() && a.len() == c.len();
                same.then(|| Typed::Vector(a.into_iter().zip(b).zip(c).map(|((a, b), c)| join(a, b, c)).collect()))
            }
            (Function::Length, x, None, None) => match x {
                Typed::Number(x) => Some(Typed::Number(Num::Map(f64::abs, Box::new(x)))),
                Typed::Vector(v) => Some(Typed::Number(self.length(v)?)),
                _ => None,
            },
            (Function::Distance, a, Some(b), None) => match self.binary(BinaryOp::Subtract, a, b)? {
                Typed::Number(x) => Some(Typed::Number(Num::Map(f64::abs, Box::new(x)))),
                Typed::Vector(v) => Some(Typed::Number(self.length(v)?)),
                _ => None,
            },
            (Function::Dot, a, Some(b), None) => match (&a, &b) {
                (Typed::Vector(_), Typed::Number(_)) | (Typed::Number(_), Typed::Vector(_)) => None,
                _ => match self.binary(BinaryOp::Multiply, a, b)? {
                    Typed::Vector(products) => Some(Typed::Number(sum(products)?)),
                    other => Some(other),
                },
            },
            (Function::Rgb, r, Some(g), Some(b)) => {
                let component = |x| match x {
                    Typed::Number(x) => {
                        Some(Num::Arithmetic(Arithmetic::Divide, Box::new(x), Box::new(Num::Constant(255.0))))
                    }
                    _ => None,
                };
                let alpha = match arguments.next() {
                    None => Num::Constant(1.0),
                    Some(Typed::Number(alpha)) => alpha,
                    Some(_) => return None,
                };
                Some(Typed::Vector(vec![component(r)?, component(g)?, component(b)?, alpha]))
            }
            (Function::Vector(size), a, b, c) => {
                let all: Vec<Typed> = [Some(a), b, c, arguments.next()].into_iter().flatten().collect();
                self.construct(usize::from(size), all)
            }
            (Function::IsNan, Typed::Number(x), None, None) => Some(Typed::Test(Test::IsNan(x))),
            (Function::IsFinite, Typed::Number(x), None, None) => Some(Typed::Test(Test::IsFinite(x))),
            (Function::Number, x @ Typed::Number(_), None, None) => Some(x),
            (Function::Boolean, x @ Typed::Test(_), None, None) => Some(x),
            _ => None,
        }
    }

    fn length(&mut self, v: Vec<Num>) -> Option<Num> {
        let mut squares = Vec::with_capacity(v.len());
        for x in v {
            let copy = self.copy(&x)?;
            squares.push(Num::Arithmetic(Arithmetic::Multiply, Box::new(x), Box::new(copy)));
        }
        Some(Num::Map(f64::sqrt, Box::new(sum(squares)?)))
    }

    fn construct(&mut self, size: usize, arguments: Vec<Typed>) -> Option<Typed> {
        let single = arguments.len() == 1;
        let mut components = Vec::with_capacity(size);
        for argument in arguments {
            match argument {
                Typed::Number(x) => components.push(x),
                Typed::Vector(v) => components.extend(v),
                Typed::Test(_) | Typed::Text(_) | Typed::Known(_) => return None,
            }
        }
        if let [only] = components.as_slice() {
            components = self.spread(only, size)?;
        } else if single {
            components.truncate(size);
        }
        (components.len() == size).then_some(Typed::Vector(components))
    }
}

fn sum(terms: Vec<Num>) -> Option<Num> {
    terms.into_iter().reduce(|a, b| Num::Arithmetic(Arithmetic::Add, Box::new(a), Box::new(b)))
}

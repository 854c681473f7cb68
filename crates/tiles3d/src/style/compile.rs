//! From [`Expr`] to [`Node`]: numbers the properties, puts the defines in, works constants out.

use super::StyleErrorKind as Kind;
use super::ast::{BinaryOp, Expr};
use super::builtins::Function;
use super::error::Fault;
use super::limits::{MAX_EXPANDED_DEPTH, MAX_NODES};
use super::node::{Node, Part, Row};
use super::variable::{Piece, Step, Variable};
use super::{RegExp, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The name of the variable that is the time since the tileset was loaded.
const TIME: &str = "tiles3d_tileset_time";

/// Compiles the expressions of one style.
pub(super) struct Compiler<'d> {
    defines: &'d BTreeMap<String, Expr>,
    /// Names of the properties, in the order of their numbers.
    pub(super) properties: Vec<String>,
    numbers: HashMap<String, usize>,
    /// Nodes that may still be made.
    left: usize,
    /// Defines that are being put in, outermost first.
    open: Vec<String>,
}

/// A row for expressions that need none.
struct NoRow;

impl Row for NoRow {
    fn property(&self, _: usize) -> Value {
        Value::Undefined
    }

    fn time(&self) -> f64 {
        0.0
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn regexp(&self, pattern: &str, flags: &str) -> Result<Arc<RegExp>, String> {
        RegExp::written(pattern, flags)
    }
}

impl<'d> Compiler<'d> {
    pub(super) fn new(defines: &'d BTreeMap<String, Expr>) -> Self {
        Self { defines, properties: Vec::new(), numbers: HashMap::new(), left: MAX_NODES, open: Vec::new() }
    }

    pub(super) fn compile(&mut self, expr: &Expr) -> Result<Node, Fault> {
        self.open.clear();
        self.node(expr, 0)
    }

    /// Compiles a define as such, so that what is wrong with it is reported once and in its own place.
    pub(super) fn check_define(&mut self, name: &str, expr: &Expr) -> Result<(), Fault> {
        self.open = vec![name.to_owned()];
        self.node(expr, 0).map(drop)
    }

    fn node(&mut self, expr: &Expr, depth: usize) -> Result<Node, Fault> {
        let Some(left) = self.left.checked_sub(1) else {
            let message = format!("with its defines put in, the style has more than {MAX_NODES} parts");
            return Err(Fault::new(Kind::TooLarge, 0, message));
        };
        self.left = left;
        if depth > MAX_EXPANDED_DEPTH {
            let message =
                format!("with its defines put in, the expression is nested deeper than {MAX_EXPANDED_DEPTH} levels");
            return Err(Fault::new(Kind::TooDeep, 0, message));
        }
        let depth = depth + 1;
        let node = match expr {
            Expr::Literal(value) => return Ok(Node::Constant(value.clone())),
            Expr::Variable(variable, at) => return self.variable(variable, *at, depth),
            Expr::Template(pieces) => return self.template(pieces, depth),
            Expr::Array(items) => Node::Array(self.nodes(items, depth)?),
            Expr::Unary(op, operand) => Node::Unary(*op, Box::new(self.node(operand, depth)?)),
            Expr::Chain(first, rest) => return self.chain(first, rest, depth),
            Expr::Conditional(arms, otherwise) => return self.conditional(arms, otherwise, depth),
            Expr::Member(object, name) => Node::Member(Box::new(self.node(object, depth)?), name.clone()),
            Expr::Index(object, index) => {
                Node::Index(Box::new(self.node(object, depth)?), Box::new(self.node(index, depth)?))
            }
            Expr::Call(builtin, arguments, at) => {
                let node = Node::Call(builtin, self.nodes(arguments, depth)?);
                let strict = match builtin.function {
                    Function::Color => Some(Kind::Color),
                    Function::RegExp => Some(Kind::RegExp),
                    _ => None,
                };
                // A colour or pattern that is written out and wrong is a mistake in the style, not in a feature.
                return match (constant(&node), strict) {
                    (Some(Ok(value)), _) => Ok(Node::Constant(value)),
                    (Some(Err(error)), Some(kind)) => Err(Fault::new(kind, *at, error.to_string())),
                    _ => Ok(node),
                };
            }
            Expr::Method(method, object, argument) => {
                let object = Box::new(self.node(object, depth)?);
                let argument = argument.as_ref().map(|a| self.node(a, depth)).transpose()?.map(Box::new);
                Node::Method(*method, object, argument)
            }
        };
        Ok(fold(node))
    }

    fn nodes(&mut self, exprs: &[Expr], depth: usize) -> Result<Vec<Node>, Fault> {
        exprs.iter().map(|e| self.node(e, depth)).collect()
    }

    fn property(&mut self, name: &str) -> Node {
        let next = self.properties.len();
        let number = *self.numbers.entry(name.to_owned()).or_insert(next);
        if number == next {
            self.properties.push(name.to_owned());
        }
        Node::Property(number)
    }

    fn variable(&mut self, variable: &Variable, at: usize, depth: usize) -> Result<Node, Fault> {
        if depth + variable.path.len() > MAX_EXPANDED_DEPTH {
            return Err(Fault::new(Kind::TooDeep, at, "the variable is nested too deep"));
        }
        let name = variable.name.as_str();
        let own = self.open.last().is_some_and(|open| open == name);
        let mut node = match self.defines.get(name) {
            // A define that names itself means the feature's property of that name.
            Some(define) if !variable.qualified && !own => {
                if self.open.iter().any(|open| open == name) {
                    let circle = [self.open.as_slice(), &[name.to_owned()]].concat().join(" → ");
                    return Err(Fault::new(Kind::DefineCycle, at, format!("the defines go in a circle: {circle}")));
                }
                self.open.push(name.to_owned());
                let node = self.node(define, depth).map_err(|fault| Fault { offset: at, ..fault })?;
                self.open.pop();
                node
            }
            _ if name == TIME && !variable.qualified => Node::Time,
            _ => self.property(name),
        };
        for step in &variable.path {
            node = fold(match step {
                Step::Name(name) => Node::Member(Box::new(node), name.clone()),
                Step::Index(index) => {
                    Node::Index(Box::new(node), Box::new(Node::Constant(Value::Number(f64::from(*index)))))
                }
            });
        }
        Ok(node)
    }

    fn template(&mut self, pieces: &[Piece], depth: usize) -> Result<Node, Fault> {
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            parts.push(match piece {
                Piece::Text(text) => Part::Text(Value::text(text)),
                Piece::Variable(variable, whole) => {
                    let node = self.variable(variable, 0, depth)?;
                    let whole = (!variable.path.is_empty()).then(|| self.property(whole));
                    Part::Variable(node, whole)
                }
            });
        }
        Ok(fold(Node::Template(parts)))
    }

    fn chain(&mut self, first: &Expr, rest: &[(BinaryOp, Expr)], depth: usize) -> Result<Node, Fault> {
        let first = self.node(first, depth)?;
        let mut terms = Vec::with_capacity(rest.len());
        for (op, operand) in rest {
            terms.push((*op, self.node(operand, depth)?));
        }
        let stop = match terms.first() {
            Some((BinaryOp::Or, _)) => true,
            Some((BinaryOp::And, _)) => false,
            _ => return Ok(fold_chain(first, terms)),
        };
        let mut kept = Vec::with_capacity(terms.len() + 1);
        for term in [first].into_iter().chain(terms.into_iter().map(|(_, term)| term)) {
            match term {
                Node::Constant(Value::Bool(b)) if b != stop => {}
                Node::Constant(Value::Bool(_)) => {
                    // Nothing after it is ever looked at.
                    kept.push(term);
                    break;
                }
                term => kept.push(term),
            }
        }
        if let [] | [Node::Constant(Value::Bool(_))] = kept.as_slice() {
            return Ok(Node::Constant(Value::Bool(if kept.is_empty() { !stop } else { stop })));
        }
        Ok(if stop { Node::Or(kept) } else { Node::And(kept) })
    }

    fn conditional(&mut self, arms: &[(Expr, Expr)], otherwise: &Expr, depth: usize) -> Result<Node, Fault> {
        let mut kept = Vec::with_capacity(arms.len());
        for (test, value) in arms {
            let (test, value) = (self.node(test, depth)?, self.node(value, depth)?);
            match test {
                Node::Constant(Value::Bool(false)) => {}
                Node::Constant(Value::Bool(true)) if kept.is_empty() => return Ok(value),
                Node::Constant(Value::Bool(true)) => return Ok(Node::Conditional(kept, Box::new(value))),
                test => kept.push((test, value)),
            }
        }
        let otherwise = self.node(otherwise, depth)?;
        Ok(if kept.is_empty() { otherwise } else { Node::Conditional(kept, Box::new(otherwise)) })
    }
}

/// Works out the start of a chain that is constant.
fn fold_chain(first: Node, rest: Vec<(BinaryOp, Node)>) -> Node {
    let mut rest = rest.into_iter().peekable();
    let mut first = first;
    while let (Node::Constant(left), Some((op, Node::Constant(right)))) = (&first, rest.peek()) {
        let Ok(value) = super::operators::binary(*op, left, right) else { break };
        first = Node::Constant(value);
        rest.next();
    }
    let rest: Vec<_> = rest.collect();
    if rest.is_empty() { first } else { Node::Chain(Box::new(first), rest) }
}

/// The value of a node whose parts are all constant.
fn constant(node: &Node) -> Option<Result<Value, super::EvaluationError>> {
    let is_constant = |node: &Node| matches!(node, Node::Constant(_));
    let all = match node {
        Node::Array(nodes) => nodes.iter().all(is_constant),
        Node::Call(builtin, nodes) => !builtin.asks_classes() && nodes.iter().all(is_constant),
        Node::Unary(_, node) | Node::Member(node, _) => is_constant(node),
        Node::Index(object, index) => is_constant(object) && is_constant(index),
        Node::Method(_, object, argument) => is_constant(object) && argument.iter().all(|a| is_constant(a)),
        Node::Template(parts) => parts.iter().all(|part| match part {
            Part::Text(_) => true,
            Part::Variable(node, whole) => is_constant(node) && whole.is_none(),
        }),
        _ => false,
    };
    all.then(|| node.evaluate(&NoRow))
}

/// Replaces a node by its value where that is known. What would be an error stays, for it may never be looked at.
fn fold(node: Node) -> Node {
    match constant(&node) {
        Some(Ok(value)) => Node::Constant(value),
        _ => node,
    }
}

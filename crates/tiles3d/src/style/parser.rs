//! From text to [`Expr`]: the grammar that the specification's section "Expressions" takes from JavaScript.

use super::StyleErrorKind as Kind;
use super::Value;
use super::ast::{BinaryOp, Expr, Method};
use super::builtins;
use super::error::Fault;
use super::lexer::{self, Token};
use super::limits::{MAX_DEPTH, MAX_EXPRESSION_BYTES};
use super::variable::{Piece, pieces};

/// Parses exactly one expression.
pub(super) fn parse(source: &str) -> Result<Expr, Fault> {
    if source.len() > MAX_EXPRESSION_BYTES {
        let message = format!("the expression is longer than {MAX_EXPRESSION_BYTES} bytes");
        return Err(Fault::new(Kind::TooLarge, 0, message));
    }
    let mut parser = Parser { source, token: Token::End, start: 0, end: 0, depth: 0 };
    parser.advance()?;
    if parser.token == Token::End {
        return Err(Fault::new(Kind::Empty, 0, "the expression is empty"));
    }
    let expr = parser.conditional()?;
    match parser.token {
        Token::End => Ok(expr),
        Token::Close => Err(parser.unexpected("a `(` before it, or nothing")),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'s> {
    source: &'s str,
    /// The token that is looked at, its first byte, and the byte after it.
    token: Token,
    start: usize,
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token, Fault> {
        let (token, start, end) = lexer::next(self.source, self.end)?;
        (self.start, self.end) = (start, end);
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let message = format!("found {} where {wanted} is needed", self.token.describe());
        Fault::new(Kind::Unexpected, self.start, message)
    }

    fn expect(&mut self, token: &Token) -> Result<(), Fault> {
        if self.token == *token {
            self.advance()?;
            return Ok(());
        }
        Err(self.unexpected(&token.describe()))
    }

    fn enter(&mut self, levels: usize) -> Result<(), Fault> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            let message = format!("the expression is nested deeper than {MAX_DEPTH} levels");
            return Err(Fault::new(Kind::TooDeep, self.start, message));
        }
        Ok(())
    }

    /// `a ? b : c ? d : e`; what follows a `:` is read in the same loop.
    fn conditional(&mut self) -> Result<Expr, Fault> {
        self.enter(1)?;
        let mut arms = Vec::new();
        let last = loop {
            let expr = self.binary()?;
            if self.token != Token::Question {
                break expr;
            }
            self.advance()?;
            let value = self.conditional()?;
            self.expect(&Token::Colon)?;
            arms.push((expr, value));
        };
        self.depth -= 1;
        Ok(if arms.is_empty() { last } else { Expr::Conditional(arms, Box::new(last)) })
    }

    /// Binary operators, by their precedence and from left to right.
    fn binary(&mut self) -> Result<Expr, Fault> {
        let mut operands = vec![self.unary()?];
        let mut operators: Vec<BinaryOp> = Vec::new();
        while let Token::Operator(op) = self.token {
            self.advance()?;
            while operators.last().is_some_and(|before| before.level() >= op.level()) {
                reduce(&mut operands, &mut operators);
            }
            operators.push(op);
            operands.push(self.unary()?);
        }
        while !operators.is_empty() {
            reduce(&mut operands, &mut operators);
        }
        operands.pop().ok_or_else(|| self.unexpected("a value"))
    }

    fn unary(&mut self) -> Result<Expr, Fault> {
        let mut signs = Vec::new();
        while let Some(op) = self.token.unary() {
            self.enter(1)?;
            signs.push(op);
            self.advance()?;
        }
        let mut expr = self.postfix()?;
        self.depth -= signs.len();
        for op in signs.into_iter().rev() {
            expr = Expr::Unary(op, Box::new(expr));
        }
        Ok(expr)
    }

    fn postfix(&mut self) -> Result<Expr, Fault> {
        let mut expr = self.primary()?;
        let mut levels = 0;
        loop {
            match self.token {
                Token::Dot => {
                    self.advance()?;
                    let at = self.start;
                    let Token::Word(name) = self.advance()? else {
                        return Err(Fault::new(Kind::Unexpected, at, "a name must follow the `.`"));
                    };
                    expr = if self.token == Token::Open { self.method(expr, &name, at)? } else { member(expr, name) };
                }
                Token::OpenBracket => {
                    self.advance()?;
                    let index = self.conditional()?;
                    self.expect(&Token::CloseBracket)?;
                    expr = self.index(expr, index)?;
                }
                Token::Open => return Err(self.unexpected("an operator or the end")),
                _ => break,
            }
            levels += 1;
            self.enter(1)?;
        }
        self.depth -= levels;
        Ok(expr)
    }

    /// `expr[index]`; on the word `feature` in a variable the index is a property's name.
    fn index(&self, expr: Expr, index: Expr) -> Result<Expr, Fault> {
        if !is_feature(&expr) {
            return Ok(Expr::Index(Box::new(expr), Box::new(index)));
        }
        match index {
            Expr::Literal(Value::String(name)) => Ok(member(expr, name.to_string())),
            _ => {
                Err(Fault::new(Kind::Variable, self.start, "the name of a property in brackets must be a plain string"))
            }
        }
    }

    fn method(&mut self, object: Expr, name: &str, at: usize) -> Result<Expr, Fault> {
        let mut arguments = self.arguments()?;
        let (method, most) = match name {
            "test" => (Method::Test, 1),
            "exec" => (Method::Exec, 1),
            "toString" => (Method::ToText, 0),
            _ => {
                let message = format!("there is no method `{name}`; there are test, exec and toString");
                return Err(Fault::new(Kind::UnknownMethod, at, message));
            }
        };
        if arguments.len() > most {
            let message = format!("`{name}` takes at most {most} arguments, not {}", arguments.len());
            return Err(Fault::new(Kind::Arguments, at, message));
        }
        Ok(Expr::Method(method, Box::new(object), arguments.pop().map(Box::new)))
    }

    /// Arguments with their parentheses.
    fn arguments(&mut self) -> Result<Vec<Expr>, Fault> {
        self.expect(&Token::Open)?;
        self.list(&Token::Close)
    }

    /// Expressions with commas between them, up to and with the closing symbol.
    fn list(&mut self, close: &Token) -> Result<Vec<Expr>, Fault> {
        let mut items = Vec::new();
        if self.token == *close {
            self.advance()?;
            return Ok(items);
        }
        loop {
            items.push(self.conditional()?);
            if self.token != Token::Comma {
                break;
            }
            self.advance()?;
            // As in JavaScript an array may end with a comma.
            if self.token == *close && *close == Token::CloseBracket {
                break;
            }
        }
        self.expect(close)?;
        Ok(items)
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let at = self.start;
        if matches!(
            self.token,
            Token::End
                | Token::Close
                | Token::CloseBracket
                | Token::Comma
                | Token::Dot
                | Token::Question
                | Token::Colon
        ) {
            return Err(self.unexpected("a value"));
        }
        match self.advance()? {
            Token::Number(x) => Ok(Expr::Literal(Value::Number(x))),
            Token::String(text) => Ok(string(text)),
            Token::Variable(variable) => Ok(Expr::Variable(variable, at)),
            Token::Open => {
                let expr = self.conditional()?;
                self.expect(&Token::Close)?;
                Ok(expr)
            }
            Token::OpenBracket => Ok(Expr::Array(self.list(&Token::CloseBracket)?)),
            Token::Word(word) => self.word(&word, at),
            other => {
                let message = format!("found {} where a value is needed", other.describe());
                Err(Fault::new(Kind::Unexpected, at, message))
            }
        }
    }

    fn word(&mut self, word: &str, at: usize) -> Result<Expr, Fault> {
        if self.token == Token::Open {
            return self.call(word, at);
        }
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            "undefined" => Value::Undefined,
            "NaN" => Value::Number(f64::NAN),
            "Infinity" => Value::Number(f64::INFINITY),
            "Math" | "Number" if self.token == Token::Dot => {
                self.advance()?;
                let Token::Word(name) = self.advance()? else {
                    return Err(Fault::new(Kind::Unexpected, at, "a name must follow the `.`"));
                };
                Value::Number(match (word, name.as_str()) {
                    ("Math", "PI") => std::f64::consts::PI,
                    ("Math", "E") => std::f64::consts::E,
                    ("Number", "POSITIVE_INFINITY") => f64::INFINITY,
                    ("Number", "NEGATIVE_INFINITY") => f64::NEG_INFINITY,
                    _ => {
                        let message = format!("there is no constant `{word}.{name}`; there are Math.PI and Math.E");
                        return Err(Fault::new(Kind::UnknownName, at, message));
                    }
                })
            }
            _ if builtins::find(word).is_some() => {
                return Err(Fault::new(Kind::UnknownName, at, format!("the function `{word}` needs its parentheses")));
            }
            _ => {
                let message = format!("`{word}` is not known; write ${{{word}}} for a property, '{word}' for a text");
                return Err(Fault::new(Kind::UnknownName, at, message));
            }
        };
        Ok(Expr::Literal(value))
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Expr, Fault> {
        let Some(builtin) = builtins::find(name) else {
            return Err(Fault::new(Kind::UnknownFunction, at, format!("there is no function `{name}`")));
        };
        let arguments = self.arguments()?;
        let (least, most) = builtin.arity;
        let given = arguments.len();
        if given < usize::from(least) || given > usize::from(most) {
            let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("`{name}` takes {takes} arguments, not {given}");
            return Err(Fault::new(Kind::Arguments, at, message));
        }
        Ok(Expr::Call(builtin, arguments, at))
    }
}

/// Joins the last two operands by the last operator, into the chain of the left one where it has the same precedence.
fn reduce(operands: &mut Vec<Expr>, operators: &mut Vec<BinaryOp>) {
    let (Some(op), Some(right), Some(left)) = (operators.pop(), operands.pop(), operands.pop()) else { return };
    operands.push(match left {
        Expr::Chain(first, mut rest) if rest.first().is_some_and(|(before, _)| before.level() == op.level()) => {
            rest.push((op, right));
            Expr::Chain(first, rest)
        }
        left => Expr::Chain(Box::new(left), vec![(op, right)]),
    });
}

fn is_feature(expr: &Expr) -> bool {
    matches!(expr, Expr::Variable(v, _) if v.name == "feature" && !v.qualified && v.path.is_empty())
}

/// `expr.name`; `${feature}.name` is `${feature.name}`.
fn member(expr: Expr, name: String) -> Expr {
    match expr {
        Expr::Variable(mut variable, at)
            if variable.name == "feature" && !variable.qualified && variable.path.is_empty() =>
        {
            variable.name = name;
            variable.qualified = true;
            Expr::Variable(variable, at)
        }
        expr => Expr::Member(Box::new(expr), name),
    }
}

fn string(text: String) -> Expr {
    if text.contains("${") {
        let pieces = pieces(&text);
        if pieces.iter().any(|piece| matches!(piece, Piece::Variable(..))) {
            return Expr::Template(pieces);
        }
    }
    Expr::Literal(Value::String(text.into()))
}

//! Tokens to an expression, by recursive descent over the grammar of XPath 1.0. Depth is bounded, so
//! that a hostile workbook cannot exhaust the stack.

use super::ast::{Arith, Axis, Compare, Expr, Start, Step, Test};
use super::lex::{Token, lex};

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", at + 1)]
pub struct ParseError {
    /// Index of the character, from 0.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// Nesting that is accepted; real forms stay below 30.
const MAX_DEPTH: usize = 100;
/// Characters that are accepted; real forms stay below 5,000.
const MAX_LEN: usize = 64_000;

/// Parses an expression. `${name}` becomes [`Expr::Reference`].
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > MAX_LEN {
        return Err(ParseError { at: 0, message: "the expression is too long".into() });
    }
    let tokens = lex(text)?;
    if tokens.is_empty() {
        return Err(ParseError { at: 0, message: "the expression is empty".into() });
    }
    let mut parser = Parser { tokens, next: 0, depth: 0, end: text.chars().count() };
    let expr = parser.or()?;
    if parser.next < parser.tokens.len() {
        return Err(parser.unexpected());
    }
    Ok(expr)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(ParseError { at: self.at(), message: message.into() })
    }

    fn unexpected(&self) -> ParseError {
        let message = match self.peek() {
            None => "the expression stops too early".to_owned(),
            Some(Token::Number(n)) => format!("the number {n} is not expected here"),
            Some(Token::Literal(s)) => format!("the text '{s}' is not expected here"),
            Some(Token::Name(s)) => format!("`{s}` is not expected here"),
            Some(Token::Reference(s)) => format!("`${{{s}}}` is not expected here"),
            Some(Token::Sign(s)) => format!("`{s}` is not expected here"),
        };
        ParseError { at: self.at(), message }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) {
            return Ok(());
        }
        match self.peek() {
            None => self.fail(format!("`{sign}` is missing at the end")),
            Some(_) => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(s)) if s == word);
        self.next += usize::from(found);
        found
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("the expression is nested too deeply");
        }
        let mut left = self.and()?;
        while self.word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.equality()?;
        while self.word("and") {
            left = Expr::And(Box::new(left), Box::new(self.equality()?));
        }
        Ok(left)
    }

    fn equality(&mut self) -> Parsed<Expr> {
        let mut left = self.relation()?;
        loop {
            let op = if self.sign("=") {
                Compare::Eq
            } else if self.sign("!=") {
                Compare::Ne
            } else {
                return Ok(left);
            };
            left = Expr::Compare(op, Box::new(left), Box::new(self.relation()?));
        }
    }

    fn relation(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        loop {
            let op = if self.sign("<=") {
                Compare::Le
            } else if self.sign("<") {
                Compare::Lt
            } else if self.sign(">=") {
                Compare::Ge
            } else if self.sign(">") {
                Compare::Gt
            } else {
                return Ok(left);
            };
            left = Expr::Compare(op, Box::new(left), Box::new(self.sum()?));
        }
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            let op = if self.sign("+") {
                Arith::Add
            } else if self.sign("-") {
                Arith::Sub
            } else {
                return Ok(left);
            };
            left = Expr::Arith(op, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let op = if self.sign("*") {
                Arith::Mul
            } else if self.word("div") {
                Arith::Div
            } else if self.word("mod") {
                Arith::Mod
            } else {
                return Ok(left);
            };
            left = Expr::Arith(op, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let mut minus = 0;
        while self.sign("-") {
            minus += 1;
        }
        let mut expr = self.union()?;
        for _ in 0..minus.min(MAX_DEPTH) {
            expr = Expr::Negate(Box::new(expr));
        }
        Ok(expr)
    }

    fn union(&mut self) -> Parsed<Expr> {
        let mut left = self.path()?;
        while self.sign("|") {
            left = Expr::Union(Box::new(left), Box::new(self.path()?));
        }
        Ok(left)
    }

    fn path(&mut self) -> Parsed<Expr> {
        if let Some(primary) = self.primary()? {
            let predicates = self.predicates()?;
            let mut steps = Vec::new();
            if matches!(self.peek(), Some(Token::Sign("/" | "//"))) {
                self.more_steps(&mut steps)?;
            }
            if predicates.is_empty() && steps.is_empty() {
                return Ok(primary);
            }
            return Ok(Expr::Path(Start::From(Box::new(primary), predicates), steps));
        }
        let mut steps = Vec::new();
        let start = match self.peek() {
            Some(Token::Sign("/")) => {
                self.next += 1;
                if self.begins_step() {
                    steps.push(self.step()?);
                    self.more_steps(&mut steps)?;
                }
                Start::Root
            }
            Some(Token::Sign("//")) => {
                self.more_steps(&mut steps)?;
                Start::Root
            }
            _ => {
                steps.push(self.step()?);
                self.more_steps(&mut steps)?;
                Start::Context
            }
        };
        Ok(Expr::Path(start, steps))
    }

    fn more_steps(&mut self, steps: &mut Vec<Step>) -> Parsed<()> {
        loop {
            if self.sign("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() });
            } else if !self.sign("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn begins_step(&self) -> bool {
        matches!(self.peek(), Some(Token::Name(_) | Token::Sign("." | ".." | "@" | "*")))
    }

    fn primary(&mut self) -> Parsed<Option<Expr>> {
        let expr = match self.peek() {
            Some(Token::Number(n)) => Expr::Number(*n),
            Some(Token::Literal(s)) => Expr::Literal(s.clone()),
            Some(Token::Reference(s)) => Expr::Reference(s.clone()),
            Some(Token::Sign("(")) => {
                self.next += 1;
                let inner = self.or()?;
                self.need(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Name(name)) if self.peek_at(1) == Some(&Token::Sign("(")) && !is_node_type(name) => {
                let name = name.clone();
                self.next += 2;
                return Ok(Some(Expr::Call(name, self.arguments()?)));
            }
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(expr))
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut args = Vec::new();
        if self.sign(")") {
            return Ok(args);
        }
        loop {
            args.push(self.or()?);
            if self.sign(")") {
                return Ok(args);
            }
            self.need(",")?;
        }
    }

    fn predicates(&mut self) -> Parsed<Vec<Expr>> {
        let mut predicates = Vec::new();
        while self.sign("[") {
            predicates.push(self.or()?);
            self.need("]")?;
        }
        Ok(predicates)
    }

    fn step(&mut self) -> Parsed<Step> {
        for (sign, axis) in [("..", Axis::Parent), (".", Axis::SelfNode)] {
            if self.sign(sign) {
                let predicates = self.predicates()?;
                return Ok(Step { axis, test: Test::Node, predicates });
            }
        }
        let mut axis = Axis::Child;
        if self.sign("@") {
            axis = Axis::Attribute;
        } else if let (Some(Token::Name(name)), Some(Token::Sign("::"))) = (self.peek(), self.peek_at(1)) {
            let Some(known) = axis_of(name) else {
                let message = format!("`{name}::` is no axis");
                return self.fail(message);
            };
            axis = known;
            self.next += 2;
        }
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.sign("*") {
            return Ok(Test::Any);
        }
        let Some(Token::Name(name)) = self.peek() else { return Err(self.unexpected()) };
        let name = name.clone();
        self.next += 1;
        if is_node_type(&name) && self.sign("(") {
            if matches!(self.peek(), Some(Token::Literal(_))) {
                self.next += 1;
            }
            self.need(")")?;
            return Ok(match name.as_str() {
                "node" => Test::Node,
                "text" => Test::Text,
                _ => Test::Nothing,
            });
        }
        Ok(if name.ends_with(":*") { Test::Any } else { Test::Name(name) })
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn axis_of(name: &str) -> Option<Axis> {
    Some(match name {
        "child" => Axis::Child,
        "parent" => Axis::Parent,
        "self" => Axis::SelfNode,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "following-sibling" => Axis::FollowingSibling,
        "preceding-sibling" => Axis::PrecedingSibling,
        "following" => Axis::Following,
        "preceding" => Axis::Preceding,
        "attribute" => Axis::Attribute,
        "namespace" => Axis::Namespace,
        _ => return None,
    })
}

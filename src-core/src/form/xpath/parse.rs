//! From tokens to a tree.

use super::ast::{Axis, Base, Call, Expr, NodeTest, Operator, Path, Span, Step};
use super::error::{XPathError, XPathErrorKind};
use super::functions;
use super::lex::{Lexed, Token, lex};
use crate::xml::NameCache;

/// Longer than any expression that people or converters write.
const LENGTH: usize = 100_000;
/// Brackets and calls within each other.
const DEPTH: usize = 200;

pub(super) fn parse(text: &str) -> Result<Expr, XPathError> {
    if text.len() > LENGTH {
        let kind = XPathErrorKind::Limit(("the expression is too long", "算式太长。").into());
        return Err(XPathError::new(0..text.len(), kind));
    }
    let tokens = lex(text)?;
    let mut parser = Parser { tokens, next: 0, depth: 0, end: text.len() };
    let expr = parser.expr()?;
    match parser.peek() {
        Token::End => Ok(expr),
        Token::Close => Err(parser.error("this closing parenthesis has no opening one", "这个右括号前面没有左括号。")),
        _ => {
            let en = "an operator is missing before this, or the expression should end here";
            Err(parser.error(en, "这里前面少了运算符，或者算式到这里就该结束。"))
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Lexed<'a>>,
    next: usize,
    depth: usize,
    end: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        self.tokens.get(self.next).map_or(&Token::End, |t| &t.token)
    }

    fn peek_second(&self) -> &Token<'a> {
        self.tokens.get(self.next + 1).map_or(&Token::End, |t| &t.token)
    }

    fn at(&self) -> Span {
        self.tokens.get(self.next).map_or(self.end..self.end, |t| t.at.clone())
    }

    /// From there to the end of the last token taken.
    fn since(&self, start: usize) -> Span {
        let end = self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start, |t| t.at.end);
        start..end.max(start)
    }

    fn error(&self, en: &str, zh: &str) -> XPathError {
        XPathError::syntax(self.at(), (en, zh))
    }

    fn take(&mut self, token: &Token<'_>) -> bool {
        let same = self.peek() == token;
        self.next += usize::from(same);
        same
    }

    fn expr(&mut self) -> Result<Expr, XPathError> {
        self.depth += 1;
        if self.depth > DEPTH {
            let message = ("too many parentheses, brackets or calls within each other", "括号和函数嵌套太多层。");
            return Err(XPathError::new(self.at(), XPathErrorKind::Limit(message.into())));
        }
        let expr = self.list(&Token::Or, Expr::Or, |p| p.list(&Token::And, Expr::And, |p| p.chain(0)))?;
        self.depth -= 1;
        Ok(expr)
    }

    fn list(
        &mut self,
        between: &Token<'_>,
        many: fn(Vec<Expr>) -> Expr,
        one: impl Fn(&mut Self) -> Result<Expr, XPathError>,
    ) -> Result<Expr, XPathError> {
        let first = one(self)?;
        if self.peek() != between {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.take(between) {
            all.push(one(self)?);
        }
        Ok(many(all))
    }

    fn chain(&mut self, level: usize) -> Result<Expr, XPathError> {
        const LEVELS: [&[Operator]; 4] = [
            &[Operator::Equal, Operator::NotEqual],
            &[Operator::Less, Operator::LessOrEqual, Operator::Greater, Operator::GreaterOrEqual],
            &[Operator::Plus, Operator::Minus],
            &[Operator::Times, Operator::Div, Operator::Mod],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let first = self.chain(level + 1)?;
        let mut rest = Vec::new();
        while let Token::Operator(operator) = *self.peek() {
            if !operators.contains(&operator) {
                break;
            }
            self.next += 1;
            rest.push((operator, self.chain(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Chain { first: Box::new(first), rest } })
    }

    fn unary(&mut self) -> Result<Expr, XPathError> {
        let mut signs = 0;
        while self.take(&Token::Operator(Operator::Minus)) {
            signs += 1;
        }
        let of = self.list(&Token::Bar, Expr::Union, Self::path)?;
        Ok(match (signs, of) {
            (0, of) => of,
            (signs, of) => Expr::Negate { signs, of: Box::new(of) },
        })
    }

    fn path(&mut self) -> Result<Expr, XPathError> {
        let start = self.at().start;
        let mut steps = Vec::new();
        let base = match self.peek() {
            Token::Slash => {
                self.next += 1;
                if self.begins_step() {
                    self.steps(&mut steps)?;
                }
                Base::Root
            }
            Token::DoubleSlash => {
                self.next += 1;
                steps.push(any_below(start..start + 2));
                self.steps(&mut steps)?;
                Base::Root
            }
            _ if self.begins_primary() => {
                let of = self.primary()?;
                let predicates = self.predicates()?;
                let follows = matches!(self.peek(), Token::Slash | Token::DoubleSlash);
                if predicates.is_empty() && !follows {
                    return Ok(of);
                }
                self.more_steps(&mut steps)?;
                Base::Expr { of: Box::new(of), predicates }
            }
            _ if self.begins_step() => {
                self.steps(&mut steps)?;
                Base::Context
            }
            Token::End => return Err(self.error("something is missing at the end", "末尾少了内容。")),
            _ => return Err(self.error("a value or a path should stand here", "这里要写一个值或路径。")),
        };
        Ok(Expr::Path(Path { base, steps: shorten(steps), at: self.since(start) }))
    }

    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), XPathError> {
        steps.push(self.step()?);
        self.more_steps(steps)
    }

    fn more_steps(&mut self, steps: &mut Vec<Step>) -> Result<(), XPathError> {
        loop {
            let at = self.at();
            if self.take(&Token::DoubleSlash) {
                steps.push(any_below(at));
            } else if !self.take(&Token::Slash) {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn begins_step(&self) -> bool {
        matches!(
            self.peek(),
            Token::Name(_)
                | Token::Prefixed(..)
                | Token::PrefixedStar(_)
                | Token::Star
                | Token::At
                | Token::Dot
                | Token::DotDot
        )
    }

    fn begins_primary(&self) -> bool {
        match self.peek() {
            Token::Number(_) | Token::Literal(_) | Token::Open => true,
            Token::Name(name) => self.peek_second() == &Token::Open && !is_node_type(name),
            Token::Prefixed(..) => self.peek_second() == &Token::Open,
            _ => false,
        }
    }

    fn primary(&mut self) -> Result<Expr, XPathError> {
        let start = self.at().start;
        let (prefix, name) = match *self.peek() {
            Token::Number(number) => {
                self.next += 1;
                return Ok(Expr::Number(number));
            }
            Token::Literal(text) => {
                self.next += 1;
                return Ok(Expr::Literal(text.into()));
            }
            Token::Open => {
                self.next += 1;
                let expr = self.expr()?;
                if !self.take(&Token::Close) {
                    return Err(self.error("a closing parenthesis is missing here", "这里少了右括号。"));
                }
                return Ok(expr);
            }
            Token::Prefixed(prefix, name) => (prefix, name),
            Token::Name(name) => ("", name),
            _ => return Err(self.error("a value should stand here", "这里要写一个值。")),
        };
        self.next += 2;
        let mut arguments = Vec::new();
        if !self.take(&Token::Close) {
            loop {
                arguments.push(self.expr()?);
                if self.take(&Token::Close) {
                    break;
                }
                if !self.take(&Token::Comma) {
                    return Err(
                        self.error("a comma or a closing parenthesis is missing here", "这里少了英文逗号或右括号。")
                    );
                }
            }
        }
        let function = functions::find(prefix, name);
        let at = self.since(start);
        let pattern = functions::Pattern::default();
        Ok(Expr::Call(Call { prefix: prefix.into(), name: name.into(), arguments, at, function, pattern }))
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, XPathError> {
        let mut predicates = Vec::new();
        while self.take(&Token::OpenBracket) {
            predicates.push(self.expr()?);
            if !self.take(&Token::CloseBracket) {
                return Err(self.error("a closing bracket ] is missing here", "这里少了右方括号 ]。"));
            }
        }
        Ok(predicates)
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        let start = self.at().start;
        let short = match self.peek() {
            Token::Dot => Some(Axis::SelfNode),
            Token::DotDot => Some(Axis::Parent),
            _ => None,
        };
        if let Some(axis) = short {
            self.next += 1;
            let predicates = self.predicates()?;
            return Ok(Step {
                axis,
                test: NodeTest::Node,
                predicates,
                at: self.since(start),
                cache: NameCache::default(),
            });
        }
        let axis = match *self.peek() {
            Token::At => {
                self.next += 1;
                Axis::Attribute
            }
            Token::Name(name) if self.peek_second() == &Token::ColonColon => {
                let Some(axis) = Axis::parse(name) else {
                    return Err(self.error(&format!("there is no axis {name}::"), &format!("没有轴“{name}::”。")));
                };
                self.next += 2;
                axis
            }
            _ => Axis::Child,
        };
        let test = self.node_test()?;
        let predicates = self.predicates()?;
        Ok(Step { axis, test, predicates, at: self.since(start), cache: NameCache::default() })
    }

    fn node_test(&mut self) -> Result<NodeTest, XPathError> {
        let test = match *self.peek() {
            Token::Star => NodeTest::Any { prefix: Box::default() },
            Token::PrefixedStar(prefix) => NodeTest::Any { prefix: prefix.into() },
            Token::Prefixed(prefix, local) => NodeTest::Name { prefix: prefix.into(), local: local.into() },
            Token::Name(name) if self.peek_second() == &Token::Open => {
                if !is_node_type(name) {
                    return Err(self.error("a function cannot be a step of a path", "路径里不能写函数。"));
                }
                self.next += 2;
                let target = match *self.peek() {
                    Token::Literal(text) if name == "processing-instruction" => {
                        self.next += 1;
                        Some(text.into())
                    }
                    _ => None,
                };
                if self.peek() != &Token::Close {
                    return Err(self.error("a closing parenthesis is missing here", "这里少了右括号。"));
                }
                match name {
                    "node" => NodeTest::Node,
                    "text" => NodeTest::Text,
                    "comment" => NodeTest::Comment,
                    _ => NodeTest::Instruction(target),
                }
            }
            Token::Name(local) => NodeTest::Name { prefix: Box::default(), local: local.into() },
            _ => return Err(self.error("a name should stand here", "这里要写一个名称。")),
        };
        self.next += 1;
        Ok(test)
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn any_below(at: Span) -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::Node, predicates: Vec::new(), at, cache: NameCache::default() }
}

/// `//x` is written as two steps; as long as no predicate counts positions, it is one.
fn shorten(steps: Vec<Step>) -> Vec<Step> {
    let mut short: Vec<Step> = Vec::with_capacity(steps.len());
    for mut step in steps {
        let below = short.last().is_some_and(|last| {
            last.axis == Axis::DescendantOrSelf && last.test == NodeTest::Node && last.predicates.is_empty()
        });
        if below && step.axis == Axis::Child && step.predicates.is_empty() {
            let start = short.pop().map_or(step.at.start, |last| last.at.start);
            step.at.start = start;
            step.axis = Axis::Descendant;
        }
        short.push(step);
    }
    short
}

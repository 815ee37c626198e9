//! The shape of a parsed expression.

use crate::form::model::ItemId;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// How two numbers are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arith {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `div`
    Div,
    /// `mod`
    Mod,
}

/// Direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Children (the default).
    Child,
    /// The node above.
    Parent,
    /// The node itself.
    SelfNode,
    /// Everything below.
    Descendant,
    /// The node and everything below.
    DescendantOrSelf,
    /// Everything above.
    Ancestor,
    /// The node and everything above.
    AncestorOrSelf,
    /// Later children of the same parent.
    FollowingSibling,
    /// Earlier children of the same parent.
    PrecedingSibling,
    /// Everything later that is not below.
    Following,
    /// Everything earlier that is not above.
    Preceding,
    /// Attributes.
    Attribute,
    /// Namespaces (always empty here).
    Namespace,
}

/// What a step accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Elements (or attributes) of this name; a prefix is kept as written.
    Name(String),
    /// Any element (or attribute).
    Any,
    /// Any node at all, `node()`.
    Node,
    /// Text nodes, `text()`.
    Text,
    /// Comments and processing instructions, of which a form has none.
    Nothing,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Direction.
    pub axis: Axis,
    /// What is accepted.
    pub test: Test,
    /// Conditions, in order.
    pub predicates: Vec<Expr>,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// At the context node.
    Context,
    /// At the document.
    Root,
    /// At the result of an expression.
    From(Box<Expr>, Vec<Expr>),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// A text in quotes.
    Literal(String),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// A comparison.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// Arithmetic.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `a | b`
    Union(Box<Expr>, Box<Expr>),
    /// A path.
    Path(Start, Vec<Step>),
    /// A function call.
    Call(String, Vec<Expr>),
    /// `${name}` as written; `Program::compile` turns it into `Field`.
    Reference(String),
    /// `${name}` found: the nodes of this item, nearest scope first; `anywhere` ignores the scope.
    Field {
        /// The item.
        item: ItemId,
        /// All of its nodes, wherever the expression stands.
        anywhere: bool,
    },
}

impl Expr {
    /// Calls `visit` on this expression and all below it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        match self {
            Expr::Or(a, b) | Expr::And(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) | Expr::Union(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            Expr::Negate(a) => a.walk(visit),
            Expr::Path(start, steps) => {
                if let Start::From(from, predicates) = start {
                    from.walk(visit);
                    predicates.iter().for_each(|p| p.walk(visit));
                }
                for step in steps {
                    step.predicates.iter().for_each(|p| p.walk(visit));
                }
            }
            Expr::Call(_, args) => args.iter().for_each(|a| a.walk(visit)),
            Expr::Number(_) | Expr::Literal(_) | Expr::Reference(_) | Expr::Field { .. } => {}
        }
    }
}

//! What is wrong with a form, for the people who write forms: where, in which expression, at which character.

use std::fmt;

use crate::form::Said;

/// What a text or expression of a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The form or its model as a whole.
    Form,
    /// `relevant` of a bind.
    Relevant,
    /// `required` of a bind.
    Required,
    /// `readonly` of a bind.
    Readonly,
    /// `calculate` of a bind.
    Calculate,
    /// `constraint` of a bind.
    Constraint,
    /// `jr:constraintMsg` of a bind.
    ConstraintMessage,
    /// `jr:requiredMsg` of a bind.
    RequiredMessage,
    /// A label of a control.
    Label,
    /// A hint of a control.
    Hint,
    /// The items of a select: `itemset/@nodeset`.
    Items,
    /// The value of an item.
    ItemValue,
    /// The label of an item.
    ItemLabel,
    /// `jr:count` of a repeat.
    Count,
    /// The `value` of an action.
    Action,
    /// A reference of a control or bind.
    Reference,
}

impl Role {
    /// The word that authors know it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Relevant => "relevant",
            Self::Required => "required",
            Self::Readonly => "readonly",
            Self::Calculate => "calculate",
            Self::Constraint => "constraint",
            Self::ConstraintMessage => "constraint message",
            Self::RequiredMessage => "required message",
            Self::Label => "label",
            Self::Hint => "hint",
            Self::Items => "choices",
            Self::ItemValue => "choice value",
            Self::ItemLabel => "choice label",
            Self::Count => "repeat count",
            Self::Action => "setvalue",
            Self::Reference => "reference",
        }
    }
}

/// Something wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The node concerned (`/data/group/question`); empty for the form as a whole.
    pub node: String,
    /// Which of its texts or expressions.
    pub role: Role,
    /// What is wrong.
    pub message: Said,
    /// The expression, as written.
    pub expression: Option<String>,
    /// The character in the expression where it is wrong, counted from 0.
    pub position: Option<usize>,
}

impl Problem {
    pub(super) fn new(node: &str, role: Role, message: impl Into<Said>) -> Self {
        Self { node: node.to_owned(), role, message: message.into(), expression: None, position: None }
    }

    pub(super) fn in_expression(mut self, expression: &str, position: Option<usize>) -> Self {
        self.expression = Some(expression.to_owned());
        self.position = position;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.node.is_empty() {
            write!(f, "{} ", self.node)?;
        }
        write!(f, "({}): {}", self.role.name(), self.message)?;
        if let Some(expression) = &self.expression {
            write!(f, " in `{expression}`")?;
        }
        match self.position {
            Some(at) => write!(f, " at character {}", at + 1),
            None => Ok(()),
        }
    }
}

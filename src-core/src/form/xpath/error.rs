//! What is wrong with an expression, and where in it.

use std::ops::Range;

use crate::form::Said;

/// Why an expression cannot be read or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (at character {})", .at.start + 1)]
pub struct XPathError {
    /// Bytes of the expression.
    pub at: Range<usize>,
    /// What is wrong.
    pub kind: XPathErrorKind,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XPathErrorKind {
    /// Does not follow the grammar.
    #[error("{0}")]
    Syntax(Said),
    /// No such function.
    #[error("there is no function {name}(){}", .meant.as_ref().map_or(String::new(), |m| format!("; was {m}() meant?")))]
    UnknownFunction {
        /// As written.
        name: String,
        /// The nearest name that exists.
        meant: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("{name}() takes {}, not {got}", words_of(*.least, *.most))]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes at least.
        least: usize,
        /// And at most; [`usize::MAX`] for any number.
        most: usize,
        /// How many were given.
        got: usize,
    },
    /// A prefix that nobody declared.
    #[error("the prefix {0}: is not declared")]
    UnknownPrefix(String),
    /// Not nodes where nodes are needed, an unreadable date, a pattern that is not one, and so on.
    #[error("{0}")]
    Value(Said),
    /// Too long, too deep, or too much work.
    #[error("{0}")]
    Limit(Said),
}

/// How many arguments a function takes, in words.
fn words_of(least: usize, most: usize) -> String {
    let plural = |n: usize| if n == 1 { "1 argument".to_owned() } else { format!("{n} arguments") };
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (least, usize::MAX) => format!("at least {}", plural(least)),
        (least, most) if least == most => plural(least),
        (least, most) => format!("{least} to {}", plural(most)),
    }
}

impl XPathErrorKind {
    /// It in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        let zh = match self {
            Self::Syntax(said) | Self::Value(said) | Self::Limit(said) => return said.clone(),
            Self::UnknownFunction { name, meant: Some(meant) } => {
                format!("没有函数 {name}()，是不是要写 {meant}()？")
            }
            Self::UnknownFunction { name, meant: None } => format!("没有函数 {name}()。"),
            Self::Arguments { name, least, most, got } => match (*least, *most) {
                (0, 0) => format!("{name}() 的括号里不写参数，这里写了 {got} 个。"),
                (least, usize::MAX) => format!("{name}() 至少要有 {least} 个参数，这里写了 {got} 个。"),
                (least, most) if least == most => format!("{name}() 要有 {least} 个参数，这里写了 {got} 个。"),
                (least, most) => format!("{name}() 要有 {least} 到 {most} 个参数，这里写了 {got} 个。"),
            },
            Self::UnknownPrefix(prefix) => format!("前缀“{prefix}:”没有声明。"),
        };
        (self.to_string(), zh).into()
    }
}

impl XPathError {
    pub(crate) fn new(at: Range<usize>, kind: XPathErrorKind) -> Self {
        Self { at, kind }
    }

    pub(crate) fn syntax(at: Range<usize>, message: impl Into<Said>) -> Self {
        Self::new(at, XPathErrorKind::Syntax(message.into()))
    }

    pub(crate) fn value(at: Range<usize>, message: impl Into<Said>) -> Self {
        Self::new(at, XPathErrorKind::Value(message.into()))
    }
}

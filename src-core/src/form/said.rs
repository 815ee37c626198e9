//! What is told to the authors of forms, in both languages. A sentence is made in both of them where it is known what is
//! wrong: office clerks read it in Chinese; logs and the suites that compare forms read it in English.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::xml::XmlError;

/// A sentence in both languages. Names, columns and values stand in it as the form has them. (It is on the way in many
/// results, so it is kept small.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// In English, as [`fmt::Display`] gives it: without a capital and a full stop, for others put it into theirs.
    #[serde(rename = "message")]
    pub en: Box<str>,
    /// In Chinese, a whole sentence.
    #[serde(rename = "message_zh")]
    pub zh: Box<str>,
}

/// English first, Chinese second.
impl<E: Into<String>, Z: Into<String>> From<(E, Z)> for Said {
    fn from((en, zh): (E, Z)) -> Self {
        let said = Self { en: en.into().into_boxed_str(), zh: zh.into().into_boxed_str() };
        debug_assert!(said.is_in_both(), "no Chinese: {said:?}");
        said
    }
}

/// The library's words for what is wrong are English; where it is wrong is said in both.
impl From<&XmlError> for Said {
    fn from(error: &XmlError) -> Self {
        let XmlError { line, column, message } = error;
        (error.to_string(), format!("第 {line} 行第 {column} 个字符处不合 XML 格式（{message}）。")).into()
    }
}

impl Said {
    /// Whether it says something in either language.
    pub(crate) fn is_in_both(&self) -> bool {
        let is_han = |c| matches!(c, '\u{4e00}'..='\u{9fff}');
        !self.en.is_empty() && self.zh.chars().any(is_han)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.en)
    }
}

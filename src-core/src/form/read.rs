//! From a file to a form: an XLSForm workbook, or an ODK XForm. Whatever is wrong is said at once, with sheet, row and
//! column, and what was probably meant.

use serde::{Deserialize, Serialize};

use super::engine::{self, Definition, Role};
use super::model::Form;
use super::xlsform::{self, Options, Origins, Place, Topic};
#[cfg(feature = "workbook")]
use crate::workbook::Limits;
use crate::workbook::Sheets;

/// What is wrong with a form, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// What it is about.
    pub topic: Topic,
    /// Where in the workbook.
    #[serde(flatten)]
    pub place: Place,
    /// The node that is concerned, where no row is known: `/data/group/question`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
    /// The expression that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The character in the expression where it is wrong, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let row = self.place.row.map(|row| format!("row {row}"));
        let column = self.place.column.as_ref().map(|column| format!("column {column}"));
        let at = [self.place.sheet.as_ref().map(|sheet| format!("sheet {sheet}")), row, column, self.node.clone()];
        let at: Vec<String> = at.into_iter().flatten().collect();
        if !at.is_empty() {
            write!(f, "{}: ", at.join(", "))?;
        }
        f.write_str(&self.message)?;
        if let Some(expression) = &self.expression {
            write!(f, " in `{expression}`")?;
        }
        if let Some(position) = self.position {
            write!(f, " at character {}", position + 1)?;
        }
        if let Some(meant) = &self.meant {
            write!(f, "; did you mean \"{meant}\"?")?;
        }
        Ok(())
    }
}

impl From<xlsform::Problem> for Flaw {
    fn from(problem: xlsform::Problem) -> Self {
        let xlsform::Problem { code, place, message, meant } = problem;
        Self { topic: code.topic(), place, node: None, message, meant, expression: None, position: None }
    }
}

impl Flaw {
    fn of_engine(problem: engine::Problem, origins: &Origins) -> Self {
        let engine::Problem { node, role, message, expression, position } = problem;
        let place = origins.place(&node, column(role));
        let node = place.is_none().then_some(node).filter(|node| !node.is_empty());
        let topic = if expression.is_some() { Topic::Expression } else { Topic::Other };
        Self { topic, place: place.unwrap_or_default(), node, message, meant: None, expression, position }
    }

    #[cfg(feature = "workbook")]
    fn of_file(message: impl ToString) -> Self {
        let message = message.to_string();
        let (topic, place) = (Topic::Other, Place::default());
        Self { topic, place, node: None, message, meant: None, expression: None, position: None }
    }
}

/// The column of the survey sheet that a part of a node comes from.
fn column(role: Role) -> &'static str {
    match role {
        Role::Relevant => "relevant",
        Role::Required => "required",
        Role::Readonly => "readonly",
        Role::Calculate => "calculate",
        Role::Constraint => "constraint",
        Role::ConstraintMessage => "jr:constraintMsg",
        Role::RequiredMessage => "jr:requiredMsg",
        Role::Hint => "hint",
        Role::Items | Role::ItemValue => "choice_filter",
        _ => "label",
    }
}

/// A form that was read, or what keeps it from being one.
#[derive(Debug)]
pub struct Read {
    /// The form; none when there are errors.
    pub form: Option<Form>,
    /// It as an XForm; "" where none could be made.
    pub xform: String,
    /// What keeps it from being filled in.
    pub errors: Vec<Flaw>,
    /// What its author should look at.
    pub warnings: Vec<Flaw>,
    /// Warnings that do not matter in a form of others, but in one of ours: circles, functions that do not exist,
    /// references to nothing.
    serious: Vec<Flaw>,
}

impl Read {
    fn wrong(errors: Vec<Flaw>, warnings: Vec<Flaw>) -> Self {
        Self { form: None, xform: String::new(), errors, warnings, serious: Vec::new() }
    }

    /// What keeps the form from being given to tablets: its errors, or warnings that are serious in a form of ours.
    pub fn hindrances(&self) -> &[Flaw] {
        if self.errors.is_empty() { &self.serious } else { &self.errors }
    }

    /// The form, if it may be given to tablets.
    ///
    /// # Errors
    /// When there are errors, or warnings that are serious in a form of ours.
    pub fn publishable(self) -> Result<Form, Vec<Flaw>> {
        if self.serious.is_empty() { self.form() } else { Err(self.serious) }
    }

    /// The form, or its errors.
    ///
    /// # Errors
    /// When there are any.
    pub fn form(self) -> Result<Form, Vec<Flaw>> {
        self.form.ok_or(self.errors)
    }
}

/// Reads a workbook. Without `rules`, as for other clients: the sheets `plan` and `findings` are passed by. `id` is what
/// it is called when it does not say so itself.
pub fn read_sheets(sheets: &Sheets, id: Option<&str>, rules: bool) -> Read {
    match xlsform::convert(sheets, Options { root: None, id, rules }) {
        Ok(made) => {
            let warnings = made.warnings.into_iter().map(Flaw::from).collect();
            let is_of_household = made.about.is_none_or(|about| about != "place");
            read(made.xform, &made.origins, warnings, |definition| {
                let mut form = Form::new(definition, made.rules, made.titles, &made.units);
                form.is_of_household = is_of_household;
                form
            })
        }
        Err(rejection) => {
            let all = |problems: Vec<xlsform::Problem>| problems.into_iter().map(Flaw::from).collect();
            Read::wrong(all(rejection.errors), all(rejection.warnings))
        }
    }
}

/// Reads an ODK XForm.
pub fn read_xform(xform: &str) -> Read {
    let none = std::collections::HashMap::new();
    read(xform.to_owned(), &Origins::default(), Vec::new(), |d| Form::new(d, Vec::new(), Vec::new(), &none))
}

fn read(xform: String, origins: &Origins, mut warnings: Vec<Flaw>, make: impl FnOnce(Definition) -> Form) -> Read {
    let of = |problem| Flaw::of_engine(problem, origins);
    match Definition::parse(&xform) {
        Ok(definition) => {
            let serious: Vec<Flaw> = definition.warnings.iter().cloned().map(of).collect();
            warnings.extend(serious.iter().cloned());
            Read { form: Some(make(definition)), xform, errors: Vec::new(), warnings, serious }
        }
        Err(problems) => Read { xform, ..Read::wrong(problems.into_iter().map(of).collect(), warnings) },
    }
}

/// Whether these are the bytes of an XForm rather than of a workbook.
pub fn is_xform(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.trim_ascii_start().starts_with(b"<")
}

/// Reads a form as it is published: a workbook (.xlsx, .xls) or an XForm.
#[cfg(feature = "workbook")]
pub fn read_bytes(bytes: &[u8]) -> Read {
    if is_xform(bytes) {
        return match std::str::from_utf8(bytes) {
            Ok(text) => read_xform(text.trim_start_matches('\u{feff}')),
            Err(error) => Read::wrong(vec![Flaw::of_file(error)], Vec::new()),
        };
    }
    match Sheets::open_form(bytes, "survey", Limits::default()) {
        Ok(sheets) => read_sheets(&sheets, None, true),
        Err(error) => Read::wrong(vec![Flaw::of_file(error)], Vec::new()),
    }
}

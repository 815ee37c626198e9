//! From a file to a form: an XLSForm workbook, or an ODK XForm. Whatever is wrong is said at once, with sheet, row and
//! column, and what was probably meant.

#[cfg(feature = "workbook")]
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::Said;
use super::engine::{self, Definition, Role};
use super::model::Form;
#[cfg(feature = "workbook")]
use super::model::named_file;
#[cfg(feature = "workbook")]
use super::package::{self, Package, PackageError};
use super::xlsform::{self, Options, Origins, Place, Topic};
use crate::workbook::Sheets;
#[cfg(feature = "workbook")]
use crate::workbook::{Limits, WorkbookError};

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
    #[serde(flatten)]
    pub message: Said,
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
        f.write_str(&self.message.en)?;
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

    /// A file that the form names and that was not given with it.
    #[cfg(feature = "workbook")]
    fn of_missing(name: &str) -> Self {
        let message = (
            format!("the form names the file {name}: it has to be given together with the form"),
            format!("表单用到文件“{name}”：要和表单一起提供。"),
        );
        Self { topic: Topic::FileMissing, ..Self::of_file(message) }
    }

    #[cfg(feature = "workbook")]
    fn of_file(message: impl Into<Said>) -> Self {
        let message = message.into();
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
            let about = made.about;
            read(made.xform, &made.origins, warnings, |definition| {
                let mut form = Form::new(definition, made.rules, made.titles, &made.units);
                form.about = about;
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

/// Reads a form as it is published: a workbook (.xlsx, .xls), an XForm, or a package of one with the files that it names.
#[cfg(feature = "workbook")]
pub fn read_bytes(bytes: &[u8]) -> Read {
    read_file(bytes, None, true).unwrap_or_else(|error| Read::wrong(vec![Flaw::of_file(error.said())], Vec::new()))
}

/// The same; `id` and `rules` as for [`read_sheets`]. The files that the form names and that are not in the package are
/// among what keeps a form of ours from tablets.
///
/// # Errors
/// When it is no form at all.
#[cfg(feature = "workbook")]
pub fn read_file(bytes: &[u8], id: Option<&str>, rules: bool) -> Result<Read, NoForm> {
    let package = match package::is_package(bytes) {
        true => Some(Package::open(bytes)?),
        false => None,
    };
    let form = package.as_ref().map_or(bytes, |package| &package.form);
    let mut read = if is_xform(form) {
        let text = std::str::from_utf8(form).map_err(|_| NoForm::NotUtf8)?;
        read_xform(text.trim_start_matches('\u{feff}'))
    } else {
        let sheets = Sheets::open_form(form, "survey", Limits::default())?;
        let is_text = !form.starts_with(b"PK") && !form.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]);
        if is_text || sheets.names().next().is_none() {
            return Err(NoForm::NoSurvey);
        }
        read_sheets(&sheets, id, rules)
    };
    read.attach(package.as_ref().map_or(&BTreeMap::new(), |package| &package.files));
    Ok(read)
}

/// Why bytes are no form at all.
#[cfg(feature = "workbook")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoForm {
    /// Neither a workbook nor an XForm.
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    /// Files that are no form with what it names.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// An XForm that is not text.
    #[error("the XForm is not UTF-8")]
    NotUtf8,
    /// A workbook that has none of the sheets of a form, or text that is none.
    #[error("there is no sheet `survey` with a column `type`")]
    NoSurvey,
}

#[cfg(feature = "workbook")]
impl NoForm {
    /// It in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        let zh = match self {
            Self::Workbook(error) => workbook_in_chinese(error),
            Self::Package(error) => return error.said(),
            Self::NotUtf8 => "XForm 不是 UTF-8 编码。".to_owned(),
            Self::NoSurvey => "没有工作表“survey”，或者里面没有列“type”。".to_owned(),
        };
        (self.to_string(), zh).into()
    }
}

#[cfg(feature = "workbook")]
fn workbook_in_chinese(error: &WorkbookError) -> String {
    use WorkbookError as E;
    match error {
        E::Empty => "文件是空的。".to_owned(),
        E::TooLarge { bytes, limit } => format!("文件有 {bytes} 字节，超过 {limit}。"),
        E::Bomb { bytes, limit } => format!("文件解压后有 {bytes} 字节，超过 {limit}。"),
        E::TooManyCells { limit } => format!("工作簿超过 {limit} 格。"),
        E::CellTooLong { sheet, row, column, limit } => {
            format!("工作表“{sheet}”第 {row} 行第 {column} 列超过 {limit} 个字符。")
        }
        E::CellError { sheet, row, column, error } => {
            format!("工作表“{sheet}”第 {row} 行第 {column} 列是错误值 {error}。")
        }
        E::NoWorkbook(why) => format!("文件不是工作簿（{why}）。"),
    }
}

impl Read {
    /// Names of the files that the form wants: its lists, and what its texts show and play.
    #[cfg(feature = "workbook")]
    pub fn wanted_files(&self) -> BTreeSet<String> {
        let Some(form) = &self.form else { return BTreeSet::new() };
        let lists = form.definition.external_instances().map(|(_, uri)| uri.to_owned());
        lists.chain(form.definition.media()).filter_map(|uri| named_file(&uri).map(str::to_owned)).collect()
    }

    /// Gives the form the files that it names, and says which are missing or cannot be read.
    #[cfg(feature = "workbook")]
    pub fn attach(&mut self, files: &BTreeMap<String, Vec<u8>>) {
        let Some(form) = &mut self.form else { return };
        let mut flaws = Vec::new();
        for (id, uri) in form.definition.external_instances() {
            let Some(name) = named_file(uri) else { continue };
            let Some(bytes) = files.get(name) else {
                flaws.push(Flaw::of_missing(name));
                continue;
            };
            let text = std::str::from_utf8(bytes);
            let text = text.map_err(|error| (error.to_string(), format!("不是 UTF-8 编码的文本（{error}）。")).into());
            match text.and_then(|text| engine::read_external(name, text).map_err(|error| error.said())) {
                Ok(document) => drop(form.instances.insert(id.to_owned(), Arc::new(document))),
                Err(Said { en, zh }) => flaws.push(Flaw::of_file((format!("{name}: {en}"), format!("{name}：{zh}")))),
            }
        }
        self.warnings.extend(flaws.iter().cloned());
        self.serious.extend(flaws);
        // Without a picture a question can still be asked.
        let media = form.definition.media();
        let missing = media.iter().filter_map(|uri| named_file(uri)).filter(|name| !files.contains_key(*name));
        self.warnings.extend(missing.map(Flaw::of_missing));
        form.files = files.keys().cloned().collect();
    }
}

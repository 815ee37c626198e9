//! What a form must be before tablets get it: the same from the shell ([`crate::form`]) and from the console
//! ([`crate::api`]).

use std::sync::Arc;

use huce_core::{
    clock::Millis,
    form::{
        Flaw, Form, NoForm, Read,
        package::PackageError,
        read_file,
        xlsform::{Place, Topic},
    },
    ids::FormId,
    workbook::WorkbookError,
};

use crate::store::{
    Conn, Result as Stored,
    forms::{self, Published},
};

/// Bytes of a form with its files, at most: what tablets take.
pub const MAX_FORM_BYTES: usize = 16 << 20;
/// Stands in for a `form_id` that the workbook does not say.
const NO_ID: &str = "-";

/// What was found in a workbook.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The form, if it can be filled in at all.
    pub form: Option<Arc<Form>>,
    /// Its identifier, if it says one that can be used.
    pub id: Option<FormId>,
    /// What keeps it from being published, in the order of the workbook.
    pub errors: Vec<Flaw>,
    /// What its author should look at.
    pub warnings: Vec<Flaw>,
}

/// A form that may be published.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Its identifier.
    pub form: FormId,
    /// As its author counts.
    pub version: String,
    /// Chinese, English.
    pub title: (String, String),
}

/// A stable word for why bytes are no form at all.
pub fn word(no_form: &NoForm) -> &'static str {
    match no_form {
        NoForm::Workbook(WorkbookError::Empty) => "empty",
        NoForm::Workbook(WorkbookError::TooLarge { .. }) => "too_large",
        NoForm::Workbook(WorkbookError::Bomb { .. } | WorkbookError::TooManyCells { .. })
        | NoForm::Package(PackageError::Bomb | PackageError::TooMany) => "unpacks_too_large",
        NoForm::Package(PackageError::SeveralForms(_)) => "several_forms",
        NoForm::Package(PackageError::TwoOfOneName(_)) => "two_of_one_name",
        NoForm::Workbook(_) | NoForm::Package(_) | NoForm::NotUtf8 | NoForm::NoSurvey => "no_workbook",
    }
}

/// Reads a workbook (.xlsx, .xls), an XForm or a package, and says everything that keeps it from tablets. Blocks.
///
/// # Errors
/// When it is no form at all.
pub fn look(bytes: &[u8]) -> Result<Looked, NoForm> {
    if bytes.len() > MAX_FORM_BYTES {
        return Err(WorkbookError::TooLarge { bytes: bytes.len(), limit: MAX_FORM_BYTES }.into());
    }
    Ok(Looked::of(read_file(bytes, Some(NO_ID), true)?))
}

impl Looked {
    fn of(read: Read) -> Self {
        let mut errors = read.hindrances().to_vec();
        let warnings: Vec<Flaw> = read.warnings.iter().filter(|w| !errors.contains(w)).cloned().collect();
        let form = read.form().ok().map(Arc::new);
        let said = form.as_ref().map(|form| form.id()).filter(|id| !id.is_empty() && *id != NO_ID);
        let id = said.and_then(|id| FormId::new(id.to_owned()).ok());
        if form.is_some() && id.is_none() {
            errors.push(without_id(said));
        }
        Self { form, id, errors, warnings }
    }

    /// What it is called in a language; "" where it says nothing.
    pub fn title(&self, language: &str) -> String {
        let title = self.form.as_ref().map_or("", |form| form.title(language));
        if title == NO_ID { String::new() } else { title.to_owned() }
    }

    /// The form, if nothing keeps it from tablets.
    pub fn ready(&self) -> Option<Ready> {
        let (form, id) = (self.form.as_ref()?, self.id.as_ref()?);
        let ready = || Ready {
            form: id.clone(),
            version: form.version().to_owned(),
            title: (self.title("zh"), self.title("en")),
        };
        self.errors.is_empty().then(ready)
    }
}

fn without_id(said: Option<&str>) -> Flaw {
    let message = match said {
        None => (
            "tablets know a form by its form_id: the settings need one".to_owned(),
            "平板靠 form_id 认表单：请在 settings 里填写。".to_owned(),
        ),
        Some(id) => (
            format!("`{id}` cannot be a form_id: letters, digits and . _ - only, 64 at most"),
            format!("“{id}”不能作 form_id：只能用英文字母、数字和 . _ -，最多 64 个字符。"),
        ),
    };
    let place = Place { sheet: Some("settings".to_owned()), row: Some(2), column: Some("form_id".to_owned()) };
    let message = message.into();
    Flaw { topic: Topic::Other, place, node: None, message, meant: None, expression: None, position: None }
}

impl Ready {
    /// Publishes the workbook in which it was found.
    pub async fn publish(&self, write: &mut Conn, bytes: &[u8], by: &str, now_ms: Millis) -> Stored<String> {
        let Self { form, version, title: (zh, en) } = self;
        let published = Published { form, version: Some(version), title: (zh, en), bytes, by: Some(by) };
        forms::publish(write, published, now_ms).await
    }
}

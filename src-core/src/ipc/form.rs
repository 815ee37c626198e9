//! Calls about forms as their authors see them; only the console has them. A workbook is uploaded to `POST /api/form`
//! (multipart, so that a browser shows its progress), looked at ([`CheckForm`]), tried ([`TryForm`]) and published.
//! Until then nobody but its author's colleagues sees it, and a day later it is forgotten.

use serde::{Deserialize, Serialize};

use super::{calls, visit::FoundChoices};
use crate::{
    clock::Millis,
    form::{Difference, Flaw, FormChange, Said, Step, xlsform::Topic},
    ids::{FormId, RoundId},
};

/// All forms, those in use and those that were.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forms {}

/// Reply to [`Forms`], [`PublishForm`] and [`RetireForm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormsReply {
    /// Those in use first, by title.
    pub forms: Vec<FormLine>,
    /// May this person publish and retire? Forms are for every grid: whoever administers all of them.
    pub may_publish: bool,
}

/// A form in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormLine {
    /// Its identifier.
    pub form: FormId,
    /// What it is called (Chinese, English): as the version in use says, else the newest.
    pub title: (String, String),
    /// Its versions, the newest publication first.
    pub versions: Vec<FormVersion>,
    /// Rounds that this person sees and that use it: which, what they are called, last day.
    pub rounds: Vec<(RoundId, String, String)>,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormVersion {
    /// Of the workbook, 64 hexadecimal digits.
    pub hash: String,
    /// As the author counts; "" where that is not said.
    pub version: String,
    /// When it was published last.
    pub published_ms: Millis,
    /// By whom (a login, or `shell` and the user there); none: it came with the server.
    pub by: Option<String>,
    /// Do tablets begin visits with it?
    pub current: bool,
    /// Its size.
    pub bytes: u64,
}

/// Looks at a workbook that was uploaded, or at a published version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckForm {
    /// Which: what the upload was answered with.
    pub hash: String,
}

/// Reply to [`CheckForm`], and to the upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckedForm {
    /// The workbook.
    pub hash: String,
    /// The file's name; "" of a published version.
    pub file: String,
    /// Its `form_id`; none where it says none that can be used.
    pub form: Option<FormId>,
    /// As the author counts.
    pub version: String,
    /// What it is called (Chinese, English).
    pub title: (String, String),
    /// Its languages as the workbook names them.
    pub languages: Vec<String>,
    /// Questions that a person answers.
    pub questions: u32,
    /// Can it be tried?
    pub opens: bool,
    /// What keeps it from being published.
    pub errors: Vec<FlawLine>,
    /// What its author should look at.
    pub warnings: Vec<FlawLine>,
    /// What it is compared with: the version in use, by hash and number; none where the form is new or retired.
    pub beside: Option<(String, String)>,
    /// What is different from that, the first [`MOST_DIFFERENCES`].
    pub differences: Vec<Difference>,
    /// How many there are in all, and how many of them matter.
    pub different: (u32, u32),
    /// May this person publish it?
    pub may_publish: bool,
    /// Rounds that this person sees and that have not ended.
    pub rounds: Vec<RoundUse>,
}

/// A round, and whether it uses the form that is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundUse {
    /// Which.
    pub round: RoundId,
    /// What it is called.
    pub name: String,
    /// Its last day, YYYY-MM-DD.
    pub until: String,
    /// It uses this form already.
    pub uses: bool,
}

/// A [`Flaw`], in the same JSON. (serde's way to read a part that is flattened costs the pages 10 kB.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlawLine {
    /// What it is about.
    pub topic: Topic,
    /// Name of the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row as the spreadsheet numbers it, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// Heading of the column, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The node that is concerned, where no row is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What is wrong, in English.
    pub message: String,
    /// It in Chinese.
    pub message_zh: String,
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

impl From<&Flaw> for FlawLine {
    fn from(flaw: &Flaw) -> Self {
        let Flaw { topic, place, node, message, meant, expression, position } = flaw.clone();
        let crate::form::xlsform::Place { sheet, row, column } = place;
        let Said { en: message, zh: message_zh } = message;
        let (message, message_zh) = (message.into(), message_zh.into());
        Self { topic, sheet, row, column, node, message, message_zh, meant, expression, position }
    }
}

/// Differences that a reply carries.
pub const MOST_DIFFERENCES: usize = 400;
/// Flaws that a reply carries, of errors and of warnings.
pub const MOST_FLAWS: usize = 400;
/// Steps of one trial.
pub const MOST_STEPS: usize = 2_000;

/// Fills a form in without keeping anything: opens it, does all these steps, and answers with what the last one changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TryForm {
    /// Which form, and what was done.
    pub trial: Trial,
    /// Is the whole form wanted, rather than what the last step changed?
    pub whole: bool,
}

/// A trial: everything that was done in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The workbook.
    pub hash: String,
    /// When it was begun, as the first reply said; none at the beginning.
    #[serde(default)]
    pub begun_ms: Option<Millis>,
    /// The language to begin with.
    #[serde(default)]
    pub language: Option<String>,
    /// What was done; a step that was refused is left out.
    pub steps: Vec<Step>,
}

/// Reply to [`TryForm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// When the trial was begun, the server's clock: what `now()` says in it.
    pub begun_ms: Millis,
    /// What the last step changed; the whole form at the beginning.
    pub change: FormChange,
}

/// [`super::visit::FindChoices`] in a trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FindTryChoices {
    /// The trial.
    pub trial: Trial,
    /// The question's reference.
    pub reference: String,
    /// What their labels or values hold; "" finds all.
    pub text: String,
    /// How many of those found are passed by.
    pub skip: usize,
}

/// Publishes a workbook that was uploaded, or an older version again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishForm {
    /// Which.
    pub hash: String,
    /// Rounds that use the form from now on, whichever they used before.
    #[serde(default)]
    pub rounds: Vec<RoundId>,
}

/// Takes a form out of use. Visits begun on it finish; what was recorded with it is read with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RetireForm {
    /// Which.
    pub form: FormId,
}

calls! {
    Forms => "forms" -> FormsReply;
    CheckForm => "check_form" -> CheckedForm;
    TryForm => "try_form" -> Tried;
    FindTryChoices => "find_try_choices" -> FoundChoices;
    PublishForm => "publish_form" -> FormsReply;
    RetireForm => "retire_form" -> FormsReply;
}

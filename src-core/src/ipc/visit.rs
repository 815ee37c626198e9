//! A visit while it is being filled in. The form engine runs where the answers are kept, not in the screens; every
//! step goes through [`KeepStep`], which answers with what it changed, and only after it is durable.

use serde::{Deserialize, Serialize};

use super::calls;
use crate::{
    body::{Attached, Media, PhotoRole},
    clock::Millis,
    form::{Choice, FormChange, FormView, Step},
    ids::{DraftId, EventId, FormId, HouseholdId, MeasureId, PhotoId, PlanId, RequestId, RoundId},
    request::{Category, Severity},
    site::Site,
};

/// Opens the form at a door or facility: goes on with the draft that is there, else begins one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BeginVisit {
    /// Where.
    #[serde(flatten)]
    pub at: Site,
    /// For which round; none: the one that runs here.
    pub round: Option<RoundId>,
    /// Which form; none: that of the draft that is there, of the visit that is corrected, of the round, or the usual one
    /// (at a facility the first of [`VisitForms`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
    /// The visit that the new one corrects: its answers are the start.
    pub corrects: Option<EventId>,
}

impl BeginVisit {
    /// There, for no round in particular.
    pub fn at(site: impl Into<Site>) -> Self {
        Self { at: site.into(), round: None, form: None, corrects: None }
    }
}

/// The forms that can be filled in somewhere: the usual one first; at a facility those made for its kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VisitForms {
    /// Where.
    #[serde(flatten)]
    pub at: Site,
}

/// A form that can be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitForm {
    /// It.
    pub form: FormId,
    /// What it is called (Chinese, English).
    pub title: (String, String),
    /// Somebody has begun it here.
    pub begun: bool,
}

/// Reply to [`BeginVisit`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VisitDraft {
    /// Its name on this tablet.
    pub draft: DraftId,
    /// Which form it is.
    pub form: FormId,
    /// The form as far as it is filled in.
    pub view: FormView,
    /// Where the person was: a question's reference.
    pub at: Option<String>,
    /// When it was begun or last kept; none: nothing was answered yet.
    pub kept_ms: Option<Millis>,
    /// Prints in the header: `3-3-601`, 一号热力站.
    pub short: String,
    /// The hash of its version: names the files that its questions show.
    #[serde(default)]
    pub hash: String,
}

/// Keeps a step of a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeepStep {
    /// Which draft.
    pub draft: DraftId,
    /// What was done; none when only the place changed.
    pub step: Option<Step>,
    /// Where the person is now: a question's or page's reference.
    pub at: Option<String>,
}

/// Reply to [`KeepStep`]: it is durable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// When, local device time.
    pub kept_ms: Millis,
    /// What the step changed.
    pub change: FormChange,
}

/// Looks among the choices of a question of a draft: of a long list only the first come with the question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FindChoices {
    /// Which draft.
    pub draft: DraftId,
    /// The question's reference.
    pub reference: String,
    /// What their labels or values hold; "" finds all.
    pub text: String,
    /// How many of those found are passed by.
    pub skip: usize,
}

/// Reply to [`FindChoices`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundChoices {
    /// In the order of the list, [`crate::form::view::MOST_CHOICES`] at most.
    pub choices: Vec<Choice>,
    /// How many there are in all.
    pub found: usize,
}

/// Submits a draft. The device evaluates the form again and refuses answers that break its rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubmitVisit {
    /// Which draft.
    pub draft: DraftId,
}

/// Reply to [`SubmitVisit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submitted {
    /// The visit.
    pub visit: EventId,
    /// Measures that the form's rules suggest. At a facility they are told, and no plan takes them up.
    pub suggestions: Vec<SuggestedMeasure>,
    /// Requests that were taken down with it, for what the form's rules found.
    pub requests: Vec<FoundRequest>,
    /// The lowest temperature of a room, °C.
    pub lowest_temp_c: Option<f64>,
}

/// A request that a visit's findings began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundRequest {
    /// It.
    pub request: RequestId,
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// What was found (Chinese, English).
    pub text: (String, String),
}

/// A measure that the form's rules suggest from the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuggestedMeasure {
    /// Its catalogue code.
    pub measure: MeasureId,
    /// What is done (Chinese, English).
    pub title: (String, String),
    /// Why (Chinese, English).
    pub why: (String, String),
    /// 1 is the most urgent.
    pub priority: i64,
    /// Until when, YYYY-MM-DD.
    pub until: String,
}

/// The measures that the newest visit of a door suggests and that its plan does not have yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Suggest {
    /// Which door.
    pub household: HouseholdId,
}

/// Throws a draft away (the app asks first).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DiscardDraft {
    /// Which.
    pub draft: DraftId,
}

/// Records "no answer" or "refused": one tap.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuickVisit {
    /// At which door.
    pub household: HouseholdId,
    /// For which round.
    pub round: Option<RoundId>,
    /// Refused, else no answer.
    pub refused: bool,
}

/// Takes a photo in: oriented, scaled, watermarked, stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddPhoto {
    /// Where.
    #[serde(flatten)]
    pub at: Site,
    /// What it shows.
    pub role: PhotoRole,
    /// For a photo in a form: it becomes evidence when the visit is submitted, not before.
    pub draft: Option<DraftId>,
    /// Of which plan and measure.
    pub plan: Option<(PlanId, Option<MeasureId>)>,
    /// Of which request.
    pub request: Option<RequestId>,
    /// The file's bytes, base64 (standard alphabet with padding).
    pub base64: String,
}

/// Takes a recording or a file in as an answer of a draft. Its bytes, [`crate::photo::MAX_FILE_BYTES`] at most, travel as
/// the body of the request and are no part of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddFile {
    /// In which draft.
    pub draft: DraftId,
    /// What it is.
    pub media: Media,
    /// What it is called; may be empty.
    pub name: String,
}

/// What a recording or a file is that answers a question of a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DescribeFile {
    /// Of which draft.
    pub draft: DraftId,
    /// The answer.
    pub photo: PhotoId,
}

/// Reply to [`DescribeFile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// What it is.
    pub attached: Attached,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Puts a copy of a recording or a file, as it is and not sealed, where the person finds it outside of the app.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SaveFile {
    /// Which.
    pub photo: PhotoId,
    /// What it is to be called.
    pub name: String,
}

/// Reply to [`SaveFile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFile {
    /// Where it is now.
    pub path: String,
}

/// Reply to [`AddPhoto`] and [`AddFile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Its name.
    pub photo: PhotoId,
    /// How many bytes it has now.
    pub bytes: u64,
}

calls! {
    BeginVisit => "begin_visit" -> VisitDraft;
    VisitForms => "visit_forms" -> Vec<VisitForm>;
    KeepStep => "keep_step" -> Kept;
    FindChoices => "find_choices" -> FoundChoices;
    SubmitVisit => "submit_visit" -> Submitted;
    Suggest => "suggest" -> Vec<SuggestedMeasure>;
    DiscardDraft => "discard_draft" -> Kept;
    QuickVisit => "quick_visit" -> EventId;
    AddPhoto => "add_photo" -> Added;
    AddFile => "add_file" -> Added;
    DescribeFile => "describe_file" -> Described;
    SaveFile => "save_file" -> SavedFile;
}

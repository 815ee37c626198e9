//! A form as data: what `read` makes of a workbook, what travels to the browser as JSON, and what a
//! session is opened on. Expressions stay source text here, so that the JSON is small and readable;
//! `Program::compile` parses them once when a session starts.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Index of an [`Item`] in [`Form::items`].
pub type ItemId = usize;

/// A text in the form's languages: one entry per language in the order of [`Form::languages`].
/// An empty entry means "not translated" and falls back to the first language that has a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub Vec<String>);

impl Text {
    /// The same text whatever the language.
    pub fn plain(text: impl Into<String>) -> Self {
        Text(vec![text.into()])
    }

    /// The text in the language with this index, else in the first language that has one, else "".
    pub fn get(&self, language: usize) -> &str {
        match self.0.get(language) {
            Some(text) if !text.is_empty() => text,
            _ => self.0.iter().find(|text| !text.is_empty()).map_or("", String::as_str),
        }
    }

    /// True when no language has a text.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }
}

/// What an item of a form is. Names in JSON are the words of XLSForm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Several items under one heading.
    Group,
    /// A group that occurs any number of times (rooms).
    Repeat,
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// A number with decimals.
    Decimal,
    /// A number picked on a scale (`parameters` start, end, step).
    Range,
    /// One choice of a list.
    SelectOne,
    /// Any number of choices of a list; the value is their names joined by spaces.
    SelectMultiple,
    /// The choices of a list in order of preference.
    Rank,
    /// Text that is only shown.
    Note,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A time of day, `HH:MM:SS`.
    Time,
    /// A day and time, ISO 8601.
    DateTime,
    /// A photo; the value is its file name or content hash.
    Image,
    /// A recording.
    Audio,
    /// A film.
    Video,
    /// Any file.
    File,
    /// A code read by the camera.
    Barcode,
    /// A place: latitude, longitude, altitude, accuracy, separated by spaces.
    Geopoint,
    /// A line of places.
    Geotrace,
    /// An area.
    Geoshape,
    /// A box to tick; the value is `OK` or empty.
    Acknowledge,
    /// A value that nobody sees, computed by an expression.
    Calculate,
    /// A value that nobody sees.
    Hidden,
    /// When the form was opened.
    Start,
    /// When the form was last changed.
    End,
    /// The day on which the form was opened.
    Today,
    /// Another property of the device or person (deviceid, username, …).
    Preload,
}

impl Kind {
    /// True for groups and repeats.
    pub fn is_container(self) -> bool {
        matches!(self, Kind::Group | Kind::Repeat)
    }

    /// True for values that are never shown.
    pub fn is_unseen(self) -> bool {
        matches!(self, Kind::Calculate | Kind::Hidden | Kind::Start | Kind::End | Kind::Today | Kind::Preload)
    }

    /// True for questions that a person answers (everything but containers, notes and unseen values).
    pub fn is_question(self) -> bool {
        !self.is_container() && !self.is_unseen() && self != Kind::Note
    }

    /// True for questions whose answer is one or more names of a choice list.
    pub fn is_select(self) -> bool {
        matches!(self, Kind::SelectOne | Kind::SelectMultiple | Kind::Rank)
    }

    /// True for questions whose answer names a file.
    pub fn is_media(self) -> bool {
        matches!(self, Kind::Image | Kind::Audio | Kind::Video | Kind::File)
    }
}

/// One row of the survey sheet: a question, a calculated value, a group or a repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Name, unique within its group.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The group or repeat that holds it; none for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ItemId>,
    /// What it holds, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ItemId>,
    /// The question. May hold `${name}`.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub label: Text,
    /// How to answer it. May hold `${name}`.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub hint: Text,
    /// Expression: shown and kept only when true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevant: Option<String>,
    /// Expression: an answer is right only when true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// What to say when the constraint is false.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub constraint_message: Text,
    /// Expression (mostly `true()`): an answer must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// What to say when it is missing.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub required_message: Text,
    /// Expression: cannot be changed while true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
    /// Expression that gives the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculation: Option<String>,
    /// The value when the node is made: a text, or an expression if `default_is_expr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The default is an expression.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default_is_expr: bool,
    /// Words for the screen, separated by spaces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub appearance: String,
    /// Unit to show behind a number, as `°C` (column `unit`, ours).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// `key=value` settings of the type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The choice list, for selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Expression on one choice: offered only when true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice_filter: Option<String>,
    /// Expression: how many instances a repeat has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_count: Option<String>,
    /// Row in the survey sheet, from 1, for messages; 0 when there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub row: usize,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Item {
    /// An item with nothing but a name and a kind.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Item {
            name: name.into(),
            kind,
            parent: None,
            children: Vec::new(),
            label: Text::default(),
            hint: Text::default(),
            relevant: None,
            constraint: None,
            constraint_message: Text::default(),
            required: None,
            required_message: Text::default(),
            read_only: None,
            calculation: None,
            default: None,
            default_is_expr: false,
            appearance: String::new(),
            unit: String::new(),
            parameters: BTreeMap::new(),
            list: None,
            choice_filter: None,
            repeat_count: None,
            row: 0,
        }
    }
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceRow {
    /// The value that is kept.
    pub name: String,
    /// What is shown.
    pub label: Text,
    /// Further columns of the sheet, in the order of [`ChoiceList::columns`]; for filters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<String>,
}

/// A list of choices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceList {
    /// Names of further columns, used by choice filters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The choices, in order.
    pub rows: Vec<ChoiceRow>,
}

/// How soon a measure should be done. Ordered: urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Now: danger or damage.
    Urgent,
    /// Before everything ordinary.
    High,
    /// In turn.
    Normal,
    /// When there is an occasion.
    Low,
}

impl Priority {
    /// 1 (urgent) to 4 (low), as plans keep it.
    pub fn rank(self) -> i64 {
        match self {
            Priority::Urgent => 1,
            Priority::High => 2,
            Priority::Normal => 3,
            Priority::Low => 4,
        }
    }
}

/// A row of the sheet `plan`: when the answers are so, this measure is suggested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Expression, in the dialect of the survey.
    pub when: String,
    /// Name of a repeat: `when` and `why` are evaluated once for each of its instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreach: Option<String>,
    /// Name of the measure, stable over languages and versions.
    pub measure: String,
    /// The measure in words.
    pub label: Text,
    /// How soon.
    pub priority: Priority,
    /// Days until it is due; 0 = today.
    pub days: u32,
    /// Why, in words; may hold `${name}`.
    pub why: Text,
    /// Row in the sheet, from 1.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub row: usize,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// `form_id` of the settings.
    pub id: String,
    /// `version` of the settings.
    #[serde(default)]
    pub version: String,
    /// `form_title` of the settings.
    pub title: Text,
    /// Languages as the workbook names them: `中文 (zh)`, `English (en)`. One empty name when the workbook has none.
    pub languages: Vec<String>,
    /// Index of the language to begin with.
    #[serde(default)]
    pub default_language: usize,
    /// Items; the first is the root group, parents come before their children, children are in order.
    pub items: Vec<Item>,
    /// Choice lists.
    #[serde(default)]
    pub lists: BTreeMap<String, ChoiceList>,
    /// Rules of the sheet `plan`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Expression that names an instance (`instance_name` of the settings).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_name: Option<String>,
}

impl Form {
    /// Index of a language, by its whole name (`English (en)`), its code (`en`) or its bare name (`English`).
    pub fn language_index(&self, wanted: &str) -> Option<usize> {
        let wanted = wanted.trim();
        let is = |name: &&String| -> bool {
            let (bare, code) = split_language(name);
            name.eq_ignore_ascii_case(wanted)
                || (!code.is_empty() && code.eq_ignore_ascii_case(wanted))
                || bare.eq_ignore_ascii_case(wanted)
        };
        self.languages.iter().position(|name| is(&name)).or_else(|| {
            // `zh-CN` of a browser finds `zh`.
            let (primary, _) = wanted.split_once('-')?;
            self.languages.iter().position(|name| split_language(name).1.eq_ignore_ascii_case(primary))
        })
    }

    /// The item at an index, if there is one.
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.get(id)
    }
}

/// `中文 (zh)` → (`中文`, `zh`).
pub fn split_language(name: &str) -> (&str, &str) {
    match name.rsplit_once('(') {
        Some((bare, rest)) => (bare.trim(), rest.trim_end_matches([')', ' ']).trim()),
        None => (name.trim(), ""),
    }
}

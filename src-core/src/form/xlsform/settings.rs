//! The sheet `settings`: its first row says what the form is called and how it is sent.

use super::columns;
use super::heading::{Line, Reading, Sheet};
use super::name;
use super::problem::{Code, Place, Problem, Problems};
use super::table::Tables;
use super::value::{Fields, Value};
use crate::facility::FacilityKind;
use crate::form::model::About;

/// What the settings say, under the names of the standard (`title`, `id_string`, …).
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub fields: Fields,
    /// The sheet, for places of errors.
    pub sheet: Sheet,
    /// Name of the root element of the answers.
    pub root: String,
    pub id: String,
    pub title: String,
    pub language: String,
}

/// "yes", "TRUE", "true()" and their like.
pub(super) fn yes_no(word: &str) -> Option<bool> {
    match word {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "true()" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "false()" => Some(false),
        _ => None,
    }
}

impl Settings {
    /// Reads the sheet; `root` and `id` stand in for what it does not say.
    pub fn read(tables: &Tables, root: &str, id: &str, problems: &mut Problems) -> Settings {
        let mut settings = Settings::default();
        match tables.settings.as_ref().filter(|t| !t.is_empty()) {
            Some(table) => {
                let has = |name: &str| table.headings.iter().any(|h| h == name);
                let twice = has("id_string") && has("form_id");
                if twice {
                    problems.warn(Problem::new(
                        Code::FormIdTwice,
                        Place::row("settings", 1).column("id_string"),
                        (
                            "form_id and id_string are the same setting: id_string is passed by",
                            "form_id 和 id_string 是同一个设置：id_string 没有采用。",
                        ),
                    ));
                }
                let mut kept = super::table::Table { sheet: table.sheet.clone(), ..Default::default() };
                let old = |at: usize| twice && table.headings.get(at).is_some_and(|h| h == "id_string");
                kept.headings = table
                    .headings
                    .iter()
                    .map(|h| if twice && h == "id_string" { "_id_string" } else { h }.to_owned())
                    .collect();
                // Only the first row counts; the others are read for what they refer to.
                let first = table.rows.first().into_iter();
                kept.rows = first.map(|r| r.iter().filter(|(at, _)| !old(*at)).cloned().collect()).collect();
                let reading = Reading { language: "default", collapse: false, required: None };
                settings.sheet = Sheet::read(&kept, &columns::SETTINGS, reading, problems);
                settings.sheet.warn_of_misspelt(&columns::SETTINGS, problems);
            }
            None => {
                if let Some(near) = tables.misspelt("settings") {
                    problems.warn(misspelt("settings", &near));
                }
            }
        }
        settings.fields = settings.sheet.rows.first().map(|line: &Line| line.fields.clone()).unwrap_or_default();
        let text = |key: &str| settings.fields.text(key).map(str::to_owned);
        let written = text("name");
        if let Some(written) = &written
            && !name::is_name(written)
        {
            problems.error(invalid_name(settings.sheet.place(2, &["name"]), written));
        }
        settings.root = written.unwrap_or_else(|| root.to_owned());
        settings.id = text("id_string").unwrap_or_else(|| id.to_owned());
        settings.title = text("title").unwrap_or_else(|| settings.id.clone());
        settings.language = text("default_language").unwrap_or_else(|| "default".to_owned());
        settings
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.text(key)
    }

    /// What the form is called in other languages: `form_title::English (en)` or `form_title_en`.
    pub fn titles(&self) -> Vec<(String, String)> {
        let grouped = self.fields.map("title").into_iter().flat_map(Fields::iter);
        let suffixed = self.fields.iter().filter_map(|(key, value)| Some((key.strip_prefix("form_title_")?, value)));
        let text = |(language, value): (&str, &Value)| Some((language.to_owned(), value.as_text()?.to_owned()));
        grouped.chain(suffixed).filter_map(text).collect()
    }

    /// What the form is filled in at: `about` is `household` (which is usual) or `place`, `kinds` says at which places.
    /// A word that is none is warned about and passed by.
    pub fn about(&self, problems: &mut Problems) -> About {
        let mut unknown = |column: &str, word: &str, known: &[&str]| {
            let message = (
                format!("\"{word}\" is none of {}", known.join(", ")),
                format!("这里不能填“{word}”，可以填：{}。", known.join("、")),
            );
            let place = self.sheet.place(2, &[column]);
            let meant = name::nearest(word, known.iter().copied());
            problems.warn(Problem::new(Code::SettingUnknown, place, message).meant(meant));
        };
        let is_place = match self.text("about") {
            Some("place") => true,
            None | Some("household") => false,
            Some(other) => {
                unknown("about", other, &["household", "place"]);
                false
            }
        };
        let words = FacilityKind::ALL.map(FacilityKind::as_str);
        let mut kinds = Vec::new();
        for word in self.text("kinds").unwrap_or_default().split([' ', ',']).filter(|word| !word.is_empty()) {
            match FacilityKind::of_word(word) {
                Some(kind) => kinds.push(kind),
                None => unknown("kinds", word, &words),
            }
        }
        if is_place { About::Facility(kinds) } else { About::Household }
    }

    /// Whether a setting is there and says yes.
    pub fn says_yes(&self, key: &str) -> bool {
        self.text(key).and_then(yes_no).unwrap_or(false)
    }

    /// A row of the survey sheet may be a setting: its type names it, its name is the value.
    pub fn take_from_survey(&mut self, question_type: &str, value: &str) -> bool {
        match question_type {
            "form_title" | "set_form_title" => value.clone_into(&mut self.title),
            "form_id" | "set_form_id" => value.clone_into(&mut self.id),
            "prefix" => self.fields.set_text("prefix", value),
            _ => return false,
        }
        true
    }
}

pub(super) fn misspelt(sheet: &str, near: &str) -> Problem {
    let message = (
        format!(
            "there is no sheet \"{sheet}\", but {near}; when that is another one, an underscore before its name says so"
        ),
        format!("没有工作表“{sheet}”，但有“{near}”；如果那是别的表，请在它的表名前加下划线。"),
    );
    Problem::new(Code::SheetMisspelt, Place::sheet(near), message).meant(Some(sheet.to_owned()))
}

/// A name that XML does not take.
pub(super) fn invalid_name(place: Place, name: &str) -> Problem {
    let en = format!(
        "\"{name}\" is no valid name: it must begin with a letter or an underscore, and go on with letters, digits, \
         underscores, hyphens or periods"
    );
    let zh = if name.contains(' ') && name::is_name(&name.replace(' ', "_")) {
        format!("名称“{name}”不能有空格。")
    } else {
        format!("“{name}”不能作名称：要以字母、汉字或下划线开头，后面只能是字母、汉字、数字、下划线、连字符和点。")
    };
    let mut meant: String = name.trim().chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect();
    meant.retain(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if meant.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        meant.insert(0, '_');
    }
    let meant = (name::is_name(&meant) && meant != name).then_some(meant);
    Problem::new(Code::NameInvalid, place, (en, zh)).meant(meant)
}

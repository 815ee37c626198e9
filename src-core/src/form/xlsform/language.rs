//! Languages: which columns lack a translation that others have, and whether languages have codes.

use super::columns::{TRANSLATED, TRANSLATED_CHOICES};
use super::heading::Sheet;
use super::problem::{Code, Place, Problem, Problems};
use std::collections::{BTreeMap, BTreeSet};

/// The translated columns of a sheet by language.
#[derive(Debug, Default)]
pub(super) struct Languages<'a> {
    columns: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Languages<'a> {
    pub fn of_survey(sheet: &'a Sheet) -> Self {
        Languages::of(sheet, &TRANSLATED)
    }

    pub fn of_choices(sheet: &'a Sheet) -> Self {
        Languages::of(sheet, &TRANSLATED_CHOICES)
    }

    fn of(sheet: &'a Sheet, translated: &'a [(&'a str, &'a str)]) -> Self {
        let mut languages = Languages::default();
        for column in &sheet.columns {
            let path: Vec<&str> = column.path.iter().map(String::as_str).collect();
            let path = match path.as_slice() {
                ["media" | "bind", rest @ ..] if !rest.is_empty() => rest,
                path => path,
            };
            let (first, language) = match path {
                [first] => (first, "default"),
                [first, language] => (first, *language),
                _ => continue,
            };
            if let Some((_, known)) = translated.iter().find(|(column, _)| column == first) {
                languages.columns.entry(language).or_default().insert(known);
            }
        }
        languages
    }

    /// Whether there are no languages with names.
    pub fn only_default(&self) -> bool {
        self.columns.keys().all(|language| *language == "default")
    }

    pub fn warn_of_missing(&self, sheet: &str, problems: &mut Problems) {
        if self.only_default() {
            return;
        }
        let all: BTreeSet<&str> = self.columns.values().flatten().copied().collect();
        for (language, columns) in &self.columns {
            let missing: Vec<&str> = all.difference(columns).copied().collect();
            if !missing.is_empty() {
                let message = (
                    format!("the language \"{language}\" has no {}", missing.join(", ")),
                    format!("语言“{language}”缺这些列：{}。", missing.join("、")),
                );
                problems.warn(Problem::new(Code::TranslationMissing, Place::sheet(sheet), message));
            }
        }
    }
}

/// Languages are written `English (en)`, with a code that clients know.
pub(super) fn warn_of_codes<'a>(languages: impl Iterator<Item = &'a str>, problems: &mut Problems) {
    for language in languages.filter(|l| *l != "default" && l.chars().count() >= 3) {
        let code = language.strip_suffix(')').and_then(|l| l.split_once('(')).map(|(_, code)| code);
        if !code.is_some_and(is_code) {
            let message = (
                format!("the language \"{language}\" has no code, as in \"English (en)\""),
                format!("语言“{language}”后面缺语言代码，要写成“中文 (zh)”这样。"),
            );
            problems.warn(Problem::new(Code::LanguageCode, Place::default(), message));
        }
    }
}

/// The two letters of ISO 639-1, or what looks like the three letters of the other parts.
fn is_code(code: &str) -> bool {
    const TWO: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
        dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik \
        in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi \
        mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc \
        sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi \
        vo wa wo xh yi yo za zh zu";
    match code.len() {
        2 => TWO.split_whitespace().any(|two| two == code),
        length => length == 3 && code.bytes().all(|b| b.is_ascii_lowercase()),
    }
}

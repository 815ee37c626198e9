//! What a conflict's field and its values are called.

use huce_core::{
    body::Noun,
    clock::Millis,
    household::field as hf,
    ids::PersonId,
    ipc::conflict::Conflict,
    plan::field as pf,
    request::{Party, field as rf},
};
use serde_json::{Value, json};

use crate::{form::text, here::Here, i18n::*, when::moment_text, words};

/// How a field's values are read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Day,
    /// Texts.
    List,
    YesNo,
    Moment,
    Person,
    Heating,
    Measure,
    Channel,
    Category,
    Severity,
    Mode,
    Party,
    Pause,
    /// What a hand-over, a decision, a pause or another asking says: words and texts.
    Step,
}

/// The last part of a field's name: `measure/1/until` is about `until`.
fn part(field: &str) -> &str {
    field.rsplit('/').next().unwrap_or(field)
}

/// The kind of step of a request's numbered field: `hand/1` is a hand-over.
fn step(conflict: &Conflict) -> Option<&str> {
    let (kind, _) = conflict.field.split_once('/').filter(|_| conflict.noun == Noun::Request)?;
    [rf::HAND, rf::DECIDE, rf::PAUSE, rf::RESUME, rf::AGAIN].into_iter().find(|known| *known == kind)
}

impl Kind {
    /// Of the field of a conflict; one of a newer version goes by what its values are.
    pub fn of(conflict: &Conflict) -> Self {
        match step(conflict) {
            Some(rf::RESUME) => return Self::Moment,
            Some(_) => return Self::Step,
            None => {}
        }
        match (conflict.noun, part(&conflict.field)) {
            (Noun::Household, hf::MODE) => Self::Heating,
            (Noun::Request, rf::MODE) => Self::Mode,
            (_, rf::CHANNEL) => Self::Channel,
            (_, rf::CATEGORY) => Self::Category,
            (_, rf::SEVERITY) => Self::Severity,
            (_, rf::PARTY) => Self::Party,
            (_, rf::TAKEN_MS | rf::ANSWERED_MS | rf::RESOLVED_MS) => Self::Moment,
            (_, "who" | rf::ASSIGNEE) => Self::Person,
            (_, "until" | "due") => Self::Day,
            (_, "state") => Self::Measure,
            (_, hf::CARE) => Self::List,
            _ => match conflict.values.iter().map(|v| &v.value).find(|v| !v.is_null()) {
                Some(Value::Number(_)) => Self::Number,
                Some(Value::Bool(_)) => Self::YesNo,
                Some(Value::Array(_)) => Self::List,
                _ => Self::Text,
            },
        }
    }

    /// The values there are, with their words, where there are few. By their names: reading them into types would cost
    /// the bundle more than all of this page.
    pub fn all(self, i18n: I18n) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Heating => vec![
                ("series", t_string!(i18n, words.series)),
                ("parallel", t_string!(i18n, words.parallel)),
                ("individual", t_string!(i18n, words.individual)),
            ],
            Self::Measure => vec![
                ("open", t_string!(i18n, words.measure_open)),
                ("done", t_string!(i18n, words.measure_done)),
                ("dropped", t_string!(i18n, words.measure_dropped)),
            ],
            Self::Channel => vec![
                ("hotline", t_string!(i18n, words.hotline)),
                ("city_app", t_string!(i18n, words.city_app)),
                ("grid_group", t_string!(i18n, words.grid_group)),
                ("suggestion_box", t_string!(i18n, words.suggestion_box)),
                ("desk", t_string!(i18n, words.desk)),
                ("visit", t_string!(i18n, words.on_visit)),
                ("file", t_string!(i18n, words.from_file)),
            ],
            Self::Category => vec![
                ("cold", t_string!(i18n, words.cold)),
                ("leak", t_string!(i18n, words.leak)),
                ("noise", t_string!(i18n, words.noise)),
                ("account", t_string!(i18n, words.account)),
                ("equipment", t_string!(i18n, words.equipment)),
                ("other", t_string!(i18n, words.other)),
            ],
            Self::Severity => vec![("small", t_string!(i18n, words.small)), ("major", t_string!(i18n, words.major))],
            Self::Mode => vec![
                ("own", t_string!(i18n, words.own)),
                ("joint", t_string!(i18n, words.joint)),
                ("escalated", t_string!(i18n, words.escalated)),
            ],
            Self::Party => Party::ALL.iter().map(|party| (party.as_str(), words::party(i18n, *party))).collect(),
            Self::Pause => vec![
                ("appointment", t_string!(i18n, words.pause_appointment)),
                ("nobody_home", t_string!(i18n, words.pause_nobody_home)),
                ("parts", t_string!(i18n, words.pause_parts)),
                ("others", t_string!(i18n, words.pause_others)),
                ("conditions", t_string!(i18n, words.pause_conditions)),
            ],
            _ => Vec::new(),
        }
    }

    /// Can another value be typed?
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Day | Self::List)
    }

    /// What somebody typed, as a value; none when it is none.
    pub fn read(self, typed: &str) -> Option<Value> {
        let typed = typed.trim();
        match self {
            Self::Number => typed.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| json!(n)),
            Self::List => {
                let parts = typed.split(['、', ',', '，']).map(str::trim).filter(|t| !t.is_empty());
                Some(json!(parts.collect::<Vec<_>>()))
            }
            _ => (!typed.is_empty()).then(|| json!(typed)),
        }
    }
}

/// The word for the field.
pub fn field_word(i18n: I18n, conflict: &Conflict) -> String {
    if let Some(rest) = conflict.field.strip_prefix("follow/") {
        return text!(i18n, conflict.follow_up, days = rest.split('/').next().unwrap_or_default());
    }
    match step(conflict) {
        Some(rf::HAND) => return text!(i18n, conflict.hand_over),
        Some(rf::DECIDE) => return text!(i18n, conflict.decision),
        Some(rf::PAUSE) => return text!(i18n, conflict.pause),
        Some(rf::RESUME) => return text!(i18n, conflict.resume),
        Some(_) => return text!(i18n, conflict.again),
        None => {}
    }
    let word = match part(&conflict.field) {
        hf::MODE if conflict.noun == Noun::Household => text!(i18n, conflict.heating),
        hf::CARE => text!(i18n, conflict.care),
        hf::ACCOUNT => text!(i18n, conflict.account),
        hf::AREA_M2 => text!(i18n, conflict.area),
        hf::NAME => text!(i18n, conflict.name),
        hf::PHONE => text!(i18n, conflict.phone),
        hf::NOTE => text!(i18n, conflict.note),
        hf::FLOOR => text!(i18n, conflict.floor),
        pf::DIAGNOSIS => text!(i18n, conflict.diagnosis),
        pf::CONSENT => text!(i18n, conflict.consent),
        pf::BEFORE_C => text!(i18n, conflict.before),
        pf::AFTER_C => text!(i18n, conflict.after),
        pf::CLOSED => text!(i18n, conflict.closed),
        "title" => text!(i18n, conflict.measure),
        "priority" => text!(i18n, conflict.priority),
        "why" => text!(i18n, conflict.why),
        "who" | rf::ASSIGNEE => text!(i18n, conflict.person),
        "until" => text!(i18n, conflict.until),
        "state" => text!(i18n, conflict.state),
        rf::CHANNEL => text!(i18n, conflict.channel),
        rf::CATEGORY => text!(i18n, conflict.category),
        rf::SEVERITY => text!(i18n, conflict.severity),
        rf::MODE => text!(i18n, conflict.mode),
        rf::TEXT => text!(i18n, conflict.text),
        rf::TAKEN_MS => text!(i18n, conflict.taken),
        rf::ANSWERED_MS => text!(i18n, conflict.answered),
        rf::RESOLVED_MS => text!(i18n, conflict.resolved),
        rf::RESOLUTION => text!(i18n, conflict.resolution),
        rf::SATISFIED => text!(i18n, conflict.satisfied),
        rf::PARTY => text!(i18n, conflict.party),
        rf::MODE_WHY => text!(i18n, conflict.why),
        other => other.to_owned(),
    };
    match &conflict.measure {
        Some(measure) => format!("{measure} · {word}"),
        None => word,
    }
}

/// A value as people read it.
pub fn value_word(i18n: I18n, here: Here, kind: Kind, value: &Value) -> String {
    let said = match kind {
        Kind::Moment => value.as_i64().map(|ms: Millis| moment_text(i18n, ms, here.now_ms_untracked())),
        Kind::Step => Some(step_words(i18n, here, value)),
        Kind::Person => value.as_str().and_then(|id| PersonId::new(id).ok()).map(|id| here.name_of(&id)),
        _ => kind.all(i18n).into_iter().find(|(name, _)| value == name).map(|(_, word)| word.to_owned()),
    };
    said.unwrap_or_else(|| plain(i18n, value))
}

/// What a step says, its words in the language of the screens: `物业 · 公共立管`.
fn step_words(i18n: I18n, here: Here, value: &Value) -> String {
    let known: Vec<_> = [Kind::Party, Kind::Pause, Kind::Channel].into_iter().flat_map(|kind| kind.all(i18n)).collect();
    let word = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("ms", Value::Number(ms)) => ms.as_i64().map(|ms| moment_text(i18n, ms, here.now_ms_untracked())),
        ("who", Value::String(id)) => PersonId::new(id.as_str()).ok().map(|id| here.name_of(&id)),
        ("from" | "to" | "party" | "channel" | "reason", value) => {
            let known = known.iter().find(|(name, _)| value == name);
            known.map(|(_, word)| (*word).to_owned()).or_else(|| value.as_str().map(str::to_owned))
        }
        (_, Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let parts: Vec<String> = value.as_object().into_iter().flatten().filter_map(word).collect();
    if parts.is_empty() { plain(i18n, value) } else { parts.join(" · ") }
}

fn plain(i18n: I18n, value: &Value) -> String {
    match value {
        Value::Null => text!(i18n, words.empty),
        Value::Bool(true) => text!(i18n, words.yes),
        Value::Bool(false) => text!(i18n, words.no),
        Value::String(text) if text.is_empty() => text!(i18n, words.empty),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => text!(i18n, words.empty),
        Value::Array(all) => all.iter().map(|v| plain(i18n, v)).collect::<Vec<_>>().join("、"),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use huce_core::{household::HeatingMode, plan::MeasureState, request as r};
    use serde::{Serialize, de::DeserializeOwned};
    use serde_json::json;

    use super::Kind;
    use crate::i18n::use_i18n;

    /// Every name is one of the type, and there are as many as the type has.
    fn fits<T: Serialize + DeserializeOwned>(kind: Kind, all: &[T]) {
        let mut wanted: Vec<String> = all.iter().map(|v| json!(v).as_str().unwrap().to_owned()).collect();
        let mut have: Vec<String> = kind.all(use_i18n()).into_iter().map(|(name, _)| name.to_owned()).collect();
        wanted.sort();
        have.sort();
        assert_eq!(have, wanted, "{kind:?}");
    }

    #[test]
    fn the_names_are_those_of_the_types() {
        use crate::pages::request_words::{CATEGORIES, CHANNELS, MODES, SEVERITIES};
        fits(Kind::Heating, &[HeatingMode::Series, HeatingMode::Parallel, HeatingMode::Individual]);
        fits(Kind::Measure, &[MeasureState::Open, MeasureState::Done, MeasureState::Dropped]);
        fits::<r::Channel>(Kind::Channel, &[CHANNELS.as_slice(), &[r::Channel::File]].concat());
        fits::<r::Party>(Kind::Party, &r::Party::ALL);
        fits::<r::PauseReason>(Kind::Pause, &r::PauseReason::ALL);
        fits::<r::Category>(Kind::Category, &CATEGORIES);
        fits::<r::Severity>(Kind::Severity, &SEVERITIES);
        fits::<r::Mode>(Kind::Mode, &MODES);
    }

    #[test]
    fn what_is_typed_becomes_a_value_or_none() {
        assert_eq!(Kind::Number.read(" 18.5 "), Some(json!(18.5)));
        assert_eq!(Kind::Number.read("暖"), None);
        assert_eq!(Kind::List.read("独居，高龄、"), Some(json!(["独居", "高龄"])));
        assert_eq!(Kind::Text.read("  "), None);
    }
}

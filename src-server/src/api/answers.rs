//! A visit's answers in the form's words, for reading: question in Chinese and English, and the answer.

use huce_core::form::{Form, Item, Kind, Text};
use serde_json::{Map, Value};

/// Every answered question in the form's order: (question in Chinese, in English, answer). Rooms and other repeats
/// are numbered. Choices are shown by their words, values that nobody was asked for are left out.
pub fn in_words(form: &Form, answers: &Value) -> Vec<(String, String, String)> {
    let zh = form.language_index("zh").unwrap_or(0);
    let en = form.language_index("en").unwrap_or(zh);
    let mut walk = Walk { form, languages: (zh, en), root: answers, lines: Vec::new() };
    walk.container(0, answers, "", "");
    walk.lines
}

struct Walk<'a> {
    form: &'a Form,
    languages: (usize, usize),
    root: &'a Value,
    lines: Vec<(String, String, String)>,
}

impl Walk<'_> {
    fn container(&mut self, id: usize, answers: &Value, zh: &str, en: &str) {
        let form = self.form;
        for child in form.item(id).map(|i| i.children.as_slice()).unwrap_or_default() {
            let (Some(item), Some(answer)) = (form.item(*child), form.item(*child).and_then(|i| answers.get(&i.name)))
            else {
                continue;
            };
            match item.kind {
                Kind::Group => self.container(*child, answer, zh, en),
                Kind::Repeat => {
                    for (n, one) in (1..).zip(answer.as_array().into_iter().flatten()) {
                        let label = |language| format!("{} {n} · ", self.label(item, language, one));
                        let (zh, en) = (label(self.languages.0), label(self.languages.1));
                        self.container(*child, one, &zh, &en);
                    }
                }
                kind if kind.is_question() && !kind.is_media() => {
                    let text = self.answer(item, answer);
                    if !text.is_empty() {
                        let label = |before: &str, language| format!("{before}{}", self.label(item, language, answers));
                        self.lines.push((label(zh, self.languages.0), label(en, self.languages.1), text));
                    }
                }
                _ => {}
            }
        }
    }

    fn label(&self, item: &Item, language: usize, near: &Value) -> String {
        let text = item.label.get(language);
        if text.is_empty() { item.name.clone() } else { filled(text, near, self.root) }
    }

    fn answer(&self, item: &Item, answer: &Value) -> String {
        let text = plain(answer);
        if !item.kind.is_select() {
            let unit = if text.is_empty() || item.unit.is_empty() { String::new() } else { format!(" {}", item.unit) };
            return format!("{text}{unit}");
        }
        let list = item.list.as_ref().and_then(|name| self.form.lists.get(name));
        let word = |name: &str| match list.and_then(|l| l.rows.iter().find(|r| r.name == name)) {
            Some(row) => both(&row.label, self.languages),
            None => name.to_owned(),
        };
        match item.kind {
            Kind::SelectOne => word(&text),
            _ => text.split_whitespace().map(word).collect::<Vec<_>>().join("、"),
        }
    }
}

/// `开 / open`
fn both(text: &Text, (zh, en): (usize, usize)) -> String {
    match (text.get(zh), text.get(en)) {
        (zh, en) if zh == en => zh.to_owned(),
        (zh, en) => format!("{zh} / {en}"),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(_) => String::new(),
        other => other.to_string(),
    }
}

/// `${room}` in a question's words: the answer next to it, else the first of this name.
fn filled(text: &str, near: &Value, root: &Value) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let value = near.get(name.trim()).or_else(|| find(root.as_object(), name.trim()));
        out.push_str(&value.map(plain).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

fn find<'a>(object: Option<&'a Map<String, Value>>, name: &str) -> Option<&'a Value> {
    let object = object?;
    object.get(name).or_else(|| object.values().find_map(|v| find(v.as_object(), name)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use huce_core::{form::read_form, workbook::Sheets};
    use serde_json::json;

    #[test]
    fn answers_read_like_the_form() {
        let survey = vec![
            vec!["type", "name", "label::中文 (zh)", "label::English (en)"],
            vec!["begin_repeat", "rooms", "房间", "Room"],
            vec!["select_one kind", "room", "哪一间", "Which"],
            vec!["decimal", "temperature", "${room} 的室温", "Temperature of ${room}"],
            vec!["image", "photo", "照片", "Photo"],
            vec!["end_repeat", "", "", ""],
            vec!["text", "note", "备注", "Note"],
        ];
        let choices = vec![
            vec!["list_name", "name", "label::中文 (zh)", "label::English (en)"],
            vec!["kind", "living", "客厅", "living room"],
        ];
        let form = read_form(&Sheets::from_rows([("survey", survey), ("choices", choices)]));
        let form = form.unwrap_or_else(|errors| panic!("{errors:?}"));
        let answers = json!({"rooms": [{"room": "living", "temperature": 17.5, "photo": "ab"}], "note": ""});
        let lines = in_words(&form, &answers);
        let want = [
            ("房间 1 · 哪一间", "Room 1 · Which", "客厅 / living room"),
            ("房间 1 · living 的室温", "Room 1 · Temperature of living", "17.5"),
        ];
        let want = want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(lines, want);
    }
}

//! Groups, repeats and loops: what begins and ends, and what their rows say.

use super::{Checked, Refused, Row, Survey};
use crate::form::xlsform::draft::{Draft, Kind};
use crate::form::xlsform::entities::Step;
use crate::form::xlsform::problem::{Code, Problem};
use crate::form::xlsform::reference;
use std::collections::{HashMap, HashSet};

/// Groups within groups; nobody reads a form that is deeper.
const DEEPEST: usize = 40;

/// A group that is not ended yet.
pub(super) struct Open {
    pub draft: Draft,
    /// Names within, with their rows.
    pub names: HashMap<String, u32>,
    pub names_lower: HashSet<String>,
    /// The groups from the survey to here.
    pub path: Vec<Step>,
}

impl Open {
    pub fn root() -> Open {
        Open {
            draft: Draft::new(Kind::Survey, "survey", "survey"),
            names: HashMap::new(),
            names_lower: HashSet::new(),
            path: vec![Step { name: "survey".to_owned(), kind: Kind::Survey }],
        }
    }
}

/// Whether the group that is open shows its selects as a table.
pub(super) enum TableList {
    No,
    /// The first select says which list.
    Begun,
    Of(String),
}

fn kind_of(word: &str) -> Option<Kind> {
    Some(match word {
        "group" => Kind::Group,
        "repeat" | "lgroup" | "looped group" => Kind::Repeat,
        "loop" => Kind::Loop,
        _ => return None,
    })
}

fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    rest.strip_prefix(|c: char| c.is_whitespace() || c == '_')
}

/// The kind and list of `begin group`, `begin_repeat`, `begin loop over list`, …
pub(super) fn begin_of(question_type: &str) -> Option<(Kind, Option<String>)> {
    let rest = after(question_type, "begin")?;
    for word in ["looped group", "group", "lgroup", "repeat", "loop"] {
        let Some(list) = rest.strip_prefix(word) else { continue };
        if list.is_empty() {
            return Some((kind_of(word)?, None));
        }
        let Some(list) = list.strip_prefix(' ') else { continue };
        let list = list.strip_prefix("over ").unwrap_or(list);
        if !list.is_empty() && !list.contains(char::is_whitespace) {
            return Some((kind_of(word)?, Some(list.to_owned())));
        }
    }
    None
}

/// The kind of `end group`, `end_repeat`, …
pub(super) fn end_of(question_type: &str) -> Option<Kind> {
    kind_of(after(question_type, "end")?)
}

/// As it is written in the type, and in Chinese.
fn word(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Repeat => ("repeat", "重复组"),
        Kind::Loop => ("loop", "循环组"),
        _ => ("group", "分组"),
    }
}

impl Survey<'_> {
    pub(super) fn begin(&mut self, kind: Kind, list: Option<String>, mut row: Row) -> Checked {
        let number = row.number;
        if self.stack.len() > DEEPEST {
            let message = (format!("groups are more than {DEEPEST} deep"), format!("分组嵌套超过 {DEEPEST} 层。"));
            self.stopped = true;
            return Err(self.refuse(number, &["type"], Code::TooDeep, message));
        }
        row.draft.kind = kind;
        let name = row.draft.name().to_owned();
        if kind == Kind::Repeat {
            self.check_repeat(&row, &name);
        }
        if kind == Kind::Loop {
            match list {
                None => {
                    let message = (
                        "a loop needs a list: begin loop over list_name",
                        "循环组要有选项表，写成 begin loop over list_name。",
                    );
                    self.refuse(number, &["type"], Code::LoopWithoutList, message);
                }
                Some(list) if !self.choices.has(&list) => {
                    let message = (
                        format!("there is no list \"{list}\" on the sheet choices"),
                        format!("选项表“{list}”在 choices 工作表里没有。"),
                    );
                    let meant = self.problems.meant(&list, self.choices.names());
                    let place = self.sheet.place(number, &["type"]);
                    self.problems.error(Problem::new(Code::ListUnknown, place, message).meant(meant));
                }
                Some(list) => row.draft.over = Some(list),
            }
        }
        self.count(&mut row, &name);
        self.table_list(&mut row);
        if let Some(intent) = row.draft.fields.text("intent").map(str::to_owned) {
            row.draft.fields.set_in("control", "intent", intent);
        }
        let mut path = self.stack.last().map(|o| o.path.clone()).unwrap_or_default();
        path.push(Step { name, kind });
        self.stack.push(Open { draft: row.draft, names: HashMap::new(), names_lower: HashSet::new(), path });
        Ok(())
    }

    fn check_repeat(&mut self, row: &Row, name: &str) {
        let place = self.sheet.place(row.number, &["name"]);
        if name == self.settings.root {
            let message = (
                format!("a repeat must not have the name of the form's root, \"{name}\""),
                format!("重复组不能叫“{name}”：这是表单根节点的名称。"),
            );
            self.problems.error(Problem::new(Code::RepeatNameIsRoot, place, message));
        } else if !name.is_empty() && !self.repeats.insert(name.to_owned()) {
            let message = (
                format!("there is another repeat \"{name}\": names of repeats must be unique in the form"),
                format!("已经有重复组“{name}”：一张表单里，重复组的名称不能相同。"),
            );
            self.problems.error(Problem::new(Code::RepeatNameTaken, place, message));
        }
        if !row.draft.fields.has("label") && row.draft.fields.map("media").is_none() {
            let place = self.sheet.place(row.number, &["label"]);
            let message = (format!("the repeat \"{name}\" has no label"), format!("重复组“{name}”没有文字（label）。"));
            self.problems.warn(Problem::new(Code::RepeatLabelMissing, place, message));
        }
    }

    /// How often a repeat is there: an expression that is more than a reference gets a node of its own.
    fn count(&mut self, row: &mut Row, name: &str) {
        let Some(count) = row.draft.fields.map("control").and_then(|c| c.text("jr:count")).map(str::to_owned) else {
            return;
        };
        if reference::whole(&count).is_none() {
            let node = format!("{name}_count");
            let mut generated = Draft::calculated(&node, &[("readonly", "true()"), ("calculate", &count)]);
            generated.row = Some(row.number);
            self.push(generated);
            row.draft.fields.set_in("control", "jr:count", format!("${{{node}}}"));
        }
    }

    /// A group with the appearance `table-list` is a field list; its label becomes a note within.
    fn table_list(&mut self, row: &mut Row) {
        let appearance = row.draft.fields.map("control").and_then(|c| c.text("appearance")).map(str::to_owned);
        let Some(appearance) = appearance else { return };
        if !appearance.split_whitespace().any(|w| w == "table-list") {
            return;
        }
        self.table_list = TableList::Begun;
        let others = appearance.split_whitespace().filter(|w| *w != "table-list");
        let words: Vec<&str> = std::iter::once("field-list").chain(others).collect();
        row.draft.fields.set_in("control", "appearance", words.join(" "));
        let (label, hint) = (row.draft.fields.remove("label"), row.draft.fields.remove("hint"));
        if label.is_none() && hint.is_none() {
            return;
        }
        let mut note = Draft::new(Kind::Question, "note", &format!("generated_table_list_label_{}", row.number));
        note.row = Some(row.number);
        for (key, value) in [("label", label), ("hint", hint)] {
            if let Some(value) = value {
                note.fields.set(key, value);
            }
        }
        row.draft.children.push(note);
    }

    pub(super) fn end(&mut self, kind: Kind, row: &mut Row) -> Checked {
        self.see_for_entities(row, false, true)?;
        let open = self.stack.last().map(|o| o.draft.kind);
        if open != Some(kind) || self.stack.len() == 1 {
            let (ended, _) = word(kind);
            let message = match self.stack.last().filter(|_| self.stack.len() > 1) {
                Some(open) => {
                    let (kind, kind_zh) = word(open.draft.kind);
                    let (name, row) = (open.draft.name(), open.draft.row.unwrap_or_default());
                    (
                        format!("\"end {ended}\" stands where the {kind} \"{name}\" of row {row} is open"),
                        format!("这里写了“end {ended}”，但还没有结束的是第 {row} 行的{kind_zh}“{name}”。"),
                    )
                }
                None => (
                    format!("\"end {ended}\" has no \"begin {ended}\""),
                    format!("“end {ended}”前面没有“begin {ended}”。"),
                ),
            };
            let meant = open.filter(|_| self.stack.len() > 1).map(|k| format!("end {}", word(k).0));
            let place = self.sheet.place(row.number, &["type"]);
            self.problems.error(Problem::new(Code::EndWithoutBegin, place, message).meant(meant));
            if self.stack.len() > 1 {
                self.close();
            }
            return Err(Refused);
        }
        self.close();
        self.table_list = TableList::No;
        Ok(())
    }

    fn close(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.push(open.draft);
        }
    }

    /// Ends what the rows left open, and gives the survey.
    pub(super) fn close_all(&mut self) -> Draft {
        while self.stack.len() > 1 {
            if let Some(open) = self.stack.last().filter(|_| !self.stopped) {
                let ((kind, kind_zh), name) = (word(open.draft.kind), open.draft.name());
                let message = (
                    format!("the {kind} \"{name}\" has no \"end {kind}\""),
                    format!("{kind_zh}“{name}”没有用“end {kind}”结束。"),
                );
                let place = self.sheet.place(open.draft.row.unwrap_or_default(), &["type"]);
                self.problems.error(Problem::new(Code::BeginWithoutEnd, place, message));
            }
            self.close();
        }
        self.stack.pop().map_or_else(|| Open::root().draft, |open| open.draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_groups() {
        assert_eq!(begin_of("begin group"), Some((Kind::Group, None)));
        assert_eq!(begin_of("begin_looped group"), Some((Kind::Repeat, None)));
        assert_eq!(begin_of("begin loop over rooms"), Some((Kind::Loop, Some("rooms".into()))));
        assert_eq!(begin_of("begin repeat x y"), None);
        assert_eq!(begin_of("begin"), None);
        assert_eq!(end_of("end_repeat"), Some(Kind::Repeat));
        assert_eq!(end_of("end"), None);
    }
}

//! The lists of the sheet `choices` (and of `external_choices` and `osm`, which have the same columns).

use super::columns;
use super::heading::{Reading, Sheet};
use super::problem::{Code, Place, Problem, Problems};
use super::reference;
use super::table::Table;
use super::value::{Fields, Value};
use std::collections::{HashMap, HashSet};

/// Rows by list, in order of the lists' first rows.
#[derive(Debug, Default)]
pub(super) struct Lists {
    names: HashMap<String, usize>,
    lists: Vec<List>,
}

/// A list of choices.
#[derive(Debug, Default)]
pub(super) struct List {
    pub name: String,
    pub rows: Vec<Choice>,
    /// Whether its labels stand among the translations: several languages, media, or references in labels.
    pub translated: bool,
}

/// A choice under its columns, the list's name left out.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub row: u32,
    pub fields: Fields,
}

impl Choice {
    pub fn name(&self) -> &str {
        self.fields.text("name").unwrap_or_default()
    }
}

impl Lists {
    pub fn get(&self, name: &str) -> Option<&List> {
        self.lists.get(*self.names.get(name)?)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut List> {
        self.lists.get_mut(*self.names.get(name)?)
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &List> {
        self.lists.iter()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|l| l.name.as_str())
    }

    fn add(&mut self, name: String, choice: Choice) {
        let lists = &mut self.lists;
        let at = *self.names.entry(name).or_insert_with_key(|name| {
            lists.push(List { name: name.clone(), ..List::default() });
            lists.len() - 1
        });
        if let Some(list) = lists.get_mut(at) {
            list.rows.push(choice);
        }
    }

    /// Rows without a list's name belong to none.
    fn of(sheet: &mut Sheet) -> Lists {
        let mut lists = Lists::default();
        for line in sheet.rows.drain(..) {
            let mut fields = line.fields;
            if let Some(Value::Text(name)) = fields.remove("list name") {
                lists.add(name, Choice { row: line.row, fields });
            }
        }
        lists
    }

    /// Reads a sheet without looking into its rows.
    pub fn plain(table: &Table, language: &str, problems: &mut Problems) -> Lists {
        let reading = Reading { language, collapse: false, required: None };
        Lists::of(&mut Sheet::read(table, &columns::LISTS, reading, problems))
    }

    /// Reads the sheet `choices` and says what is wrong with its rows.
    pub fn choices(table: &Table, language: &str, duplicates: bool, problems: &mut Problems) -> (Lists, Sheet) {
        let reading = Reading { language, collapse: false, required: Some("name") };
        let mut sheet = Sheet::read(table, &columns::LISTS, reading, problems);
        let mut lists = Lists::of(&mut sheet);
        let has_name = sheet.has("name");
        let ignored: Vec<String> = sheet
            .columns
            .iter()
            .filter_map(|c| c.path.first())
            .filter(|first| *first != "list name" && (first.contains(' ') || first.is_empty()))
            .cloned()
            .collect();
        for heading in &ignored {
            let message = (
                format!("the column \"{heading}\" is passed by: a heading must have no blanks"),
                format!("列“{heading}”没有采用：列名不能有空格。"),
            );
            problems.warn(Problem::new(Code::ChoiceHeadingIgnored, Place::row("choices", 1).column(heading), message));
        }
        for list in &mut lists.lists {
            let mut seen = HashSet::new();
            for choice in &mut list.rows {
                let place = |column: &str| sheet.place(choice.row, &[column]);
                match choice.fields.text("name") {
                    None if has_name => {
                        let message = (
                            format!("a choice of the list \"{}\" has no name", list.name),
                            format!("选项表“{}”里有一个选项没有名称（name）。", list.name),
                        );
                        problems.error(Problem::new(Code::ChoiceNameMissing, place("name"), message));
                    }
                    None => {}
                    Some(name) => {
                        if !choice.fields.has("label") {
                            let message = (
                                format!("the choice \"{name}\" has no label"),
                                format!("选项“{name}”没有文字（label）。"),
                            );
                            problems.warn(Problem::new(Code::ChoiceLabelMissing, place("label"), message));
                        }
                        if !seen.insert(name.to_owned()) && !duplicates {
                            let message = (
                                format!(
                                    "the list \"{}\" has two choices \"{name}\" (the setting allow_choice_duplicates \
                                     allows it)",
                                    list.name
                                ),
                                format!(
                                    "选项表“{}”里有两个选项“{name}”；确实要重复，请设置 allow_choice_duplicates。",
                                    list.name
                                ),
                            );
                            problems.error(Problem::new(Code::ChoiceNameTaken, place("name"), message));
                        }
                    }
                }
                for heading in &ignored {
                    choice.fields.remove(heading);
                }
                for (column, value) in choice.fields.iter() {
                    let own = matches!(column, "name" | "label" | "media");
                    if matches!(value, Value::Map(_)) && !matches!(column, "label" | "media") {
                        let message = (
                            format!("the column \"{column}\" cannot be in several languages"),
                            format!("列“{column}”不能分语言填写。"),
                        );
                        problems.error(Problem::new(Code::HeadingUnknown, sheet.place(choice.row, &[column]), message));
                    } else if !own && !super::name::is_name(column) {
                        problems.error(super::settings::invalid_name(Place::row("choices", 1).column(column), column));
                    }
                }
            }
        }
        (lists, sheet)
    }

    /// Finds out which lists need translations; the lists are complete then.
    pub fn settle(&mut self) {
        for list in &mut self.lists {
            list.translated = list.rows.iter().any(|choice| {
                choice.fields.map("media").is_some_and(|m| !m.is_empty())
                    || match choice.fields.get("label") {
                        Some(Value::Map(_)) => true,
                        Some(Value::Text(label)) => reference::has(label),
                        None => false,
                    }
            });
        }
    }

    /// Adds the choice "other" to a list that has none, in the languages that the list has.
    pub fn add_other(&mut self, name: &str) {
        let Some(list) = self.get_mut(name) else { return };
        if list.rows.iter().any(|c| c.name() == "other") {
            return;
        }
        let mut labels = Fields::default();
        for choice in &list.rows {
            for (language, _) in choice.fields.map("label").into_iter().flat_map(Fields::iter) {
                labels.set_text(language, "Other");
            }
        }
        let label = if labels.is_empty() { Value::text("Other") } else { Value::Map(labels) };
        let mut fields = Fields::default();
        fields.set_text("name", "other");
        fields.set("label", label);
        list.rows.push(Choice { row: 0, fields });
    }
}

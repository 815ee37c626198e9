//! Workbook to form. Whatever is wrong is said at once, with sheet, row and column, and what was probably meant.

mod columns;
mod kinds;
mod plan;

use super::expr::{Expr, functions};
use super::model::{ChoiceList, ChoiceRow, Form, Item, ItemId, Kind, Text};
use super::names::closest;
use super::program::{BrokenForm, Program};
use crate::workbook::Sheets;
use columns::Table;
use kinds::{RowType, row_type};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What is wrong in a workbook, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("sheet {sheet}, row {row}, column {column}: {message}")]
pub struct AuthorError {
    /// Name of the sheet.
    pub sheet: String,
    /// Row as the spreadsheet numbers it, from 1.
    pub row: usize,
    /// Heading of the column; "" when the whole row is meant.
    pub column: String,
    /// What is wrong.
    pub message: String,
    /// What was probably meant, or what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl AuthorError {
    fn new(sheet: &str, row: usize, column: &str, message: impl Into<String>, hint: Option<String>) -> Self {
        AuthorError { sheet: sheet.into(), row, column: column.into(), message: message.into(), hint }
    }
}

/// Items that a form may have.
const MAX_ITEMS: usize = 20_000;
/// Groups within groups that a form may have.
const MAX_DEPTH: usize = 50;

/// Reads a form. On error, everything that is wrong, in the order of sheets and rows.
pub fn read_form(sheets: &Sheets) -> Result<Form, Vec<AuthorError>> {
    let mut errors = Vec::new();
    let Some(survey) = sheets.get("survey") else {
        let hint = closest("survey", sheets.names()).map(|n| format!("rename the sheet `{n}`"));
        return Err(vec![AuthorError::new("survey", 1, "", "the workbook has no sheet `survey`", hint)]);
    };
    let survey = Table::new("survey", survey, &mut errors);
    let choices = Table::new("choices", sheets.get("choices").unwrap_or_default(), &mut errors);
    let settings = Table::new("settings", sheets.get("settings").unwrap_or_default(), &mut errors);
    let plan = Table::new("plan", sheets.get("plan").unwrap_or_default(), &mut errors);
    for column in ["type", "name"] {
        if !survey.has(column) {
            errors.push(AuthorError::new("survey", 1, column, format!("the column `{column}` is missing"), None));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let setting = |name: &str| settings.rows.first().map_or("", |(_, row)| settings.cell(row, name));
    let languages = languages(&[&survey, &choices, &plan], setting("default_language"));
    let mut reader = Reader { languages: &languages, lists: BTreeMap::new(), items: Vec::new(), errors };
    let twice = matches!(setting("allow_choice_duplicates").to_lowercase().as_str(), "yes" | "true" | "true()");
    reader.read_choices(&choices, twice);
    let root = if setting("name").is_empty() { "data" } else { setting("name") };
    let id = if setting("form_id").is_empty() { setting("id_string") } else { setting("form_id") };
    let title = if setting("form_title").is_empty() { setting("title") } else { setting("form_title") };
    let title = if title.is_empty() { id } else { title };
    let mut top = Item::new(root, Kind::Group);
    top.label = reader.titles(&settings, title);
    let title = top.label.clone();
    reader.items.push(top);
    reader.read_survey(&survey);
    let wanted = setting("default_language");
    let mut form = Form {
        id: if id.is_empty() { root.to_owned() } else { id.to_owned() },
        version: setting("version").to_owned(),
        title,
        default_language: languages.iter().position(|l| l == wanted).unwrap_or(0),
        languages: languages.clone(),
        items: std::mem::take(&mut reader.items),
        lists: std::mem::take(&mut reader.lists),
        rules: Vec::new(),
        instance_name: Some(setting("instance_name").to_owned()).filter(|s| !s.is_empty()),
    };
    let mut errors = std::mem::take(&mut reader.errors);
    form.rules = plan::read_rules(&plan, &languages, &mut errors);
    check(&form, &mut errors);
    let place = |sheet: &str| ["survey", "choices", "settings", "plan"].iter().position(|s| *s == sheet);
    errors.sort_by_key(|e| (place(&e.sheet), e.row));
    errors.dedup();
    if errors.is_empty() { Ok(form) } else { Err(errors) }
}

/// In the order in which they first appear; a column without language beside others is the language `default`.
fn languages(tables: &[&Table], default: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for language in tables.iter().flat_map(|t| t.languages()) {
        if !found.contains(&language) {
            found.push(language);
        }
    }
    if found.iter().any(|l| !l.is_empty()) {
        // Texts without a language belong to the default one.
        let own = if default.is_empty() { "default" } else { default };
        if let Some(at) = found.iter().position(String::is_empty) {
            if found.iter().any(|l| l == own) {
                found.remove(at);
            } else if let Some(slot) = found.get_mut(at) {
                *slot = own.to_owned();
            }
        }
    }
    if found.is_empty() { vec![String::new()] } else { found }
}

/// A text of a row in the form's languages.
fn text(table: &Table, row: &[String], column: &str, languages: &[String]) -> Text {
    let cells = table.texts(row, column);
    if cells.iter().all(|(_, t)| t.is_empty()) {
        return Text::default();
    }
    let of = |language: &String| {
        let own = cells.iter().find(|(l, t)| l == language && !t.is_empty());
        let plain = cells.iter().find(|(l, t)| l.is_empty() && !t.is_empty());
        own.or(plain).map_or(String::new(), |(_, t)| (*t).to_owned())
    };
    Text(languages.iter().map(of).collect())
}

struct Reader<'a> {
    languages: &'a [String],
    lists: BTreeMap<String, ChoiceList>,
    items: Vec<Item>,
    errors: Vec<AuthorError>,
}

impl Reader<'_> {
    fn error(&mut self, sheet: &str, row: usize, column: &str, message: impl Into<String>, hint: Option<String>) {
        self.errors.push(AuthorError::new(sheet, row, column, message, hint));
    }

    /// The title, with columns `form_title_CODE` (ours: `form_title_en`) if there are such. Not `::`, which other
    /// tools refuse on this sheet.
    fn titles(&self, settings: &Table, title: &str) -> Text {
        let Some((_, row)) = settings.rows.first() else { return Text::plain(title) };
        let of = |language: &String| {
            let heading = format!("form_title_{}", super::model::split_language(language).1);
            let at = settings.headings.iter().position(|h| h.trim() == heading);
            at.and_then(|i| row.get(i)).map_or("", |c| c.trim()).to_owned()
        };
        let own: Vec<String> = self.languages.iter().map(of).collect();
        if own.iter().all(String::is_empty) {
            return Text::plain(title);
        }
        Text(own.into_iter().map(|t| if t.is_empty() { title.to_owned() } else { t }).collect())
    }

    fn read_choices(&mut self, table: &Table, twice: bool) {
        let name_column = if table.has("name") { "name" } else { "value" };
        let others = table.others(&["list_name", "name", "value", "type", "parameters"]);
        let mut seen: HashSet<(String, String)> = HashSet::new();
        for (number, row) in &table.rows {
            let (list, name) = (table.cell(row, "list_name"), table.cell(row, name_column));
            if list.is_empty() {
                continue; // a remark between the lists
            }
            if name.is_empty() {
                self.error("choices", *number, name_column, "a choice needs a name", None);
                continue;
            }
            if !seen.insert((list.to_owned(), name.to_owned())) && !twice {
                let message = format!("the list `{list}` has the choice `{name}` twice");
                self.error("choices", *number, name_column, message, None);
                continue;
            }
            let extra = others.iter().map(|(_, i)| row.get(*i).map_or(String::new(), |c| c.trim().to_owned()));
            let choice = ChoiceRow {
                name: name.to_owned(),
                label: text(table, row, "label", self.languages),
                extra: extra.collect(),
            };
            let entry = self.lists.entry(list.to_owned()).or_insert_with(|| ChoiceList {
                columns: others.iter().map(|(name, _)| name.clone()).collect(),
                rows: Vec::new(),
            });
            entry.rows.push(choice);
        }
        for list in self.lists.values_mut() {
            trim_columns(list);
        }
    }

    fn read_survey(&mut self, table: &Table) {
        let mut open: Vec<(ItemId, usize)> = vec![(0, 0)];
        for (number, row) in &table.rows {
            let kind_text = table.cell(row, "type");
            if kind_text.is_empty() {
                if !table.cell(row, "name").is_empty() {
                    self.error("survey", *number, "type", "the question has no type", None);
                }
                continue;
            }
            let parent = open.last().map_or(0, |(id, _)| *id);
            match row_type(kind_text) {
                RowType::Nothing => {}
                RowType::NotYet => {
                    self.error("survey", *number, "type", format!("`{kind_text}` is not supported yet"), None);
                }
                RowType::Unknown => {
                    let first = kind_text.split_whitespace().next().unwrap_or_default();
                    let meant = closest(kind_text, kinds::WORDS.iter().copied())
                        .or_else(|| closest(first, kinds::WORDS.iter().copied()));
                    let hint = meant.map(|m| format!("did you mean `{m}`?"));
                    self.error("survey", *number, "type", format!("there is no type `{kind_text}`"), hint);
                }
                RowType::End(kind) => {
                    let is = self.items.get(parent).map(|i| i.kind);
                    if open.len() > 1 && is == Some(kind) {
                        open.pop();
                        continue;
                    }
                    let message = match open.last().filter(|_| open.len() > 1) {
                        None => "this ends a group or repeat that was not begun".to_owned(),
                        Some((id, begun)) => {
                            let name = self.items.get(*id).map_or("", |i| i.name.as_str());
                            format!("`{name}`, begun in row {begun}, is of the other kind")
                        }
                    };
                    self.error("survey", *number, "type", message, None);
                }
                RowType::Begin(kind) => {
                    let id = self.item(table, *number, row, kind, parent);
                    open.push((id, *number));
                    if open.len() > MAX_DEPTH {
                        self.error("survey", *number, "type", "groups are nested too deeply", None);
                        return;
                    }
                }
                RowType::Question { kind, list, or_other } => {
                    let id = self.item(table, *number, row, kind, parent);
                    if kind.is_select() {
                        self.choose_list(*number, id, list, or_other);
                        self.check_blanks(*number, id);
                    }
                    if or_other {
                        self.other(*number, id, parent);
                    }
                }
            }
            if self.items.len() > MAX_ITEMS {
                self.error("survey", *number, "", format!("a form has at most {MAX_ITEMS} rows"), None);
                return;
            }
        }
        for (id, begun) in open.into_iter().skip(1) {
            let name = self.items.get(id).map_or(String::new(), |i| i.name.clone());
            self.error("survey", begun, "type", format!("`{name}` is begun here and never ended"), None);
        }
    }

    fn item(&mut self, table: &Table, number: usize, row: &[String], kind: Kind, parent: ItemId) -> ItemId {
        let name = table.cell(row, "name");
        let fallback = matches!(kind, Kind::Start | Kind::End | Kind::Today | Kind::Preload);
        let name = if name.is_empty() && fallback { table.cell(row, "type") } else { name };
        // A note may go without a name; it gets the one that other tools give it.
        let generated = format!("generated_note_name_{number}");
        let name = if name.is_empty() && kind == Kind::Note { generated.as_str() } else { name };
        if !is_name(name) {
            let message = match name {
                "" => "a name is missing".to_owned(),
                _ => format!("`{name}` is no name: a letter or `_`, then letters, digits, `_`, `-`, `.`"),
            };
            self.error("survey", number, "name", message, None);
        }
        let twin = self
            .items
            .get(parent)
            .map(|p| p.children.clone())
            .unwrap_or_default()
            .into_iter()
            .find(|c| self.items.get(*c).is_some_and(|i| i.name == name && !name.is_empty()));
        if let Some(twin) = twin.and_then(|t| self.items.get(t)) {
            let message = format!("`{name}` is there already, in row {}", twin.row);
            self.error("survey", number, "name", message, None);
        }
        let own = |column: &str| Some(table.cell(row, column).to_owned()).filter(|s| !s.is_empty());
        let mut item = Item::new(name, kind);
        item.parent = Some(parent);
        item.row = number;
        item.label = text(table, row, "label", self.languages);
        item.hint = text(table, row, "hint", self.languages);
        item.constraint_message = text(table, row, "constraint_message", self.languages);
        item.required_message = text(table, row, "required_message", self.languages);
        item.relevant = own("relevant").and_then(|e| flag(&e));
        item.constraint = own("constraint");
        item.required = own("required").and_then(|e| flag(&e)).filter(|e| e != "false()");
        item.read_only = own("read_only").and_then(|e| flag(&e)).filter(|e| e != "false()");
        item.calculation = own("calculation");
        item.default = own("default");
        item.default_is_expr = item.default.as_deref().is_some_and(is_dynamic);
        item.appearance = table.cell(row, "appearance").split_whitespace().collect::<Vec<_>>().join(" ");
        item.unit = table.cell(row, "unit").to_owned();
        item.choice_filter = own("choice_filter");
        item.repeat_count = own("repeat_count").filter(|_| kind == Kind::Repeat);
        item.parameters = self.parameters(number, table.cell(row, "parameters"));
        if kind == Kind::Calculate && item.calculation.is_none() && item.default.is_none() {
            self.error("survey", number, "calculation", format!("`{name}` has nothing to calculate"), None);
        }
        let id = self.items.len();
        if let Some(parent) = self.items.get_mut(parent) {
            parent.children.push(id);
        }
        self.items.push(item);
        id
    }

    fn parameters(&mut self, number: usize, text: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        // `a = 1; b=2` and `a=1 b=2` are both in use.
        let tight = text.replace(" =", "=").replace("= ", "=");
        for part in tight.split([' ', ',', ';']).filter(|p| !p.trim().is_empty()) {
            match part.split_once('=') {
                Some((key, value)) => {
                    found.insert(key.trim().to_owned(), value.trim().to_owned());
                }
                None => self.error("survey", number, "parameters", format!("`{part}` is not `key=value`"), None),
            }
        }
        found
    }

    fn choose_list(&mut self, number: usize, id: ItemId, list: Option<String>, or_other: bool) {
        let Some(list) = list else {
            self.error("survey", number, "type", "the name of a choice list is missing", None);
            return;
        };
        if !self.lists.contains_key(&list) {
            let meant = closest(&list, self.lists.keys().map(String::as_str));
            let hint = meant.map(|m| format!("did you mean `{m}`?"));
            self.error("survey", number, "type", format!("there is no choice list `{list}`"), hint);
        }
        let languages = self.languages.len();
        if let Some(list) = self.lists.get_mut(&list).filter(|_| or_other)
            && !list.rows.iter().any(|r| r.name == "other")
        {
            let extra = vec![String::new(); list.columns.len()];
            let label = Text(vec!["Other".into(); languages]);
            list.rows.push(ChoiceRow { name: "other".into(), label, extra });
        }
        if let Some(item) = self.items.get_mut(id) {
            item.list = Some(list);
        }
    }

    /// Answers of several choices are joined by blanks, so none may hold one.
    fn check_blanks(&mut self, number: usize, id: ItemId) {
        let Some(item) = self.items.get(id).filter(|i| i.kind != Kind::SelectOne) else { return };
        let rows = item.list.as_ref().and_then(|l| self.lists.get(l)).map(|l| l.rows.as_slice()).unwrap_or_default();
        if let Some(row) = rows.iter().find(|r| r.name.contains(char::is_whitespace)) {
            let message = format!("the choice `{}` holds a blank, which separates the choices of an answer", row.name);
            self.error("survey", number, "type", message, None);
        }
    }

    /// `or_other`: a text question behind, for what is meant.
    fn other(&mut self, number: usize, select: ItemId, parent: ItemId) {
        let Some(name) = self.items.get(select).map(|i| i.name.clone()) else { return };
        let mut item = Item::new(format!("{name}_other"), Kind::Text);
        item.parent = Some(parent);
        item.row = number;
        item.label = Text(vec!["Specify other.".into(); self.languages.len()]);
        item.relevant = Some(format!("selected(../{name}, 'other')"));
        let id = self.items.len();
        if let Some(parent) = self.items.get_mut(parent) {
            parent.children.push(id);
        }
        self.items.push(item);
    }
}

/// Columns that are empty in the whole list are not kept.
fn trim_columns(list: &mut ChoiceList) {
    let used: Vec<bool> = (0..list.columns.len())
        .map(|i| list.rows.iter().any(|r| r.extra.get(i).is_some_and(|c| !c.is_empty())))
        .collect();
    let keep = |cells: &mut Vec<String>| {
        let mut at = used.iter();
        cells.retain(|_| at.next().copied().unwrap_or(false));
    };
    keep(&mut list.columns);
    list.rows.iter_mut().for_each(|r| keep(&mut r.extra));
}

/// `yes`, `TRUE` and the like stand for `true()`.
fn flag(text: &str) -> Option<String> {
    Some(match text.to_lowercase().as_str() {
        "yes" | "true" | "true()" | "是" => "true()".into(),
        "no" | "false" | "false()" | "否" => "false()".into(),
        _ => text.to_owned(),
    })
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c == '-' || c == '.' || c.is_alphanumeric())
}

/// A default is computed if it refers to something or calls a function.
fn is_dynamic(text: &str) -> bool {
    if text.contains("${") {
        return true;
    }
    let Ok(expr) = super::expr::parse(text) else { return false };
    let mut calls = false;
    expr.walk(&mut |e| calls |= matches!(e, Expr::Call(name, _) if functions::NAMES.contains(&name.as_str())));
    calls
}

/// Everything that needs the whole form: expressions, references, functions, cycles, rules.
fn check(form: &Form, errors: &mut Vec<AuthorError>) {
    let row = |id: ItemId| form.item(id).map_or(0, |i| i.row);
    let Ok((program, problems)) = Program::compile_all(Arc::new(form.clone())) else {
        if errors.is_empty() {
            errors.push(AuthorError::new("survey", 1, "", "the form cannot be put in order", None));
        }
        return;
    };
    errors.extend(problems.into_iter().map(|(id, problem)| broken("survey", row(id), problem)));
    for id in 0..form.items.len() {
        for (_, expr) in program.expressions(id) {
            check_functions(expr, "survey", row(id), errors);
        }
    }
    for cycle in program.cycles() {
        let names: Vec<&str> = cycle.iter().filter_map(|id| form.item(*id)).map(|i| i.name.as_str()).collect();
        let first = cycle.iter().copied().map(row).max().unwrap_or(0);
        let message = format!("these depend on each other in a circle: {}", names.join(" → "));
        errors.push(AuthorError::new("survey", first, "calculation", message, None));
    }
    plan::check_rules(form, &program, errors);
}

fn check_functions(expr: &Expr, sheet: &str, row: usize, errors: &mut Vec<AuthorError>) {
    expr.walk(&mut |e| {
        let Expr::Call(name, _) = e else { return };
        if functions::NAMES.contains(&name.as_str()) {
            return;
        }
        let (message, hint) = if functions::NOT_YET.contains(&name.as_str()) {
            (format!("`{name}()` is not supported yet"), None)
        } else {
            let meant = closest(name, functions::NAMES.iter().copied()).map(|m| format!("did you mean `{m}()`?"));
            (format!("there is no function `{name}()`"), meant)
        };
        errors.push(AuthorError::new(sheet, row, "", message, hint));
    });
}

fn broken(sheet: &str, row: usize, problem: BrokenForm) -> AuthorError {
    match problem {
        BrokenForm::Expression { column, error, .. } => AuthorError::new(sheet, row, column, error.to_string(), None),
        BrokenForm::Reference { column, problem, .. } => match problem.split_once("; ") {
            Some((problem, hint)) => AuthorError::new(sheet, row, column, problem, Some(hint.to_owned())),
            None => AuthorError::new(sheet, row, column, problem, None),
        },
        BrokenForm::Shape => AuthorError::new(sheet, row, "", problem.to_string(), None),
    }
}

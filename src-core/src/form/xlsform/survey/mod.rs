//! The rows of the sheet `survey`, checked and nested into groups and repeats.
//!
//! A row that is wrong is reported and left out; the rows after it are read on, so that all errors are said at once.

mod audit;
mod capture;
mod geo;
mod group;
mod range;
mod select;

use super::choices::Lists;
use super::draft::{Action, Draft, FIRST_LOAD, Kind, LOAD, NEW_REPEAT};
use super::entities::Entities;
use super::heading::{Line, Sheet};
use super::lexer;
use super::name;
use super::parameters::Parameters;
use super::problem::{Code, Place, Problem, Problems};
use super::reference;
use super::settings::{Settings, invalid_name, yes_no};
use super::table::Tables;
use super::types;
use super::value::Value;
use crate::form::Said;
use group::{Open, TableList};
pub(super) use select::{EXTENSIONS, split_extension};
use std::collections::{HashMap, HashSet};

/// What the rows refer to, and where what they say goes.
pub(super) struct Survey<'a> {
    pub sheet: &'a Sheet,
    pub tables: &'a Tables,
    pub settings: &'a mut Settings,
    pub choices: &'a mut Lists,
    pub external: Option<&'a Lists>,
    pub osm: Option<&'a Lists>,
    pub entities: &'a mut Entities,
    pub problems: &'a mut Problems,
    /// How often each name of a row occurs.
    pub names: HashMap<String, u32>,
    /// Whether a question adds "other" to its list.
    pub other_seen: bool,
    stack: Vec<Open>,
    meta: Vec<Draft>,
    questions: HashSet<String>,
    repeats: HashSet<String>,
    instances: HashSet<String>,
    triggers: Vec<(String, u32)>,
    geometries: Vec<(String, u32)>,
    table_list: TableList,
    /// Groups are nested so deep that nothing more is read.
    stopped: bool,
}

/// A row on its way to a draft.
struct Row {
    number: u32,
    question_type: String,
    draft: Draft,
}

/// The row is wrong, which has been said.
struct Refused;

type Checked<T = ()> = Result<T, Refused>;

impl<'a> Survey<'a> {
    pub fn new(
        sheet: &'a Sheet,
        tables: &'a Tables,
        settings: &'a mut Settings,
        choices: &'a mut Lists,
        (external, osm): (Option<&'a Lists>, Option<&'a Lists>),
        entities: &'a mut Entities,
        problems: &'a mut Problems,
    ) -> Self {
        Survey {
            sheet,
            tables,
            settings,
            choices,
            external,
            osm,
            entities,
            problems,
            names: HashMap::new(),
            other_seen: false,
            stack: vec![Open::root()],
            meta: Vec::new(),
            questions: HashSet::new(),
            repeats: HashSet::new(),
            instances: HashSet::new(),
            triggers: Vec::new(),
            geometries: Vec::new(),
            table_list: TableList::No,
            stopped: false,
        }
    }

    /// Reads all rows. What belongs into the group `meta` comes apart, for entities may be put before it.
    pub fn read(&mut self) -> (Draft, Vec<Draft>) {
        for line in &self.sheet.rows {
            if self.stopped || self.problems.is_full() {
                break;
            }
            // An error is said where it is found; the row is then left out.
            let _ = self.line(line);
        }
        for (name, row) in std::mem::take(&mut self.triggers) {
            if !self.questions.contains(&name) {
                let near = self.problems.meant(&name, self.questions.iter().map(String::as_str));
                let place = self.sheet.place(row, &["trigger"]);
                let message = (format!("there is no question \"{name}\""), format!("没有名称为“{name}”的题目。"));
                self.problems.error(Problem::new(Code::ReferenceUnknown, place, message).meant(near));
            }
        }
        self.check_geometries();
        let root = self.close_all();
        (root, std::mem::take(&mut self.meta))
    }

    fn line(&mut self, line: &Line) -> Checked {
        let mut fields = line.fields.clone();
        let number = line.row;
        if let Some(disabled) = fields.remove("disabled") {
            let place = self.sheet.place(number, &["disabled"]);
            let message = (
                "the column \"disabled\" is not part of the standard: use relevant",
                "列“disabled”不在标准里，请改用 relevant。",
            );
            self.problems.warn(Problem::new(Code::RowDisabled, place, message));
            if disabled.as_text().and_then(yes_no) == Some(true) {
                return Ok(());
            }
        }
        if fields.is_empty() {
            return Ok(());
        }
        let Some(written) = fields.text("type") else {
            if fields.has("name") || fields.has("label") {
                let message =
                    ("the row has a name or a label, but no type", "这一行有名称或文字，但没有题型（type）。");
                return Err(self.refuse(number, &["type"], Code::TypeMissing, message));
            }
            let place = Place::row("survey", number);
            let message = ("a row without type, name and label is passed by", "这一行没有题型、名称和文字，没有采用。");
            self.problems.warn(Problem::new(Code::RowIgnored, place, message));
            return Ok(());
        };
        let question_type = types::without_alias(written).to_owned();
        fields.set_text("type", &question_type);
        let mut draft = Draft::new(Kind::Question, &question_type, "");
        draft.fields = fields;
        draft.row = Some(number);
        let mut row = Row { number, question_type, draft };
        self.trigger(&mut row)?;
        self.dynamic_default(&mut row);
        row.draft.parameters = match Parameters::parse(row.draft.fields.text("parameters").unwrap_or_default()) {
            Ok(parameters) => parameters,
            Err(_) => {
                let message =
                    ("parameters are written as key1=value1 key2=value2", "参数要写成 key1=value1 key2=value2 这样。");
                // The name counts, or whoever refers to it would be told that it is not there.
                self.note_name(&row);
                return Err(self.refuse(number, &["parameters"], Code::ParametersSyntax, message));
            }
        };
        self.row(row)
    }

    fn row(&mut self, mut row: Row) -> Checked {
        if row.question_type == "audit" {
            return self.audit(row);
        }
        let number = row.number;
        if row.question_type == "calculate" {
            let calculation = row.draft.fields.map("bind").and_then(|b| b.get("calculate"));
            if calculation.is_none() && !row.draft.dynamic_default {
                self.note_name(&row);
                let message = ("a calculate needs a calculation", "calculate 题要写计算式（calculation）。");
                return Err(self.refuse(number, &["bind", "calculate"], Code::CalculationMissing, message));
            }
        }
        if matches!(row.question_type.as_str(), "subscriberid" | "simserial") {
            let message = (
                format!("\"{}\" is there on old devices only", row.question_type),
                format!("“{}”只有旧设备上才有。", row.question_type),
            );
            self.problems.warn(Problem::new(Code::DeviceFieldGone, self.sheet.place(number, &["type"]), message));
        }
        if self.settings.take_from_survey(&row.question_type, row.draft.name()) {
            return Ok(());
        }
        if let Some(kind) = group::end_of(&row.question_type) {
            return self.end(kind, &mut row);
        }
        let begin = group::begin_of(&row.question_type);
        let named = self.name(&mut row);
        if named.is_err() && begin.is_none() {
            return named;
        }
        self.see_for_entities(&mut row, begin.is_some(), false)?;
        if let Some((kind, list)) = begin {
            return self.begin(kind, list, row);
        }
        self.question(row)
    }

    fn question(&mut self, mut row: Row) -> Checked {
        self.questions.insert(row.draft.name().to_owned());
        let external = match row.question_type.as_str() {
            "xml-external" => Some("xml"),
            "csv-external" => Some("csv"),
            _ => None,
        };
        if let Some(extension) = external {
            let (stem, _) = select::split_extension(row.draft.name());
            self.instances.insert(stem.to_owned());
            row.draft.kind = Kind::External(extension);
            self.push(row.draft);
            return Ok(());
        }
        if let Some(select) = select::parse(&row.question_type) {
            return self.select(select, row);
        }
        if let Some(list) = select::osm_list(&row.question_type) {
            let osm = self.osm.filter(|osm| !osm.is_empty());
            let tags = osm.and_then(|osm| osm.get(list));
            if osm.is_some() && tags.is_none() {
                let message = (
                    format!("there is no list \"{list}\" on the sheet osm"),
                    format!("选项表“{list}”在 osm 工作表里没有。"),
                );
                return Err(self.refuse(row.number, &["type"], Code::ListUnknown, message));
            }
            row.draft.tags = tags.map(|l| l.rows.iter().map(|c| c.fields.clone()).collect()).unwrap_or_default();
            "osm".clone_into(&mut row.draft.question_type);
            self.push(row.draft);
            return Ok(());
        }
        match row.question_type.as_str() {
            "range" => self.range(&mut row)?,
            "text" => self.text(&mut row)?,
            "photo" => self.photo(&mut row)?,
            "audio" => self.audio(&mut row)?,
            "background-audio" => self.background_audio(&mut row)?,
            "geopoint" | "geoshape" | "geotrace" => self.geo(&mut row)?,
            "start-geopoint" => row.draft.actions.push(Action::new("odk:setgeopoint", FIRST_LOAD)),
            "background-geopoint" => self.background_geopoint(&row)?,
            "group" | "repeat" => {
                row.draft.kind = if row.question_type == "group" { Kind::Group } else { Kind::Repeat };
            }
            "include" => {
                let message = (
                    "\"include\" is not supported: put the rows of the other form here",
                    "不支持“include”：请把那张表单的行直接放到这里。",
                );
                return Err(self.refuse(row.number, &["type"], Code::IncludeUnsupported, message));
            }
            other if types::type_of(other).is_none() => {
                self.unknown_type(row.number, other);
                return Err(Refused);
            }
            _ => {}
        }
        self.push(row.draft);
        Ok(())
    }

    /// Puts a draft into the group that is open.
    fn push(&mut self, draft: Draft) {
        if let Some(open) = self.stack.last_mut() {
            open.draft.children.push(draft);
        }
    }

    fn unknown_type(&mut self, number: u32, written: &str) {
        let message = (format!("there is no question type \"{written}\""), format!("没有题型“{written}”。"));
        let place = self.sheet.place(number, &["type"]);
        self.problems.error(Problem::new(Code::TypeUnknown, place, message).meant(types::meant(written)));
    }

    fn refuse(&mut self, number: u32, path: &[&str], code: Code, message: impl Into<Said>) -> Refused {
        let place = self.sheet.place(number, path);
        self.problems.error(Problem::new(code, place, message));
        Refused
    }

    fn trigger(&mut self, row: &mut Row) -> Checked {
        let Some(cell) = row.draft.fields.get("trigger").map(Value::to_attribute) else { return Ok(()) };
        let in_languages = row.draft.fields.map("trigger").is_some();
        let broken = (
            "a trigger is written as ${question}, several with commas between",
            "触发（trigger）要写成 ${question}，几个之间用英文逗号隔开。",
        );
        if in_languages || !reference::is_candidate(&cell) {
            self.note_name(row);
            return Err(self.refuse(row.number, &["trigger"], Code::ReferenceBroken, broken));
        }
        for part in cell.split(',') {
            for (at, found) in reference::check(part).enumerate() {
                let code = match found {
                    Ok(_) if at > 0 => Code::ReferenceWithoutComma,
                    Ok(found) => {
                        row.draft.trigger.push(found.name.to_owned());
                        self.triggers.push((found.name.to_owned(), row.number));
                        continue;
                    }
                    Err(_) => Code::ReferenceBroken,
                };
                self.note_name(row);
                return Err(self.refuse(row.number, &["trigger"], code, broken));
            }
        }
        Ok(())
    }

    fn dynamic_default(&mut self, row: &mut Row) {
        let Some(default) = row.draft.fields.text("default") else { return };
        if !lexer::is_dynamic(default, &row.question_type) {
            return;
        }
        row.draft.dynamic_default = true;
        row.draft.actions.push(Action::new("setvalue", FIRST_LOAD));
        if self.stack.iter().any(|open| open.draft.kind == Kind::Repeat) {
            row.draft.actions.push(Action::new("setvalue", NEW_REPEAT));
        }
    }

    /// Notes that a name is there, of a row that is left out for another reason.
    fn note_name(&mut self, row: &Row) {
        if let Some(name) = row.draft.fields.text("name") {
            *self.names.entry(name.to_owned()).or_default() += 1;
            self.questions.insert(name.to_owned());
        }
    }

    /// Checks the name of a row, which notes may leave out.
    fn name(&mut self, row: &mut Row) -> Checked {
        let number = row.number;
        if !row.draft.fields.has("name") {
            if row.question_type == "note" {
                row.draft.fields.set_text("name", format!("generated_note_name_{number}"));
            } else {
                if types::type_of(&row.question_type).is_none()
                    && select::parse(&row.question_type).is_none()
                    && group::begin_of(&row.question_type).is_none()
                {
                    self.unknown_type(number, &row.question_type);
                }
                let message = ("the question or group has no name", "题目或分组没有名称（name）。");
                return Err(self.refuse(number, &["name"], Code::NameMissing, message));
            }
        }
        let name = row.draft.name().to_owned();
        if !name::is_name(&name) {
            let place = self.sheet.place(number, &["name"]);
            self.problems.error(invalid_name(place, &name));
            return Err(Refused);
        }
        *self.names.entry(name.clone()).or_default() += 1;
        let Some(open) = self.stack.last_mut() else { return Ok(()) };
        let place = self.sheet.place(number, &["name"]);
        if name == "meta" {
            let message = (
                "the name \"meta\" is reserved for what the form notes about the record",
                "名称“meta”留给表单自己用，请换一个。",
            );
            self.problems.error(Problem::new(Code::NameReserved, place, message));
            return Err(Refused);
        }
        if let Some(first) = open.names.get(&name) {
            let message = (
                format!("the name \"{name}\" is taken by row {first} of the same group"),
                format!("名称“{name}”在同一个分组的第 {first} 行已经用了。"),
            );
            self.problems.error(Problem::new(Code::NameTaken, place, message));
            return Err(Refused);
        }
        if !open.names_lower.insert(name.to_lowercase()) {
            let message = (
                format!("the name \"{name}\" differs only in capitals from another one of the same group"),
                format!("名称“{name}”和同一个分组里的另一个名称只有大小写不同。"),
            );
            self.problems.warn(Problem::new(Code::NameDiffersInCase, place, message));
        }
        open.names.insert(name, number);
        Ok(())
    }

    fn see_for_entities(&mut self, row: &mut Row, begin: bool, end: bool) -> Checked {
        let Some(open) = self.stack.last() else { return Ok(()) };
        let seen = self.entities.see(&open.path, &mut row.draft.fields, row.number, begin || end, !end);
        seen.map_err(|problem| {
            let place = self.sheet.place(row.number, &["bind", "entities:saveto"]);
            self.problems.error(Problem { place, ..problem });
            Refused
        })
    }

    /// Says which parameters a type does not have.
    fn accept(&mut self, row: &Row, accepted: &[&str]) -> Checked {
        let others = row.draft.parameters.others(accepted);
        if others.is_empty() {
            return Ok(());
        }
        let message = (
            format!("this type has no parameter \"{}\"; it has {}", others.join("\", \""), accepted.join(", ")),
            format!("这种题没有参数“{}”，可以用的有：{}。", others.join("”、“"), accepted.join("、")),
        );
        let meant = others.iter().find_map(|o| name::nearest(o, accepted.iter().copied()));
        let place = self.sheet.place(row.number, &["parameters"]);
        self.problems.error(Problem::new(Code::ParameterUnknown, place, message).meant(meant));
        Err(Refused)
    }

    fn wrong_parameter(&mut self, row: &Row, code: Code, message: impl Into<Said>) -> Refused {
        self.refuse(row.number, &["parameters"], code, message)
    }

    fn background_audio(&mut self, row: &mut Row) -> Checked {
        self.accept(row, &["quality"])?;
        let mut action = Action::new("odk:recordaudio", LOAD);
        if let Some(quality) = self.quality(row, &["voice-only", "low", "normal"])? {
            action.quality = Some(quality);
        }
        row.draft.actions.push(action);
        Ok(())
    }
}

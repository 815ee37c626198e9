//! Questions with choices: from lists, files, repeats and external sheets; "other"; tables of questions.

use super::group::TableList;
use super::{Checked, Refused, Row, Survey};
use crate::form::xlsform::draft::{Draft, Kind};
use crate::form::xlsform::name;
use crate::form::xlsform::problem::{Code, Place, Problem};
use crate::form::xlsform::reference;
use crate::form::xlsform::settings::invalid_name;
use crate::form::xlsform::value::Value;

/// Spellings of selects and the type that each stands for, in the order in which they are tried.
const COMMANDS: [(&str, &str); 15] = [
    ("add select one prompt using", ONE),
    ("add select multiple prompt using", SEVERAL),
    ("select all that apply from", SEVERAL),
    ("select one from", ONE),
    ("select1", ONE),
    ("select_one", ONE),
    ("select one", ONE),
    ("select_multiple", SEVERAL),
    ("select all that apply", SEVERAL),
    ("select_one_external", EXTERNAL),
    ("select_one_from_file", ONE),
    ("select_multiple_from_file", SEVERAL),
    ("select one from file", ONE),
    ("select multiple from file", SEVERAL),
    ("rank", "rank"),
];
const ONE: &str = "select one";
const SEVERAL: &str = "select all that apply";
const EXTERNAL: &str = "select one external";

const OTHERS: [&str; 3] = ["or specify other", "or_other", "or other"];

/// Files that choices may come from.
pub(in crate::form::xlsform) const EXTENSIONS: [&str; 3] = [".xml", ".csv", ".geojson"];

/// A select as its type says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Select {
    command: &'static str,
    question_type: &'static str,
    list: String,
    other: bool,
}

pub(super) fn parse(question_type: &str) -> Option<Select> {
    COMMANDS.iter().find_map(|(command, of)| {
        let rest = question_type.strip_prefix(command)?.strip_prefix(' ')?;
        let (list, other) = match rest.split_once(' ') {
            Some((list, other)) if OTHERS.contains(&other) => (list, true),
            Some(_) => return None,
            None => (rest, false),
        };
        let whole = !list.is_empty() && !list.contains(char::is_whitespace);
        whole.then(|| Select { command, question_type: of, list: list.to_owned(), other })
    })
}

/// The list of tags in `osm list`.
pub(super) fn osm_list(question_type: &str) -> Option<&str> {
    let (_, rest) = question_type.split_once("osm ")?;
    rest.split_whitespace().next().filter(|w| rest.starts_with(w))
}

/// A file's name without and with its extension (`.csv`), which may be empty.
pub(in crate::form::xlsform) fn split_extension(file: &str) -> (&str, &str) {
    let from = file.rfind('/').map_or(0, |slash| slash + 1);
    let name = file.get(from..).unwrap_or_default();
    let stem_start = from + (name.len() - name.trim_start_matches('.').len());
    match file.rfind('.').filter(|dot| *dot > stem_start) {
        Some(dot) => (file.get(..dot).unwrap_or_default(), file.get(dot..).unwrap_or_default()),
        None => (file, ""),
    }
}

impl Survey<'_> {
    pub(super) fn select(&mut self, select: Select, mut row: Row) -> Checked {
        let (stem, extension) = split_extension(&select.list);
        let from_file = EXTENSIONS.contains(&extension);
        self.find_list(&select, &row, stem, from_file)?;
        if select.question_type == SEVERAL && !from_file {
            self.check_spaces(&select.list);
        }
        let other = if select.other { Some(self.other(&select, &row)?) } else { None };
        let from_file_command = matches!(select.command, "select_one_from_file" | "select_multiple_from_file");
        self.select_parameters(&row, from_file_command)?;

        select.question_type.clone_into(&mut row.draft.question_type);
        row.draft.fields.set_text("type", select.question_type);
        row.draft.fields.set_text("itemset", &select.list);
        let filtered = row.draft.fields.has("choice_filter");
        let randomized = row.draft.parameters.get("randomize") == Some("true");
        if select.question_type == EXTERNAL && !(filtered || randomized || self.choices.has(&select.list)) {
            let message =
                ("select_one_external needs a choice_filter", "select_one_external 要写选项筛选（choice_filter）。");
            return Err(self.refuse(row.number, &["choice_filter"], Code::FilterMissing, message));
        }
        if filtered && select.question_type == EXTERNAL {
            row.draft.fields.set_text("query", &select.list);
        } else if self.choices.has(&select.list) && (filtered || !(randomized || from_file)) {
            row.draft.fields.set_text("list_name", &select.list);
        }
        self.table_row(&select, &mut row)?;
        self.push(row.draft);
        if let Some(other) = other {
            self.push(other);
        }
        Ok(())
    }

    fn find_list(&mut self, select: &Select, row: &Row, stem: &str, from_file: bool) -> Checked {
        let number = row.number;
        let list = &select.list;
        if select.question_type == EXTERNAL {
            if !row.draft.fields.has("choice_filter") {
                let place = self.sheet.place(number, &["choice_filter"]);
                let message = (
                    "select_one_external is for choices with a filter",
                    "select_one_external 只用于有筛选（choice_filter）的选项。",
                );
                self.problems.warn(Problem::new(Code::ExternalWithoutFilter, place, message));
            }
            let Some(external) = self.external.filter(|e| !e.is_empty()) else {
                let near = self.tables.misspelt("external_choices");
                return Err(self.missing_sheet(row, Code::ExternalChoicesSheetMissing, "external_choices", near));
            };
            if !external.has(list) {
                let meant = self.problems.meant(list, external.names());
                return Err(self.unknown_list(row, Code::ExternalListUnknown, "external_choices", list, meant));
            }
            return Ok(());
        }
        self.instances.insert(stem.to_owned());
        if select.command.contains("file") && !(from_file && suffixes(list) == 1) {
            let message = (
                format!("the file \"{list}\" must end with .xml, .csv or .geojson"),
                format!("文件“{list}”要以 .xml、.csv 或 .geojson 结尾。"),
            );
            return Err(self.refuse(number, &["type"], Code::FileExtension, message));
        }
        if self.choices.has(list) || from_file || reference::has(list) {
            return Ok(());
        }
        if self.choices.is_empty() {
            let near = self.tables.misspelt("choices");
            return Err(self.missing_sheet(row, Code::ChoicesSheetMissing, "choices", near));
        }
        let meant = self.problems.meant(list, self.choices.names());
        Err(self.unknown_list(row, Code::ListUnknown, "choices", list, meant))
    }

    fn missing_sheet(&mut self, row: &Row, code: Code, sheet: &str, near: Option<String>) -> Refused {
        let message = match &near {
            Some(near) => (
                format!("the choices stand on a sheet \"{sheet}\": there is none, but {near}"),
                format!("选项要写在工作表“{sheet}”里：没有这张表，但有“{near}”。"),
            ),
            None => (
                format!("the choices stand on a sheet \"{sheet}\", which is not there or empty"),
                format!("选项要写在工作表“{sheet}”里：没有这张表，或者是空的。"),
            ),
        };
        let place = self.sheet.place(row.number, &["type"]);
        self.problems.error(Problem::new(code, place, message).meant(near.map(|_| sheet.to_owned())));
        Refused
    }

    fn unknown_list(&mut self, row: &Row, code: Code, sheet: &str, list: &str, meant: Option<String>) -> Refused {
        let message = (
            format!("there is no list \"{list}\" on the sheet {sheet}"),
            format!("选项表“{list}”在 {sheet} 工作表里没有。"),
        );
        let place = self.sheet.place(row.number, &["type"]);
        self.problems.error(Problem::new(code, place, message).meant(meant));
        Refused
    }

    /// The answer to a select_multiple is a list of names with blanks between.
    fn check_spaces(&mut self, list: &str) {
        for choice in self.choices.get(list).into_iter().flat_map(|l| &l.rows) {
            if choice.name().contains(' ') {
                let message = (
                    format!(
                        "the choice \"{}\" has a blank in its name, which a select_multiple cannot have",
                        choice.name()
                    ),
                    format!("选项“{}”的名称不能有空格：它用在多选题（select_multiple）里。", choice.name()),
                );
                let meant = Some(choice.name().replace(' ', "_"));
                let place = Place::row("choices", choice.row).column("name");
                self.problems.error(Problem::new(Code::ChoiceNameHasSpaces, place, message).meant(meant));
            }
        }
    }

    /// "or_other": a choice "other", and a question that asks which.
    fn other(&mut self, select: &Select, row: &Row) -> Checked<Draft> {
        self.other_seen = true;
        if row.draft.fields.has("choice_filter") {
            let message =
                ("or_other does not go with a choice_filter", "or_other 不能和选项筛选（choice_filter）一起用。");
            return Err(self.refuse(row.number, &["choice_filter"], Code::OtherWithFilter, message));
        }
        if !self.choices.has(&select.list) {
            let message = ("or_other needs a list of the sheet choices", "or_other 要用 choices 工作表里的选项表。");
            return Err(self.refuse(row.number, &["type"], Code::OtherWithoutChoices, message));
        }
        self.choices.add_other(&select.list);
        let name = row.draft.name();
        let mut other = Draft::new(Kind::Question, "text", &format!("{name}_other"));
        other.row = Some(row.number);
        other.fields.set("label", Value::text("Specify other."));
        other.fields.set_in("bind", "relevant", format!("selected(../{name}, 'other')"));
        Ok(other)
    }

    fn select_parameters(&mut self, row: &Row, from_file: bool) -> Checked {
        let parameters = &row.draft.parameters;
        if from_file {
            self.accept(row, &["label", "randomize", "seed", "value"])?;
            for key in ["value", "label"] {
                if let Some(column) = parameters.get(key)
                    && !name::is_name(column)
                {
                    let place = self.sheet.place(row.number, &["parameters"]);
                    self.problems.error(invalid_name(place, column));
                    return Err(Refused);
                }
            }
        } else {
            self.accept(row, &["randomize", "seed"])?;
        }
        match (parameters.get("randomize"), parameters.get("seed")) {
            (Some("true" | "false"), Some(seed))
                if reference::whole(seed).is_none() && seed.parse::<f64>().is_err() =>
            {
                let message = (
                    "seed must be a number or a reference such as ${question}",
                    "seed 要填数字，或 ${question} 这样的引用。",
                );
                Err(self.wrong_parameter(row, Code::SeedInvalid, message))
            }
            (Some("true" | "false"), _) | (None, None) => Ok(()),
            (Some(other), _) => {
                let message = (
                    format!("randomize is true or false, not \"{other}\""),
                    format!("randomize 只能填 true 或 false，不能填“{other}”。"),
                );
                Err(self.wrong_parameter(row, Code::RandomizeInvalid, message))
            }
            (None, Some(_)) => {
                let message = ("seed goes only with randomize=true", "seed 只能和 randomize=true 一起用。");
                Err(self.wrong_parameter(row, Code::SeedWithoutRandomize, message))
            }
        }
    }

    /// Within a table the first select brings the row of labels, and all have the same list.
    fn table_row(&mut self, select: &Select, row: &mut Row) -> Checked {
        match &self.table_list {
            TableList::No => return Ok(()),
            TableList::Begun => {
                if row.draft.fields.has("choice_filter") {
                    let message = (
                        "a table-list does not go with a choice_filter",
                        "table-list 不能和选项筛选（choice_filter）一起用。",
                    );
                    return Err(self.refuse(row.number, &["choice_filter"], Code::TableListWithFilter, message));
                }
                self.table_list = TableList::Of(select.list.clone());
                let name = format!("reserved_name_for_field_list_labels_{}", row.number);
                let mut labels = Draft::new(Kind::Question, select.question_type, &name);
                labels.row = Some(row.number);
                labels.fields.set_in("control", "appearance", "label");
                labels.fields.set_text("itemset", &select.list);
                self.push(labels);
            }
            TableList::Of(list) if *list != select.list => {
                let message = (
                    format!("all selects of a table-list have the same list: \"{list}\", not \"{}\"", select.list),
                    format!("同一个 table-list 里的题要用同一个选项表“{list}”，不能用“{}”。", select.list),
                );
                return Err(self.refuse(row.number, &["type"], Code::TableListDiffers, message));
            }
            TableList::Of(_) => {}
        }
        row.draft.fields.set_in("control", "appearance", "list-nolabel");
        Ok(())
    }
}

/// How many extensions a file has.
fn suffixes(file: &str) -> usize {
    let name = file.rsplit('/').next().unwrap_or_default();
    if name.ends_with('.') {
        return 0;
    }
    name.trim_start_matches('.').split('.').count() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects() {
        let of = |t: &str| parse(t).map(|s| (s.question_type, s.list, s.other));
        assert_eq!(of("select_one yes_no"), Some((ONE, "yes_no".into(), false)));
        assert_eq!(of("select one from file a.csv"), Some((ONE, "a.csv".into(), false)));
        assert_eq!(of("select_multiple x or_other"), Some((SEVERAL, "x".into(), true)));
        assert_eq!(of("select_one a b"), None);
        assert_eq!(of("select_one"), None);
        assert_eq!(of("rank r"), Some(("rank", "r".into(), false)));
        assert_eq!(split_extension("a.b.csv"), ("a.b", ".csv"));
        assert_eq!(split_extension(".csv"), (".csv", ""));
        assert_eq!(osm_list("osm building"), Some("building"));
    }
}

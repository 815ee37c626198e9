//! Whether every `${name}` in the workbook means one question.

use super::columns::TRANSLATED_CHOICES;
use super::heading::Sheet;
use super::problem::{Code, Place, Problem, Problems};
use super::reference;
use super::table::{Table, Tables};
use std::collections::HashMap;

/// Looks through the sheets whose cells may refer to questions. Cells are taken as written, in unknown columns too.
pub(super) fn references(
    tables: &Tables,
    survey: &Sheet,
    choices: Option<&Sheet>,
    rules: &[Table],
    names: &HashMap<String, u32>,
    problems: &mut Problems,
) {
    let every = |_: usize| true;
    if let Some(table) = &tables.settings {
        check(table, every, names, problems);
    }
    if let Some(table) = &tables.entities {
        let reads = |at: usize| {
            let heading = table.headings.get(at).map_or("", String::as_str);
            !matches!(heading, "list_name" | "list name" | "repeat")
        };
        check(table, reads, names, problems);
    }
    if let Some(table) = &tables.survey {
        let first = |at: usize| survey.columns.get(at).and_then(|c| c.path.first()).map_or("", String::as_str);
        check(table, |at| !matches!(first(at), "type" | "name" | "trigger"), names, problems);
    }
    if let (Some(table), Some(sheet)) = (&tables.choices, choices) {
        let first = |at: usize| sheet.columns.get(at).and_then(|c| c.path.first()).map_or("", String::as_str);
        let translated = |at: usize| TRANSLATED_CHOICES.iter().any(|(column, _)| *column == first(at));
        // Other columns are data, for filters. Without a column for labels everything is looked at, as in pyxform.
        let all = !(0..sheet.columns.len()).any(translated);
        check(table, |at| all || translated(at), names, problems);
    }
    for table in rules {
        let reads = |at: usize| {
            let heading = table.headings.get(at).map_or("", |h| h.split(':').next().unwrap_or(h).trim());
            matches!(heading, "when" | "why" | "text")
        };
        check(table, reads, names, problems);
    }
}

fn check(table: &Table, reads: impl Fn(usize) -> bool, names: &HashMap<String, u32>, problems: &mut Problems) {
    for (row, cells) in table.numbered() {
        if problems.is_full() {
            break;
        }
        for (at, cell) in cells.iter().filter(|(at, _)| reads(*at)) {
            if !reference::is_candidate(cell) {
                continue;
            }
            let place = || Place::row(&table.sheet, row).column(table.headings.get(*at).map_or("", String::as_str));
            for found in reference::check(cell) {
                let problem = match found {
                    Err(_) => {
                        let message = (
                            "a reference is written ${name}, with the name of a question",
                            "引用要写成 ${name}，花括号里是题目的名称。",
                        );
                        Problem::new(Code::ReferenceBroken, place(), message)
                    }
                    Ok(found) => match names.get(found.name) {
                        Some(1) => continue,
                        Some(_) => {
                            let message = (
                                format!(
                                    "${{{0}}} could mean several questions: the name \"{0}\" is there more than once",
                                    found.name
                                ),
                                format!("${{{0}}} 可能指好几道题：名称“{0}”不止一处，请改成不同的名称。", found.name),
                            );
                            Problem::new(Code::ReferenceAmbiguous, place(), message)
                        }
                        None => {
                            let message = (
                                format!("there is no question or group \"{}\"", found.name),
                                format!("没有名称为“{}”的题目或分组。", found.name),
                            );
                            let meant = problems.meant(found.name, names.keys().map(String::as_str));
                            Problem::new(Code::ReferenceUnknown, place(), message).meant(meant)
                        }
                    },
                };
                problems.error(problem);
            }
        }
    }
}

//! The sheets `plan` and `findings`: what the answers suggest, and what they say that somebody must hear of. Each row
//! becomes a note that is relevant when the rule holds, at the end of the form or of the repeat that it is about; its
//! label says why. So rules are computed with the same expressions, and told wrong with the same errors, as questions.

use super::columns;
use super::draft::{Draft, Kind};
use super::heading::{Line, Reading, Sheet};
use super::name;
use super::problem::{Code, Place, Problem, Problems};
use super::table::Table;
use super::value::Value;
use crate::form::Said;
use crate::form::model::Priority;
use crate::request::{Category, Severity};
use crate::workbook::Sheets;

/// What a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// A row of `plan`: a measure is suggested.
    Measure {
        /// Its name, stable over languages and versions.
        measure: String,
        /// It in words, by language as the columns name them; "" for texts without a language.
        label: Vec<(String, String)>,
        /// How soon.
        priority: Priority,
        /// Days until it is due; 0 = today.
        days: u32,
    },
    /// A row of `findings`: something is wrong and begins a request.
    Finding {
        /// How bad it is.
        severity: Severity,
        /// What it is about.
        category: Category,
    },
}

/// A row of `plan` or `findings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The path of its note: `/data/rooms/huce-rule-3`.
    pub path: String,
    /// What it is for.
    pub kind: RuleKind,
    /// Its condition in the workbook.
    pub place: Place,
    /// The heading of its text.
    pub(super) text: String,
    /// The name of its note.
    pub(super) name: String,
}

/// Days that a measure may take: ten years.
const MOST_DAYS: f64 = 3_650.0;

const PRIORITIES: [(&[&str], Priority); 4] = [
    (&["urgent", "紧急", "1"], Priority::Urgent),
    (&["high", "高", "2"], Priority::High),
    (&["normal", "一般", "中", "3"], Priority::Normal),
    (&["low", "低", "4"], Priority::Low),
];

/// A sheet of rules, with the sheet as written for its references.
pub(super) struct Rules {
    pub tables: Vec<Table>,
    pub rules: Vec<Rule>,
}

/// Reads both sheets and puts the notes into the form.
pub(super) fn read(sheets: &Sheets, language: &str, survey: &mut Draft, problems: &mut Problems) -> Rules {
    let mut all = Rules { tables: Vec::new(), rules: Vec::new() };
    for (sheet, known) in [("plan", &columns::PLAN), ("findings", &columns::FINDINGS)] {
        let Some(rows) = sheets.get(sheet).filter(|rows| !rows.is_empty()) else { continue };
        let table = Table::read(sheet.to_owned(), rows, problems);
        if !table.is_empty() {
            let reading = Reading { language, collapse: true, required: Some("when") };
            let read = Sheet::read(&table, known, reading, problems);
            read.warn_of_misspelt(known, problems);
            for line in read.rows.iter().filter(|line| !line.fields.is_empty()) {
                rule(&read, line, language, survey, &mut all.rules, problems);
            }
        }
        all.tables.push(table);
    }
    all
}

/// Reads a row; what is wrong is said, and the row left out.
fn rule(
    sheet: &Sheet,
    line: &Line,
    language: &str,
    survey: &mut Draft,
    rules: &mut Vec<Rule>,
    problems: &mut Problems,
) {
    let text = |key: &str| line.fields.text(key).map(str::trim).filter(|t| !t.is_empty());
    let before = problems.errors.len();
    let mut wrong = |column: &str, message: Said| {
        problems.error(Problem::new(Code::RuleWrong, sheet.place(line.row, &[column]), message));
    };
    let when = text("when").unwrap_or_default();
    if when.is_empty() {
        let message =
            ("a rule needs a condition; `true()` holds always", "规则要有条件（when）；写 true() 表示总是成立。");
        wrong("when", message.into());
    }
    let kind = if sheet.name == "plan" { measure(line, &mut wrong) } else { finding(line, &mut wrong) };
    let said = if sheet.name == "plan" { "why" } else { "text" };
    let label = line.fields.get(said).or_else(|| line.fields.get("label")).cloned();
    if label.is_none() {
        wrong(said, ("a rule needs a text that says why", format!("规则要写明原因（{said}）。")).into());
    }
    let name = format!("huce-rule-{}", rules.len() + 1);
    let mut note = Draft::new(Kind::Question, "note", &name);
    note.fields.set("label", label.unwrap_or_else(|| Value::text(language)));
    note.fields.set_in("bind", "relevant", when);
    match text("foreach") {
        None => survey.children.push(note),
        Some(repeat) => match find(survey, repeat) {
            Some(repeat) => repeat.children.push(note),
            None => {
                let meant = name::nearest(repeat, repeats(survey).into_iter());
                let problem = Problem::new(
                    Code::ReferenceUnknown,
                    sheet.place(line.row, &["foreach"]),
                    (format!("there is no repeat \"{repeat}\""), format!("没有重复组“{repeat}”。")),
                );
                problems.error(problem.meant(meant));
            }
        },
    }
    if let Some(kind) = kind.filter(|_| problems.errors.len() == before) {
        let place = sheet.place(line.row, &["when"]);
        rules.push(Rule { path: String::new(), kind, place, text: sheet.heading(&[said]), name });
    }
}

fn measure(line: &Line, wrong: &mut impl FnMut(&str, Said)) -> Option<RuleKind> {
    let text = |key: &str| line.fields.text(key).map(str::trim).unwrap_or_default();
    let measure = text("measure");
    if measure.is_empty() {
        wrong("measure", ("a rule of the plan needs a measure", "plan 的规则要写措施（measure）。").into());
    }
    let written = text("priority").to_lowercase();
    let priority = match PRIORITIES.iter().find(|(words, _)| words.contains(&written.as_str())) {
        Some((_, priority)) => Some(*priority),
        None if written.is_empty() => Some(Priority::Normal),
        None => {
            let message = (
                format!("`{written}` is no priority: urgent, high, normal, low"),
                format!("“{written}”不是优先级，可以填：urgent（紧急）、high（高）、normal（一般）、low（低）。"),
            );
            wrong("priority", message.into());
            None
        }
    };
    let days = text("days").parse::<f64>().ok().filter(|d| (0.0..=MOST_DAYS).contains(d) && d.fract() == 0.0);
    if days.is_none() {
        let message = (
            format!("`{}` is no whole number of days; 0 means today", text("days")),
            format!("天数要填 0 到 {MOST_DAYS} 的整数（0 表示当天），不能填“{}”。", text("days")),
        );
        wrong("days", message.into());
    }
    let label = match line.fields.get("label") {
        Some(Value::Map(texts)) => {
            let text = |(language, text): (&str, &Value)| Some((language.to_owned(), text.as_text()?.to_owned()));
            texts.iter().filter_map(text).collect()
        }
        Some(Value::Text(text)) => vec![(String::new(), text.clone())],
        None => vec![(String::new(), measure.to_owned())],
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 0 to 3,650")]
    let days = days? as u32;
    Some(RuleKind::Measure { measure: measure.to_owned(), label, priority: priority?, days })
}

fn finding(line: &Line, wrong: &mut impl FnMut(&str, Said)) -> Option<RuleKind> {
    let text = |key: &str| line.fields.text(key).map(str::trim).unwrap_or_default();
    let severity = serde_json::from_value(text("severity").into()).ok();
    if severity.is_none() {
        let message = (
            format!("`{}` is no severity: small, major", text("severity")),
            format!("“{}”不是严重程度，可以填：small（小问题）、major（大故障）。", text("severity")),
        );
        wrong("severity", message.into());
    }
    let category = serde_json::from_value(text("category").into()).ok();
    if category.is_none() {
        let all = "cold, leak, noise, account, equipment, other";
        let message = (
            format!("`{}` is no category: {all}", text("category")),
            format!(
                "“{}”不是类别，可以填：cold（不热）、leak（漏水）、noise（噪音、气堵）、account（缴费、户号）、\
                 equipment（阀门、设备）、other（其他）。",
                text("category")
            ),
        );
        wrong("category", message.into());
    }
    Some(RuleKind::Finding { severity: severity?, category: category? })
}

/// The repeat of this name.
fn find<'a>(draft: &'a mut Draft, name: &str) -> Option<&'a mut Draft> {
    if draft.kind == Kind::Repeat && draft.name() == name {
        return Some(draft);
    }
    draft.children.iter_mut().find_map(|child| find(child, name))
}

fn repeats(draft: &Draft) -> Vec<&str> {
    let own = (draft.kind == Kind::Repeat).then(|| draft.name());
    own.into_iter().chain(draft.children.iter().flat_map(repeats)).collect()
}

//! XLSForm workbooks to XForms: what pyxform makes of a workbook, or everything that is wrong with it.
//!
//! Read in this order: `table` (sheets as written) → `heading` with `columns` (cells under the columns of the
//! standard, kept as `value`s) → `settings`, `choices`, [`entities`], [`survey`] (rows checked and nested into
//! `draft`s) → `check` (references) → `tree` (elements with their paths) → [`xform`] (the XML).

mod check;
mod choices;
mod columns;
mod draft;
mod entities;
mod heading;
mod language;
mod lexer;
mod name;
mod parameters;
mod problem;
mod reference;
mod rules;
mod settings;
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod value;
mod xform;

pub use problem::{Code, Place, Problem, Topic};
pub use rules::{Rule, RuleKind};

use super::Said;
use super::model::About;
use crate::workbook::Sheets;
use crate::xml::Document;
use choices::Lists;
use draft::Draft;
use entities::Entities;
use heading::{Column, Reading, Sheet};
use language::Languages;
use problem::Problems;
use settings::Settings;
use std::collections::{HashMap, HashSet};
use survey::Survey;
use table::Tables;
use tree::{Builder, Tree};

/// What a workbook does not say itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Name of the root element of the answers; "data" when there is none.
    pub root: Option<&'a str>,
    /// Id of the form when the settings give none, usually the file's name without its extension.
    pub id: Option<&'a str>,
    /// Whether the sheets `plan` and `findings` are read, and put into the form as notes. They are ours: a form for other
    /// clients goes without.
    pub rules: bool,
}

/// A form made of a workbook.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// The XForm, an XML document.
    pub xform: String,
    /// What the author should look at.
    pub warnings: Vec<Problem>,
    /// Where in the workbook everything comes from.
    pub origins: Origins,
    /// The sheet external_choices as the file itemsets.csv, when questions use it.
    pub itemsets: Option<String>,
    /// The rules of the sheets `plan` and `findings`.
    pub rules: Vec<Rule>,
    /// What the form is called in other languages, by the language's name or its code.
    pub titles: Vec<(String, String)>,
    /// What it is filled in at (our settings `about` and `kinds`).
    pub about: About,
    /// Units to show behind numbers (our column `unit`), by path.
    pub units: HashMap<String, String>,
}

/// A workbook of which no form can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong; never empty.
    pub errors: Vec<Problem>,
    /// What the author should look at as well.
    pub warnings: Vec<Problem>,
}

/// Where nodes of the form come from, so that what is found wrong later can be shown in the workbook.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    rows: HashMap<String, u32>,
    columns: Vec<Column>,
    /// By the path of its note: a rule's condition, and the heading of its text.
    rules: HashMap<String, (Place, String)>,
}

impl Origins {
    /// The place of a node (by its path, such as `/data/group/question`), in the column of a bind's attribute such as
    /// `relevant`, of `label`, `choice_filter`, … `None` for what no row says.
    #[must_use]
    pub fn place(&self, path: &str, part: &str) -> Option<Place> {
        if let Some((condition, text)) = self.rules.get(path) {
            let place = condition.clone();
            return Some(if part == "label" { place.column(text) } else { place });
        }
        let row = *self.rows.get(path)?;
        let is = |column: &&Column| match column.path.as_slice() {
            [only] => only == part,
            [first, second, ..] => (first == "bind" && second == part) || first == part,
            [] => false,
        };
        let place = Place::row("survey", row);
        Some(match self.columns.iter().find(is) {
            Some(column) => place.column(&column.heading),
            None => place,
        })
    }
}

/// Makes an XForm of a workbook.
///
/// # Errors
/// Everything that is wrong, in order of sheets and rows as far as it can be told apart.
pub fn convert(sheets: &Sheets, options: Options<'_>) -> Result<Conversion, Rejection> {
    let mut problems = Problems::default();
    let made = make(sheets, options, &mut problems);
    // Names that XML does not take were found before; whatever else there may be must not reach the engine.
    if let Some(made) = made.as_ref().filter(|_| problems.errors.is_empty())
        && let Err(error) = Document::parse(&made.xform)
    {
        let message = (
            format!("the form would be no XML: {error}"),
            format!("生成的表单不是有效的 XML：{}", Said::from(&error).zh),
        );
        problems.error(Problem::new(Code::NotWellFormed, Place::default(), message));
    }
    let Problems { errors, warnings } = problems;
    match made {
        Some(made) if errors.is_empty() => Ok(Conversion { warnings, ..made }),
        _ => Err(Rejection { errors, warnings }),
    }
}

fn make(sheets: &Sheets, options: Options<'_>, problems: &mut Problems) -> Option<Conversion> {
    let tables = Tables::read(sheets, problems);
    let root = options.root.unwrap_or("data");
    if !name::is_name(root) {
        problems.error(settings::invalid_name(Place::default(), root));
    }
    let Some(survey_table) = tables.survey.as_ref().filter(|t| !(t.is_empty() && t.headings.is_empty())) else {
        let near = tables.misspelt("survey");
        let message = match &near {
            Some(near) => {
                (format!("there is no sheet \"survey\", but {near}"), format!("没有工作表“survey”，但有“{near}”。"))
            }
            None => ("there is no sheet \"survey\"".to_owned(), "没有工作表“survey”。".to_owned()),
        };
        let place = near.as_deref().map_or_else(Place::default, Place::sheet);
        let meant = near.map(|_| "survey".to_owned());
        problems.error(Problem::new(Code::SurveySheetMissing, place, message).meant(meant));
        return None;
    };
    let mut settings = Settings::read(&tables, root, options.id.unwrap_or("data"), problems);
    let language = settings.language.clone();
    let rows = |table: &Option<table::Table>| table.as_ref().is_some_and(|t| !t.is_empty());

    let external = tables.external_choices.as_ref().filter(|t| !t.is_empty());
    let external_lists = external.map(|t| Lists::plain(t, &language, problems));
    let (mut choices, choices_sheet) = match tables.choices.as_ref().filter(|t| !t.is_empty()) {
        Some(table) => {
            let duplicates = settings.says_yes("allow_choice_duplicates");
            let (lists, sheet) = Lists::choices(table, &language, duplicates, problems);
            (lists, Some(sheet))
        }
        None => (Lists::default(), None),
    };
    let mut entities = Entities::default();
    if let Some(table) = tables.entities.as_ref().filter(|_| rows(&tables.entities)) {
        entities = Entities::read(table, problems);
    } else if let Some(near) = tables.misspelt("entities") {
        problems.warn(settings::misspelt("entities", &near));
    }
    let collapse = settings.text("clean_text_values").and_then(settings::yes_no).unwrap_or(true);
    let reading = Reading { language: &language, collapse, required: Some("type") };
    let sheet = Sheet::read(survey_table, &columns::SURVEY, reading, problems);
    if !sheet.has("type") {
        return None;
    }
    sheet.warn_of_misspelt(&columns::SURVEY, problems);
    let of_survey = Languages::of_survey(&sheet);
    let of_choices = choices_sheet.as_ref().map(Languages::of_choices).unwrap_or_default();
    of_survey.warn_of_missing("survey", problems);
    of_choices.warn_of_missing("choices", problems);
    let osm = tables.osm.as_ref().filter(|t| !t.is_empty()).map(|t| Lists::plain(t, "default", problems));

    let others = (external_lists.as_ref(), osm.as_ref());
    let mut reader = Survey::new(&sheet, &tables, &mut settings, &mut choices, others, &mut entities, problems);
    let (mut survey, meta) = reader.read();
    let (mut names, other_seen) = (std::mem::take(&mut reader.names), reader.other_seen);
    if settings.text("flat").is_some() {
        survey.flatten("");
    }
    if other_seen && !(of_survey.only_default() && of_choices.only_default()) {
        let message = (
            "or_other does not go well with translations: its texts are in English",
            "多语言的表单不宜用 or_other：它的文字是英文。",
        );
        problems.warn(Problem::new(Code::TranslationOfOther, Place::sheet("survey"), message));
    }
    let mut rules = rules::Rules { tables: Vec::new(), rules: Vec::new() };
    if options.rules {
        rules = rules::read(sheets, &language, &mut survey, problems);
    }
    let version = add_meta(&mut survey, meta, &settings, &mut entities, &mut names, problems);
    check::references(&tables, &sheet, choices_sheet.as_ref(), &rules.tables, &names, problems);
    choices.settle();

    let so_far = std::mem::take(&mut problems.errors);
    let (tree, xform, mut origins) = build(&survey, &sheet, &settings, &choices, version, problems);
    keep_new(so_far, problems);
    language::warn_of_codes(languages_of(&sheet, choices_sheet.as_ref()).into_iter(), problems);
    let uses_external = tree.all().any(|(_, e)| e.question_type == "select one external");
    let itemsets = external.filter(|_| uses_external).map(table::Table::to_csv);
    for rule in &mut rules.rules {
        let element = tree.named(&rule.name).flatten().and_then(|id| tree.get(id));
        rule.path = element.map(|e| e.path.clone()).unwrap_or_default();
        origins.rules.insert(rule.path.clone(), (rule.place.clone(), rule.text.clone()));
    }
    let units = sheet.rows.iter().filter_map(|line| Some((line.row, line.fields.text("unit")?)));
    let units: HashMap<u32, &str> = units.collect();
    let units = tree.all().filter_map(|(_, e)| Some((e.path.clone(), (*units.get(&e.row?)?).to_owned())));
    Some(Conversion {
        units: units.collect(),
        titles: settings.titles(),
        about: settings.about(problems),
        rules: rules.rules,
        warnings: Vec::new(),
        xform,
        origins,
        itemsets,
    })
}

/// The languages that columns name.
fn languages_of<'a>(survey: &'a Sheet, choices: Option<&'a Sheet>) -> Vec<&'a str> {
    let mut languages = Vec::new();
    for (columns, translated) in [
        (Some(&survey.columns), columns::TRANSLATED.as_slice()),
        (choices.map(|c| &c.columns), columns::TRANSLATED_CHOICES.as_slice()),
    ] {
        for column in columns.into_iter().flatten() {
            let path = column.path.as_slice();
            let path =
                path.strip_prefix(&["media".to_owned()]).or(path.strip_prefix(&["bind".to_owned()])).unwrap_or(path);
            if let [first, language] = path
                && translated.iter().any(|(t, _)| t == first)
                && !languages.contains(&language.as_str())
            {
                languages.push(language.as_str());
            }
        }
    }
    languages
}

/// Adds the group `meta`: entities, the audit, ids and names of records.
fn add_meta(
    survey: &mut Draft,
    mut meta: Vec<Draft>,
    settings: &Settings,
    entities: &mut Entities,
    names: &mut HashMap<String, u32>,
    problems: &mut Problems,
) -> Option<&'static str> {
    if settings.says_yes("omit_instanceID") {
        if settings.text("public_key").is_some() {
            let place = settings.sheet.place(2, &["omit_instanceID"]);
            let message =
                ("the instanceID cannot be left out: encryption needs it", "instanceID 不能省去：加密要用它。");
            problems.error(Problem::new(Code::InstanceIdRequired, place, message));
        }
    } else {
        let preload = settings.fields.get("instance_id").map_or_else(|| "uid".to_owned(), value::Value::to_attribute);
        meta.push(Draft::calculated("instanceID", &[("readonly", "true()"), ("jr:preload", &preload)]));
        *names.entry("instanceID".to_owned()).or_default() += 1;
    }
    if let Some(name) = settings.text("instance_name") {
        meta.push(Draft::calculated("instanceName", &[("calculate", name)]));
    }
    let version = entities.place(survey, problems);
    if !meta.is_empty() {
        match survey.children.iter_mut().find(|c| c.bodyless) {
            Some(there) => there.children.extend(meta),
            None => survey.children.push(Draft::meta(meta)),
        }
    }
    version
}

fn build(
    survey: &Draft,
    sheet: &Sheet,
    settings: &Settings,
    choices: &Lists,
    entities: Option<&'static str>,
    problems: &mut Problems,
) -> (Tree, String, Origins) {
    let mut root = Draft { children: survey.children.clone(), ..survey.clone() };
    root.fields.set_text("name", &settings.root);
    if let Some(instance) = settings.fields.get("instance") {
        root.fields.set("instance", instance.clone());
    }
    let mut builder = Builder::new(choices, problems);
    builder.none_added = settings.says_yes("add_none_option").then(HashSet::new);
    builder.add(&root, None);
    let tree = std::mem::take(&mut builder.tree);
    let rows = tree.all().filter_map(|(_, e)| Some((e.path.clone(), e.row?))).collect();
    let origins = Origins { rows, columns: sheet.columns.clone(), ..Origins::default() };
    let xform = xform::Maker::new(&tree, sheet, settings, choices, entities, problems).make();
    (tree, xform, origins)
}

/// Joins what was found while the XForm was made to what was found before: in rows that were wrong already, and of
/// references that were unknown already, nothing new is said.
fn keep_new(so_far: Vec<Problem>, problems: &mut Problems) {
    let found = std::mem::replace(&mut problems.errors, so_far);
    let clean = problems.errors.is_empty();
    let rows: HashSet<(Option<String>, Option<u32>)> =
        problems.errors.iter().map(|p| (p.place.sheet.clone(), p.place.row)).collect();
    for problem in found {
        let derived = matches!(problem.code, Code::ReferenceUnknown | Code::ReferenceAmbiguous | Code::NameTaken);
        let known = rows.contains(&(problem.place.sheet.clone(), problem.place.row));
        if clean || !(derived || known) {
            problems.error(problem);
        }
    }
}

//! Entities: records that outlive the form. The sheet `entities` declares lists of them; the column `save_to` of the
//! survey says which answers they keep. Read in this order: this file (what is declared and what refers to it) →
//! `place` (which group holds which declaration).

mod place;

use super::columns;
use super::draft::{Action, Draft, FIRST_LOAD, Kind};
use super::heading::{Reading, Sheet};
use super::name;
use super::problem::{Code, Place, Problem, Problems};
use super::reference;
use super::settings::invalid_name;
use super::table::Table;
use super::value::Fields;
use crate::form::Said;

/// A group on the way from the survey to a question.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub name: String,
    pub kind: Kind,
}

/// What the workbook says of entities.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declarations: Vec<Declaration>,
    references: Vec<References>,
}

#[derive(Debug)]
struct Declaration {
    dataset: String,
    row: u32,
    draft: Draft,
    /// Names of the questions in its expressions.
    variables: Vec<String>,
}

/// What in the survey belongs to an entity, in order of rows.
#[derive(Debug)]
struct References {
    dataset: String,
    /// Row of the declaration.
    row: u32,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: Vec<Step>,
    row: u32,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// `save_to`
    Property(String),
    /// `${question}` in the declaration.
    Variable(String),
}

/// What may be done with entities: which version of their specification it takes.
pub(super) const ONE_ENTITY: &str = "2024.1.0";
pub(super) const MANY_ENTITIES: &str = "2025.1.0";

impl Entities {
    pub fn read(table: &Table, problems: &mut Problems) -> Entities {
        let reading = Reading { language: "default", collapse: false, required: None };
        let sheet = Sheet::read(table, &columns::ENTITIES, reading, problems);
        let mut entities = Entities::default();
        let known = columns::ENTITIES.known;
        for column in &sheet.columns {
            let Some(first) = column.path.first().filter(|f| !known.contains(&f.as_str())) else { continue };
            if sheet.rows.iter().any(|line| line.fields.has(first)) {
                let message = (
                    format!("there is no column \"{}\"", column.heading),
                    format!("entities 工作表不能有列“{}”。", column.heading),
                );
                let meant =
                    name::nearest(first, known.iter().copied().filter(|k| *k != "dataset").chain(["list_name"]));
                let place = Place::row("entities", 1).column(&column.heading);
                problems.error(Problem::new(Code::HeadingUnknown, place, message).meant(meant));
            }
        }
        for line in &sheet.rows {
            match declaration(&line.fields, line.row, &sheet) {
                Err(problem) => problems.error(problem),
                Ok(declaration) if entities.has(&declaration.dataset) => {
                    let message = (
                        format!("the list \"{}\" is declared twice", declaration.dataset),
                        format!("实体表“{}”写了两次。", declaration.dataset),
                    );
                    let place = sheet.place(line.row, &["dataset"]);
                    problems.error(Problem::new(Code::EntityListTaken, place, message));
                }
                Ok(declaration) => entities.declarations.push(declaration),
            }
        }
        entities
    }

    pub fn has(&self, dataset: &str) -> bool {
        self.declaration(dataset).is_some()
    }

    fn declaration(&self, dataset: &str) -> Option<&Declaration> {
        self.declarations.iter().find(|d| d.dataset == dataset)
    }

    fn references_of(&mut self, dataset: &str) -> Option<&mut References> {
        let row = self.declaration(dataset)?.row;
        if !self.references.iter().any(|r| r.dataset == dataset) {
            self.references.push(References { dataset: dataset.to_owned(), row, sources: Vec::new() });
        }
        self.references.iter_mut().find(|r| r.dataset == dataset)
    }

    /// Notes what a row of the survey has to do with entities: its `save_to` (whose list name is taken off), and
    /// whether a declaration refers to it.
    pub fn see(
        &mut self,
        path: &[Step],
        fields: &mut Fields,
        row: u32,
        container: bool,
        named: bool,
    ) -> Result<(), Problem> {
        let written = fields.map("bind").and_then(|b| b.text("entities:saveto")).map(str::to_owned);
        if let Some(written) = written {
            let (dataset, property) = self.save_to(&written)?;
            fields.set_in("bind", "entities:saveto", &property);
            check_property(&property, container)?;
            if let Some(references) = self.references_of(&dataset) {
                let same =
                    references.sources.iter().find(|s| matches!(&s.target, Target::Property(p) if *p == property));
                if let Some(same) = same {
                    let message = (
                        format!("the property \"{property}\" is already saved by row {}", same.row),
                        format!("属性“{property}”已经由第 {} 行保存。", same.row),
                    );
                    return Err(Problem::new(Code::SaveToTwice, Place::default(), message));
                }
                references.sources.push(Source { path: path.to_vec(), row, target: Target::Property(property) });
            }
        }
        let name = fields.text("name").unwrap_or_default().to_owned();
        if named && !name.is_empty() {
            let datasets: Vec<String> =
                self.declarations.iter().filter(|d| d.variables.contains(&name)).map(|d| d.dataset.clone()).collect();
            for dataset in datasets {
                if let Some(references) = self.references_of(&dataset) {
                    references.sources.push(Source {
                        path: path.to_vec(),
                        row,
                        target: Target::Variable(name.clone()),
                    });
                }
            }
        }
        Ok(())
    }

    /// The list and the property of a `save_to`.
    fn save_to(&self, written: &str) -> Result<(String, String), Problem> {
        let problem = |code, message: Said| Problem::new(code, Place::default(), message);
        if self.declarations.is_empty() {
            let message = (
                "save_to needs a sheet \"entities\" that declares a list",
                "用 save_to，要先在工作表“entities”里写上实体表。",
            );
            return Err(problem(Code::SaveToWithoutEntities, message.into()));
        }
        let (dataset, property) = match written.split('#').collect::<Vec<_>>().as_slice() {
            [property] if self.declarations.len() == 1 => {
                (self.declarations.first().map(|d| d.dataset.clone()).unwrap_or_default(), (*property).to_owned())
            }
            [_] => {
                let message = (
                    "there are several lists of entities: say which, as in list#property",
                    "实体表不止一个：要写明是哪个，如 list#property（实体表#属性）。",
                );
                return Err(problem(Code::SaveToWithoutList, message.into()));
            }
            [dataset, property] => ((*dataset).to_owned(), (*property).to_owned()),
            _ => {
                let message = (
                    "save_to is written list#property, with one #",
                    "save_to 要写成 list#property（实体表#属性），只有一个 #。",
                );
                return Err(problem(Code::SaveToSyntax, message.into()));
            }
        };
        if !self.has(&dataset) {
            let meant = name::nearest(&dataset, self.declarations.iter().map(|d| d.dataset.as_str()));
            let message = (
                format!("the sheet entities declares no list \"{dataset}\""),
                format!("实体表“{dataset}”在 entities 工作表里没有。"),
            );
            return Err(problem(Code::SaveToListUnknown, message.into()).meant(meant));
        }
        Ok((dataset, property))
    }
}

fn check_property(property: &str, container: bool) -> Result<(), Problem> {
    let problem = |code, en: &str, zh: &str| Err(Problem::new(code, Place::default(), (en, zh)));
    if property.is_empty() {
        Err(invalid_name(Place::default(), property))
    } else if container {
        let en = "groups and repeats cannot be saved as properties of entities";
        problem(Code::SaveToOnGroup, en, "分组和重复组不能存为实体的属性。")
    } else if matches!(property.to_lowercase().as_str(), "name" | "label") {
        let en = "the properties \"name\" and \"label\" are reserved";
        problem(Code::EntityReservedProperty, en, "属性不能叫“name”或“label”，请换一个名称。")
    } else if property.starts_with("__") {
        let en = "names of properties must not begin with two underscores";
        problem(Code::EntityUnderscores, en, "属性的名称不能以两个下划线开头。")
    } else if !name::is_name(property) {
        Err(invalid_name(Place::default(), property))
    } else {
        Ok(())
    }
}

fn check_list(dataset: &str, place: Place) -> Result<(), Problem> {
    let problem = |code, message: (&str, &str)| Err(Problem::new(code, place.clone(), message));
    if dataset.is_empty() {
        problem(Code::EntityListMissing, ("a list of entities must have a name", "实体表要有名称。"))
    } else if dataset.starts_with("__") {
        let message = ("names of lists must not begin with two underscores", "实体表的名称不能以两个下划线开头。");
        problem(Code::EntityUnderscores, message)
    } else if dataset.contains('.') {
        problem(Code::EntityPeriod, ("names of lists must not contain a period", "实体表的名称里不能有点。"))
    } else if !name::is_name(dataset) {
        Err(invalid_name(place, dataset))
    } else {
        Ok(())
    }
}

fn attribute(name: &str, value: &str, calculate: Option<&str>) -> Draft {
    let mut draft = Draft::new(Kind::Attribute, "attribute", name);
    value.clone_into(&mut draft.value);
    if let Some(calculate) = calculate {
        draft.fields.set_in("bind", "calculate", calculate);
        draft.fields.set_in("bind", "readonly", "true()");
        draft.fields.set_in("bind", "type", "string");
    }
    draft
}

fn declaration(fields: &Fields, row: u32, sheet: &Sheet) -> Result<Declaration, Problem> {
    let cell = |column: &str| fields.text(column);
    let dataset = cell("dataset").unwrap_or_default().to_owned();
    check_list(&dataset, sheet.place(row, &["dataset"]))?;
    let (id, create_if, update_if, label) = (cell("entity_id"), cell("create_if"), cell("update_if"), cell("label"));
    let missing =
        |column: &str, code, message: (&str, &str)| Err(Problem::new(code, sheet.place(row, &[column]), message));
    match (id, create_if, update_if) {
        (None, _, Some(_)) => {
            let message =
                ("an update needs entity_id: which entity is it?", "更新实体要写 entity_id：更新的是哪一个？");
            return missing("entity_id", Code::EntityIdMissing, message);
        }
        (Some(_), Some(_), None) => {
            let message = (
                "with entity_id and create_if there must be an update_if: when is it which?",
                "写了 entity_id 和 create_if，还要写 update_if：什么时候新建，什么时候更新？",
            );
            return missing("update_if", Code::EntityUpdateIfMissing, message);
        }
        (None, _, None) if label.is_none() => {
            let message = ("an entity that is created needs a label", "新建实体要写文字（label）。");
            return missing("label", Code::EntityLabelMissing, message);
        }
        _ => {}
    }
    let mut variables: Vec<String> = Vec::new();
    for text in [id, create_if, update_if, label].into_iter().flatten() {
        for found in reference::check(text).flatten() {
            if !variables.iter().any(|v| v == found.name) {
                variables.push(found.name.to_owned());
            }
        }
    }
    let mut draft = Draft::new(Kind::Entity, "entity", "entity");
    draft.children.push(attribute("dataset", &dataset, None));
    let mut id_attribute = Draft::new(Kind::Attribute, "attribute", "id");
    id_attribute.fields.set_in("bind", "readonly", "true()");
    id_attribute.fields.set_in("bind", "type", "string");
    if id.is_none() || create_if.is_some() {
        draft.children.push(attribute("create", "1", create_if));
    }
    match id {
        None => {
            let action = Action { value: Some("uuid()".to_owned()), ..Action::new("setvalue", FIRST_LOAD) };
            id_attribute.actions.push(action);
        }
        Some(id) => {
            draft.children.push(attribute("update", "1", update_if));
            id_attribute.fields.set_in("bind", "calculate", id);
            for (name, column) in
                [("baseVersion", "__version"), ("trunkVersion", "__trunkVersion"), ("branchId", "__branchId")]
            {
                let expression = format!("instance('{dataset}')/root/item[name={id}]/{column}");
                draft.children.push(attribute(name, "", Some(&expression)));
            }
        }
    }
    draft.children.push(id_attribute);
    if let Some(label) = label {
        let mut node = Draft::new(Kind::EntityLabel, "label", "label");
        node.fields.set_in("bind", "calculate", label);
        node.fields.set_in("bind", "readonly", "true()");
        node.fields.set_in("bind", "type", "string");
        draft.children.push(node);
    }
    Ok(Declaration { dataset, row, draft, variables })
}

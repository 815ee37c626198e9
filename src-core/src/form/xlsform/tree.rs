//! The form's elements with loops unrolled, paths known, and the types' defaults filled in.

use super::choices::Lists;
use super::draft::{Action, Draft, Kind};
use super::name;
use super::parameters::Parameters;
use super::problem::{Code, Place, Problem, Problems};
use super::settings::invalid_name;
use super::types::{self, Class};
use super::value::{Fields, Value};
use std::collections::{HashMap, HashSet};

/// An element of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ElementId(usize);

impl ElementId {
    /// The survey itself.
    pub const ROOT: ElementId = ElementId(0);
}

/// Loops within loops multiply: a form with more elements is refused.
const MOST_ELEMENTS: usize = 200_000;

/// Bytes of all paths: long names of nested groups multiply.
const MOST_PATHS: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Element {
    pub kind: Kind,
    pub class: Class,
    pub question_type: String,
    pub name: String,
    /// From the root, with names.
    pub path: String,
    pub parent: Option<ElementId>,
    pub children: Vec<ElementId>,
    pub row: Option<u32>,
    pub label: Option<Value>,
    pub hint: Option<Value>,
    pub guidance: Option<Value>,
    pub media: Option<Fields>,
    /// A column `media` without a kind: no medium, but it counts as one where a label is asked for.
    pub bare_media: bool,
    pub bind: Option<Fields>,
    pub control: Fields,
    pub instance: Option<Fields>,
    pub default: Option<String>,
    pub dynamic_default: bool,
    pub choice_filter: Option<String>,
    pub itemset: Option<String>,
    pub list_name: Option<String>,
    pub query: Option<String>,
    pub parameters: Parameters,
    pub actions: Vec<Action>,
    pub trigger: Vec<String>,
    pub tags: Vec<Fields>,
    pub value: String,
    pub bodyless: bool,
    /// Left out of the instance, its children in its place.
    pub flat: bool,
}

/// All elements; the first is the survey.
#[derive(Debug, Default)]
pub(super) struct Tree {
    elements: Vec<Element>,
    /// Elements that `${name}` may mean; `None` where several have the name.
    names: HashMap<String, Option<ElementId>>,
}

/// What is needed to build a tree.
pub(super) struct Builder<'a> {
    pub choices: &'a Lists,
    pub problems: &'a mut Problems,
    pub tree: Tree,
    /// Lists that have the choice "none" added; `None` when the form does not want it.
    pub none_added: Option<HashSet<String>>,
    repeats: HashSet<String>,
    paths: usize,
}

impl Tree {
    /// The element of an id; ids are made by this tree only, so there always is one.
    pub fn get(&self, id: ElementId) -> Option<&Element> {
        self.elements.get(id.0)
    }

    pub fn named(&self, name: &str) -> Option<Option<ElementId>> {
        self.names.get(name).copied()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// All elements in order of the form.
    pub fn all(&self) -> impl Iterator<Item = (ElementId, &Element)> {
        self.elements.iter().enumerate().map(|(i, e)| (ElementId(i), e))
    }

    /// The elements around one, nearest first, with their distance from it.
    pub fn ancestors(&self, id: ElementId) -> impl Iterator<Item = (ElementId, usize)> {
        let mut next = self.get(id).and_then(|e| e.parent);
        let mut distance = 0;
        std::iter::from_fn(move || {
            let id = next?;
            next = self.get(id).and_then(|e| e.parent);
            distance += 1;
            Some((id, distance))
        })
    }

    pub fn is_repeat(&self, id: ElementId) -> bool {
        self.get(id).is_some_and(|e| e.kind == Kind::Repeat)
    }

    /// The nearest repeat around an element.
    pub fn repeat_of(&self, id: ElementId) -> Option<ElementId> {
        self.ancestors(id).map(|(a, _)| a).find(|a| self.is_repeat(*a))
    }

    /// The nearest group of some kinds around both elements, and the steps to it from the first.
    pub fn common(&self, a: ElementId, b: ElementId, kinds: &[Kind]) -> Option<(ElementId, usize)> {
        let others: HashSet<ElementId> = self.ancestors(b).map(|(id, _)| id).collect();
        self.ancestors(a).find(|(id, _)| others.contains(id) && self.get(*id).is_some_and(|e| kinds.contains(&e.kind)))
    }

    /// The path from an element around another one down to it, as in `/group/question`.
    pub fn path_below(&self, above: Option<ElementId>, id: ElementId) -> String {
        let path = self.get(id).map_or("", |e| e.path.as_str());
        let Some(above) = above.and_then(|a| self.get(a)) else { return path.to_owned() };
        path.strip_prefix(above.path.as_str()).unwrap_or(path).to_owned()
    }
}

/// Nodes that `${name}` may mean.
fn is_target(kind: Kind) -> bool {
    matches!(kind, Kind::Survey | Kind::Group | Kind::Repeat | Kind::Loop | Kind::Question | Kind::Entity)
}

impl<'a> Builder<'a> {
    pub fn new(choices: &'a Lists, problems: &'a mut Problems) -> Self {
        let (tree, none_added) = (Tree::default(), None);
        Builder { choices, problems, tree, none_added, repeats: HashSet::new(), paths: 0 }
    }

    /// Adds a draft and what is in it.
    pub fn add(&mut self, draft: &Draft, parent: Option<ElementId>) {
        if self.tree.elements.len() >= MOST_ELEMENTS {
            let message = (
                format!("the form has more than {MOST_ELEMENTS} questions"),
                format!("表单超过 {MOST_ELEMENTS} 道题。"),
            );
            self.problems.error(Problem::new(Code::TooLarge, Place::sheet("survey"), message));
            return;
        }
        let element = self.element(draft, parent);
        self.paths += element.path.len();
        if self.paths > MOST_PATHS {
            let message = (
                "the paths of the questions get too long: use shorter names, and fewer groups within groups",
                "题目的路径太长：请缩短名称，少用分组套分组。",
            );
            self.problems.error(Problem::new(Code::TooLarge, Place::sheet("survey"), message));
            return;
        }
        let id = ElementId(self.tree.elements.len());
        if let Some(parent) = parent {
            self.check_names(&element, parent);
        }
        if is_target(element.kind) {
            let found = self.tree.names.entry(element.name.clone());
            found.and_modify(|there| *there = None).or_insert(Some(id));
        }
        self.tree.elements.push(element);
        if let Some(parent) = parent.and_then(|p| self.tree.elements.get_mut(p.0)) {
            parent.children.push(id);
        }
        match &draft.over {
            Some(list) => self.unroll(draft, list, id),
            None => draft.children.iter().for_each(|child| self.add(child, Some(id))),
        }
    }

    fn check_names(&mut self, element: &Element, parent: ElementId) {
        let place = |row: Option<u32>| Place { sheet: Some("survey".into()), row, column: Some("name".into()) };
        let siblings = self.tree.get(parent).map(|p| p.children.as_slice()).unwrap_or_default();
        // Only what is generated is looked at here: rows were compared when they were read.
        let generated = ["_count", "_other"].iter().any(|s| element.name.ends_with(s)) || element.name == "audit";
        let sibling = |id: &ElementId| self.tree.get(*id).is_some_and(|s| s.name == element.name);
        if (generated || element.kind == Kind::Group) && element.name != "meta" && siblings.iter().any(sibling) {
            let message = (
                format!("the name \"{}\" is there twice in the same group", element.name),
                format!("名称“{}”在同一个分组里出现了两次。", element.name),
            );
            self.problems.error(Problem::new(Code::NameTaken, place(element.row), message));
        }
        if element.kind == Kind::Repeat && !self.repeats.insert(element.name.clone()) {
            let message = (
                format!("there is another repeat \"{}\": names of repeats must be unique in the form", element.name),
                format!("已经有重复组“{}”：一张表单里，重复组的名称不能相同。", element.name),
            );
            self.problems.error(Problem::new(Code::RepeatNameTaken, place(element.row), message));
        }
    }

    /// A loop is a group of groups, one for each choice, with the choice's name and label put into the texts.
    fn unroll(&mut self, draft: &Draft, list: &str, id: ElementId) {
        let Some(list) = self.choices.get(list) else { return };
        for choice in list.rows.iter().filter(|c| c.name() != "none") {
            if !name::is_name(choice.name()) {
                let place = Place::row("choices", choice.row).column("name");
                self.problems.error(invalid_name(place, choice.name()));
            }
            let mut group = Draft::new(Kind::Group, "group", choice.name());
            group.row = draft.row;
            group.fields = choice.fields.clone();
            for child in &draft.children {
                let mut child = child.clone();
                for (_, value) in child.fields.iter_mut() {
                    substitute_in(value, &choice.fields);
                }
                group.children.push(child);
            }
            self.add(&group, Some(id));
        }
    }

    fn element(&mut self, draft: &Draft, parent: Option<ElementId>) -> Element {
        let fields = &draft.fields;
        let text = |key: &str| fields.text(key).map(str::to_owned);
        let question = draft.kind == Kind::Question;
        let of_type = types::type_of(&draft.question_type).filter(|_| question);
        let mut bind = fields.map("bind").cloned();
        let mut control = fields.map("control").cloned().unwrap_or_default();
        let mut hint = fields.get("hint").cloned();
        if let Some(of_type) = of_type {
            if !of_type.bind.is_empty() {
                let mut all = Fields::default();
                of_type.bind.iter().for_each(|(key, value)| all.set_text(key, *value));
                bind.iter().flat_map(Fields::iter).for_each(|(key, value)| all.set(key, value.clone()));
                bind = Some(all);
            }
            for (key, value) in [("tag", of_type.tag), ("mediatype", of_type.mediatype)] {
                if let Some(value) = value.filter(|_| !control.has(key)) {
                    control.set_text(key, value);
                }
            }
            hint = hint.or_else(|| of_type.hint.map(Value::text));
        }
        let mut label = fields.get("label").cloned();
        if label.is_none() && control.text("appearance") == Some("label") {
            label = Some(Value::text(" "));
        }
        self.add_none(draft, &mut bind);
        let name = draft.name().to_owned();
        let above = parent.and_then(|p| self.tree.get(p)).map_or("", |p| p.path.as_str());
        let path = match draft.kind {
            _ if draft.flat => above.to_owned(),
            Kind::Attribute => format!("{above}/@{name}"),
            _ => format!("{above}/{name}"),
        };
        Element {
            kind: draft.kind,
            class: of_type.map_or(Class::Data, |t| t.class),
            question_type: draft.question_type.clone(),
            path,
            name,
            parent,
            children: Vec::new(),
            row: draft.row,
            label,
            hint,
            guidance: fields.get("guidance_hint").cloned(),
            media: fields.map("media").cloned(),
            bare_media: fields.text("media").is_some(),
            bind,
            control,
            instance: fields.map("instance").cloned(),
            default: text("default"),
            dynamic_default: draft.dynamic_default,
            choice_filter: text("choice_filter"),
            itemset: text("itemset"),
            list_name: text("list_name"),
            query: text("query"),
            parameters: draft.parameters.clone(),
            actions: if question || draft.kind == Kind::Attribute { draft.actions.clone() } else { Vec::new() },
            trigger: if question { draft.trigger.clone() } else { Vec::new() },
            tags: draft.tags.clone(),
            value: draft.value.clone(),
            bodyless: draft.bodyless,
            flat: draft.flat,
        }
    }

    /// The setting `add_none_option`: who selects "none" selects nothing else.
    fn add_none(&mut self, draft: &Draft, bind: &mut Option<Fields>) {
        let Some(added) = &mut self.none_added else { return };
        if !draft.question_type.starts_with("select all that apply") {
            return;
        }
        let list = draft.fields.text("list_name").and_then(|l| self.choices.get(l));
        let Some(list) = list else {
            let place = Place { sheet: Some("survey".into()), row: draft.row, column: Some("type".into()) };
            let message = ("there are no choices to add \"none\" to", "没有选项表，加不上选项“none”。");
            self.problems.error(Problem::new(Code::ListMissing, place, message));
            return;
        };
        if added.insert(list.name.clone()) {
            let none = "(.='none' or not(selected(., 'none')))";
            let bind = bind.get_or_insert_default();
            let constraint = bind.text("constraint").map_or_else(|| none.to_owned(), |c| format!("{c} and {none}"));
            bind.set_text("constraint", constraint);
        }
    }
}

/// Puts the columns of a choice into a text, or into the texts of several languages.
fn substitute_in(value: &mut Value, choice: &Fields) {
    match value {
        Value::Text(text) => *text = substitute(text, choice, None),
        Value::Map(map) => {
            for (language, value) in map.iter_mut() {
                if let Value::Text(text) = value {
                    *text = substitute(text, choice, Some(language));
                }
            }
        }
    }
}

/// `%(name)s` and `%(label)s` are the choice's; `%%` is a percent sign.
fn substitute(text: &str, choice: &Fields, language: Option<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let column = from.strip_prefix("%(").and_then(|inner| inner.split_once(")s"));
        if let Some((column, after)) = column {
            let value = choice.get(column);
            let of_language = language.and_then(|l| value.and_then(Value::as_map).and_then(|m| m.get(l)));
            out.push_str(&of_language.or(value).map(Value::to_attribute).unwrap_or_default());
            rest = after;
        } else {
            out.push('%');
            rest = from.strip_prefix("%%").or_else(|| from.strip_prefix('%')).unwrap_or_default();
        }
    }
    out + rest
}

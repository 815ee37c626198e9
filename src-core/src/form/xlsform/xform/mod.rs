//! From the tree of elements to the XForm: model (translations, instance, choices, binds) and body.
//!
//! Read in this order: `node` (the XML that is made) → `path` (`${name}` to paths) → `instance` → `translation` →
//! `secondary` → `bind` → `body`.

mod bind;
mod body;
mod instance;
mod itemset;
mod node;
mod path;
mod secondary;
mod translation;

use super::choices::Lists;
use super::heading::Sheet;
use super::problem::{Code, Place, Problem, Problems};
use super::settings::Settings;
use super::tree::{Element, ElementId, Tree};
use crate::form::Said;
use node::{Node, Tag};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the output may come to, in bytes of text; loops, templates and references multiply.
const MOST_BYTES: usize = 64 << 20;

/// Makes the XForm.
pub(super) struct Maker<'a> {
    pub tree: &'a Tree,
    pub sheet: &'a Sheet,
    pub settings: &'a Settings,
    pub choices: &'a Lists,
    /// Version of the specification of entities, when there are any.
    pub entities: Option<&'static str>,
    problems: RefCell<&'a mut Problems>,
    /// Bytes that may still be written.
    left: Cell<usize>,
    /// Question and expression by the question whose change sets it.
    setvalues: HashMap<String, Vec<ElementId>>,
    setgeopoints: HashMap<String, Vec<ElementId>>,
    /// Lists that are written into the questions, and the questions that do so.
    searched: HashSet<String>,
    searching: HashSet<ElementId>,
}

/// The namespaces of every form.
const NAMESPACES: [(&str, &str); 7] = [
    ("xmlns", "http://www.w3.org/2002/xforms"),
    ("xmlns:h", "http://www.w3.org/1999/xhtml"),
    ("xmlns:ev", "http://www.w3.org/2001/xml-events"),
    ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
    ("xmlns:jr", "http://openrosa.org/javarosa"),
    ("xmlns:orx", "http://openrosa.org/xforms"),
    ("xmlns:odk", "http://www.opendatakit.org/xforms"),
];

impl<'a> Maker<'a> {
    pub fn new(
        tree: &'a Tree,
        sheet: &'a Sheet,
        settings: &'a Settings,
        choices: &'a Lists,
        entities: Option<&'static str>,
        problems: &'a mut Problems,
    ) -> Self {
        let mut maker = Maker {
            tree,
            sheet,
            settings,
            choices,
            entities,
            problems: RefCell::new(problems),
            left: Cell::new(MOST_BYTES),
            setvalues: HashMap::new(),
            setgeopoints: HashMap::new(),
            searched: HashSet::new(),
            searching: HashSet::new(),
        };
        for (id, element) in tree.all() {
            let geo = element.question_type == "background-geopoint";
            let by = if geo { &mut maker.setgeopoints } else { &mut maker.setvalues };
            for trigger in &element.trigger {
                by.entry(trigger.clone()).or_default().push(id);
            }
        }
        maker
    }

    /// The whole form, as text.
    pub fn make(mut self) -> String {
        self.find_searches();
        let translations = self.translations();
        let mut model = Tag::new("model").with("odk:xforms-version", "1.0.0");
        if let Some(version) = self.entities {
            model.set("entities:entities-version", version);
        }
        model.extend(self.submission());
        model.extend(self.itext(&translations));
        model.push(Tag::new("instance").and(self.primary()));
        for instance in self.secondary() {
            model.push(instance);
        }
        self.binds(&mut model);

        let mut body = Tag::new("h:body");
        if let Some(style) = self.settings.text("style") {
            body.set("class", style);
        }
        self.controls(ElementId::ROOT, &mut body);
        let head = Tag::new("h:head").and(Tag::new("h:title").text(&self.settings.title)).and(model);
        let mut html = Tag::new("h:html").and(head).and(body);
        let mut namespaces = self.namespaces();
        self.declare_others(&html, &mut namespaces);
        for (name, uri) in namespaces {
            html.set(&name, uri);
        }
        html.write()
    }

    /// Columns such as `bind::esri:fieldType` need the prefix in the setting `namespaces`. Without it the form would be
    /// no XML: the prefix is declared, and the author told.
    fn declare_others(&self, html: &Tag, namespaces: &mut Vec<(String, String)>) {
        let mut used = BTreeSet::new();
        html.prefixes(&mut used);
        for prefix in used {
            let name = format!("xmlns:{prefix}");
            if prefix == "xml" || prefix == "xmlns" || namespaces.iter().any(|(n, _)| *n == name) {
                continue;
            }
            let message = (
                format!(
                    "the prefix \"{prefix}\" is used in a column or name, but the setting namespaces has no \
                     {prefix}=\"…\""
                ),
                format!("列名或名称里用了前缀“{prefix}”，但设置 namespaces 里没有 {prefix}=\"…\"。"),
            );
            self.problems.borrow_mut().warn(Problem::new(Code::PrefixUndeclared, Place::sheet("settings"), message));
            namespaces.push((name, format!("urn:undeclared:{prefix}")));
        }
    }

    fn namespaces(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> =
            NAMESPACES.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let own = self.settings.text("namespaces").unwrap_or_default();
        let entities = self.entities.map(|_| "entities=http://www.opendatakit.org/xforms/entities");
        for word in own.split_whitespace().chain(entities) {
            let parts: Vec<&str> = word.split('=').collect();
            if let [prefix, uri] = parts.as_slice()
                && !prefix.is_empty()
                && !uri.is_empty()
            {
                let name = format!("xmlns:{prefix}");
                if all.iter().all(|(k, _)| *k != name) {
                    all.push((name, uri.replace(['"', '\''], "")));
                }
            }
        }
        all
    }

    fn submission(&self) -> Option<Tag> {
        let mut tag = Tag::new("submission");
        if let Some(url) = self.settings.text("submission_url") {
            tag.set("action", url);
            tag.set("method", "post");
        }
        for (setting, attribute) in
            [("public_key", "base64RsaPublicKey"), ("auto_send", "orx:auto-send"), ("auto_delete", "orx:auto-delete")]
        {
            if let Some(value) = self.settings.text(setting) {
                tag.set(attribute, value);
            }
        }
        if self.settings.says_yes("client_editable") {
            tag.set("odk:client-editable", "true");
        }
        (!tag.attributes.is_empty()).then_some(tag)
    }

    fn error(&self, problem: Problem) {
        self.problems.borrow_mut().error(problem);
    }

    /// The place of what an element says in a column.
    fn place(&self, element: &Element, path: &[&str]) -> Place {
        match element.row {
            Some(row) => self.sheet.place(row, path),
            None => Place::default(),
        }
    }

    fn wrong(&self, element: &Element, path: &[&str], code: Code, message: impl Into<Said>) {
        self.error(Problem::new(code, self.place(element, path), message));
    }

    /// Counts what is written; false when it comes to too much, which is then said once.
    fn spend(&self, bytes: usize) -> bool {
        let left = self.left.get();
        if left == 0 {
            return false;
        }
        match left.checked_sub(bytes) {
            Some(left) => self.left.set(left.max(1)),
            None => {
                self.left.set(0);
                let message = (
                    "the form gets too large: groups within groups or references multiply",
                    "表单太大：分组层层嵌套，或引用太多。",
                );
                self.error(Problem::new(Code::TooLarge, Place::sheet("survey"), message));
            }
        }
        self.left.get() > 0
    }

    fn element(&self, id: ElementId) -> Option<&'a Element> {
        self.tree.get(id)
    }
}

impl Tag {
    fn extend(&mut self, tag: Option<Tag>) {
        self.children.extend(tag.map(Node::Element));
    }
}

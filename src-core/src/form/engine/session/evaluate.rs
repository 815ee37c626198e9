//! Expressions evaluated where a node stands: what they may ask of the session, and results as text, number, truth
//! or nodes. An expression that fails while a form is being filled in gives blank, and is told to the author.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::tree::Ix;
use super::{Environment, Session};
use crate::form::engine::definition::{Definition, ExprId, InstanceSource};
use crate::form::xpath::{Context, Dialect, Node, Scope, XPathError};
use crate::xml::{Document, NodeId};

/// Where an expression is evaluated: at a node of the primary instance, or at an item of a secondary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Primary(NodeId),
    Secondary(usize, NodeId),
}

/// The documents of secondary instances.
#[derive(Debug)]
pub(super) struct Secondary {
    documents: Vec<Arc<Document>>,
    by_id: BTreeMap<String, (usize, NodeId)>,
}

impl Secondary {
    pub(super) fn new(definition: &Definition, environment: &Environment) -> Self {
        let mut blank = Document::new();
        blank.add_element(NodeId::DOCUMENT, "root");
        let mut documents = vec![Arc::clone(&definition.document), Arc::new(blank)];
        let mut by_id = BTreeMap::new();
        for (id, source) in &definition.instances {
            let found = match (environment.instances.get(id), source) {
                (Some(document), _) => {
                    documents.push(Arc::clone(document));
                    (documents.len() - 1, NodeId::DOCUMENT)
                }
                (None, InstanceSource::Inline(element)) => (0, *element),
                (None, InstanceSource::External(_)) => (1, NodeId::DOCUMENT),
            };
            by_id.insert(id.clone(), found);
        }
        // Files that only `pulldata` names.
        for (id, document) in &environment.instances {
            by_id.entry(id.clone()).or_insert_with(|| {
                documents.push(Arc::clone(document));
                (documents.len() - 1, NodeId::DOCUMENT)
            });
        }
        Self { documents, by_id }
    }

    pub(super) fn instance(&self, id: &str) -> Option<(usize, NodeId)> {
        self.by_id.get(id).copied()
    }

    pub(super) fn document(&self, at: usize) -> Option<&Document> {
        self.documents.get(at).map(Arc::as_ref)
    }
}

struct Ask<'s>(&'s Session);

impl<'s> Scope<'s> for Ask<'s> {
    fn instance(&self, id: &str) -> Option<Node<'s>> {
        let (at, node) = self.0.secondary.instance(id)?;
        self.0.secondary.document(at).map(|doc| Node::new(doc, node))
    }

    fn itext(&self, id: &str) -> Vec<Node<'s>> {
        let definition: &'s Definition = &self.0.definition;
        let form = &*definition.document;
        let Some(itext) = form.child(definition.namespaces, "itext") else { return Vec::new() };
        let language = self.0.language();
        let here = form.children_named(itext, "translation").find(|&t| form.attribute(t, "lang") == Some(language));
        let text = here.and_then(|t| form.elements(t).find(|&text| form.attribute(text, "id") == Some(id)));
        let values = text.into_iter().flat_map(|text| form.children_named(text, "value").collect::<Vec<_>>());
        values.filter(|&v| form.attribute(v, "form").is_none()).map(|v| Node::new(form, v)).collect()
    }

    fn choice_name(&self, value: &str, question: Node<'s>) -> Option<Cow<'s, str>> {
        let ix = self.0.by_xml.get(&question.id).filter(|_| std::ptr::eq(question.doc, &self.0.document))?;
        self.0.node(*ix).choices.as_ref()?.label(value).map(Cow::Borrowed)
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.0.definition.document.namespace_of_prefix(self.0.definition.namespaces, prefix)
    }

    fn spend(&self, nodes: u64) -> bool {
        let left = self.0.work.get().saturating_sub(nodes);
        self.0.work.set(left);
        left > 0
    }

    fn random(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let bits = (self.0.draw() >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    fn function(&self, name: &str, arguments: &[Cow<'s, str>]) -> Option<Cow<'s, str>> {
        match (name, arguments) {
            ("pulldata", [file, column, key_column, key]) => {
                Some(Cow::Owned(self.0.pull(file, column, key_column, key).unwrap_or_default()))
            }
            ("property", [name]) => self.0.environment.properties.get(&**name).map(|v| Cow::Borrowed(v.as_str())),
            _ => None,
        }
    }
}

impl Session {
    /// The next of a row of numbers that the seed decides (SplitMix64).
    fn draw(&self) -> u64 {
        let n = self.draws.get().wrapping_add(1);
        self.draws.set(n);
        let mut z = self.environment.seed.wrapping_add(n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A random UUID (version 4) from the seed.
    pub(super) fn uuid(&self) -> String {
        let (high, low) = (self.draw(), self.draw());
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
        let (a, b, c) = (high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
    }

    /// `now()` as a text.
    pub(super) fn now_text(&self) -> String {
        self.environment.now.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    pub(super) fn place(&self, ix: Ix) -> Place {
        Place::Primary(self.xml(ix))
    }

    fn node_at(&self, place: Place) -> Node<'_> {
        match place {
            Place::Primary(id) => Node::new(&self.document, id),
            Place::Secondary(at, id) => Node::new(self.secondary.document(at).unwrap_or(&self.document), id),
        }
    }

    pub(super) fn place_of(&self, node: Node<'_>) -> Option<Place> {
        if std::ptr::eq(node.doc, &self.document) {
            return Some(Place::Primary(node.id));
        }
        let at = self.secondary.documents.iter().position(|d| std::ptr::eq(node.doc, Arc::as_ptr(d)))?;
        Some(Place::Secondary(at, node.id))
    }

    /// Evaluates with everything that the session knows.
    pub(super) fn with_context<'s, T>(
        &'s self,
        place: Place,
        evaluate: impl FnOnce(&Context<'_, 's>) -> Result<T, XPathError>,
    ) -> Result<T, XPathError> {
        let scope = Ask(self);
        let now = self.environment.now;
        let context = Context {
            node: self.node_at(place),
            root: Node::new(&self.document, NodeId::DOCUMENT),
            position: 1,
            size: 1,
            now,
            zone: now.offset(),
            dialect: Dialect::XForms,
            language: self.language(),
            scope: &scope,
        };
        evaluate(&context)
    }

    fn told<T: Default>(&mut self, expression: ExprId, result: Result<T, XPathError>) -> T {
        result.unwrap_or_else(|error| {
            let expression = self.definition.expression(expression);
            let what =
                format!("{} ({}): {error} in `{}`", expression.node, expression.role.name(), expression.source());
            self.fault(what);
            T::default()
        })
    }

    pub(super) fn string_at(&mut self, expression: ExprId, place: Place) -> String {
        let definition = Arc::clone(&self.definition);
        let xpath = &definition.expression(expression).xpath;
        let result = self.with_context(place, |context| Ok(xpath.string(context)?.into_owned()));
        self.told(expression, result)
    }

    pub(super) fn string(&mut self, expression: ExprId, ix: Ix) -> String {
        self.string_at(expression, self.place(ix))
    }

    pub(super) fn boolean(&mut self, expression: ExprId, ix: Ix) -> bool {
        let definition = Arc::clone(&self.definition);
        let xpath = &definition.expression(expression).xpath;
        let result = self.with_context(self.place(ix), |context| xpath.boolean(context));
        self.told(expression, result)
    }

    pub(super) fn number(&mut self, expression: ExprId, ix: Ix) -> f64 {
        let definition = Arc::clone(&self.definition);
        let xpath = &definition.expression(expression).xpath;
        let result = self.with_context(self.place(ix), |context| xpath.number(context));
        match result {
            Ok(number) => number,
            Err(error) => {
                self.told(expression, Err::<(), _>(error));
                f64::NAN
            }
        }
    }

    pub(super) fn nodes_at(&mut self, expression: ExprId, ix: Ix) -> Vec<Place> {
        let definition = Arc::clone(&self.definition);
        let xpath = &definition.expression(expression).xpath;
        let result = self.with_context(self.place(ix), |context| {
            let nodes = xpath.nodes(context)?;
            Ok(nodes.into_iter().filter_map(|node| self.place_of(node)).collect())
        });
        self.told(expression, result)
    }

    pub(super) fn has_constant_count(&self, range: Ix) -> bool {
        self.definition.graph.has_constant_count(self.node(range).def)
    }
}

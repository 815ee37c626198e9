//! From an XForm document to a [`Definition`]: the order of reading, and what every part of it shares.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::body::BodyElement;
use super::graph::Graph;
use super::{Action, DefId, Definition, ExprId, Expression, InstanceSource, NodeDef, Problem, Role, Submission};
use crate::form::xpath::{self, XPathError};
use crate::xml::{Document, NodeId};

/// Problems of one form that are told; a form with more is not going to be repaired one by one.
const MOST_PROBLEMS: usize = 200;
/// Expressions of one form.
const MOST_EXPRESSIONS: usize = 500_000;

/// What is being read.
pub(super) struct Reader<'a> {
    pub(super) form: &'a Document,
    pub(super) expressions: Vec<Expression>,
    pub(super) nodes: Vec<NodeDef>,
    pub(super) by_path: HashMap<String, DefId>,
    pub(super) body: HashMap<String, BodyElement>,
    pub(super) binds: HashMap<String, NodeId>,
    pub(super) actions: Vec<Action>,
    pub(super) errors: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

impl Definition {
    /// Reads a form from the text of its XForm.
    ///
    /// # Errors
    /// All that keeps it from being filled in, not the first only.
    pub fn parse(xform: &str) -> Result<Self, Vec<Problem>> {
        let document = Document::parse(xform);
        let document = document.map_err(|e| vec![Problem::new("", Role::Form, &e)])?;
        Self::read(document)
    }

    /// Reads a form from its XForm document.
    ///
    /// # Errors
    /// All that keeps it from being filled in, not the first only.
    pub fn read(document: Document) -> Result<Self, Vec<Problem>> {
        let missing = |what: &str, zh: &str| {
            let message = (format!("the XForm has no {what}"), format!("XForm 里没有{zh}。"));
            vec![Problem::new("", Role::Form, message)]
        };
        let html = document.document_element().ok_or_else(|| missing("element", "任何元素"))?;
        let head = document.child(html, "head").ok_or_else(|| missing("head", " head"))?;
        let model = document.child(head, "model").ok_or_else(|| missing("model", " model"))?;
        let body = document.child(html, "body");
        let instances: Vec<NodeId> = document.children_named(model, "instance").collect();
        let primary = instances.first().and_then(|&instance| document.elements(instance).next());
        let primary = primary.ok_or_else(|| missing("primary instance", "主实例（instance）"))?;

        let mut reader = Reader {
            form: &document,
            expressions: Vec::new(),
            nodes: Vec::new(),
            by_path: HashMap::new(),
            body: HashMap::new(),
            binds: HashMap::new(),
            actions: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        reader.read_binds(model, primary);
        if let Some(body) = body {
            reader.read_body(body);
        }
        reader.read_nodes(primary);
        reader.unmatched();
        let (languages, itext) = reader.itext(model);
        reader.read_actions(model, false);
        if let Some(body) = body {
            reader.read_actions(body, true);
        }
        let secondary = reader.read_instances(instances.get(1..).unwrap_or_default());
        let Reader { expressions, nodes, by_path, actions, errors, mut warnings, .. } = reader;
        if !errors.is_empty() {
            return Err(errors);
        }
        let named = itext.named_by_items(&document, &secondary);
        let graph = Graph::of(&nodes, &by_path, &expressions, &itext, &named, &actions, &mut warnings);
        let text_of = |parent, name| document.child(parent, name).map(|e| document.string_value(e).into_owned());
        Ok(Self {
            title: text_of(head, "title").unwrap_or_default(),
            id: document.attribute(primary, "id").unwrap_or("").to_owned(),
            version: document.attribute(primary, "version").unwrap_or("").to_owned(),
            languages,
            submission: submission_of(&document, model),
            warnings,
            nodes,
            expressions,
            itext,
            instances: secondary,
            actions,
            graph,
            namespaces: model,
            document: Arc::new(document),
        })
    }
}

fn submission_of(document: &Document, model: NodeId) -> Submission {
    let Some(element) = document.child(model, "submission") else { return Submission::default() };
    let attribute = |local: &str| {
        let found = document.attributes(element).find(|&a| document.local_name(a) == local);
        found.map(|a| document.text(a).to_owned())
    };
    Submission {
        action: attribute("action"),
        public_key: attribute("base64RsaPublicKey"),
        auto_send: attribute("auto-send"),
        auto_delete: attribute("auto-delete"),
    }
}

impl Reader<'_> {
    pub(super) fn error(&mut self, problem: Problem) {
        if self.errors.len() < MOST_PROBLEMS {
            self.errors.push(problem);
        }
    }

    pub(super) fn warn(&mut self, problem: Problem) {
        if self.warnings.len() < MOST_PROBLEMS {
            self.warnings.push(problem);
        }
    }

    /// Keeps an expression; none, and a problem, if it is not one.
    pub(super) fn expression(&mut self, source: &str, node: &str, role: Role) -> Option<ExprId> {
        if self.expressions.len() >= MOST_EXPRESSIONS {
            self.error(Problem::new("", Role::Form, ("the form has too many expressions", "表单里的算式太多。")));
            return None;
        }
        let told = |error: &XPathError| {
            let at = source.get(..error.at.start).map_or(0, |before| before.chars().count());
            Problem::new(node, role, error.kind.said()).in_expression(source, Some(at))
        };
        match xpath::Expression::parse(source) {
            Ok(xpath) => {
                // Such a function may stand where it is never called.
                xpath.problems().iter().for_each(|error| self.warn(told(error)));
                let id = ExprId(u32::try_from(self.expressions.len()).ok()?);
                self.expressions.push(Expression { xpath, node: node.to_owned(), role });
                Some(id)
            }
            Err(error) => {
                self.error(told(&error));
                None
            }
        }
    }

    fn read_instances(&mut self, instances: &[NodeId]) -> BTreeMap<String, InstanceSource> {
        let mut secondary = BTreeMap::new();
        for &instance in instances {
            let Some(id) = self.form.attribute(instance, "id") else { continue };
            let inline = self.form.elements(instance).next().is_some();
            let source = match self.form.attribute(instance, "src") {
                Some(file) if !inline => InstanceSource::External(file.to_owned()),
                _ => InstanceSource::Inline(instance),
            };
            if secondary.insert(id.to_owned(), source).is_some() {
                let message = (
                    format!("there is more than one secondary instance `{id}`"),
                    format!("次级实例（instance）“{id}”不止一个。"),
                );
                self.warn(Problem::new("", Role::Form, message));
            }
        }
        secondary
    }
}

/// A reference as a path: predicates dropped, relative steps resolved against `base`.
pub(super) fn resolve_path(base: &str, reference: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0_u32;
    for c in reference.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && !c.is_whitespace() => plain.push(c),
            _ => {}
        }
    }
    let mut steps: Vec<&str> = Vec::new();
    if !plain.starts_with('/') {
        steps.extend(base.split('/').filter(|s| !s.is_empty()));
    }
    for step in plain.split('/') {
        match step {
            "" | "." | "current()" => {}
            ".." => {
                steps.pop();
            }
            _ => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve_path;

    #[test]
    fn references_become_paths() {
        assert_eq!(resolve_path("/data/a", "/data/b[position() = 1]/c"), "/data/b/c");
        assert_eq!(resolve_path("/data/a", "../b/./c"), "/data/b/c");
        assert_eq!(resolve_path("/data", " x "), "/data/x");
        assert_eq!(resolve_path("/", "data"), "/data");
    }
}

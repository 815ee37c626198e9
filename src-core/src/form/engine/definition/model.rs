//! The model: the nodes of the primary instance, their binds, and the actions that set them.

use super::read::{Reader, resolve_path};
use super::{
    Action, ActionValue, Bind, Condition, ControlKind, DefId, Events, MOST_DEPTH, MOST_NODES, NodeDef, NodeRole,
    Preload, Problem, RepeatCount, Role,
};
use crate::form::engine::value::DataType;
use crate::xml::NodeId;

/// The namespace of `jr:` attributes.
pub(in crate::form::engine) const JAVAROSA: &str = "http://openrosa.org/javarosa";

/// A node that is to be read: its parent, its elements (a repeat has several), its level.
struct Open {
    parent: Option<DefId>,
    elements: Vec<NodeId>,
    depth: usize,
}

impl Reader<'_> {
    pub(super) fn read_binds(&mut self, model: NodeId, primary: NodeId) {
        let root = format!("/{}", self.form.name(primary).qualified());
        for bind in self.form.children_named(model, "bind") {
            if let Some(nodeset) = self.form.attribute(bind, "nodeset") {
                self.binds.insert(resolve_path(&root, nodeset), bind);
            }
        }
    }

    pub(super) fn read_nodes(&mut self, primary: NodeId) {
        let mut open = vec![Open { parent: None, elements: vec![primary], depth: 0 }];
        // Depth first, so that the numbers of the nodes are their document order.
        while let Some(Open { parent, elements, depth }) = open.pop() {
            if self.nodes.len() >= MOST_NODES || depth > MOST_DEPTH {
                let message = ("the primary instance is too large or nested too deeply", "主实例太大，或嵌套太深。");
                self.error(Problem::new("", Role::Form, message));
                return;
            }
            let Some((id, element)) = self.read_node(parent, &elements) else { continue };
            let mut names: Vec<(String, Vec<NodeId>)> = Vec::new();
            for child in self.form.elements(element) {
                let name = self.form.name(child).qualified();
                match names.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, elements)) => elements.push(child),
                    None => names.push((name, vec![child])),
                }
            }
            let below = names.into_iter().rev();
            open.extend(below.map(|(_, elements)| Open { parent: Some(id), elements, depth: depth + 1 }));
        }
    }

    fn read_node(&mut self, parent: Option<DefId>, elements: &[NodeId]) -> Option<(DefId, NodeId)> {
        let &element = elements.first()?;
        let name = self.form.name(element).qualified();
        let above = parent.and_then(|p| self.nodes.get(p.0 as usize));
        let path = format!("{}/{name}", above.map_or("", |p| p.path.as_str()));
        let mut repeat_depth = above.map_or(0, |p| p.repeat_depth);
        let control = self.control(&path);
        let is_repeat = control.as_ref().is_some_and(|c| c.kind == ControlKind::Repeat);
        let role = if parent.is_none() {
            NodeRole::Root
        } else if is_repeat {
            repeat_depth += 1;
            self.repeat(element, &path)
        } else if self.form.elements(element).next().is_none() {
            NodeRole::Value
        } else {
            NodeRole::Group
        };
        if elements.len() > 1 && !is_repeat {
            let count = elements.len();
            let message = (
                format!("the primary instance has {count} such nodes, but no repeat shows them"),
                format!("主实例里有 {count} 个这样的节点，但没有重复组显示它们。"),
            );
            self.error(Problem::new(&path, Role::Form, message));
        }
        let upload = control.as_ref().is_some_and(|c| c.kind == ControlKind::Upload);
        let bind = self.bind(&path, upload);
        let id = self.push(
            parent,
            NodeDef {
                name,
                path,
                parent,
                children: Vec::new(),
                role,
                source: element,
                bind,
                control,
                ordinal: 0,
                repeat_depth,
                actions: Vec::new(),
                triggers: Vec::new(),
            },
        )?;
        self.attributes(id, element);
        Some((id, element))
    }

    fn push(&mut self, parent: Option<DefId>, mut node: NodeDef) -> Option<DefId> {
        let id = DefId(u32::try_from(self.nodes.len()).ok()?);
        if let Some(parent) = parent.and_then(|p| self.nodes.get_mut(p.0 as usize)) {
            node.ordinal = u32::try_from(parent.children.len()).unwrap_or(u32::MAX);
            parent.children.push(id);
        }
        self.by_path.insert(node.path.clone(), id);
        self.nodes.push(node);
        Some(id)
    }

    /// Attributes are part of their element, unless a bind or an action makes them nodes of their own.
    fn attributes(&mut self, parent: DefId, element: NodeId) {
        let (base, repeat_depth) = match self.nodes.get(parent.0 as usize) {
            Some(node) => (node.path.clone(), node.repeat_depth),
            None => return,
        };
        for attribute in self.form.attributes(element).collect::<Vec<_>>() {
            let name = format!("@{}", self.form.name(attribute).qualified());
            let path = format!("{base}/{name}");
            if self.form.namespace(attribute) == JAVAROSA || !self.binds.contains_key(&path) {
                continue;
            }
            let bind = self.bind(&path, false);
            self.push(
                Some(parent),
                NodeDef {
                    name,
                    path,
                    parent: Some(parent),
                    children: Vec::new(),
                    role: NodeRole::Attribute,
                    source: attribute,
                    bind,
                    control: None,
                    ordinal: 0,
                    repeat_depth,
                    actions: Vec::new(),
                    triggers: Vec::new(),
                },
            );
        }
    }

    fn repeat(&mut self, template: NodeId, path: &str) -> NodeRole {
        let form = self.form;
        let explicit = form.attribute_ns(template, JAVAROSA, "template").is_some();
        let element = self.body.get(path).map(|e| e.element);
        let attribute = |local| element.and_then(|e| form.attribute_ns(e, JAVAROSA, local));
        let count = if let Some(count) = attribute("count").map(str::to_owned) {
            self.expression(&count, path, Role::Count).map_or(RepeatCount::Free, RepeatCount::Computed)
        } else if attribute("noAddRemove").is_some_and(is_constantly_true) {
            RepeatCount::Fixed
        } else {
            RepeatCount::Free
        };
        NodeRole::Repeat { count, explicit }
    }

    fn bind(&mut self, path: &str, upload: bool) -> Bind {
        let default = if upload { DataType::Binary } else { DataType::String };
        let Some(&element) = self.binds.get(path) else { return Bind { data_type: default, ..Bind::default() } };
        let form = self.form;
        let own = |local: &str| form.attribute(element, local).filter(|t| !t.trim().is_empty());
        let jr = |local: &str| form.attribute_ns(element, JAVAROSA, local);
        let data_type = own("type").map_or(default, DataType::named);
        let relevant = self.condition(own("relevant"), true, path, Role::Relevant);
        let required = self.condition(own("required"), false, path, Role::Required);
        let readonly = self.condition(own("readonly"), false, path, Role::Readonly);
        let calculate = own("calculate").and_then(|source| self.expression(source, path, Role::Calculate));
        let constraint = own("constraint").and_then(|source| self.expression(source, path, Role::Constraint));
        let constraint_message = jr("constraintMsg").and_then(|m| self.message(m, path, Role::ConstraintMessage));
        let required_message = jr("requiredMsg").and_then(|m| self.message(m, path, Role::RequiredMessage));
        let parameter = jr("preloadParams").unwrap_or("");
        let preload = jr("preload").and_then(|kind| match (kind, parameter) {
            ("uid", _) => Some(Preload::Uid),
            ("timestamp", "start") => Some(Preload::Start),
            ("timestamp", "end") => Some(Preload::End),
            ("date", "today") => Some(Preload::Today),
            ("property", name) => Some(Preload::Property(name.to_owned())),
            _ => None,
        });
        Bind {
            data_type,
            relevant,
            required,
            readonly,
            calculate,
            constraint,
            constraint_message,
            required_message,
            preload,
        }
    }

    fn condition(&mut self, source: Option<&str>, default: bool, path: &str, role: Role) -> Condition {
        let Some(source) = source else { return Condition::Always(default) };
        if is_constantly_true(source) {
            return Condition::Always(true);
        }
        if source.split_whitespace().collect::<String>() == "false()" {
            return Condition::Always(false);
        }
        self.expression(source, path, role).map_or(Condition::Always(default), Condition::When)
    }

    /// Actions of the model, and those of the body, where the control around them may be what triggers them.
    pub(super) fn read_actions(&mut self, top: NodeId, in_body: bool) {
        let form = self.form;
        let found: Vec<NodeId> = if in_body {
            form.descendants(top).filter(|&e| form.is_element(e)).collect()
        } else {
            form.elements(top).collect()
        };
        for element in found.into_iter().filter(|&e| form.local_name(e) == "setvalue") {
            let source = form.parent(element).filter(|_| in_body).and_then(|control| {
                let reference = form.attribute(control, "ref").or_else(|| form.attribute(control, "nodeset"))?;
                self.by_path.get(&resolve_path("/", reference)).copied()
            });
            let base = source.and_then(|s| self.nodes.get(s.0 as usize)).map_or("/", |n| n.path.as_str()).to_owned();
            let path = resolve_path(&base, form.attribute(element, "ref").unwrap_or(""));
            self.action(element, &path, source);
        }
    }

    fn action(&mut self, element: NodeId, path: &str, source: Option<DefId>) {
        let form = self.form;
        let Some(target) = self.by_path.get(path).copied().or_else(|| self.bare_attribute(path)) else {
            let message = (
                "an action sets a node that the primary instance does not have",
                "动作（setvalue）要写的节点在主实例里没有。",
            );
            self.warn(Problem::new(path, Role::Action, message));
            return;
        };
        let mut events = Events::default();
        for event in form.attribute(element, "event").unwrap_or("").split_whitespace() {
            match event {
                "odk-instance-first-load" => events.first_load = true,
                "odk-instance-load" => events.load = true,
                "odk-new-repeat" => events.new_repeat = true,
                "xforms-value-changed" => events.value_changed = true,
                _ => {
                    let message = (format!("the event `{event}` is not known"), format!("没有事件“{event}”。"));
                    self.warn(Problem::new(path, Role::Action, message));
                }
            }
        }
        let value = match form.attribute(element, "value").filter(|v| !v.trim().is_empty()) {
            Some(expression) => match self.expression(expression, path, Role::Action) {
                Some(id) => ActionValue::Expression(id),
                None => return,
            },
            None => ActionValue::Literal(form.string_value(element).into_owned()),
        };
        let at = self.actions.len();
        if (events.first_load || events.load || events.new_repeat)
            && let Some(node) = self.nodes.get_mut(target.0 as usize)
        {
            node.actions.push(at);
        }
        if events.value_changed
            && let Some(node) = source.and_then(|s| self.nodes.get_mut(s.0 as usize))
        {
            node.triggers.push(at);
        }
        self.actions.push(Action { target, events, value });
    }

    /// An attribute without a bind that an action sets.
    fn bare_attribute(&mut self, path: &str) -> Option<DefId> {
        let (base, name) = path.rsplit_once("/@")?;
        let parent = *self.by_path.get(base)?;
        let node = self.nodes.get(parent.0 as usize)?;
        let (element, repeat_depth) = (node.source, node.repeat_depth);
        let source = self.form.attributes(element).find(|&a| self.form.name(a).qualified() == name)?;
        self.push(
            Some(parent),
            NodeDef {
                name: format!("@{name}"),
                path: path.to_owned(),
                parent: Some(parent),
                children: Vec::new(),
                role: NodeRole::Attribute,
                source,
                bind: Bind::default(),
                control: None,
                ordinal: 0,
                repeat_depth,
                actions: Vec::new(),
                triggers: Vec::new(),
            },
        )
    }
}

/// `true()`, a number that is not 0, a text that is not empty.
pub(super) fn is_constantly_true(source: &str) -> bool {
    let compact: String = source.split_whitespace().collect();
    let quoted = |q: char| {
        let inner = compact.strip_prefix(q).and_then(|s| s.strip_suffix(q));
        inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(q))
    };
    compact == "true()" || compact.parse::<f64>().is_ok_and(|n| n != 0.0 && !n.is_nan()) || quoted('\'') || quoted('"')
}

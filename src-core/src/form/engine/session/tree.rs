//! The nodes of a session: made from the definition and the form's own values, found by reference, added and removed
//! with the instances of repeats.

use std::sync::Arc;

use super::choices::ChoiceList;
use super::state::{Rendered, Violated};
use super::{MOST_NODES, Session};
use crate::form::engine::definition::{
    Condition, DefId, Definition, JAVAROSA, NodeDef, NodeRole, Preload, RepeatCount, Slot,
};
use crate::xml::NodeId;

/// The index of a node of a session; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ix(pub(super) u32);

impl Ix {
    pub(super) const ROOT: Self = Self(0);
}

/// What a node is in the tree: a repeat has a range, and below it its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Plain,
    Range,
    Instance,
}

/// An element of the form document that values are taken from; `blank`: its structure only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    pub(super) element: NodeId,
    pub(super) blank: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) def: DefId,
    pub(super) shape: Shape,
    pub(super) parent: Option<Ix>,
    pub(super) children: Vec<Ix>,
    pub(super) alive: bool,
    /// Its element or attribute; for a range the comment before its instances.
    pub(super) xml: NodeId,
    /// The place of an instance in its range.
    pub(super) position: usize,
    /// Where the instances of a range get their first values from.
    pub(super) sources: Vec<Source>,
    pub(super) self_relevant: bool,
    pub(super) relevant: bool,
    pub(super) self_readonly: bool,
    pub(super) readonly: bool,
    pub(super) required: bool,
    /// What was answered or calculated, whether relevant or not.
    pub(super) base: String,
    /// What expressions and the submission see.
    pub(super) value: String,
    /// What the calculation gave last.
    pub(super) calculated: Option<String>,
    pub(super) label: Option<Arc<Rendered>>,
    pub(super) hint: Option<Arc<Rendered>>,
    pub(super) choices: Option<Arc<ChoiceList>>,
    pub(super) violation: Option<Violated>,
}

impl Session {
    pub(super) fn node(&self, ix: Ix) -> &Node {
        #[expect(clippy::indexing_slicing, reason = "indexes are made from this vector only and nodes stay in it")]
        &self.nodes[ix.0 as usize]
    }

    pub(super) fn node_mut(&mut self, ix: Ix) -> &mut Node {
        #[expect(clippy::indexing_slicing, reason = "indexes are made from this vector only and nodes stay in it")]
        &mut self.nodes[ix.0 as usize]
    }

    pub(super) fn def(&self, ix: Ix) -> &NodeDef {
        self.definition.node(self.node(ix).def)
    }

    pub(super) fn is_range(&self, ix: Ix) -> bool {
        self.node(ix).shape == Shape::Range
    }

    pub(super) fn is_instance(&self, ix: Ix) -> bool {
        self.node(ix).shape == Shape::Instance
    }

    /// Makes the whole tree and queues every computation.
    pub(super) fn build(&mut self) {
        let definition = Arc::clone(&self.definition);
        let root = definition.node(Definition::ROOT);
        let source = Source { element: root.source, blank: false };
        let element = self.element(root, source);
        self.document.append(NodeId::DOCUMENT, element);
        let ix = self.push(Definition::ROOT, Shape::Plain, None, element);
        let mut made = vec![ix];
        self.build_children(ix, Some(source), &mut made);
        self.begin(&made);
    }

    fn push(&mut self, def: DefId, shape: Shape, parent: Option<Ix>, xml: NodeId) -> Ix {
        // At most `MOST_NODES`, and what one template has, are ever made at once.
        let ix = Ix(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let bind = &self.definition.node(def).bind;
        let fixed = |condition| matches!(condition, Condition::Always(true));
        let (self_relevant, self_readonly) = (bind.relevant != Condition::Always(false), fixed(bind.readonly));
        let required = fixed(bind.required);
        let above = parent.map(|p| self.node(p));
        let readonly = self_readonly || above.is_some_and(|p| p.readonly);
        let relevant = match (shape, above) {
            (_, None) => true,
            // A range is as relevant as its instances: they ask whoever stands above it.
            (Shape::Instance, Some(range)) => {
                self_relevant && range.parent.is_none_or(|above| self.node(above).relevant)
            }
            (_, Some(above)) => self_relevant && above.relevant,
        };
        let position = above.map_or(0, |p| p.children.len());
        self.nodes.push(Node {
            def,
            shape,
            parent,
            children: Vec::new(),
            alive: true,
            xml,
            position,
            sources: Vec::new(),
            self_relevant,
            relevant,
            self_readonly,
            readonly,
            required,
            base: String::new(),
            value: String::new(),
            calculated: None,
            label: None,
            hint: None,
            choices: None,
            violation: None,
        });
        if let Some(parent) = parent {
            self.node_mut(parent).children.push(ix);
        }
        self.by_xml.insert(xml, ix);
        self.alive += 1;
        ix
    }

    /// An element of the primary instance, without children. Which attributes it has is the definition's to say (of an
    /// instance of a repeat its template's), with the values that this element has.
    fn element(&mut self, def: &NodeDef, source: Source) -> NodeId {
        let form = Arc::clone(&self.definition.document);
        let element = self.document.create_element(form.name(def.source));
        for attribute in form.attributes(def.source) {
            let name = form.name(attribute);
            if name.namespace != JAVAROSA || name.local != "template" {
                let own = form.attribute_ns(source.element, name.namespace, name.local);
                let value = own.unwrap_or_else(|| form.text(attribute));
                self.document.set_attribute_named(element, name, value);
            }
        }
        element
    }

    fn build_children(&mut self, parent: Ix, source: Option<Source>, made: &mut Vec<Ix>) {
        let definition = Arc::clone(&self.definition);
        let form = Arc::clone(&definition.document);
        for &child in &definition.node(self.node(parent).def).children {
            let def = definition.node(child);
            let found: Vec<Source> = source.map_or(Vec::new(), |s| {
                let named = form.elements(s.element).filter(|&e| form.name(e).qualified() == def.name);
                named.map(|element| Source { element, blank: s.blank }).collect()
            });
            let own = found.first().copied().unwrap_or(Source { element: def.source, blank: false });
            let above = self.xml(parent);
            match def.role {
                NodeRole::Attribute => {
                    let name = form.name(def.source);
                    let text = form.text(def.source).to_owned();
                    let xml = match self.document.attribute_node(above, name.namespace, name.local) {
                        Some(there) => there,
                        None => self.document.set_attribute_named(above, name, &text),
                    };
                    let ix = self.push(child, Shape::Plain, Some(parent), xml);
                    let text = self.document.text(xml).to_owned();
                    self.first_value(ix, &text);
                    made.push(ix);
                }
                NodeRole::Value => {
                    let xml = self.element(def, own);
                    self.document.append(above, xml);
                    let ix = self.push(child, Shape::Plain, Some(parent), xml);
                    let text = if own.blank { String::new() } else { form.string_value(own.element).into_owned() };
                    self.first_value(ix, &text);
                    made.push(ix);
                }
                NodeRole::Root | NodeRole::Group => {
                    let xml = self.element(def, own);
                    self.document.append(above, xml);
                    let ix = self.push(child, Shape::Plain, Some(parent), xml);
                    made.push(ix);
                    self.build_children(ix, Some(own), made);
                }
                NodeRole::Repeat { count, .. } => {
                    let xml = self.document.add_comment(above, "");
                    let ix = self.push(child, Shape::Range, Some(parent), xml);
                    made.push(ix);
                    let template = |s: &Source| form.attribute_ns(s.element, JAVAROSA, "template").is_none();
                    let sources: Vec<Source> = found.into_iter().filter(template).collect();
                    let first = match count {
                        RepeatCount::Free => sources.len(),
                        RepeatCount::Fixed => sources.len().max(1),
                        RepeatCount::Computed(_) => 0,
                    };
                    self.node_mut(ix).sources = sources;
                    self.build_instances(ix, first, true, made);
                }
            }
        }
    }

    /// Instances at the end of a range until it has `count`: as the form has them, or from the template.
    fn build_instances(&mut self, range: Ix, count: usize, as_form_has: bool, made: &mut Vec<Ix>) {
        let definition = Arc::clone(&self.definition);
        let def = definition.node(self.node(range).def);
        let NodeRole::Repeat { explicit, .. } = def.role else { return };
        let template = Source { element: def.source, blank: !explicit };
        while self.node(range).children.len() < count && self.alive < MOST_NODES {
            let at = self.node(range).children.len();
            let kept = self.node(range).sources.get(at).copied().filter(|_| as_form_has);
            let source = kept.unwrap_or(template);
            let xml = self.element(def, source);
            let last = self.node(range).children.last().map_or(self.xml(range), |&last| self.xml(last));
            self.document.insert_after(last, xml);
            let ix = self.push(self.node(range).def, Shape::Instance, Some(range), xml);
            made.push(ix);
            self.build_children(ix, Some(source), made);
        }
    }

    fn first_value(&mut self, ix: Ix, text: &str) {
        let mut base = self.decoded(ix, text);
        if self.opening
            && let Some(preload) = self.def(ix).bind.preload.clone()
            && let Some(value) = self.preloaded(&preload)
        {
            base = self.decoded(ix, &value);
        }
        let node = self.node_mut(ix);
        node.base = base;
        node.value = if node.relevant { node.base.clone() } else { String::new() };
        let (xml, value) = (node.xml, node.value.clone());
        self.document.set_text(xml, &value);
    }

    fn preloaded(&self, preload: &Preload) -> Option<String> {
        let value = match preload {
            Preload::Uid => format!("uuid:{}", self.uuid()),
            Preload::Start => self.now_text(),
            Preload::Today => self.environment.now.format("%Y-%m-%d").to_string(),
            Preload::Property(name) => self.environment.properties.get(name)?.clone(),
            Preload::End => return None,
        };
        (!value.is_empty()).then_some(value)
    }

    /// Queues all computations of new nodes.
    pub(super) fn begin(&mut self, made: &[Ix]) {
        let definition = Arc::clone(&self.definition);
        for &ix in made {
            let def = definition.node(self.node(ix).def);
            let bind = &def.bind;
            let (range, value) = (self.is_range(ix), def.is_value());
            for (condition, slot) in
                [(bind.relevant, Slot::Relevant), (bind.readonly, Slot::Readonly), (bind.required, Slot::Required)]
            {
                if condition.expression().is_some() {
                    self.enqueue(ix, slot);
                }
            }
            if range && matches!(def.role, NodeRole::Repeat { count: RepeatCount::Computed(_), .. }) {
                self.enqueue(ix, Slot::Count);
            }
            if value {
                if bind.calculate.is_some() {
                    self.enqueue(ix, Slot::Calculate);
                }
                self.enqueue(ix, Slot::Violation);
            }
            let Some(control) = &def.control else { continue };
            for (there, slot) in [
                (control.items.is_some(), Slot::Choices),
                (control.label.is_some(), Slot::Label),
                (control.hint.is_some(), Slot::Hint),
            ] {
                if there {
                    self.enqueue(ix, slot);
                }
            }
        }
        let acting: Vec<(Ix, bool)> =
            made.iter().filter(|&&ix| !self.def(ix).actions.is_empty()).map(|&ix| (ix, self.opening)).collect();
        self.started.extend(acting);
    }

    /// Makes a range have so many instances.
    pub(super) fn resize(&mut self, range: Ix, count: usize) {
        let now = self.node(range).children.len();
        if count < now {
            self.remove_instances(range, count, now - count);
        } else if count > now && self.alive < MOST_NODES {
            self.touch(range);
            let mut made = Vec::new();
            let opening = std::mem::replace(&mut self.opening, false);
            // A count that reads nothing is known before the form opens: its instances are the form's own.
            self.opening = opening && self.has_constant_count(range);
            // What a person adds is always new; what was counted away comes back as the form had it.
            let added = matches!(self.def(range).role, NodeRole::Repeat { count: RepeatCount::Free, .. });
            self.build_instances(range, count, !added, &mut made);
            for &ix in &made {
                self.before.is_new(ix);
            }
            self.begin(&made);
            self.opening = opening;
            self.range_changed(range);
        }
    }

    pub(super) fn remove_instances(&mut self, range: Ix, at: usize, count: usize) {
        self.touch(range);
        self.remember_from(range, at);
        let children = &mut self.node_mut(range).children;
        let end = (at + count).min(children.len());
        let gone: Vec<Ix> = children.drain(at.min(end)..end).collect();
        for (position, ix) in self.node(range).children.clone().into_iter().enumerate() {
            self.node_mut(ix).position = position;
        }
        for ix in gone {
            let xml = self.xml(ix);
            self.document.detach(xml);
            let mut open = vec![ix];
            while let Some(ix) = open.pop() {
                let node = self.node_mut(ix);
                node.alive = false;
                open.append(&mut node.children);
                self.alive = self.alive.saturating_sub(1);
            }
        }
        self.range_changed(range);
    }

    /// The node that a reference names: `/data/rep` is the range, `/data/rep[1]` its first instance.
    pub(super) fn find(&self, reference: &str) -> Option<Ix> {
        let mut steps = reference.strip_prefix('/')?.split('/');
        (steps.next()? == self.def(Ix::ROOT).name).then_some(())?;
        let mut at = Ix::ROOT;
        for step in steps {
            let (name, position) = match step.split_once('[') {
                Some((name, rest)) => (name, Some(rest.strip_suffix(']')?.parse::<usize>().ok()?)),
                None => (step, None),
            };
            let node = self.node(at);
            at = *node.children.iter().find(|&&c| self.def(c).name == name)?;
            if let Some(position) = position {
                at = *self.node(at).children.get(position.checked_sub(1)?)?;
            }
        }
        self.node(at).alive.then_some(at)
    }

    /// How the node is called from outside.
    pub(super) fn reference(&self, ix: Ix) -> String {
        let mut upwards = Vec::new();
        let mut at = Some(ix);
        while let Some(ix) = at {
            upwards.push(ix);
            at = self.node(ix).parent;
        }
        let mut text = String::new();
        for ix in upwards.into_iter().rev() {
            let node = self.node(ix);
            if node.shape == Shape::Instance {
                text.push_str(&format!("[{}]", node.position + 1));
            } else {
                text.push('/');
                text.push_str(&self.def(ix).name);
            }
        }
        text
    }

    /// All nodes of `def` that stand in the same `shared` outermost repeat instances as `from`.
    pub(super) fn targets(&self, from: Ix, def: DefId, shared: u32) -> Vec<Ix> {
        let mut anchor = from;
        // Up to the instance of the shared repeat, or to the root.
        loop {
            let node = self.node(anchor);
            let depth = self.def(anchor).repeat_depth;
            let arrived = depth <= shared && (shared == 0 || node.shape == Shape::Instance);
            match node.parent {
                Some(parent) if !arrived => anchor = parent,
                _ => break,
            }
        }
        if shared == 0 {
            anchor = Ix::ROOT;
        }
        let top = self.node(anchor).def;
        let mut way: Vec<DefId> = self.definition.ancestors_or_self(def).take_while(|&d| d != top).collect();
        way.reverse();
        let mut found = vec![anchor];
        for step in way {
            let def = self.definition.node(step);
            let mut next = Vec::new();
            for ix in found {
                // From a range the way goes on through its instances.
                let parents = if self.is_range(ix) { self.node(ix).children.clone() } else { vec![ix] };
                next.extend(parents.iter().filter_map(|&p| self.node(p).children.get(def.ordinal as usize)));
            }
            found = next;
        }
        let instances: Vec<Ix> =
            found.iter().filter(|&&ix| self.is_range(ix)).flat_map(|&ix| self.node(ix).children.clone()).collect();
        found.extend(instances);
        found
    }
}

//! What is sent: the primary instance without what is not relevant.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

use super::Session;
use super::tree::Ix;
use crate::form::engine::definition::{JAVAROSA, NodeRole, Preload};
use crate::xml::escape;

impl Session {
    /// The form is finished at `now`: end times are set, and the submission is given as XML.
    pub fn submit(&mut self, now: DateTime<FixedOffset>) -> String {
        self.environment.now = now;
        self.rounds.clear();
        self.work.set(super::MOST_WORK);
        let text = self.now_text();
        for at in 0..self.nodes.len() {
            let ix = Ix(u32::try_from(at).unwrap_or(u32::MAX));
            if self.node(ix).alive && self.def(ix).bind.preload == Some(Preload::End) {
                let value = self.decoded(ix, &text);
                self.set_base(ix, value);
            }
        }
        self.settle();
        self.before = super::Before::default();
        self.submission()
    }

    /// The submission as it would be now, without setting end times.
    #[must_use]
    pub fn submission(&self) -> String {
        let mut xml = String::new();
        self.write(Ix::ROOT, &mut xml);
        xml
    }

    fn write(&self, ix: Ix, to: &mut String) {
        let node = self.node(ix);
        if !node.relevant {
            return;
        }
        if self.is_range(ix) {
            node.children.iter().for_each(|&c| self.write(c, to));
            return;
        }
        let def = self.def(ix);
        to.push('<');
        to.push_str(&def.name);
        if ix == Ix::ROOT {
            self.write_namespaces(to);
        }
        for attribute in self.document.attributes(node.xml) {
            to.push(' ');
            to.push_str(&self.document.name(attribute).qualified());
            to.push_str("=\"");
            escape(to, self.document.text(attribute), true);
            to.push('"');
        }
        let start = to.len();
        to.push('>');
        let open = to.len();
        if def.role == NodeRole::Value {
            escape(to, &node.value, false);
        } else {
            let below = node.children.iter().filter(|&&c| self.def(c).role != NodeRole::Attribute);
            below.for_each(|&c| self.write(c, to));
        }
        if to.len() == open {
            to.truncate(start);
            to.push_str("/>");
        } else {
            to.push_str("</");
            to.push_str(&def.name);
            to.push('>');
        }
    }

    /// Prefixes that names of the instance use are declared once, at the root.
    fn write_namespaces(&self, to: &mut String) {
        let definition = Arc::clone(&self.definition);
        let form = &definition.document;
        let mut declared: Vec<&str> = vec!["", "xml"];
        for def in &definition.nodes {
            let attributes = form.attributes(def.source).map(|a| form.name(a));
            let names = std::iter::once(form.name(def.source)).chain(attributes);
            for name in names.filter(|n| n.namespace != JAVAROSA || n.local != "template") {
                if !declared.contains(&name.prefix) {
                    declared.push(name.prefix);
                    to.push_str(" xmlns:");
                    to.push_str(name.prefix);
                    to.push_str("=\"");
                    escape(to, name.namespace, true);
                    to.push('"');
                }
            }
        }
    }
}

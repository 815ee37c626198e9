//! A form as it is written, for whoever shows, keeps or compares it: what every node is, its expressions, its texts
//! and its choices in every language.

use std::collections::BTreeMap;

use super::{
    Condition, ControlKind, Definition, ExprId, InstanceSource, Items, NodeDef, NodeRole, Part, RepeatCount, Role, Text,
};
use crate::form::engine::value::DataType;

/// A node as the form defines it.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// `/data/group/name`
    pub path: &'a str,
    /// Which control shows it.
    pub control: Option<ControlKind>,
    /// The type of its value.
    pub data_type: DataType,
    /// It has a value, and is no group or repeat.
    pub is_value: bool,
    /// Nobody can answer it.
    pub is_readonly: bool,
    /// It is calculated.
    pub is_calculated: bool,
    /// Whether it is asked depends on answers.
    pub depends: bool,
    /// The attributes of its control, as written: appearance, mediatype, start, end, step, rows, …
    pub attributes: Option<&'a BTreeMap<String, String>>,
    node: &'a NodeDef,
    definition: &'a Definition,
}

/// A choice as it is written: its value, and its label in every language of the form.
pub type WrittenChoice = (String, Vec<String>);

impl Definition {
    /// All nodes in the order of the form, the root first, without attributes.
    pub fn outline(&self) -> impl Iterator<Item = Outline<'_>> {
        let nodes = self.nodes.iter().filter(|node| node.role != NodeRole::Attribute);
        nodes.map(|node| Outline {
            path: &node.path,
            control: node.control.as_ref().map(|c| c.kind),
            data_type: node.bind.data_type,
            is_value: node.role == NodeRole::Value,
            is_readonly: node.bind.readonly == Condition::Always(true),
            is_calculated: node.bind.calculate.is_some(),
            depends: node.bind.relevant.expression().is_some(),
            attributes: node.control.as_ref().map(|c| &c.attributes),
            node,
            definition: self,
        })
    }

    fn source(&self, id: ExprId) -> String {
        as_written(self.expression(id).source())
    }

    fn joined(&self, parts: &[Part]) -> String {
        let said = parts.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Output(id) => self.source(*id),
        });
        said.collect::<String>().trim().to_owned()
    }

    fn translated(&self, language: usize, id: &str) -> String {
        let values = self.itext.get(language, id).unwrap_or_default();
        values.iter().find(|value| value.form.is_none()).map(|value| self.joined(&value.parts)).unwrap_or_default()
    }

    fn text(&self, text: &Text, language: usize) -> String {
        match text {
            Text::Parts(parts) => self.joined(parts),
            Text::Reference(id) => self.source(*id),
            Text::Itext { constant: Some(id), .. } => self.translated(language, id),
            Text::Itext { id, constant: None } => self.source(*id),
        }
    }

    fn texts(&self, text: Option<&Text>) -> Vec<String> {
        let in_language = |at| text.map(|text| self.text(text, at)).unwrap_or_default();
        (0..self.languages.len()).map(in_language).collect()
    }
}

impl Outline<'_> {
    /// The expression of a part, as its author wrote it: other questions as `${name}`. A condition that always holds
    /// or never does is `true()` or `false()` where that says something; none where there is none.
    pub fn source(&self, role: Role) -> Option<String> {
        let bind = &self.node.bind;
        let condition = |condition: Condition, usual: bool| match condition {
            Condition::When(id) => Some(self.definition.source(id)),
            Condition::Always(always) if always == usual => None,
            Condition::Always(always) => Some(format!("{always}()")),
        };
        let id = match role {
            Role::Relevant => return condition(bind.relevant, true),
            Role::Required => return condition(bind.required, false),
            Role::Readonly => return condition(bind.readonly, false),
            Role::Calculate => bind.calculate?,
            Role::Constraint => bind.constraint?,
            Role::Items => match self.node.control.as_ref()?.items.as_ref()? {
                Items::Itemset { nodeset, .. } => *nodeset,
                Items::Static(_) => return None,
            },
            Role::Count => match self.node.role {
                NodeRole::Repeat { count: RepeatCount::Computed(id), .. } => id,
                _ => return None,
            },
            _ => return None,
        };
        Some(self.definition.source(id))
    }

    /// A text in every language of the form: its label, its hint, the messages.
    pub fn texts(&self, role: Role) -> Vec<String> {
        let control = self.node.control.as_ref();
        self.definition.texts(match role {
            Role::Label => control.and_then(|c| c.label.as_ref()),
            Role::Hint => control.and_then(|c| c.hint.as_ref()),
            Role::ConstraintMessage => self.node.bind.constraint_message.as_ref(),
            Role::RequiredMessage => self.node.bind.required_message.as_ref(),
            _ => None,
        })
    }

    /// The value that it has when the form is opened, before anything is computed.
    pub fn default_value(&self) -> String {
        let is_value = self.node.role == NodeRole::Value;
        let value = is_value.then(|| self.definition.document.string_value(self.node.source).trim().to_owned());
        value.unwrap_or_default()
    }

    /// The name of the list of its choices.
    pub fn list(&self) -> Option<&str> {
        match self.node.control.as_ref()?.items.as_ref()? {
            Items::Itemset { nodeset, .. } => instance_named(self.definition.expression(*nodeset).source()),
            Items::Static(_) => None,
        }
    }

    /// The choices as they are written, whatever filters them; none of lists that are not in the form.
    pub fn choices(&self) -> Vec<WrittenChoice> {
        let form = self.definition;
        match self.node.control.as_ref().and_then(|c| c.items.as_ref()) {
            None => Vec::new(),
            Some(Items::Static(items)) => {
                items.iter().map(|item| (item.value.clone(), form.texts(item.label.as_ref()))).collect()
            }
            Some(Items::Itemset { value, label, .. }) => {
                let inline = self.list().and_then(|name| match form.instances.get(name) {
                    Some(InstanceSource::Inline(instance)) => Some(*instance),
                    _ => None,
                });
                let document = &form.document;
                let items = inline.into_iter().flat_map(|instance| document.elements(instance));
                let items = items.flat_map(|root| document.elements(root));
                let of = |item, id: ExprId| {
                    let child = document.child(item, form.expression(id).source().trim());
                    child.map(|child| document.string_value(child).trim().to_owned())
                };
                let languages = 0..form.languages.len();
                let choice = |item| {
                    let value = of(item, *value)?;
                    let labels = match label {
                        Some(Text::Reference(id)) => vec![of(item, *id).unwrap_or_default(); form.languages.len()],
                        Some(Text::Itext { id, constant: None }) => {
                            let text = of(item, *id).unwrap_or_default();
                            languages.clone().map(|at| form.translated(at, &text)).collect()
                        }
                        other => form.texts(other.as_ref()),
                    };
                    Some((value, labels))
                };
                items.filter_map(choice).collect()
            }
        }
    }
}

/// `randomize(instance('towns')/root/item[…])` → `towns`
fn instance_named(source: &str) -> Option<&str> {
    let (_, after) = source.split_once("instance(")?;
    let after = after.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    after.get(1..)?.split(quote).next()
}

/// An expression as its author wrote it: a path to a question of the form becomes `${name}`, blanks become one.
fn as_written(source: &str) -> String {
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    let mut written = String::with_capacity(source.len());
    let mut rest = source.trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest.char_indices().skip(1).find(|(_, c)| *c == first).map_or(rest.len(), |(at, _)| at + 1),
            _ if is_path(first) => rest.find(|c| !is_path(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        if first.is_whitespace() {
            if !written.ends_with([' ', '(']) {
                written.push(' ');
            }
            continue;
        }
        let is_reference = token.starts_with("/") || token.starts_with("../") || token.starts_with("./");
        let name = token.rsplit('/').next().filter(|name| is_reference && !name.is_empty() && *name != "..");
        if let Some(own) = written.strip_suffix("current()").map(str::len).filter(|_| name.is_some()) {
            written.truncate(own);
        }
        match name {
            Some(name) if !written.ends_with([')', ']']) => {
                written.push_str("${");
                written.push_str(name);
                written.push('}');
            }
            _ => {
                if first == ')' && written.ends_with(' ') {
                    written.pop();
                }
                written.push_str(token);
            }
        }
    }
    written.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{as_written, instance_named};

    #[test]
    fn expressions_are_shown_as_their_author_wrote_them() {
        for (made, written) in [
            (" /data/rooms/temp  < 18 and  /data/mode  = 'a/b'", "${temp} < 18 and ${mode} = 'a/b'"),
            ("count( ../rooms ) > 0", "count(${rooms}) > 0"),
            ("instance('towns')/root/item[county= /data/county ]", "instance('towns')/root/item[county= ${county} ]"),
            ("current()/../county", "${county}"),
            (". >= -20.5", ". >= -20.5"),
            ("selected(/data/数量, '是')", "selected(${数量}, '是')"),
        ] {
            assert_eq!(as_written(made), written);
        }
        assert_eq!(instance_named("randomize(instance(\"a b\")/root/item)"), Some("a b"));
        assert_eq!(instance_named("/data/rooms[name != '']"), None);
    }
}

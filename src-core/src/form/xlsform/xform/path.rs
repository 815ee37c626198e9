//! `${name}` in expressions and labels to paths. Within a repeat the path is relative, so that it means the same
//! instance; everywhere else it is absolute.

use super::Maker;
use super::node::{Node, Tag};
use crate::form::xlsform::draft::Kind;
use crate::form::xlsform::lexer;
use crate::form::xlsform::problem::{Code, Place, Problem};
use crate::form::xlsform::reference::{self, Reference};
use crate::form::xlsform::tree::ElementId;
use crate::form::xlsform::value::Value;

/// Where an expression stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    /// The element that it belongs to; without one all paths are absolute.
    pub element: Option<ElementId>,
    /// Whether relative paths begin with `current()/`.
    pub current: bool,
    /// Whether paths are relative to the parent of the repeat that both share, so that the repeat can be filtered.
    pub to_parent: bool,
}

impl Context {
    pub fn of(element: ElementId) -> Context {
        Context { element: Some(element), ..Context::default() }
    }
}

/// What an expression's text says about the references in it.
struct Surroundings {
    /// Between brackets, when there is an `instance(`.
    predicates: Vec<(usize, usize)>,
    /// Calls of indexed-repeat, and the arguments of each.
    indexed: Vec<(usize, usize)>,
    has_indexed: bool,
}

impl Surroundings {
    fn of(text: &str) -> Surroundings {
        let mut predicates = Vec::new();
        if has_instance(text) {
            let mut from = 0;
            while let Some(open) = text.get(from..).and_then(|t| t.find('[')).map(|o| o + from) {
                let Some(close) = text.get(open + 1..).and_then(|t| t.find(']')).map(|c| c + open + 1) else { break };
                if close > open + 1 {
                    predicates.push((open, close + 1));
                }
                from = if close > open + 1 { close + 1 } else { open + 1 };
            }
        }
        let call = "indexed-repeat(";
        let has_indexed = text.contains(call);
        let mut indexed = Vec::new();
        let mut from = 0;
        while let Some(start) = text.get(from..).and_then(|t| t.find(call)).map(|s| s + from) {
            let inside = start + call.len();
            let Some(close) = text.get(inside..).and_then(|t| t.find(')')).map(|c| c + inside) else { break };
            if close > inside {
                indexed.push((start, close + 1));
            }
            from = close + 1;
        }
        Surroundings { predicates, indexed, has_indexed }
    }

    fn in_predicate(&self, reference: &Reference) -> bool {
        self.predicates.iter().any(|(start, end)| reference.start >= *start && reference.end <= *end)
    }

    /// The arguments of indexed-repeat that name repeats and the node sought are absolute, its positions are not.
    fn may_be_relative(&self, text: &str, reference: &Reference) -> bool {
        if !self.has_indexed {
            return true;
        }
        let mut calls = self.indexed.iter();
        while let Some((start, end)) = calls.next() {
            if reference.end > *end {
                if calls.next().is_some() {
                    continue;
                }
                return true;
            }
            if reference.end < *start {
                return true;
            }
            let arguments = text.get(start + "indexed-repeat(".len()..end - 1).unwrap_or_default();
            let written = format!("${{{}}}", reference.name);
            let at = arguments.split(',').enumerate().filter(|(_, a)| a.contains(&written)).map(|(i, _)| i).last();
            return at.is_some_and(|i| !matches!(i, 0 | 1 | 3 | 5));
        }
        false
    }
}

/// Whether a text calls `instance(` with something in it and after it on the same line.
fn has_instance(text: &str) -> bool {
    text.match_indices("instance(").any(|(at, call)| {
        let inside = text.get(at + call.len()..).unwrap_or_default();
        let close = inside.find(')').unwrap_or(inside.len());
        // A bracket of the call follows, or the call is not closed but has two characters.
        match inside.get(close..).filter(|r| !r.is_empty()) {
            Some(_) => close > 0,
            None => inside.chars().count() > 1,
        }
    })
}

impl Maker<'_> {
    /// The text with the references in it made paths.
    pub(super) fn expand(&self, text: &str, context: Context) -> String {
        if !reference::is_candidate(text) {
            return text.to_owned();
        }
        let around = Surroundings::of(text);
        let mut out = String::with_capacity(text.len() * 2);
        let mut from = 0;
        for found in reference::find(text) {
            out.push_str(text.get(from..found.start).unwrap_or_default());
            let path = self.path_of(text, &found, &around, context);
            if !self.spend(path.len() + 8) {
                break;
            }
            out.push_str(&path);
            from = found.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    /// A value of an attribute; maps are written as they are.
    pub(super) fn expand_value(&self, value: &Value, context: Context) -> String {
        self.expand(&value.to_attribute(), context)
    }

    fn path_of(&self, text: &str, found: &Reference, around: &Surroundings, context: Context) -> String {
        let Some(target) = self.target(found.name, context.element) else { return String::new() };
        let absolute = self.element(target).map_or("", |e| e.path.as_str());
        if let Some(source) = context.element
            && !found.last_saved
            && around.may_be_relative(text, found)
        {
            let current = context.current || around.in_predicate(found);
            if let Some(path) = self.relative(source, target, found.name, current, context.to_parent) {
                return path;
            }
        }
        let last_saved = if found.last_saved { "instance('__last-saved')" } else { "" };
        format!(" {last_saved}{absolute} ")
    }

    /// The element that a reference names; says so when there is none, or several.
    pub(super) fn target(&self, name: &str, from: Option<ElementId>) -> Option<ElementId> {
        let problem = match self.tree.named(name) {
            Some(Some(id)) => return Some(id),
            Some(None) => {
                let message = (
                    format!("${{{name}}} could mean several questions: names that are referred to must be unique"),
                    format!("${{{name}}} 可能指好几道题：被引用的名称不能重复。"),
                );
                Problem::new(Code::ReferenceAmbiguous, Place::default(), message)
            }
            None => {
                let message = (
                    format!("there is no question or group \"{name}\" that ${{{name}}} could mean"),
                    format!("${{{name}}} 指的题目或分组不存在。"),
                );
                let meant = self.problems.borrow().meant(name, self.tree.names());
                Problem::new(Code::ReferenceUnknown, Place::default(), message).meant(meant)
            }
        };
        let row = from.and_then(|id| self.element(id)).and_then(|e| e.row);
        let place = row.map_or_else(|| Place::sheet("survey"), |row| Place::row("survey", row));
        self.error(Problem { place, ..problem });
        None
    }

    fn relative(
        &self,
        source: ElementId,
        target: ElementId,
        name: &str,
        current: bool,
        to_parent: bool,
    ) -> Option<String> {
        let (repeat, steps_to_repeat) = self.tree.common(source, target, &[Kind::Repeat])?;
        let (steps, below) = self.steps(source, target, repeat, steps_to_repeat, to_parent)?;
        if steps == 0 {
            return None;
        }
        let below = if below.ends_with(name) { below } else { format!("/{name}") };
        let prefix = if current { " current()/" } else { " " };
        let up = vec![".."; steps].join("/");
        Some(format!("{prefix}{up}{below} "))
    }

    fn steps(
        &self,
        source: ElementId,
        target: ElementId,
        repeat: ElementId,
        steps_to_repeat: usize,
        to_parent: bool,
    ) -> Option<(usize, String)> {
        if to_parent {
            let outermost = self.tree.repeat_of(repeat).is_none();
            let nested = self.tree.repeat_of(source) != Some(repeat);
            if self.tree.repeat_of(target) == Some(repeat) && (outermost || nested) {
                let parent = self.element(repeat).and_then(|r| r.parent);
                return Some((steps_to_repeat + 1, self.tree.path_below(parent, target)));
            }
        }
        let (common, steps) = self.tree.common(source, target, &[Kind::Group, Kind::Repeat])?;
        Some((steps, self.tree.path_below(Some(common), target)))
    }

    /// A label's text, with the references in it made outputs; `None` when there are none.
    pub(super) fn outputs(&self, text: &str, context: Context) -> Option<Vec<Node>> {
        if text == "-" {
            return None;
        }
        // pyxform looks for paths in text whose special characters are escaped, and escapes them again: so outputs of
        // instances hold `&gt;` for `>`.
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut nodes = Vec::new();
        let mut plain = String::new();
        let mut from = 0;
        let mut changed = false;
        let flush = |plain: &mut String, nodes: &mut Vec<Node>| {
            if !plain.is_empty() {
                nodes.push(Node::Text(unescape(&std::mem::take(plain))));
            }
        };
        for (start, end) in lexer::instance_paths(&escaped) {
            self.texts(escaped.get(from..start).unwrap_or_default(), context, &mut plain, &mut nodes);
            flush(&mut plain, &mut nodes);
            let path = self.expand(escaped.get(start..end).unwrap_or_default(), context);
            nodes.push(Node::Element(Tag::new("output").with("value", path)));
            changed = true;
            from = end;
        }
        changed |= self.texts(escaped.get(from..).unwrap_or_default(), context, &mut plain, &mut nodes);
        flush(&mut plain, &mut nodes);
        changed.then_some(nodes)
    }

    fn texts(&self, text: &str, context: Context, plain: &mut String, nodes: &mut Vec<Node>) -> bool {
        let mut from = 0;
        let mut changed = false;
        if reference::is_candidate(text) {
            let around = Surroundings::of(text);
            for found in reference::find(text) {
                plain.push_str(text.get(from..found.start).unwrap_or_default());
                if !plain.is_empty() {
                    nodes.push(Node::Text(unescape(&std::mem::take(plain))));
                }
                let path = self.path_of(text, &found, &around, context);
                if !self.spend(path.len() + 32) {
                    return true;
                }
                nodes.push(Node::Element(Tag::new("output").with("value", path)));
                from = found.end;
                changed = true;
            }
        }
        plain.push_str(text.get(from..).unwrap_or_default());
        changed
    }

    /// A tag with a text in which references are outputs.
    pub(super) fn with_outputs(&self, tag: Tag, text: &str, context: Context) -> Tag {
        match self.outputs(text, context) {
            Some(nodes) => tag.mixed(nodes),
            None => tag.text(text),
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_indexed_repeat() {
        let text = "indexed-repeat(${a}, ${r}, ${i}) + ${b}";
        let around = Surroundings::of(text);
        let relative: Vec<_> = reference::find(text).map(|r| (r.name, around.may_be_relative(text, &r))).collect();
        assert_eq!(relative, [("a", false), ("r", false), ("i", true), ("b", true)]);
    }

    #[test]
    fn predicates_of_instances() {
        let text = "instance('a')/root/item[x = ${y}]/z + ${w}";
        let around = Surroundings::of(text);
        let inside: Vec<_> = reference::find(text).map(|r| around.in_predicate(&r)).collect();
        assert_eq!(inside, [true, false]);
        assert!(Surroundings::of("a[${y}]").predicates.is_empty());
    }
}

//! The XML that is made: elements with attributes, and text.

use std::borrow::Cow;
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Element(Tag),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub name: Cow<'static, str>,
    pub attributes: Vec<(Cow<'static, str>, String)>,
    pub children: Vec<Node>,
}

impl Tag {
    pub fn new(name: &'static str) -> Tag {
        Tag { name: Cow::Borrowed(name), attributes: Vec::new(), children: Vec::new() }
    }

    pub fn named(name: &str) -> Tag {
        Tag { name: Cow::Owned(name.to_owned()), attributes: Vec::new(), children: Vec::new() }
    }

    /// With an attribute.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Tag {
        self.attributes.push((Cow::Borrowed(name), value.into()));
        self
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.attributes.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.attributes.push((Cow::Owned(name.to_owned()), value)),
        }
    }

    /// With a text.
    pub fn text(mut self, text: impl Into<String>) -> Tag {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// With an element.
    pub fn and(mut self, child: Tag) -> Tag {
        self.push(child);
        self
    }

    pub fn push(&mut self, child: Tag) {
        self.children.push(Node::Element(child));
    }

    /// With text and elements between. As pyxform writes them: a blank stands before text at the start and at the
    /// very end, when there is more than one piece.
    pub fn mixed(mut self, mut nodes: Vec<Node>) -> Tag {
        if nodes.len() > 1 {
            if let Some(Node::Text(first)) = nodes.first_mut() {
                first.insert(0, ' ');
            }
            match nodes.last_mut() {
                Some(Node::Text(last)) => last.push(' '),
                _ => nodes.push(Node::Text(" ".to_owned())),
            }
        }
        self.children.extend(nodes);
        self
    }

    /// Prefixes of all names within.
    pub fn prefixes<'a>(&'a self, into: &mut BTreeSet<&'a str>) {
        let names = self.attributes.iter().map(|(name, _)| name).chain([&self.name]);
        into.extend(names.filter_map(|name| name.split_once(':')).map(|(prefix, _)| prefix));
        for child in &self.children {
            if let Node::Element(tag) = child {
                tag.prefixes(into);
            }
        }
    }

    /// The document as text. What is nested is a few dozen deep at most: groups are counted when they are read.
    pub fn write(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\"?>\n");
        self.write_into(&mut out);
        out
    }

    fn write_into(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, true, out);
            out.push('"');
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(tag) => tag.write_into(out),
                Node::Text(text) => escape(text, false, out),
            }
        }
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }
}

/// As pyxform writes it: unlike [`crate::xml`], line ends in attributes stay, which readers take for blanks.
fn escape(text: &str, attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written() {
        let output = Tag::new("output").with("value", "a < \"b\"");
        let label = Tag::new("label").mixed(vec![Node::Text("R&D".into()), Node::Element(output)]);
        let expected = "<label> R&amp;D<output value=\"a &lt; &quot;b&quot;\"/> </label>";
        assert!(label.write().ends_with(expected), "{}", label.write());
    }
}

//! From a document to text. Namespaces that a name needs and nobody declared are declared where it stands.

use super::{Document, Kind, NodeId, XML_NAMESPACE};

impl Document {
    /// The document as text, exactly as it is, without an XML declaration.
    #[must_use]
    pub fn write(&self) -> String {
        self.write_node(NodeId::DOCUMENT)
    }

    /// The document with a line and an indentation for each element that holds no text, for people.
    #[must_use]
    pub fn write_pretty(&self) -> String {
        let mut writer = Writer { doc: self, out: String::new(), scopes: Vec::new(), indent: Some("  ") };
        writer.tree(NodeId::DOCUMENT);
        writer.out.push('\n');
        writer.out.trim_start_matches('\n').to_owned()
    }

    /// A node and all below it as text.
    #[must_use]
    pub fn write_node(&self, id: NodeId) -> String {
        let mut writer = Writer { doc: self, out: String::new(), scopes: Vec::new(), indent: None };
        writer.tree(id);
        writer.out
    }
}

struct Writer<'a> {
    doc: &'a Document,
    out: String,
    /// Prefix and URI of what is declared so far, with the depth where.
    scopes: Vec<(usize, &'a str, &'a str)>,
    indent: Option<&'static str>,
}

impl<'a> Writer<'a> {
    fn tree(&mut self, top: NodeId) {
        let doc = self.doc;
        let mut depth = 0;
        // Inside an element with text in it, white space means something.
        let mut mixed: Option<usize> = None;
        let mut at = top;
        loop {
            let pretty = self.indent.filter(|_| mixed.is_none() && doc.kind(at) != Kind::Document);
            if let Some(indent) = pretty {
                if doc.kind(at) == Kind::Text {
                    // Only white space between elements comes here.
                } else {
                    self.line(indent, depth);
                }
            }
            self.open(at, depth, pretty.is_some());
            if let Some(child) = doc.first_child(at) {
                if mixed.is_none() && doc.is_element(at) && self.is_mixed(at) {
                    mixed = Some(depth);
                }
                depth += usize::from(doc.is_element(at));
                at = child;
                continue;
            }
            loop {
                if at == top {
                    return;
                }
                if let Some(next) = doc.next_sibling(at) {
                    at = next;
                    break;
                }
                let Some(parent) = doc.parent(at) else { return };
                at = parent;
                if doc.is_element(at) {
                    depth -= 1;
                    if mixed == Some(depth) {
                        mixed = None;
                    } else if let (Some(indent), None) = (self.indent, mixed) {
                        self.line(indent, depth);
                    }
                    self.out.push_str("</");
                    self.name(at);
                    self.out.push('>');
                    self.scopes.retain(|scope| scope.0 < depth);
                }
            }
        }
    }

    fn is_mixed(&self, id: NodeId) -> bool {
        let doc = self.doc;
        let mut texts = doc.children(id).filter(|&c| doc.kind(c) == Kind::Text).peekable();
        let holds_elements = doc.elements(id).next().is_some();
        texts.peek().is_some() && (!holds_elements || texts.any(|t| !doc.text(t).trim().is_empty()))
    }

    fn line(&mut self, indent: &str, depth: usize) {
        self.out.push('\n');
        (0..depth).for_each(|_| self.out.push_str(indent));
    }

    fn name(&mut self, id: NodeId) {
        let name = self.doc.name(id);
        if !name.prefix.is_empty() {
            self.out.push_str(name.prefix);
            self.out.push(':');
        }
        self.out.push_str(name.local);
    }

    fn declared(&self, prefix: &str) -> Option<&'a str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        self.scopes.iter().rev().find(|s| s.1 == prefix).map(|s| s.2)
    }

    fn declare(&mut self, depth: usize, prefix: &'a str, uri: &'a str) {
        self.scopes.push((depth, prefix, uri));
        self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        self.out.push_str(prefix);
        self.out.push_str("=\"");
        escape(&mut self.out, uri, true);
        self.out.push('"');
    }

    fn need(&mut self, depth: usize, id: NodeId, attribute: bool) {
        let name = self.doc.name(id);
        let in_scope = self.declared(name.prefix);
        let missing = match (name.prefix, name.namespace) {
            ("", _) if attribute => false,
            ("", "") => in_scope.is_some_and(|uri| !uri.is_empty()),
            (_, "") => false,
            (_, namespace) => in_scope != Some(namespace),
        };
        if missing {
            self.declare(depth, name.prefix, name.namespace);
        }
    }

    fn open(&mut self, id: NodeId, depth: usize, pretty: bool) {
        let doc = self.doc;
        match doc.kind(id) {
            Kind::Document => {}
            Kind::Text if pretty && doc.text(id).trim().is_empty() => {}
            Kind::Text => escape(&mut self.out, doc.text(id), false),
            Kind::Comment => {
                self.out.push_str("<!--");
                // Two hyphens would end it.
                self.out.push_str(&doc.text(id).replace("--", "- -"));
                self.out.push_str("-->");
            }
            Kind::Instruction => {
                self.out.push_str("<?");
                self.name(id);
                if !doc.text(id).is_empty() {
                    self.out.push(' ');
                    self.out.push_str(&doc.text(id).replace("?>", "? >"));
                }
                self.out.push_str("?>");
            }
            Kind::Attribute | Kind::Namespace => escape(&mut self.out, doc.text(id), true),
            Kind::Element => {
                self.out.push('<');
                self.name(id);
                for node in doc.namespace_nodes(id) {
                    self.declare(depth, doc.local_name(node), doc.text(node));
                }
                self.need(depth, id, false);
                for node in doc.attributes(id) {
                    self.need(depth, node, true);
                }
                for node in doc.attributes(id) {
                    self.out.push(' ');
                    self.name(node);
                    self.out.push_str("=\"");
                    escape(&mut self.out, doc.text(node), true);
                    self.out.push('"');
                }
                self.out.push_str(if doc.first_child(id).is_some() { ">" } else { "/>" });
                if doc.first_child(id).is_none() {
                    self.scopes.retain(|scope| scope.0 < depth);
                }
            }
        }
    }
}

/// Writes a text so that it is read back as it is. Characters that XML cannot hold at all are left out.
pub(crate) fn escape(out: &mut String, text: &str, attribute: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
}

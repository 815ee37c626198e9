//! From text to a document, by the library roxmltree. What it does not tell is read from the source: prefixes, and
//! where CDATA sections begin and end.

use std::ops::Range;

use roxmltree as xml;

use super::{Document, Kind, Name, NodeId};

/// More than any form, few enough for memory.
const NODES: u32 = 8_000_000;
/// Deeper than any form nests; whoever walks documents recursively is safe.
const DEPTH: usize = 256;

/// Why a text is not an XML document that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct XmlError {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl Document {
    /// Reads a document. White space and a byte order mark before the declaration are allowed; a DOCTYPE is read,
    /// external entities are not fetched.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        let source = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let options = xml::ParsingOptions { allow_dtd: true, nodes_limit: NODES, ..Default::default() };
        // Lines count from what was given, with what stands before the declaration.
        let skipped = text.get(..text.len() - source.len()).unwrap_or_default();
        let skipped = u32::try_from(skipped.matches('\n').count()).unwrap_or(0);
        let error = |pos: xml::TextPos, message: String| XmlError { line: pos.row + skipped, column: pos.col, message };
        let tree = xml::Document::parse_with_options(source, options).map_err(|e| {
            let message = e.to_string();
            let message = message.rsplit_once(" at ").map_or(message.as_str(), |(head, _)| head).to_owned();
            error(e.pos(), message)
        })?;
        let mut doc = Self::new();
        Reader { doc: &mut doc, source }.read(&tree).map_err(|deep| {
            let message = format!("elements stand within each other more than {DEPTH} deep");
            error(tree.text_pos_at(deep), message)
        })?;
        Ok(doc)
    }
}

struct Reader<'d, 's> {
    doc: &'d mut Document,
    source: &'s str,
}

impl<'s> Reader<'_, 's> {
    /// Fails with the place of an element that stands too deep.
    fn read(mut self, tree: &xml::Document<'s>) -> Result<(), usize> {
        let root = tree.root();
        let mut at = root;
        let mut parent = NodeId::DOCUMENT;
        let mut depth = 0;
        loop {
            let id = if at == root { NodeId::DOCUMENT } else { self.node(parent, at) };
            if let Some(child) = at.first_child() {
                depth += 1;
                if depth > DEPTH {
                    return Err(at.range().start);
                }
                parent = id;
                at = child;
                continue;
            }
            loop {
                if let Some(next) = at.next_sibling() {
                    at = next;
                    break;
                }
                let Some(up) = at.parent() else { return Ok(()) };
                depth -= 1;
                at = up;
                parent = self.doc.parent(parent).unwrap_or(NodeId::DOCUMENT);
            }
        }
    }

    fn node(&mut self, parent: NodeId, node: xml::Node<'_, 's>) -> NodeId {
        match node.node_type() {
            xml::NodeType::Element => self.element(parent, node),
            xml::NodeType::Comment => self.doc.add_comment(parent, node.text().unwrap_or_default()),
            xml::NodeType::PI => {
                let (target, value) = node.pi().map_or(("", None), |pi| (pi.target, pi.value));
                self.doc.add_instruction(parent, target, value.unwrap_or_default())
            }
            xml::NodeType::Text | xml::NodeType::Root => {
                self.text(parent, node);
                parent
            }
        }
    }

    fn element(&mut self, parent: NodeId, node: xml::Node<'_, 's>) -> NodeId {
        let namespace = node.tag_name().namespace().unwrap_or_default();
        let local = node.tag_name().name();
        let written = self.source.get(node.range()).and_then(|s| s.strip_prefix('<')).unwrap_or_default();
        let written = written.split([' ', '\t', '\r', '\n', '/', '>']).next().unwrap_or_default();
        let prefix = prefix_of(written, local);
        let id = self.doc.create_element(Name { namespace, prefix, local });
        self.doc.append(parent, id);
        let above = node.parent();
        for declared in node.namespaces() {
            let prefix = declared.name();
            if above.is_none_or(|a| a.lookup_namespace_uri(prefix) != Some(declared.uri())) && prefix != Some("xml") {
                self.doc.declare_namespace(id, prefix.unwrap_or_default(), declared.uri());
            }
        }
        for attribute in node.attributes() {
            let local = attribute.name();
            let written = self.source.get(attribute.range_qname()).unwrap_or_default();
            let name =
                Name { namespace: attribute.namespace().unwrap_or_default(), prefix: prefix_of(written, local), local };
            self.doc.set_attribute_named(id, name, attribute.value());
        }
        id
    }

    /// One text of the library is one or more texts here: CDATA sections stand for themselves.
    fn text(&mut self, parent: NodeId, node: xml::Node<'_, 's>) {
        let text = node.text().unwrap_or_default();
        let range = self.text_range(node);
        let raw = self.source.get(range).unwrap_or_default();
        match sections(raw) {
            Some(parts) if parts.concat() == text => parts.iter().for_each(|part| self.doc.add_text(parent, part)),
            _ => self.doc.add_text(parent, text),
        }
    }

    /// From where the text begins to the next node or the end tag.
    fn text_range(&self, node: xml::Node<'_, 's>) -> Range<usize> {
        let start = node.range().start;
        let end = match (node.next_sibling(), node.parent()) {
            (Some(next), _) => next.range().start,
            (None, Some(parent)) => {
                let end = parent.range().end;
                self.source.get(..end).and_then(|s| s.rfind("</")).unwrap_or(end)
            }
            _ => start,
        };
        start..end.max(start)
    }
}

fn prefix_of<'a>(written: &'a str, local: &str) -> &'a str {
    written.split_once(':').filter(|(_, after)| *after == local).map_or("", |(prefix, _)| prefix)
}

/// The plain and the CDATA parts of a source text; none if there is no CDATA section, or an entity that only the
/// DOCTYPE explains.
fn sections(raw: &str) -> Option<Vec<String>> {
    if !raw.contains("<![CDATA[") {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = raw;
    while let Some((plain, after)) = rest.split_once("<![CDATA[") {
        let (inside, after) = after.split_once("]]>")?;
        parts.push(plain_text(plain)?);
        parts.push(lines(inside));
        rest = after;
    }
    parts.push(plain_text(rest)?);
    parts.retain(|p| !p.is_empty());
    Some(parts)
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn plain_text(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let raw = lines(raw);
    let mut rest = raw.as_str();
    while let Some((head, tail)) = rest.split_once('&') {
        let (entity, after) = tail.split_once(';')?;
        out.push_str(head);
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let code = entity.strip_prefix('#')?;
                let number = match code.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => code.parse(),
                };
                char::from_u32(number.ok()?)?
            }
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

impl Document {
    /// Reads a document and leaves out white space between elements, comments and instructions.
    pub fn parse_compact(text: &str) -> Result<Self, XmlError> {
        let mut doc = Self::parse(text)?;
        let spare: Vec<NodeId> = doc
            .descendants(NodeId::DOCUMENT)
            .filter(|&id| match doc.kind(id) {
                Kind::Comment | Kind::Instruction => true,
                Kind::Text if doc.text(id).trim().is_empty() => {
                    doc.parent(id).is_some_and(|p| doc.elements(p).next().is_some())
                }
                _ => false,
            })
            .collect();
        spare.into_iter().for_each(|id| doc.detach(id));
        Ok(doc)
    }
}

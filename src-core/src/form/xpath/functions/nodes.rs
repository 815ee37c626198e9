//! Functions about nodes: XPath 1.0, 4.1, and what XForms adds.

use std::collections::HashSet;

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::value::{Node, Value};
use crate::xml::{Kind, NodeId, XML_NAMESPACE};

pub(super) fn last<'d>(_: &Eval<'_, 'd>, _: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(at.size as f64))
}

/// `position()`, and of a node its place among its neighbours of the same name: the number of a repeat.
pub(super) fn position<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    if call.arguments.is_empty() {
        return Ok(Value::Number(at.position as f64));
    }
    let nodes = eval.arg_nodes(call, 0, at)?;
    let node = match nodes.as_slice() {
        [] => return Ok(Value::Number(f64::NAN)),
        [node] => *node,
        _ => {
            let message =
                ("position(…) is about one node, and here are several", "position(…) 只能问一个节点，这里有好几个。");
            return Err(XPathError::value(call.at.clone(), message));
        }
    };
    let (doc, name) = (node.doc, node.doc.name_id(node.id));
    let before = std::iter::successors(doc.previous_sibling(node.id), |&s| doc.previous_sibling(s))
        .filter(|&s| doc.is_element(s))
        .take_while(|&s| doc.name_id(s) == name)
        .count();
    eval.spend(before, &call.at)?;
    Ok(Value::Number(before as f64 + 1.0))
}

pub(super) fn current<'d>(eval: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Nodes(vec![eval.context.node]))
}

pub(super) fn count<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(eval.arg_nodes(call, 0, at)?.len() as f64))
}

pub(super) fn count_non_empty<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let nodes = eval.arg_nodes(call, 0, at)?;
    // What holds questions is something in JavaRosa, also while none of them is answered.
    let holds = |n: &&Node<'d>| !n.text().is_empty() || (eval.is_javarosa() && n.doc.elements(n.id).next().is_some());
    Ok(Value::Number(nodes.iter().filter(holds).count() as f64))
}

/// The elements whose attribute `id` or `xml:id` is one of the words.
pub(super) fn id<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let texts: Vec<String> = match eval.arg_value(call, 0, at)? {
        Value::Nodes(nodes) => nodes.iter().map(|n| n.text().into_owned()).collect(),
        value => vec![value.string(eval.rules()).into_owned()],
    };
    let wanted: HashSet<&str> = texts.iter().flat_map(|t| t.split_ascii_whitespace()).collect();
    let doc = at.node.doc;
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(Value::Nodes(found));
    }
    let mut seen = HashSet::new();
    for element in doc.descendants(NodeId::DOCUMENT).filter(|&n| doc.is_element(n)) {
        eval.spend(1, &call.at)?;
        let id = doc.attribute(element, "id").or_else(|| doc.attribute_ns(element, XML_NAMESPACE, "id"));
        // The first element with an identifier has it.
        if let Some(id) = id
            && wanted.contains(id)
            && seen.insert(id)
        {
            found.push(Node::new(doc, element));
        }
    }
    Ok(Value::Nodes(found))
}

/// The first node of the argument, or the context node.
fn subject<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Option<Node<'d>>> {
    if call.arguments.is_empty() {
        return Ok(Some(at.node));
    }
    Ok(eval.arg_nodes(call, 0, at)?.first().copied())
}

pub(super) fn name<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let node = subject(eval, call, at)?;
    Ok(Value::text(node.map(|n| n.doc.name(n.id).qualified()).unwrap_or_default()))
}

pub(super) fn local_name<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::text(subject(eval, call, at)?.map_or("", |n| n.doc.local_name(n.id))))
}

pub(super) fn namespace_uri<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::text(subject(eval, call, at)?.map_or("", |n| n.doc.namespace(n.id))))
}

pub(super) fn lang<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let wanted = eval.arg_text(call, 0, at)?.to_lowercase();
    let (doc, id) = (at.node.doc, at.node.id);
    let own = std::iter::once(id).chain(doc.ancestors(id)).filter(|&n| doc.kind(n) == Kind::Element);
    let found = own.into_iter().find_map(|n| doc.attribute_ns(n, XML_NAMESPACE, "lang")).unwrap_or_default();
    let found = found.to_lowercase();
    let matches = found.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    Ok(Value::Boolean(matches && !wanted.is_empty()))
}

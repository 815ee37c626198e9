//! Functions that look something up elsewhere: other instances, other repeats, labels, tables.

use std::borrow::Cow;

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::parse::parse;
use super::super::value::{Node, Value};

pub(super) fn instance<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let id = eval.arg_text(call, 0, at)?;
    Ok(Value::Nodes(eval.context.scope.instance(&id).into_iter().collect()))
}

pub(super) fn itext<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let id = eval.arg_text(call, 0, at)?;
    Ok(Value::Nodes(eval.context.scope.itext(&id)))
}

/// `jr:choice-name(value, 'path of the question')`
pub(super) fn choice_name<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_text(call, 0, at)?;
    let path = eval.arg_text(call, 1, at)?;
    let path = parse(&path).map_err(|e| XPathError::new(call.at.clone(), e.kind))?;
    let nodes = eval.nodes(&path, at, &call.at)?;
    let label = nodes.first().and_then(|question| eval.context.scope.choice_name(&value, *question));
    Ok(Value::String(label.unwrap_or_default()))
}

/// The value that is there, and the argument only while there is none.
pub(super) fn once<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let own = at.node.text();
    Ok(Value::String(if own.is_empty() { eval.arg_text(call, 0, at)? } else { own }))
}

/// A property of the device or of who fills in.
pub(super) fn property<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let name = eval.arg_text(call, 0, at)?;
    Ok(Value::String(eval.context.scope.function("property", &[name]).unwrap_or_default()))
}

/// The version of the form.
pub(super) fn version<'d>(eval: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::String(eval.context.scope.function("version", &[]).unwrap_or_default()))
}

/// The first argument; the others are there to be depended on.
pub(super) fn depend<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    eval.arg_value(call, 0, at)
}

/// `pulldata('table', 'wanted column', 'column to look in', value)`: the first row of the table counts.
pub(super) fn pulldata<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let mut texts: Vec<Cow<'d, str>> = Vec::new();
    for index in 0..call.arguments.len() {
        texts.push(eval.arg_text(call, index, at)?);
    }
    if let Some(found) = eval.context.scope.function("pulldata", &texts) {
        return Ok(Value::String(found));
    }
    let [table, wanted, column, value] = texts.as_slice() else {
        let message = (
            "pulldata() takes the table, the wanted column, the column to look in and the value",
            "pulldata() 的参数依次是：表、要取的列、用来查找的列、值。",
        );
        return Err(XPathError::value(call.at.clone(), message));
    };
    let Some(table) = eval.context.scope.instance(table) else { return Ok(Value::text("")) };
    let doc = table.doc;
    for root in doc.elements(table.id) {
        for row in doc.elements(root) {
            eval.spend(1, &call.at)?;
            if doc.child(row, column).is_some_and(|cell| doc.string_value(cell) == *value) {
                let found = doc.child(row, wanted).map(|cell| doc.string_value(cell));
                return Ok(Value::String(found.unwrap_or_default()));
            }
        }
    }
    Ok(Value::text(""))
}

/// `indexed-repeat(target, repeat, number, inner repeat, number, …)`: the target within the numbered instances. The
/// pairs may come in any order.
pub(super) fn indexed_repeat<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    if call.arguments.len().is_multiple_of(2) {
        let message =
            ("indexed-repeat() takes a number after each repeat", "indexed-repeat() 的每个重复组后面要写一个序号。");
        return Err(XPathError::value(call.at.clone(), message));
    }
    let nothing = Ok(Value::Nodes(Vec::new()));
    let mut pairs: Vec<(usize, Vec<Node<'d>>, f64)> = Vec::new();
    for index in (1..call.arguments.len()).step_by(2) {
        let number = eval.arg_number(call, index + 1, at)?;
        let repeats = eval.arg_nodes(call, index, at)?;
        let Some(first) = repeats.first() else { return nothing };
        if number.is_nan() {
            return nothing;
        }
        pairs.push((first.doc.ancestors(first.id).count(), repeats, number));
    }
    pairs.sort_by_key(|(depth, ..)| *depth);
    let mut within: Option<Node<'d>> = None;
    for (_, repeats, number) in pairs {
        let mut inside = repeats.into_iter().filter(|r| within.is_none_or(|outer| is_below(*r, outer)));
        let found = if number >= 1.0 && number.fract() == 0.0 { inside.nth(number as usize - 1) } else { None };
        let Some(found) = found else { return nothing };
        within = Some(found);
    }
    let mut targets = eval.arg_nodes(call, 0, at)?;
    targets.retain(|t| within.is_none_or(|outer| is_below(*t, outer)));
    Ok(Value::Nodes(targets))
}

fn is_below(node: Node<'_>, outer: Node<'_>) -> bool {
    std::ptr::eq(node.doc, outer.doc) && node.doc.ancestors(node.id).any(|a| a == outer.id)
}

//! Functions about true and false, and about what is selected.

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::value::Value;

pub(super) fn yes<'d>(_: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Boolean(true))
}

pub(super) fn no<'d>(_: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Boolean(false))
}

pub(super) fn not<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Boolean(!eval.arg_boolean(call, 0, at)?))
}

pub(super) fn boolean<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Boolean(eval.arg_boolean(call, 0, at)?))
}

pub(super) fn boolean_from_string<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = eval.arg_text(call, 0, at)?;
    let text = if eval.is_javarosa() { text.to_lowercase() } else { text.into_owned() };
    Ok(Value::Boolean(text == "1" || text == "true"))
}

/// `if(condition, then, else)`: only the branch that counts is evaluated.
pub(super) fn choose<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let branch = if eval.arg_boolean(call, 0, at)? { 1 } else { 2 };
    eval.arg_value(call, branch, at)
}

/// The truths of an argument: of each node, or of the value.
fn truths<'d>(eval: &Eval<'_, 'd>, call: &Call, index: usize, at: &At<'d>) -> Outcome<Vec<bool>> {
    Ok(match eval.arg_value(call, index, at)? {
        // Each node stands for itself: that it is there is not enough in XForms, its text is read.
        Value::Nodes(nodes) => nodes.iter().map(|n| !n.text().is_empty()).collect(),
        value => vec![value.boolean()],
    })
}

/// The range of a checklist; none when any number is good.
fn range<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Option<(f64, f64)>> {
    let (least, most) = (eval.arg_number(call, 0, at)?, eval.arg_number(call, 1, at)?);
    if most != -1.0 {
        return Ok(Some((least, most)));
    }
    Ok((least >= 1.0).then_some((least, f64::INFINITY)))
}

pub(super) fn checklist<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let Some((least, most)) = range(eval, call, at)? else { return Ok(Value::Boolean(true)) };
    let mut satisfied = 0.0;
    for index in 2..call.arguments.len() {
        satisfied += truths(eval, call, index, at)?.into_iter().filter(|t| *t).count() as f64;
    }
    Ok(Value::Boolean((least..=most).contains(&satisfied)))
}

pub(super) fn weighted_checklist<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    if call.arguments.len() % 2 == 1 {
        let message = (
            "weighted-checklist() takes a weight after each condition",
            "weighted-checklist() 的每个条件后面要写权重。",
        );
        return Err(XPathError::value(call.at.clone(), message));
    }
    // In JavaRosa, -1 is a sum like any other here.
    let range = if eval.is_javarosa() {
        Some((eval.arg_number(call, 0, at)?, eval.arg_number(call, 1, at)?))
    } else {
        range(eval, call, at)?
    };
    let Some((least, most)) = range else { return Ok(Value::Boolean(true)) };
    let mut sum = 0.0;
    for index in (2..call.arguments.len()).step_by(2) {
        let conditions = truths(eval, call, index, at)?;
        let weights: Vec<f64> = match eval.arg_value(call, index + 1, at)? {
            Value::Nodes(nodes) => nodes.iter().map(|n| eval.rules().number_of(&n.text())).collect(),
            value => vec![value.number(eval.rules())],
        };
        if weights.len() > conditions.len() {
            return Ok(Value::Boolean(false));
        }
        sum += conditions.iter().zip(weights).filter(|(holds, _)| **holds).map(|(_, weight)| weight).sum::<f64>();
    }
    Ok(Value::Boolean((least..=most).contains(&sum)))
}

/// White space of a list of choices.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty())
}

pub(super) fn selected<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let list = eval.arg_text(call, 0, at)?;
    let one = eval.arg_value(call, 1, at)?;
    if eval.is_javarosa() && matches!(one, Value::Number(_) | Value::Boolean(_)) {
        let message = ("the choice of selected() must be in quotes", "selected() 里的选项要加引号。");
        return Err(XPathError::value(call.at.clone(), message));
    }
    let one = one.string(eval.rules());
    let one = one.trim();
    Ok(Value::Boolean(words(&list).any(|w| w == one)))
}

pub(super) fn selected_at<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let list = eval.arg_text(call, 0, at)?;
    let index = eval.arg_number(call, 1, at)?;
    let word = if index >= 0.0 { words(&list).nth(index as usize) } else { None };
    Ok(Value::text(word.unwrap_or_default().to_owned()))
}

pub(super) fn count_selected<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(words(&eval.arg_text(call, 0, at)?).count() as f64))
}

//! Functions about numbers.

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::number::{round_decimal, round_half_up};
use super::super::time;
use super::super::value::Value;

macro_rules! of_one_number {
    ($($name:ident $run:expr;)*) => {
        $(pub(super) fn $name<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
            let run: fn(f64) -> f64 = $run;
            Ok(Value::Number(run(eval.arg_number(call, 0, at)?)))
        })*
    };
}

of_one_number! {
    abs f64::abs;
    acos f64::acos;
    asin f64::asin;
    atan f64::atan;
    ceiling f64::ceil;
    cos f64::cos;
    exp f64::exp;
    exp10 |n| 10_f64.powf(n);
    floor f64::floor;
    int f64::trunc;
    log f64::ln;
    log10 f64::log10;
    sin f64::sin;
    sqrt f64::sqrt;
    tan f64::tan;
}

pub(super) fn pi<'d>(_: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(std::f64::consts::PI))
}

pub(super) fn atan2<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (y, x) = (eval.arg_number(call, 0, at)?, eval.arg_number(call, 1, at)?);
    Ok(Value::Number(y.atan2(x)))
}

pub(super) fn pow<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (base, exponent) = (eval.arg_number(call, 0, at)?, eval.arg_number(call, 1, at)?);
    // 1 to the power of what is not a number is not a number in ECMAScript.
    Ok(Value::Number(if exponent.is_nan() { f64::NAN } else { base.powf(exponent) }))
}

/// A text that is a date becomes a number of days, and reads as a whole one.
pub(super) fn number<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    if call.arguments.is_empty() && eval.is_javarosa() {
        let message = ("JavaRosa wants an argument here", "JavaRosa 要求这里写参数。");
        return Err(XPathError::value(call.at.clone(), message));
    }
    let value = if call.arguments.is_empty() { Value::Nodes(vec![at.node]) } else { eval.arg_value(call, 0, at)? };
    let number = value.number(eval.rules());
    if !eval.is_javarosa() && matches!(value, Value::String(_) | Value::Nodes(_)) {
        let text = value.string(eval.rules());
        if time::looks_like_date(&text) && time::parse(&text, eval.context.zone).is_some() {
            return Ok(Value::Date { days: number, text: format!("{}", number.floor()).into() });
        }
    }
    Ok(Value::Number(number))
}

/// Halves are rounded away from zero, as the ODK web engine does; JavaRosa rounds them up, by the digits written.
pub(super) fn round<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_number(call, 0, at)?;
    let decimals = if call.arguments.len() > 1 { eval.arg_number(call, 1, at)? } else { 0.0 };
    if value.is_nan() || decimals.is_nan() {
        return Ok(Value::Number(f64::NAN));
    }
    let shift = 10_f64.powf(decimals);
    if eval.is_javarosa() {
        return Ok(Value::Number(round_decimal(value, decimals as i32)));
    }
    let sign = if value < 0.0 { -1.0 } else { 1.0 };
    Ok(Value::Number(round_half_up(value.abs() * shift) / shift * sign))
}

/// The numbers of all arguments, node by node.
fn all<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Vec<f64>> {
    let mut numbers = Vec::new();
    for index in 0..call.arguments.len() {
        match eval.arg_value(call, index, at)? {
            Value::Nodes(nodes) => numbers.extend(nodes.iter().map(|n| eval.rules().number_of(&n.text()))),
            value => numbers.push(value.number(eval.rules())),
        }
    }
    Ok(numbers)
}

/// JavaRosa passes over what is not a number; in the ODK web engine it makes the whole not a number.
fn best<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>, better: fn(f64, f64) -> f64) -> Outcome<Value<'d>> {
    let mut numbers = all(eval, call, at)?;
    if eval.is_javarosa() {
        numbers.retain(|n| !n.is_nan());
    } else if numbers.iter().any(|n| n.is_nan()) {
        return Ok(Value::Number(f64::NAN));
    }
    Ok(Value::Number(numbers.into_iter().reduce(better).unwrap_or(f64::NAN)))
}

pub(super) fn max<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    best(eval, call, at, f64::max)
}

pub(super) fn min<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    best(eval, call, at, f64::min)
}

pub(super) fn sum<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let nodes = eval.arg_nodes(call, 0, at)?;
    let numbers = nodes.iter().map(|n| eval.rules().number_of(&n.text()));
    let counts = |n: &f64| !n.is_nan() || !eval.is_javarosa();
    Ok(Value::Number(numbers.filter(counts).fold(0.0, |a, b| a + b)))
}

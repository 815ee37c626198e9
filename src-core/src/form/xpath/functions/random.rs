//! Functions that throw dice. Shuffling with a seed gives the same order on every device: the generator is the one
//! that the ODK XForms specification names (Park and Miller 1988, Fisher and Yates, inside out).

use md5::Digest as _;
use sha2::Sha256;

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::value::{Node, Value};

const MODULUS: i64 = 2_147_483_647;
const MULTIPLIER: i64 = 16_807;
/// Longer identifiers than this are a mistake.
const UUID_LENGTH: f64 = 100_000.0;

pub(super) fn random<'d>(eval: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(eval.context.scope.random()))
}

pub(super) fn randomize<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let nodes = eval.arg_nodes(call, 0, at)?;
    if call.arguments.len() < 2 {
        return Ok(Value::Nodes(shuffle(nodes, || eval.context.scope.random())));
    }
    let seed = eval.arg_value(call, 1, at)?;
    let number = seed.number(eval.rules());
    // What is not a number is hashed; nothing at all is 0. Both as JavaRosa does.
    let seed = if number.is_nan() { hashed(&seed.string(eval.rules())) } else { number as i64 };
    let mut state = seed % MODULUS;
    if state <= 0 {
        state += MODULUS - 1;
    }
    Ok(Value::Nodes(shuffle(nodes, || {
        state = state * MULTIPLIER % MODULUS;
        (state - 1) as f64 / (MODULUS - 1) as f64
    })))
}

fn hashed(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    Sha256::digest(text.as_bytes()).iter().take(8).fold(0_i64, |n, byte| (n << 8) | i64::from(*byte))
}

fn shuffle<'d>(nodes: Vec<Node<'d>>, mut random: impl FnMut() -> f64) -> Vec<Node<'d>> {
    let mut shuffled: Vec<Node<'d>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let last = shuffled.len();
        let place = ((random() * (last + 1) as f64) as usize).min(last);
        shuffled.push(node);
        shuffled.swap(place, last);
    }
    shuffled
}

/// A version 4 UUID; with a length, that many characters of such.
pub(super) fn uuid<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    if call.arguments.is_empty() {
        return Ok(Value::text(one_uuid(eval)));
    }
    let length = eval.arg_number(call, 0, at)?;
    if length.is_nan() || length > UUID_LENGTH {
        let message = ("the length of uuid(…) is not a number, or too large", "uuid(…) 的长度不是数字，或者太大。");
        return Err(XPathError::value(call.at.clone(), message));
    }
    let length = length.max(0.0) as usize;
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&one_uuid(eval));
    }
    text.truncate(length);
    Ok(Value::text(text))
}

fn one_uuid(eval: &Eval<'_, '_>) -> String {
    let mut bytes = [0_u8; 16];
    for byte in &mut bytes {
        *byte = (eval.context.scope.random() * 256.0) as u8;
    }
    let number = u128::from_be_bytes(bytes);
    // Version 4, variant 1 (RFC 9562).
    let number = number & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

//! Functions about texts. Lengths and places count UTF-16 units, as in ECMAScript and Java.

use std::borrow::Cow;

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use md5::Digest as _;

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::number::round_half_up;
use super::super::value::Value;
use crate::xml::NodeId;

/// The text of the first argument, or of the context node.
fn subject<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Cow<'d, str>> {
    if !call.arguments.is_empty() {
        return eval.arg_text(call, 0, at);
    }
    let may_be_left_out = call.is("normalize-space") || call.is("string-length");
    if eval.is_javarosa() && (at.node.id == NodeId::DOCUMENT || !may_be_left_out) {
        let message = ("JavaRosa wants an argument here", "JavaRosa 要求这里写参数。");
        return Err(XPathError::value(call.at.clone(), message));
    }
    Ok(at.node.text())
}

fn two<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<(Cow<'d, str>, Cow<'d, str>)> {
    Ok((eval.arg_text(call, 0, at)?, eval.arg_text(call, 1, at)?))
}

pub(super) fn string<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::String(subject(eval, call, at)?))
}

pub(super) fn string_length<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::Number(subject(eval, call, at)?.encode_utf16().count() as f64))
}

/// Only the white space of XML counts.
pub(super) fn normalize_space<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = subject(eval, call, at)?;
    let words: Vec<&str> = text.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect();
    Ok(Value::text(words.join(" ")))
}

/// The texts of the arguments from `from` on, node by node.
fn all<'d>(eval: &Eval<'_, 'd>, call: &Call, from: usize, at: &At<'d>) -> Outcome<Vec<Cow<'d, str>>> {
    let mut texts = Vec::new();
    for argument in call.arguments.iter().skip(from) {
        match eval.value(argument, at)? {
            Value::Nodes(nodes) => {
                for node in nodes {
                    let text = node.text();
                    eval.spend(text.len() / 16, &call.at)?;
                    texts.push(text);
                }
            }
            value => texts.push(value.string(eval.rules())),
        }
    }
    Ok(texts)
}

pub(super) fn concat<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    Ok(Value::text(all(eval, call, 0, at)?.concat()))
}

pub(super) fn join<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let between = eval.arg_text(call, 0, at)?;
    let texts = all(eval, call, 1, at)?;
    eval.spend(texts.len().saturating_mul(between.len()) / 16, &call.at)?;
    Ok(Value::text(texts.join(&*between)))
}

pub(super) fn coalesce<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let first = eval.arg_text(call, 0, at)?;
    Ok(Value::String(if first.is_empty() { eval.arg_text(call, 1, at)? } else { first }))
}

pub(super) fn contains<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, part) = two(eval, call, at)?;
    Ok(Value::Boolean(text.contains(&*part)))
}

pub(super) fn starts_with<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, part) = two(eval, call, at)?;
    Ok(Value::Boolean(text.starts_with(&*part)))
}

pub(super) fn ends_with<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, part) = two(eval, call, at)?;
    Ok(Value::Boolean(text.ends_with(&*part)))
}

pub(super) fn substring_before<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, part) = two(eval, call, at)?;
    Ok(Value::text(text.split_once(&*part).map_or("", |(before, _)| before).to_owned()))
}

pub(super) fn substring_after<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, part) = two(eval, call, at)?;
    Ok(Value::text(text.split_once(&*part).map_or("", |(_, after)| after).to_owned()))
}

/// The UTF-16 units from `start` up to `end`.
fn units(text: &str, start: usize, end: usize) -> String {
    if text.is_ascii() {
        let end = end.min(text.len());
        return text.get(start.min(end)..end).unwrap_or_default().to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().skip(start).take(end.saturating_sub(start)).collect();
    String::from_utf16_lossy(&units)
}

/// XPath 1.0: places count from 1 and are rounded.
pub(super) fn substring<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = eval.arg_text(call, 0, at)?;
    let start = round_half_up(eval.arg_number(call, 1, at)?);
    let end = match call.arguments.get(2) {
        Some(length) => start + round_half_up(eval.number(length, at)?),
        None => f64::INFINITY,
    };
    if start.is_nan() || end.is_nan() {
        return Ok(Value::text(""));
    }
    // Conversion from floating point stops at the limits of the integer.
    Ok(Value::text(units(&text, (start - 1.0).max(0.0) as usize, (end - 1.0).max(0.0) as usize)))
}

/// XForms: places count from 0; negative ones from the end.
pub(super) fn substr<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = eval.arg_text(call, 0, at)?;
    let length = text.encode_utf16().count() as f64;
    let start = eval.arg_number(call, 1, at)?.trunc();
    let end = match call.arguments.get(2) {
        Some(end) => eval.number(end, at)?.trunc(),
        None => length,
    };
    let place = |n: f64| (if n < 0.0 { length + n } else { n }).clamp(0.0, length);
    Ok(Value::text(units(&text, place(start) as usize, place(end) as usize)))
}

pub(super) fn translate<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, from) = two(eval, call, at)?;
    let to: Vec<char> = eval.arg_text(call, 2, at)?.chars().collect();
    let from: Vec<char> = from.chars().collect();
    eval.spend(text.len().saturating_mul(from.len()) / 64, &call.at)?;
    let translated = text.chars().filter_map(|c| match from.iter().position(|f| *f == c) {
        Some(index) => to.get(index).copied(),
        None => Some(c),
    });
    Ok(Value::text(translated.collect::<String>()))
}

pub(super) fn digest<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let (text, algorithm) = two(eval, call, at)?;
    let bytes = text.as_bytes();
    let hash = match &*algorithm {
        "MD5" => md5::Md5::digest(bytes).to_vec(),
        "SHA-1" => sha1::Sha1::digest(bytes).to_vec(),
        "SHA-256" => sha2::Sha256::digest(bytes).to_vec(),
        "SHA-384" => sha2::Sha384::digest(bytes).to_vec(),
        "SHA-512" => sha2::Sha512::digest(bytes).to_vec(),
        other => {
            let message = (
                format!("{other} is none of MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
                format!("不能用“{other}”，可以用：MD5、SHA-1、SHA-256、SHA-384、SHA-512。"),
            );
            return Err(XPathError::value(call.at.clone(), message));
        }
    };
    let encoding = if call.arguments.len() > 2 { eval.arg_text(call, 2, at)? } else { Cow::Borrowed("base64") };
    match &*encoding {
        "base64" => Ok(Value::text(BASE64.encode(&hash))),
        "hex" => Ok(Value::text(HEXLOWER.encode(&hash))),
        other => {
            let message =
                (format!("{other} is neither base64 nor hex"), format!("不能用“{other}”，可以用：base64、hex。"));
            Err(XPathError::value(call.at.clone(), message))
        }
    }
}

/// What is not base64, or not text in UTF-8, is empty.
pub(super) fn base64_decode<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = eval.arg_text(call, 0, at)?;
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64_NOPAD.decode(plain.trim_end_matches('=').as_bytes()).unwrap_or_default();
    Ok(Value::text(String::from_utf8_lossy(&bytes).into_owned()))
}

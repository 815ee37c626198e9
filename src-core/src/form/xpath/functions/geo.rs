//! Functions about places on the earth. A point is `latitude longitude [altitude [accuracy]]`, a trace or shape is
//! points with `;` between them.

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::number;
use super::super::value::Value;

/// As the ODK engines have it.
const EARTH_RADIUS_M: f64 = 6_378_100.0;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    latitude: f64,
    longitude: f64,
}

fn point(text: &str) -> Option<Point> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() > 4 {
        return None;
    }
    let degrees =
        |index: usize, most: f64| parts.get(index).map(|p| number::parse(p)).filter(|d: &f64| d.abs() <= most);
    Some(Point { latitude: degrees(0, 90.0)?, longitude: degrees(1, 180.0)? })
}

fn parse(text: &str) -> Vec<Option<Point>> {
    let text = text.trim();
    // The last separator may stand at the end.
    text.strip_suffix(';').unwrap_or(text).split(';').map(point).collect()
}

/// The points of arguments, node by node; none if one of them is not a point.
fn points<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Option<Vec<Point>>> {
    let mut all = Vec::new();
    for index in 0..call.arguments.len() {
        match eval.arg_value(call, index, at)? {
            Value::Nodes(nodes) => nodes.iter().for_each(|n| all.extend(parse(&n.text()))),
            value => all.extend(parse(&value.string(eval.rules()))),
        }
    }
    eval.spend(all.len(), &call.at)?;
    Ok(all.into_iter().collect())
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round().abs() / 100.0
}

/// Square metres on a sphere; what is not a shape has no area.
pub(super) fn area<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let Some(points) = points(eval, call, at)?.filter(|p| p.len() > 2) else { return Ok(Value::Number(0.0)) };
    let next = points.iter().skip(1).chain(points.first());
    let sum: f64 = points
        .iter()
        .zip(next)
        .map(|(from, to)| {
            (to.longitude - from.longitude).to_radians()
                * (2.0 + to.latitude.to_radians().sin() + from.latitude.to_radians().sin())
        })
        .sum();
    Ok(Value::Number(rounded(sum * EARTH_RADIUS_M * EARTH_RADIUS_M / 2.0)))
}

/// Metres along the points.
pub(super) fn distance<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let Some(points) = points(eval, call, at)? else { return Ok(Value::Number(0.0)) };
    let between = |a: &Point, b: &Point| {
        let (north, south) = (a.latitude.to_radians(), b.latitude.to_radians());
        let across = (a.longitude - b.longitude).to_radians();
        // Rounding may lead beyond 1 for the same place.
        let cosine = north.sin() * south.sin() + north.cos() * south.cos() * across.cos();
        cosine.clamp(-1.0, 1.0).acos() * EARTH_RADIUS_M
    };
    let sum: f64 = points.iter().zip(points.iter().skip(1)).map(|(a, b)| between(a, b)).sum();
    Ok(Value::Number(rounded(sum)))
}

/// Whether a point is within a closed shape.
pub(super) fn geofence<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let place = point(&eval.arg_text(call, 0, at)?);
    let shape: Option<Vec<Point>> = parse(&eval.arg_text(call, 1, at)?).into_iter().collect();
    let (Some(place), Some(shape)) = (place, shape) else {
        if eval.is_javarosa() {
            let message = ("geofence() takes a point and a shape", "geofence() 的参数是一个点和一个区域。");
            return Err(XPathError::value(call.at.clone(), message));
        }
        return Ok(Value::Boolean(false));
    };
    if shape.len() < 4 || shape.first() != shape.last() {
        return Ok(Value::Boolean(false));
    }
    // A ray to the east crosses the border of what it begins in an odd number of times.
    let crossings = shape.iter().zip(shape.iter().skip(1)).filter(|(a, b)| {
        (a.latitude > place.latitude) != (b.latitude > place.latitude)
            && place.longitude
                < (b.longitude - a.longitude) * (place.latitude - a.latitude) / (b.latitude - a.latitude) + a.longitude
    });
    Ok(Value::Boolean(crossings.count() % 2 == 1))
}

//! The functions of XPath 1.0 and of the ODK XForms specification, by name.

mod dates;
mod geo;
mod lookup;
mod nodes;
mod numbers;
mod random;
mod regex;
mod texts;
mod truths;

pub(super) use regex::Pattern;

use super::ast::Call;
use super::error::{XPathError, XPathErrorKind};
use super::eval::{At, Eval, Outcome};
use super::value::Value;

const JAVAROSA: &str = "http://openrosa.org/javarosa";
/// No upper limit of arguments.
const ANY: usize = usize::MAX;

/// A function.
pub(super) struct Function {
    name: &'static str,
    /// Whether it is of the JavaRosa library (`jr:`).
    jr: bool,
    least: usize,
    most: usize,
    pub run: for<'c, 'd> fn(&Eval<'c, 'd>, &Call, &At<'d>) -> Outcome<Value<'d>>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    /// Fails if the call has too few or too many arguments.
    pub fn check_arguments(&self, call: &Call) -> Result<(), XPathError> {
        let got = call.arguments.len();
        if (self.least..=self.most).contains(&got) {
            return Ok(());
        }
        let (name, least, most) = (self.name.to_owned(), self.least, self.most);
        let kind = XPathErrorKind::Arguments { name, least, most, got };
        Err(XPathError::new(call.at.clone(), kind))
    }
}

macro_rules! functions {
    ($($name:literal $least:literal..=$most:tt $run:path;)*) => {
        &[$(Function { name: $name, jr: false, least: $least, most: $most, run: $run }),*]
    };
}

/// In the order of the alphabet: they are found by halving.
const FUNCTIONS: &[Function] = functions! {
    "abs" 1..=1 numbers::abs;
    "acos" 1..=1 numbers::acos;
    "area" 1..=1 geo::area;
    "asin" 1..=1 numbers::asin;
    "atan" 1..=1 numbers::atan;
    "atan2" 2..=2 numbers::atan2;
    "base64-decode" 1..=1 texts::base64_decode;
    "boolean" 1..=1 truths::boolean;
    "boolean-from-string" 1..=1 truths::boolean_from_string;
    "ceiling" 1..=1 numbers::ceiling;
    "checklist" 2..=ANY truths::checklist;
    "coalesce" 2..=2 texts::coalesce;
    "concat" 0..=ANY texts::concat;
    "contains" 2..=2 texts::contains;
    "cos" 1..=1 numbers::cos;
    "count" 1..=1 nodes::count;
    "count-non-empty" 1..=1 nodes::count_non_empty;
    "count-selected" 1..=1 truths::count_selected;
    "current" 0..=0 nodes::current;
    "date" 1..=1 dates::date;
    "date-time" 1..=1 dates::date_time;
    "decimal-date-time" 1..=1 dates::decimal_date_time;
    "decimal-time" 1..=1 dates::decimal_time;
    "depend" 1..=ANY lookup::depend;
    "digest" 2..=3 texts::digest;
    "distance" 1..=ANY geo::distance;
    "enclosed-area" 1..=1 geo::area;
    "ends-with" 2..=2 texts::ends_with;
    "exp" 1..=1 numbers::exp;
    "exp10" 1..=1 numbers::exp10;
    "false" 0..=0 truths::no;
    "floor" 1..=1 numbers::floor;
    "format-date" 2..=2 dates::format_date;
    "format-date-time" 2..=2 dates::format_date;
    "geofence" 2..=2 geo::geofence;
    "id" 1..=1 nodes::id;
    "if" 3..=3 truths::choose;
    "indexed-repeat" 3..=ANY lookup::indexed_repeat;
    "instance" 1..=1 lookup::instance;
    "int" 1..=1 numbers::int;
    "is-selected" 2..=2 truths::selected;
    "join" 1..=ANY texts::join;
    "lang" 1..=1 nodes::lang;
    "last" 0..=0 nodes::last;
    "local-name" 0..=1 nodes::local_name;
    "log" 1..=1 numbers::log;
    "log10" 1..=1 numbers::log10;
    "max" 1..=ANY numbers::max;
    "min" 1..=ANY numbers::min;
    "name" 0..=1 nodes::name;
    "namespace-uri" 0..=1 nodes::namespace_uri;
    "normalize-space" 0..=1 texts::normalize_space;
    "not" 1..=1 truths::not;
    "now" 0..=0 dates::now;
    "number" 0..=1 numbers::number;
    "once" 1..=1 lookup::once;
    "pi" 0..=0 numbers::pi;
    "position" 0..=1 nodes::position;
    "pow" 2..=2 numbers::pow;
    "property" 1..=1 lookup::property;
    "pulldata" 2..=ANY lookup::pulldata;
    "random" 0..=0 random::random;
    "randomize" 1..=2 random::randomize;
    "regex" 2..=2 regex::regex;
    "round" 1..=2 numbers::round;
    "selected" 2..=2 truths::selected;
    "selected-at" 2..=2 truths::selected_at;
    "sin" 1..=1 numbers::sin;
    "sqrt" 1..=1 numbers::sqrt;
    "starts-with" 2..=2 texts::starts_with;
    "string" 0..=1 texts::string;
    "string-length" 0..=1 texts::string_length;
    "substr" 2..=3 texts::substr;
    "substring" 2..=3 texts::substring;
    "substring-after" 2..=2 texts::substring_after;
    "substring-before" 2..=2 texts::substring_before;
    "sum" 1..=1 numbers::sum;
    "tan" 1..=1 numbers::tan;
    "today" 0..=0 dates::today;
    "translate" 3..=3 texts::translate;
    "true" 0..=0 truths::yes;
    "uuid" 0..=1 random::uuid;
    "version" 0..=0 lookup::version;
    "weighted-checklist" 2..=ANY truths::weighted_checklist;
};

const JR_FUNCTIONS: &[Function] = &[
    Function { name: "choice-name", jr: true, least: 2, most: 2, run: lookup::choice_name },
    Function { name: "itext", jr: true, least: 1, most: 1, run: lookup::itext },
];

fn named(functions: &'static [Function], name: &str) -> Option<&'static Function> {
    functions.binary_search_by(|f| f.name.cmp(name)).ok().and_then(|i| functions.get(i))
}

/// The function that a prefix and a name mean without any declarations.
pub(super) fn find(prefix: &str, name: &str) -> Option<&'static Function> {
    match prefix {
        "" | "fn" | "xf" | "xforms" => named(FUNCTIONS, name),
        "jr" | "javarosa" => named(JR_FUNCTIONS, name),
        _ => None,
    }
}

/// The function that a prefix with this URI and a name mean.
pub(super) fn find_by_uri(uri: Option<&str>, name: &str) -> Option<&'static Function> {
    if uri == Some(JAVAROSA) { named(JR_FUNCTIONS, name) } else { None }
}

/// The error for a call of a function that does not exist, with the nearest name that does.
pub(super) fn unknown(call: &Call) -> XPathError {
    let written = if call.prefix.is_empty() { call.name.to_string() } else { format!("{}:{}", call.prefix, call.name) };
    let meant = FUNCTIONS
        .iter()
        .chain(JR_FUNCTIONS)
        .map(|f| (distance(&call.name, f.name), f))
        .filter(|(far, f)| *far <= 1 + f.name.len() / 4)
        .min_by_key(|(far, _)| *far)
        .map(|(_, f)| if f.jr { format!("jr:{}", f.name) } else { f.name.to_owned() });
    XPathError::new(call.at.clone(), XPathErrorKind::UnknownFunction { name: written, meant })
}

/// How many letters differ (Levenshtein), case and hyphens aside.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| -> Vec<char> {
        s.chars().take(40).flat_map(char::to_lowercase).filter(|c| *c != '-' && *c != '_').collect()
    };
    let (a, b) = (letters(a), letters(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = (corner + usize::from(x != y)).min(above + 1).min(left + 1);
            (corner, left) = (above, *cell);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The arguments of a call, one by one; those that are not there are empty.
impl<'c, 'd> Eval<'c, 'd> {
    pub(in crate::form::xpath) fn arg_text(
        &self,
        call: &Call,
        index: usize,
        at: &At<'d>,
    ) -> Outcome<std::borrow::Cow<'d, str>> {
        call.arguments.get(index).map_or(Ok("".into()), |e| self.text(e, at))
    }

    pub(in crate::form::xpath) fn arg_number(&self, call: &Call, index: usize, at: &At<'d>) -> Outcome<f64> {
        call.arguments.get(index).map_or(Ok(f64::NAN), |e| self.number(e, at))
    }

    pub(in crate::form::xpath) fn arg_boolean(&self, call: &Call, index: usize, at: &At<'d>) -> Outcome<bool> {
        call.arguments.get(index).map_or(Ok(false), |e| self.boolean(e, at))
    }

    pub(in crate::form::xpath) fn arg_value(&self, call: &Call, index: usize, at: &At<'d>) -> Outcome<Value<'d>> {
        call.arguments.get(index).map_or(Ok(Value::text("")), |e| self.value(e, at))
    }

    pub(in crate::form::xpath) fn arg_nodes(
        &self,
        call: &Call,
        index: usize,
        at: &At<'d>,
    ) -> Outcome<Vec<super::value::Node<'d>>> {
        call.arguments.get(index).map_or(Ok(Vec::new()), |e| self.nodes(e, at, &call.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_in_order() {
        assert!(FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
        assert!(JR_FUNCTIONS.is_sorted_by(|a, b| a.name < b.name));
    }
}

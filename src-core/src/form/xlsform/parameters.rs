//! The column `parameters`: `key=value` pairs between blanks, commas or semicolons.

/// Pairs in order; keys and values in lower case, but for the values of `label` and `value`, which name columns of a
/// file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

/// The cell is no list of `key=value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoPairs;

impl Parameters {
    pub fn parse(cell: &str) -> Result<Parameters, NoPairs> {
        let mut words = Vec::new();
        for piece in cell.split(|c: char| c.is_whitespace() || c == ',' || c == ';') {
            for (i, word) in piece.split('=').enumerate() {
                if i > 0 {
                    words.push("=");
                }
                if !word.is_empty() {
                    words.push(word);
                }
            }
        }
        let mut parameters = Parameters::default();
        let mut words = words.into_iter();
        while let Some(key) = words.next() {
            let (Some("="), Some(value)) = (words.next(), words.next()) else { return Err(NoPairs) };
            if key == "=" || value == "=" {
                return Err(NoPairs);
            }
            let key = key.to_lowercase();
            let kept = matches!(key.as_str(), "label" | "value");
            parameters.set(&key, if kept { value.to_owned() } else { value.to_lowercase() });
        }
        Ok(parameters)
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    pub fn remove(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Keys that are not accepted, in alphabetical order.
    pub fn others(&self, accepted: &[&str]) -> Vec<String> {
        let mut others: Vec<String> =
            self.0.iter().map(|(k, _)| k.clone()).filter(|k| !accepted.contains(&k.as_str())).collect();
        others.sort();
        others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        let parse = |s| Parameters::parse(s).map(|p| p.0);
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(
            parse("Start = 1;end=10, value=ID"),
            Ok(vec![pair("start", "1"), pair("end", "10"), pair("value", "ID")])
        );
        assert_eq!(parse(" "), Ok(vec![]));
        for wrong in ["a", "a=", "=a", "a=b=c", "a==b", "a b"] {
            assert_eq!(parse(wrong), Err(NoPairs), "{wrong}");
        }
    }
}

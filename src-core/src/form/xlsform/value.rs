//! Cells of a row under their columns: text, or a map of texts (by language, by name of a bind attribute, …) in the
//! order of the columns.

/// A cell, or cells grouped by what stands after `::` in their headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Map(Fields),
}

/// Values by key, in order of arrival. Rows have few columns: looking up goes through all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, Value)>);

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Map(_) => None,
        }
    }

    pub fn as_map(&self) -> Option<&Fields> {
        match self {
            Value::Text(_) => None,
            Value::Map(map) => Some(map),
        }
    }

    /// The text; maps are written as pyxform writes them into attributes, `{'key': 'text'}`.
    pub fn to_attribute(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Map(map) => {
                let quoted = |text: &str| match (text.contains('\''), text.contains('"')) {
                    (true, false) => format!("\"{text}\""),
                    _ => format!("'{}'", text.replace('\'', "\\'")),
                };
                let value = |v: &Value| match v {
                    Value::Text(text) => quoted(text),
                    map => map.to_attribute(),
                };
                let pairs: Vec<String> = map.iter().map(|(k, v)| format!("{}: {}", quoted(k), value(v))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }
}

impl Fields {
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// The text under a key; `None` when there is none, or a map.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_text)
    }

    pub fn map(&self, key: &str) -> Option<&Fields> {
        self.get(key).and_then(Value::as_map)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn set(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    pub fn set_text(&mut self, key: &str, text: impl Into<String>) {
        self.set(key, Value::Text(text.into()));
    }

    /// Sets a text within the map under a key, which is made when there is none.
    pub fn set_in(&mut self, map: &str, key: &str, text: impl Into<String>) {
        let mut fields = match self.remove(map) {
            Some(Value::Map(fields)) => fields,
            _ => Fields::default(),
        };
        fields.set_text(key, text);
        self.set(map, Value::Map(fields));
    }

    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(k, _)| k == key)?;
        Some(self.0.remove(at).1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(k, v)| (k.as_str(), v))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a cell under its column's path. A plain column replaces; a column with `::` joins what is there, a text
    /// without language then counting as the default language's.
    pub fn put(&mut self, path: &[String], cell: String, language: &str) {
        match path {
            [] => {}
            [key] => self.set(key, Value::Text(cell)),
            [key, rest @ ..] => {
                let nested = rest.iter().rev().fold(Value::Text(cell), |value, key| {
                    let mut map = Fields::default();
                    map.set(key, value);
                    Value::Map(map)
                });
                match self.0.iter_mut().find(|(k, _)| k == key) {
                    Some((_, old)) => merge(old, nested, language),
                    None => self.0.push((key.clone(), nested)),
                }
            }
        }
    }
}

/// Joins two values that stand under the same key.
fn merge(old: &mut Value, new: Value, language: &str) {
    let as_map = |text: String| {
        let mut map = Fields::default();
        map.set(language, Value::Text(text));
        map
    };
    match (&mut *old, new) {
        (Value::Map(old), Value::Map(new)) => {
            for (key, value) in new.0 {
                match old.0.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, there)) => merge(there, value, language),
                    None => old.0.push((key, value)),
                }
            }
        }
        (Value::Map(map), Value::Text(text)) => {
            if !map.has(language) {
                map.set(language, Value::Text(text));
            }
        }
        (Value::Text(text), new) => {
            let mut map = as_map(std::mem::take(text));
            match new {
                Value::Map(new) if new.has(language) => map = new,
                Value::Map(new) => map.0.extend(new.0),
                Value::Text(_) => {}
            }
            *old = Value::Map(map);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_without_language_is_the_default_languages() {
        let mut row = Fields::default();
        let path = |p: &[&str]| p.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        row.put(&path(&["label"]), "Name".into(), "default");
        row.put(&path(&["label", "zh"]), "姓名".into(), "default");
        let label = row.map("label").unwrap();
        assert_eq!(label.text("default"), Some("Name"));
        assert_eq!(label.text("zh"), Some("姓名"));
        // A column without language after one with replaces all, as in pyxform.
        row.put(&path(&["label"]), "Name".into(), "default");
        assert_eq!(row.text("label"), Some("Name"));
    }
}

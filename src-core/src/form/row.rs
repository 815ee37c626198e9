//! Records as rows of one table, for spreadsheets: a column for each question, for each instance of a repeat one of its
//! own (`rooms[2]/temperature`), in the order of the form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Form;

/// Where a column stands: at each level the place in the form and the number of the instance (0 outside repeats).
/// Questions that this version of the form does not have come last, by their names.
type Place = Vec<(usize, usize, String)>;

/// Records of one form that are put into rows.
#[derive(Debug)]
pub struct Rows<'a> {
    form: &'a Form,
    root: &'a str,
    columns: BTreeMap<Place, String>,
    rows: Vec<BTreeMap<Place, String>>,
}

impl<'a> Rows<'a> {
    /// An empty table. The form gives the order; records of its other versions may be added, too.
    pub fn new(form: &'a Form) -> Self {
        let root = form.questions.first().map_or("", |root| root.path.as_str());
        Self { form, root, columns: BTreeMap::new(), rows: Vec::new() }
    }

    /// Adds a record: its answers as [`super::OpenForm::answers`] writes them.
    pub fn add(&mut self, answers: &Value) {
        let mut row = BTreeMap::new();
        self.put(&mut row, &Place::new(), self.root, "", answers);
        self.rows.push(row);
    }

    /// The columns' headings, and the cells of each record; "" where nothing was answered.
    pub fn finish(self) -> (Vec<String>, Vec<Vec<String>>) {
        let Self { columns, rows, .. } = self;
        let cells = |mut row: BTreeMap<Place, String>| {
            columns.keys().map(|place| row.remove(place).unwrap_or_default()).collect::<Vec<_>>()
        };
        let rows = rows.into_iter().map(cells).collect();
        (columns.into_values().collect(), rows)
    }

    fn put(&mut self, row: &mut BTreeMap<Place, String>, at: &Place, path: &str, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (field, inner) in fields {
                    let path = format!("{path}/{field}");
                    let place = self.form.place(&path).unwrap_or(usize::MAX);
                    let below = [at.as_slice(), &[(place, 0, field.clone())]].concat();
                    let name = if name.is_empty() { field.clone() } else { format!("{name}/{field}") };
                    self.put(row, &below, &path, &name, inner);
                }
            }
            Value::Array(instances) if instances.iter().any(Value::is_object) => {
                for (number, instance) in (1..).zip(instances) {
                    let mut at = at.clone();
                    if let Some(last) = at.last_mut() {
                        last.1 = number;
                    }
                    self.put(row, &at, path, &format!("{name}[{number}]"), instance);
                }
            }
            // Nothing was answered, or the visit was none (nobody opened).
            Value::Null => {}
            _ => {
                row.insert(at.clone(), text(value));
                self.columns.entry(at.clone()).or_insert_with(|| name.to_owned());
            }
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Bool(true) => "OK".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(false) | Value::Null | Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{form::read_sheets, workbook::Sheets};

    #[test]
    fn columns_stand_in_the_forms_order_and_instances_side_by_side() {
        let survey = [
            ["type", "name", "label"],
            ["text", "who", "Who"],
            ["begin_repeat", "rooms", "Rooms"],
            ["text", "room", "Room"],
            ["decimal", "temp", "Temperature"],
            ["end_repeat", "", ""],
            ["begin_group", "end", "End"],
            ["select_multiple a", "all", "All"],
            ["end_group", "", ""],
        ];
        let choices = [["list_name", "name", "label"], ["a", "x", "X"], ["a", "y", "Y"]];
        let rows = |rows: &[[&str; 3]]| -> Vec<Vec<String>> {
            rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
        };
        let sheets = Sheets::from_rows([("survey", rows(&survey)), ("choices", rows(&choices))]);
        let form = read_sheets(&sheets, Some("f"), true).form().unwrap();
        let mut table = Rows::new(&form);
        table.add(&json!({"end": {"all": ["x", "y"]}, "rooms": [{"temp": 16.5, "room": "b"}], "who": "W"}));
        table.add(&json!({"gone": true, "rooms": [{}, {"temp": 20}]}));
        table.add(&json!(null));
        let (columns, rows) = table.finish();
        assert_eq!(columns, ["who", "rooms[1]/room", "rooms[1]/temp", "rooms[2]/temp", "end/all", "gone"]);
        assert_eq!(rows, [["W", "b", "16.5", "", "x y", ""], ["", "", "", "20", "", "OK"], [""; 6]]);
    }
}

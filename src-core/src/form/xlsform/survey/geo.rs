//! Places: `geopoint`, `geotrace`, `geoshape`, and the list of places that they may be chosen from.

use super::{Checked, Row, Survey};
use crate::form::xlsform::problem::{Code, Problem};
use crate::form::xlsform::reference;
use crate::form::xlsform::settings::yes_no;

impl Survey<'_> {
    pub(super) fn geo(&mut self, row: &mut Row) -> Checked {
        let get = |row: &Row, key: &str| row.draft.parameters.get(key).map(str::to_owned);
        if row.question_type == "geopoint" {
            self.accept(row, &["allow-mock-accuracy", "capture-accuracy", "reference-geometry", "warning-accuracy"])?;
            for (key, attribute) in
                [("capture-accuracy", "accuracyThreshold"), ("warning-accuracy", "unacceptableAccuracyThreshold")]
            {
                let Some(metres) = get(row, key) else { continue };
                if metres.parse::<f64>().is_err() {
                    let message = (format!("{key} must be a number of metres"), format!("{key} 要填米数。"));
                    return Err(self.wrong_parameter(row, Code::AccuracyNoNumber, message));
                }
                row.draft.fields.set_in("control", attribute, metres);
            }
        } else {
            self.accept(row, &["allow-mock-accuracy", "incremental", "reference-geometry"])?;
            if let Some(incremental) = get(row, "incremental") {
                if yes_no(&incremental) != Some(true) {
                    let message = ("incremental is true, or left out", "incremental 只能填 true，或不写。");
                    return Err(self.wrong_parameter(row, Code::IncrementalInvalid, message));
                }
                row.draft.fields.set_in("control", "incremental", "true");
            }
        }
        if let Some(mock) = get(row, "allow-mock-accuracy") {
            if !matches!(mock.as_str(), "true" | "false") {
                let message = ("allow-mock-accuracy is true or false", "allow-mock-accuracy 只能填 true 或 false。");
                return Err(self.wrong_parameter(row, Code::MockAccuracyInvalid, message));
            }
            row.draft.fields.set_in("bind", "odk:allow-mock-accuracy", mock);
        }
        if let Some(geometry) = get(row, "reference-geometry") {
            self.geometries.push((geometry.clone(), row.number));
            row.draft.fields.set_text("itemset", geometry);
        }
        Ok(())
    }

    /// Places may be chosen from a list, a file, a list of entities or a repeat: whether what is named is there.
    pub(super) fn check_geometries(&mut self) {
        for (target, row) in std::mem::take(&mut self.geometries) {
            let known = self.instances.contains(&target)
                || self.choices.has(&target)
                || self.entities.has(&target)
                || reference::whole(&target).is_some_and(|r| self.repeats.contains(r.name));
            if !known {
                let message = (
                    format!(
                        "reference-geometry must name a list of choices or entities, a file without its extension, \
                         or a repeat as ${{repeat}}: \"{target}\" is none"
                    ),
                    format!(
                        "reference-geometry 要填选项表、实体表、不带扩展名的文件名，或写成 ${{repeat}} 的重复组；\
                         “{target}”都不是。"
                    ),
                );
                let words = self.choices.names().chain(self.instances.iter().map(String::as_str));
                let meant = self.problems.meant(&target, words);
                let place = self.sheet.place(row, &["parameters"]);
                self.problems.error(Problem::new(Code::ReferenceGeometryUnknown, place, message).meant(meant));
            }
        }
    }

    pub(super) fn background_geopoint(&mut self, row: &Row) -> Checked {
        if row.draft.trigger.is_empty() {
            let message = ("a background-geopoint needs a trigger", "background-geopoint 要写触发（trigger）。");
            return Err(self.refuse(row.number, &["trigger"], Code::BackgroundTriggerMissing, message));
        }
        if row.draft.fields.map("bind").is_some_and(|b| b.has("calculate")) {
            let message =
                ("a background-geopoint must have no calculation", "background-geopoint 不能有计算式（calculation）。");
            return Err(self.refuse(row.number, &["bind", "calculate"], Code::BackgroundCalculation, message));
        }
        Ok(())
    }
}

//! `audit`: what the client notes about how the form was filled in.

use super::{Checked, Row, Survey};
use crate::form::xlsform::problem::Code;

const LOCATION: [&str; 3] = ["location-priority", "location-min-interval", "location-max-age"];

impl Survey<'_> {
    pub(super) fn audit(&mut self, mut row: Row) -> Checked {
        let number = row.number;
        if row.draft.fields.text("name").is_some_and(|n| n != "audit") {
            let message = (
                "an audit is always called \"audit\": leave the name empty",
                "audit 的名称只能是“audit”：名称留空就行。",
            );
            return Err(self.refuse(number, &["name"], Code::AuditName, message));
        }
        row.draft.fields.set_text("name", "audit");
        let known = [
            "identify-user",
            "location-max-age",
            "location-min-interval",
            "location-priority",
            "track-changes",
            "track-changes-reasons",
        ];
        self.accept(&row, &known)?;
        for (key, allowed) in [
            ("track-changes", &["true", "false"][..]),
            ("track-changes-reasons", &["on-form-edit"]),
            ("identify-user", &["true", "false"]),
        ] {
            let Some(value) = row.draft.parameters.get(key).map(str::to_owned) else { continue };
            if !allowed.contains(&value.as_str()) {
                let message = (
                    format!("{key} must be {}, not \"{value}\"", allowed.join(" or ")),
                    format!("{key} 只能填 {}，不能填“{value}”。", allowed.join(" 或 ")),
                );
                return Err(self.wrong_parameter(&row, Code::AuditParameter, message));
            }
            row.draft.fields.set_in("bind", &format!("odk:{key}"), value);
        }
        self.audit_location(&mut row)?;
        self.meta.push(row.draft);
        Ok(())
    }

    fn audit_location(&mut self, row: &mut Row) -> Checked {
        let given = LOCATION.iter().filter(|k| row.draft.parameters.get(k).is_some()).count();
        if given == 0 {
            return Ok(());
        }
        if given < LOCATION.len() {
            let message = (
                format!("an audit with locations needs all of {}", LOCATION.join(", ")),
                format!("audit 要记位置，这几项都得写：{}。", LOCATION.join("、")),
            );
            return Err(self.wrong_parameter(row, Code::AuditLocationIncomplete, message));
        }
        let value = |row: &Row, key: &str| row.draft.parameters.get(key).unwrap_or_default().to_owned();
        let priority = value(row, "location-priority");
        if !matches!(priority.as_str(), "no-power" | "low-power" | "balanced" | "high-accuracy") {
            let message = (
                format!("location-priority must be no-power, low-power, balanced or high-accuracy, not \"{priority}\""),
                format!(
                    "location-priority 只能填 no-power、low-power、balanced 或 high-accuracy，不能填“{priority}”。"
                ),
            );
            return Err(self.wrong_parameter(row, Code::AuditParameter, message));
        }
        let mut seconds = Vec::new();
        for key in ["location-min-interval", "location-max-age"] {
            match value(row, key).trim_start_matches('+').parse::<i64>() {
                Ok(number) if number >= 0 => seconds.push(number),
                _ => {
                    let message = (
                        format!("{key} must be a whole number of seconds, zero or more"),
                        format!("{key} 要填秒数，是 0 或更大的整数。"),
                    );
                    return Err(self.wrong_parameter(row, Code::AuditParameter, message));
                }
            }
        }
        if seconds.first() > seconds.last() {
            let message = (
                "location-max-age must not be less than location-min-interval",
                "location-max-age 不能小于 location-min-interval。",
            );
            return Err(self.wrong_parameter(row, Code::AuditParameter, message));
        }
        for key in LOCATION {
            let text = value(row, key);
            row.draft.fields.set_in("bind", &format!("odk:{key}"), text);
        }
        Ok(())
    }
}

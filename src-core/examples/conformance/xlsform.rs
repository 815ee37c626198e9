//! XLSForm workbooks: what pyxform makes of them, or why it refuses them. `xlsform.json` (small forms as rows of cells)
//! and `forms/` (workbooks of others).

use std::collections::BTreeMap;
use std::path::Path;

use huce_core::form::xlsform::{Code, Conversion, Options, Rejection, convert};
use huce_core::workbook::{Limits, Sheets};
use huce_core::xml::{Document, Kind, NodeId};
use serde_json::Value;

use crate::tally::Tally;

/// The cases of both.
pub fn run(dir: &Path, tally: &mut Tally) -> Result<(), String> {
    let read = |name: &str| -> Result<Vec<Value>, String> {
        let path = dir.join(name);
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))
    };
    let text = |case: &Value, key: &str| case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    for case in read("xlsform.json")? {
        let id = text(&case, "id");
        let sheets: BTreeMap<String, Vec<Vec<String>>> =
            serde_json::from_value(case.get("sheets").cloned().unwrap_or_default())
                .map_err(|e| format!("{id}: {e}"))?;
        let root = text(&case, "form_name");
        let sheets = Sheets::from_rows(sheets);
        let made = convert(&sheets, Options { root: Some(&root), id: None, ..Options::default() });
        show(tally, &id, &made);
        let valid = case.get("valid").and_then(Value::as_bool) == Some(true);
        tally.case(&id, || {
            let what = format!("{} {}", text(&case, "suite"), text(&case, "test"));
            judge(valid, &text(&case, "xform"), &text(&case, "error"), &made).map_err(|e| format!("{what}: {e}"))
        });
    }
    for form in read("forms/manifest.json")? {
        let file = text(&form, "file");
        if text(&form, "kind") != "xlsform" {
            continue;
        }
        tally.case(&file, || {
            let bytes = std::fs::read(dir.join("forms").join(&file)).map_err(|e| e.to_string())?;
            let sheets = Sheets::open_form(&bytes, "survey", Limits::default()).map_err(|e| e.to_string())?;
            // Where settings give no id, it is the file's name: these were called by their whole path.
            let path = text(&form, "path");
            let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem).replace('/', "_");
            let made = convert(&sheets, Options { root: None, id: Some(&stem), ..Options::default() });
            let valid = form.get("valid").and_then(Value::as_bool) == Some(true);
            let expected = if valid {
                let name = text(&form, "xform");
                std::fs::read_to_string(dir.join("forms").join(name)).map_err(|e| e.to_string())?
            } else {
                String::new()
            };
            judge(valid, &expected, &text(&form, "error"), &made)?;
            let itemsets = text(&form, "itemsets");
            let expected = (!itemsets.is_empty()).then(|| std::fs::read_to_string(dir.join("forms").join(&itemsets)));
            let got = made.ok().and_then(|m| m.itemsets);
            match expected.transpose().map_err(|e| e.to_string())? {
                Some(expected) if got.as_ref() != Some(&expected) => Err(format!("itemsets.csv: {got:?}")),
                _ => Ok(()),
            }
        });
    }
    Ok(())
}

fn show(tally: &Tally, id: &str, made: &Result<Conversion, Rejection>) {
    if !tally.is_close() || std::env::args().all(|a| a != id) {
        return;
    }
    match made {
        Ok(made) => {
            println!(
                "{}",
                Document::parse(&made.xform).map_or_else(|e| format!("{e}\n{}", made.xform), |d| d.write_pretty())
            );
            made.warnings.iter().for_each(|w| println!("warning: {w}"));
        }
        Err(refused) => {
            refused.errors.iter().for_each(|e| println!("error: {:?} {e}", e.code));
            refused.warnings.iter().for_each(|w| println!("warning: {w}"));
        }
    }
}

fn judge(valid: bool, xform: &str, error: &str, made: &Result<Conversion, Rejection>) -> Result<(), String> {
    match (valid, made) {
        (true, Ok(made)) => same(xform, &made.xform),
        (true, Err(refused)) => {
            let errors: Vec<String> = refused.errors.iter().map(ToString::to_string).collect();
            Err(format!("refused: {}", errors.join(" | ")))
        }
        (false, Ok(_)) => Err(format!("accepted, though: {error}")),
        (false, Err(refused)) => cause(error, refused),
    }
}

/// Compares two documents in canonical form; tells the first difference.
fn same(expected: &str, got: &str) -> Result<(), String> {
    let lines = |text: &str| -> Result<Vec<String>, String> {
        let document = Document::parse(text).map_err(|e| e.to_string())?;
        let mut lines = Vec::new();
        if let Some(root) = document.document_element() {
            lines = canonical(&document, root, 0);
        }
        Ok(lines)
    };
    let (expected, got) =
        (lines(expected).map_err(|e| format!("expected: {e}"))?, lines(got).map_err(|e| format!("got: {e}"))?);
    if expected == got {
        return Ok(());
    }
    let at = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "the end".to_owned());
    let before = at.checked_sub(1).and_then(|i| expected.get(i)).cloned().unwrap_or_default();
    Err(format!("line {at}, after {before}\n    expected {}\n    got      {}", line(&expected), line(&got)))
}

/// Elements and texts, one a line: attributes sorted, white space made one blank, secondary instances by their ids and
/// the forms of a text by their names (pyxform's order of those is by chance).
fn canonical(document: &Document, id: NodeId, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut attributes: Vec<String> = document
        .attributes(id)
        .map(|a| {
            let name = document.name(a);
            format!("{{{}}}{}=\"{}\"", name.namespace, name.local, plain(document.text(a)))
        })
        .collect();
    attributes.sort();
    let name = document.name(id);
    let mut lines = vec![format!("{indent}<{{{}}}{} {}>", name.namespace, name.local, attributes.join(" "))];
    let mut blocks: Vec<(Option<String>, Vec<String>)> = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, blocks: &mut Vec<(Option<String>, Vec<String>)>| {
        let line = plain(&std::mem::take(text));
        if !line.is_empty() {
            blocks.push((None, vec![format!("{indent}  \"{line}\"")]));
        }
    };
    for child in document.children(id) {
        match document.kind(child) {
            Kind::Element => {
                flush(&mut text, &mut blocks);
                let free = match (document.local_name(id), document.local_name(child)) {
                    ("model", "instance") => document.attribute(child, "id").map(str::to_owned),
                    ("text", "value") => Some(document.attribute(child, "form").unwrap_or_default().to_owned()),
                    _ => None,
                };
                blocks.push((free, canonical(document, child, depth + 1)));
            }
            Kind::Text => text.push_str(document.text(child)),
            _ => {}
        }
    }
    flush(&mut text, &mut blocks);
    let mut free: Vec<(Option<String>, Vec<String>)> =
        blocks.iter().filter(|(key, _)| key.is_some()).cloned().collect();
    free.sort();
    let mut free = free.into_iter();
    for (key, block) in blocks {
        lines.extend(if key.is_some() { free.next().map(|(_, b)| b).unwrap_or_default() } else { block });
    }
    lines
}

/// Whether one of our errors is what pyxform's message says, in the same row where it tells one.
fn cause(message: &str, refused: &Rejection) -> Result<(), String> {
    let Some((_, codes)) = CAUSES.iter().find(|(part, _)| part.split(" … ").all(|p| message.contains(p))) else {
        return Err(format!("an unknown cause: {message}"));
    };
    let row =
        message.strip_prefix("[row : ").and_then(|m| m.split_once(']')).and_then(|(row, _)| row.trim().parse().ok());
    let agrees = refused.errors.iter().any(|e| {
        codes.contains(&e.code) && (row.is_none() || e.place.row == row || e.place.sheet.as_deref() == Some("settings"))
    });
    if agrees {
        return Ok(());
    }
    let ours: Vec<String> = refused.errors.iter().map(|e| format!("{:?} {e}", e.code)).collect();
    Err(format!("another cause: {message}\n    ours: {}", ours.join("\n          ")))
}

/// Parts of pyxform's messages (` … ` stands for anything), and the codes of ours that say the same. The first that
/// fits counts.
const CAUSES: &[(&str, &[Code])] = &[
    ("Names must begin with a letter", &[Code::NameInvalid]),
    ("at most one '#' delimiter", &[Code::SaveToSyntax]),
    ("sheet named 'survey'", &[Code::SurveySheetMissing]),
    ("There should be an external_choices sheet", &[Code::ExternalChoicesSheetMissing]),
    ("There should be a choices sheet", &[Code::ChoicesSheetMissing]),
    ("Duplicate column header", &[Code::HeadingTwice]),
    ("different names for the same column", &[Code::HeadingAliasTwice]),
    ("may be due a missing header row", &[Code::HeadingMissing]),
    ("required column headers were not found", &[Code::HeadingMissing]),
    ("column names are invalid", &[Code::HeadingUnknown]),
    ("Question or group with no name", &[Code::NameMissing]),
    ("Choices must have a name", &[Code::ChoiceNameMissing]),
    ("Choice names must be unique", &[Code::ChoiceNameTaken]),
    ("Choice names with spaces", &[Code::ChoiceNameHasSpaces]),
    ("Repeat names must not be the same as the survey root", &[Code::RepeatNameIsRoot]),
    ("Repeat names must unique", &[Code::RepeatNameTaken]),
    ("must be unique within their nearest parent", &[Code::NameTaken]),
    ("The name 'meta' is reserved", &[Code::NameReserved]),
    ("Audits must always be named", &[Code::AuditName]),
    ("are required parameters", &[Code::AuditLocationIncomplete]),
    ("accepted parameter keys", &[Code::ParameterUnknown]),
    ("location-", &[Code::AuditParameter]),
    ("track-changes", &[Code::AuditParameter]),
    ("identify-user", &[Code::AuditParameter]),
    ("Parameters must be in the form", &[Code::ParametersSyntax]),
    ("must not begin with two underscores", &[Code::EntityUnderscores]),
    ("must not contain a period", &[Code::EntityPeriod]),
    ("must not be 'name' or 'label'", &[Code::EntityReservedProperty]),
    ("'list_name' column must not have any duplicate", &[Code::EntityListTaken]),
    ("Entity lists must have a name", &[Code::EntityListMissing]),
    ("add an entities sheet and declare an entity", &[Code::SaveToWithoutEntities]),
    ("is already assigned by row", &[Code::SaveToTwice]),
    ("can't be saved as entity properties", &[Code::SaveToOnGroup]),
    ("was not found on the entities sheet", &[Code::SaveToListUnknown]),
    ("does not have a label", &[Code::EntityLabelMissing]),
    ("does not have an 'update_if'", &[Code::EntityUpdateIfMissing]),
    ("does not have an 'entity_id'", &[Code::EntityIdMissing]),
    ("names must be prefixed with the entity", &[Code::SaveToWithoutList]),
    ("may have only one entity declaration", &[Code::EntityPlaceTaken]),
    ("not compatible with this 'save_to'", &[Code::SaveToScope]),
    ("not compatible with the variable reference", &[Code::EntityScope]),
    ("reference - parsing failed", &[Code::ReferenceBroken]),
    ("must start with '${', then a question name", &[Code::ReferenceBroken]),
    ("must have a comma between", &[Code::ReferenceWithoutComma]),
    ("Could not find the name", &[Code::ReferenceUnknown]),
    ("There is no survey element named", &[Code::ReferenceUnknown]),
    ("appears more than once", &[Code::ReferenceAmbiguous]),
    ("There are multiple survey elements named", &[Code::ReferenceAmbiguous]),
    ("Unmatched 'end_", &[Code::EndWithoutBegin]),
    ("Unmatched 'begin_", &[Code::BeginWithoutEnd]),
    ("Repeat loop without list name", &[Code::LoopWithoutList]),
    ("List name not in columns sheet", &[Code::ListUnknown]),
    ("List name not in external choices", &[Code::ExternalListUnknown]),
    ("List name not in choices", &[Code::ListUnknown]),
    ("Question with no type", &[Code::TypeMissing]),
    ("Unknown question type", &[Code::TypeUnknown]),
    ("This section has not been included", &[Code::IncludeUnsupported]),
    ("'itemset' and 'list_name' must not both", &[Code::ListMissing]),
    ("There should be choices for this question", &[Code::ListMissing]),
    ("should end with one of the supported file extensions", &[Code::FileExtension]),
    ("Choice filter not supported with or_other", &[Code::OtherWithFilter]),
    ("specify choices for this 'or other'", &[Code::OtherWithoutChoices]),
    ("Choice filter not supported for table-list", &[Code::TableListWithFilter]),
    ("Badly formatted table list", &[Code::TableListDiffers]),
    ("Missing calculation", &[Code::CalculationMissing]),
    ("has no label or hint", &[Code::LabelMissing]),
    ("To use big-image", &[Code::BigImageAlone]),
    ("Media type", &[Code::MediaUnknown]),
    ("Invalid value for `self.bind", &[Code::SelectDataType]),
    ("is not user-visible", &[Code::TriggerInvisible]),
    ("the 'trigger' column must not be empty", &[Code::BackgroundTriggerMissing]),
    ("the 'calculation' column must be empty", &[Code::BackgroundCalculation]),
    ("is a select from file type", &[Code::SearchOfFile]),
    ("uses 'search()', and its select type references", &[Code::SearchSharesList]),
    ("same instance id will be generated", &[Code::InstanceTaken]),
    ("Instance names must be unique within a form", &[Code::ExternalInstanceTwice]),
    ("Cannot omit instanceID", &[Code::InstanceIdRequired]),
    ("randomize must be set to true or false", &[Code::RandomizeInvalid]),
    ("seed value must be a number", &[Code::SeedInvalid]),
    ("to use a seed", &[Code::SeedWithoutRandomize]),
    ("Parameter rows", &[Code::RowsNoInteger]),
    ("Parameter max-pixels", &[Code::MaxPixelsNoInteger]),
    ("Parameter 'app'", &[Code::AppInvalid]),
    ("Invalid value for quality", &[Code::QualityInvalid]),
    ("'incremental' parameter", &[Code::IncrementalInvalid]),
    ("'reference-geometry' parameter", &[Code::ReferenceGeometryUnknown]),
    ("-accuracy' parameter must have a numeric", &[Code::AccuracyNoNumber]),
    ("'allow-mock-accuracy' parameter", &[Code::MockAccuracyInvalid]),
    ("For the 'range' … choice values must all be numbers", &[Code::RangeChoiceNoNumber]),
    ("For the 'range' … must be a number", &[Code::RangeNoNumber]),
    ("For the 'range' … must not be '0'", &[Code::RangeZero]),
    ("For the 'range' … must not be larger than", &[Code::RangeTooLarge]),
    ("For the 'range' … must be a multiple of 'step'", &[Code::RangeNoMultiple]),
    ("For the 'range' … choices must be between", &[Code::RangeChoiceOutside]),
    ("For the 'range' … must be between", &[Code::RangeOutside]),
    ("For the 'range' … must be a choice list name", &[Code::RangeListUnknown]),
    ("For the 'range' … only 2 items", &[Code::RangeLabelsTooMany]),
    ("For the 'range' … only supported for the appearances", &[Code::RangeAppearance]),
    ("For the 'range' … plus a multiple of", &[Code::RangeChoiceNoMultiple]),
    ("For the 'range' … match the range 'start' and 'end'", &[Code::RangeChoiceNotAtEnds]),
];

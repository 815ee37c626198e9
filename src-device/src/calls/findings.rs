//! What a visit finds (the sheet `findings` of its form) becomes requests with their clocks, in the same act as the
//! visit: whoever reads "leak" in the answers need not remember to take it down.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    act,
    body::{Body, Edit},
    clock::Millis,
    form::Finding,
    ids::{EventId, RequestId, RuleId},
    ipc::{CallError, Code, request::TakeRequest, visit::FoundRequest},
    request::{Category, Channel, Mode, Party, Request, Severity},
    site::Site,
};

/// Findings of one category are one request, as bad as the worst of them. What is open there already is not taken
/// down again.
fn matters(findings: Vec<Finding>, open: &BTreeSet<Category>) -> BTreeMap<Category, (Severity, Vec<Finding>)> {
    let mut matters: BTreeMap<Category, (Severity, Vec<Finding>)> = BTreeMap::new();
    for finding in findings.into_iter().filter(|f| !open.contains(&f.category)) {
        let (severity, all) = matters.entry(finding.category).or_insert((finding.severity, Vec::new()));
        *severity = (*severity).max(finding.severity);
        all.push(finding);
    }
    matters
}

/// The edits that take the findings down, the first being carried by the event `first`, the others by those after it.
/// `responsible`: who is, for which category.
pub(super) fn requests<'a>(
    findings: Vec<Finding>,
    open: impl Iterator<Item = &'a Request>,
    site: &Site,
    first: &EventId,
    now_ms: Millis,
    responsible: impl Fn(Category) -> (Party, Option<RuleId>),
) -> Result<Vec<(FoundRequest, Body)>, CallError> {
    let open: BTreeSet<Category> = open.map(|r| r.category).collect();
    let mut made = Vec::new();
    for ((category, (severity, findings)), seq) in matters(findings, &open).into_iter().zip(first.seq..) {
        let said = |language: &str, between: &str| {
            let text =
                |f: &Finding| f.text.get(language).or_else(|| f.text.values().next()).cloned().unwrap_or_default();
            let mut texts: Vec<String> = findings.iter().map(text).collect();
            texts.dedup();
            texts.join(between)
        };
        let text = (said("zh", "；"), said("en", "; "));
        let call = TakeRequest {
            household: site.household().cloned(),
            facility: site.facility().cloned(),
            grid: None,
            channel: Channel::Visit,
            category,
            severity,
            text: act::shortened(&text.0),
            phone: None,
            mode: Mode::Own,
            another: false,
        };
        let id = EventId { device: first.device.clone(), seq }.to_string();
        let edit: Edit = act::take_request(&call, &id, now_ms, &responsible(category))?;
        let request = RequestId::new(id).map_err(|e| CallError::new(Code::Internal).with("what", e))?;
        made.push((FoundRequest { request, category, severity, text }, Body::Edit(edit)));
    }
    Ok(made)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn one_request_a_category_and_none_that_is_open() {
        let finding = |category, severity, text: &str| Finding {
            row: 2,
            at: None,
            severity,
            category,
            text: [("zh".to_owned(), text.to_owned())].into(),
        };
        let findings = vec![
            finding(Category::Leak, Severity::Small, "滴水"),
            finding(Category::Cold, Severity::Major, "冷"),
            finding(Category::Leak, Severity::Major, "喷水"),
        ];
        let found = matters(findings, &[Category::Cold].into());
        assert_eq!(found.len(), 1);
        let (severity, all) = &found[&Category::Leak];
        assert_eq!((*severity, all.len()), (Severity::Major, 2));
    }
}

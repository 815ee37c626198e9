//! `visit`: a form filled in at once, or "no answer", or "refused".

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use huce_core::{
    body::PhotoRole,
    form::{Kind, Step},
    ids::{FormId, PhotoId},
    ipc::visit::{AddPhoto, BeginVisit, DiscardDraft, KeepStep, QuickVisit, SubmitVisit, VisitDraft},
    site::Site,
};
use huce_device::{Answer, Device};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// At which door: an identifier or a unique address
    #[arg(long, required_unless_present = "facility")]
    household: Option<String>,
    /// At which facility: an identifier, or a name or code that only one has
    #[arg(long, conflicts_with_all = ["household", "no_answer", "refused"])]
    facility: Option<String>,
    /// The answers: nested as the form is, or {"steps":[{"op":"set","ref":…,"value":…}…]}
    #[arg(long, value_name = "FILE.json", required_unless_present_any = ["no_answer", "refused"])]
    answers: Option<PathBuf>,
    /// Which form; the round's, or the heating visit (at a facility the form of its kind), if it is not said
    #[arg(long)]
    form: Option<FormId>,
    /// A photo (JPEG, PNG): for the first open image question, else evidence of the visit
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
    /// Nobody opened 无人在家
    #[arg(long, conflicts_with_all = ["answers", "refused"])]
    no_answer: bool,
    /// Somebody opened and said no 拒访
    #[arg(long, conflicts_with = "answers")]
    refused: bool,
    /// Throw away a draft that waits there
    #[arg(long)]
    discard_draft: bool,
}

pub fn run(device: &Device, args: Args) -> Result<()> {
    let site: Site = match (&args.household, &args.facility) {
        (_, Some(facility)) => super::facility_of(device, facility)?.into(),
        (Some(household), None) => super::household_of(device, household)?.into(),
        (None, None) => bail!("--household or --facility"),
    };
    // Read before anything is recorded: a file that is not there is no half visit.
    let photos: Vec<String> = args
        .photos
        .iter()
        .map(|path| std::fs::read(path).map(|b| BASE64.encode(&b)).with_context(|| path.display().to_string()))
        .collect::<Result<_>>()?;
    let Some(answers) = &args.answers else {
        let household = site.household().cloned().context("nobody opens at a facility: give --answers")?;
        let visit = device.answer(QuickVisit { household, round: None, refused: args.refused })?;
        let photos = photos.into_iter().map(|base64| evidence(device, &site, base64)).collect::<Result<Vec<_>>>()?;
        return super::print(&json!({ "visit": visit, "photos": photos }));
    };
    let answers = super::read_json(answers)?;
    if let Some(draft) = device.draft_of(&site, args.form.as_ref()) {
        if !args.discard_draft {
            bail!("a draft waits there: finish it in the window, or give --discard-draft");
        }
        device.answer(DiscardDraft { draft: draft.opened.draft })?;
    }
    let begun = device.answer(BeginVisit { form: args.form, ..BeginVisit::at(&site) })?;
    let draft = begun.draft.clone();
    let done = fill(device, &site, begun, &answers, photos);
    if done.is_err() && device.draft(&draft).is_some() {
        device.answer(DiscardDraft { draft })?;
    }
    super::print(&done?)
}

fn fill(device: &Device, site: &Site, begun: VisitDraft, answers: &Value, photos: Vec<String>) -> Result<Value> {
    let steps: Option<Vec<Step>> = match answers.get("steps") {
        Some(steps) => Some(serde_json::from_value(steps.clone()).context("the steps")?),
        None => None,
    };
    let draft = device.draft(&begun.draft).context("the draft is gone")?;
    let mut session = device.replay(&draft)?;
    match &steps {
        Some(steps) => {
            for step in steps {
                session.apply(step).with_context(|| format!("{step:?}"))?;
                let draft = begun.draft.clone();
                device.answer(KeepStep { draft, step: Some(step.clone()), at: None })?;
            }
        }
        None => {
            let unknown = session.load_answers(answers);
            if !unknown.is_empty() {
                bail!("the form does not take these answers: {}", unknown.join(", "));
            }
        }
    }
    let mut names: Vec<PhotoId> = Vec::new();
    let mut rest = photos.into_iter();
    // One question at a time: what a photo answers may open the next question.
    while let Some(node) =
        session.nodes().into_iter().find(|n| n.kind == Kind::Image && n.relevant && !n.readonly && n.value.is_empty())
    {
        let Some(base64) = rest.next() else { break };
        let added = device.answer(AddPhoto {
            at: site.clone(),
            role: PhotoRole::Visit,
            draft: Some(begun.draft.clone()),
            plan: None,
            request: None,
            base64,
        })?;
        let step = Step::Set { reference: node.reference, value: added.photo.to_string() };
        session.apply(&step).context("the photo's question")?;
        if steps.is_some() {
            device.answer(KeepStep { draft: begun.draft.clone(), step: Some(step), at: None })?;
        }
        names.push(added.photo);
    }
    let submitted = match &steps {
        Some(_) => device.answer(SubmitVisit { draft: begun.draft })?,
        None => device.record_visit(site, begun.form, &session.answers())?,
    };
    for base64 in rest {
        names.push(evidence(device, site, base64)?);
    }
    Ok(json!({ "visit": submitted.visit, "suggestions": submitted.suggestions, "requests": submitted.requests,
        "photos": names }))
}

fn evidence(device: &Device, site: &Site, base64: String) -> Result<PhotoId> {
    let call = AddPhoto { at: site.clone(), role: PhotoRole::Visit, draft: None, plan: None, request: None, base64 };
    Ok(device.answer(call)?.photo)
}

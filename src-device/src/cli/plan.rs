//! `plan …`: a household's plan from its first measure to its follow-ups.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use data_encoding::BASE64;
use huce_core::{
    body::PhotoRole,
    ids::{HouseholdId, MeasureId, PersonId, PlanId},
    ipc::{
        plan::{ChangePlan, OpenPlan, PlanChange, Plans},
        visit::{AddPhoto, Suggest},
    },
    plan::{MeasureState, PlanState},
};
use huce_device::{Answer, Device};
use serde_json::json;

/// Which plan: by its identifier, or the one that is open at a door.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// The plan
    #[arg(long, required_unless_present = "household")]
    plan: Option<PlanId>,
    /// The door: an identifier or a unique address
    #[arg(long)]
    household: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List plans, what is due first · 列表
    List {
        /// Also closed ones
        #[arg(long)]
        closed: bool,
    },
    /// Show a plan with its story · 查看
    Show(#[command(flatten)] Which),
    /// The measures that the newest visit suggests · 建议措施
    Suggest {
        /// The door
        #[arg(long)]
        household: String,
    },
    /// Accept every suggested measure · 采纳建议
    Accept {
        /// The door
        #[arg(long)]
        household: String,
        /// Who does them
        #[arg(long)]
        who: Option<PersonId>,
    },
    /// Add a measure; opens a plan where there is none · 添加措施
    Add {
        #[command(flatten)]
        which: Which,
        /// Catalogue code or own name
        #[arg(long)]
        measure: MeasureId,
        /// What is done
        #[arg(long)]
        title: String,
        /// Why
        #[arg(long)]
        why: Option<String>,
        /// Who
        #[arg(long)]
        who: Option<PersonId>,
        /// Until when, YYYY-MM-DD
        #[arg(long)]
        until: Option<String>,
        /// 1 is the most urgent
        #[arg(long)]
        priority: Option<i64>,
    },
    /// Who does a measure · 派工
    Assign {
        #[command(flatten)]
        which: Which,
        /// Which measure
        #[arg(long)]
        measure: MeasureId,
        /// Who; nobody when left out
        #[arg(long)]
        who: Option<PersonId>,
    },
    /// Until when · 期限
    Until {
        #[command(flatten)]
        which: Which,
        /// Which measure
        #[arg(long)]
        measure: MeasureId,
        /// YYYY-MM-DD; no date when left out
        #[arg(long)]
        date: Option<String>,
    },
    /// A measure is done · 完成
    Done(#[command(flatten)] OfMeasure),
    /// A measure is dropped · 取消
    Drop(#[command(flatten)] OfMeasure),
    /// A measure is open again · 重开
    Reopen(#[command(flatten)] OfMeasure),
    /// What is wrong, in words · 诊断
    Diagnosis {
        #[command(flatten)]
        which: Which,
        /// In words
        #[arg(long)]
        text: String,
    },
    /// The reading before the work, and photos · 施工前
    Before(#[command(flatten)] Reading),
    /// The reading after the work, and photos · 施工后
    After(#[command(flatten)] Reading),
    /// Put a follow-up on the calendar, or record that it was made · 回访
    FollowUp {
        #[command(flatten)]
        which: Which,
        /// Days after the work
        #[arg(long)]
        days: u32,
        /// On which day, YYYY-MM-DD
        #[arg(long, required_unless_present_any = ["made", "temp"])]
        due: Option<String>,
        /// It was made
        #[arg(long)]
        made: bool,
        /// °C measured then
        #[arg(long)]
        temp: Option<f64>,
    },
    /// The resident agreed, or not · 居民同意
    Consent {
        #[command(flatten)]
        which: Which,
        /// true or false
        #[arg(long, action = clap::ArgAction::Set, default_value_t = true)]
        agreed: bool,
    },
    /// Close a plan · 关闭
    Close {
        #[command(flatten)]
        which: Which,
        /// Open it again
        #[arg(long)]
        reopen: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct OfMeasure {
    #[command(flatten)]
    which: Which,
    /// Which measure
    #[arg(long)]
    measure: MeasureId,
}

#[derive(Debug, clap::Args)]
pub struct Reading {
    #[command(flatten)]
    which: Which,
    /// °C; cleared when neither this nor a photo is given
    #[arg(long)]
    temp: Option<f64>,
    /// A photo
    #[arg(long = "photo", value_name = "FILE")]
    photos: Vec<PathBuf>,
    /// The measure that the photos show
    #[arg(long)]
    measure: Option<MeasureId>,
}

pub fn run(device: &Device, command: Command) -> Result<()> {
    let change = |which: &Which, change: PlanChange| one(device, which, false, vec![change]);
    let state = |of: OfMeasure, state| change(&of.which, PlanChange::State { measure: of.measure, state });
    match command {
        Command::List { closed } => super::answer(device, Plans { closed }),
        Command::Show(which) => {
            let (_, plan) = find(device, &which)?;
            super::answer(device, OpenPlan { plan: plan.context("no plan is open at this door")? })
        }
        Command::Suggest { household } => {
            let household = super::household_of(device, &household)?;
            super::answer(device, Suggest { household })
        }
        Command::Accept { household, who } => accept(device, &household, who.as_ref()),
        Command::Add { which, measure, title, why, who, until, priority } => {
            one(device, &which, true, vec![PlanChange::Add { measure, title, why, who, until, priority }])
        }
        Command::Assign { which, measure, who } => change(&which, PlanChange::Assign { measure, who }),
        Command::Until { which, measure, date } => change(&which, PlanChange::Until { measure, until: date }),
        Command::Done(of) => state(of, MeasureState::Done),
        Command::Drop(of) => state(of, MeasureState::Dropped),
        Command::Reopen(of) => state(of, MeasureState::Open),
        Command::Diagnosis { which, text } => one(device, &which, true, vec![PlanChange::Diagnosis { text }]),
        Command::Before(reading) => read(device, reading, PhotoRole::Before),
        Command::After(reading) => read(device, reading, PhotoRole::After),
        Command::FollowUp { which, days, due, made, temp } => {
            let due = due.map(|due| PlanChange::FollowUp { days, due });
            let done = (made || temp.is_some()).then_some(PlanChange::FollowedUp { days, temp_c: temp });
            one(device, &which, false, due.into_iter().chain(done).collect())
        }
        Command::Consent { which, agreed } => change(&which, PlanChange::Consent { agreed }),
        Command::Close { which, reopen } => change(&which, PlanChange::Close { closed: !reopen }),
    }
}

/// The door and the plan that is meant; no plan where none is open at the door.
fn find(device: &Device, which: &Which) -> Result<(HouseholdId, Option<PlanId>)> {
    if let Some(plan) = &which.plan {
        let page = device.answer(OpenPlan { plan: plan.clone() })?;
        return Ok((page.line.door.household, Some(plan.clone())));
    }
    let text = which.household.as_deref().context("--plan or --household")?;
    let household = super::household_of(device, text)?;
    let door = device.door(&household)?;
    let open: Vec<_> = door.plans.iter().filter(|(_, p)| p.state != PlanState::Closed).map(|(id, _)| id).collect();
    match open.as_slice() {
        [] => Ok((household, None)),
        [one] => Ok((household, Some((*one).clone()))),
        more => bail!("{} plans are open at this door: say which by --plan", more.len()),
    }
}

fn one(device: &Device, which: &Which, opens: bool, changes: Vec<PlanChange>) -> Result<()> {
    let (household, plan) = find(device, which)?;
    if plan.is_none() && !opens {
        bail!("no plan is open at this door");
    }
    super::answer(device, ChangePlan { household, plan, changes })
}

fn accept(device: &Device, household: &str, who: Option<&PersonId>) -> Result<()> {
    let household = super::household_of(device, household)?;
    let suggested = device.answer(Suggest { household: household.clone() })?;
    if suggested.is_empty() {
        bail!("nothing is suggested at this door");
    }
    let add = |s: huce_core::ipc::visit::SuggestedMeasure| PlanChange::Add {
        measure: s.measure,
        title: s.title.0,
        why: Some(s.why.0),
        who: who.cloned(),
        until: Some(s.until),
        priority: Some(s.priority),
    };
    let which = Which { plan: None, household: Some(household.to_string()) };
    one(device, &which, true, suggested.into_iter().map(add).collect())
}

fn read(device: &Device, reading: Reading, role: PhotoRole) -> Result<()> {
    let (household, plan) = find(device, &reading.which)?;
    let plan = plan.context("no plan is open at this door")?;
    let mut names = Vec::new();
    for path in &reading.photos {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let call = AddPhoto {
            at: household.clone().into(),
            role,
            draft: None,
            plan: Some((plan.clone(), reading.measure.clone())),
            request: None,
            base64: BASE64.encode(&bytes),
        };
        names.push(device.answer(call)?.photo);
    }
    let mut event = None;
    if reading.temp.is_some() || names.is_empty() {
        let temp_c = reading.temp;
        let change = match role {
            PhotoRole::Before => PlanChange::Before { temp_c },
            _ => PlanChange::After { temp_c },
        };
        event = device.answer(ChangePlan { household, plan: Some(plan.clone()), changes: vec![change] })?.event;
    }
    super::print(&json!({ "plan": plan, "event": event, "photos": names }))
}

//! What people do at the doors, through the same calls as the window.

use huce_core::{
    body::{Assertion, Body, Edit, Noun, Outcome, Photo, PhotoRole, Reading, Visit},
    ids::{EventId, GridId, HouseholdId, MeasureId, PhotoId, PlanId, RequestId},
    ipc::{
        CallError,
        conflict::{Conflicts, Settle},
        facility::EditFacility,
        household::EditHousehold,
        plan::{ChangePlan, PlanChange},
        request::{AnswerRequest, RecordCallBack, ResolveRequest, TakeRequest},
        visit::QuickVisit,
    },
    plan::MeasureState,
    record::Record,
    site::Site,
};
use huce_device::{Answer, Device, DeviceError};
use serde_json::{Value, json};

use crate::dice::Dice;

/// One act, chosen before it is done, so that the dice do not hang on what becomes of it.
#[derive(Debug, Clone)]
pub enum Act {
    /// Nobody opened.
    Knock(HouseholdId),
    /// A visit with a reading.
    Visit(Site, f64),
    /// A photo of so many bytes.
    Photo(Site, Vec<u8>),
    /// A fact of the household or facility: field and value.
    Edit(Site, &'static str, Value),
    /// A new plan.
    OpenPlan(HouseholdId),
    /// A change of the n-th plan at hand.
    ChangePlan(usize, PlanChange),
    /// A new request.
    TakeRequest(Site),
    /// The next step of the n-th request at hand.
    Request(usize, u8),
    /// Settles the n-th conflict at hand.
    Settle(usize, Value),
}

impl Act {
    /// What somebody does now.
    pub fn any(sites: &[Site], dice: &mut Dice) -> Option<Self> {
        // Few doors and few values: people get in each other's way.
        let site = dice.one(sites)?.clone();
        let small = dice.below(4);
        // Nobody opens at a facility, and it has no plan.
        Some(match (dice.below(20), site) {
            (0..3, Site::Household(door)) => Self::Knock(door),
            (0..6, site) => Self::Visit(site, 15.0 + small as f64),
            (6..9, site) => {
                let bytes = if dice.in_of(1, 30) { 300_000 } else { 40 + dice.below(400) };
                Self::Photo(site, dice.bytes(bytes))
            }
            (9..12, site) => {
                let (field, value) = match (dice.below(3), site.facility().is_some()) {
                    (0, _) => ("note", json!(format!("备注{small}"))),
                    (1, false) => ("area_m2", json!(60.5 + small as f64)),
                    (_, false) => ("care", json!(["孤寡"])),
                    (1, true) => ("position", json!([34.75, 113.5 + small as f64])),
                    (_, true) => ("name", json!(format!("{small}号热力站"))),
                };
                Self::Edit(site, field, value)
            }
            (12, Site::Household(door)) => Self::OpenPlan(door),
            (13..16, _) => Self::ChangePlan(dice.below(8), Self::change(dice)?),
            (12 | 16, site) => Self::TakeRequest(site),
            (17..19, _) => Self::Request(dice.below(8), u8::try_from(small).unwrap_or_default()),
            (_, _) => Self::Settle(dice.below(8), json!(format!("定{small}"))),
        })
    }

    fn change(dice: &mut Dice) -> Option<PlanChange> {
        let small = dice.below(4);
        let measure = MeasureId::new(format!("m{}", dice.below(2))).ok()?;
        Some(match dice.below(6) {
            0 => PlanChange::Diagnosis { text: format!("诊断{small}") },
            1 => PlanChange::Consent { agreed: small < 2 },
            2 => {
                PlanChange::Add {
                    measure, title: "洗管".into(), why: None, who: None, until: None, priority: Some(1)
                }
            }
            3 => PlanChange::State {
                measure,
                state: if small == 0 { MeasureState::Done } else { MeasureState::Dropped },
            },
            4 => PlanChange::Before { temp_c: Some(14.0 + small as f64) },
            _ => PlanChange::Close { closed: small < 2 },
        })
    }

    /// Its name, for the history.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Knock(_) => "knocks",
            Self::Visit(..) => "visits",
            Self::Photo(..) => "takes a photo",
            Self::Edit(..) => "edits a household or facility",
            Self::OpenPlan(_) => "opens a plan",
            Self::ChangePlan(..) => "changes a plan",
            Self::TakeRequest(_) => "takes a request",
            Self::Request(..) => "works on a request",
            Self::Settle(..) => "settles",
        }
    }

    /// Does it. An error says that it could not be done here and now; then nothing was saved.
    /// `over` is what a planted bug claims to replace besides.
    pub fn perform(&self, device: &Device, over: &[EventId]) -> Result<(), CallError> {
        match self {
            Self::Knock(door) => {
                device.answer(QuickVisit { household: door.clone(), round: None, refused: false }).map(drop)
            }
            Self::Visit(site, temp_c) => {
                let visit = Visit {
                    outcome: Outcome::Done,
                    round: None,
                    also: Vec::new(),
                    form: None,
                    started_ms: Some(device.now_ms()),
                    answers: json!({"temp": temp_c}),
                    readings: vec![Reading { room: "客厅".into(), temp_c: *temp_c }],
                    satisfaction: Some(4),
                    photos: Vec::new(),
                    corrects: None,
                };
                record(device, site, Body::Visit(visit))
            }
            Self::Photo(site, bytes) => {
                let photo = PhotoId::of_bytes(bytes);
                device.files().put(&photo, bytes, b"thumb").map_err(DeviceError::from)?;
                let (role, bytes) = (PhotoRole::Visit, bytes.len() as u64);
                let (exif_taken, place, attached) = (None, None, None);
                let photo = Photo { photo, bytes, role, plan: None, request: None, exif_taken, place, attached };
                record(device, site, Body::Photo(photo))
            }
            Self::Edit(site, field, value) if !over.is_empty() => {
                let set = [((*field).to_owned(), Assertion { v: value.clone(), over: over.to_vec() })].into();
                record(device, site, Body::Edit(Edit { noun: site.noun(), id: site.to_string(), set }))
            }
            Self::Edit(site, field, value) => {
                let set = vec![((*field).to_owned(), value.clone())];
                match site {
                    Site::Household(door) => device.answer(EditHousehold { household: door.clone(), set }).map(drop),
                    Site::Facility(id) => device.answer(EditFacility { facility: id.clone(), set }).map(drop),
                }
            }
            Self::OpenPlan(door) => {
                let changes = vec![PlanChange::Diagnosis { text: "末端不热".into() }];
                device.answer(ChangePlan { household: door.clone(), plan: None, changes }).map(drop)
            }
            Self::ChangePlan(n, change) => {
                let Some(record) = nth(device, Noun::Plan, *n)? else { return Ok(()) };
                let Some(household) = record.household.clone() else { return Ok(()) };
                let plan = PlanId::new(record.id.clone()).ok();
                device.answer(ChangePlan { household, plan, changes: vec![change.clone()] }).map(drop)
            }
            Self::TakeRequest(site) => {
                let (household, facility) = Site::names(Some(site.clone()));
                let call = json!({"household": household, "facility": facility, "grid": null, "channel": "hotline", "category": "cold",
                    "severity": "small", "text": "不热", "phone": "13800000000", "mode": "own"});
                let call: TakeRequest = serde_json::from_value(call)
                    .map_err(|e| CallError::new(huce_core::ipc::Code::Internal).with("what", e))?;
                device.answer(call).map(drop)
            }
            Self::Request(n, step) => {
                let Some(record) = nth(device, Noun::Request, *n)? else { return Ok(()) };
                let Ok(request) = RequestId::new(record.id.clone()) else { return Ok(()) };
                match step {
                    0 => device.answer(AnswerRequest { request }).map(drop),
                    1 => device.answer(ResolveRequest { request, resolution: "已排气".into() }).map(drop),
                    n => {
                        let satisfied = Some(*n == 2);
                        let call = RecordCallBack { request, reached: true, satisfied, note: "回访".into() };
                        device.answer(call).map(drop)
                    }
                }
            }
            Self::Settle(n, value) => {
                let open = device.answer(Conflicts {})?.conflicts;
                let Some(line) = n.checked_rem(open.len()).and_then(|n| open.get(n)) else { return Ok(()) };
                let (noun, id, field) = (line.conflict.noun, line.conflict.id.clone(), line.conflict.field.clone());
                device.answer(Settle { noun, id, field, value: value.clone() }).map(drop)
            }
        }
    }
}

fn record(device: &Device, site: &Site, body: Body) -> Result<(), CallError> {
    let refused = || CallError::new(huce_core::ipc::Code::NoRight);
    let grid = grid_of(device, site).ok_or_else(refused)?;
    let person = device.profile().ok_or_else(refused)?.person.id;
    Ok(device.record(person, grid, Some(site), body).map(drop)?)
}

/// The grid of a door or facility, when this tablet's person works there.
fn grid_of(device: &Device, site: &Site) -> Option<GridId> {
    let record = device.record_of(site.noun(), site.as_str()).ok()??;
    let profile = device.profile()?;
    profile.grids.iter().any(|g| g.id == record.grid).then_some(record.grid)
}

fn nth(device: &Device, noun: Noun, n: usize) -> Result<Option<Record>, CallError> {
    let mut all = Vec::new();
    device.docs(&format!("r/{}/", noun.as_str()), |_, doc| {
        if let huce_core::projection::Doc::Record(record) = doc {
            all.push(record);
        }
    })?;
    Ok(n.checked_rem(all.len()).and_then(|n| all.get(n)).cloned())
}

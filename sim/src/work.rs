//! What people do at the doors, through the same calls as the window.

use huce_core::{
    body::{Assertion, Body, Edit, Noun, Outcome, Photo, PhotoRole, Reading, Visit},
    ids::{EventId, GridId, HouseholdId, MeasureId, PhotoId, PlanId, RequestId},
    ipc::{
        CallError,
        conflict::{Conflicts, Settle},
        household::EditHousehold,
        plan::{ChangePlan, PlanChange},
        request::{AnswerRequest, RecordCallBack, ResolveRequest, TakeRequest},
        visit::QuickVisit,
    },
    plan::MeasureState,
    record::Record,
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
    Visit(HouseholdId, f64),
    /// A photo of so many bytes.
    Photo(HouseholdId, Vec<u8>),
    /// A fact of the household: field and value.
    Household(HouseholdId, &'static str, Value),
    /// A new plan.
    OpenPlan(HouseholdId),
    /// A change of the n-th plan at hand.
    ChangePlan(usize, PlanChange),
    /// A new request.
    TakeRequest(HouseholdId),
    /// The next step of the n-th request at hand.
    Request(usize, u8),
    /// Settles the n-th conflict at hand.
    Settle(usize, Value),
}

impl Act {
    /// What somebody does now.
    pub fn any(doors: &[HouseholdId], dice: &mut Dice) -> Option<Self> {
        // Few doors and few values: people get in each other's way.
        let door = dice.one(doors)?.clone();
        let small = dice.below(4);
        Some(match dice.below(20) {
            0..3 => Self::Knock(door),
            3..6 => Self::Visit(door, 15.0 + small as f64),
            6..9 => {
                let bytes = if dice.in_of(1, 30) { 300_000 } else { 40 + dice.below(400) };
                Self::Photo(door, dice.bytes(bytes))
            }
            9..12 => {
                let (field, value) = match dice.below(3) {
                    0 => ("note", json!(format!("备注{small}"))),
                    1 => ("area_m2", json!(60.5 + small as f64)),
                    _ => ("care", json!(["孤寡"])),
                };
                Self::Household(door, field, value)
            }
            12 => Self::OpenPlan(door),
            13..16 => Self::ChangePlan(dice.below(8), Self::change(dice)?),
            16 => Self::TakeRequest(door),
            17..19 => Self::Request(dice.below(8), u8::try_from(small).unwrap_or_default()),
            _ => Self::Settle(dice.below(8), json!(format!("定{small}"))),
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
            Self::Household(..) => "edits a household",
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
            Self::Visit(door, temp_c) => {
                let visit = Visit {
                    outcome: Outcome::Done,
                    round: None,
                    form: None,
                    started_ms: Some(device.now_ms()),
                    answers: json!({"temp": temp_c}),
                    readings: vec![Reading { room: "客厅".into(), temp_c: *temp_c }],
                    satisfaction: Some(4),
                    photos: Vec::new(),
                    corrects: None,
                };
                record(device, door, Body::Visit(visit))
            }
            Self::Photo(door, bytes) => {
                let photo = PhotoId::of_bytes(bytes);
                device.files().put(&photo, bytes, b"thumb").map_err(DeviceError::from)?;
                let (role, bytes) = (PhotoRole::Visit, bytes.len() as u64);
                let (exif_taken, place, attached) = (None, None, None);
                let photo = Photo { photo, bytes, role, plan: None, request: None, exif_taken, place, attached };
                record(device, door, Body::Photo(photo))
            }
            Self::Household(door, field, value) if !over.is_empty() => {
                let set = [((*field).to_owned(), Assertion { v: value.clone(), over: over.to_vec() })].into();
                record(device, door, Body::Edit(Edit { noun: Noun::Household, id: door.to_string(), set }))
            }
            Self::Household(door, field, value) => {
                let set = vec![((*field).to_owned(), value.clone())];
                device.answer(EditHousehold { household: door.clone(), set }).map(drop)
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
            Self::TakeRequest(door) => {
                let call = json!({"household": door, "grid": null, "channel": "hotline", "category": "cold",
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

fn record(device: &Device, door: &HouseholdId, body: Body) -> Result<(), CallError> {
    let refused = || CallError::new(huce_core::ipc::Code::NoRight);
    let grid = grid_of(device, door).ok_or_else(refused)?;
    let person = device.profile().ok_or_else(refused)?.person.id;
    Ok(device.record(person, grid, Some(door.clone()), body).map(drop)?)
}

/// The grid of a door, when this tablet's person works there.
fn grid_of(device: &Device, door: &HouseholdId) -> Option<GridId> {
    let record = device.record_of(Noun::Household, door.as_str()).ok()??;
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

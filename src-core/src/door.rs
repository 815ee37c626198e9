//! A door: everything that lists, facades and the timeline show of one household or facility, kept up to date by the
//! projection. All parts are maps by identity, so that the same set of events gives the same door, byte for byte.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    body::{Attached, CallBack, Outcome, Photo, PhotoRole, Reading},
    clock::Millis,
    ids::{EventId, FormId, MeasureId, PersonId, PhotoId, PlanId, RequestId, RoundId},
    plan::{Plan, PlanState},
    request::{Request, RequestState},
};

/// What a list needs of a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitBrief {
    /// When, by the server's clock.
    pub when_ms: Millis,
    /// Who.
    pub person: PersonId,
    /// How it ended.
    pub outcome: Outcome,
    /// For which round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// And for which others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<RoundId>,
    /// By which form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
    /// Room temperatures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<u8>,
    /// Which visit it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventId>,
}

impl VisitBrief {
    /// The rounds that it counts for.
    pub fn rounds(&self) -> impl Iterator<Item = &RoundId> {
        self.round.iter().chain(&self.also)
    }

    /// Does it count for this one?
    pub fn is_of(&self, round: &RoundId) -> bool {
        self.rounds().any(|of| of == round)
    }

    /// The lowest room temperature, °C.
    pub fn lowest_c(&self) -> Option<f64> {
        self.readings.iter().map(|r| r.temp_c).min_by(f64::total_cmp)
    }
}

/// What a list needs of a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoBrief {
    /// When, by the server's clock.
    pub when_ms: Millis,
    /// Who.
    pub person: PersonId,
    /// What it shows.
    pub role: PhotoRole,
    /// How many bytes.
    pub bytes: u64,
    /// Of which plan and measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<(PlanId, Option<MeasureId>)>,
    /// Of which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Where it was taken: latitude and longitude, WGS-84 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(f64, f64)>,
    /// What it is when it is no picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached: Option<Attached>,
}

/// What a list needs of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanBrief {
    /// How far it is.
    pub state: PlanState,
    /// Measures done, and all.
    pub progress: (usize, usize),
    /// The next date, YYYY-MM-DD.
    pub due: Option<String>,
}

impl From<&Plan> for PlanBrief {
    fn from(plan: &Plan) -> Self {
        Self { state: plan.state, progress: plan.progress(), due: plan.due().map(str::to_owned) }
    }
}

/// A call-back, with who and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallBackBrief {
    /// When, by the server's clock.
    pub when_ms: Millis,
    /// Who called.
    pub person: PersonId,
    /// What was said.
    pub said: CallBack,
}

/// The visits, photos, plans and requests of a household or facility.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Door {
    /// Visits by their event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub visits: BTreeMap<EventId, VisitBrief>,
    /// Photos by their hash; of two events that name the same photo the first (by identity) counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub photos: BTreeMap<PhotoId, (EventId, PhotoBrief)>,
    /// Plans.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<PlanId, PlanBrief>,
    /// Requests.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<RequestId, Request>,
    /// Call-backs by their event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub call_backs: BTreeMap<EventId, CallBackBrief>,
    /// Events about this door whose bodies belong to a newer version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newer: Vec<EventId>,
}

impl Door {
    /// Visits that no later one corrects, the newest last.
    pub fn valid_visits(&self) -> Vec<(&EventId, &VisitBrief)> {
        let corrected: Vec<_> = self.visits.values().filter_map(|v| v.corrects.as_ref()).collect();
        let mut valid: Vec<_> = self.visits.iter().filter(|(id, _)| !corrected.contains(id)).collect();
        crate::order::sort_by_key(&mut valid, |(id, v)| (v.when_ms, *id));
        valid
    }

    /// The newest visit.
    pub fn last_visit(&self) -> Option<&VisitBrief> {
        self.valid_visits().pop().map(|(_, v)| v)
    }

    /// When somebody was there last who filled a form in.
    pub fn done_ms(&self) -> Option<Millis> {
        self.valid_visits().iter().filter(|(_, v)| v.outcome == Outcome::Done).map(|(_, v)| v.when_ms).max()
    }

    /// The lowest room temperature at the newest visit that measured, and when.
    pub fn last_temp(&self) -> Option<(Millis, f64)> {
        self.valid_visits().iter().rev().find_map(|(_, v)| Some((v.when_ms, v.lowest_c()?)))
    }

    /// The newest visit of a round.
    pub fn visit_in(&self, round: &RoundId) -> Option<&VisitBrief> {
        self.valid_visits().into_iter().rev().map(|(_, v)| v).find(|v| v.is_of(round))
    }

    /// The plan to show: the one that is furthest from closed, else the newest.
    pub fn plan(&self) -> Option<(&PlanId, &PlanBrief)> {
        self.plans.iter().min_by_key(|(_, p)| p.state)
    }

    /// Did the newest call-back that reached somebody find them satisfied?
    pub fn satisfied(&self, request: &RequestId) -> Option<bool> {
        self.said(request).map(|(_, satisfied)| satisfied)
    }

    /// What the resident said last of the newest resolution, and when. Of a request at a facility it is in the request itself.
    pub fn said(&self, request: &RequestId) -> Option<(Millis, bool)> {
        let of = self.requests.get(request);
        let calls = self.call_backs.iter().filter(|(_, c)| c.said.request == *request);
        // A call before the newest resolution says nothing about it. Which resolution it is about is written down, so that a
        // tablet whose clock is wrong loses no call-back; older versions did not write it, there the time tells.
        let resolved_ms = of.and_then(|r| r.resolved_ms).unwrap_or(Millis::MIN);
        let resolved_by = of.and_then(|r| r.resolved_by.as_ref());
        let is_about = |call: &CallBackBrief| match (&call.said.of, resolved_by) {
            (Some(said), Some(resolved)) => said == resolved,
            _ => call.when_ms >= resolved_ms,
        };
        let newest = calls
            .filter(|(_, c)| is_about(c))
            .filter_map(|(id, c)| Some(((c.when_ms, id), c.said.satisfied?)))
            .max_by_key(|(order, _)| *order);
        let at_door = newest.map(|((when_ms, _), satisfied)| (when_ms, satisfied));
        at_door.or_else(|| of.and_then(|r| r.satisfied_ms.zip(r.satisfied)))
    }

    /// Requests that have not come to their end.
    pub fn open_requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values().filter(|r| r.state(self.satisfied(&r.id)) != RequestState::Closed)
    }
}

/// A photo's brief.
pub(crate) fn photo_brief(when_ms: Millis, person: &PersonId, photo: &Photo) -> PhotoBrief {
    PhotoBrief {
        place: photo.place,
        when_ms,
        person: person.clone(),
        role: photo.role,
        bytes: photo.bytes,
        plan: photo.plan.clone(),
        request: photo.request.clone(),
        attached: photo.attached.clone(),
    }
}

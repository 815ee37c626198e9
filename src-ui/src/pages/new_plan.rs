//! A new plan for a door: what its newest visit suggests; without suggestions an empty plan, to be filled by hand.

use huce_core::{
    ids::HouseholdId,
    ipc::{
        CallError, Code,
        household::OpenHousehold,
        plan::{ChangePlan, PlanChange},
        visit::{Suggest, SuggestedMeasure},
    },
};
use leptos::task::spawn_local;

use super::suggest::Suggestions;
use crate::{
    address::use_params,
    backend::call,
    parts::{Failed, Waiting},
    prelude::*,
    router::use_go,
};

/// Measures to choose from, and the temperature that the plan starts from, °C.
type Found = (HouseholdId, Vec<SuggestedMeasure>, Option<f64>);

/// Draws up a plan.
#[component]
pub fn NewPlan() -> impl IntoView {
    let params = use_params();
    let go = use_go();
    let found = RwSignal::new_local(None::<Result<Found, CallError>>);
    let find = move || {
        let household = params.get("household").and_then(|h| HouseholdId::new(h).ok());
        let go = go.clone();
        found.set(None);
        spawn_local(async move {
            let _ = match suggested_or_opened(household).await {
                Ok(Outcome::Choose(all)) => found.try_set(Some(Ok(all))),
                Ok(Outcome::Opened(path)) => {
                    go(&path);
                    None
                }
                Err(error) => found.try_set(Some(Err(error))),
            };
        });
    };
    find();
    let retry = Callback::new(move |()| find());
    move || {
        found.with(|found| match found {
            None => view! { <main class="alone"><Waiting/></main> }.into_any(),
            Some(Err(error)) => {
                view! { <main class="alone"><Failed error=error.clone() on_retry=retry/></main> }.into_any()
            }
            Some(Ok((household, measures, lowest))) => {
                view! { <Suggestions site=household.clone().into() measures=measures.clone() lowest=*lowest/> }
                    .into_any()
            }
        })
    }
}

enum Outcome {
    Choose(Found),
    Opened(String),
}

async fn suggested_or_opened(household: Option<HouseholdId>) -> Result<Outcome, CallError> {
    let household = household.ok_or_else(|| CallError::new(Code::NotFound).with("what", "household"))?;
    let page = call(OpenHousehold { household: household.clone() }).await?;
    let lowest = page.door.last_temp().map(|(_, c)| c);
    let measures = call(Suggest { household: household.clone() }).await?;
    if !measures.is_empty() {
        return Ok(Outcome::Choose((household, measures, lowest)));
    }
    let changes = vec![PlanChange::Before { temp_c: lowest }, PlanChange::Diagnosis { text: String::new() }];
    let made = call(ChangePlan { household, plan: None, changes }).await?;
    Ok(Outcome::Opened(format!("/plan/{}", made.plan)))
}

//! `soak`: visits one after another as fast as they become durable, for crash and load tests. On a tablet that was
//! never enrolled it makes households of its own in the grid `SOAK`; on an enrolled one it visits those that are there.

use std::io::Write;

use anyhow::{Context, Result, bail};
use huce_core::{
    body::{Body, Noun},
    household::{Household, field},
    ids::{EventId, GridId, HouseholdId, PersonId},
    record::first_edit,
    sample,
};
use huce_device::Device;
use serde_json::json;

/// How many households it makes.
const HOUSEHOLDS: u64 = 120;
const ESTATE: &str = "SOAK";

pub fn run(device: &Device, visits: u64) -> Result<()> {
    let person = device.profile().map(|p| p.person.id);
    let enrolled: Vec<Household> = match &person {
        Some(_) => device.index().all().filter(|h| h.estate != ESTATE).collect(),
        None => Vec::new(),
    };
    // Households of its own would be in a grid that its server does not know.
    if person.is_some() && enrolled.is_empty() {
        bail!("no household is found on this tablet: sync first");
    }
    let person = person.map_or_else(|| PersonId::new("soak"), Ok)?;
    let begun = visits_so_far(device, &enrolled)?;
    for n in begun..begun.saturating_add(visits) {
        let (household, grid) = match usize::try_from(n).ok().and_then(|n| enrolled.get(n % enrolled.len().max(1))) {
            Some(household) => (household.id.clone(), household.grid.clone()),
            None => own_household(device, &person, n % HOUSEHOLDS)?,
        };
        let id = device.record(person.clone(), grid, Some(household), Body::Visit(sample::visit(n)))?;
        tell(&id)?;
    }
    Ok(())
}

/// The id, after its event is durable: one write, flushed, so that a kill leaves whole lines.
fn tell(id: &EventId) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{id}\n").as_bytes())?;
    out.flush().context("stdout")
}

/// How many visits an earlier soak recorded here.
fn visits_so_far(device: &Device, enrolled: &[Household]) -> Result<u64> {
    let mut count = 0;
    let ids: Vec<HouseholdId> = if enrolled.is_empty() {
        (0..HOUSEHOLDS).map(|n| address(n).0).collect()
    } else {
        enrolled.iter().map(|h| h.id.clone()).collect()
    };
    for id in ids {
        count += device.door(&id)?.visits.keys().filter(|e| e.device == *device.id()).count() as u64;
    }
    Ok(count)
}

fn address(n: u64) -> (HouseholdId, [String; 3], u64) {
    let (building, entrance) = (n / 40 + 1, n / 20 % 2 + 1);
    let floor = n % 20 / 2 + 1;
    let parts = [building.to_string(), entrance.to_string(), format!("{floor}{:02}", n % 2 + 1)];
    let [b, e, r] = &parts;
    (HouseholdId::of_address(ESTATE, b, e, r), parts, floor)
}

fn own_household(device: &Device, person: &PersonId, n: u64) -> Result<(HouseholdId, GridId)> {
    let grid = GridId::new("SOAK")?;
    let (id, [building, entrance, room], floor) = address(n);
    if device.index().get(&id).is_none() {
        let set = [
            (field::ESTATE, json!(ESTATE)),
            (field::BUILDING, json!(building)),
            (field::ENTRANCE, json!(entrance)),
            (field::ROOM, json!(room)),
            (field::FLOOR, json!(floor)),
        ];
        let edit = first_edit(Noun::Household, id.as_str(), set.map(|(name, v)| (name.to_owned(), v)));
        let event = device.record(person.clone(), grid.clone(), Some(id.clone()), Body::Edit(edit))?;
        tell(&event)?;
    }
    Ok((id, grid))
}

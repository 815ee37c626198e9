//! Rounds in the console: how many doors a query finds, drawing up, who takes what, how far it is; special-care visits.
//!
//! Which doors a round has is decided by `huce_core::round` alone, from the summary rows of households and, where the
//! query asks about the past, from what is known of those doors. Nothing of it is kept: a round has the doors that fit now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use huce_core::{
    act,
    body::{Body, Edit, Noun},
    clock::Millis,
    door::Door,
    grid::{Grid, Level},
    household::Household,
    ids::{GridId, HouseholdId, RoundId},
    ipc::{
        CallError, Code,
        household::{Facade, FacadeDoor},
        round::{
            AssignRound, CareReply, CareVisits, ChangeRound, CountRound, DrawRound, OpenRound, RoundPage, RoundSize,
            Rounds, RoundsReply,
        },
    },
    person::LEADERS,
    projection::{Doc, Key},
    record::{Record, first_edit},
    round::{
        Entrance, Query, Round, TopFloors,
        coverage::{Coverage, Told},
    },
    site::Site,
    view,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    doors,
    figures::{small, within},
    rounds::{self, Running},
};
use crate::{
    intake::{Entry, record_own},
    store::{Conn, Result, SqlRow, StoreError, docs, forms, from_word, grids, grids::Tree, plain},
};

/// Doors of which the past is read at once.
const AT_ONCE: usize = 400;

/// The households of these grids in walking order, with what a query asks of them; of one building, where it is named.
async fn households(
    conn: &mut Conn,
    grids: &BTreeSet<GridId>,
    building: Option<(&str, &str)>,
) -> Result<Vec<Household>> {
    let select = "SELECT id, grid, estate, building, entrance, floor, room, mode, care FROM household WHERE grid IN ";
    let mut query = within(grids, select);
    if let Some((estate, building)) = building {
        query.push(" AND estate = ").bind(plain(estate).as_ref());
        query.push(" AND building = ").bind(plain(building).as_ref());
    }
    query.push(" ORDER BY sort");
    query.all(conn).await?.iter().map(household).collect()
}

fn household(row: &SqlRow) -> Result<Household> {
    let damaged = || StoreError::damaged("a household");
    Ok(Household {
        id: HouseholdId::new(row.try_get::<String, _>(0)?).map_err(|_| damaged())?,
        grid: GridId::new(row.try_get::<String, _>(1)?).map_err(|_| damaged())?,
        estate: row.try_get(2)?,
        building: row.try_get(3)?,
        entrance: row.try_get(4)?,
        floor: i32::try_from(row.try_get::<i64, _>(5)?).ok(),
        room: row.try_get(6)?,
        mode: row.try_get::<Option<&str>, _>(7)?.map(from_word).transpose()?,
        care: serde_json::from_str(row.try_get(8)?).map_err(|_| damaged())?,
        account: None,
        area_m2: None,
        name: None,
        phone: None,
        note: None,
    })
}

/// What is known of these doors.
async fn known(conn: &mut Conn, households: &[&Household]) -> Result<HashMap<HouseholdId, Door>> {
    let keys = households.iter().map(|household| Key::Door(Site::from(&household.id)));
    let docs = docs::load(conn, keys.collect::<Vec<_>>()).await?;
    let doors = docs.into_iter().filter_map(|(key, doc)| match (key, doc) {
        (Key::Door(Site::Household(id)), Doc::Door(door)) => Some((id, door)),
        _ => None,
    });
    Ok(doors.collect())
}

/// The doors that a round visits, among these: all of its grid that the asker sees (or all of a building in it).
async fn doors_of<'a>(
    conn: &mut Conn,
    tree: &Tree,
    round: &Round,
    households: &'a [Household],
) -> Result<Vec<&'a Household>> {
    let top: BTreeSet<GridId> = [round.grid.clone()].into();
    let mut below: HashMap<&GridId, bool> = HashMap::new();
    let mut here = Vec::new();
    for household in households {
        if *below.entry(&household.grid).or_insert_with(|| tree.is_within(&household.grid, &top)) {
            here.push(household);
        }
    }
    drawn(conn, &round.query, round.drawn_ms, here).await
}

/// Those of these doors that a query finds, as of an instant.
async fn drawn<'a>(
    conn: &mut Conn,
    query: &Query,
    drawn_ms: Millis,
    mut here: Vec<&'a Household>,
) -> Result<Vec<&'a Household>> {
    let tops = TopFloors::of(here.iter().copied());
    here.retain(|household| query.fits(household, &tops));
    if !query.asks_past() {
        return Ok(here);
    }
    let nothing = Door::default();
    let mut fitting = Vec::new();
    for part in here.chunks(AT_ONCE) {
        let known = known(conn, part).await?;
        let fits = |household: &&&Household| query.fits_past(known.get(&household.id).unwrap_or(&nothing), drawn_ms);
        fitting.extend(part.iter().filter(fits).copied());
    }
    Ok(fitting)
}

/// How the newest valid visit of a round ended, by door.
async fn told(conn: &mut Conn, round: &RoundId) -> Result<HashMap<HouseholdId, Told>> {
    let rows = sqlx::query("SELECT household, outcome, when_ms FROM round_visit WHERE round = $1")
        .bind(round.as_str())
        .fetch_all(conn)
        .await?;
    let read = |row: SqlRow| -> Result<(HouseholdId, Told)> {
        let id = HouseholdId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a household"))?;
        Ok((id, (from_word(row.try_get::<&str, _>(1)?)?, row.try_get(2)?)))
    };
    rows.into_iter().map(read).collect()
}

/// The rounds of a drive in the grids that the person sees.
async fn rounds_of(conn: &mut Conn, asked: &Asked, drive: &RoundId) -> Answer<Vec<Round>> {
    let mut all = rounds::all(conn).await?;
    all.retain(|round| round.group() == drive);
    let found = !all.is_empty();
    all.retain(|round| asked.viewer.grids.contains(&round.grid));
    all.sort_by(|a, b| (&a.grid, &a.id).cmp(&(&b.grid, &b.id)));
    match (all.is_empty(), found) {
        (false, _) => Ok(all),
        (true, true) => Err(CallError::new(Code::NoRight)),
        (true, false) => Err(CallError::new(Code::NotFound).with("what", drive)),
    }
}

/// Answers [`Rounds`].
pub async fn rounds(asked: &Asked, _: Rounds) -> Answer<RoundsReply> {
    let mut conn = asked.conn().await?;
    let viewer = &asked.viewer;
    let mut all = rounds::all(&mut conn).await?;
    all.retain(|round| viewer.grids.contains(&round.grid));
    let tops = all.iter().map(|round| round.grid.clone()).collect();
    let households = households(&mut conn, &viewer.tree.below(&tops), None).await?;
    let mut covered = Vec::with_capacity(all.len());
    for round in all {
        let doors = doors_of(&mut conn, &viewer.tree, &round, &households).await?;
        let told = told(&mut conn, &round.id).await?;
        let doors = doors.into_iter().map(|household| (household, told.get(&household.id).copied()));
        let coverage = Coverage::of_one(&round, doors, asked.now_ms);
        covered.push((round, coverage));
    }
    let led = viewer.tree.below(&viewer.tops(&LEADERS));
    let led_open = grids::list(&mut conn, &led).await?.into_iter().filter(Grid::is_open);
    let may_draw = led_open.map(|grid| (grid.id, grid.name)).collect();
    let forms = if led.is_empty() { Vec::new() } else { forms::current(&mut conn).await? };
    let forms = forms.into_iter().map(|form| (form.form, form.title)).collect();
    Ok(RoundsReply { drives: view::drives(&covered, asked.now_ms), may_draw, forms })
}

/// What a query finds below a grid, by the grids whose rounds it would become.
struct Found {
    households: Vec<Household>,
    /// The grid of the round, its name, the places of its doors in `households`.
    rounds: BTreeMap<GridId, (String, Vec<usize>)>,
}

async fn find(conn: &mut Conn, asked: &Asked, grid: &GridId, query: &Query) -> Answer<Found> {
    asked.viewer.must(&LEADERS, grid)?;
    act::check_query(query)?;
    let tree = &asked.viewer.tree;
    let below = tree.below(&[grid.clone()].into());
    let all = grids::list(conn, &below).await?;
    let inspectors: BTreeSet<&GridId> =
        all.iter().filter(|grid| grid.level == Level::Inspector && grid.is_open()).map(|grid| &grid.id).collect();
    let above: BTreeSet<&GridId> =
        inspectors.iter().copied().flat_map(|id| tree.path(id).into_iter().skip(1)).collect();
    // An inspector's tablet holds the inspector's grid and what is below it. A door that lies in no inspector's grid,
    // but above some, is nobody's to visit until it is placed.
    let home = |of: &GridId| {
        let path = tree.path(of);
        let inspector = path.iter().find(|at| inspectors.contains(**at)).map(|at| (*at).clone());
        inspector.or_else(|| (!above.contains(of)).then(|| of.clone()))
    };
    let households = households(conn, &below, None).await?;
    let fitting = drawn(conn, query, asked.now_ms, households.iter().collect()).await?;
    let fitting: BTreeSet<&HouseholdId> = fitting.into_iter().map(|household| &household.id).collect();
    let mut rounds: BTreeMap<GridId, (String, Vec<usize>)> = BTreeMap::new();
    for (at, household) in households.iter().enumerate().filter(|(_, household)| fitting.contains(&household.id)) {
        let Some(home) = home(&household.grid) else { continue };
        let name = || all.iter().find(|grid| grid.id == home).map(|grid| grid.name.clone()).unwrap_or_default();
        rounds.entry(home.clone()).or_insert_with(|| (name(), Vec::new())).1.push(at);
    }
    Ok(Found { households, rounds })
}

/// Answers [`CountRound`].
pub async fn count_round(asked: &Asked, call: CountRound) -> Answer<RoundSize> {
    let mut conn = asked.conn().await?;
    let Found { households, rounds } = find(&mut conn, asked, &call.grid, &call.query).await?;
    let count = |n: usize| small(n as u64);
    let drawn: BTreeSet<usize> = rounds.values().flat_map(|(_, places)| places.iter().copied()).collect();
    let drawn: Vec<&Household> = drawn.into_iter().filter_map(|at| households.get(at)).collect();
    let stairwells: BTreeSet<Entrance> = drawn.iter().map(|household| Entrance::of(household)).collect();
    let mut estates: Vec<(String, u32)> = Vec::new();
    for household in &drawn {
        match estates.last_mut() {
            Some((estate, doors)) if *estate == household.estate => *doors += 1,
            _ => estates.push((household.estate.clone(), 1)),
        }
    }
    let mut tags: BTreeMap<&String, u32> = BTreeMap::new();
    let mut places: Vec<(String, Vec<String>)> = Vec::new();
    for household in &households {
        household.care.iter().for_each(|tag| *tags.entry(tag).or_default() += 1);
        if places.last().is_none_or(|(estate, _)| *estate != household.estate) {
            places.push((household.estate.clone(), Vec::new()));
        }
        if let Some((_, buildings)) = places.last_mut()
            && buildings.last() != Some(&household.building)
        {
            buildings.push(household.building.clone());
        }
    }
    Ok(RoundSize {
        doors: count(drawn.len()),
        of: count(households.len()),
        stairwells: count(stairwells.len()),
        grids: rounds.into_iter().map(|(grid, (name, places))| (grid, name, count(places.len()))).collect(),
        estates,
        tags: tags.into_iter().map(|(tag, doors)| (tag.clone(), doors)).collect(),
        places,
    })
}

/// Answers [`DrawRound`]: a round for each inspector's grid that has doors of it.
pub async fn draw_round(asked: &Asked, call: DrawRound) -> Answer<RoundId> {
    let bad = |field: &str, why: &str| CallError::new(Code::BadInput).with("field", field).with("why", why);
    let person = asked.viewer.person.id.clone();
    let drive = RoundId::of_drive(&person, &call.name, &call.grid, asked.now_ms);
    let set = act::draw_round(&call, &drive, asked.now_ms)?;
    let mut conn = asked.conn().await?;
    let found = find(&mut conn, asked, &call.grid, &call.query).await?;
    if !forms::current(&mut conn).await?.iter().any(|form| form.form == call.form) {
        return Err(CallError::new(Code::NotFound).with("what", &call.form));
    }
    drop(conn);
    if found.rounds.is_empty() {
        return Err(bad("query", "empty"));
    }
    let entries = found.rounds.into_keys().map(|grid| {
        let edit = first_edit(Noun::Round, RoundId::of_grid(&drive, &grid).as_str(), set.clone());
        Entry::of_grid(person.clone(), grid, Body::Edit(edit))
    });
    record(asked, entries.collect()).await?;
    tracing::info!(round.id = %drive, person.id = %person, "a round was drawn up");
    Ok(drive)
}

async fn record(asked: &Asked, entries: Vec<Entry>) -> Answer<u32> {
    let recorded = record_own(&asked.app, entries).await?;
    if recorded.iter().any(|one| one.id().is_none()) {
        return Err(CallError::new(Code::NoRight));
    }
    Ok(small(recorded.len() as u64))
}

/// Changes the rounds of a drive; gives how many of them changed.
async fn change(
    asked: &Asked,
    rounds: &[Round],
    edit: impl Fn(&Round, &Record) -> Answer<Option<Edit>>,
) -> Answer<u32> {
    rounds.iter().try_for_each(|round| asked.viewer.must(&LEADERS, &round.grid))?;
    let mut entries = Vec::new();
    for round in rounds {
        let record = asked.record(Noun::Round, round.id.as_str()).await?;
        if let Some(edit) = edit(round, &record)? {
            let person = asked.viewer.person.id.clone();
            entries.push(Entry::of_grid(person, record.grid.clone(), Body::Edit(edit)));
        }
    }
    record(asked, entries).await
}

/// Answers [`ChangeRound`].
pub async fn change_round(asked: &Asked, call: ChangeRound) -> Answer<u32> {
    let rounds = rounds_of(&mut *asked.conn().await?, asked, &call.drive).await?;
    change(asked, &rounds, |_, record| act::change_round(record, &call.set)).await
}

/// Answers [`AssignRound`]: a round says of its own stairwells who takes them.
pub async fn assign_round(asked: &Asked, call: AssignRound) -> Answer<u32> {
    let mut conn = asked.conn().await?;
    let rounds = rounds_of(&mut conn, asked, &call.drive).await?;
    let tops = rounds.iter().map(|round| round.grid.clone()).collect();
    let households = households(&mut conn, &asked.viewer.tree.below(&tops), None).await?;
    let mut own: BTreeMap<RoundId, BTreeSet<Entrance>> = BTreeMap::new();
    for round in &rounds {
        let doors = doors_of(&mut conn, &asked.viewer.tree, round, &households).await?;
        own.insert(round.id.clone(), doors.into_iter().map(Entrance::of).collect());
    }
    drop(conn);
    let edit = |round: &Round, record: &Record| {
        let is_own = |stairwell: &&Entrance| own.get(&round.id).is_some_and(|own| own.contains(*stairwell));
        let here: Vec<Entrance> = call.stairwells.iter().filter(is_own).cloned().collect();
        act::assign_round(record, &here, call.person.as_ref())
    };
    change(asked, &rounds, edit).await
}

/// Answers [`OpenRound`].
pub async fn open_round(asked: &Asked, call: OpenRound) -> Answer<RoundPage> {
    let mut conn = asked.conn().await?;
    let viewer = &asked.viewer;
    let rounds = rounds_of(&mut conn, asked, &call.drive).await?;
    let tops = rounds.iter().map(|round| round.grid.clone()).collect();
    let households = households(&mut conn, &viewer.tree.below(&tops), None).await?;
    let mut doors = Vec::new();
    for round in &rounds {
        let here = doors_of(&mut conn, &viewer.tree, round, &households).await?;
        let told = told(&mut conn, &round.id).await?;
        doors.extend(here.into_iter().map(|household| (round, household, told.get(&household.id).copied())));
    }
    let each: Vec<&Round> = rounds.iter().collect();
    let coverage = Coverage::of(&each, doors, asked.now_ms);
    let grids = grids::list(&mut conn, &viewer.grids).await?;
    Ok(RoundPage {
        grids: view::round_map(grids, &coverage.grids),
        may_change: rounds.iter().all(|round| viewer.may(&LEADERS, &round.grid)),
        coverage,
        rounds,
    })
}

/// The doors of a building by the visits of a drive; those that are none of it stand apart.
pub async fn facade(conn: &mut Conn, asked: &Asked, drive: &RoundId, call: &Facade) -> Answer<Vec<FacadeDoor>> {
    let viewer = &asked.viewer;
    let rounds = rounds_of(conn, asked, drive).await?;
    let households = households(conn, &viewer.grids, Some((&call.estate, &call.building))).await?;
    let (mut of, mut shown) = (BTreeSet::new(), BTreeMap::new());
    for round in &rounds {
        for household in doors_of(conn, &viewer.tree, round, &households).await? {
            of.insert(household.id.clone());
            shown.insert(household.grid.clone(), round.clone());
        }
    }
    let mut doors = doors::facade(conn, &viewer.grids, &Running::only(shown), &call.estate, &call.building).await?;
    for door in doors.iter_mut().filter(|door| !of.contains(&door.household)) {
        (door.visit, door.visited_ms, door.apart) = (None, None, true);
    }
    Ok(doors)
}

/// The running round that a visit at this door counts for.
pub async fn round_at(conn: &mut Conn, asked: &Asked, household: &Household, door: &Door) -> Answer<Option<Round>> {
    let path = asked.viewer.tree.path(&household.grid);
    let building = Some((household.estate.as_str(), household.building.as_str()));
    let beside = households(conn, &[household.grid.clone()].into(), building).await?;
    let tops = TopFloors::of(&beside);
    let all = rounds::all(conn).await?;
    let here = all.iter().filter(|round| view::runs(round, asked.now_ms)).filter_map(|round| {
        let depth = path.iter().position(|grid| **grid == round.grid)?;
        let fits = round.query.fits(household, &tops) && round.query.fits_past(door, round.drawn_ms);
        fits.then_some((depth, round))
    });
    Ok(view::round_at(here, door).cloned())
}

/// Answers [`CareVisits`].
pub async fn care_visits(asked: &Asked, _: CareVisits) -> Answer<CareReply> {
    let mut conn = asked.conn().await?;
    let select = "SELECT id, grid, estate, building, entrance, floor, room, mode, care FROM household
         WHERE care <> '[]' AND grid IN ";
    let mut query = within(&asked.viewer.grids, select);
    query.push(" ORDER BY sort");
    let households = query.all(&mut conn).await?.iter().map(household).collect::<Result<Vec<_>>>()?;
    let all: Vec<&Household> = households.iter().collect();
    let nothing = Door::default();
    let mut lines = Vec::new();
    for part in all.chunks(AT_ONCE) {
        let known = known(&mut conn, part).await?;
        let line = |household: &&Household| {
            view::care_line(household, known.get(&household.id).unwrap_or(&nothing), asked.now_ms)
        };
        lines.extend(part.iter().filter_map(line));
    }
    Ok(view::care_visits(lines))
}

//! The tree of grids: looked at, edited, split, merged; who works in it. What moves is written as edits of the households
//! (docs/adr/0007), 500 a transaction; an act that was cut off is done again and moves what is not there yet.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    assign::{By, Move, Standing, moves, seen_at},
    body::{Body, Noun},
    facility::Facility,
    grid::{Covers, Grid, Misplaced, covers_without, field, may_stand},
    ids::{EventId, GridId, HouseholdId},
    ipc::{
        CallError, Code,
        grid::{
            CutGrid, GridLine, Grids, GridsReply, Halves, MAX_FLAWS, MergeGrids, Moved, Part, SaveGrid, SaveSeat,
            SortDoors, SplitGrid, why_not,
        },
    },
    projection::{Doc, Key, record_of},
    record::{HOME, first_edit},
    register::{
        address::{normal_building, normal_entrance, normal_estate},
        grid::GridRegister,
        text::natural_key,
    },
    shape::{self, ShapeFault},
    site::Site,
};
use serde_json::{Value, json};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    viewer::IMPORTERS,
};
use crate::{
    intake::{Entry, Recorded, record_own},
    store::{Conn, Question, Result, StoreError, docs, grids},
};

/// Who edits, splits and merges.
pub const MOVERS: [huce_core::person::Role; 2] = IMPORTERS;
/// Documents of one question.
const AT_ONCE: usize = 400;

/// All grids, by code.
async fn all(asked: &Asked, conn: &mut Conn) -> Answer<BTreeMap<GridId, Grid>> {
    let ids = asked.viewer.tree.all();
    Ok(grids::list(conn, &ids).await?.into_iter().map(|grid| (grid.id.clone(), grid)).collect())
}

/// Answers [`Grids`].
pub async fn grids(asked: &Asked, _: Grids) -> Answer<GridsReply> {
    let mut conn = asked.conn().await?;
    let all = all(asked, &mut conn).await?;
    let households = counts(&mut conn, "SELECT grid, COUNT(*) FROM household GROUP BY grid").await?;
    let facilities = counts(&mut conn, "SELECT grid, COUNT(*) FROM facility GROUP BY grid").await?;
    let viewer = &asked.viewer;
    let tops: BTreeSet<GridId> = viewer.person.roles.iter().map(|role| role.grid.clone()).collect();
    let shown: BTreeSet<GridId> = viewer.grids.iter().cloned().chain(viewer.tree.above(&tops)).collect();
    let mut below: BTreeMap<Option<&GridId>, Vec<&Grid>> = BTreeMap::new();
    for grid in all.values().filter(|grid| shown.contains(&grid.id)) {
        let parent = grid.parent.as_ref().filter(|parent| shown.contains(*parent));
        below.entry(parent).or_default().push(grid);
    }
    for children in below.values_mut() {
        children.sort_by_key(|grid| (!grid.is_open(), natural_key(grid.id.as_str())));
    }
    let mut within: BTreeMap<&GridId, u32> = BTreeMap::new();
    for id in viewer.grids.iter() {
        let here = households.get(id.as_str()).copied().unwrap_or_default();
        for above in viewer.tree.path(id) {
            *within.entry(above).or_default() += here;
        }
    }
    let mut lines = Vec::new();
    // A stack of what is still to be shown; a circle, which nobody may make, is not reached from the top.
    let mut next: Vec<(u32, &Grid)> = below.get(&None).into_iter().flatten().rev().map(|grid| (0, *grid)).collect();
    while let Some((depth, grid)) = next.pop() {
        let own = |counts: &BTreeMap<String, u32>| counts.get(grid.id.as_str()).copied().unwrap_or_default();
        let is_seen = viewer.grids.contains(&grid.id);
        // Of a grid above theirs people see what it is called.
        let bare = || Grid::new(grid.id.clone(), grid.name.clone(), grid.level, grid.parent.clone());
        lines.push(GridLine {
            depth,
            households: (if is_seen { own(&households) } else { 0 }, within.get(&grid.id).copied().unwrap_or_default()),
            facilities: if is_seen { own(&facilities) } else { 0 },
            may_edit: viewer.may(&MOVERS, &grid.id),
            grid: if is_seen { grid.clone() } else { bare() },
        });
        next.extend(below.get(&Some(&grid.id)).into_iter().flatten().rev().map(|grid| (depth + 1, *grid)));
    }
    // Gaps and overlaps of what the person sees; a neighbour beyond is none of it.
    let seen: Vec<Grid> = all.into_values().filter(|grid| viewer.grids.contains(&grid.id)).collect();
    let mut flaws = tokio::task::spawn_blocking(move || shape::flaws(&seen)).await.map_err(|_| internal())?;
    flaws.truncate(MAX_FLAWS);
    Ok(GridsReply { grids: lines, flaws, may_edit: viewer.is_one_of(&MOVERS) })
}

fn internal() -> CallError {
    CallError::new(Code::Internal).with("what", "grids")
}

async fn counts(conn: &mut Conn, sql: &'static str) -> Result<BTreeMap<String, u32>> {
    let mut counts = BTreeMap::new();
    for row in Question::new(sql).all(conn).await? {
        counts.insert(row.try_get(0)?, u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(u32::MAX));
    }
    Ok(counts)
}

fn bad(field: &str, why: impl ToString) -> CallError {
    CallError::new(Code::BadInput).with("field", field).with("why", why)
}

/// A grid as it may be stored; `all` are the others, itself as it was among them.
fn checked(grid: &Grid, all: &BTreeMap<GridId, Grid>) -> Answer<Grid> {
    let mut grid = grid.clone();
    grid.name = grid.name.trim().to_owned();
    if grid.name.is_empty() {
        return Err(bad("name", "empty"));
    }
    if !grid.polygon.is_empty() {
        grid.polygon = shape::tidy(&grid.polygon).map_err(|fault: ShapeFault| bad("polygon", why_not(Err(fault))))?;
    }
    grid.covers =
        grid.covers.iter().map(normal_covers).collect::<Option<_>>().ok_or_else(|| bad("covers", "not_understood"))?;
    may_stand(&grid, all).map_err(|fault: Misplaced| bad("parent", why_not(Ok(fault))))?;
    Ok(grid)
}

/// Addresses as they are compared, however they were typed.
fn normal_covers(covers: &Covers) -> Option<Covers> {
    let list = |all: &[String], normal: fn(&str) -> Option<String>| {
        all.iter().map(|one| normal(one)).collect::<Option<BTreeSet<_>>>().map(|set| set.into_iter().collect())
    };
    Some(Covers {
        estate: normal_estate(&covers.estate)?,
        buildings: list(&covers.buildings, normal_building)?,
        entrances: list(&covers.entrances, normal_entrance)?,
    })
}

/// The edit that brings a grid's record to this; none when it is so already.
async fn edit_of(conn: &mut Conn, grid: &GridId, fields: Vec<(String, Value)>) -> Answer<Option<Body>> {
    let record = docs::record(conn, &Key::Record(Noun::Grid, grid.to_string())).await?;
    let edit = match record {
        Some(record) => record.edit(fields),
        None => Some(first_edit(Noun::Grid, grid.as_str(), fields)),
    };
    Ok(edit.map(Body::Edit))
}

async fn write(asked: &Asked, entries: Vec<Entry>) -> Answer<Vec<EventId>> {
    let mut ids = Vec::with_capacity(entries.len());
    for recorded in record_own(&asked.app, entries).await? {
        match recorded {
            Recorded::Stored(id) => ids.push(id),
            Recorded::Refused(_) => return Err(CallError::new(Code::Stale)),
        }
    }
    Ok(ids)
}

fn entry(asked: &Asked, grid: &GridId, body: Body) -> Entry {
    Entry::of_grid(asked.viewer.person.id.clone(), grid.clone(), body)
}

/// Answers [`SaveGrid`].
pub async fn save_grid(asked: &Asked, call: SaveGrid) -> Answer<Option<EventId>> {
    let mut conn = asked.conn().await?;
    let all = all(asked, &mut conn).await?;
    let known = all.get(&call.grid.id);
    if known.is_some() == call.new {
        return Err(if call.new {
            bad("code", "taken")
        } else {
            CallError::new(Code::NotFound).with("what", &call.grid.id)
        });
    }
    // Of the grid itself, and of where it comes to lie; a new root is everybody's.
    let parent_was = known.and_then(|grid| grid.parent.as_ref());
    if known.is_some() {
        asked.viewer.must(&MOVERS, &call.grid.id)?;
    }
    match &call.grid.parent {
        Some(parent) if Some(parent) != parent_was => asked.viewer.must(&MOVERS, parent)?,
        None if known.is_none() || parent_was.is_some() => must_everywhere(asked, &all)?,
        _ => {}
    }
    let grid = checked(&call.grid, &all)?;
    let Some(body) = edit_of(&mut conn, &grid.id, GridRegister::fields(&grid)).await? else { return Ok(None) };
    drop(conn);
    Ok(write(asked, vec![entry(asked, &grid.id, body)]).await?.pop())
}

fn must_everywhere(asked: &Asked, all: &BTreeMap<GridId, Grid>) -> Answer<()> {
    all.values().filter(|grid| grid.parent.is_none()).try_for_each(|grid| asked.viewer.must(&MOVERS, &grid.id))
}

/// Answers [`SaveSeat`]: crew leads, too, say who works in their grids.
pub async fn save_seat(asked: &Asked, call: SaveSeat) -> Answer<Option<EventId>> {
    asked.viewer.must(&super::viewer::LEADERS, &call.grid)?;
    let mut members = call.members;
    for member in &mut members {
        member.name = member.name.trim().to_owned();
        member.days.retain(|day| (1..=7).contains(day));
        member.days.sort_unstable();
        member.days.dedup();
    }
    members.retain(|member| !member.name.is_empty());
    let value = if members.is_empty() { Value::Null } else { json!(members) };
    let mut conn = asked.conn().await?;
    let Some(body) = edit_of(&mut conn, &call.grid, vec![(call.seat.field(), value)]).await? else { return Ok(None) };
    drop(conn);
    Ok(write(asked, vec![entry(asked, &call.grid, body)]).await?.pop())
}

/// Answers [`CutGrid`].
pub async fn cut_grid(asked: &Asked, call: CutGrid) -> Answer<Halves> {
    asked.viewer.must_see(&call.grid)?;
    if call.line.len() > shape::MAX_POINTS || !call.line.iter().flatten().all(|degrees| degrees.is_finite()) {
        return Err(bad("line", "not_degrees"));
    }
    let all = all(asked, &mut *asked.conn().await?).await?;
    let grid = all.get(&call.grid).ok_or_else(|| CallError::new(Code::NotFound).with("what", &call.grid))?.clone();
    tokio::task::spawn_blocking(move || shape::cut(&grid.polygon, &call.line)).await.map_err(|_| internal())
}

/// Answers [`SplitGrid`].
pub async fn split_grid(asked: &Asked, call: SplitGrid) -> Answer<Moved> {
    asked.viewer.must(&MOVERS, &call.grid)?;
    let mut conn = asked.conn().await?;
    let mut all = all(asked, &mut conn).await?;
    let grid = all.get(&call.grid).ok_or_else(|| CallError::new(Code::NotFound).with("what", &call.grid))?.clone();
    if !grid.is_open() {
        return Err(bad("grid", why_not(Ok(Misplaced::Closed))));
    }
    if call.parts.is_empty() {
        return Err(bad("parts", "empty"));
    }
    let (level, parent) =
        if call.beside { (grid.level, grid.parent.clone()) } else { (grid.level.below(), Some(grid.id.clone())) };
    match &parent {
        Some(parent) => asked.viewer.must(&MOVERS, parent)?,
        None => must_everywhere(asked, &all)?,
    }
    let mut parts = Vec::new();
    for Part { code, name, polygon, covers } in call.parts {
        // A part that is there already is one of a split that was cut off.
        let known = all.get(&code);
        if code == grid.id || known.is_some_and(|known| known.parent != parent || !known.is_open()) {
            return Err(bad("code", "taken"));
        }
        let known = known.cloned().unwrap_or_else(|| Grid::new(code, String::new(), level, parent.clone()));
        let part = checked(&Grid { name, polygon, covers, ..known }, &all)?;
        all.insert(part.id.clone(), part.clone());
        parts.push(part);
    }
    let mut changed = parts.clone();
    if call.beside {
        let mut rest = grid.clone();
        rest.polygon = shape::without(&rest.polygon, parts.iter().map(|part| &part.polygon));
        for part in &parts {
            rest.covers = covers_without(&rest.covers, &part.covers);
        }
        changed.push(rest);
    }
    let among = parts.iter().map(|part| part.id.clone()).collect();
    let from = BTreeSet::from([grid.id.clone()]);
    let standing = standing(&mut conn, &from).await?;
    let mut todo = Todo { moves: moves(&standing, &among, &all), looked_at: standing.len(), ..Todo::default() };
    for facility in facilities_of(&mut conn, &from).await? {
        let place = facility.position.and_then(|place| shape::grid_at(&parts, place));
        todo.facilities.extend(place.map(|part| (facility.id.into(), part.id.clone())));
    }
    if !call.dry_run {
        for grid in &changed {
            let body = edit_of(&mut conn, &grid.id, GridRegister::fields(grid)).await?;
            todo.grids.extend(body.map(|body| (grid.id.clone(), body)));
        }
    }
    drop(conn);
    todo.done(asked, call.dry_run).await
}

/// Answers [`MergeGrids`].
pub async fn merge_grids(asked: &Asked, call: MergeGrids) -> Answer<Moved> {
    let mut conn = asked.conn().await?;
    let mut all = all(asked, &mut conn).await?;
    for grid in call.grids.iter().chain([&call.into]) {
        asked.viewer.must(&MOVERS, grid)?;
    }
    let from: BTreeSet<GridId> = call.grids.iter().filter(|grid| **grid != call.into).cloned().collect();
    if from.is_empty() {
        return Err(bad("grids", "empty"));
    }
    let mut into = all.get(&call.into).ok_or_else(|| CallError::new(Code::NotFound).with("what", &call.into))?.clone();
    if !into.is_open() {
        return Err(bad("into", why_not(Ok(Misplaced::Closed))));
    }
    // A grid does not go into one that lies below it, but into one above it, or beside it.
    let path = asked.viewer.tree.path(&call.into);
    if from.iter().any(|grid| path.contains(&grid)) {
        return Err(bad("into", why_not(Ok(Misplaced::Circle))));
    }
    let mut changed = Vec::new();
    for id in &from {
        let grid = all.get(id).ok_or_else(|| CallError::new(Code::NotFound).with("what", id))?.clone();
        if grid.parent.as_ref() != Some(&into.id) && grid.is_open() {
            into.polygon = shape::joined([&into.polygon, &grid.polygon]);
            into.covers
                .extend(grid.covers.iter().filter(|covers| !into.covers.contains(covers)).cloned().collect::<Vec<_>>());
        }
        for child in all.values().filter(|child| child.parent.as_ref() == Some(id) && !from.contains(&child.id)) {
            let moved = Grid { parent: Some(into.id.clone()), ..child.clone() };
            if moved.is_open() {
                may_stand(&moved, &all).map_err(|fault| bad("parent", why_not(Ok(fault))))?;
            }
            changed.push(moved);
        }
        changed.push(Grid { into: Some(into.id.clone()), ..grid });
    }
    for grid in &changed {
        all.insert(grid.id.clone(), grid.clone());
    }
    changed.push(checked(&into, &all)?);
    let standing = standing(&mut conn, &from).await?;
    let mut todo = Todo { looked_at: standing.len(), ..Todo::default() };
    todo.moves.extend(standing.into_iter().map(|s| Move {
        household: s.household,
        from: s.grid,
        to: into.id.clone(),
        by: By::Merged,
    }));
    for facility in facilities_of(&mut conn, &from).await? {
        todo.facilities.push((facility.id.into(), into.id.clone()));
    }
    if !call.dry_run {
        for grid in &changed {
            let mut fields = GridRegister::fields(grid);
            fields.push((field::INTO.to_owned(), json!(grid.into)));
            let body = edit_of(&mut conn, &grid.id, fields).await?;
            todo.grids.extend(body.map(|body| (grid.id.clone(), body)));
        }
    }
    drop(conn);
    todo.done(asked, call.dry_run).await
}

/// Answers [`SortDoors`].
pub async fn sort_doors(asked: &Asked, call: SortDoors) -> Answer<Moved> {
    asked.viewer.must(&MOVERS, &call.grid)?;
    let mut conn = asked.conn().await?;
    let all = all(asked, &mut conn).await?;
    let within = asked.viewer.tree.below(&BTreeSet::from([call.grid]));
    let standing = standing(&mut conn, &within).await?;
    drop(conn);
    let looked_at = standing.len();
    let found = tokio::task::spawn_blocking(move || moves(&standing, &within, &all)).await.map_err(|_| internal())?;
    Todo { moves: found, looked_at, ..Todo::default() }.done(asked, call.dry_run).await
}

/// The households of these grids, with their addresses and where they were seen.
async fn standing(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Answer<Vec<Standing>> {
    let mut query = Question::new("SELECT id, grid, estate, building, entrance FROM household WHERE grid IN ");
    query.list(grids.iter().map(GridId::as_str)).push(" ORDER BY id");
    let mut all = Vec::new();
    for row in query.all(&mut *conn).await? {
        let damaged = |_| StoreError::damaged("a household");
        let text = |at: usize| row.try_get::<String, _>(at).map_err(StoreError::from);
        all.push(Standing {
            household: HouseholdId::new(text(0)?).map_err(damaged)?,
            grid: GridId::new(text(1)?).map_err(damaged)?,
            address: [text(2)?, text(3)?, text(4)?],
            place: None,
        });
    }
    for part in all.chunks_mut(AT_ONCE) {
        let keys = part.iter().map(|standing| Key::Door((&standing.household).into()));
        let doors = docs::load(&mut *conn, keys.collect::<Vec<_>>()).await?;
        for standing in part {
            if let Some(Doc::Door(door)) = doors.get(&Key::Door((&standing.household).into())) {
                standing.place = seen_at(door);
            }
        }
    }
    Ok(all)
}

async fn facilities_of(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Answer<Vec<Facility>> {
    let mut query = Question::new("SELECT body FROM facility WHERE grid IN ");
    query.list(grids.iter().map(GridId::as_str)).push(" ORDER BY id");
    let mut all = Vec::new();
    for row in query.all(conn).await? {
        let body: String = row.try_get(0).map_err(StoreError::from)?;
        all.push(serde_json::from_str(&body).map_err(|_| StoreError::damaged("a facility"))?);
    }
    Ok(all)
}

/// What an act has to write: grids first, then who moves.
#[derive(Default)]
struct Todo {
    grids: Vec<(GridId, Body)>,
    moves: Vec<Move>,
    facilities: Vec<(Site, GridId)>,
    looked_at: usize,
}

impl Todo {
    async fn done(self, asked: &Asked, dry_run: bool) -> Answer<Moved> {
        let mut counted: BTreeMap<(GridId, GridId, By), u32> = BTreeMap::new();
        for Move { from, to, by, .. } in &self.moves {
            *counted.entry((from.clone(), to.clone(), *by)).or_default() += 1;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut moved = Moved {
            households: counted.into_iter().map(|((from, to, by), n)| (from, to, by, n)).collect(),
            facilities: number(self.facilities.len()),
            stayed: number(self.looked_at.saturating_sub(self.moves.len())),
            events: 0,
        };
        if dry_run {
            return Ok(moved);
        }
        let entries = self.grids.into_iter().map(|(grid, body)| entry(asked, &grid, body)).collect();
        let mut events = write(asked, entries).await?.len();
        let mut sites: Vec<(Site, GridId)> = self.moves.into_iter().map(|m| (m.household.into(), m.to)).collect();
        // Of one grid together: their history is read at once.
        sites.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        for part in sites.chunks(AT_ONCE).chain(self.facilities.chunks(AT_ONCE)) {
            events += write(asked, homes(asked, part).await?).await?.len();
        }
        moved.events = number(events);
        Ok(moved)
    }
}

/// The edits that bring these where they belong.
async fn homes(asked: &Asked, part: &[(Site, GridId)]) -> Answer<Vec<Entry>> {
    let mut conn = asked.conn().await?;
    let records = docs::load(&mut conn, part.iter().map(|(site, _)| record_of(site)).collect::<Vec<_>>()).await?;
    let mut entries = Vec::with_capacity(part.len());
    for (site, to) in part {
        let Some(Doc::Record(record)) = records.get(&record_of(site)) else { continue };
        if record.grid == *to {
            continue;
        }
        let edit = record.edit([(HOME.to_owned(), json!(to))]);
        let person = asked.viewer.person.id.clone();
        entries.extend(edit.map(|edit| Entry::new(person, to.clone(), Some(site), Body::Edit(edit))));
    }
    Ok(entries)
}

//! Files of requests: read, placed at doors or in grids, taken down one after the other, so that a row about what is open there,
//! also by an earlier row, asks once more instead of opening it twice. The same file imported again does nothing: a row is known
//! by its number, or by what it says.
//!
//! A row whose door is not known goes to the grid that its code (or `--grid`) names, with the address in its words; a row without
//! either is given back.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    act,
    body::{Body, Edit, Noun},
    clock::Millis,
    grid::{Grid, open_grid},
    household::Household,
    ids::{EventId, GridId, HouseholdId, PersonId, RequestId},
    ipc::{CallError, console::RejectedRow, request::TakeRequest},
    projection::{Key, record_of},
    register::{
        Lang, Unusable, Why,
        address::Address,
        columns::{Column, Subject},
        request::{RequestRegister, RequestRow, read_requests},
        table::{Table, read_table_of},
    },
    request::{Mode, same_matter},
    rule::{self, Place, Rule},
    site::Site,
};
use serde_json::{Value, json};

use super::{
    ImportError,
    apply::all_grids,
    cli::{RegisterArgs, more, named},
    rejected::{rejected_rows, rejected_workbook},
};
use crate::{
    api::household::door,
    app::{App, SYSTEM},
    intake::{Entry, Recorded, record_in},
    store::{Conn, StoreError, docs, plain, summary},
};

/// What an import did, or would do.
pub struct Report {
    /// The file.
    pub table: Table,
    /// Its rows.
    pub register: RequestRegister,
    /// Requests taken down.
    pub new: u64,
    /// Rows that asked once more what is open.
    pub again: u64,
    /// Rows that an earlier import has taken.
    pub known: u64,
}

/// Reads a file of requests. Blocks.
///
/// # Errors
/// [`ImportError::File`] when the file is none.
pub fn read(file: &str, bytes: &[u8]) -> Result<(Table, RequestRegister), ImportError> {
    let table = read_table_of(Subject::Requests, file, bytes).map_err(ImportError::File)?;
    let register = read_requests(&table);
    Ok((table, register))
}

/// Reads and (unless it only looks) takes down.
///
/// # Errors
/// See [`ImportError`]; when the file is refused, nothing was written.
pub async fn import(app: &App, args: &RegisterArgs) -> Result<Report, ImportError> {
    let (name, path) = (named(args)?, args.file.clone());
    let work = move || read(&name, &std::fs::read(path)?);
    let (table, mut register) = tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::Reader)??;
    let desk = Desk::open(app, args.grid.as_ref()).await?;
    let (mut new, mut again, mut known, mut taken) = (0, 0, 0, Vec::new());
    for row in std::mem::take(&mut register.requests) {
        let Some((grid, household)) = desk.place(&row).await? else {
            let (column, text) = unplaced(&row);
            register.unusable.push(Unusable { row: row.row, column, why: Why::NotUnderstood { text } });
            continue;
        };
        match desk.take(&row, grid, household, args.dry_run).await? {
            Became::New => new += 1,
            Became::Again => again += 1,
            Became::Known => known += 1,
        }
        taken.push(row);
    }
    register.requests = taken;
    if let Some(path) = &args.rejected {
        std::fs::write(path, rejected_workbook(&table, &register.refusals(), Lang::Zh)?)?;
    }
    Ok(Report { table, register, new, again, known })
}

/// Of a row that has no place: where to look.
fn unplaced(row: &RequestRow) -> (Column, String) {
    match (&row.address, &row.grid_code) {
        (_, Some(code)) => (Column::GridCode, code.clone()),
        (Some(address), None) => (Column::Address, format!("{} {}", address.estate, address.short())),
        (None, None) => (Column::Address, String::new()),
    }
}

/// What became of a row.
enum Became {
    New,
    Again,
    Known,
}

/// Where rows are taken down.
struct Desk<'a> {
    app: &'a App,
    person: PersonId,
    grids: BTreeMap<GridId, Grid>,
    rules: Vec<Rule>,
    chosen: Option<GridId>,
}

impl<'a> Desk<'a> {
    async fn open(app: &'a App, chosen: Option<&GridId>) -> Result<Self, ImportError> {
        let mut conn = app.store.pool().acquire().await.map_err(StoreError::from)?;
        let grids = all_grids(&mut conn).await?;
        if let Some(grid) = chosen.filter(|grid| !grids.contains_key(*grid)) {
            return Err(ImportError::NoGrid(grid.clone()));
        }
        let all: BTreeSet<GridId> = grids.keys().cloned().collect();
        let rules = summary::rules(&mut conn, &all).await?;
        let person = PersonId::new(SYSTEM).map_err(|_| ImportError::Reader)?;
        Ok(Self { app, person, grids, rules, chosen: chosen.cloned() })
    }

    /// The grid of a row, and its door where that is known.
    async fn place(&self, row: &RequestRow) -> Result<Option<(GridId, Option<Household>)>, ImportError> {
        let mut conn = self.app.store.pool().acquire().await.map_err(StoreError::from)?;
        let household = match &row.address {
            Some(address) => household(&mut conn, address).await?,
            None => None,
        };
        let coded = row.grid_code.as_ref().and_then(|code| GridId::new(code.clone()).ok());
        let coded = coded.filter(|grid| self.grids.contains_key(grid));
        let coded = coded.map(|grid| open_grid(&self.grids, &grid).clone());
        let grid = household.as_ref().map(|h| h.grid.clone()).or(coded).or_else(|| self.chosen.clone());
        Ok(grid.map(|grid| (grid, household)))
    }

    async fn take(
        &self,
        row: &RequestRow,
        grid: GridId,
        household: Option<Household>,
        dry_run: bool,
    ) -> Result<Became, ImportError> {
        let now_ms = self.app.now_ms();
        // What another office took down later than now, it took down with a clock that is ahead.
        let taken_ms = row.taken_ms.unwrap_or(now_ms).min(now_ms);
        let site = household.map(|household| Site::from(household.id));
        let call = call_of(row, site.as_ref());
        let mut write = self.app.store.write().await?;
        let source = json!(row.channel).as_str().unwrap_or_default().to_owned();
        let name = plain(&row.name()).into_owned();
        let known: Option<String> =
            sqlx::query_scalar("SELECT request FROM request_said WHERE source = $1 AND number = $2")
                .bind(source.as_str())
                .bind(name.as_str())
                .fetch_optional(&mut *write)
                .await
                .map_err(StoreError::from)?;
        if known.is_some() {
            return Ok(Became::Known);
        }
        let (entry, same) = match self.same(&mut write, &call, site.as_ref(), taken_ms).await? {
            Some((edit, grid, id)) => (Entry::new(self.person.clone(), grid, site, Body::Edit(edit)), Some(id)),
            None => (self.opening(&call, grid, site, taken_ms)?, None),
        };
        let became = if same.is_some() { Became::Again } else { Became::New };
        if dry_run {
            return Ok(became);
        }
        let event = match record_in(self.app, &mut write, &[entry]).await?.pop() {
            Some(Recorded::Stored(id)) => id,
            Some(Recorded::Refused(_)) | None => return Err(ImportError::Refused { events: 1 }),
        };
        let request = same.map_or_else(|| event.to_string(), |id: RequestId| id.to_string());
        sqlx::query("INSERT INTO request_said (source, number, request) VALUES ($1, $2, $3)")
            .bind(source.as_str())
            .bind(name.as_str())
            .bind(request)
            .execute(&mut *write)
            .await
            .map_err(StoreError::from)?;
        write.commit().await?;
        Ok(became)
    }

    /// The edit that asks once more, where the same matter is open.
    async fn same(
        &self,
        conn: &mut Conn,
        call: &TakeRequest,
        site: Option<&Site>,
        taken_ms: Millis,
    ) -> Result<Option<(Edit, GridId, RequestId)>, ImportError> {
        let Some(site) = site else { return Ok(None) };
        let door = door(conn, site).await.map_err(|e| refused(&e))?;
        let Some(same) = same_matter(&door, call.category, taken_ms) else { return Ok(None) };
        let record = docs::standing(conn, &Key::Record(Noun::Request, same.id.to_string())).await?;
        let Some(record) = record else { return Ok(None) };
        let edit = act::ask_again(&record, call, taken_ms).map_err(|e| refused(&e))?;
        Ok(Some((edit, record.grid.clone(), same.id.clone())))
    }

    fn opening(
        &self,
        call: &TakeRequest,
        grid: GridId,
        site: Option<Site>,
        taken_ms: Millis,
    ) -> Result<Entry, ImportError> {
        let grids: Vec<Grid> = self.grids.values().cloned().collect();
        let place = Place::of(site.as_ref());
        let (party, rule) = rule::responsible(&self.rules, &grids, &grid, call.category, place);
        let responsible = (party, rule.map(|rule| rule.id.clone()));
        let edit = act::take_request(call, "new", taken_ms, &responsible).map_err(|e| refused(&e))?;
        let opening = move |id: &EventId| Body::Edit(Edit { id: id.to_string(), ..edit.clone() });
        Ok(Entry::opening(self.person.clone(), grid, site, opening))
    }
}

fn call_of(row: &RequestRow, site: Option<&Site>) -> TakeRequest {
    let address = row.address.as_ref().filter(|_| site.is_none());
    // Where the door is not known, whoever goes there reads it.
    let at = address.map(|a| format!("{} {}：", a.estate, a.label_zh())).unwrap_or_default();
    TakeRequest {
        household: site.and_then(Site::household).cloned(),
        facility: None,
        grid: None,
        channel: row.channel,
        category: row.category,
        severity: row.severity,
        text: act::shortened(&format!("{at}{}", row.text)),
        phone: row.phone.clone(),
        mode: Mode::Own,
        another: false,
    }
}

async fn household(conn: &mut Conn, address: &Address) -> Result<Option<Household>, ImportError> {
    let Address { estate, building, entrance, room } = address;
    let id = HouseholdId::of_address(estate, building, entrance, room);
    let record = docs::record(conn, &record_of(&id.into())).await?;
    Ok(record.as_ref().and_then(Household::from_record))
}

/// An act that refuses what was checked before: the data is not what it should be.
fn refused(error: &CallError) -> ImportError {
    tracing::error!(error = %error, "a request could not be taken down");
    ImportError::Refused { events: 1 }
}

impl Report {
    /// The rows that were not imported.
    pub fn rejected(&self) -> Vec<RejectedRow> {
        rejected_rows(&self.table, &self.register.refusals())
    }

    /// The figures and the rows behind them.
    pub fn json(&self) -> Value {
        let register = &self.register;
        json!({
            "file": self.table.file_name,
            "encoding": self.table.encoding,
            "rows": register.rows,
            "requests": register.requests.len(),
            "exact_duplicates": register.exact_duplicates.len(),
            "unusable": register.unusable.len(),
            "new": self.new,
            "again": self.again,
            "known": self.known,
            "rejected": self.rejected(),
            "warnings": register.warnings,
        })
    }

    /// The same in words.
    pub fn words(&self, args: &RegisterArgs) -> String {
        let r = &self.register;
        let (requests, exact, unusable) = (r.requests.len(), r.exact_duplicates.len(), r.unusable.len());
        let mut lines = vec![
            format!(
                "{}（{}）：共 {} 行 = 诉求 {requests} + 完全重复 {exact} + 不能使用 {unusable}",
                self.table.file_name, self.table.encoding, r.rows,
            ),
            format!("{} rows = {requests} requests + {exact} exact duplicates + {unusable} unusable", r.rows),
            format!(
                "新登记 new {}　并入未办结的 asked again {}　以前导入过 known {}",
                self.new, self.again, self.known
            ),
        ];
        lines.extend(more(&self.rejected(), &r.warnings, args.dry_run));
        lines.join("\n")
    }
}

//! Registers of facilities: read, placed in grids, compared with what is stored, written as events of the server. By the
//! rules of household registers (see `compare.rs`): a field in conflict stays in conflict, a value that somebody corrected
//! since the last import is not put back by the same file, what is missing from a file is reported and stays.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::{Body, Edit, Noun},
    facility::{Facility, FacilityKind, field, id_of},
    grid::Grid,
    ids::{DeviceId, FacilityId, GridId, PersonId},
    ipc::console::{ImportChange, RejectedRow},
    projection::{Doc, record_of},
    record::{HOME, Record, first_edit},
    register::{
        Lang,
        columns::{Column, Subject},
        facility::{FacilityFields, FacilityRegister, FacilityRow, FacilityRows, read_facilities},
        table::{Table, read_table_of},
    },
};
use serde_json::{Value, json};
use sqlx::Row;

use super::{
    ImportError,
    apply::{all_grids, keep_said, open_grids, record},
    cli::{RegisterArgs, more, named},
    compare::{assertion, shown},
    place::{Choice, Places},
    rejected::{rejected_rows, rejected_workbook},
};
use crate::{
    app::{App, SYSTEM},
    intake::Entry,
    store::{Conn, Question, Result as StoreResult, StoreError, docs, plain},
};

/// Rows of one statement, and events of one transaction.
const AT_ONCE: usize = 500;

/// An edit of a facility, to be written into its grid's stream.
#[derive(Debug, Clone)]
pub struct FacilityEdit {
    /// Which.
    pub facility: FacilityId,
    /// The grid whose stream carries it.
    pub grid: GridId,
    /// What is set.
    pub edit: Edit,
}

/// What an import does, or would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Facilities that did not exist.
    pub new: u64,
    /// Facilities of which something changes.
    pub changed: u64,
    /// Facilities that stay as they are.
    pub unchanged: u64,
    /// Facilities of the file's kinds and grids that the file does not have; they stay.
    pub missing: Vec<String>,
    /// Every change, in the file's order.
    pub changes: Vec<ImportChange>,
    /// Grids to be made first.
    pub grids: Vec<Grid>,
    /// The edits.
    pub edits: Vec<FacilityEdit>,
    /// What the file says of each facility where that is new.
    pub said: Vec<(FacilityId, FacilityFields)>,
}

/// What an import did, or would do.
pub struct Report {
    /// The file.
    pub table: Table,
    /// Its rows.
    pub register: FacilityRegister,
    /// What changes.
    pub preview: Preview,
    /// Events written.
    pub events: u64,
}

/// Reads a register of facilities. Blocks.
///
/// # Errors
/// [`ImportError::File`] when the file is none.
pub fn read(file: &str, bytes: &[u8]) -> Result<(Table, FacilityRows), ImportError> {
    let table = read_table_of(Subject::Facilities, file, bytes).map_err(ImportError::File)?;
    let rows = read_facilities(&table);
    Ok((table, rows))
}

/// Reads, compares and (unless it only looks) writes.
///
/// # Errors
/// See [`ImportError`]; when the file is refused, nothing was written.
pub async fn import(app: &App, args: &RegisterArgs) -> Result<Report, ImportError> {
    let (name, path) = (named(args)?, args.file.clone());
    let work = move || read(&name, &std::fs::read(path)?);
    let (table, rows) = tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::Reader)??;
    let choice = Choice { grid: args.grid.clone(), above: None };
    let (register, preview) = compared(app, rows.in_datum(args.datum), &choice).await?;
    if let Some(path) = &args.rejected {
        std::fs::write(path, rejected_workbook(&table, &register.refusals(), Lang::Zh)?)?;
    }
    let person = PersonId::new(SYSTEM).map_err(|_| ImportError::Reader)?;
    let events = if args.dry_run { 0 } else { apply(app, &person, &preview).await? };
    Ok(Report { table, register, preview, events })
}

/// Who is who in these rows, and what they change.
///
/// # Errors
/// When the database fails, or there is no grid that was chosen.
pub async fn compared(
    app: &App,
    rows: FacilityRows,
    choice: &Choice,
) -> Result<(FacilityRegister, Preview), ImportError> {
    let mut conn = app.store.pool().acquire().await.map_err(StoreError::from)?;
    let grids = all_grids(&mut conn).await?;
    if let Some(grid) = choice.grid.as_ref().filter(|grid| !grids.contains_key(*grid)) {
        return Err(ImportError::NoGrid(grid.clone()));
    }
    let mut places = Places::new(&grids, choice);
    for row in &rows.facilities {
        if let (Some(code), Some(estate)) = (&row.fields.grid_code, &row.fields.estate) {
            let grid = places.of_code(code);
            places.hint(estate, row.fields.building.as_deref().unwrap_or_default(), &grid);
        }
    }
    hint_by_doors(&mut conn, &rows, &mut places).await?;
    // A code names a facility wherever it is; without one its grid has to be known first.
    let register = rows.account(|row| match &row.code {
        Some(code) => FacilityId::of_code(row.kind.as_str(), code),
        None => id_of(row.kind, None, &place(row, &mut places), row.name()),
    });
    let known = Known::load(&mut conn, &register).await?;
    let mut preview = Preview::default();
    for (id, row) in &register.facilities {
        match known.records.get(id) {
            None => preview.add(id, row, place(row, &mut places)),
            Some(record) => {
                let grid = row.fields.grid_code.as_ref().map(|code| places.of_code(code));
                preview.change(id, row, record, known.said.get(id), grid, &register.columns, &app.own.device);
            }
        }
    }
    preview.unchanged = register.facilities.len() as u64 - preview.new - preview.changed;
    preview.missing = missing(&mut conn, &register, &known).await?;
    preview.grids = places.into_new();
    Ok((register, preview))
}

/// The grid of a row: as its code says, else where the doors of its building are.
fn place(row: &FacilityRow, places: &mut Places<'_>) -> GridId {
    let FacilityFields { grid_code, estate, building, .. } = &row.fields;
    match grid_code {
        Some(code) => places.of_code(code),
        None => places.of_address(estate.as_deref().unwrap_or_default(), building.as_deref().unwrap_or_default()),
    }
}

async fn hint_by_doors(conn: &mut Conn, rows: &FacilityRows, places: &mut Places<'_>) -> StoreResult<()> {
    let estates: BTreeSet<&str> = rows.facilities.iter().filter_map(|row| row.fields.estate.as_deref()).collect();
    let estates: Vec<&str> = estates.into_iter().collect();
    for part in estates.chunks(AT_ONCE) {
        let mut query = Question::new("SELECT DISTINCT estate, building, grid FROM household WHERE estate IN ");
        query.list(part.iter().map(|estate| plain(estate).into_owned()));
        query.push(" ORDER BY estate, building, grid");
        for row in query.all(&mut *conn).await? {
            let grid = GridId::new(row.try_get::<String, _>(2)?).map_err(|_| StoreError::damaged("a grid's code"))?;
            places.hint(row.try_get(0)?, row.try_get(1)?, &grid);
        }
    }
    Ok(())
}

/// What is stored of the file's facilities.
struct Known {
    records: BTreeMap<FacilityId, Record>,
    said: BTreeMap<FacilityId, FacilityFields>,
}

impl Known {
    async fn load(conn: &mut Conn, register: &FacilityRegister) -> StoreResult<Self> {
        let ids: Vec<&FacilityId> = register.facilities.iter().map(|(id, _)| id).collect();
        let (mut records, mut said) = (BTreeMap::new(), BTreeMap::new());
        for doc in docs::load(conn, ids.iter().map(|id| record_of(&(*id).into()))).await?.into_values() {
            if let Doc::Record(record) = doc
                && let Ok(id) = FacilityId::new(record.id.clone())
            {
                records.insert(id, record);
            }
        }
        for part in ids.chunks(AT_ONCE) {
            let mut query = Question::new("SELECT facility, fields FROM facility_said WHERE facility IN ");
            query.list(part.iter().map(|id| id.as_str()));
            for row in query.all(&mut *conn).await? {
                let damaged = |_| StoreError::damaged("an imported row");
                let id =
                    FacilityId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a facility"))?;
                said.insert(id, serde_json::from_str(row.try_get(1)?).map_err(damaged)?);
            }
        }
        Ok(Self { records, said })
    }
}

/// The facilities of the file's kinds in the file's grids that the file does not have, by name.
async fn missing(conn: &mut Conn, register: &FacilityRegister, known: &Known) -> StoreResult<Vec<String>> {
    let kinds: BTreeSet<FacilityKind> = register.facilities.iter().map(|(_, row)| row.kind).collect();
    let grids: BTreeSet<&GridId> = known.records.values().map(|record| &record.grid).collect();
    if grids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Question::new("SELECT body FROM facility WHERE grid IN ");
    query.list(grids.iter().map(|grid| grid.as_str()));
    query.push(" ORDER BY id");
    let mut names = Vec::new();
    for row in query.all(conn).await? {
        let facility: Facility =
            serde_json::from_str(row.try_get(0)?).map_err(|_| StoreError::damaged("a facility"))?;
        if kinds.contains(&facility.kind) && !known.records.contains_key(&facility.id) {
            names.push(facility.short());
        }
    }
    Ok(names)
}

/// The columns that become fields of the record.
const FIELDS: [Column; 5] = [Column::FacilityName, Column::Latitude, Column::Estate, Column::Building, Column::Note];

/// A column of the register as a field of the record.
fn record_field(column: Column, fields: &FacilityFields) -> Option<(&'static str, Value)> {
    Some(match column {
        Column::FacilityName => (field::NAME, json!(fields.name)),
        Column::Latitude => (field::POSITION, json!(fields.position)),
        Column::Estate => (field::ESTATE, json!(fields.estate)),
        Column::Building => (field::BUILDING, json!(fields.building)),
        Column::Note => (field::NOTE, json!(fields.note)),
        _ => return None,
    })
}

impl Preview {
    fn add(&mut self, id: &FacilityId, row: &FacilityRow, grid: GridId) {
        let identity = [(field::KIND, json!(row.kind)), (field::CODE, json!(row.code))];
        let facts = FIELDS.into_iter().filter_map(|column| record_field(column, &row.fields));
        let set = identity.into_iter().chain(facts).map(|(name, value)| (name.to_owned(), value));
        let edit = first_edit(Noun::Facility, id.as_str(), set);
        self.edits.push(FacilityEdit { facility: id.clone(), grid, edit });
        self.changes.push(ImportChange { address: label(row), field: None });
        self.said.push((id.clone(), row.fields.clone()));
        self.new += 1;
    }

    #[allow(clippy::too_many_arguments, reason = "three values of each field are compared")]
    fn change(
        &mut self,
        id: &FacilityId,
        row: &FacilityRow,
        record: &Record,
        said: Option<&FacilityFields>,
        grid: Option<GridId>,
        columns: &[Column],
        server: &DeviceId,
    ) {
        let (mut set, mut lines) = (BTreeMap::new(), Vec::new());
        let mut fields = row.fields.clone();
        for column in FIELDS {
            let Some((name, new)) = record_field(column, &row.fields) else { continue };
            let before = said.and_then(|said| record_field(column, said)).map(|(_, value)| value);
            if !columns.contains(&column) {
                if let Some(said) = said {
                    keep(column, &mut fields, said);
                }
                continue;
            }
            let now = record.value(name).cloned().unwrap_or_default();
            // What the last import said already was decided then, whatever somebody made of it since.
            if new != now && before.as_ref() != Some(&new) {
                lines.push((name, shown(Some(&now)), shown(Some(&new))));
                set.insert(name.to_owned(), assertion(record, name, new, server));
            }
        }
        let moved = grid.filter(|grid| *grid != record.grid);
        if let Some(grid) = &moved {
            lines.push(("grid", record.grid.to_string(), grid.to_string()));
            set.insert(HOME.to_owned(), record.assert(HOME, json!(grid)));
        }
        if said != Some(&fields) {
            self.said.push((id.clone(), fields));
        }
        if set.is_empty() {
            return;
        }
        let address = label(row);
        let change = |(name, old, new): (&str, String, String)| ImportChange {
            address: address.clone(),
            field: Some((name.to_owned(), old, new)),
        };
        self.changes.extend(lines.into_iter().map(change));
        let edit = Edit { noun: Noun::Facility, id: id.to_string(), set };
        let grid = moved.unwrap_or_else(|| record.grid.clone());
        self.edits.push(FacilityEdit { facility: id.clone(), grid, edit });
        self.changed += 1;
    }
}

/// A column that this file does not have keeps what was said before.
fn keep(column: Column, fields: &mut FacilityFields, said: &FacilityFields) {
    match column {
        Column::FacilityName => fields.name.clone_from(&said.name),
        Column::Latitude => fields.position = said.position,
        Column::Estate => fields.estate.clone_from(&said.estate),
        Column::Building => fields.building.clone_from(&said.building),
        Column::Note => fields.note.clone_from(&said.note),
        _ => {}
    }
}

/// `热力站 一号热力站`
fn label(row: &FacilityRow) -> String {
    format!("{} {}", row.kind.zh(), row.name())
}

/// Writes what a preview shows. Gives the number of events.
///
/// # Errors
/// When the database fails, or a grid is gone meanwhile; what was written before stays, and importing again goes on
/// from there.
pub async fn apply(app: &App, person: &PersonId, preview: &Preview) -> Result<u64, ImportError> {
    let mut written = open_grids(app, person, &preview.grids).await?;
    for part in preview.edits.chunks(AT_ONCE) {
        let entry = |e: &FacilityEdit| {
            Entry::new(person.clone(), e.grid.clone(), Some(&e.facility), Body::Edit(e.edit.clone()))
        };
        written += record(app, part.iter().map(entry).collect()).await?;
    }
    let said = preview.said.iter().map(|(facility, fields)| (facility.as_str(), json!(fields).to_string()));
    keep_said(app, ("facility_said", "facility"), said.collect()).await?;
    Ok(written)
}

impl Report {
    /// The rows that were not imported.
    pub fn rejected(&self) -> Vec<RejectedRow> {
        rejected_rows(&self.table, &self.register.refusals())
    }

    /// The figures and the rows behind them.
    pub fn json(&self) -> Value {
        let (register, preview) = (&self.register, &self.preview);
        let conflicts: Vec<_> = register
            .conflicting
            .iter()
            .map(|(row, first, columns)| {
                let columns: Vec<_> = columns.iter().map(|c| c.name()).collect();
                json!({ "row": row.row, "first_row": first.row, "columns": columns })
            })
            .collect();
        json!({
            "file": self.table.file_name,
            "encoding": self.table.encoding,
            "rows": register.rows,
            "facilities": register.facilities.len(),
            "exact_duplicates": register.exact_duplicates.len(),
            "conflicting_duplicates": register.conflicting.len(),
            "unusable": register.unusable.len(),
            "repaired": register.facilities.iter().filter(|(_, row)| row.repaired).count(),
            "new": preview.new,
            "changed": preview.changed,
            "unchanged": preview.unchanged,
            "missing": preview.missing.len(),
            "missing_facilities": preview.missing,
            "new_grids": preview.grids.iter().map(|g| g.id.to_string()).collect::<Vec<_>>(),
            "conflicts": conflicts,
            "rejected": self.rejected(),
            "changes": preview.changes.iter().filter(|c| c.field.is_some()).collect::<Vec<_>>(),
            "warnings": register.warnings,
            "events": self.events,
        })
    }

    /// The same in words.
    pub fn words(&self, args: &RegisterArgs) -> String {
        let (r, p) = (&self.register, &self.preview);
        let counts = (r.facilities.len(), r.exact_duplicates.len(), r.conflicting.len(), r.unusable.len());
        let (facilities, exact, conflicting, unusable) = counts;
        let mut lines = vec![
            format!(
                "{}（{}）：共 {} 行 = 设施 {facilities} + 完全重复 {exact} + 矛盾重复 {conflicting} + 不能使用 {unusable}",
                self.table.file_name, self.table.encoding, r.rows,
            ),
            format!(
                "{} rows = {facilities} facilities + {exact} exact duplicates + {conflicting} conflicting duplicates + \
                 {unusable} unusable",
                r.rows,
            ),
            format!("新增 new {}　变更 changed {}　不变 unchanged {}", p.new, p.changed, p.unchanged),
        ];
        if !p.missing.is_empty() {
            lines.push(format!("本表没有、系统中仍保留 not in this file, kept: {}", p.missing.len()));
        }
        if !p.grids.is_empty() {
            let grids: Vec<_> = p.grids.iter().map(|g| g.id.as_str()).collect();
            lines.push(format!("新建网格 new grids: {}", grids.join(" ")));
        }
        lines.extend(more(&self.rejected(), &r.warnings, args.dry_run));
        lines.join("\n")
    }
}

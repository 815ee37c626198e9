//! Grids from a table or from GeoJSON: read and accounted for by the core, compared with what is stored, written as events of
//! the server. Nothing is deleted: a grid that the file does not have stays.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use huce_core::{
    body::{Body, Noun},
    datum::Datum,
    grid::Grid,
    ids::{GridId, PersonId},
    projection::{Doc, Key},
    record::first_edit,
    register::{
        Lang,
        columns::Subject,
        file_error_text,
        grid::{GridRegister, GridRows, read_geojson, read_grids},
        table::{FileError, MAX_FILE_BYTES, read_table_of},
    },
    shape::{Flaw, flaws},
};
use serde_json::{Value, json};

use super::{
    ImportError,
    apply::{all_grids, record},
};
use crate::{
    app::{App, SYSTEM},
    intake::Entry,
    store::{StoreError, docs},
};

/// Grids to import: a table (.xlsx, .csv, .tsv) or GeoJSON.
#[derive(Debug, Clone, clap::Args)]
pub struct GridArgs {
    /// The file.
    pub file: PathBuf,
    /// Only look: nothing is written.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
    /// In which datum the file's degrees are: wgs84, gcj02 (高德, 腾讯) or bd09 (百度). Without it, what the file says of itself, or WGS-84.
    #[arg(long, value_name = "DATUM")]
    pub datum: Option<Datum>,
}

/// What an import did, or would do.
pub struct Report {
    /// The file's name.
    pub file: String,
    /// Its rows.
    pub register: GridRegister,
    /// Grids that did not exist.
    pub new: Vec<GridId>,
    /// Grids of which something changes, and what.
    pub changed: Vec<(GridId, Vec<String>)>,
    /// Gaps and overlaps of the tree as it is after the import.
    pub flaws: Vec<Flaw>,
    /// Events written.
    pub events: u64,
}

/// Reads a file's bytes. Blocks.
///
/// # Errors
/// [`ImportError::File`] when the file is neither a table of grids nor GeoJSON.
pub fn read(file: &str, bytes: &[u8], datum: Option<Datum>) -> Result<GridRows, ImportError> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace() && !b"\xEF\xBB\xBF".contains(b));
    if first == Some(&b'{') {
        let text =
            std::str::from_utf8(bytes).map_err(|e| ImportError::File(FileError::Damaged { detail: e.to_string() }))?;
        return read_geojson(text, datum).map_err(ImportError::File);
    }
    let table = read_table_of(Subject::Grids, file, bytes).map_err(ImportError::File)?;
    Ok(read_grids(&table, datum.unwrap_or_default()))
}

fn read_file(path: &Path, datum: Option<Datum>) -> Result<(String, GridRows), ImportError> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ImportError::File(FileError::TooLarge { bytes, limit_bytes: MAX_FILE_BYTES }));
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let rows = read(&name, &std::fs::read(path)?, datum)?;
    Ok((name, rows))
}

/// Reads, compares and (unless it only looks) writes.
///
/// # Errors
/// See [`ImportError`]; when the file is refused, nothing was written.
pub async fn import(app: &App, args: &GridArgs) -> Result<Report, ImportError> {
    let (path, datum) = (args.file.clone(), args.datum);
    let read = tokio::task::spawn_blocking(move || read_file(&path, datum)).await;
    let (file, rows) = read.map_err(|_| ImportError::Reader)??;
    let person = PersonId::new(SYSTEM).map_err(|_| ImportError::Reader)?;
    apply(app, &person, file, rows, args.dry_run).await
}

/// Compares rows with what is stored, and writes what is new.
///
/// # Errors
/// When the database fails.
pub async fn apply(
    app: &App,
    person: &PersonId,
    file: String,
    rows: GridRows,
    dry_run: bool,
) -> Result<Report, ImportError> {
    let mut conn = app.store.pool().acquire().await.map_err(StoreError::from)?;
    let known = all_grids(&mut conn).await?;
    let register = rows.account(&known);
    let all = register.placed(&known);
    let keys: Vec<Key> = register.grids.iter().map(|row| Key::Record(Noun::Grid, row.code.to_string())).collect();
    let records = docs::load(&mut conn, keys).await?;
    drop(conn);
    let (mut new, mut changed, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for grid in register.grids.iter().filter_map(|row| all.get(&row.code)) {
        let edit = match records.get(&Key::Record(Noun::Grid, grid.id.to_string())) {
            Some(Doc::Record(record)) => {
                // A field in conflict stays in conflict, as in registers.
                let fields = GridRegister::fields(grid);
                let settled = |name: &String| record.fields.get(name).is_none_or(|field| !field.is_conflict());
                let edit = record.edit(fields.into_iter().filter(|(name, _)| settled(name)));
                changed.extend(edit.iter().map(|edit| (grid.id.clone(), edit.set.keys().cloned().collect())));
                edit
            }
            _ => {
                new.push(grid.id.clone());
                Some(first_edit(Noun::Grid, grid.id.as_str(), GridRegister::fields(grid)))
            }
        };
        entries.extend(edit.map(|edit| Entry::of_grid(person.clone(), grid.id.clone(), Body::Edit(edit))));
    }
    let events = if dry_run { 0 } else { record(app, entries).await? };
    let grids: Vec<Grid> = all.into_values().collect();
    let flaws = tokio::task::spawn_blocking(move || flaws(&grids)).await.map_err(|_| ImportError::Reader)?;
    Ok(Report { file, register, new, changed, flaws, events })
}

/// Runs it.
pub async fn run(app: &App, args: &GridArgs) -> ExitCode {
    match import(app, args).await {
        Ok(report) => {
            println!("{}", if args.json { report.json().to_string() } else { report.words(args.dry_run) });
            ExitCode::SUCCESS
        }
        Err(error) => {
            if let ImportError::File(error) = &error {
                eprintln!("{}", file_error_text(error, Lang::Zh));
                if args.json {
                    println!("{}", json!({ "error": error }));
                }
            }
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

impl Report {
    /// The figures and the rows behind them.
    pub fn json(&self) -> Value {
        let r = &self.register;
        let pairs = |all: &[huce_core::register::Duplicate]| -> Vec<Value> {
            all.iter().map(|d| json!({ "row": d.row.row, "first_row": d.first_row.row })).collect()
        };
        let conflicts: Vec<Value> = r
            .conflicting
            .iter()
            .map(|(row, first, columns)| {
                let columns: Vec<_> = columns.iter().map(|c| c.name()).collect();
                json!({ "row": row.row, "first_row": first.row, "columns": columns })
            })
            .collect();
        let rejected: Vec<Value> = r
            .unusable
            .iter()
            .map(|bad| {
                let (zh, en) = (bad.fault.text(Lang::Zh), bad.fault.text(Lang::En));
                json!({ "row": bad.row.row, "code": bad.code, "fault": bad.fault, "zh": zh, "en": en })
            })
            .collect();
        let changes: BTreeMap<String, &Vec<String>> =
            self.changed.iter().map(|(grid, fields)| (grid.to_string(), fields)).collect();
        json!({
            "file": self.file,
            "datum": r.datum,
            "rows": r.rows,
            "grids": r.grids.len(),
            "more": pairs(&r.more),
            "exact_duplicates": pairs(&r.exact_duplicates),
            "conflicts": conflicts,
            "rejected": rejected,
            "new": self.new,
            "changed": changes,
            "unchanged": self.unchanged(),
            "flaws": self.flaws.iter().map(|f| json!({ "kind": f.kind, "grids": f.grids, "area_m2": f.area_m2 })).collect::<Vec<_>>(),
            "events": self.events,
        })
    }

    fn unchanged(&self) -> usize {
        self.register.grids.len().saturating_sub(self.new.len() + self.changed.len())
    }

    /// The same in words.
    fn words(&self, dry_run: bool) -> String {
        let r = &self.register;
        let (grids, more, exact) = (r.grids.len(), r.more.len(), r.exact_duplicates.len());
        let (conflicting, unusable) = (r.conflicting.len(), r.unusable.len());
        let mut lines = vec![
            format!(
                "{}（{}→wgs84）：共 {} 行 = 网格 {grids} + 补充地址 {more} + 完全重复 {exact} + 矛盾重复 {conflicting} + 不能使用 {unusable}",
                self.file, r.datum, r.rows
            ),
            format!(
                "{} rows = {grids} grids + {more} more addresses + {exact} exact duplicates + {conflicting} conflicting duplicates + {unusable} unusable",
                r.rows
            ),
            format!(
                "新增 new {}　变更 changed {}　不变 unchanged {}",
                self.new.len(),
                self.changed.len(),
                self.unchanged()
            ),
        ];
        for bad in r.unusable.iter().take(20) {
            lines.push(format!("  {} {} {}", bad.row.row, bad.code, bad.fault.text(Lang::Zh)));
        }
        for (row, first, columns) in r.conflicting.iter().take(20) {
            let columns: Vec<_> = columns.iter().map(|c| c.heading_zh()).collect();
            lines.push(format!("  {} ← {} {}", row.row, first.row, columns.join("、")));
        }
        for flaw in self.flaws.iter().take(20) {
            let (kind, grids) = (json!(flaw.kind), flaw.grids.iter().map(GridId::as_str).collect::<Vec<_>>().join(" "));
            lines.push(format!("  {} {grids} {} m²", kind.as_str().unwrap_or_default(), flaw.area_m2));
        }
        if dry_run {
            lines.push("仅预览，未写入 dry run, nothing was written".to_owned());
        }
        lines.join("\n")
    }
}

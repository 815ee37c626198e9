//! `huce-server import register FILE`, `import facilities FILE` and `import requests FILE`: progress on stderr, the figures on stdout.
//!
//! Exit code 0 when the register was imported (also when single rows were not), 2 when the file is refused as a
//! whole; then nothing was imported.

use std::{path::PathBuf, process::ExitCode};

use huce_core::{
    ids::{GridId, PersonId},
    ipc::console::RejectedRow,
    register::{Lang, Register, Warning, doubt_text, file_error_text, table::MAX_FILE_BYTES, table::Table},
};
use serde_json::{Value, json};

use super::{
    ImportError,
    apply::{apply, known},
    compare::{Preview, compare},
    facility,
    place::Choice,
    read,
    rejected::{rejected_rows, rejected_workbook},
    request,
};
use crate::app::{App, SYSTEM};

/// A register to import (.xlsx, .csv, .tsv).
#[derive(Debug, Clone, clap::Args)]
pub struct RegisterArgs {
    /// The file.
    pub file: PathBuf,
    /// Only look: nothing is written.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write the rows that were not imported to this .xlsx file, the reason in the last column.
    #[arg(long, value_name = "OUT.xlsx")]
    pub rejected: Option<PathBuf>,
    /// In which datum the file's latitudes and longitudes are: wgs84, gcj02 (高德, 腾讯) or bd09 (百度).
    #[arg(long, value_name = "DATUM", default_value_t)]
    pub datum: huce_core::datum::Datum,
    /// Rows whose own grid does not exist go to this grid; without it, grids are made as the register names them.
    #[arg(long, value_name = "CODE")]
    pub grid: Option<GridId>,
}

/// Runs it.
pub async fn register(app: &App, args: &RegisterArgs) -> ExitCode {
    tell(
        import(app, args).await.map(|report| if args.json { report.json().to_string() } else { report.words(args) }),
        args,
    )
}

/// Runs it for a register of facilities.
pub async fn facilities(app: &App, args: &RegisterArgs) -> ExitCode {
    let done = facility::import(app, args).await;
    tell(done.map(|report| if args.json { report.json().to_string() } else { report.words(args) }), args)
}

/// Runs it for a file of requests.
pub async fn requests(app: &App, args: &RegisterArgs) -> ExitCode {
    let done = request::import(app, args).await;
    tell(done.map(|report| if args.json { report.json().to_string() } else { report.words(args) }), args)
}

fn tell(done: Result<String, ImportError>, args: &RegisterArgs) -> ExitCode {
    match done {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(ImportError::File(error)) => {
            eprintln!("{}\n{}", file_error_text(&error, Lang::Zh), file_error_text(&error, Lang::En));
            if args.json {
                println!("{}", json!({ "error": error }));
            }
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// What an import did, or would do.
pub struct Report {
    /// The file.
    pub table: Table,
    /// Its rows.
    pub register: Register,
    /// What changes. Its edits are gone once they are written.
    pub preview: Preview,
    /// Events written.
    pub events: u64,
}

/// Reads, compares and (unless it only looks) writes.
///
/// # Errors
/// See [`ImportError`]; when the file is refused, nothing was written.
pub async fn import(app: &App, args: &RegisterArgs) -> Result<Report, ImportError> {
    let name = named(args)?;
    let path = args.file.clone();
    let work = move || read(&name, &std::fs::read(path)?, |done, all| eprint!("\r读取 reading {done}/{all}"));
    let (table, register) = tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::Reader)??;
    eprintln!();
    let known = {
        let mut conn = app.store.pool().acquire().await.map_err(crate::store::StoreError::from)?;
        known(&mut conn, &register).await?
    };
    if let Some(grid) = args.grid.as_ref().filter(|g| !known.grids.contains_key(g)) {
        return Err(ImportError::NoGrid(grid.clone()));
    }
    let choice = Choice { grid: args.grid.clone(), above: None };
    let preview = compare(&register, &known, &choice, &app.own.device);
    if let Some(path) = &args.rejected {
        std::fs::write(path, rejected_workbook(&table, &register.refusals(), Lang::Zh)?)?;
    }
    let mut events = 0;
    if !args.dry_run {
        let person = PersonId::new(SYSTEM).map_err(|_| ImportError::Reader)?;
        events = apply(app, &person, preview.clone(), |done, all| eprint!("\r写入 writing {done}/{all}")).await?;
        if events > 0 {
            eprintln!();
        }
    }
    Ok(Report { table, register, preview, events })
}

/// The file's name; a file that is too large is not even opened.
pub(super) fn named(args: &RegisterArgs) -> Result<String, ImportError> {
    let bytes = std::fs::metadata(&args.file)?.len();
    if bytes > MAX_FILE_BYTES {
        let error = huce_core::register::table::FileError::TooLarge { bytes, limit_bytes: MAX_FILE_BYTES };
        return Err(ImportError::File(error));
    }
    Ok(args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default())
}

/// Rows that were not imported, oddities in others, and whether anything was written: a line each.
pub(super) fn more(rejected: &[RejectedRow], warnings: &[Warning], dry_run: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rejected.iter().take(20) {
        let column = row.column.as_deref().unwrap_or_default();
        let first = row.first_row.map(|f| format!(" ← {f}")).unwrap_or_default();
        let text: Vec<_> = row.params.iter().map(|(_, v)| v.as_str()).collect();
        lines.push(format!("  {}{first} {column} {} {} {}", row.row, row.why, text.join(" "), row.address));
    }
    for warning in warnings.iter().take(20) {
        lines.push(format!("  {} {}", warning.row.row, doubt_text(warning.column, &warning.doubt, Lang::Zh)));
    }
    if dry_run {
        lines.push("仅预览，未写入 dry run, nothing was written".to_owned());
    }
    lines
}

impl Report {
    /// The rows that were not imported.
    pub fn rejected(&self) -> Vec<RejectedRow> {
        rejected_rows(&self.table, &self.register.refusals())
    }

    /// The figures and the rows behind them.
    pub fn json(&self) -> Value {
        let counts = &self.preview.counts;
        let conflicts: Vec<_> = self
            .register
            .conflicting
            .iter()
            .map(|c| {
                let columns: Vec<_> = c.columns.iter().map(|c| c.name()).collect();
                json!({ "row": c.row.row, "first_row": c.first_row.row, "columns": columns })
            })
            .collect();
        json!({
            "file": self.table.file_name,
            "encoding": self.table.encoding,
            "rows": counts.rows,
            "households": counts.households,
            "exact_duplicates": counts.exact_duplicates,
            "conflicting_duplicates": counts.conflicting_duplicates,
            "unusable": counts.unusable,
            "repaired": counts.repaired,
            "new": counts.new,
            "changed": counts.changed,
            "unchanged": counts.unchanged,
            "missing": counts.missing,
            "missing_doors": self.preview.missing.iter().map(|(_, door)| door).collect::<Vec<_>>(),
            "perhaps_moved": self.preview.perhaps_moved,
            "new_grids": self.preview.grids.iter().map(|g| g.id.to_string()).collect::<Vec<_>>(),
            "conflicts": conflicts,
            "rejected": self.rejected(),
            "changes": self.preview.changes.iter().filter(|c| c.field.is_some()).collect::<Vec<_>>(),
            "warnings": self.register.warnings,
            "events": self.events,
        })
    }

    /// The same in words.
    fn words(&self, args: &RegisterArgs) -> String {
        let c = &self.preview.counts;
        let mut lines = vec![
            format!(
                "{}（{}）：共 {} 行 = 住户 {} + 完全重复 {} + 矛盾重复 {} + 不能使用 {}",
                self.table.file_name,
                self.table.encoding,
                c.rows,
                c.households,
                c.exact_duplicates,
                c.conflicting_duplicates,
                c.unusable
            ),
            format!(
                "{} rows = {} households + {} exact duplicates + {} conflicting duplicates + {} unusable",
                c.rows, c.households, c.exact_duplicates, c.conflicting_duplicates, c.unusable
            ),
            format!("新增 new {}　变更 changed {}　不变 unchanged {}", c.new, c.changed, c.unchanged),
        ];
        if c.missing > 0 {
            lines.push(format!("本表没有、系统中仍保留 not in this file, kept: {}", c.missing));
        }
        if !self.preview.grids.is_empty() {
            let grids: Vec<_> = self.preview.grids.iter().map(|g| g.id.as_str()).collect();
            lines.push(format!("新建网格 new grids: {}", grids.join(" ")));
        }
        lines.extend(more(&self.rejected(), &self.register.warnings, args.dry_run));
        lines.join("\n")
    }
}

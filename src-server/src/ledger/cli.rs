//! `huce-server report day|week|month` and `huce-server ledger NAME`: what the console shows and offers, as files. The
//! server may run.

use std::{collections::BTreeSet, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use huce_core::{
    clock::{china_date, parse_day},
    figures::{Period, PeriodKind},
    ids::GridId,
    register::Lang,
};
use serde_json::json;

use super::{
    ask::{Desk, Filter, Ledger},
    files::{self, Kind},
    report, rows,
};
use crate::{
    api::report::{below, report as made},
    app::{App, Places, system_clock},
    store::{Conn, grids::Tree},
};

/// A language.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
}

/// The lengths of reports.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Length {
    /// 日调度
    Day,
    /// 周通报
    Week,
    /// 月总结
    Month,
}

/// A report 日调度, 周通报, 月总结.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// How long.
    kind: Length,
    /// Of this grid and those below it; without it of all.
    #[arg(long)]
    grid: Option<GridId>,
    /// A day that lies in it, YYYY-MM-DD; without it today.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The workbook to write (.xlsx), or all figures as .json; without it the sentences are printed.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The console's address, for links from the workbook.
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// In which language.
    #[arg(long, value_enum, default_value = "zh")]
    lang: Language,
}

/// A ledger 台账: visits, plans, requests, facilities, households, grids.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// Which one.
    #[arg(value_parser = |name: &str| Ledger::of_name(name).ok_or("visits, plans, requests, facilities, households or grids"))]
    ledger: Ledger,
    /// Of this grid and those below it; without it of all.
    #[arg(long)]
    grid: Option<GridId>,
    /// From this day on, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Until this day, included.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Only what has not come to its end.
    #[arg(long)]
    open: bool,
    /// The file to write: .xlsx, .csv or .geojson. It holds what residents said: keep it as you keep the server.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The console's address, for links from the workbook.
    #[arg(long, default_value = "", hide_default_value = true)]
    url: String,
    /// In which language.
    #[arg(long, value_enum, default_value = "zh")]
    lang: Language,
}

/// The grids that are meant.
async fn meant(conn: &mut Conn, grid: Option<&GridId>) -> Result<BTreeSet<GridId>> {
    let tree = Tree::load(conn).await?;
    match grid {
        Some(grid) if !tree.has(grid) => bail!("there is no grid {grid}"),
        Some(grid) => Ok(below(&tree, grid)),
        None => Ok(tree.all()),
    }
}

/// Runs `report`.
///
/// # Errors
/// When there is no such grid or day, or the file cannot be written.
pub async fn report(args: ReportArgs, places: &Places) -> Result<()> {
    let app = App::open(places, system_clock()).await?;
    let now_ms = app.now_ms();
    let kind = match args.kind {
        Length::Day => PeriodKind::Day,
        Length::Week => PeriodKind::Week,
        Length::Month => PeriodKind::Month,
    };
    let day = match &args.from {
        Some(text) => parse_day(text).with_context(|| format!("{text} is not YYYY-MM-DD"))?,
        None => china_date(now_ms),
    };
    let mut conn = app.store.pool().acquire().await?;
    let of = meant(&mut conn, args.grid.as_ref()).await?;
    let told = made(&mut conn, &of, args.grid, Period::of(kind, day), now_ms).await?;
    let lang = args.lang.into();
    if let Some(to) = &args.to {
        let bytes = match to.extension().and_then(|ending| ending.to_str()) {
            Some("xlsx") => {
                let mut desk = Desk::new(&mut conn, of, now_ms).await?;
                report::workbook(&mut desk, &told, lang, &args.url).await?
            }
            Some("json") => serde_json::to_vec_pretty(&told)?,
            _ => bail!("{}: the name has to end with .xlsx or .json", to.display()),
        };
        fs::write(to, bytes).with_context(|| to.display().to_string())?;
        println!("{}", json!({ "report": report::title(&told, lang), "file": to }));
    } else {
        println!("{}", report::text(&told, lang));
    }
    drop(conn);
    app.store.close().await;
    Ok(())
}

/// Runs `ledger`.
///
/// # Errors
/// When there is no such grid or day, or the file cannot be written.
pub async fn ledger(args: LedgerArgs, places: &Places) -> Result<()> {
    let ending = args.to.extension().and_then(|ending| ending.to_str()).and_then(Kind::of_ending);
    let Some(kind) = ending else { bail!("{}: the name has to end with .xlsx, .csv or .geojson", args.to.display()) };
    let app = App::open(places, system_clock()).await?;
    let lang = args.lang.into();
    let filter = Filter { from: args.from, until: args.until, open: args.open, lang, ..Filter::default() };
    let between = filter.between().map_err(|e| anyhow::anyhow!("a day is YYYY-MM-DD: {e}"))?;
    let mut conn = app.store.pool().acquire().await?;
    let of = meant(&mut conn, args.grid.as_ref()).await?;
    let mut desk = Desk::new(&mut conn, of, app.now_ms()).await?;
    let table = rows::table(&mut desk, args.ledger, &filter, between).await?;
    let bytes = files::write(&table, kind, lang, &args.url)?;
    fs::write(&args.to, bytes).with_context(|| args.to.display().to_string())?;
    println!("{}", json!({ "ledger": args.ledger.as_str(), "rows": table.rows.len(), "file": args.to }));
    drop(conn);
    app.store.close().await;
    Ok(())
}

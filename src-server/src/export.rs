//! `huce-server export visits`: what was recorded with a form, a visit a row, as .xlsx or .csv. What is corrected by a
//! later visit stays in the table, and says by which.
//!
//! `huce-server export events`: every event as its device signed it, a line each, for whoever wants to check the figures
//! without us (`tests/season/figures.py` does).

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use huce_core::{
    body::{Body, Visit},
    clock::china_now,
    event::Event,
    form::{read_bytes, row::Rows},
    household::Household,
    ids::{EventId, FormId, GridId, HouseholdId},
};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use serde_json::json;
use sqlx::Row;

use crate::{
    api::household::household_in,
    app::{App, Places, system_clock},
    store::{Conn, Question, docs, forms, grids::Tree, stream, word},
};

/// Takes data out.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// The visits that were recorded with a form, a row each.
    Visits(Visits),
    /// Every event as its device signed it: a line of JSON each, `{"payload": …, "sig": …}`, by device and number.
    Events(Events),
}

/// Where to.
#[derive(Debug, Args)]
pub struct Events {
    /// The file to write (.ndjson). It holds everything: keep it as you keep the server.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Which visits, and where to.
#[derive(Debug, Args)]
pub struct Visits {
    /// The form, as heating-visit.
    #[arg(long)]
    form: FormId,
    /// Of this grid and those below it; without it of all.
    #[arg(long)]
    grid: Option<GridId>,
    /// The file to write: .xlsx or .csv. It holds what residents said: keep it as you keep the server.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// The columns before the answers.
const HEAD: [&str; 12] = [
    "visit",
    "at",
    "person",
    "grid",
    "estate",
    "building",
    "entrance",
    "room",
    "outcome",
    "round",
    "version",
    "corrected_by",
];
/// Events that are read at once.
const PAGE: i64 = 500;
/// Characters of a cell of a workbook, at most.
const MOST_CHARS: usize = 32_000;

/// Runs the command.
///
/// # Errors
/// When there is no such form, or the file cannot be written.
pub async fn run(what: Export, places: &Places) -> Result<()> {
    let ask = match what {
        Export::Visits(ask) => ask,
        Export::Events(ask) => {
            let app = App::open(places, system_clock()).await?;
            let events = events(&app, &ask.to).await?;
            app.store.close().await;
            println!("{}", json!({ "events": events, "file": ask.to }));
            return Ok(());
        }
    };
    let is_workbook = match ask.to.extension().and_then(|ending| ending.to_str()) {
        Some("xlsx") => true,
        Some("csv") => false,
        _ => bail!("{}: the name has to end with .xlsx or .csv", ask.to.display()),
    };
    let app = App::open(places, system_clock()).await?;
    let table = table(&app, &ask).await?;
    app.store.close().await;
    let bytes = if is_workbook { workbook(&table)? } else { csv(&table) };
    fs::write(&ask.to, bytes).with_context(|| ask.to.display().to_string())?;
    println!("{}", json!({ "form": ask.form, "visits": table.len() - 1, "file": ask.to }));
    Ok(())
}

/// Writes every event; gives how many there are.
///
/// # Errors
/// When the database fails, or the file cannot be written.
pub async fn events(app: &App, to: &Path) -> Result<u64> {
    let mut conn = app.store.pool().acquire().await?;
    let file = File::create(to).with_context(|| to.display().to_string())?;
    let mut out = BufWriter::new(file);
    let (mut after, mut written) = ((String::new(), 0i64), 0u64);
    loop {
        let mut query = Question::new("SELECT device, seq, payload, sig FROM event WHERE device > ");
        query.bind(after.0.clone()).push(" OR (device = ").bind(after.0.clone()).push(" AND seq > ").bind(after.1);
        query.push(") ORDER BY device, seq LIMIT ").bind(PAGE);
        let rows = query.all(&mut conn).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            after = (row.try_get(0)?, row.try_get(1)?);
            // Byte for byte as it was signed: a payload is JSON without line breaks of its own.
            let (payload, sig): (String, String) = (row.try_get(2)?, row.try_get(3)?);
            writeln!(out, "{{\"payload\":{payload},\"sig\":{}}}", json!(sig))?;
            written += 1;
        }
    }
    out.flush()?;
    Ok(written)
}

/// The heading and the rows.
async fn table(app: &App, ask: &Visits) -> Result<Vec<Vec<String>>> {
    let mut conn = app.store.pool().acquire().await?;
    let newest = forms::versions(&mut conn).await?.into_iter().find(|version| version.form == ask.form);
    let newest = newest.with_context(|| format!("there is no form {}", ask.form))?;
    let bytes = forms::bytes(&mut conn, &newest.line.hash).await?.context("the form's workbook is missing")?;
    let form = read_bytes(&bytes).form().map_err(|flaws| anyhow::anyhow!("{flaws:?}"))?;
    let tree = Tree::load(&mut conn).await?;
    let grids = ask.grid.as_ref().map(|grid| tree.below(&[grid.clone()].into()));
    let (mut heads, mut rows) = (Vec::new(), Rows::new(&form));
    let mut corrected: BTreeMap<EventId, EventId> = BTreeMap::new();
    let mut after = (String::new(), 0);
    loop {
        let page = page(&mut conn, &after).await?;
        let Some((_, last)) = page.last() else { break };
        after = last.clone();
        let wanted = page.into_iter().filter_map(|(event, _)| match &event.body {
            Body::Visit(visit) if visit.form.as_ref().is_some_and(|(of, _)| *of == ask.form) => {
                Some((visit.clone(), event))
            }
            _ => None,
        });
        let wanted: Vec<(Visit, Event)> =
            wanted.filter(|(_, event)| grids.as_ref().is_none_or(|grids| grids.contains(&event.grid))).collect();
        let doors = wanted.iter().filter_map(|(_, event)| event.household.clone());
        let keys =
            doors.map(|door| huce_core::projection::Key::Record(huce_core::body::Noun::Household, door.to_string()));
        let records = docs::load(&mut conn, keys).await?;
        for (visit, event) in wanted {
            let door = event.household.as_ref().and_then(|id: &HouseholdId| household_in(&records, id));
            heads.push((event.id(), head(&event, &visit, door.as_ref())));
            corrected.extend(visit.corrects.clone().map(|before| (before, event.id())));
            rows.add(&visit.answers);
        }
    }
    let (columns, rows) = rows.finish();
    let heading = HEAD.iter().map(|&name| name.to_owned()).chain(columns).collect();
    let lines = heads.into_iter().zip(rows).map(|((id, mut line), answers)| {
        line.push(corrected.get(&id).map(ToString::to_string).unwrap_or_default());
        line.extend(answers);
        line
    });
    Ok(std::iter::once(heading).chain(lines).collect())
}

/// Visits in the order of their devices and numbers, after this one.
async fn page(conn: &mut Conn, after: &(String, i64)) -> Result<Vec<(Event, (String, i64))>> {
    let mut query = Question::new("SELECT device, seq FROM visit WHERE device > ");
    query.bind(after.0.clone()).push(" OR (device = ").bind(after.0.clone()).push(" AND seq > ").bind(after.1);
    query.push(") ORDER BY device, seq LIMIT ").bind(PAGE);
    let mut events = Vec::new();
    for row in query.all(conn).await? {
        let place: (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        let device = huce_core::ids::DeviceId::new(place.0.clone())?;
        let signed = stream::event(conn, &device, place.1.cast_unsigned()).await?;
        let event = signed.and_then(|signed| signed.event().ok());
        events.push((event.with_context(|| format!("{}-{} is damaged", place.0, place.1))?, place));
    }
    Ok(events)
}

/// The cells before the answers, but for the last one.
fn head(event: &Event, visit: &Visit, door: Option<&Household>) -> Vec<String> {
    let of = |part: fn(&Household) -> &String| door.map(part).cloned().unwrap_or_default();
    vec![
        event.id().to_string(),
        china_now(event.when_ms()).format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        event.person.to_string(),
        event.grid.to_string(),
        of(|d| &d.estate),
        of(|d| &d.building),
        of(|d| &d.entrance),
        of(|d| &d.room),
        word(&visit.outcome),
        visit.round.as_ref().map(ToString::to_string).unwrap_or_default(),
        visit.form.as_ref().map(|(_, hash)| hash.clone()).unwrap_or_default(),
    ]
}

fn workbook(table: &[Vec<String>]) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet();
    for (at, line) in (0u32..).zip(table) {
        for (column, cell) in (0u16..).zip(line) {
            write(sheet, at, column, cell, (at == 0).then_some(&bold))?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(book.save_to_buffer()?)
}

/// Numbers as numbers, where nothing of what was written is lost by it; everything else as text.
fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &str, format: Option<&Format>) -> Result<()> {
    let number = cell.parse::<f64>().ok().filter(|number| number.to_string() == cell);
    match (number, format) {
        (_, Some(format)) => sheet.write_string_with_format(row, column, cell, format)?,
        (Some(number), None) => sheet.write_number(row, column, number)?,
        (None, None) if cell.is_empty() => sheet,
        (None, None) => sheet.write_string(row, column, cell.chars().take(MOST_CHARS).collect::<String>())?,
    };
    Ok(())
}

/// RFC 4180, with the mark by which spreadsheet programs know UTF-8. A text that such a program would run as a formula
/// gets an apostrophe before it.
pub(crate) fn csv(table: &[Vec<String>]) -> Vec<u8> {
    let mut text = String::from("\u{feff}");
    for line in table {
        let cells = line.iter().map(|cell| {
            let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
            let cell = if is_formula { format!("'{cell}") } else { cell.clone() };
            if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn cells_are_quoted_and_no_formula_is_run() {
        let table = [vec!["a,b".to_owned(), "c\"d".to_owned(), "=1+1".to_owned(), "-3.5".to_owned()]];
        let text = String::from_utf8(csv(&table)).unwrap_or_default();
        assert_eq!(text, "\u{feff}\"a,b\",\"c\"\"d\",'=1+1,-3.5\r\n");
    }
}

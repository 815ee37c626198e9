//! What is counted: a month on the tablet and on the server is the same, the workbook and the ledgers say what the figures
//! say, and in the console a figure leads to its event with two clicks.

use anyhow::{Context, Result, ensure};
use huce_core::workbook::{Limits, Sheets};
use huce_tests::{server::Server, tablet::Tablet};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door_to_depot::sign_in;

/// 王建设's grid.
const GRID: &str = "SY-02-1";

/// A figure of a report; 0 where it is left out.
fn figure(report: &Value, name: &str) -> u64 {
    let counts = report["total"]["counts"].as_array().cloned().unwrap_or_default();
    counts.iter().find(|count| count[0] == json!(name)).and_then(|count| count[1].as_u64()).unwrap_or_default()
}

/// A day in the month before this one, when nothing runs any more that was taken then.
fn last_month(report: &Value) -> Result<String> {
    let from_ms = report["period"]["from_ms"].as_i64().context("no period")?;
    Ok(huce_core::clock::china_date(from_ms - 1).to_string())
}

#[test]
fn a_tablet_and_the_server_count_the_same_and_the_files_agree() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let running = tablet.must(&["report", "month", "--grid", GRID])?;
    let day = last_month(&running)?;
    let folder = TempDir::new()?;
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    for (kind, day) in [("month", day.as_str()), ("week", day.as_str())] {
        let here = tablet.must(&["report", kind, "--grid", GRID, "--day", day])?;
        server.must(&["report", kind, "--grid", GRID, "--from", day, "--to", &at("report.json")])?;
        let there: Value = serde_json::from_slice(&std::fs::read(at("report.json"))?)?;
        for part in ["period", "total", "before", "season_before", "grids", "league", "steps", "overdue_total"] {
            ensure!(here[part] == there[part], "{kind}: {part} differs:\n{}\n{}", here[part], there[part]);
        }
    }
    let month = tablet.must(&["report", "month", "--grid", GRID, "--day", &day])?;
    ensure!(figure(&month, "households") > 0 && figure(&month, "visits") > 0, "nothing was counted: {month}");

    // Every fact behind a figure is named, and the ledger has as many rows.
    let traces = tablet.must(&["report", "month", "--grid", GRID, "--day", &day, "--figure", "visits"])?;
    ensure!(traces["total"].as_u64() == Some(figure(&month, "visits")), "{traces}");
    let events = traces["lines"].as_array().context("no lines")?;
    ensure!(events.iter().all(|line| line["event"].is_string()), "{traces}");
    let date = |name: &str, less: i64| {
        let ms = month["period"][name].as_i64().unwrap_or_default();
        huce_core::clock::china_date(ms - less).to_string()
    };
    let (from, until) = (date("from_ms", 0), date("until_ms", 1));
    let days = ["--grid", GRID, "--from", &from, "--until", &until];
    for (ledger, figured) in [("visits", "visits"), ("plans", "plans_opened"), ("requests", "taken")] {
        let file = at(&format!("{ledger}.csv"));
        let told = server.json(&[&["ledger", ledger, "--to", &file][..], &days[..]].concat())?;
        ensure!(told["rows"].as_u64() == Some(figure(&month, figured)), "{ledger}: {told}, {month}");
        let lines = std::fs::read_to_string(&file)?.lines().count();
        ensure!(lines as u64 > figure(&month, figured), "{ledger}: {lines} lines");
    }

    server.must(&["report", "month", "--grid", GRID, "--from", &day, "--to", &at("month.xlsx")])?;
    let book = Sheets::open(&std::fs::read(at("month.xlsx"))?, "", Limits::default())?;
    for sheet in ["通报", "指标", "网格", "擂台赛", "超期", "走势", "入户台账", "一户一策台账", "诉求台账"]
    {
        ensure!(book.get(sheet).is_some(), "no sheet {sheet}: {:?}", book.names().collect::<Vec<_>>());
    }
    let figures = book.get("指标").context("no figures")?;
    let visits = figures.iter().find(|row| row[0] == "入户次数").context("no visits")?;
    ensure!(visits[1] == figure(&month, "visits").to_string(), "{visits:?}");
    let said = book.get("通报").context("no sentences")?;
    ensure!(said[0][0].starts_with("月总结"), "{said:?}");

    server.must(&["ledger", "facilities", "--grid", GRID, "--to", &at("facilities.geojson")])?;
    let shown: Value = serde_json::from_slice(&std::fs::read(at("facilities.geojson"))?)?;
    let first = &shown["features"][0];
    let lon = first["geometry"]["coordinates"][0].as_f64().context("no place")?;
    ensure!((113.0..115.0).contains(&lon), "longitude stands first: {first}");
    ensure!(!server.command(&["ledger", "visits", "--grid", "XX", "--to", &at("x.csv")])?.1, "a grid that is none");
    Ok(())
}

#[tokio::test]
async fn in_the_console_a_figure_leads_to_its_event_with_two_clicks() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let folder = TempDir::new()?;
    let console = sign_in(&server, folder.path()).await?;
    // The month of a day with visits: on the first of a month, this one has none yet.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let day = huce_core::clock::china_date(i64::try_from(now.as_millis())? - 2 * 86_400_000);
    for (kind, name) in [("day", "日调度"), ("week", "周通报"), ("month", "月总结")] {
        console.page.goto(&format!("{}/console/reports?kind={kind}&day={day}", server.url())).await?;
        console.read(&[name, "覆盖率", "擂台赛", "超期事项", "指标口径"]).await?;
        console.settle().await?;
        console.shoot(&format!("report-{kind}")).await?;
    }
    console.click("a.report-tile[href*='figure=visits']").await?;
    console.read(&["入户次数", "事件"]).await?;
    console.settle().await?;
    console.shoot("report-facts").await?;
    console.click(".traces-page a.row-to[href*='/record/']").await?;
    console.see(".record-page").await?;

    console.page.goto(&format!("{}/console/ledgers", server.url())).await?;
    console.read(&["入户台账", "一户一策台账", "诉求台账", "设施台账"]).await?;
    console.settle().await?;
    console.shoot("ledgers").await?;
    // The browser's own cookie: what a click on the link would bring.
    let script = "return fetch('/api/report.xlsx?kind=week').then(reply => reply.status + ' ' + reply.headers.get('content-disposition'))";
    let reply = console.page.execute(script, vec![]).await?;
    ensure!(reply.as_str().is_some_and(|said| said.starts_with("200 attachment; filename=\"huce-week-")), "{reply}");
    let script = "return fetch('/api/export/requests.csv?running=true&lang=en').then(reply => reply.text())";
    let reply = console.page.execute(script, vec![]).await?;
    ensure!(reply.as_str().is_some_and(|text| text.contains("taken,grid,place")), "{reply}");

    console.page.goto(&format!("{}/console/wall", server.url())).await?;
    console.read(&["日调度", "在办诉求", "覆盖率"]).await?;
    console.settle().await?;
    console.shoot("wall").await?;
    console.close().await
}

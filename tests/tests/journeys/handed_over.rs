//! A request that is asked twice, paused, handed over twice and decided: by the command line on tablets without signal, decided in
//! the real console; the rule table has learned, and the next request of its kind goes the right way on a tablet again without
//! signal. And a file of requests, imported twice.

use anyhow::{Context, Result, ensure};
use huce_tests::{server::Server, tablet::Tablet};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door_to_depot::sign_in;

const ESTATE: &str = "锅炉厂家属院";
const DOOR: &str = "2-1-101";
const NEXT_DOOR: &str = "2-1-201";

fn take(tablet: &Tablet, door: &str, more: &[&str]) -> Result<String> {
    let ask = ["request", "take", "--household", door, "--category", "leak", "--text", "立管漏水"];
    let taken = tablet.must(&[ask.as_slice(), more].concat())?;
    Ok(taken["request"].as_str().context("no request")?.to_owned())
}

#[tokio::test]
async fn a_request_is_handed_over_twice_and_decided_and_the_table_learns() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let tablet = Tablet::enrolled(&server, "wangjianshe")?;
    let door = tablet.household(ESTATE, DOOR)?;
    let request = take(&tablet, &door, &[])?;
    ensure!(take(&tablet, &door, &["--channel", "city_app"])? == request, "asked again, it is the same request");
    let other = take(&tablet, &door, &["--another"])?;
    ensure!(other != request, "it is another matter");
    tablet.must(&["request", "join", &other, "--into", &request])?;

    tablet.must(&["request", "answer", &request])?;
    tablet.must(&["request", "pause", &request, "--reason", "parts", "--note", "等管件"])?;
    ensure!(!tablet.command(&["request", "pause", &request, "--reason", "parts"])?.1, "it stands still already");
    tablet.must(&["request", "resume", &request])?;
    let hand =
        |to: &str, reason: &str| tablet.command(&["request", "hand-over", &request, "--to", to, "--reason", reason]);
    ensure!(hand("property", "公共立管归物业")?.1 && hand("community", "物业说没有合同")?.1);
    let third = hand("crew", "退回")?;
    ensure!(!third.1 && format!("{third:?}").contains("waits_for_decision"), "{third:?}");
    let page = tablet.must(&["request", "show", &request])?;
    let line = &page["line"]["request"];
    ensure!(
        line["again"].as_array().is_some_and(|a| a.len() == 1)
            && line["pauses"].as_array().is_some_and(|p| p.len() == 1),
        "{line}"
    );
    ensure!(line["route"]["hand_overs"].as_array().is_some_and(|h| h.len() == 2), "{line}");
    tablet.must(&["sync"])?;

    let folder = TempDir::new()?;
    let console = sign_in(&server, folder.path()).await?;
    console.page.goto(&format!("{}/console/requests?part=decide", server.url())).await?;
    console.read(&[DOOR, "社区"]).await?;
    console.settle().await?;
    console.shoot("requests-decide").await?;
    console.tap_in(".row-to", DOOR).await?;
    console.read(&["待责任认定", "公共立管归物业", "物业说没有合同", "再次来诉"]).await?;
    console.shoot("request-route").await?;
    console.tap_in(".steps .btn", "责任认定").await?;
    console.tap_in("dialog .option", "物业").await?;
    console.fill("dialog textarea", "公共立管由物业维修").await?;
    console.click("dialog option[value='SY-02']").await?;
    console.shoot("request-decide").await?;
    console.click("dialog .btn.primary:not([disabled])").await?;
    console.read(&["网格办认定：物业", "公共立管由物业维修"]).await?;
    console.page.goto(&format!("{}/console/rules", server.url())).await?;
    console.read(&["漏水", "物业", "公共立管由物业维修"]).await?;
    console.settle().await?;
    console.shoot("rules").await?;
    console.close().await?;

    // The tablet hears of the decision and of the rule, which holds for the crew's grid above its own.
    tablet.must(&["sync"])?;
    let page = tablet.must(&["request", "show", &request])?;
    ensure!(page["line"]["request"]["route"]["decision"]["party"] == json!("property"), "{page}");
    ensure!(!hand("crew", "再转")?.1, "what is decided stands");
    server.stop();
    let next = take(&tablet, &tablet.household(ESTATE, NEXT_DOOR)?, &[])?;
    let route = tablet.must(&["request", "show", &next])?["line"]["request"]["route"].clone();
    ensure!(route["first"] == json!("property") && route["rule"].is_string(), "without signal: {route}");
    Ok(())
}

#[test]
fn a_file_of_requests_is_imported_once() -> Result<()> {
    let server = Server::with_demo()?;
    let folder = TempDir::new()?;
    let file = folder.path().join("12345.csv");
    let rows = format!(
        "工单编号,受理时间,来源,地址,诉求内容,联系电话\n\
         T1,2026-01-10 08:30,12345热线,{ESTATE}2-1-301,家里不热,13800000001\n\
         T2,2026-01-10 08:40,郑好拍,{ESTATE}2-1-301,还是不热,13800000002\n\
         T3,2026-01-10 08:50,12345热线,没有这个小区9-9-999,漏水,\n"
    );
    std::fs::write(&file, rows)?;
    let file = file.to_string_lossy().into_owned();
    let import = |more: &[&str]| server.json(&[["import", "requests", &file, "--json"].as_slice(), more].concat());
    let counts = |r: &Value| [&r["rows"], &r["new"], &r["again"], &r["known"], &r["unusable"]].map(Value::as_u64);
    let of = |all: [u64; 5]| all.map(Some);
    let looked = import(&["--dry-run"])?;
    ensure!(looked["requests"] == json!(2), "{looked}");
    let first = import(&[])?;
    ensure!(counts(&first) == of([3, 1, 1, 0, 1]), "{first}");
    let again = import(&[])?;
    ensure!(counts(&again) == of([3, 0, 0, 2, 1]), "{again}");
    let placed = import(&["--grid", "SY-02-1"])?;
    ensure!(counts(&placed) == of([3, 1, 0, 2, 0]), "what has no door goes to the grid that was chosen: {placed}");
    Ok(())
}

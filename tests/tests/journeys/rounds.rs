//! A round from its creation to full coverage: drawn up in the console for the top floors, given to a person by the crew
//! lead's tablet, walked by the inspector's, with a door that has to be knocked at again; the console shows it covered.

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use huce_tests::{
    server::Server,
    tablet::Tablet,
    window::{Held, Window},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::door_to_depot::sign_in;

const NAME: &str = "锅炉厂家属院顶层复查";
const ESTATE: &str = "锅炉厂家属院";

#[tokio::test]
async fn a_round_goes_from_the_query_to_full_coverage() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let folder = TempDir::new()?;
    let console = sign_in(&server, folder.path()).await?;
    draw(&console, &server).await?;

    let lead = Tablet::enrolled(&server, "mabanzhang")?;
    let inspector = Tablet::enrolled(&server, "wangjianshe")?;
    let drive = drive_of(&inspector)?;
    let walk = stairwells(&inspector.must(&["round", "walk", &drive])?)?;
    let doors: Vec<String> = walk.iter().flat_map(doors_of).collect();
    ensure!(walk.len() == 12 && doors.len() > 12, "the top doors of 12 stairwells: {} {}", walk.len(), doors.len());

    // The first stairwell goes to somebody else: it is not the inspector's any more. An inspector does not say so.
    let first = walk.first().context("no stairwell")?;
    let named =
        ["estate", "building", "entrance"].map(|part| first["at"][part].as_str().unwrap_or_default().to_owned());
    let named = named.join("/");
    let assign = |person: &'static str| {
        ["round", "assign", &drive, "--stairwell", &named, "--person", person].map(str::to_owned)
    };
    let refused = assign("zhaomin");
    ensure!(!inspector.command(&refused.each_ref().map(String::as_str))?.1, "an inspector assigns");
    for (person, seen) in [("zhaomin", 11), ("wangjianshe", 12)] {
        let call = assign(person);
        ensure!(lead.must(&call.each_ref().map(String::as_str))? == json!(1));
        lead.must(&["sync"])?;
        inspector.must(&["sync"])?;
        let walk = stairwells(&inspector.must(&["round", "walk", &drive])?)?;
        ensure!(walk.len() == seen, "assigned to {person}: {} stairwells", walk.len());
    }

    // Nobody opens the first door: it stays, and says when to come again. The visit counts for this round by itself.
    let silent = doors.first().context("no door")?;
    inspector.must(&["visit", "--household", silent, "--no-answer"])?;
    let walk = inspector.must(&["round", "walk", &drive])?;
    let door = door(&walk, silent).context("the silent door is gone")?;
    ensure!(door["visit"] == json!("no_answer") && door["again"]["times"] == json!(1), "{door}");
    ensure!(door["again"]["tried"].as_array().is_some_and(|parts| parts.len() == 1), "{door}");
    ensure!(!door["again"]["tried"].as_array().is_some_and(|parts| parts.contains(&door["again"]["at"])), "{door}");

    let app = Window::tablet(&inspector.store(), Held::Portrait).await?;
    app.go(&format!("/walk/{drive}")).await?;
    app.read(&[NAME, "无人", "再来"]).await?;
    app.settle().await?;
    app.shoot("round-walk").await?;
    app.close().await?;

    // Everybody refuses: that ends a visit, too.
    for household in &doors {
        inspector.must(&["visit", "--household", household, "--refused"])?;
    }
    let page = inspector.must(&["round", "show", &drive])?;
    let (all, visited) = (&page["coverage"]["doors"], &page["coverage"]["visited"]);
    ensure!(all == visited && all == &json!(doors.len()), "{}", page["coverage"]);
    inspector.must(&["sync"])?;
    lead.must(&["sync"])?;
    let of_lead = lead.must(&["round", "show", &drive])?;
    ensure!(of_lead["coverage"] == page["coverage"], "two tablets, two figures");

    console.page.goto(&format!("{}/console/round/{drive}", server.url())).await?;
    console.read(&[NAME, "剩余户数", "王建设", "100%"]).await?;
    console.settle().await?;
    console.shoot("round-covered").await?;
    console.tap_in("a.btn.quiet", "立面").await?;
    console.see(".facade .door.apart").await?;
    console.read(&["拒绝"]).await?;
    console.settle().await?;
    console.shoot("round-facade").await?;
    console.close().await
}

/// The dispatcher draws it up: the top floors of an estate.
async fn draw(console: &Window, server: &Server) -> Result<()> {
    console.page.goto(&format!("{}/console/rounds", server.url())).await?;
    console.click(".c-head .btn.primary").await?;
    console.fill("input[name=round-name]", NAME).await?;
    console.read(&["412"]).await?;
    for (name, value) in [("round-estate", ESTATE), ("round-floors", "1")] {
        let select = console.page.find(Locator::Css(&format!("select[name={name}]"))).await?;
        select.select_by_value(value).await?;
    }
    console.read(&["12 个单元"]).await?;
    console.settle().await?;
    console.shoot("round-draw").await?;
    console.click(".draw-round button[type=submit]:not([disabled])").await?;
    console.read(&[NAME, "剩余户数", "未分派"]).await?;
    console.settle().await?;
    console.shoot("round-new").await
}

/// What the tablet's list calls it.
fn drive_of(tablet: &Tablet) -> Result<String> {
    let list = tablet.must(&["round", "list"])?;
    let drives = list["drives"].as_array().context("no list")?;
    let line = drives.iter().find(|line| line["name"] == json!(NAME)).context("the round did not come")?;
    Ok(line["drive"].as_str().context("no name")?.to_owned())
}

fn stairwells(walk: &Value) -> Result<Vec<Value>> {
    let rounds = walk["rounds"].as_array().context("no rounds")?;
    Ok(rounds.iter().filter_map(|round| round[1].as_array()).flatten().cloned().collect())
}

fn doors_of(stairwell: &Value) -> Vec<String> {
    let doors = stairwell["doors"].as_array().into_iter().flatten();
    doors.filter_map(|door| door["household"].as_str().map(str::to_owned)).collect()
}

fn door(walk: &Value, household: &str) -> Option<Value> {
    let all = stairwells(walk).ok()?;
    let doors = all.iter().filter_map(|stairwell| stairwell["doors"].as_array()).flatten();
    doors.into_iter().find(|door| door["household"] == json!(household)).cloned()
}

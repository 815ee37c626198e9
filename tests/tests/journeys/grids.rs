//! The tree of grids: imported from a map in the datum of Chinese maps, and an inspector's grid that is split in mid-season
//! while a tablet of it is in a basement. Nothing of what is recorded is lost, and both grids tell of it.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use huce_tests::{process::run, server::Server, tablet::Tablet};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The grid of 王建设, and the part that is split off.
const GRID: &str = "SY-02-1";
const PART: &str = "SY-02-9";

/// A file of two grids, one of which cannot stand.
fn map() -> String {
    let ring = [[113.6402, 34.7402], [113.6452, 34.7402], [113.6452, 34.7442], [113.6402, 34.7402]];
    let feature = |code: &str, parent: &str| {
        json!({
            "type": "Feature",
            "properties": {"网格编号": code, "网格名称": "新片区", "级别": "专管员网格", "上级网格": parent},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        })
    };
    json!({"type": "FeatureCollection", "features": [feature("SY-02-8", "SY-02"), feature("SY-09-1", "SY-09")]})
        .to_string()
}

#[test]
fn grids_come_from_a_map_in_its_own_datum() -> Result<()> {
    let server = Server::with_demo()?;
    let folder = TempDir::new()?;
    let file = folder.path().join("map.geojson");
    std::fs::write(&file, map())?;
    let file = file.to_string_lossy().into_owned();
    let dry = server.json(&["import", "grids", &file, "--datum", "gcj02", "--dry-run", "--json"])?;
    ensure!((&dry["rows"], &dry["grids"], &dry["events"]) == (&json!(2), &json!(1), &json!(0)), "{dry}");
    ensure!(dry["rejected"][0]["code"] == json!("SY-09-1") && dry["datum"] == json!("gcj02"), "{dry}");
    let done = server.json(&["import", "grids", &file, "--datum", "gcj02", "--json"])?;
    ensure!((&done["new"], &done["events"]) == (&json!(["SY-02-8"]), &json!(1)), "{done}");
    let again = server.json(&["import", "grids", &file, "--datum", "gcj02", "--json"])?;
    ensure!((&again["unchanged"], &again["events"]) == (&json!(1), &json!(0)), "{again}");
    Ok(())
}

/// Somebody who is signed in at the console: curl with a file for the cookie.
struct Console<'a> {
    server: &'a Server,
    folder: TempDir,
}

impl<'a> Console<'a> {
    fn sign_in(server: &'a Server, login: &str) -> Result<Self> {
        let console = Self { server, folder: TempDir::new()? };
        console.call("sign_in", &json!({"login": login, "password": "huce-demo"}))?;
        Ok(console)
    }

    fn call(&self, name: &str, body: &Value) -> Result<Value> {
        let cookies = self.folder.path().join("cookies").to_string_lossy().into_owned();
        let mut curl = Command::new("curl");
        curl.args(["-sSk", "-m", "60", "--fail-with-body", "-b", &cookies, "-c", &cookies, "-H", "x-huce: 1"]);
        curl.args(["--data-binary", &body.to_string(), &format!("{}/api/{name}", self.server.url())]);
        let (out, held, err) = run(&mut curl)?;
        ensure!(held, "{name}: {out} {err}");
        serde_json::from_str(&out).context(out)
    }
}

#[test]
fn a_grid_is_split_in_mid_season_and_nothing_is_lost() -> Result<()> {
    let mut server = Server::with_demo()?;
    server.start()?;
    let here = Tablet::enrolled(&server, "wangjianshe")?;
    let console = Console::sign_in(&server, "diaodu")?;
    let grids = console.call("grids", &json!({}))?;
    let line = |grids: &Value, code: &str| {
        let lines = grids["grids"].as_array().cloned().unwrap_or_default();
        lines.into_iter().find(|line| line["grid"]["id"] == json!(code))
    };
    let before = line(&grids, GRID).context("no such grid")?;
    let covers = before["grid"]["covers"][0].clone();
    let (estate, building) = (covers["estate"].clone(), covers["buildings"][0].clone());
    let doors = before["households"][0].as_u64().context("no households")?;

    let part = json!({"code": PART, "name": "新拆分网格", "covers": [{"estate": estate, "buildings": [building]}]});
    let split = |dry_run: bool| json!({"grid": GRID, "parts": [part], "beside": true, "dry_run": dry_run});
    let seen = console.call("split_grid", &split(true))?;
    let moving = seen["households"][0][3].as_u64().context("nobody would move")?;
    ensure!(moving > 0 && moving < doors && seen["events"] == json!(0), "{seen}");
    let done = console.call("split_grid", &split(false))?;
    ensure!(done["households"] == seen["households"], "what was shown was done: {done}");
    // An act that is done again moves nobody.
    let again = console.call("split_grid", &split(false))?;
    ensure!(again["households"] == json!([]), "{again}");
    let grids = console.call("grids", &json!({}))?;
    let (old, new) = (line(&grids, GRID).context("the old grid")?, line(&grids, PART).context("the new grid")?);
    ensure!(new["households"][0] == json!(moving) && old["households"][0] == json!(doors - moving), "{old} {new}");

    // The tablet has not heard: it knocks at a door that is the new grid's by now.
    let (estate, building) = (estate.as_str().context("an estate")?, building.as_str().context("a building")?);
    let door = here.household(estate, &format!("{building}-1-101"))?;
    here.must(&["visit", "--household", &door, "--no-answer"])?;
    let synced = here.must(&["sync"])?;
    ensure!(!synced.to_string().contains("no_right"), "its visit was taken: {synced}");

    // A tablet of the new grid has the whole history of the door, that visit among it.
    let role = format!("inspector:{PART}");
    server.must(&["person", "add", "--login", "newcomer", "--name", "新人", "--role", &role])?;
    let there = Tablet::enrolled(&server, "newcomer")?;
    let page = there.must(&["household", &door])?;
    let visits = page["door"]["visits"].as_object().context("no visits")?;
    ensure!(visits.values().any(|visit| visit["person"] == json!("wangjianshe")), "{page}");
    // And the old tablet lists it no more.
    ensure!(!here.command(&["visit", "--household", &door, "--no-answer"])?.1, "the door is another grid's");
    Ok(())
}

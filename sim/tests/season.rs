//! A small season, and its figures by a script that has nothing of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{path::Path, process::Command};

use chrono::NaiveDate;
use clap::Parser;
use huce_server::{
    app::{App, system_clock},
    audit,
    command::{self, Arguments},
};
use huce_sim::season::{EVENTS, Settings, made, make};
use serde_json::Value;

/// Python 3 and its standard library: what an auditor has.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/season/figures.py");

fn season(seed: u64, households: usize, first: &str, last: &str) -> Settings {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    Settings { seed, households, first: day(first), last: day(last), until_hour: 24 }
}

/// What `huce-server report … --to FILE.json` writes.
async fn report(data: &Path, kind: &str, day: &str, to: &Path) -> Value {
    let data = data.to_str().unwrap();
    let to_text = to.to_str().unwrap();
    let line = ["huce-server", "report", kind, "--from", day, "--to", to_text, "--data", data];
    command::run(Arguments::try_parse_from(line).unwrap()).await.unwrap();
    serde_json::from_slice(&std::fs::read(to).unwrap()).unwrap()
}

fn figure(report: &Value, name: &str) -> u64 {
    let counts = report["total"]["counts"].as_array().unwrap();
    counts.iter().find(|count| count[0] == name).map_or(0, |count| count[1].as_u64().unwrap())
}

/// Rounds under way, a grid that is split, a clock that runs ahead: the bulletins and the months of it, before and after.
#[test]
fn every_figure_of_a_season_is_what_its_events_say() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let told = make(&season(5, 600, "2025-12-08", "2026-01-25"), &data, |_, _| {}).unwrap();
    println!("{} events, {} acts, refused: {:?}", told.events, told.acts, told.refused);
    assert!(told.events > 600 + told.acts / 2, "{told:?}");
    assert!(told.refused.values().sum::<u64>() * 5 < told.acts, "{:?}", told.refused);
    assert_eq!(made(&data).unwrap().trace, told.trace);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let periods = [
        ("week", "2025-12-29"),
        ("week", "2026-01-12"),
        ("month", "2025-12-31"),
        ("month", "2026-01-01"),
        ("day", "2026-01-13"),
    ];
    let file = data.join(EVENTS);
    for (kind, day) in periods {
        let to = dir.path().join(format!("{kind}-{day}.json"));
        let report = runtime.block_on(report(&data, kind, day, &to));
        if (kind, day) == ("month", "2025-12-31") {
            let named = ["visits", "no_answer", "measured", "cold", "plans_opened", "taken", "solved", "called_back"];
            assert!(named.iter().all(|name| figure(&report, name) > 0), "{kind} {day}: {}", report["total"]);
        }
        let checked =
            Command::new("python3").arg(SCRIPT).arg(&file).args([kind, day, "--against"]).arg(&to).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{kind} {day}:\n{said}");
    }
    // The grid that was split has its part beside it, with its own line.
    let january = dir.path().join("month-2026-01-01.json");
    let january: Value = serde_json::from_slice(&std::fs::read(january).unwrap()).unwrap();
    assert!(january["grids"].as_array().unwrap().iter().any(|line| line["grid"] == "TB-02-1B"));
    // What is stored is what thirty tablets signed.
    runtime.block_on(async {
        let app = App::open(&data, system_clock()).await.unwrap();
        let found = audit::verify(&app.store).await.unwrap().findings;
        assert!(found.is_empty(), "{found:?}");
        app.store.close().await;
    });
}

#[test]
fn a_seed_gives_the_same_season_every_time() {
    let settings = season(9, 120, "2025-12-15", "2025-12-23");
    let trace = || {
        let dir = tempfile::tempdir().unwrap();
        make(&settings, &dir.path().join("data"), |_, _| {}).unwrap().trace
    };
    assert_eq!(trace(), trace());
}

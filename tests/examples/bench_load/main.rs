//! `./x bench load`: a depot at 17:30. One real server process, over HTTP on loopback, on SQLite and a folder and on a
//! PostgreSQL of its own that syncs to the disk (photos in a folder, with `--s3` in an S3 store of its own).
//!
//! Three parts, each on an empty district of its own: text visits alone (what intake costs), visits with two photos
//! each (what photos cost), and the whole depot: 330 tablets with 60 visits and 60 photos each that sync at once.
//! In the first two, the events are signed before the clock starts, and what hands them in does nothing else.
//!
//! `bench_load FOLDER [--tablets N] [--visits N] [--on sqlite|postgres] [--s3] [--only text|photos|depot]`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod counted;
mod depot;
mod district;
mod hands;
mod server;

use std::path::PathBuf;

/// How large, and what of it.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Where everything lies.
    pub folder: PathBuf,
    /// How many tablets.
    pub tablets: usize,
    /// Visits of each, and photos.
    pub visits: usize,
    /// Photos in an S3 store, with PostgreSQL.
    pub s3: bool,
}

/// What a day brings.
const TABLETS: usize = 330;
const VISITS: usize = 60;
/// As many bytes as a photo of a tablet has.
pub const PHOTO_BYTES: usize = 300_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).map(String::as_str);
    let number = |name: &str, usual: usize| value(name).map_or(usual, |n| n.parse().expect("a number"));
    let folder = args.first().filter(|a| !a.starts_with("--")).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let scale = Scale {
        folder: folder.path().to_owned(),
        tablets: number("--tablets", TABLETS),
        visits: number("--visits", VISITS),
        s3: args.iter().any(|a| a == "--s3"),
    };
    if (scale.tablets, scale.visits) != (TABLETS, VISITS) {
        println!(
            "SMALLER than a depot: {} tablets, {} visits; budgets are for {TABLETS}, {VISITS}",
            scale.tablets, scale.visits
        );
    }
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores, which the tablets use as well; load average {}", server::load_average());
    let only = value("--only");
    for kind in ["sqlite", "postgres"] {
        if value("--on").is_some_and(|on| on != kind) {
            continue;
        }
        for part in ["text", "photos", "depot"] {
            if only.is_some_and(|only| only != part) {
                continue;
            }
            let place = scale.folder.join(format!("{kind}-{part}"));
            std::fs::create_dir_all(&place).unwrap();
            match part {
                "text" => hands::text(&scale, kind, &place),
                "photos" => hands::photos(&scale, kind, &place),
                _ => depot::run(&scale, kind, &place),
            }
            std::fs::remove_dir_all(&place).unwrap();
        }
    }
}

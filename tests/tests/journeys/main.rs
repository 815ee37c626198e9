//! Journeys over real processes: the server, the tablet's command line, the tablet's window and a browser.
//! One binary, so that what they share is linked once; one file a journey.

mod annex;
mod approval;
mod authoring;
mod bundle;
mod by_file;
mod camera;
mod conflict;
mod copied;
mod crash;
mod desk;
mod door_to_depot;
mod every_type;
mod facilities;
mod forgotten_pin;
mod form_files;
mod grids;
mod handed_over;
mod hub;
mod many_servers;
mod photo;
mod pin;
mod quiet;
mod recording;
mod registers;
mod reports;
mod restored;
mod rounds;
mod screens;
mod serving;
mod trust;

/// Every file beside this one is a module above: a journey that is written cannot be forgotten.
#[test]
fn every_journey_is_listed() -> anyhow::Result<()> {
    let folder = huce_tests::root().join("tests/tests/journeys");
    let listed = std::fs::read_to_string(folder.join("main.rs"))?;
    for file in std::fs::read_dir(folder)?.flatten() {
        let name = file.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        assert!(name == "main" || listed.contains(&format!("\nmod {name};")), "{name}.rs is not listed in main.rs");
    }
    Ok(())
}

//! Checks the window's configuration and capabilities at compile time.

use std::{fs, path::Path};

/// The window embeds `dist/tablet`. Where the UI was not built yet (a plain `cargo check` in a fresh clone) an
/// empty page stands in, so that the crate still compiles; `./x build` writes the real one over it.
fn main() {
    let page = Path::new("../dist/tablet/index.html");
    if !page.exists() {
        let _ = fs::create_dir_all("../dist/tablet");
        let _ = fs::write(page, "<!doctype html><title>Huce</title>The UI is not built: run ./x build\n");
    }
    tauri_build::build();
}

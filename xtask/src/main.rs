//! What `./x` calls once the machine is ready. Read `ui.rs` (how the pages become `dist/`), then the two checks.

mod direction;
mod files;
mod ui;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    match task(&std::env::args().nth(1).unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let chain: Vec<_> = error.chain().map(ToString::to_string).collect();
            eprintln!("xtask: {}", chain.join(": "));
            ExitCode::FAILURE
        }
    }
}

fn task(name: &str) -> Result<()> {
    let root = PathBuf::from(std::env::var("HUCE_ROOT").context("HUCE_ROOT: run this through ./x")?);
    match name {
        "ui" => ui::build(&root),
        "check" => {
            let mut faults = direction::check(&root)?;
            faults.extend(files::check(&root)?);
            for fault in &faults {
                eprintln!("{fault}");
            }
            if !faults.is_empty() {
                bail!("{} faults in dependency direction, file lengths or names", faults.len());
            }
            println!("dependency direction, file lengths and names: good");
            Ok(())
        }
        other => bail!("unknown task {other:?}: ui, check"),
    }
}

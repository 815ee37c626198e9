//! Flipped bits and cut ends in every file of a tablet's folder: always noticed or harmless, never a panic, and what
//! is whole is kept. Journal and store are each other's copies: damage in one of them loses nothing that was saved.

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{filled, old_stores::copy, seed::Seed};

/// Tries of each kind for each file.
const FLIPS: u64 = 12;
const CUTS: u64 = 5;

#[derive(Debug, Clone, Copy)]
enum Harm {
    Flip,
    Cut,
    Gone,
    Zeros,
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { found.extend(files(&entry.path())?) } else { found.push(entry.path()) }
    }
    found.sort();
    Ok(found)
}

fn harm(file: &Path, harm: Harm, seed: &mut Seed) -> Result<String> {
    let mut bytes = fs::read(file)?;
    let place = seed.below(bytes.len() as u64) as usize;
    match harm {
        Harm::Flip => {
            let bit = seed.below(8);
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << bit;
            }
        }
        Harm::Cut => bytes.truncate(place),
        Harm::Zeros => bytes.iter_mut().skip(place).take(512).for_each(|b| *b = 0),
        Harm::Gone => {
            fs::remove_file(file)?;
            return Ok("gone".to_owned());
        }
    }
    fs::write(file, bytes)?;
    Ok(format!("{harm:?} at {place}"))
}

/// What came of a try.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Harmless,
    NoticedAndWhole,
    NoticedAndNamed,
    Refused,
}

/// Opens the damaged folder, twice, and compares.
fn look(folder: &Path, kind: &str, was: &Value) -> Result<Outcome> {
    let device = match filled::open(folder) {
        Ok(device) => device,
        // Only the key has no copy: a tablet without it says so, and its events can be rescued.
        Err(e) if kind == "device.key" => {
            ensure!(e.to_string().contains("key is damaged"), "it says: {e}");
            let (held, out, err) = rescue(folder)?;
            ensure!(held, "what the key does not touch is not rescued: {out}{err}");
            return Ok(Outcome::Refused);
        }
        Err(e) => bail!("it does not open: {e}"),
    };
    let check = device.check()?;
    let noticed = !device.reports().is_empty() || !check.is_whole();
    let is = filled::seen(&device)?;
    if check.store.is_empty() {
        drop(device);
    } else {
        // Damage that only a look at everything finds: the next start makes the store again.
        drop(device);
        drop(filled::open(folder)?);
    }
    let device = filled::open(folder)?;
    let now = filled::seen(&device)?;
    // What came from the server comes again: it is compared without.
    let own = |seen: &Value| -> Result<Value> {
        let state = seen["state"].as_object().context("no state")?;
        let own = state.iter().filter(|(key, _)| !key.contains(&*far()));
        let state: BTreeMap<_, _> = own.collect();
        Ok(serde_json::json!([state, seen["drafts"], seen["photos"], seen["photos_whole"]]))
    };
    if is == *was && now == *was {
        return Ok(if noticed { Outcome::NoticedAndWhole } else { Outcome::Harmless });
    }
    if own(&now)? == own(was)? {
        // The book is damaged, or what waits is sent again, or what was pulled is pulled again.
        ensure!(
            noticed || now["cursor"] != was["cursor"] || now["waiting"] != was["waiting"],
            "nobody noticed that it is sent or pulled again"
        );
        return Ok(Outcome::NoticedAndWhole);
    }
    ensure!(noticed, "nobody noticed that something else is shown: {}", differ(&now, was));
    ensure!(
        kind == "photos" || kind == "device.key",
        "something own is lost, and has a copy: {check:?} {:?} {}",
        device.reports(),
        differ(&now, was)
    );
    Ok(Outcome::NoticedAndNamed)
}

/// Which parts differ.
fn differ(a: &Value, b: &Value) -> String {
    let parts = a.as_object().into_iter().flatten();
    parts.filter(|(part, value)| b.get(part) != Some(value)).map(|(part, _)| format!("{part} ")).collect()
}

/// The other tablet's door, which was pulled.
fn far() -> String {
    huce_core::ids::HouseholdId::of_address("金穗花园", "3", "2", "1101").to_string()
}

fn rescue(folder: &Path) -> Result<(bool, String, String)> {
    let to = folder.join("rescued");
    let output = super::soak::run(folder, &["rescue", "--to", &to.to_string_lossy()])?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.success(), text(&output.stdout), text(&output.stderr)))
}

/// Hundreds of folders are opened: without a disk where the system has one.
fn fast() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
}

#[test]
fn damage_in_any_file_is_noticed_or_harmless_and_takes_nothing_else() -> Result<()> {
    let seed = Seed::of_this_run("damage_in_any_file_is_noticed_or_harmless_and_takes_nothing_else");
    let whole = tempfile::tempdir()?;
    filled::fill(whole.path())?;
    let was = filled::seen(&filled::open(whole.path())?)?;
    let mut tally: BTreeMap<(String, Outcome), u64> = BTreeMap::new();
    for (n, file) in files(whole.path())?.into_iter().enumerate() {
        let inside = file.strip_prefix(whole.path())?;
        let kind = inside.components().next().context("no name")?.as_os_str().to_string_lossy().into_owned();
        if matches!(kind.as_str(), "reserve" | "lock") {
            continue;
        }
        let mut seed = Seed::of(seed.0, n as u64);
        let tries = [(Harm::Flip, FLIPS), (Harm::Cut, CUTS), (Harm::Zeros, CUTS), (Harm::Gone, 1)];
        for (what, times) in tries.into_iter().filter(|(what, _)| !(kind == "device.key" && matches!(what, Harm::Gone)))
        {
            for _ in 0..times {
                let folder = fast()?;
                copy(whole.path(), folder.path())?;
                let done = harm(&folder.path().join(inside), what, &mut seed)?;
                let looked = catch_unwind(AssertUnwindSafe(|| look(folder.path(), &kind, &was)));
                let about = || format!("{}: {done}", inside.display());
                let outcome = looked.map_err(|_| anyhow::anyhow!("{}: a panic", about()))?.with_context(about)?;
                *tally.entry((kind.clone(), outcome)).or_default() += 1;
            }
        }
    }
    for ((kind, outcome), times) in &tally {
        println!("{kind}: {outcome:?} {times}");
    }
    Ok(())
}

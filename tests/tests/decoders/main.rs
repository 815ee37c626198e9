//! Every decoder of bytes from outside reads its corpus (`fuzz/corpus/TARGET`), and the corpus flipped, cut and
//! spliced. None may panic, take longer than a few seconds, or much memory. The seed is printed; `HUCE_SEED=N`
//! repeats a run, `HUCE_MUTATIONS=N` makes it longer, `HUCE_READ=TARGET:FILE` reads one file and panics where it does, and `HUCE_MAKE_CORPUS=1` writes what is missing of the corpus.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::{Duration, Instant},
};

use huce_tests::decoders::{TARGETS, Target};

mod corpus;

/// Mutations of each target, when nothing else is asked for. Half of them on slow ones would do as well: time ends it.
const MUTATIONS: usize = 400;
/// No target takes longer than this altogether, unless a number was asked for.
const PATIENCE: Duration = Duration::from_secs(12);
/// One input: an unoptimised build on a machine that does other things.
const SLOWEST: Duration = Duration::from_secs(8);
/// More memory than this for one input of some kilobytes is too much.
const MOST_KB: u64 = 400_000;

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let n = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        n as usize % below.max(1)
    }
}

fn folder(target: &str) -> PathBuf {
    huce_tests::root().join("fuzz/corpus").join(target)
}

fn read_corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(folder(target))
        .unwrap_or_else(|e| panic!("no corpus for {target}: {e}"))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    assert!(!all.is_empty(), "no corpus for {target}");
    all
}

/// Values at which readers trip.
const EDGES: [&[u8]; 12] = [
    b"0",
    b"-1",
    b"4294967295",
    b"18446744073709551615",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e308",
    b"NaN",
    b"\"\"",
    b"null",
    b"[]",
    b"\xff\xff\xff\xff",
];

fn mutated(dice: &mut Dice, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut new = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(new.len() + 1);
        match dice.roll(8) {
            0 if !new.is_empty() => {
                let at = at.min(new.len() - 1);
                new[at] ^= 1 << dice.roll(8);
            }
            1 if !new.is_empty() => {
                let at = at.min(new.len() - 1);
                new[at] = dice.roll(256) as u8;
            }
            2 => new.truncate(at),
            3 => {
                // A piece of it goes, or comes twice.
                let len = dice.roll(64).min(new.len() - at.min(new.len()));
                let piece: Vec<u8> = new[at..at + len].to_vec();
                if dice.roll(2) == 0 {
                    new.drain(at..at + len);
                } else {
                    let to = dice.roll(new.len() + 1);
                    new.splice(to..to, piece);
                }
            }
            4 if !other.is_empty() => {
                let (from, len) = (dice.roll(other.len()), dice.roll(200));
                let piece = other[from..(from + len).min(other.len())].to_vec();
                new.splice(at..at, piece);
            }
            5 if !other.is_empty() => {
                let from = dice.roll(other.len());
                new.truncate(at);
                new.extend_from_slice(&other[from..]);
            }
            _ => number(dice, &mut new, at),
        }
    }
    new
}

/// A number in the text becomes another one, or an edge is put in.
fn number(dice: &mut Dice, bytes: &mut Vec<u8>, at: usize) {
    let edge = EDGES[dice.roll(EDGES.len())].to_vec();
    let start = bytes[at..].iter().position(u8::is_ascii_digit).map(|n| at + n);
    match start {
        Some(start) => {
            let len = bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count();
            bytes.splice(start..start + len, edge);
        }
        None => drop(bytes.splice(at..at, edge)),
    }
}

/// A zip is mutated within: one of its files, and then it is packed again, so that what reads it gets that far.
fn mutated_zip(dice: &mut Dice, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let pick = dice.roll(zip.len());
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).ok()?;
        let mut inside = Vec::new();
        file.read_to_end(&mut inside).ok()?;
        if n == pick {
            inside = mutated(dice, &inside, &inside);
        }
        let name = file.name().ok()?.into_owned();
        out.start_file(name, zip::write::SimpleFileOptions::default()).ok()?;
        out.write_all(&inside).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// From here on the peak is a new one.
fn forget_peak() {
    let _old_kernels_cannot = fs::write("/proc/self/clear_refs", "5");
}

/// What is wrong with how the bytes are read.
fn fault(target: &Target, bytes: &[u8]) -> Option<String> {
    forget_peak();
    let before = peak_kb();
    let begun = Instant::now();
    let read = catch_unwind(AssertUnwindSafe(|| (target.read)(bytes)));
    let took = begun.elapsed();
    let grown = peak_kb().saturating_sub(before);
    match read {
        Err(why) => {
            let text = why.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let why = why.downcast_ref::<String>().cloned().or(text);
            Some(why.unwrap_or_else(|| "it panics".to_owned()))
        }
        Ok(()) if took > SLOWEST => Some(format!("it takes {took:?}")),
        Ok(()) if grown > MOST_KB => Some(format!("it takes {grown} kB")),
        Ok(()) => None,
    }
}

#[test]
fn every_decoder_reads_its_corpus_and_what_becomes_of_it() {
    if std::env::var_os("HUCE_MAKE_CORPUS").is_some() {
        corpus::make(&folder);
    }
    if let Ok(one) = std::env::var("HUCE_READ") {
        let (name, file) = one.split_once(':').expect("TARGET:FILE");
        let target = TARGETS.iter().find(|t| t.name == name).expect("a target");
        return (target.read)(&fs::read(file).unwrap());
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let seed = number("HUCE_SEED").unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1
    });
    let asked = number("HUCE_MUTATIONS").map(|n| n as usize);
    println!("HUCE_SEED={seed}");
    // One after another: memory is the process's. A panic that is caught is told once, below.
    std::panic::set_hook(Box::new(|_| {}));
    let mut faults = Vec::new();
    for target in TARGETS {
        let corpus = read_corpus(target.name);
        let mut dice = Dice(seed | 1);
        let begun = Instant::now();
        for (name, bytes) in &corpus {
            if let Some(why) = fault(target, bytes) {
                faults.push(format!("{} {name}: {why}", target.name));
            }
        }
        let mut tried = 0;
        while tried < asked.unwrap_or(MUTATIONS) && (asked.is_some() || begun.elapsed() < PATIENCE) {
            tried += 1;
            let (_, bytes) = &corpus[dice.roll(corpus.len())];
            let (_, other) = &corpus[dice.roll(corpus.len())];
            let within = bytes.starts_with(b"PK") && dice.roll(4) > 0;
            let inside = if within { mutated_zip(&mut dice, bytes) } else { None };
            let new = inside.unwrap_or_else(|| mutated(&mut dice, bytes, other));
            if let Some(why) = fault(target, &new) {
                let file = std::env::temp_dir().join(format!("huce-fault-{}-{}", target.name, faults.len()));
                fs::write(&file, &new).unwrap();
                faults.push(format!("{} {}: {why}", target.name, file.display()));
            }
        }
        println!(
            "{}: {} of the corpus, {tried} mutations, {:.1} s",
            target.name,
            corpus.len(),
            begun.elapsed().as_secs_f64()
        );
    }
    let _ = std::panic::take_hook();
    assert!(faults.is_empty(), "{} faults, HUCE_SEED={seed}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_target_can_be_fuzzed() {
    let names: BTreeSet<String> = TARGETS.iter().map(|t| t.name.to_owned()).collect();
    let files = fs::read_dir(huce_tests::root().join("fuzz/fuzz_targets")).unwrap();
    let files: BTreeSet<String> =
        files.map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, files);
    let manifest = fs::read_to_string(huce_tests::root().join("fuzz/Cargo.toml")).unwrap();
    assert!(names.iter().all(|name| manifest.contains(&format!("name = \"{name}\""))));
}

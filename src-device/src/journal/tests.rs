#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::ids::DraftId;

use super::*;

/// Thousands of journals are opened and fsynced: without a disk where the system has one.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// As version 1 wrote it.
fn segment_1(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = b"HUCEJNL\x01".to_vec();
    for entry in entries {
        let payload = serde_json::to_vec(entry).unwrap();
        let length = (payload.len() as u32).to_le_bytes();
        let sum = blake3::hash(&[length.as_slice(), &payload].concat());
        bytes.extend([&segment::MARKER, &length, &sum.as_bytes()[..8], &payload].concat());
    }
    bytes
}

fn step(n: usize) -> Entry {
    let draft = DraftId::new("d1").unwrap();
    Entry::Step(KeptStep { draft, step: Some(serde_json::json!({"n": n})), at: None, kept_ms: n as i64 })
}

fn numbers(back: &ReadBack) -> Vec<i64> {
    back.entries.values().map(|e| if let Entry::Step(s) = e { s.kept_ms } else { -1 }).collect()
}

fn open(dir: &Path, known: u64) -> (Journal, ReadBack) {
    let (journal, back) = Journal::open(dir, None, known).unwrap();
    journal.settle().unwrap();
    (journal, back)
}

fn filled(dir: &Path, n: usize) -> PathBuf {
    let (journal, _) = open(dir, 0);
    for i in 0..n {
        assert_eq!(journal.append(&step(i)).unwrap(), i as u64 + 1);
    }
    path(dir, 1)
}

#[test]
fn what_was_appended_is_read_back_and_goes_on() {
    let dir = folder();
    filled(dir.path(), 3);
    for known in [0, 2, 3] {
        let (journal, back) = open(dir.path(), known);
        assert_eq!((numbers(&back), back.damage.len()), ((known as i64..3).collect(), 0));
        assert_eq!(journal.last(), 3);
    }
    let (journal, _) = open(dir.path(), 3);
    journal.append(&step(3)).unwrap();
    journal.append(&step(4)).unwrap();
    assert_eq!(numbers(&journal.read_all().unwrap()), vec![0, 1, 2, 3, 4]);
    assert_eq!(segments(dir.path()).unwrap().len(), 3, "two openings that did not know all, and the first");
}

#[test]
fn a_tail_torn_at_any_byte_is_left_and_the_rest_goes_on() {
    let dir = folder();
    let file = filled(dir.path(), 3);
    let whole = fs::read(&file).unwrap();
    let ends: Vec<_> = segment::scan(&whole).entries.iter().map(|p| p.payload.end).collect();
    for len in ends[1]..whole.len() {
        for known in [0, 1, 2] {
            let dir = folder();
            fs::write(path(dir.path(), 1), &whole[..len]).unwrap();
            let (journal, back) = open(dir.path(), known);
            assert_eq!(numbers(&back), (known as i64..2).collect::<Vec<_>>(), "cut at {len}");
            assert_eq!(back.damage.len(), usize::from(len != ends[1]), "cut at {len}");
            assert!(back.is_whole());
            journal.append(&step(9)).unwrap();
            drop(journal);
            assert_eq!(fs::read(path(dir.path(), 1)).unwrap().len() > len, known == 2 && len == ends[1]);
            let (_, again) = open(dir.path(), 0);
            assert_eq!(numbers(&again), vec![0, 1, 9], "cut at {len}");
            assert!(again.is_whole(), "cut at {len}: {:?}", again.damage);
        }
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed_or_takes_more_than_one_entry() {
    let dir = folder();
    let new = fs::read(filled(dir.path(), 4)).unwrap();
    let old = segment_1(&[step(0), step(1), step(2), step(3)]);
    for whole in [new, old] {
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[place] ^= 1 << bit;
                let dir = folder();
                fs::write(path(dir.path(), 1), &bytes).unwrap();
                let back = read(dir.path(), None).unwrap();
                assert!(!back.damage.is_empty(), "bit {bit} of byte {place} went unnoticed");
                assert!(back.entries.len() >= 3, "bit {bit} of byte {place} took {} entries", 4 - back.entries.len());
                if bit == 0 {
                    let (journal, _) = open(dir.path(), 0);
                    journal.append(&step(9)).unwrap();
                    let again = journal.read_all().unwrap();
                    assert_eq!(again.entries.len(), back.entries.len() + 1, "byte {place}");
                }
            }
        }
    }
}

#[test]
fn entries_that_are_gone_without_a_trace_are_missed() {
    let dir = folder();
    for n in 0..3 {
        open(dir.path(), n).0.append(&step(n as usize)).unwrap();
        // The next opening does not know of this entry, so it begins a segment.
        drop(open(dir.path(), 0));
    }
    let whole = read(dir.path(), None).unwrap();
    assert_eq!((numbers(&whole), whole.is_whole()), (vec![0, 1, 2], true));
    let dir = folder();
    let bytes = fs::read(filled(dir.path(), 4)).unwrap();
    let entries = segment::scan(&bytes).entries;
    let without_second = [&bytes[..entries[1].start], &bytes[entries[2].start..]].concat();
    fs::write(path(dir.path(), 1), without_second).unwrap();
    let back = read(dir.path(), None).unwrap();
    assert_eq!((numbers(&back), back.missing), (vec![0, 2, 3], vec![2..=2]));
    fs::write(path(dir.path(), 1), &bytes[..entries[3].start]).unwrap();
    let (journal, back) = open(dir.path(), 4);
    assert_eq!(back.last(), 3, "the store knows of a fourth");
    assert_eq!(journal.append(&step(9)).unwrap(), 5);
}

#[test]
fn a_copy_counts_and_what_was_never_confirmed_does_not() {
    let dir = folder();
    let file = filled(dir.path(), 3);
    // A fourth entry whose fsync failed; the segment after it was begun with a copy of the third and another fourth.
    let mut bytes = fs::read(&file).unwrap();
    let payload = |n| serde_json::to_vec(&step(n)).unwrap();
    assert!(segment::encode(4, &payload(77), &mut bytes) && segment::encode(5, &payload(78), &mut bytes));
    fs::write(&file, &bytes).unwrap();
    assert_eq!(numbers(&read(dir.path(), None).unwrap()), vec![0, 1, 2, 77, 78]);
    let mut next = segment::header(4);
    assert!(segment::encode(3, &payload(2), &mut next));
    for copied in [false, true] {
        if copied {
            assert!(segment::encode(4, &payload(3), &mut next));
        }
        fs::write(path(dir.path(), 2), &next).unwrap();
        let back = read(dir.path(), None).unwrap();
        assert_eq!(numbers(&back), if copied { vec![0, 1, 2, 3] } else { vec![0, 1, 2] });
        assert!(back.is_whole());
    }
    // The new segment was torn within the copy: the old one still has it.
    fs::write(path(dir.path(), 2), &next[..segment::HEADER + 30]).unwrap();
    let back = read(dir.path(), None).unwrap();
    assert_eq!((numbers(&back), back.is_whole()), (vec![0, 1, 2], true));
    for known in 0..=3 {
        assert_eq!(numbers(&open(dir.path(), known).1), (known as i64..3).collect::<Vec<_>>());
    }
}

#[test]
fn a_journal_of_version_1_goes_on_in_version_2() {
    let dir = folder();
    fs::write(path(dir.path(), 1), segment_1(&[step(0), step(1), step(2)])).unwrap();
    let (journal, back) = open(dir.path(), 0);
    assert_eq!((numbers(&back), back.is_whole(), journal.last()), (vec![0, 1, 2], true, 3));
    assert_eq!(journal.append(&step(3)).unwrap(), 4);
    drop(journal);
    assert_eq!(numbers(&read(dir.path(), None).unwrap()), vec![0, 1, 2, 3]);
    assert_eq!(numbers(&open(dir.path(), 4).1), Vec::<i64>::new());
}

#[test]
fn a_full_segment_is_followed_by_another() {
    let dir = folder();
    let (journal, _) = open(dir.path(), 0);
    let draft = DraftId::new("d1").unwrap();
    let big = "x".repeat(1_500_000);
    for kept_ms in 0..5 {
        let at = Some(big.clone());
        journal.append(&Entry::Step(KeptStep { draft: draft.clone(), step: None, at, kept_ms })).unwrap();
    }
    assert_eq!(segments(dir.path()).unwrap(), vec![1, 2]);
    assert_eq!(numbers(&journal.read_all().unwrap()), vec![0, 1, 2, 3, 4]);
    drop(journal);
    fs::remove_file(path(dir.path(), 1)).unwrap();
    let (_, back) = open(dir.path(), 5);
    assert!(back.is_whole(), "a start reads the last one only");
    assert_eq!(read(dir.path(), None).unwrap().missing, vec![1..=3]);
}

#[test]
fn random_bytes_are_read_without_a_panic() {
    let mut seed = 7_u64;
    for len in [0, 1, 7, 8, 9, 24, 500, 5_000] {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 56) as u8
        })
        .take(len)
        .collect();
        let dir = folder();
        fs::write(path(dir.path(), 1), bytes).unwrap();
        assert!(open(dir.path(), 0).1.entries.is_empty());
    }
}

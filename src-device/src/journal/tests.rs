#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::ids::DraftId;

use super::*;

fn step(n: usize) -> Entry {
    let draft = DraftId::new("d1").unwrap();
    Entry::Step(KeptStep { draft, step: Some(serde_json::json!({"n": n})), at: None, kept_ms: n as i64 })
}

fn numbers(back: &ReadBack) -> Vec<i64> {
    back.entries.iter().map(|e| if let Entry::Step(s) = e { s.kept_ms } else { -1 }).collect()
}

fn filled(dir: &Path, n: usize) -> PathBuf {
    let (journal, _) = Journal::open(dir).unwrap();
    for i in 0..n {
        journal.append(&[step(i)]).unwrap();
    }
    path(dir, 1)
}

#[test]
fn what_was_appended_is_read_back_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3);
    let (journal, back) = Journal::open(dir.path()).unwrap();
    assert_eq!((numbers(&back), back.damage.len()), (vec![0, 1, 2], 0));
    journal.append(&[step(3), step(4)]).unwrap();
    assert_eq!(numbers(&journal.read_all().unwrap()), vec![0, 1, 2, 3, 4]);
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let file = filled(dir.path(), 3);
    let whole = fs::read(&file).unwrap();
    let ends: Vec<_> = segment::scan(&whole).payloads.iter().map(|p| p.end).collect();
    for len in ends[1]..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(path(dir.path(), 1), &whole[..len]).unwrap();
        let (journal, back) = Journal::open(dir.path()).unwrap();
        assert_eq!(numbers(&back), vec![0, 1], "cut at {len}");
        assert_eq!(back.damage.len(), usize::from(len != ends[1]), "cut at {len}");
        journal.append(&[step(9)]).unwrap();
        drop(journal);
        let (_, again) = Journal::open(dir.path()).unwrap();
        assert_eq!((numbers(&again), again.damage.len()), (vec![0, 1, 9], 0), "cut at {len}");
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed_or_takes_more_than_one_entry() {
    let dir = tempfile::tempdir().unwrap();
    let whole = fs::read(filled(dir.path(), 4)).unwrap();
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << bit;
            let dir = tempfile::tempdir().unwrap();
            fs::write(path(dir.path(), 1), &bytes).unwrap();
            let (journal, back) = Journal::open(dir.path()).unwrap();
            assert!(!back.damage.is_empty(), "bit {bit} of byte {place} went unnoticed");
            assert!(back.entries.len() >= 3, "bit {bit} of byte {place} took {} entries", 4 - back.entries.len());
            if bit == 0 {
                journal.append(&[step(9)]).unwrap();
                drop(journal);
                let (_, again) = Journal::open(dir.path()).unwrap();
                assert_eq!(again.entries.len(), back.entries.len() + 1, "byte {place}");
            }
        }
    }
}

#[test]
fn a_full_segment_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path()).unwrap();
    let draft = DraftId::new("d1").unwrap();
    let big = "x".repeat(1_500_000);
    for kept_ms in 0..5 {
        let at = Some(big.clone());
        journal.append(&[Entry::Step(KeptStep { draft: draft.clone(), step: None, at, kept_ms })]).unwrap();
    }
    assert_eq!(segments(dir.path()).unwrap(), vec![1, 2]);
    assert_eq!(numbers(&journal.read_all().unwrap()), vec![0, 1, 2, 3, 4]);
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
        let dir = tempfile::tempdir().unwrap();
        fs::write(path(dir.path(), 1), bytes).unwrap();
        assert!(Journal::open(dir.path()).unwrap().1.entries.is_empty());
    }
}

//! One suite for both twins.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;

fn both(check: impl Fn(&dyn Store)) {
    check(&InMemory::default());
    let dir = tempfile::tempdir().unwrap();
    check(&OnSled::open(dir.path()).unwrap());
    let (dir, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let keys = crate::vault::Vault::open(folder.path(), None, 0).unwrap().keys();
    check(&Sealed::new(OnSled::open(dir.path()).unwrap(), &keys));
}

fn batch(pairs: &[(&str, Option<&[u8]>)]) -> Batch {
    let mut batch = Batch::default();
    for (key, value) in pairs {
        match value {
            Some(value) => batch.put(*key, *value),
            None => batch.remove(*key),
        }
    }
    batch
}

fn keys(store: &dyn Store, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    store.scan(prefix, &mut |key, _| (found.push(key.to_owned()), true).1).unwrap();
    found
}

#[test]
fn puts_gets_and_removes() {
    both(|store| {
        assert_eq!(store.get("a/1").unwrap(), None);
        store.put(&batch(&[("a/1", Some(b"one")), ("a/2", Some(b""))])).unwrap();
        assert_eq!(store.get("a/1").unwrap().unwrap(), b"one");
        assert_eq!(store.get("a/2").unwrap().unwrap(), b"");
        store.put(&batch(&[("a/1", None), ("a/2", Some(b"two"))])).unwrap();
        assert_eq!(store.get("a/1").unwrap(), None);
        assert_eq!(store.get("a/2").unwrap().unwrap(), b"two");
        store.flush().unwrap();
    });
}

#[test]
fn scans_only_what_begins_so_in_order() {
    both(|store| {
        let big = vec![7; 30_000];
        store.put(&batch(&[("b/2", Some(&big)), ("a/9", Some(b"x")), ("b/1", Some(b"x")), ("c", Some(b"x"))])).unwrap();
        assert_eq!(keys(store, "b/"), ["b/1", "b/2"]);
        let mut seen = 0;
        store.scan("b/", &mut |_, _| (seen += 1, false).1).unwrap();
        assert_eq!(seen, 1, "a scan stops when it is told to");
    });
}

#[test]
fn large_values_shrink_and_grow() {
    both(|store| {
        for len in [0, 1, 3_988, 3_989, 4_000, 7_988, 7_989, 100_000, 5, 20_000] {
            let value: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            store.put(&batch(&[("d/x", Some(&value))])).unwrap();
            assert_eq!(store.get("d/x").unwrap().unwrap(), value);
            assert_eq!(keys(store, "d/"), ["d/x"]);
        }
        store.put(&batch(&[("d/x", None)])).unwrap();
        assert_eq!(keys(store, ""), Vec::<String>::new());
    });
    let dir = tempfile::tempdir().unwrap();
    let store = OnSled::open(dir.path()).unwrap();
    store.put(&batch(&[("d/x", Some(&[1; 30_000]))])).unwrap();
    store.put(&batch(&[("d/x", None)])).unwrap();
    assert_eq!(store.db.len(), 1, "no piece stays behind, only the sum");
}

#[test]
fn sled_keeps_over_a_reopening_and_tells_a_changed_value() {
    let dir = tempfile::tempdir().unwrap();
    let store = OnSled::open(dir.path()).unwrap();
    store.put(&batch(&[("a/1", Some(b"one")), ("a/2", Some(&[9; 9_000]))])).unwrap();
    store.flush().unwrap();
    drop(store);
    let store = OnSled::open(dir.path()).unwrap();
    assert_eq!(store.get("a/1").unwrap().unwrap(), b"one");
    assert_eq!(store.get("a/2").unwrap().unwrap(), [9; 9_000]);
    store.db.insert("a/1", store.db.get("a/2").unwrap().unwrap()).unwrap();
    assert!(matches!(store.get("a/1"), Err(StoreError::Damaged(_))));
}

#[test]
fn sled_misses_a_value_that_disappeared() {
    let dir = tempfile::tempdir().unwrap();
    let store = OnSled::open(dir.path()).unwrap();
    let big = [9; 9_000];
    store.put(&batch(&[("a/1", Some(b"one")), ("a/2", Some(&big)), ("a/3", Some(b"x"))])).unwrap();
    store.put(&batch(&[("a/1", Some(b"two")), ("a/3", None)])).unwrap();
    store.verify().unwrap();
    store.flush().unwrap();
    drop(store);
    let store = OnSled::open(dir.path()).unwrap();
    store.verify().unwrap();
    store.db.remove("a/1").unwrap();
    assert!(matches!(store.verify(), Err(StoreError::Damaged(_))));
}

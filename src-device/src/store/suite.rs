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
    check(&WriteBehind::over(Box::new(InMemory::default())));
    // What was below before is seen through what waits.
    check(&WriteBehind::over(Box::new(WriteBehind::over(Box::new(InMemory::default())))));
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

/// A store that refuses when it is told to, and can be looked at from outside.
#[derive(Clone, Default)]
struct Refusing(std::sync::Arc<(InMemory, std::sync::atomic::AtomicBool)>);

impl Refusing {
    fn set(&self, refuses: bool) {
        self.0.1.store(refuses, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Store for Refusing {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.0.get(key)
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        if self.0.1.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into());
        }
        self.0.0.put(batch)
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.0.scan(prefix, visit)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.0.0.flush()
    }
}

#[test]
fn what_waits_is_seen_and_handed_on_by_a_flush_a_large_batch_or_the_end() {
    let below = Refusing::default();
    below.put(&batch(&[("a/1", Some(b"old")), ("a/2", Some(b"old")), ("a/4", Some(b"old"))])).unwrap();
    let store = WriteBehind::over(Box::new(below.clone()));
    store.put(&batch(&[("a/0", Some(b"new")), ("a/2", None), ("a/3", Some(b"new")), ("a/4", Some(b"new"))])).unwrap();
    store.put(&batch(&[("a/5", Some(b"new")), ("b/1", Some(b"new"))])).unwrap();
    assert_eq!(keys(&below, "a/"), ["a/1", "a/2", "a/4"], "nothing is handed on");
    assert_eq!(keys(&store, "a/"), ["a/0", "a/1", "a/3", "a/4", "a/5"]);
    let mut seen = Vec::new();
    store.each("a/", &mut |key, value| (seen.push((key.to_owned(), value.to_vec())), true).1).unwrap();
    seen.sort();
    let now: Vec<_> = [("0", "new"), ("1", "old"), ("3", "new"), ("4", "new"), ("5", "new")]
        .map(|(key, value)| (format!("a/{key}"), value.as_bytes().to_vec()))
        .into();
    assert_eq!(seen, now);
    for stop in 1..=5 {
        let (mut scanned, mut eached) = (0, 0);
        store.scan("a/", &mut |_, _| (scanned += 1, scanned < stop).1).unwrap();
        store.each("a/", &mut |_, _| (eached += 1, eached < stop).1).unwrap();
        assert_eq!((scanned, eached), (stop, stop), "both stop when they are told to");
    }
    store.flush().unwrap();
    assert_eq!(keys(&below, "a/"), keys(&store, "a/"));
    store.put(&batch(&[("a/6", Some(b"new"))])).unwrap();
    let many: Vec<String> = (0..100).map(|n| format!("c/{n:03}")).collect();
    let many: Vec<(&str, Option<&[u8]>)> = many.iter().map(|key| (key.as_str(), Some(b"x".as_slice()))).collect();
    store.put(&batch(&many)).unwrap();
    assert!(below.get("a/6").unwrap().is_some(), "what came before a large batch is handed on before it");
    assert_eq!(keys(&below, "c/").len(), 100);
    store.put(&batch(&[("a/7", Some(b"new"))])).unwrap();
    drop(store);
    assert!(below.get("a/7").unwrap().is_some(), "at the end all of it is handed on");
}

#[test]
fn a_store_that_refuses_costs_nothing_that_was_put() {
    let below = Refusing::default();
    let store = WriteBehind::over(Box::new(below.clone()));
    below.set(true);
    for n in 0..MOST_BATCHES {
        store.put(&batch(&[(&format!("a/{n:03}"), Some(b"x"))])).unwrap();
    }
    assert!(store.put(&batch(&[("a/more", Some(b"x"))])).is_err(), "a batch that cannot be taken is refused whole");
    assert!(store.flush().is_err());
    assert_eq!((keys(&store, "a/").len(), keys(&below, "a/").len()), (MOST_BATCHES, 0));
    below.set(false);
    store.flush().unwrap();
    assert_eq!(keys(&below, "a/").len(), MOST_BATCHES);
}

#[test]
fn a_panic_hands_nothing_on() {
    let below = Refusing::default();
    let inner = below.clone();
    let ended = std::thread::spawn(move || {
        let store = WriteBehind::over(Box::new(inner));
        store.put(&batch(&[("a/1", Some(b"x"))])).unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(ended.join().is_err());
    assert_eq!(below.get("a/1").unwrap(), None);
}

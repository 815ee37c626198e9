//! Moving, backing up and restoring between all stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use huce_core::{ids::PhotoId, photo::PHOTO_CHUNK_BYTES};
use serde_json::json;

use crate::{
    app::{App, OpenError, Places, system_clock},
    backup::{self, BackupError},
    intake::{From, take},
    migrate::{self, MoveError},
    sample::{District, NOW, Stores},
    store::{
        Store,
        tables::{self, TableDigest},
    },
};

/// A server with some history and three photos, and where it is. It is closed.
async fn filled(stores: Stores) -> (tempfile::TempDir, Places, Vec<PhotoId>) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let mut photos = Vec::new();
    let mut events = vec![tablet.visit(&district.household, 16.5)];
    for n in 0..3u8 {
        let bytes = vec![n; PHOTO_CHUNK_BYTES / 2 + usize::from(n)];
        let id = PhotoId::of_bytes(&bytes);
        let body = json!({"kind": "photo", "photo": id, "bytes": bytes.len(), "role": "visit"});
        events.push(tablet.record("S-1", Some(&district.household), serde_json::from_value(body).unwrap()));
        let mut write = district.app.store.write().await.unwrap();
        let len = bytes.len() as u64;
        crate::store::photos::begin(&mut write, &id, len, &tablet.device, NOW).await.unwrap();
        crate::store::photos::complete(&mut write, &id, len, NOW).await.unwrap();
        write.commit().await.unwrap();
        assert!(district.app.photos.keep(&id, bytes.into()).await.unwrap());
        photos.push(id);
    }
    let device = From::Device(tablet.device.clone());
    take(&district.app.store, events, &device, NOW).await.unwrap();
    crate::builtin::publish(&district.app).await.unwrap();
    let District { app, places, folder, .. } = district;
    app.store.close().await;
    (folder, places, photos)
}

async fn digests(places: &Places) -> BTreeMap<String, TableDigest> {
    let store = Store::open(&places.address().unwrap()).await.unwrap();
    let mut read = store.read().await.unwrap();
    let mut digests = BTreeMap::new();
    for table in tables::all(&mut read, store.kind()).await.unwrap() {
        if table.name != "meta" {
            digests.insert(table.name.clone(), table.digest(&mut read).await.unwrap());
        }
    }
    drop(read);
    store.close().await;
    digests
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut schemas = Vec::new();
    for stores in [Stores::Files, Stores::Servers] {
        let store = Store::open(&stores.places(folder.path()).address().unwrap()).await.unwrap();
        schemas.push(tables::all(&mut store.pool().acquire().await.unwrap(), store.kind()).await.unwrap());
    }
    assert_eq!(schemas[0], schemas[1]);
    assert!(schemas[0].iter().any(|t| t.name == "event" && t.key == [0, 1]));
    assert!(schemas[0].iter().all(|t| !t.key.is_empty()), "rows are copied in the order of their keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_moves_from_files_to_servers_and_is_the_same() {
    let (folder, from, photos) = filled(Stores::Files).await;
    let to = Stores::Servers.places(folder.path());
    let address = to.database.clone().unwrap();
    let before = digests(&from).await;
    let moved = migrate::run(&from, &address, to.photos.as_ref(), |_| {}).await.unwrap();
    assert_eq!((moved.photos, moved.photos_copied, moved.rows_copied), (3, 3, moved.rows));
    assert_eq!(digests(&to).await, before);
    assert!(matches!(App::open(&from, system_clock()).await, Err(OpenError::Marked(_))), "nobody goes on there");
    let app = App::open(&to, system_clock()).await.unwrap();
    for photo in &photos {
        assert!(app.photos.read(photo).await.unwrap().is_some());
    }
    assert!(crate::audit::verify(&app.store).await.unwrap().findings.is_empty());
    app.store.close().await;
    let again = migrate::run(&from, &address, to.photos.as_ref(), |_| {}).await;
    assert!(matches!(again, Err(MoveError::NotEmpty) | Err(MoveError::Store(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_cut_off_goes_on_and_a_changed_source_begins_anew() {
    let (folder, from, _) = filled(Stores::Files).await;
    let to = Stores::Servers.places(folder.path());
    let address = to.database.clone().unwrap();
    let before = digests(&from).await;
    let rows: u64 = before.values().map(|d| d.rows).sum();
    // Cut off while it copies: the future is dropped where it stands, at a different place each time.
    for table in ["doc", "event", "person"] {
        let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
        let say = move |what: &str| {
            if what == format!("table {table}") {
                let _ = stop.send(());
            }
        };
        tokio::select! {
            biased;
            _ = stopped.recv() => {}
            done = migrate::run(&from, &address, to.photos.as_ref(), say) => panic!("{done:?}"),
        }
        // The dropped connections let go of their locks.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert!(matches!(App::open(&to, system_clock()).await, Err(OpenError::Marked(_))), "half a copy is no server");
    }
    let moved = migrate::run(&from, &address, to.photos.as_ref(), |_| {}).await.unwrap();
    assert!(moved.rows_copied < rows, "it went on: {} of {rows}", moved.rows_copied);
    assert_eq!(digests(&to).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_is_not_moved() {
    let (folder, from, _) = filled(Stores::Files).await;
    let to = Stores::Servers.places(folder.path());
    let app = App::open(&from, system_clock()).await.unwrap();
    let refused = migrate::run(&from, &to.database.clone().unwrap(), None, |_| {}).await;
    assert!(matches!(refused, Err(MoveError::Store(crate::store::StoreError::Busy))), "{refused:?}");
    app.store.close().await;
}

async fn a_backup_is_restored_into_either_store_with_a_new_epoch(stores: Stores) {
    let (folder, from, photos) = filled(stores).await;
    let file = folder.path().join("huce.backup");
    let made = backup::write(&from, &file, NOW).await.unwrap();
    assert_eq!(made.photos_damaged, Vec::<String>::new());
    let epoch: u64 = made.epoch.parse().unwrap();
    for other in [Stores::Files, Stores::Servers] {
        let into = tempfile::tempdir().unwrap();
        let to = other.places(into.path());
        let restored = backup::restore(&file, &to, false, NOW).await.unwrap();
        assert_eq!((restored.photos, restored.audit.findings.len()), (3, 0));
        assert!(restored.epoch > epoch, "tablets have to push again what the backup does not have");
        let (mut want, mut got) = (digests(&from).await, digests(&to).await);
        for passing in ["challenge", "code", "failure", "import_job", "session", "token"] {
            assert_eq!(got.remove(passing).unwrap().rows, 0);
            want.remove(passing);
        }
        assert_eq!(got, want);
        let app = App::open(&to, system_clock()).await.unwrap();
        assert_eq!(app.epoch(), restored.epoch);
        for photo in &photos {
            assert!(app.photos.read(photo).await.unwrap().is_some());
        }
        app.store.close().await;
        drop(app);
        assert!(matches!(backup::restore(&file, &to, false, NOW).await, Err(BackupError::NotEmpty)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_restores_nothing() {
    let (folder, from, _) = filled(Stores::Files).await;
    let file = folder.path().join("huce.backup");
    backup::write(&from, &file, NOW).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&file, &damaged).unwrap();
        // Some bytes (times in the zip's headers) mean nothing; what matters is never taken for whole when it is not.
        refused += usize::from(backup::check(&file).is_err());
    }
    assert!(refused >= 50, "{refused} of 60");
    for len in [0, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..len]).unwrap();
        let into = tempfile::tempdir().unwrap();
        let to = Places::folder(into.path().join("server"));
        assert!(backup::restore(&file, &to, false, NOW).await.is_err());
        assert!(!to.data.exists(), "nothing was begun");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_tampered_database_does_not_count() {
    let (folder, from, _) = filled(Stores::Files).await;
    let store = Store::open(&from.address().unwrap()).await.unwrap();
    let tamper = "UPDATE event SET payload = REPLACE(payload, '16.5', '26.5') WHERE payload LIKE '%16.5%'";
    assert_eq!(sqlx::query(tamper).execute(store.pool()).await.unwrap().rows_affected(), 1);
    store.close().await;
    let file = folder.path().join("huce.backup");
    backup::write(&from, &file, NOW).await.unwrap();
    let into = tempfile::tempdir().unwrap();
    let to = Places::folder(into.path());
    let refused = backup::restore(&file, &to, false, NOW).await;
    assert!(matches!(refused, Err(BackupError::Findings(_))), "{refused:?}");
    assert!(matches!(App::open(&to, system_clock()).await, Err(OpenError::Marked(_))));
    let taken = backup::restore(&file, &to, true, NOW).await.unwrap();
    assert_eq!(taken.audit.findings.len(), 1);
    App::open(&to, system_clock()).await.unwrap();
}

crate::sample::on_both_stores! {
    a_backup_is_restored_into_either_store_with_a_new_epoch,
}

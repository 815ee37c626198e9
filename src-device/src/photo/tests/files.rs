use std::fs;

use huce_core::{ids::PhotoId, photo::PHOTO_CHUNK_BYTES};

use crate::photo::files::*;

fn folder() -> (tempfile::TempDir, PhotoFiles) {
    let dir = tempfile::tempdir().unwrap();
    let files = PhotoFiles::open(dir.path()).unwrap();
    (dir, files)
}

fn some(bytes: usize) -> (PhotoId, Vec<u8>) {
    let bytes: Vec<u8> = (0..bytes).map(|i| (i * 7 % 251) as u8).collect();
    (PhotoId::of_bytes(&bytes), bytes)
}

fn path(dir: &tempfile::TempDir, photo: &PhotoId) -> std::path::PathBuf {
    dir.path().join("photos").join(&photo.as_str()[..2]).join(format!("{photo}.jpg"))
}

#[test]
fn what_is_put_is_there_after_the_next_start() {
    let (dir, files) = folder();
    let (photo, bytes) = some(300_000);
    assert_eq!(files.get(&photo).unwrap(), Found::Missing);
    assert!(!files.has(&photo));
    assert_eq!(files.put(&photo, &bytes, b"small").unwrap(), Put::Stored);
    assert_eq!(files.put(&photo, &bytes, b"small").unwrap(), Put::AlreadyHad);
    drop(files);
    let files = PhotoFiles::open(dir.path()).unwrap();
    assert!(files.has(&photo));
    assert_eq!(files.get(&photo).unwrap().whole().unwrap(), bytes);
    assert_eq!(files.thumb(&photo).unwrap().whole().unwrap(), b"small");
    assert_eq!(files.list().unwrap(), [Held { photo, bytes: 300_000 }]);
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0, "nothing half-written stays");
}

#[test]
fn a_flipped_bit_is_noticed_and_can_be_repaired() {
    let (dir, files) = folder();
    let (photo, bytes) = some(2_000);
    files.put(&photo, &bytes, b"small").unwrap();
    for at in [0, 1, 999, 1_999] {
        let mut rotten = bytes.clone();
        rotten[at] ^= 1;
        fs::write(path(&dir, &photo), &rotten).unwrap();
        assert_eq!(files.get(&photo).unwrap(), Found::Damaged { bytes: 2_000 });
        assert_eq!(files.chunks(&photo).unwrap(), Found::Damaged { bytes: 2_000 }, "no damaged piece is sent");
    }
    for length in [0, 1, 1_999] {
        fs::write(path(&dir, &photo), &bytes[..length]).unwrap();
        assert_eq!(files.get(&photo).unwrap(), Found::Damaged { bytes: length as u64 });
    }
    assert_eq!(files.put(&photo, &bytes, b"small").unwrap(), Put::Repaired);
    assert_eq!(files.get(&photo).unwrap(), Found::Whole(bytes));

    let thumb = dir.path().join("thumbs").join(&photo.as_str()[..2]).join(format!("{photo}.thumb"));
    let good = fs::read(&thumb).unwrap();
    for at in 0..good.len() {
        let mut rotten = good.clone();
        rotten[at] ^= 0x80;
        fs::write(&thumb, &rotten).unwrap();
        assert_eq!(files.thumb(&photo).unwrap(), Found::Damaged { bytes: good.len() as u64 });
    }
    fs::write(&thumb, b"").unwrap();
    assert_eq!(files.thumb(&photo).unwrap(), Found::Damaged { bytes: 0 });
}

#[test]
fn bytes_go_only_against_a_receipt_that_fits() {
    let (_dir, files) = folder();
    let (photo, bytes) = some(5_000);
    files.put(&photo, &bytes, b"small").unwrap();
    assert_eq!(files.remove(&Receipt::from_server(photo.clone(), 4_999)).unwrap(), Removed::Kept);
    let (other, _) = some(10);
    assert_eq!(files.remove(&Receipt::from_server(other, 10)).unwrap(), Removed::Missing);
    assert!(files.has(&photo));
    let receipt = Receipt::from_server(photo.clone(), 5_000);
    assert_eq!(files.remove(&receipt).unwrap(), Removed::Freed { bytes: 5_000 });
    assert_eq!(files.remove(&receipt).unwrap(), Removed::Missing, "twice does no harm");
    assert_eq!(files.get(&photo).unwrap(), Found::Missing);
    assert_eq!(files.thumb(&photo).unwrap().whole().unwrap(), b"small", "the timeline still shows it");
    assert_eq!(files.put(&photo, &bytes, b"small").unwrap(), Put::Stored, "and it can come back");
}

#[test]
fn chunks_add_up() {
    let (_dir, files) = folder();
    for (bytes, count) in [(1, 1), (PHOTO_CHUNK_BYTES, 1), (PHOTO_CHUNK_BYTES + 1, 2), (700_000, 3)] {
        let (photo, bytes) = some(bytes);
        files.put(&photo, &bytes, b"").unwrap();
        let chunks = files.chunks(&photo).unwrap().whole().unwrap();
        assert_eq!((chunks.count(), chunks.bytes()), (count, bytes.len()));
        let joined: Vec<u8> = (0..count).flat_map(|n| chunks.get(n).unwrap().to_vec()).collect();
        assert_eq!(joined, bytes);
        assert_eq!(chunks.get(count), None);
        assert!((0..count - 1).all(|n| chunks.get(n).unwrap().len() == PHOTO_CHUNK_BYTES));
    }
}

#[test]
fn names_and_bytes_from_outside_are_not_believed() {
    let (dir, files) = folder();
    let (photo, bytes) = some(100);
    assert_eq!(files.put(&photo, &bytes[1..], b"").unwrap(), Put::WrongBytes);
    assert!(!files.has(&photo));
    let upper = photo.as_str().to_uppercase();
    for name in ["..", "ab", upper.as_str(), &format!("{}.jpg", &photo.as_str()[4..])] {
        let name = PhotoId::new(name).unwrap();
        assert!(matches!(files.get(&name), Err(FilesError::NotAHash(_))), "{name}");
        assert!(matches!(files.remove(&Receipt::from_server(name, 1)), Err(FilesError::NotAHash(_))));
    }
    files.put(&photo, &bytes, b"").unwrap();
    // What others leave in the folder is passed over.
    fs::write(dir.path().join("photos/Thumbs.db"), b"x").unwrap();
    fs::create_dir(dir.path().join("photos/zz")).unwrap();
    fs::write(dir.path().join("photos/zz").join(format!("{photo}.jpg")), b"wrong shelf").unwrap();
    fs::write(path(&dir, &photo).with_extension("jpg.tmp"), b"x").unwrap();
    assert_eq!(files.list().unwrap().len(), 1);
}

#[test]
fn a_crash_while_writing_leaves_nothing_behind() {
    let (dir, files) = folder();
    let (photo, bytes) = some(100);
    let old = dir.path().join("tmp/4711-0");
    fs::write(&old, b"half of a pho").unwrap();
    let two_hours_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7_200);
    fs::File::options().write(true).open(&old).unwrap().set_modified(two_hours_ago).unwrap();
    let young = dir.path().join("tmp/4711-1");
    fs::write(&young, b"being written").unwrap();
    drop(files);
    let files = PhotoFiles::open(dir.path()).unwrap();
    assert!(!old.exists() && young.exists());
    // The same process number and count again: written over, not in the way.
    fs::write(dir.path().join("tmp").join(format!("{}-0", std::process::id())), vec![9; 4_000]).unwrap();
    assert_eq!(files.put(&photo, &bytes, b"").unwrap(), Put::Stored);
    assert_eq!(files.get(&photo).unwrap(), Found::Whole(bytes));
}

#[test]
fn a_disk_that_refuses_is_an_error_and_no_loss() {
    let (dir, files) = folder();
    let (photo, bytes) = some(100);
    let shelf = dir.path().join("photos").join(&photo.as_str()[..2]);
    fs::write(&shelf, b"a file where a folder should be").unwrap();
    assert!(matches!(files.put(&photo, &bytes, b""), Err(FilesError::Io { .. })));
    assert!(!files.has(&photo));
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0, "its room is freed at once");
    fs::remove_file(&shelf).unwrap();
    assert_eq!(files.put(&photo, &bytes, b"").unwrap(), Put::Stored);
}

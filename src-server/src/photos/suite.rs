//! What a photo store must do, whichever it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::PathBuf;

use super::*;
use crate::sample::Stores;

struct Store {
    photos: Photos,
    /// Where its bytes lie, to tamper.
    root: PathBuf,
    _folder: tempfile::TempDir,
}

impl Store {
    fn on(stores: Stores) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (address, root) = stores.photos(folder.path());
        Self { photos: Photos::open(&root, address.as_ref()).unwrap(), root, _folder: folder }
    }

    fn file(&self, photo: &PhotoId) -> PathBuf {
        self.root.join(&photo.as_str()[..2]).join(photo.as_str())
    }
}

fn photo(len: usize) -> (Bytes, PhotoId) {
    let bytes: Vec<u8> = (0..len).map(|n| (n * 7 % 251) as u8).collect();
    let id = PhotoId::of_bytes(&bytes);
    (bytes.into(), id)
}

async fn a_photo_is_whole_only_when_every_chunk_has_its_length_and_the_hash_fits(stores: Stores) {
    let store = Store::on(stores);
    let photos = &store.photos;
    let (bytes, id) = photo(PHOTO_CHUNK_BYTES + 10);
    let len = bytes.len() as u64;
    assert_eq!(photos.missing(&id, len).await.unwrap(), [0, 1]);
    photos.put(&id, 0, bytes.slice(..1000)).await.unwrap();
    assert_eq!(photos.missing(&id, len).await.unwrap(), [0, 1], "half a chunk is no chunk");
    photos.put(&id, 0, bytes.slice(..PHOTO_CHUNK_BYTES)).await.unwrap();
    assert_eq!(photos.missing(&id, len).await.unwrap(), [1]);
    assert_eq!(photos.commit(&id, len).await.unwrap(), Committed::Incomplete);
    photos.put(&id, 1, Bytes::from_static(b"0123456789")).await.unwrap();
    assert_eq!(photos.commit(&id, len).await.unwrap(), Committed::WrongHash);
    assert_eq!(photos.missing(&id, len).await.unwrap(), [0, 1], "wrong bytes come again from the start");
    assert_eq!(photos.read(&id).await.unwrap(), None);
    photos.put(&id, 1, bytes.slice(PHOTO_CHUNK_BYTES..)).await.unwrap();
    photos.put(&id, 0, bytes.slice(..PHOTO_CHUNK_BYTES)).await.unwrap();
    photos.put(&id, 0, bytes.slice(..PHOTO_CHUNK_BYTES)).await.unwrap();
    assert_eq!(photos.commit(&id, len).await.unwrap(), Committed::Whole(len));
    assert_eq!(photos.commit(&id, len).await.unwrap(), Committed::Whole(len), "a repeated commit is a receipt again");
    assert_eq!(photos.read(&id).await.unwrap().unwrap(), bytes);
    assert!(!store.root.join("tmp").join(id.as_str()).join("0").exists(), "the chunks are cleared away");
}

async fn a_flipped_bit_is_not_handed_out_and_the_photo_can_come_again(stores: Stores) {
    let store = Store::on(stores);
    let photos = &store.photos;
    let (bytes, id) = photo(100);
    photos.put(&id, 0, bytes.clone()).await.unwrap();
    photos.commit(&id, 100).await.unwrap();
    let mut damaged = bytes.to_vec();
    damaged[50] ^= 1;
    std::fs::write(store.file(&id), &damaged).unwrap();
    assert_eq!(photos.read(&id).await.unwrap(), None);
    assert_eq!(photos.commit(&id, 100).await.unwrap(), Committed::Incomplete);
    photos.put(&id, 0, bytes.clone()).await.unwrap();
    assert_eq!(photos.commit(&id, 100).await.unwrap(), Committed::Whole(100));
    photos.forget(&id).await.unwrap();
    photos.forget(&id).await.unwrap();
    assert_eq!(photos.read(&id).await.unwrap(), None);
}

async fn many_at_once_commit_the_same_photo(stores: Stores) {
    let store = Store::on(stores);
    let (bytes, id) = photo(3 * PHOTO_CHUNK_BYTES);
    let len = bytes.len() as u64;
    for n in 0..3 {
        store.photos.put(&id, n as u32, bytes.slice(n * PHOTO_CHUNK_BYTES..(n + 1) * PHOTO_CHUNK_BYTES)).await.unwrap();
    }
    let commits: Vec<_> = (0..8)
        .map(|_| {
            let (photos, id) = (store.photos.clone(), id.clone());
            tokio::spawn(async move { photos.commit(&id, len).await })
        })
        .collect();
    let mut whole = 0;
    for commit in commits {
        // Whoever comes while another clears the chunks away is told to ask again, never that the bytes are wrong.
        match commit.await.unwrap().unwrap() {
            Committed::Whole(n) => whole += usize::from(n == len),
            Committed::Incomplete => {}
            Committed::WrongHash => panic!("right bytes, refused"),
        }
    }
    assert!(whole >= 1);
    assert_eq!(store.photos.commit(&id, len).await.unwrap(), Committed::Whole(len));
    assert_eq!(store.photos.read(&id).await.unwrap().unwrap(), bytes);
}

async fn a_photo_from_another_store_and_its_thumbnail_are_kept(stores: Stores) {
    let store = Store::on(stores);
    let (bytes, id) = photo(5000);
    assert!(!store.photos.keep(&id, bytes.slice(1..)).await.unwrap(), "the hash decides");
    assert_eq!(store.photos.read(&id).await.unwrap(), None);
    assert!(store.photos.keep(&id, bytes.clone()).await.unwrap());
    assert_eq!(store.photos.read(&id).await.unwrap().unwrap(), bytes);
    assert_eq!(store.photos.kept_thumb(&id).await.unwrap(), None);
    store.photos.keep_thumb(&id, bytes.slice(..10)).await.unwrap();
    assert_eq!(store.photos.kept_thumb(&id).await.unwrap().unwrap(), bytes.slice(..10));
}

#[tokio::test]
async fn a_wrong_secret_is_an_error_and_not_a_missing_photo() {
    let (url, _) = crate::s3::s3().and_then(|s3| s3.bucket()).unwrap_or_else(|why| panic!("{why}"));
    let wrong: Address = url.replace("not-so-secret", "wrong").parse().unwrap();
    let photos = Photos::open(std::path::Path::new(""), Some(&wrong)).unwrap();
    let (_, id) = photo(10);
    assert!(matches!(photos.read(&id).await, Err(PhotoError::Bucket(_))));
    assert!(matches!(photos.missing(&id, 10).await, Err(PhotoError::Bucket(_))));
}

crate::sample::on_both_stores! {
    a_photo_is_whole_only_when_every_chunk_has_its_length_and_the_hash_fits,
    a_flipped_bit_is_not_handed_out_and_the_photo_can_come_again,
    many_at_once_commit_the_same_photo,
    a_photo_from_another_store_and_its_thumbnail_are_kept,
}

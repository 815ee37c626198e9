//! A district for the bench: a street, a grid an inspector with their doors, and tablets that have their places.

use ed25519_dalek::SigningKey;
use huce_core::{
    body::{Body, Noun, Photo, PhotoRole, Visit},
    event::{device_id, key_text},
    ids::{GridId, HouseholdId, PersonId, PhotoId},
    person::{Person, Role, RoleIn},
    record::first_edit,
    sample,
};
use huce_server::{
    app::App,
    intake::{Entry, record_own},
    store::{devices, people},
};
use serde_json::json;

use crate::PHOTO_BYTES;

pub fn grid(tablet: usize) -> GridId {
    GridId::new(format!("S-{tablet:03}")).unwrap()
}

pub fn person(tablet: usize) -> PersonId {
    PersonId::new(format!("inspector{tablet:03}")).unwrap()
}

pub fn door(tablet: usize, n: usize) -> HouseholdId {
    HouseholdId::of_address(&format!("小区{tablet}"), &(n / 60 + 1).to_string(), "1", &(n % 60 + 101).to_string())
}

/// The grids, the people and so many doors in each grid, recorded by the server itself as an import would.
pub async fn fill(app: &App, tablets: usize, doors: usize) {
    let system = PersonId::new("huce").unwrap();
    let mut entries = Vec::new();
    let street = GridId::new("S").unwrap();
    let node = |code: &GridId, level: &str, parent: Option<&GridId>| {
        let set = [("name", json!(code)), ("level", json!(level)), ("parent", json!(parent))];
        let edit = first_edit(Noun::Grid, code.as_str(), set.map(|(k, v)| (k.to_owned(), v)));
        Entry::of_grid(system.clone(), code.clone(), Body::Edit(edit))
    };
    entries.push(node(&street, "street", None));
    for tablet in 0..tablets {
        entries.push(node(&grid(tablet), "inspector", Some(&street)));
        for n in 0..doors {
            let id = door(tablet, n);
            let set = [
                ("estate", json!(format!("小区{tablet}"))),
                ("building", json!((n / 60 + 1).to_string())),
                ("entrance", json!("1")),
                ("room", json!((n % 60 + 101).to_string())),
            ];
            let edit = first_edit(Noun::Household, id.as_str(), set.map(|(k, v)| (k.to_owned(), v)));
            entries.push(Entry::new(system.clone(), grid(tablet), Some(id), Body::Edit(edit)));
        }
    }
    for recorded in record_own(app, entries).await.unwrap() {
        assert!(recorded.id().is_some(), "{recorded:?}");
    }
    let mut write = app.store.write().await.unwrap();
    for tablet in 0..tablets {
        let roles = vec![RoleIn { role: Role::Inspector, grid: grid(tablet) }];
        let who = Person { id: person(tablet), name: person(tablet).to_string(), roles };
        people::save(&mut write, &who, None, app.now_ms()).await.unwrap();
    }
    write.commit().await.unwrap();
}

/// Gives a tablet its place, as an enrolment does.
pub async fn place(app: &App, tablets: impl Iterator<Item = (usize, ed25519_dalek::VerifyingKey)>) {
    let mut write = app.store.write().await.unwrap();
    for (tablet, key) in tablets {
        let (device, key) = (device_id(&key), key_text(&key));
        let (person, name) = (person(tablet), format!("tablet {tablet}"));
        let place = devices::Place {
            device: &device,
            person: &person,
            name: &name,
            key: &key,
            version: "bench",
            is_server: false,
            approved: true,
        };
        devices::place(&mut write, &place, app.now_ms()).await.unwrap();
    }
    write.commit().await.unwrap();
}

pub fn key(tablet: usize) -> SigningKey {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&(tablet as u64 + 1).to_le_bytes());
    SigningKey::from_bytes(&seed)
}

/// A visit with these photos.
pub fn visit(n: usize, photos: Vec<PhotoId>) -> Body {
    Body::Visit(Visit { photos, ..sample::visit(n as u64) })
}

/// Bytes that do not compress, like a JPEG's; another photo for each number.
pub fn photo_bytes(n: u64) -> Vec<u8> {
    let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = b"\xff\xd8".to_vec();
    while bytes.len() < PHOTO_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(PHOTO_BYTES);
    bytes
}

pub fn photo(id: &PhotoId) -> Body {
    Body::Photo(Photo {
        photo: id.clone(),
        bytes: PHOTO_BYTES as u64,
        role: PhotoRole::Visit,
        plan: None,
        request: None,
        exif_taken: None,
        place: None,
        attached: None,
    })
}

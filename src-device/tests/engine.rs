//! The sync's thread against servers that are none: one that is silent, and a captive portal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use huce_core::{
    body::{Body, Noun},
    ids::{GridId, PersonId},
    ipc::Code,
    record::first_edit,
};
use huce_device::{Device, clock::SystemClock, sync::Engine};
use serde_json::json;

fn tablet(folder: &std::path::Path, url: String) -> Arc<Device> {
    let device = Device::open(folder, SystemClock).unwrap();
    device
        .edit_book(|book| {
            book.url = Some(url);
            book.person = Some(PersonId::new("somebody").unwrap());
        })
        .unwrap();
    Arc::new(device)
}

fn save(device: &Device, n: u32) {
    let edit = first_edit(Noun::Plan, &format!("p{n}"), [("diagnosis".to_owned(), json!("cold"))]);
    let person = PersonId::new("somebody").unwrap();
    device.record(person, GridId::new("G").unwrap(), None::<huce_core::site::Site>, Body::Edit(edit)).unwrap();
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_silent_server_holds_up_neither_a_save_nor_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let silent = thread::spawn(move || listener.incoming().take(1).map(Result::unwrap).collect::<Vec<_>>());
    let device = tablet(folder.path(), url);
    let engine = Engine::start(device.clone()).unwrap();
    until("it begins by itself", || engine.progress().borrow().is_some());
    let connections = silent.join().unwrap();
    let begun = Instant::now();
    (0..5).for_each(|n| save(&device, n));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(device.sync_state().running.is_some());
    engine.stop();
    until("a person stops it", || device.sync_state().running.is_none());
    assert_eq!(device.waiting_counts().0, 5);
    assert_eq!(device.sync_state().last_error, None, "what a person stopped has not failed");
    let begun = Instant::now();
    drop(engine);
    assert!(begun.elapsed() < Duration::from_secs(2), "the thread ends");
    drop(connections);
}

#[test]
fn a_captive_portal_confirms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let page = "<html>sign in</html>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", page.len());
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    let device = tablet(folder.path(), url);
    save(&device, 1);
    let engine = Engine::start(device.clone()).unwrap();
    until("it fails", || device.sync_state().last_error.is_some());
    let state = device.sync_state();
    assert_eq!(state.last_error.unwrap().1.code, Code::NotHuce);
    assert!(!state.online);
    assert_eq!(state.events_waiting, 1);
    // And a person may ask again at once.
    let before = device.book().last_error.unwrap().0;
    thread::sleep(Duration::from_millis(5));
    engine.now();
    until("it tries again", || device.book().last_error.is_some_and(|(at, _)| at > before));
}

#[test]
fn a_save_is_followed_by_a_sync() {
    let folder = tempfile::tempdir().unwrap();
    let device = tablet(folder.path(), "http://127.0.0.1:1".to_owned());
    let engine = Engine::start(device.clone()).unwrap();
    until("the first one fails", || device.sync_state().last_error.is_some());
    let before = device.book().last_error.unwrap().0;
    save(&device, 1);
    until("the save starts another", || device.book().last_error.is_some_and(|(at, _)| at > before));
    drop(engine);
}

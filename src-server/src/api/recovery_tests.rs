//! A forgotten PIN, from the console: who may open an escrow, what comes of it, and for how long.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use axum::http::Request;
use huce_core::escrow::{Escrow, Recovery};
use serde_json::json;
use tower::ServiceExt;

use super::tests::Console;
use crate::{recovery::FETCHED_MS, sample::Stores, serve, store::safety};

const DATA_KEY: [u8; 32] = [5; 32];

async fn a_recovery_is_for_its_code_its_tablet_and_a_day(stores: Stores) {
    let mut console = Console::on(stores).await;
    let tablet = console.district.tablet("li", 8).await.device;
    let ask = json!({ "device": tablet });
    let (status, said) = console.ask("open_escrow", "admin", &ask).await;
    assert_eq!((status, said["code"].as_str()), (422, Some("no_escrow")), "it has handed in nothing: {said}");

    let app = console.district.app.clone();
    let escrow = Escrow::seal(&DATA_KEY, &app.own.key.verifying_key(), &[6; 56]).unwrap();
    let mut write = app.store.write().await.unwrap();
    safety::keep_escrow(&mut write, &tablet, &escrow, app.now_ms()).await.unwrap();
    write.commit().await.unwrap();
    for nobody in ["", "li", "wang", "diao"] {
        let (status, _) = console.ask("open_escrow", nobody, &ask).await;
        assert!(matches!(status, 401 | 403), "{nobody:?}: {status}");
    }
    let (status, first) = console.ask("open_escrow", "admin", &ask).await;
    assert_eq!(status, 200, "{first}");
    let (status, opened) = console.ask("open_escrow", "admin", &ask).await;
    assert_eq!(status, 200, "{opened}");

    // The file and what the tablet fetches are the same, and open with this code only.
    let code = opened["code"].as_str().unwrap();
    let in_file: Recovery = serde_json::from_str(opened["file"].as_str().unwrap()).unwrap();
    assert_eq!((in_file.open(code), &in_file.device), (Some(DATA_KEY), &tablet));
    assert_eq!(in_file.open(first["code"].as_str().unwrap()), None);
    assert!(!opened["file"].as_str().unwrap().contains(code));
    let router = serve::router(app.clone());
    let fetch = async |code: &str| {
        let path = format!("/v1/recovery/{}", Recovery::name_of(code));
        let reply = router.clone().oneshot(Request::get(path).body(axum::body::Body::empty()).unwrap()).await.unwrap();
        let status = reply.status().as_u16();
        let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice::<Recovery>(&bytes).ok())
    };
    assert_eq!(fetch(code).await, (200, Some(in_file.clone())));
    assert_eq!(fetch(code).await, (200, Some(in_file)), "a reply may be lost");
    assert_eq!(fetch(first["code"].as_str().unwrap()).await.0, 404, "the one before is none any more");
    assert_eq!(fetch("AAAAA-AAAAA-AAAAA-AAAAA").await.0, 404);
    console.district.later(FETCHED_MS);
    assert_eq!(fetch(code).await.0, 404, "a day later");

    // Both openings are written down, with the name of whoever did it.
    let all = safety::escrows(&mut app.store.pool().acquire().await.unwrap()).await.unwrap();
    let (_, _, times) = all.iter().find(|(device, ..)| *device == tablet.to_string()).unwrap();
    assert_eq!(times.iter().map(|(_, who)| who.as_str()).collect::<Vec<_>>(), ["console: admin"; 2]);
}

crate::sample::on_both_stores! {
    a_recovery_is_for_its_code_its_tablet_and_a_day,
}

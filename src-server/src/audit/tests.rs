//! The audit, with somebody at the database who has no device's key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::{body::Body, event::SignedEvent};

use super::*;
use crate::{
    intake::{From, take},
    sample::{District, NOW, Stores, Tablet},
};

struct Case {
    district: District,
    tablet: Tablet,
    visits: Vec<SignedEvent>,
}

impl Case {
    /// Ten visits, one of them without a right, so that it is kept aside.
    async fn on(stores: Stores) -> Self {
        let district = District::on(stores).await;
        let mut tablet = district.tablet("li", 1).await;
        let mut visits: Vec<_> = (0..6).map(|n| tablet.visit(&district.household, 16.0 + f64::from(n))).collect();
        visits.push(tablet.record("S-2", None, Body::Unknown));
        visits.extend((0..3).map(|n| tablet.visit(&district.household, 20.0 + f64::from(n))));
        let from = From::Device(tablet.device.clone());
        take(&district.app.store, visits.clone(), &from, NOW).await.unwrap();
        Self { district, tablet, visits }
    }

    /// By hand, past everything that we have built.
    async fn sql(&self, sql: &str) {
        let done = sqlx::query(sqlx::AssertSqlSafe(sql.replace("$d", &format!("'{}'", self.tablet.device))))
            .execute(self.district.app.store.pool())
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
    }

    /// What the audit finds, without the reasons.
    async fn found(&self) -> Vec<(String, What)> {
        let report = verify(&self.district.app.store).await.unwrap();
        report.findings.into_iter().map(|f| (f.event, f.what)).collect()
    }

    fn event(&self, seq: u64) -> String {
        format!("{}-{seq}", self.tablet.device)
    }

    fn device(&self) -> String {
        format!("device:{}", self.tablet.device)
    }
}

async fn an_untouched_database_has_no_findings(stores: Stores) {
    let case = Case::on(stores).await;
    let report = verify(&case.district.app.store).await.unwrap();
    assert_eq!(report.findings, BTreeSet::new());
    assert_eq!((report.devices, report.events, report.grids), (2, 14, 3), "the server's four events, the tablet's ten");
}

async fn an_altered_event_is_named(stores: Stores) {
    let case = Case::on(stores).await;
    case.sql("UPDATE event SET payload = REPLACE(payload, '18.0', '28.0') WHERE device = $d AND seq = 3").await;
    assert_eq!(case.found().await, [(case.event(3), What::Altered)]);

    // With the hash made to fit, and the stream's digest left alone.
    let case = Case::on(stores).await;
    let changed = case.visits[2].payload.get().replace("18.0", "28.0");
    let hash = blake3::hash(changed.as_bytes()).to_hex();
    case.sql(&format!("UPDATE event SET payload = '{changed}', hash = '{hash}' WHERE device = $d AND seq = 3")).await;
    let mut want = [(case.event(3), What::Altered), ("grid:S-1".to_owned(), What::Record)];
    want.sort();
    assert_eq!(case.found().await, want);

    // Replaced by another event that the device really signed: a fork that was kept aside.
    let case = Case::on(stores).await;
    let mut clone = Tablet { seq: 4, prev: Some(case.visits[3].hash()), ..Tablet::new("li", 1) };
    let fork = clone.visit(&case.district.household, 99.0);
    let (payload, sig, hash) = (fork.payload.get(), &fork.sig, fork.hash());
    case.sql(&format!(
        "UPDATE event SET payload = '{payload}', sig = '{sig}', hash = '{hash}' WHERE device = $d AND seq = 5"
    ))
    .await;
    let mut want = [(case.event(5), What::Altered), ("grid:S-1".to_owned(), What::Record)];
    want.sort();
    assert_eq!(case.found().await, want);
}

async fn a_removed_event_is_named(stores: Stores) {
    let case = Case::on(stores).await;
    case.sql("DELETE FROM event WHERE device = $d AND seq = 5").await;
    let found = case.found().await;
    assert!(found.contains(&(case.event(5), What::Removed)), "{found:?}");
    assert!(found.contains(&("grid:S-1:7".to_owned(), What::Removed)), "{found:?}");
    assert!(!found.iter().any(|(event, _)| *event == case.event(4) || *event == case.event(6)), "{found:?}");
    // What was kept aside counts as well.
    let case = Case::on(stores).await;
    case.sql("DELETE FROM refused WHERE device = $d AND seq = 7").await;
    assert_eq!(case.found().await, [(case.event(7), What::Removed)]);
}

async fn an_added_event_is_named(stores: Stores) {
    let case = Case::on(stores).await;
    // A copy of a real one under a number of its own, at the stream's end, with every counter made to fit.
    case.sql(
        "INSERT INTO event SELECT device, 11, hash, grid, 12, person, when_ms, stored_ms, household, payload, sig
         FROM event WHERE device = $d AND seq = 3",
    )
    .await;
    case.sql("UPDATE device SET chain_seq = 11 WHERE id = $d").await;
    case.sql("UPDATE grid_head SET head = 12 WHERE grid = 'S-1'").await;
    let found = case.found().await;
    assert!(found.contains(&(case.event(11), What::Added)), "{found:?}");
    // One of a device that was never enrolled.
    let case = Case::on(stores).await;
    let stranger = Tablet::new("li", 99).visit(&case.district.household, 30.0);
    let (payload, sig, hash) = (stranger.payload.get(), &stranger.sig, stranger.hash());
    let device = Tablet::new("li", 99).device;
    case.sql(&format!(
        "INSERT INTO event (device, seq, hash, grid, pos, person, when_ms, stored_ms, payload, sig)
         VALUES ('{device}', 1, '{hash}', 'S-1', 12, 'li', 0, 0, '{payload}', '{sig}')"
    ))
    .await;
    assert!(case.found().await.contains(&(format!("{device}-1"), What::Added)));
}

async fn a_key_that_was_exchanged_is_named(stores: Stores) {
    let case = Case::on(stores).await;
    let other = huce_core::event::key_text(&Tablet::new("li", 99).key.verifying_key());
    case.sql(&format!("UPDATE device SET key = '{other}' WHERE id = $d")).await;
    assert!(case.found().await.contains(&(case.device(), What::Record)));
}

async fn what_was_cut_off_the_end_shows_against_a_head(stores: Stores) {
    let case = Case::on(stores).await;
    let app = &case.district.app;
    let head = head::make(&app.store, &app.own, NOW).await.unwrap();
    // Cut off by somebody who knows all about it: no gap is left.
    case.sql("DELETE FROM event WHERE device = $d AND seq >= 9").await;
    let hash = case.visits[7].hash();
    case.sql(&format!("UPDATE device SET chain_seq = 8, chain_hash = '{hash}' WHERE id = $d")).await;
    let mut digest = huce_core::digest::Digest::default();
    let rows = sqlx::query_scalar::<_, String>("SELECT hash FROM event WHERE grid = 'S-1'");
    rows.fetch_all(app.store.pool()).await.unwrap().iter().for_each(|hash| digest.add(hash));
    let (count, sum) = (digest.count, digest.sum.cast_signed());
    case.sql(&format!(
        "UPDATE grid_head SET head = {count}, digest_count = {count}, digest_sum = {sum} WHERE grid = 'S-1'"
    ))
    .await;
    assert_eq!(case.found().await, [], "the chains alone do not show it");
    let mut report = Report::default();
    head.check(&app.store, &mut report).await.unwrap();
    let found: Vec<_> = report.findings.iter().map(|f| (f.event.clone(), f.what)).collect();
    let mut want = [("grid:S-1".to_owned(), What::Removed), (case.event(10), What::Removed)];
    want.sort();
    assert_eq!(found, want);
    // A head that was altered with it says nothing.
    let mut forged = head.clone();
    forged.devices.clear();
    let mut report = Report::default();
    forged.check(&app.store, &mut report).await.unwrap();
    assert_eq!(report.findings.iter().map(|f| f.what).collect::<Vec<_>>(), [What::Record]);
}

crate::sample::on_both_stores! {
    an_untouched_database_has_no_findings,
    an_altered_event_is_named,
    a_removed_event_is_named,
    an_added_event_is_named,
    a_key_that_was_exchanged_is_named,
    what_was_cut_off_the_end_shows_against_a_head,
}

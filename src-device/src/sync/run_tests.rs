//! The state machine against a server of a few lines that loses requests and replies as it is told to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    ids::{GridId, PhotoId},
    ipc::{CallError, Code, sync::SyncStep},
    photo::PHOTO_CHUNK_BYTES,
};

use super::{
    error::SyncError,
    run::{Got, Next, Report, Run},
};
use crate::device::{OnUnknown, WaitingPhoto};

fn offline() -> SyncError {
    SyncError::Offline("test".into())
}

fn refused(status: u16, code: &str) -> SyncError {
    SyncError::Refused { status, code: code.into(), params: Vec::new() }
}

fn photo(n: u8, bytes: u64) -> WaitingPhoto {
    WaitingPhoto { photo: PhotoId::of_bytes(&[n]), bytes, seq: u64::from(n) }
}

/// A tablet and a server. What "waits" ends only when the tablet hears of it.
#[derive(Default)]
struct World {
    own: u64,
    confirmed: u64,
    on_server: u64,
    stored_twice: bool,
    grids: BTreeMap<String, (u64, u64)>,
    photos: Vec<WaitingPhoto>,
    chunks: BTreeSet<(PhotoId, u32)>,
    whole: BTreeSet<PhotoId>,
    puts: u64,
    signed_in: u32,
    log: Vec<String>,
}

impl World {
    fn grid(&mut self, grid: &str, cursor: u64, head: u64) {
        self.grids.insert(grid.into(), (cursor, head));
    }

    /// Does the step on the server, then on the tablet unless `deaf` (the reply is lost).
    fn act(&mut self, next: &Next, deaf: bool) -> Got {
        let got = match next {
            Next::Challenge => Got::Challenge("n".into()),
            Next::Token(_) => {
                self.signed_in += 1;
                Got::Token
            }
            Next::Profile => Got::Profile {
                grids: self.grids.keys().map(|g| GridId::new(g.clone()).unwrap()).collect(),
                forms: Vec::new(),
                waiting: self.own - self.confirmed,
            },
            Next::Push => {
                let sent = (self.own - self.confirmed).min(2);
                let until = self.confirmed + sent;
                if self.confirmed > self.on_server {
                    return Got::Pushed {
                        confirmed: 0,
                        held: 0,
                        refused: 0,
                        gaps: sent,
                        left: self.own - self.confirmed,
                    };
                }
                self.on_server = self.on_server.max(until);
                if !deaf {
                    self.confirmed = until;
                }
                Got::Pushed { confirmed: sent, held: 0, refused: 0, gaps: 0, left: self.own - until }
            }
            Next::SendAgain => {
                self.confirmed = 0;
                self.grids.values_mut().for_each(|g| g.0 = 0);
                Got::SentAgain { waiting: self.own }
            }
            Next::Pull { grid, .. } => {
                let (cursor, head) = self.grids.get_mut(grid.as_str()).unwrap();
                let (from, head) = (*cursor, *head);
                if head < from {
                    return Got::Pulled { from, next: from, head, new: 0, agrees: None };
                }
                let next = (from + 10).min(head);
                if !deaf {
                    *cursor = next;
                }
                Got::Pulled { from, next, head, new: next - from, agrees: (next == head).then_some(true) }
            }
            Next::PullAgain(grid) => {
                self.grids.get_mut(grid.as_str()).unwrap().0 = 0;
                Got::PulledAgain
            }
            Next::Photos => Got::Photos(self.photos.clone()),
            Next::Missing(p) => {
                let complete = self.whole.contains(&p.photo);
                let count = u32::try_from(p.bytes.div_ceil(PHOTO_CHUNK_BYTES as u64)).unwrap();
                let chunks = (0..count).filter(|n| !self.chunks.contains(&(p.photo.clone(), *n))).collect();
                if complete && !deaf {
                    self.photos.retain(|w| w != p);
                }
                Got::Missing { complete, chunks }
            }
            Next::Chunk(p, n) => {
                self.puts += 1;
                self.stored_twice |= !self.chunks.insert((p.photo.clone(), *n)) && self.whole.contains(&p.photo);
                Got::Chunk
            }
            Next::Commit(p) => {
                self.whole.insert(p.photo.clone());
                if !deaf {
                    self.photos.retain(|w| w != p);
                }
                Got::Committed
            }
            Next::Form(_) => Got::Form,
            Next::Relay(_) => Got::Relayed(None),
            Next::Grant(_) => Got::Granted,
            Next::Pause(_) | Next::Over(_) => unreachable!(),
        };
        if deaf { Got::Failed(offline()) } else { got }
    }

    /// Runs a sync; `fault(n)` says what becomes of the n-th step.
    fn sync(&mut self, mut fault: impl FnMut(usize, &Next) -> Fault) -> Result<Report, SyncError> {
        let mut run = Run::new();
        for n in 0..2_000 {
            let next = run.step();
            match &next {
                Next::Over(result) => return result.clone(),
                Next::Pause(_) => continue,
                _ => {}
            }
            self.log.push(format!("{next:?}").split(['(', ' ']).next().unwrap().to_owned());
            let got = match fault(n, &next) {
                Fault::None => self.act(&next, false),
                Fault::ReplyLost => self.act(&next, true),
                Fault::Says(e) => Got::Failed(e),
                Fault::Instead(got) => got,
            };
            run.take(got);
            let progress = run.progress();
            assert!(progress.is_none_or(|p| p.done <= p.all), "{progress:?}");
        }
        panic!("it never ends: {:?}", &self.log[self.log.len() - 20..]);
    }
}

enum Fault {
    None,
    ReplyLost,
    Says(SyncError),
    Instead(Got),
}

fn busy_world() -> World {
    let mut world = World { own: 7, ..World::default() };
    world.grid("A", 0, 25);
    world.grid("B", 5, 5);
    world.photos = vec![photo(1, 600_000), photo(2, 1_000)];
    world
}

#[test]
fn events_go_first_then_they_come_then_photos_oldest_first() {
    let mut world = busy_world();
    let report = world.sync(|_, _| Fault::None).unwrap();
    assert_eq!((report.pushed, report.pulled, report.photos), (7, 25, 2));
    assert_eq!(world.confirmed, 7);
    let log = world.log.join(" ");
    let photos = "Photos Missing Chunk Chunk Chunk Commit Missing Chunk Commit";
    assert_eq!(log, format!("Challenge Token Profile Push Push Push Push Relay Grant Pull Pull Pull Pull {photos}"));
}

#[test]
fn any_one_lost_reply_is_made_good_within_the_same_sync() {
    for lost in 0..26 {
        let mut world = busy_world();
        let mut left = 1;
        let report = world.sync(|n, _| {
            if n == lost && left > 0 {
                left -= 1;
                return Fault::ReplyLost;
            }
            Fault::None
        });
        report.unwrap_or_else(|e| panic!("step {lost}: {e}"));
        assert_eq!((world.confirmed, world.on_server), (7, 7), "step {lost}");
        assert!(world.photos.is_empty() && world.grids.values().all(|(c, h)| c == h), "step {lost}");
        assert!(!world.stored_twice, "step {lost}: bytes were sent again for a photo that is whole");
    }
}

#[test]
fn a_sync_that_is_cut_off_anywhere_is_finished_by_the_next_one() {
    for cut in 0..26 {
        let mut world = busy_world();
        let first = world.sync(|n, _| if n >= cut { Fault::ReplyLost } else { Fault::None });
        assert!(first.is_err() || cut >= 20, "step {cut}");
        world.sync(|_, _| Fault::None).unwrap();
        assert_eq!((world.confirmed, world.on_server), (7, 7), "step {cut}");
        assert!(world.photos.is_empty(), "step {cut}");
        assert!(world.puts <= 8, "chunks that arrived are not sent again: {}", world.puts);
    }
}

#[test]
fn a_portal_that_says_yes_confirms_nothing() {
    let mut world = busy_world();
    let portal = |_: usize, next: &Next| match next {
        Next::Push => Fault::Says(SyncError::NotHuce("portal".into())),
        _ => Fault::None,
    };
    assert_eq!(world.sync(portal), Err(SyncError::NotHuce("portal".into())));
    assert_eq!(world.confirmed, 0);
}

#[test]
fn receipts_for_nothing_end_the_run_instead_of_repeating_it() {
    let mut world = busy_world();
    let got = world.sync(|_, next| match next {
        Next::Push => Fault::Instead(Got::Pushed { confirmed: 0, held: 0, refused: 0, gaps: 0, left: 7 }),
        _ => Fault::None,
    });
    assert!(matches!(got, Err(SyncError::NotHuce(_))));
}

#[test]
fn a_gap_sends_everything_again_once() {
    let mut world = busy_world();
    (world.confirmed, world.on_server) = (4, 1);
    world.sync(|_, _| Fault::None).unwrap();
    assert_eq!((world.confirmed, world.on_server), (7, 7));
    assert_eq!(world.log.iter().filter(|s| *s == "SendAgain").count(), 1);
    // And a server that always says "gap" is given up.
    let mut world = busy_world();
    let gaps = |_: usize, next: &Next| match next {
        Next::Push => Fault::Instead(Got::Pushed { confirmed: 0, held: 0, refused: 0, gaps: 2, left: 7 }),
        _ => Fault::None,
    };
    assert!(world.sync(gaps).is_err());
}

#[test]
fn refused_events_do_not_hold_up_the_others() {
    let mut world = busy_world();
    let report = world.sync(|_, next| match next {
        Next::Push => Fault::Instead(Got::Pushed { confirmed: 6, held: 0, refused: 1, gaps: 0, left: 0 }),
        _ => Fault::None,
    });
    let report = report.unwrap();
    assert_eq!((report.pushed, report.refused, report.pulled), (6, 1, 25));
}

#[test]
fn a_server_that_was_restored_gets_everything_again() {
    let mut world = busy_world();
    (world.own, world.confirmed, world.on_server) = (7, 7, 7);
    world.grid("A", 40, 25);
    world.sync(|_, _| Fault::None).unwrap();
    assert!(world.log.contains(&"SendAgain".to_owned()));
    assert_eq!(world.grids["A"], (25, 25));
}

#[test]
fn a_digest_that_differs_sends_and_pulls_again_once_and_then_says_so() {
    let mut world = busy_world();
    let differs = |_: usize, next: &Next| match next {
        Next::Pull { grid, .. } if grid.as_str() == "A" => {
            Fault::Instead(Got::Pulled { from: 0, next: 25, head: 25, new: 0, agrees: Some(false) })
        }
        _ => Fault::None,
    };
    assert_eq!(world.sync(differs), Err(SyncError::Differs("A".into())));
    assert_eq!(world.log.iter().filter(|s| *s == "SendAgain").count(), 1, "own events that the server lost go again");
    assert!(world.photos.is_empty(), "the photos went nevertheless");
    let mut world = busy_world();
    let mut first = true;
    let once = |_: usize, next: &Next| match next {
        Next::Pull { .. } if std::mem::take(&mut first) => {
            Fault::Instead(Got::Pulled { from: 0, next: 25, head: 25, new: 0, agrees: Some(false) })
        }
        _ => Fault::None,
    };
    world.sync(once).unwrap();
}

#[test]
fn a_token_that_ran_out_is_renewed_and_the_step_goes_on() {
    let mut world = busy_world();
    let mut told = false;
    let out = |_: usize, next: &Next| match next {
        Next::Chunk(_, 1) if !told => {
            told = true;
            Fault::Says(refused(401, "signed_out"))
        }
        _ => Fault::None,
    };
    world.sync(out).unwrap();
    assert_eq!(world.signed_in, 2);
    assert_eq!(world.log.iter().filter(|s| *s == "Profile").count(), 1);
    assert_eq!(world.puts, 4, "no chunk twice");
    let always = |_: usize, next: &Next| match next {
        Next::Profile => Fault::Says(refused(401, "signed_out")),
        _ => Fault::None,
    };
    assert_eq!(busy_world().sync(always), Err(refused(401, "signed_out")));
}

#[test]
fn one_photo_that_is_refused_does_not_keep_back_the_others() {
    let mut world = busy_world();
    let first = photo(1, 0).photo;
    let report = world.sync(|_, next| match next {
        Next::Missing(p) if p.photo == first => Fault::Says(refused(404, "not_found")),
        _ => Fault::None,
    });
    let report = report.unwrap();
    assert_eq!(report.photos, 1);
    assert_eq!(report.photos_failed.len(), 1);
}

#[test]
fn a_commit_without_receipt_is_asked_about_and_given_up_in_the_end() {
    let mut world = busy_world();
    let report = world.sync(|_, next| match next {
        Next::Commit(_) => Fault::Instead(Got::PhotoFailed("incomplete".into())),
        _ => Fault::None,
    });
    assert_eq!(report.unwrap().photos_failed.len(), 2);
    assert_eq!(world.photos.len(), 2, "they wait for the next sync");
}

#[test]
fn a_revoked_tablet_stops_at_once() {
    let mut world = busy_world();
    let revoked = |_: usize, next: &Next| match next {
        Next::Token(_) => Fault::Says(refused(403, "revoked")),
        _ => Fault::None,
    };
    let e = world.sync(revoked).unwrap_err();
    assert!(e.is_revoked() && e.is_permanent());
    assert_eq!(CallError::from(e).code, Code::Revoked);
}

#[test]
fn unknown_keys_fetch_the_profile_once_and_are_then_set_aside() {
    let mut world = busy_world();
    let mut asked = Vec::new();
    let unknown = |_: usize, next: &Next| match next {
        Next::Pull { unknown, .. } => {
            asked.push(*unknown);
            if *unknown == OnUnknown::Report { Fault::Instead(Got::UnknownKeys) } else { Fault::None }
        }
        _ => Fault::None,
    };
    world.sync(unknown).unwrap();
    assert_eq!(asked[..2], [OnUnknown::Report, OnUnknown::SetAside]);
    assert_eq!(world.log.iter().filter(|s| *s == "Profile").count(), 2);
}

#[test]
fn an_unreachable_server_is_given_up_after_a_few_tries() {
    let mut world = busy_world();
    assert_eq!(world.sync(|_, _| Fault::Says(offline())), Err(offline()));
    assert_eq!(world.log.len(), 4);
}

#[test]
fn a_server_that_asks_for_patience_is_obeyed_and_nothing_is_given_up() {
    let slow = |seconds: u64| SyncError::Refused {
        status: 429,
        code: "slow_down".into(),
        params: vec![("seconds".into(), seconds.to_string())],
    };
    let mut world = busy_world();
    let mut run = Run::new();
    let (mut pauses, mut said) = (Vec::new(), 0);
    let report = loop {
        let next = run.step();
        match &next {
            Next::Over(result) => break result.clone(),
            Next::Pause(ms) => pauses.push(*ms),
            Next::Token(_) | Next::Push | Next::Chunk(..) if said % 2 == 0 => {
                said += 1;
                run.take(Got::Failed(slow(7)));
            }
            _ => {
                said += u64::from(matches!(next, Next::Token(_) | Next::Push | Next::Chunk(..)));
                let got = world.act(&next, false);
                run.take(got);
            }
        }
    };
    let report = report.unwrap();
    assert!(!pauses.is_empty() && pauses.iter().all(|ms| *ms == 7_000), "{pauses:?}");
    assert_eq!(report.photos_failed, []);
    assert_eq!(world.puts, 4);
    let always = |_: usize, _: &Next| Fault::Says(slow(7));
    assert_eq!(busy_world().sync(always), Err(slow(7)), "and not for ever");
    let mut world = busy_world();
    assert_eq!(world.sync(|_, _| Fault::Says(slow(900))), Err(slow(900)));
    assert_eq!(world.log.len(), 1, "a long wait is the next sync's");
}

#[test]
fn progress_tells_events_and_bytes() {
    let mut world = busy_world();
    let mut run = Run::new();
    let mut seen = Vec::new();
    loop {
        let next = run.step();
        if let Next::Over(_) = next {
            break;
        }
        let got = world.act(&next, false);
        run.take(got);
        seen.extend(run.progress().map(|p| (p.step, p.done, p.all)));
    }
    assert!(seen.contains(&(SyncStep::Push, 2, 7)) && seen.contains(&(SyncStep::Pull, 10, 25)));
    assert!(seen.contains(&(SyncStep::Photos, PHOTO_CHUNK_BYTES as u64, 601_000)));
    assert!(seen.contains(&(SyncStep::Photos, 600_000, 601_000)), "{seen:?}");
    assert_eq!(run.progress(), None);
}

#[test]
fn an_enrolment_waits_for_the_profile_only() {
    let mut world = busy_world();
    let mut run = Run::until_profile();
    for _ in 0..3 {
        let next = run.step();
        let got = world.act(&next, false);
        run.take(got);
    }
    assert!(matches!(run.step(), Next::Over(Ok(_))));
}

#[test]
fn where_a_hub_is_the_server_is_asked_once() {
    let mut run = Run::new().or_hub();
    assert_eq!(run.step(), Next::Challenge);
    run.take(Got::Failed(offline()));
    assert_eq!(run.step(), Next::Over(Err(offline())));
}

#[test]
fn what_a_hub_keeps_was_not_sent() {
    let mut run = Run::at_hub();
    let photo = WaitingPhoto { photo: PhotoId::of_bytes(b"x"), bytes: 1, seq: 3 };
    let steps = [
        (Next::Challenge, Got::Challenge("n".to_owned())),
        (Next::Token("n".to_owned()), Got::Token),
        (Next::Profile, Got::Profile { grids: Vec::new(), forms: Vec::new(), waiting: 3 }),
        (Next::Push, Got::Pushed { confirmed: 0, held: 3, refused: 0, gaps: 0, left: 0 }),
        (Next::Relay(None), Got::Relayed(None)),
        (Next::Grant(Vec::new()), Got::Granted),
        (Next::Photos, Got::Photos(vec![photo.clone()])),
        (Next::Missing(photo), Got::Held),
    ];
    for (next, got) in steps {
        assert_eq!(run.step(), next);
        run.take(got);
    }
    let report = Report { held: (3, 1), at_hub: true, ..Report::default() };
    assert_eq!(run.step(), Next::Over(Ok(report)));
}

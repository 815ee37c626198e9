//! Quiescence: the network is whole again, everybody comes back to the depot and syncs until nothing changes.

use anyhow::{Result, bail};
use huce_device::sync::{Report, SyncError};

use crate::{net::Load, saved::Facts, tablet::Tablet, world::World};

/// How often everybody syncs at most until nothing changes any more.
const ROUNDS: usize = 8;

impl World {
    /// Heals the world. What does not come to rest is a failure.
    pub(crate) fn heal(&mut self) -> Result<()> {
        self.calm = true;
        self.note("the network is whole again");
        for n in 0..self.tablets.len() {
            self.tablet(n)?.hang_up();
            self.net.hang_up(n);
        }
        // What is still under way arrives: late, and with nobody waiting.
        while let Some(packet) = self.net.take(0) {
            if let Load::Request(ask) = &packet.load {
                self.request(&packet.clone(), ask)?;
            }
        }
        self.push_newer()?;
        self.end_of_hub()?;
        for round in 0..ROUNDS {
            let mut quiet = self.hub_rests()?;
            for n in 0..self.tablets.len() {
                if self.tablet(n)?.gone {
                    continue;
                }
                self.pass(1_000);
                self.wake(n)?;
                let result = self.sync_calmly(n)?;
                let revoked = self.is_revoked(n);
                if self.tablet(n)?.device()?.is_forked() && !revoked {
                    self.enrol_anew(n)?;
                    quiet = false;
                    continue;
                }
                match result {
                    // A tablet without a place has handed in what it had.
                    Err(e) if e.is_revoked() && revoked => {}
                    Ok(report) => quiet &= report.pushed + report.pulled + report.photos + report.refused == 0,
                    Err(e) => {
                        quiet = false;
                        if round + 1 == ROUNDS {
                            self.fail(format!("quiescence: tablet {n} still cannot sync: {e}"));
                        } else {
                            self.help(n, &e)?;
                        }
                    }
                }
            }
            if quiet {
                return Ok(());
            }
        }
        self.fail("quiescence: something still moves after every tablet has synced again and again".to_owned());
        Ok(())
    }

    /// The hub is reached again, or never again; with it, some tablets come to it once more before they reach the server.
    fn end_of_hub(&mut self) -> Result<()> {
        let lost = self.dice.in_of(1, 3);
        let Some(hub) = self.hub() else { return Ok(()) };
        // A dishonest one takes with it what it says that the server has.
        let lost = lost || hub.lies;
        hub.lost |= lost;
        if lost {
            self.fault("hub lost for good");
            self.note("the hub is lost for good");
            return Ok(());
        }
        for n in 0..self.tablets.len() {
            if self.tablet(n)?.gone || self.dice.in_of(1, 2) {
                continue;
            }
            self.wake(n)?;
            let line = self.net.hub_line(n);
            self.tablet(n)?.begin_at_hub(line)?;
            self.note(format!("tablet {n} begins to sync at the hub"));
            let _ = self.finish(n)?;
        }
        Ok(())
    }

    /// The hub passes until nothing moves. False when something did.
    fn hub_rests(&mut self) -> Result<bool> {
        let mut quiet = true;
        // One that was under way may have begun before the last tablet came.
        if self.hub().is_some_and(|hub| hub.is_passing()) {
            let _ = self.hub_passes()?;
            quiet = false;
        }
        for _ in 0..ROUNDS {
            match self.hub_passes()? {
                None => return Ok(quiet),
                Some(Ok(passed)) if passed.pushed + passed.pulled + passed.photos == 0 => {
                    let waiting = self.hub().map_or(Ok(0), |hub| hub.waiting())?;
                    if waiting > 0 {
                        self.fail(format!("the hub: {waiting} events still wait after it has reached the server"));
                    }
                    return Ok(quiet);
                }
                Some(_) => quiet = false,
            }
        }
        self.fail("quiescence: the hub does not come to rest".to_owned());
        Ok(false)
    }

    /// Most tablets begin their day with a sync that works.
    pub(crate) fn first_syncs(&mut self) -> Result<()> {
        self.calm = true;
        for n in 0..self.tablets.len() {
            if self.dice.in_of(7, 8)
                && let Err(e) = self.sync_calmly(n)?
            {
                self.fail(format!("the first sync of tablet {n}: {e}"));
            }
        }
        self.calm = false;
        Ok(())
    }

    /// What an administrator does about an error that the tablet shows.
    fn help(&mut self, n: usize, e: &SyncError) -> Result<()> {
        if let SyncError::Refused { code, .. } = e
            && code == "not_enrolled"
        {
            self.note(format!("tablet {n} is enrolled again"));
            let person = self.tablet(n)?.person.clone();
            let code = self.depot.code(&person)?;
            let line = self.net.line(n);
            self.tablet(n)?.enrol(line, code)?;
            if let Err(e) = self.finish(n)? {
                self.fail(format!("quiescence: tablet {n} cannot be enrolled again: {e}"));
            }
        }
        Ok(())
    }

    /// The server says that this tablet is a copy: a new one takes its place, with what only the old one has.
    fn enrol_anew(&mut self, n: usize) -> Result<()> {
        let next = self.tablets.len();
        self.note(format!("tablet {n} is enrolled anew: {next}"));
        self.fault("enrolled anew");
        let folder = self.folder.path().join(format!("tablet-{next}"));
        let person = self.tablet(n)?.person.clone();
        let server = self.depot.place()?;
        self.tablets.push(Tablet::new(&folder, 100 + next as u64, &person, server, self.now_ms)?);
        let code = self.depot.code(&person)?;
        let line = self.net.line(next);
        self.tablet(next)?.enrol(line, code)?;
        if let Err(e) = self.finish(next)? {
            self.fail(format!("quiescence: tablet {next} cannot be enrolled: {e}"));
        }
        let (old, new) = (self.tablet(n)?.device()?, self.tablet(next)?.device()?);
        let before = self.facts(n)?;
        let pairs = new.carry_over(&old)?;
        let after = self.facts(next)?;
        let key_in = |facts: &Facts, id: &str, device: &str| {
            facts.values().find(|f| f.id == id && f.device() == device).map(|f| f.key.clone())
        };
        for (was, is) in &pairs {
            let was_key = key_in(&before, &was.to_string(), was.device.as_str());
            let is_key = key_in(&after, &is.to_string(), is.device.as_str());
            if let (Some(was), Some(is)) = (was_key, is_key) {
                self.carried.insert(was, is);
            }
        }
        // Whoever recorded it again had seen what they had seen, under the new names.
        for (was, is) in self.carried.clone() {
            let seen = self.seen.get(&was).cloned().unwrap_or_default();
            let seen = seen.into_iter().map(|key| self.carried.get(&key).cloned().unwrap_or(key)).collect();
            self.seen.insert(is, seen);
        }
        self.note(format!("{} events are recorded again", pairs.len()));
        self.tablet(n)?.gone = true;
        Ok(())
    }

    fn sync_calmly(&mut self, n: usize) -> Result<Result<Report, SyncError>> {
        let line = self.net.line(n);
        self.tablet(n)?.begin(line)?;
        self.finish(n)
    }

    /// Everything arrives in order until the tablet has done what it began.
    pub(crate) fn finish(&mut self, n: usize) -> Result<Result<Report, SyncError>> {
        let mut result = self.go_on(n)?;
        for _ in 0..5_000 {
            if let Some(result) = result {
                return Ok(result);
            }
            let Some(packet) = self.net.take(0) else { bail!("tablet {n} waits for nothing") };
            result = match &packet.load {
                Load::Request(ask) => {
                    self.request(&packet, ask)?;
                    None
                }
                Load::Reply(reply) => {
                    self.net.end(packet.ticket, Ok(reply.clone()));
                    self.go_on(n)?
                }
                Load::Pause(ms) => {
                    self.pass(i64::try_from(*ms).unwrap_or(0));
                    self.net.end(packet.ticket, Ok(huce_device::sync::line::Reply { status: 0, body: Vec::new() }));
                    self.go_on(n)?
                }
            };
        }
        bail!("tablet {n} syncs without an end")
    }
}

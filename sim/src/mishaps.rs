//! What goes wrong beyond the network: clocks, restores, copies, people who move, tablets that are taken away, and
//! tablets and servers that speak a newer version.

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use huce_core::{event::SignedEvent, ids::PersonId};
use serde_json::{json, value::RawValue};

use crate::{
    auditor::{Auditor, device_of},
    district::{GRIDS, NEWER_KEY, doors, secret},
    saved::Fact,
    world::World,
};

/// No more tablets than this in one history.
const MOST_TABLETS: usize = 6;
const YEAR_MS: i64 = 365 * 86_400_000;

impl World {
    /// Something goes wrong, or somebody decides something.
    pub(crate) fn mishap(&mut self, n: usize) -> Result<()> {
        match self.dice.below(15) {
            0 | 1 => self.set_clock(n),
            2 => {
                self.fault("server restarted");
                self.note("the server is restarted");
                self.depot.restart()
            }
            3 | 4 => {
                self.note("the server is backed up");
                self.depot.back_up()
            }
            5..7 => self.restore(),
            7 => self.clone_tablet(n),
            8 | 9 => self.move_person(n),
            10 => self.revoke(n),
            11 | 12 => self.newer(),
            _ => self.console(),
        }
    }

    fn set_clock(&mut self, n: usize) -> Result<()> {
        let skew_ms = match self.dice.below(4) {
            0 => 0,
            1 => self.dice.between(-10 * YEAR_MS, 10 * YEAR_MS),
            2 => -self.now_ms,
            _ => self.dice.between(-3_600_000, 3_600_000),
        };
        self.fault("clock set");
        self.note(format!("tablet {n}'s clock is off by {skew_ms} ms"));
        self.tablet(n)?.skew_ms = skew_ms;
        self.pass(0);
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        let backups = self.depot.backups();
        if backups == 0 {
            return Ok(());
        }
        let n = 1 + self.dice.below(backups);
        self.fault("server restored");
        self.note(format!("the server is restored from backup {n}"));
        self.depot.restore(n)?;
        // What was decided since is decided again by whoever restores.
        for (person, grids) in self.rights.clone() {
            self.depot.set_grids(&person, &grids)?;
        }
        for device in self.revoked.clone() {
            self.depot.revoke(&device)?;
        }
        Ok(())
    }

    /// Somebody copies a tablet's disk, and both go on.
    fn clone_tablet(&mut self, n: usize) -> Result<()> {
        if self.tablets.len() >= MOST_TABLETS || self.clones >= 1 {
            return Ok(());
        }
        self.clones += 1;
        self.fault("tablet cloned");
        let copy = self.tablets.len();
        self.note(format!("tablet {n} is copied: {copy}"));
        self.cut_off(n, false)?;
        let folder = self.folder.path().join(format!("tablet-{copy}"));
        let tablet = self.tablet(n)?.cloned(&folder)?;
        self.tablets.push(tablet);
        // What the first was told is saved, the copy holds too: as long as one of them has it, it is not lost.
        self.pass(0);
        self.wake(n)
    }

    fn move_person(&mut self, n: usize) -> Result<()> {
        let person = self.tablet(n)?.person.clone();
        let grids = match self.dice.below(4) {
            0 => vec![GRIDS[0]],
            1 => vec![GRIDS[1]],
            2 => GRIDS.to_vec(),
            _ => Vec::new(),
        };
        self.fault("person moved");
        self.note(format!("{person} works in {grids:?} now"));
        self.set_grids(&person, grids)
    }

    pub(crate) fn set_grids(&mut self, person: &PersonId, grids: Vec<&'static str>) -> Result<()> {
        self.depot.set_grids(person, &grids)?;
        self.rights.insert(person.clone(), grids);
        Ok(())
    }

    fn revoke(&mut self, n: usize) -> Result<()> {
        let device = self.tablet(n)?.id.clone();
        if self.revoked.contains(&device) || self.dice.in_of(1, 2) {
            return Ok(());
        }
        self.fault("tablet revoked");
        self.note(format!("tablet {n}'s place is taken away"));
        self.depot.revoke(&device)?;
        self.revoked.insert(device);
        Ok(())
    }

    /// A tablet with a newer version records what nobody here understands.
    fn newer(&mut self) -> Result<()> {
        let key = SigningKey::from_bytes(&secret(NEWER_KEY));
        let device = device_of(&key);
        let seq = self.newer.len() as u64 + 1;
        let door = doors(GRIDS[0]).first().cloned().context("no door")?;
        let body = match self.dice.below(4) {
            0 => json!({"kind": "drone_flight", "height_m": 30, "photos": {"hot": [1, 2]}}),
            1 => {
                json!({"kind": "visit", "outcome": "done", "smell": "none", "readings": [{"room": "阁楼", "temp_c": 19.5, "by": "laser"}]})
            }
            2 => {
                json!({"kind": "edit", "noun": "boiler", "id": "b1", "set": {"pressure": {"v": 3, "over": [], "sure": true}}})
            }
            _ => {
                json!({"kind": "edit", "noun": "household", "id": door, "set": {"roof": {"v": format!("平{}", seq % 3), "over": []}}})
            }
        };
        let prev = self.newer.last().map(|s: &SignedEvent| s.hash());
        let payload = json!({"device": device, "seq": seq, "prev": prev, "at": [self.now_ms, 0], "offset_ms": 0,
            "person": "li", "grid": GRIDS[0], "household": door, "body": body, "mood": "sunny"});
        let payload = RawValue::from_string(payload.to_string())?;
        let sig = ed25519_dalek::Signer::sign(&key, payload.get().as_bytes());
        let sig = data_encoding::BASE64URL_NOPAD.encode(&sig.to_bytes());
        let signed = SignedEvent { payload, sig };
        let fact = Fact::of(&signed)?;
        self.fault("newer version");
        self.note(format!("a newer version records {}", fact.id));
        self.seen.insert(fact.key.clone(), std::collections::BTreeSet::new());
        self.newer.push(signed);
        self.push_newer()
    }

    /// It pushes all it has, again and again.
    pub(crate) fn push_newer(&mut self) -> Result<()> {
        if self.newer.is_empty() {
            return Ok(());
        }
        let said = Auditor::sign_in(&self.depot, NEWER_KEY)?.push(self.newer.clone())?;
        self.note(format!("the newer version hears {}", said.get("receipts").cloned().unwrap_or_default()));
        Ok(())
    }

    /// Somebody in the office writes a note at a door.
    fn console(&mut self) -> Result<()> {
        let grid = self.dice.one(&GRIDS).copied().context("no grid")?;
        let door = self.dice.one(&doors(grid)).cloned().context("no door")?;
        let text = format!("办公室{}", self.dice.below(3));
        let id = self.depot.console_note(grid, &door, &text)?;
        self.fault("console edit");
        self.note(format!("the console records {id}"));
        Ok(())
    }
}

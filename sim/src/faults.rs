//! What the network and the world do to tablets and server.

use anyhow::Result;
use huce_device::sync::{
    Report, SyncError,
    line::{Ask, Reply},
};

use crate::{
    net::{Load, Packet},
    tablet::Did,
    world::World,
};

const PORTAL: &[u8] = b"<html><body>Welcome to the depot's guest Wi-Fi. Please sign in.</body></html>";

fn offline(why: &str) -> Result<Reply, SyncError> {
    Err(SyncError::Offline(why.to_owned()))
}

impl World {
    /// Something that is under way arrives, or does not.
    pub(crate) fn deliver(&mut self, under_way: usize) -> Result<()> {
        let place = if self.dice.in_of(1, 3) { self.dice.below(under_way) } else { 0 };
        if place > 0 {
            self.fault("reordered");
        }
        let Some(packet) = self.net.take(place) else { return Ok(()) };
        let mishap = self.dice.in_of(1, 6);
        match (packet.load.clone(), mishap) {
            (Load::Request(ask), true) => self.bad_request(packet, ask),
            (Load::Request(ask), false) => self.request(&packet, &ask),
            (Load::Reply(reply), true) => {
                let bad = if self.dice.in_of(1, 2) && !reply.body.is_empty() {
                    self.fault("reply truncated");
                    let len = self.dice.below(reply.body.len());
                    Ok(Reply { body: reply.body.get(..len).unwrap_or_default().to_vec(), ..reply })
                } else {
                    self.fault("reply lost");
                    offline("the reply is lost")
                };
                self.end(&packet, bad)
            }
            (Load::Reply(reply), false) => self.end(&packet, Ok(reply)),
            (Load::Pause(ms), _) => {
                self.pass(i64::try_from(ms).unwrap_or(0));
                self.end(&packet, Ok(Reply { status: 0, body: Vec::new() }))
            }
        }
    }

    /// The server answers; the reply is under way.
    pub(crate) fn request(&mut self, packet: &Packet, ask: &Ask) -> Result<()> {
        if packet.hub && self.hub().is_none() {
            return self.end(packet, offline("no hub"));
        }
        let reply = if packet.hub { self.hub_answers(packet.tablet, ask)? } else { self.answer(packet.tablet, ask)? };
        self.outcome.requests += 1;
        if !packet.hub {
            self.check_rights(packet.tablet, ask, &reply);
        }
        let to = if packet.hub { " at the hub" } else { "" };
        self.note(format!("tablet {}{to}: {:?} {} -> {}", packet.tablet, ask.verb, ask.path, reply.status));
        if packet.live {
            self.net.put(Packet { load: Load::Reply(reply), ..packet.clone() });
        }
        Ok(())
    }

    fn bad_request(&mut self, packet: Packet, mut ask: Ask) -> Result<()> {
        match self.dice.below(8) {
            0 | 1 => {
                self.fault("request lost");
                self.end(&packet, offline("the request is lost"))
            }
            2 => {
                self.fault("repeated");
                self.net.put(Packet { live: false, ..packet.clone() });
                self.request(&packet, &ask)
            }
            3 => {
                self.fault("late");
                self.net.put(Packet { live: false, ..packet.clone() });
                self.end(&packet, offline("the line is silent"))
            }
            4 => {
                self.fault("request truncated");
                let len = self.dice.below(ask.body.len());
                ask.body.truncate(len);
                self.request(&packet, &ask)
            }
            5 => {
                self.fault("captive portal");
                self.end(&packet, Ok(Reply { status: 200, body: PORTAL.to_vec() }))
            }
            6 => {
                self.fault("server cut before");
                self.cut_server(packet.hub)?;
                self.end(&packet, offline("connection refused"))
            }
            _ => {
                self.fault("server cut after commit");
                self.request(&Packet { live: false, ..packet.clone() }, &ask)?;
                self.cut_server(packet.hub)?;
                self.end(&packet, offline("connection reset"))
            }
        }
    }

    fn cut_server(&mut self, hub: bool) -> Result<()> {
        self.note(if hub { "the hub is cut off" } else { "the server is cut off" });
        match (hub, self.hub()) {
            (true, Some(hub)) => hub.restart(),
            (true, None) => Ok(()),
            (false, _) => self.depot.restart(),
        }
    }

    /// A wait of a tablet ends with this, and the tablet goes on.
    pub(crate) fn end(&mut self, packet: &Packet, with: Result<Reply, SyncError>) -> Result<()> {
        if !packet.live {
            return Ok(());
        }
        if let Err(e) = &with {
            self.note(format!("tablet {}: {e}", packet.tablet));
        }
        self.net.end(packet.ticket, with);
        self.go_on(packet.tablet).map(drop)
    }

    /// A tablet's sync goes on until it waits again; perhaps the tablet is cut off in it.
    pub(crate) fn go_on(&mut self, n: usize) -> Result<Option<Result<Report, SyncError>>> {
        let fuse = (!self.calm && self.dice.in_of(1, 25)).then(|| self.dice.below(4));
        let tablet = self.tablet(n)?;
        tablet.set_fuse(fuse);
        let did = tablet.go_on();
        tablet.set_fuse(None);
        match did {
            Did::Cut => {
                self.fault("cut in a sync");
                self.note(format!("tablet {n} is cut off in a sync"));
                self.cut_off(n, false)?;
                Ok(None)
            }
            Did::Done(None) => Ok(None),
            Did::Done(Some(result)) => {
                let said = match &result {
                    Ok(r) => format!("{} up, {} refused, {} down, {} photos", r.pushed, r.refused, r.pulled, r.photos),
                    Err(e) => e.to_string(),
                };
                self.note(format!("tablet {n} ends its sync: {said}"));
                Ok(Some(result))
            }
        }
    }
}

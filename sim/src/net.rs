//! The network between the tablets and the server: everything that is under way, in the hands of the simulation.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use huce_device::sync::{
    SyncError,
    line::{Ask, Later, Line, Reply},
};

/// Something that is under way.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Whose conversation it belongs to.
    pub tablet: usize,
    /// Which wait it ends.
    pub ticket: u64,
    /// Is it between tablet and hub, not between tablet and server?
    pub hub: bool,
    /// Is anybody still waiting? A repeat by the network, or what comes after the time-out, ends no wait.
    pub live: bool,
    /// What it is.
    pub load: Load,
}

/// What a [`Packet`] is.
#[derive(Debug, Clone)]
pub enum Load {
    /// On its way to the server.
    Request(Ask),
    /// On its way back.
    Reply(Reply),
    /// A pause of so many milliseconds before a repeat.
    Pause(u64),
}

#[derive(Debug, Default)]
struct Wire {
    next: u64,
    under_way: Vec<Packet>,
    ended: BTreeMap<u64, Result<Reply, SyncError>>,
}

/// The network. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Net(Arc<Mutex<Wire>>);

impl Net {
    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The line of a tablet to the server.
    pub fn line(&self, tablet: usize) -> Arc<dyn Line> {
        Arc::new(SimLine { tablet, hub: false, net: self.clone() })
    }

    /// The line of a tablet to the hub.
    pub fn hub_line(&self, tablet: usize) -> Arc<dyn Line> {
        Arc::new(SimLine { tablet, hub: true, net: self.clone() })
    }

    /// How much is under way.
    pub fn len(&self) -> usize {
        self.wire().under_way.len()
    }

    /// Is nothing under way?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the n-th of what is under way.
    pub fn take(&self, n: usize) -> Option<Packet> {
        let mut wire = self.wire();
        (n < wire.under_way.len()).then(|| wire.under_way.remove(n))
    }

    /// Puts something under way.
    pub fn put(&self, packet: Packet) {
        self.wire().under_way.push(packet);
    }

    /// Ends a wait.
    pub fn end(&self, ticket: u64, with: Result<Reply, SyncError>) {
        self.wire().ended.insert(ticket, with);
    }

    /// Nobody at this tablet waits for anything any more: it was cut off.
    pub fn hang_up(&self, tablet: usize) {
        let mut wire = self.wire();
        wire.under_way.retain_mut(|p| {
            if p.tablet == tablet {
                p.live = false;
            }
            // Requests are on their way, whatever became of who asked.
            p.tablet != tablet || matches!(p.load, Load::Request(_))
        });
    }

    fn begin(&self, tablet: usize, hub: bool, load: Load) -> Wait {
        let mut wire = self.wire();
        let ticket = wire.next;
        wire.next += 1;
        wire.under_way.push(Packet { tablet, ticket, hub, live: true, load });
        Wait { ticket, net: self.clone() }
    }
}

#[derive(Debug)]
struct SimLine {
    tablet: usize,
    hub: bool,
    net: Net,
}

impl Line for SimLine {
    fn send(&self, ask: Ask) -> Later<'_, Result<Reply, SyncError>> {
        Box::pin(self.net.begin(self.tablet, self.hub, Load::Request(ask)))
    }

    fn pause(&self, ms: u64) -> Later<'_, ()> {
        let wait = self.net.begin(self.tablet, self.hub, Load::Pause(ms));
        Box::pin(async move {
            let _ = wait.await;
        })
    }
}

/// Ends when the simulation says so. Nothing wakes it: the simulation asks again whenever something has happened.
struct Wait {
    ticket: u64,
    net: Net,
}

impl Future for Wait {
    type Output = Result<Reply, SyncError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = self.net.wire().ended.remove(&self.ticket);
        ended.map_or(Poll::Pending, Poll::Ready)
    }
}

//! Turns at the photos' disk: one for each tablet at a time, and few at once. Whoever asks waits in one queue, so that 330
//! tablets get on together, and one that sends many chunks at once does not go before the others.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use huce_core::ids::DeviceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Writers at once: more would not make a disk faster.
const AT_ONCE: usize = 16;

/// The turns of this process.
pub static TURNS: LazyLock<Turns> = LazyLock::new(|| Turns::new(AT_ONCE));

/// Turns.
pub struct Turns {
    all: Arc<Semaphore>,
    of: Mutex<HashMap<DeviceId, Weak<Semaphore>>>,
}

/// A turn; it ends when this is dropped.
pub struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _own: Option<OwnedSemaphorePermit>,
}

impl Turns {
    fn new(at_once: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(at_once)), of: Mutex::default() }
    }

    fn own(&self, device: &DeviceId) -> Arc<Semaphore> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of.get(device).and_then(Weak::upgrade) {
            return own;
        }
        of.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        of.insert(device.clone(), Arc::downgrade(&own));
        own
    }

    /// Waits for a turn of this tablet.
    pub async fn take(&self, device: &DeviceId) -> Turn {
        // Both are never closed. A tablet stands in the common queue once.
        let own = self.own(device).acquire_owned().await.ok();
        Turn { _all: self.all.clone().acquire_owned().await.ok(), _own: own }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_tablet_that_sends_fifty_at_once_goes_no_faster_than_the_others() {
        let turns = Arc::new(Turns::new(1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let device = |name: &str| DeviceId::new(name).unwrap();
        let held = turns.take(&device("first")).await;
        let mut tasks = Vec::new();
        for (name, chunks) in [("greedy", 50), ("one", 3), ("two", 3)] {
            for _ in 0..chunks {
                let (turns, order, id) = (turns.clone(), order.clone(), device(name));
                tasks.push(tokio::spawn(async move {
                    let _turn = turns.take(&id).await;
                    order.lock().unwrap().push(id.to_string());
                    tokio::task::yield_now().await;
                }));
            }
        }
        tokio::task::yield_now().await;
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        let last = |name: &str| order.iter().rposition(|n| n == name).unwrap();
        assert!(last("one") < 12 && last("two") < 12, "{order:?}");
        assert_eq!(order.len(), 56);
    }
}

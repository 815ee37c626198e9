//! Faults: what a tablet and a server go through when the disk, the power or the clock fails. One binary; one file
//! a fault. Numbers and figures: docs/reliability.md.

mod clock;
mod cut_server;
mod cut_sync;
mod damage;
mod disk;
mod failing_disk;
mod filled;
mod old_stores;
mod power_cut;
mod sealed;
mod seed;
mod soak;

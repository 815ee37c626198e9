//! Faults: what the store of a tablet goes through when the disk, the battery or the clock fails. One binary; one file
//! a fault. Numbers and figures: docs/reliability.md.

mod clock;
mod damage;
mod disk;
mod failing_disk;
mod filled;
mod old_stores;
mod power_cut;
mod sealed;
mod seed;
mod soak;

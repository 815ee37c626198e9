//! The tablet without a screen: journal, store, photos, outbox, sync; and its command line (`huce-device`).
//!
//! Read in this order: [`journal`] (the truth) → [`store`] (what the screens read) → [`device`] (records events, knows
//! what waits) → [`calls`] (answers the screens) → [`photo`] → [`sync`] (to the server and back) → [`bundle`] (the same
//! without a network); [`recover`] opens what somebody forgot the PIN of, [`instead`] gives a copied
//! tablet a new identity.

pub mod book;
pub mod bundle;
pub mod calls;
pub mod clock;
pub mod device;
pub mod disk;
pub mod forms;
pub mod identity;
pub mod index;
pub mod instead;
pub mod journal;
pub mod keys;
pub mod network;
pub mod photo;
pub mod recover;
pub mod store;
pub mod sync;
pub mod vault;

pub use calls::Answer;
pub use device::{Device, DeviceError};

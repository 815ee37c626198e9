//! The domain of Huce: what an event is, how sets of events become state, what a form means, what a register says,
//! and which calls screens may make. Pure: no IO, no clock, no randomness; `now` and identifiers are passed in.
//!
//! Read in this order: [`event`] and [`body`] (what is recorded) → [`record`] (the one merge rule) → [`projection`]
//! (from events to documents) → the nouns ([`household`], [`facility`], [`plan`], [`request`], [`round`], [`care`], [`grid`], [`door`])
//! → [`figures`] (what is counted) → [`ipc`] (screens) and [`wire`] (server).

// clippy.toml beside this crate closes IO and clocks; tests read fixtures and measure.
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod act;
pub mod assign;
pub mod body;
pub mod bundle;
pub mod care;
pub mod clock;
pub mod conflict;
pub mod datum;
pub mod digest;
pub mod door;
pub mod enrol_line;
pub mod escrow;
pub mod event;
pub mod facility;
pub mod figures;
pub mod form;
pub mod grid;
pub mod household;
pub mod hub;
pub mod ids;
pub mod ipc;
pub mod order;
pub mod person;
pub mod photo;
pub mod plan;
pub mod projection;
pub mod record;
#[cfg(test)]
mod record_tests;
pub mod register;
pub mod request;
pub mod round;
pub mod rule;
pub mod sample;
pub mod shape;
pub mod site;
pub mod team;
pub mod view;
pub mod wire;
pub mod workbook;
pub mod xml;

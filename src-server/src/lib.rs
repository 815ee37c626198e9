//! The central server: tablets sync to it, the console runs on it.
//!
//! Read in this order: [`app`] (what is opened) → [`store`] (the database) → [`intake`] (how events enter) →
//! [`photos`] → [`routes`] (what tablets ask) → [`auth`] and [`api`] (what the console asks) → [`tls`] and
//! [`serve`] → [`command`] (the shell); [`limits`] slows down; [`hub`] makes a relay of it; [`bundle`] is for where there
//! is no network; [`migrate`], [`backup`] and [`audit`] look after what is there.

pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod builtin;
pub mod bundle;
pub mod command;
pub mod demo;
mod disk;
pub mod export;
pub mod form;
pub mod hub;
pub mod import;
pub mod intake;
pub mod keeping;
pub mod ledger;
pub mod limits;
pub mod migrate;
#[cfg(test)]
mod migrate_tests;
pub mod photos;
#[cfg(test)]
#[allow(dead_code, reason = "the load bench uses the rest")]
#[path = "../../tests/src/postgres.rs"]
mod postgres;
pub mod publish;
pub mod recovery;
pub mod routes;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
#[path = "../../tests/src/s3.rs"]
mod s3;
#[cfg(test)]
mod sample;
pub mod serve;
pub mod store;
pub mod tls;
pub mod ui;

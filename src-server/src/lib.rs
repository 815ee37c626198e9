//! The central server: tablets sync to it, the console runs on it.
//!
//! Read in this order: [`app`] (what is opened) → [`store`] (the database) → [`intake`] (how events enter) →
//! [`photos`] → [`routes`] (what tablets ask) → [`auth`] and [`api`] (what the console asks) → [`serve`] →
//! [`command`] (the shell).

pub mod api;
pub mod app;
pub mod auth;
pub mod builtin;
pub mod command;
pub mod demo;
pub mod import;
pub mod intake;
pub mod photos;
pub mod routes;
#[cfg(test)]
mod sample;
pub mod serve;
pub mod store;
pub mod ui;

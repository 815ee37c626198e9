//! Ledgers 台账 and lists as files: .xlsx and .csv, and .geojson where they have places. One table per noun, made of the
//! same documents as the pages; a console list's file has the list's filter, an auditor's ledger has days. Every row ends
//! with the event behind it and a link to its page: from a figure of a report's workbook it is two clicks.
//!
//! Read in this order: [`table`] (rows and cells) → [`ask`] (which of them) → [`rows`] (what is in them) → [`book`] and
//! [`files`] (how they are written) → [`report`] (a report's workbook) → [`cli`].

pub mod ask;
pub mod book;
pub mod cli;
pub mod files;
pub mod report;
pub mod rows;
pub mod table;
pub mod words;

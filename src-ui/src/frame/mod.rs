//! What stands around a page: the rail with the places, the header that tells the truth, the search.

pub mod header;
mod search;
mod tablet;

pub use header::{Header, SyncHere, SyncPill, place_text};
pub use search::SearchBox;
pub use tablet::TabletFrame;

//! Where things are in the store. Numbers are padded, so that keys sort as numbers do.
//!
//! | key | what |
//! |---|---|
//! | `e/DEVICE/SEQ` | an event as it was signed |
//! | `r/NOUN/ID`, `d/HOUSEHOLD`, `f/FACILITY` | documents, see `huce_core::projection::Key` |
//! | `i/HOUSEHOLD` | the short row that lists and search are made of |
//! | `o/SEQ` | an own event that the server does not have: nothing, or why it was refused |
//! | `p/SEQ/PHOTO` | an own photo that the server does not have: its bytes |
//! | `h/SEQ`, `h/PHOTO` | of these, what a depot hub says that the server has |
//! | `c/GRID` | how far the grid was pulled |
//! | `g/granted` | the grids whose events are in the documents |
//! | `x/DEVICE/SEQ/HASH` | an event of a copied tablet's branch that gave way to the server's |
//! | `v/GRID/DEVICE/SEQ` | an event came in this grid's stream and was signed for another: its household moved |
//! | `u/GRID/DEVICE/SEQ` | one of the four musts that was done in a grid |
//! | `q/GRID/POS` | a pulled event that could not be taken, kept as it came |
//! | `t/NUMBER` | an entry of the journal about a draft that is open, by its number there |
//! | `m/journal` | how far the store has the journal, and the end of the own chain |

use huce_core::ids::{DeviceId, EventId, GridId, HouseholdId, PhotoId};

/// Events.
pub const EVENTS: &str = "e/";
/// Pulled events that could not be taken.
pub const ASIDE: &str = "q/";
/// The grids whose events are in the documents.
pub const GRANTED: &str = "g/granted";
/// Own photos that the server does not have.
pub const PHOTOS: &str = "p/";
/// Own events that the server does not have.
pub const OUTBOX: &str = "o/";
/// What a depot hub says that the server has.
pub const SAID: &str = "h/";
/// Rows of the index.
pub const ROWS: &str = "i/";
/// Cursors.
pub const CURSORS: &str = "c/";

/// What was done of the four musts.
pub const DUTIES: &str = "u/";
/// Events that came in the stream of another grid than their own.
pub const CARRIED: &str = "v/";
/// Entries of open drafts.
pub const DRAFTS: &str = "t/";
/// How far the store has the journal.
pub const MARK: &str = "m/journal";

/// An entry of an open draft.
pub fn draft(number: u64) -> String {
    format!("{DRAFTS}{number:012}")
}

/// An event.
pub fn event(id: &EventId) -> String {
    own_event(&id.device, id.seq)
}

/// An event, by device and number.
pub fn own_event(device: &DeviceId, seq: u64) -> String {
    format!("{EVENTS}{device}/{seq:012}")
}

/// The device and number of an event's key.
pub fn event_of(key: &str) -> Option<(&str, u64)> {
    let (device, seq) = key.strip_prefix(EVENTS)?.split_once('/')?;
    Some((device, seq.parse().ok()?))
}

/// An event of a branch that gave way.
pub fn branch(id: &EventId, hash: &str) -> String {
    format!("x/{}/{:012}/{hash}", id.device, id.seq)
}

/// A row of the index.
pub fn row(id: &HouseholdId) -> String {
    format!("{ROWS}{id}")
}

/// A place in the outbox.
pub fn outbox(seq: u64) -> String {
    format!("{OUTBOX}{seq:012}")
}

/// A photo's place in the outbox.
pub fn photo(seq: u64, photo: &PhotoId) -> String {
    format!("{PHOTOS}{seq:012}/{photo}")
}

/// An own event that a hub says the server has.
pub fn said(seq: u64) -> String {
    format!("{SAID}{seq:012}")
}

/// An own photo that a hub says the server has.
pub fn said_photo(photo: &PhotoId) -> String {
    format!("{SAID}{photo}")
}

/// A cursor.
pub fn cursor(grid: &GridId) -> String {
    format!("{CURSORS}{grid}")
}

/// One of the four musts that was done.
pub fn duty(grid: &GridId, id: &EventId) -> String {
    format!("{DUTIES}{grid}/{}", event(id).trim_start_matches(EVENTS))
}

/// That an event came in this grid's stream, which is not its own.
pub fn carried(grid: &GridId, id: &EventId) -> String {
    format!("{CARRIED}{grid}/{}", event(id).trim_start_matches(EVENTS))
}

/// Of such a key, the grid and the event's key.
pub fn carried_of(key: &str) -> Option<(&str, String)> {
    let (grid, event) = key.strip_prefix(CARRIED)?.split_once('/')?;
    Some((grid, format!("{EVENTS}{event}")))
}

/// A pulled event that was set aside.
pub fn aside(grid: &GridId, pos: u64) -> String {
    format!("{ASIDE}{grid}/{pos:012}")
}

//! Bugs planted on purpose, to prove that the oracle sees them. They live in the simulation's own glue around the
//! engine (its network, its store, its tablets), never in the engine.

/// A planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The network answers a push with receipts that the server never gave.
    FalseReceipts,
    /// The tablet's store forgets a flush: the cursor is durable, the events before it are not.
    CursorFirst,
    /// One pulled event never reaches the tablet, though positions and digest say that it did.
    SkippedEvent,
    /// An edit claims to replace what its author never saw: a conflict disappears.
    DroppedConflict,
    /// The tablet never hears that the server's epoch has changed, nor that its head fell back.
    DeafToEpoch,
    /// The network says that a photo is whole when it is not.
    FalsePhotoReceipt,
    /// A save is told before it is in the journal, and a cut takes it away.
    ToldTooEarly,
    /// The server hands out a grid's stream to anybody who asks.
    OpenDoor,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FalseReceipts,
        Self::CursorFirst,
        Self::SkippedEvent,
        Self::DroppedConflict,
        Self::DeafToEpoch,
        Self::FalsePhotoReceipt,
        Self::ToldTooEarly,
        Self::OpenDoor,
    ];
}

-- What keeps what tablets hold.

-- Each tablet's data key, sealed to this server's key (core::escrow as JSON): for the day on which a PIN is forgotten.
CREATE TABLE escrow (
    device TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    kept_ms INTEGER NOT NULL
) STRICT;

-- When one was opened, and by which user of the shell. Nothing is ever removed here.
CREATE TABLE escrow_opened (
    device TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    PRIMARY KEY (device, opened_ms)
) STRICT;

-- Up to which number each device's events are in a backup that was restored and verified.
CREATE TABLE covered (
    device TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    verified_ms INTEGER NOT NULL
) STRICT;

-- A depot hub and its server. The first table is the server's, the others are the hub's.

-- Devices that are hubs.
CREATE TABLE hub (
    device TEXT PRIMARY KEY
) STRICT;

-- What tablets gave to this hub and the server does not have (code is null); what it has (code `stored`, without the
-- payload); what it refused, and why. `own` is 1 where the event's own device brought it, 0 where another handed it on.
CREATE TABLE held (
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    own INTEGER NOT NULL,
    code TEXT,
    held_ms INTEGER NOT NULL,
    payload TEXT NOT NULL,
    sig TEXT NOT NULL,
    PRIMARY KEY (device, seq, hash)
) STRICT;

-- Photos that the server has, as it said.
CREATE TABLE photo_there (
    hash TEXT PRIMARY KEY
) STRICT;

-- What the tablets of these people get as their profile (core::wire::Profile as JSON).
CREATE TABLE hub_profile (
    person TEXT PRIMARY KEY,
    profile TEXT NOT NULL
) STRICT;

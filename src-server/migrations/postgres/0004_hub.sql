-- A depot hub and its server. The first table is the server's, the others are the hub's.

-- Devices that are hubs.
CREATE TABLE hub (
    device TEXT COLLATE "C" PRIMARY KEY
);

-- What tablets gave to this hub and the server does not have (code is null); what it has (code `stored`, without the
-- payload); what it refused, and why. `own` is 1 where the event's own device brought it, 0 where another handed it on.
CREATE TABLE held (
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    own BIGINT NOT NULL,
    code TEXT COLLATE "C",
    held_ms BIGINT NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    sig TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, seq, hash)
);

-- Photos that the server has, as it said.
CREATE TABLE photo_there (
    hash TEXT COLLATE "C" PRIMARY KEY
);

-- What the tablets of these people get as their profile (core::wire::Profile as JSON).
CREATE TABLE hub_profile (
    person TEXT COLLATE "C" PRIMARY KEY,
    profile TEXT COLLATE "C" NOT NULL
);

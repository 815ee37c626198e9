-- The first schema. Times are milliseconds since 1970 UTC by the server's clock; `day` columns are YYYY-MM-DD.
-- Tables fall in three groups: the truth (event), what intake derives from it (doc and the summary rows), and what
-- is administered here (people, devices, forms, sessions).

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The truth: every event once, payload byte for byte as its device signed it.
CREATE TABLE event (
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    grid TEXT NOT NULL,
    pos INTEGER NOT NULL,
    person TEXT NOT NULL,
    when_ms INTEGER NOT NULL,
    stored_ms INTEGER NOT NULL,
    household TEXT,
    payload TEXT NOT NULL,
    sig TEXT NOT NULL,
    PRIMARY KEY (device, seq)
) STRICT;
CREATE UNIQUE INDEX event_stream ON event (grid, pos);

-- Events that were not taken but whose signature fits: kept, so that nothing is lost (forks, missing rights).
CREATE TABLE refused (
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    code TEXT NOT NULL,
    refused_ms INTEGER NOT NULL,
    payload TEXT NOT NULL,
    sig TEXT NOT NULL,
    PRIMARY KEY (device, seq, hash)
) STRICT;

-- One row a grid; positions are given out under its lock.
CREATE TABLE grid_head (
    grid TEXT PRIMARY KEY,
    head INTEGER NOT NULL,
    digest_count INTEGER NOT NULL,
    digest_sum INTEGER NOT NULL
) STRICT;

-- What the projection keeps (core::projection), as JSON under its key.
CREATE TABLE doc (
    key TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    household TEXT,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE grid (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    parent TEXT,
    polygon TEXT NOT NULL
) STRICT;

CREATE TABLE household (
    id TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    estate TEXT NOT NULL,
    building TEXT NOT NULL,
    entrance TEXT NOT NULL,
    floor INTEGER NOT NULL,
    room TEXT NOT NULL,
    sort TEXT NOT NULL,
    account TEXT,
    area_m2 REAL,
    mode TEXT,
    care TEXT NOT NULL,
    search TEXT NOT NULL,
    temp_c REAL,
    temp_ms INTEGER,
    outcome TEXT,
    visited_ms INTEGER,
    round TEXT,
    plan TEXT,
    plan_state TEXT,
    open_requests INTEGER NOT NULL,
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX household_grid ON household (grid, sort);
CREATE INDEX household_building ON household (estate, building);
CREATE INDEX household_account ON household (account);

-- The newest valid visit of a household in each round.
CREATE TABLE round_visit (
    household TEXT NOT NULL,
    round TEXT NOT NULL,
    grid TEXT NOT NULL,
    outcome TEXT NOT NULL,
    when_ms INTEGER NOT NULL,
    PRIMARY KEY (household, round)
) STRICT;
CREATE INDEX round_visit_round ON round_visit (round, outcome);

-- Every visit, for counting by time.
CREATE TABLE visit (
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    grid TEXT NOT NULL,
    household TEXT,
    person TEXT NOT NULL,
    when_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    round TEXT,
    lowest_c REAL,
    satisfaction INTEGER,
    PRIMARY KEY (device, seq)
) STRICT;
CREATE INDEX visit_grid ON visit (grid, when_ms);

CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    household TEXT NOT NULL,
    state TEXT NOT NULL,
    due TEXT,
    done INTEGER NOT NULL,
    measures INTEGER NOT NULL,
    who TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX plan_grid ON plan (grid, state, due);
CREATE INDEX plan_household ON plan (household);

CREATE TABLE request (
    id TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    household TEXT,
    channel TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    answered_ms INTEGER,
    resolved_ms INTEGER,
    satisfied INTEGER,
    assignee TEXT,
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX request_grid ON request (grid, state, taken_ms);
CREATE INDEX request_household ON request (household);

CREATE TABLE round (
    id TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    name TEXT NOT NULL,
    form TEXT NOT NULL,
    from_day TEXT NOT NULL,
    until_day TEXT NOT NULL,
    target INTEGER
) STRICT;
CREATE INDEX round_grid ON round (grid);

-- Photos: which events name them (that decides who may see them), and which bytes are here.
CREATE TABLE photo_named (
    photo TEXT NOT NULL,
    grid TEXT NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (photo, grid, device)
) STRICT;
CREATE INDEX photo_named_grid ON photo_named (grid);

CREATE TABLE photo (
    hash TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    device TEXT NOT NULL,
    begun_ms INTEGER NOT NULL,
    complete_ms INTEGER
) STRICT;

-- People and what they may do.
CREATE TABLE person (
    login TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    password TEXT,
    added_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE role (
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    grid TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER,
    PRIMARY KEY (person, role, grid, from_ms)
) STRICT;
CREATE INDEX role_grid ON role (grid);

CREATE TABLE device (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    enrolled_ms INTEGER NOT NULL,
    seen_ms INTEGER,
    unsent_events INTEGER NOT NULL,
    unsent_photos INTEGER NOT NULL,
    revoked_ms INTEGER,
    chain_seq INTEGER NOT NULL,
    chain_hash TEXT,
    is_server INTEGER NOT NULL
) STRICT;
CREATE INDEX device_person ON device (person);

-- Everybody who ever used a device: what they recorded before it changed hands is still theirs.
CREATE TABLE device_user (
    device TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (device, person)
) STRICT;

CREATE TABLE code (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    used_ms INTEGER
) STRICT;

CREATE TABLE challenge (
    nonce TEXT PRIMARY KEY,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
    hash TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

-- Failures to sign in or to enrol, by what was tried (`login:NAME`, `enrol:ADDRESS`).
CREATE TABLE failure (
    what TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE form (
    hash TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    bytes BLOB NOT NULL,
    published_ms INTEGER NOT NULL,
    current INTEGER NOT NULL
) STRICT;
CREATE INDEX form_id ON form (id);

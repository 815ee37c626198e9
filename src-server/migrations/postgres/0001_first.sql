-- The first schema. Times are milliseconds since 1970 UTC by the server's clock; `day` columns are YYYY-MM-DD.
-- Tables fall in three groups: the truth (event), what intake derives from it (doc and the summary rows), and what
-- is administered here (people, devices, forms, sessions).

CREATE TABLE meta (
    name TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- The truth: every event once, payload byte for byte as its device signed it.
CREATE TABLE event (
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    pos BIGINT NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    when_ms BIGINT NOT NULL,
    stored_ms BIGINT NOT NULL,
    household TEXT COLLATE "C",
    payload TEXT COLLATE "C" NOT NULL,
    sig TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, seq)
);
CREATE UNIQUE INDEX event_stream ON event (grid, pos);

-- Events that were not taken but whose signature fits: kept, so that nothing is lost (forks, missing rights).
CREATE TABLE refused (
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    refused_ms BIGINT NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    sig TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, seq, hash)
);

-- One row a grid; positions are given out under its lock.
CREATE TABLE grid_head (
    grid TEXT COLLATE "C" PRIMARY KEY,
    head BIGINT NOT NULL,
    digest_count BIGINT NOT NULL,
    digest_sum BIGINT NOT NULL
);

-- What the projection keeps (core::projection), as JSON under its key.
CREATE TABLE doc (
    key TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL
);

CREATE TABLE grid (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C",
    polygon TEXT COLLATE "C" NOT NULL
);

CREATE TABLE household (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    estate TEXT COLLATE "C" NOT NULL,
    building TEXT COLLATE "C" NOT NULL,
    entrance TEXT COLLATE "C" NOT NULL,
    floor BIGINT NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    sort TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C",
    area_m2 DOUBLE PRECISION,
    mode TEXT COLLATE "C",
    care TEXT COLLATE "C" NOT NULL,
    search TEXT COLLATE "C" NOT NULL,
    temp_c DOUBLE PRECISION,
    temp_ms BIGINT,
    outcome TEXT COLLATE "C",
    visited_ms BIGINT,
    round TEXT COLLATE "C",
    plan TEXT COLLATE "C",
    plan_state TEXT COLLATE "C",
    open_requests BIGINT NOT NULL,
    conflict BIGINT NOT NULL
);
CREATE INDEX household_grid ON household (grid, sort);
CREATE INDEX household_building ON household (estate, building);
CREATE INDEX household_account ON household (account);

-- The newest valid visit of a household in each round.
CREATE TABLE round_visit (
    household TEXT COLLATE "C" NOT NULL,
    round TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    when_ms BIGINT NOT NULL,
    PRIMARY KEY (household, round)
);
CREATE INDEX round_visit_round ON round_visit (round, outcome);

-- Every visit, for counting by time.
CREATE TABLE visit (
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C",
    person TEXT COLLATE "C" NOT NULL,
    when_ms BIGINT NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    round TEXT COLLATE "C",
    lowest_c DOUBLE PRECISION,
    satisfaction BIGINT,
    PRIMARY KEY (device, seq)
);
CREATE INDEX visit_grid ON visit (grid, when_ms);

CREATE TABLE plan (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    due TEXT COLLATE "C",
    done BIGINT NOT NULL,
    measures BIGINT NOT NULL,
    who TEXT COLLATE "C" NOT NULL,
    opened_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL,
    conflict BIGINT NOT NULL
);
CREATE INDEX plan_grid ON plan (grid, state, due);
CREATE INDEX plan_household ON plan (household);

CREATE TABLE request (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    household TEXT COLLATE "C",
    channel TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    taken_ms BIGINT NOT NULL,
    answered_ms BIGINT,
    resolved_ms BIGINT,
    satisfied BIGINT,
    assignee TEXT COLLATE "C",
    conflict BIGINT NOT NULL
);
CREATE INDEX request_grid ON request (grid, state, taken_ms);
CREATE INDEX request_household ON request (household);

CREATE TABLE round (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    from_day TEXT COLLATE "C" NOT NULL,
    until_day TEXT COLLATE "C" NOT NULL,
    target BIGINT
);
CREATE INDEX round_grid ON round (grid);

-- Photos: which events name them (that decides who may see them), and which bytes are here.
CREATE TABLE photo_named (
    photo TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (photo, grid, device)
);
CREATE INDEX photo_named_grid ON photo_named (grid);

CREATE TABLE photo (
    hash TEXT COLLATE "C" PRIMARY KEY,
    bytes BIGINT NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    begun_ms BIGINT NOT NULL,
    complete_ms BIGINT
);

-- People and what they may do.
CREATE TABLE person (
    login TEXT COLLATE "C" PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    password TEXT COLLATE "C",
    added_ms BIGINT NOT NULL
);

CREATE TABLE role (
    person TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    from_ms BIGINT NOT NULL,
    until_ms BIGINT,
    PRIMARY KEY (person, role, grid, from_ms)
);
CREATE INDEX role_grid ON role (grid);

CREATE TABLE device (
    id TEXT COLLATE "C" PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    seen_ms BIGINT,
    unsent_events BIGINT NOT NULL,
    unsent_photos BIGINT NOT NULL,
    revoked_ms BIGINT,
    chain_seq BIGINT NOT NULL,
    chain_hash TEXT COLLATE "C",
    is_server BIGINT NOT NULL
);
CREATE INDEX device_person ON device (person);

-- Everybody who ever used a device: what they recorded before it changed hands is still theirs.
CREATE TABLE device_user (
    device TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, person)
);

CREATE TABLE code (
    hash TEXT COLLATE "C" PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL,
    used_ms BIGINT
);

CREATE TABLE challenge (
    nonce TEXT COLLATE "C" PRIMARY KEY,
    until_ms BIGINT NOT NULL
);

CREATE TABLE token (
    hash TEXT COLLATE "C" PRIMARY KEY,
    device TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL
);

CREATE TABLE session (
    hash TEXT COLLATE "C" PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    made_ms BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);

-- Failures to sign in or to enrol, by what was tried (`login:NAME`, `enrol:ADDRESS`).
CREATE TABLE failure (
    what TEXT COLLATE "C" PRIMARY KEY,
    count BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL
);

CREATE TABLE form (
    hash TEXT COLLATE "C" PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    title_zh TEXT COLLATE "C" NOT NULL,
    title_en TEXT COLLATE "C" NOT NULL,
    bytes BYTEA NOT NULL,
    published_ms BIGINT NOT NULL,
    current BIGINT NOT NULL
);
CREATE INDEX form_id ON form (id);

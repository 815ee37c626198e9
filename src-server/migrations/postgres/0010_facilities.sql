-- Facilities: stations, pipes, manholes, vehicles, what a building has. `body` is core::facility::Facility as JSON; the rest is
-- what lists ask for. `done_ms`: when a form was filled in there last.
CREATE TABLE facility (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C",
    visited_ms BIGINT,
    done_ms BIGINT,
    open_requests BIGINT NOT NULL,
    conflict BIGINT NOT NULL
);
CREATE INDEX facility_grid ON facility (grid, kind);

-- As register_said: what the last imported register said of each facility (core::register::facility::FacilityFields as JSON).
CREATE TABLE facility_said (
    facility TEXT COLLATE "C" PRIMARY KEY,
    fields TEXT COLLATE "C" NOT NULL
);

ALTER TABLE request ADD COLUMN facility TEXT COLLATE "C";

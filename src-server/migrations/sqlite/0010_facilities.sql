-- Facilities: stations, pipes, manholes, vehicles, what a building has. `body` is core::facility::Facility as JSON; the rest is
-- what lists ask for. `done_ms`: when a form was filled in there last.
CREATE TABLE facility (
    id TEXT PRIMARY KEY,
    grid TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    outcome TEXT,
    visited_ms INTEGER,
    done_ms INTEGER,
    open_requests INTEGER NOT NULL,
    conflict INTEGER NOT NULL
) STRICT;
CREATE INDEX facility_grid ON facility (grid, kind);

-- As register_said: what the last imported register said of each facility (core::register::facility::FacilityFields as JSON).
CREATE TABLE facility_said (
    facility TEXT PRIMARY KEY,
    fields TEXT NOT NULL
) STRICT;

ALTER TABLE request ADD COLUMN facility TEXT;

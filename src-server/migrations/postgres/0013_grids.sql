-- Grids that are split and merged (docs/adr/0007).

-- Events that stand in the stream of another grid than the one that they were signed with: their household stood, or stands,
-- there. Together with `event` it is the stream: one position, one event. `site` is the household or facility.
CREATE TABLE carried (
    grid TEXT COLLATE "C" NOT NULL,
    pos BIGINT NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    sig TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (grid, pos)
);
CREATE UNIQUE INDEX carried_event ON carried (grid, device, seq);
CREATE INDEX carried_site ON carried (grid, site);

-- Who left which grid when: for a while its people's tablets may not have heard of it.
CREATE TABLE moved (
    site TEXT COLLATE "C" NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    moved_ms BIGINT NOT NULL,
    PRIMARY KEY (site, grid)
);

-- core::grid::Grid as JSON; empty in rows of before.
ALTER TABLE grid ADD COLUMN body TEXT COLLATE "C" NOT NULL DEFAULT '';

-- What was done of the four musts: `body` is core::team::DutyDone as JSON.
CREATE TABLE duty (
    device TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    grid TEXT COLLATE "C" NOT NULL,
    when_ms BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, seq)
);
CREATE INDEX duty_grid ON duty (grid, when_ms);

-- Grids that are split and merged (docs/adr/0007).

-- Events that stand in the stream of another grid than the one that they were signed with: their household stood, or stands,
-- there. Together with `event` it is the stream: one position, one event. `site` is the household or facility.
CREATE TABLE carried (
    grid TEXT NOT NULL,
    pos INTEGER NOT NULL,
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    site TEXT NOT NULL,
    payload TEXT NOT NULL,
    sig TEXT NOT NULL,
    PRIMARY KEY (grid, pos)
) STRICT;
CREATE UNIQUE INDEX carried_event ON carried (grid, device, seq);
CREATE INDEX carried_site ON carried (grid, site);

-- Who left which grid when: for a while its people's tablets may not have heard of it.
CREATE TABLE moved (
    site TEXT NOT NULL,
    grid TEXT NOT NULL,
    moved_ms INTEGER NOT NULL,
    PRIMARY KEY (site, grid)
) STRICT;

-- core::grid::Grid as JSON; empty in rows of before.
ALTER TABLE grid ADD COLUMN body TEXT NOT NULL DEFAULT '';

-- What was done of the four musts: `body` is core::team::DutyDone as JSON.
CREATE TABLE duty (
    device TEXT NOT NULL,
    seq INTEGER NOT NULL,
    grid TEXT NOT NULL,
    when_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (device, seq)
) STRICT;
CREATE INDEX duty_grid ON duty (grid, when_ms);

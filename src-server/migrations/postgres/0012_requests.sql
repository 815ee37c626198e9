-- Rules of who is responsible, taught by decisions. `body` is core::rule::Rule as JSON, none where the rule no longer holds.
CREATE TABLE rule (
    id TEXT COLLATE "C" PRIMARY KEY,
    grid TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C",
    conflict BIGINT NOT NULL
);
CREATE INDEX rule_grid ON rule (grid);

-- When the promise to solve breaks, pauses taken into account, and whether the times of the request can be believed (0, 1);
-- null in rows of before: there nothing was paused. `joined`: the request in which it is handled.
ALTER TABLE request ADD COLUMN due_ms BIGINT;
ALTER TABLE request ADD COLUMN doubtful BIGINT;
ALTER TABLE request ADD COLUMN joined TEXT COLLATE "C";

-- Where a row of an imported file went, so that the same file imported again opens nothing twice.
CREATE TABLE request_said (
    source TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    request TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (source, number)
);

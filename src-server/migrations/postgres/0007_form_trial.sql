-- Who published a version: a login, or `shell` and the user there; null where it came with the server.
ALTER TABLE form ADD COLUMN by_whom TEXT COLLATE "C";
-- As its author counts; null where it has not been read yet.
ALTER TABLE form ADD COLUMN version TEXT COLLATE "C";

-- Workbooks that somebody looks at before they are published. Forgotten after a day.
CREATE TABLE form_trial (
    hash TEXT COLLATE "C" PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    bytes BYTEA NOT NULL,
    uploaded_ms BIGINT NOT NULL
);

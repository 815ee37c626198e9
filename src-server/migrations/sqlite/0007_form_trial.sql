-- Who published a version: a login, or `shell` and the user there; null where it came with the server.
ALTER TABLE form ADD COLUMN by_whom TEXT;
-- As its author counts; null where it has not been read yet.
ALTER TABLE form ADD COLUMN version TEXT;

-- Workbooks that somebody looks at before they are published. Forgotten after a day.
CREATE TABLE form_trial (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BLOB NOT NULL,
    uploaded_ms INTEGER NOT NULL
) STRICT;

-- What several server processes on one database have to know of one another.

-- Imports from the console on their way: the uploaded file, and how far it has come (core::ipc::ImportState as JSON).
CREATE TABLE import_job (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    file BLOB NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;

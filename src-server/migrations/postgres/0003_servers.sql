-- What several server processes on one database have to know of one another.

-- Imports from the console on their way: the uploaded file, and how far it has come (core::ipc::ImportState as JSON).
CREATE TABLE import_job (
    id BIGINT PRIMARY KEY,
    person TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    file BYTEA NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- Recoveries that the console made (core::escrow, sealed by their codes), for tablets that ask for theirs over the
-- network. Named by what whoever has the code can compute.
CREATE TABLE recovery (
    name TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    body TEXT NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

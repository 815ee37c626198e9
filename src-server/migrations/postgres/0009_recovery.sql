-- Recoveries that the console made (core::escrow, sealed by their codes), for tablets that ask for theirs over the
-- network. Named by what whoever has the code can compute.
CREATE TABLE recovery (
    name TEXT COLLATE "C" PRIMARY KEY,
    device TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL
);

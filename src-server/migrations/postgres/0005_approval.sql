-- A device that got its place by a code waits until somebody who administers its person lets it in. Those that are here
-- were let in by their code.
ALTER TABLE device ADD COLUMN approved_ms BIGINT;
UPDATE device SET approved_ms = enrolled_ms;
-- The server's clock minus the device's, when it last asked for a token.
ALTER TABLE device ADD COLUMN offset_ms BIGINT;
ALTER TABLE code ADD COLUMN approves BIGINT NOT NULL DEFAULT 0;

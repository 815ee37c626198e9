-- What figures ask of visits and requests beyond what lists did: where a visit was that was at no door, which visit it
-- corrects, and when a request came to its end (null where it has not, or was stored before this).
ALTER TABLE visit ADD COLUMN facility TEXT COLLATE "C";
ALTER TABLE visit ADD COLUMN corrects TEXT COLLATE "C";
-- Not as JSON: PostgreSQL reads none with a NUL in a text, and an answer may hold one. A quote within a text is escaped, so
-- that these patterns fit keys only; the facility stands before the answers.
UPDATE visit SET facility = substring(e.payload from '"facility":"([^"\\]+)"') FROM event e
    WHERE e.device = visit.device AND e.seq = visit.seq AND visit.household IS NULL;
UPDATE visit SET corrects = substring(e.payload from '"corrects":"([0-9a-z]+-[0-9]+)"') FROM event e
    WHERE e.device = visit.device AND e.seq = visit.seq AND strpos(e.payload, '"corrects":"') > 0;
CREATE INDEX visit_corrects ON visit (corrects) WHERE corrects IS NOT NULL;

ALTER TABLE request ADD COLUMN closed_ms BIGINT;

-- What figures ask of visits and requests beyond what lists did: where a visit was that was at no door, which visit it
-- corrects, and when a request came to its end (null where it has not, or was stored before this).
ALTER TABLE visit ADD COLUMN facility TEXT;
ALTER TABLE visit ADD COLUMN corrects TEXT;
UPDATE visit SET facility = (SELECT json_extract(e.payload, '$.facility') FROM event e
    WHERE e.device = visit.device AND e.seq = visit.seq) WHERE household IS NULL;
UPDATE visit SET corrects = (SELECT json_extract(e.payload, '$.body.corrects') FROM event e
    WHERE e.device = visit.device AND e.seq = visit.seq);
CREATE INDEX visit_corrects ON visit (corrects) WHERE corrects IS NOT NULL;

ALTER TABLE request ADD COLUMN closed_ms INTEGER;

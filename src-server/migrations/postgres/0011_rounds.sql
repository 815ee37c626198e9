-- A round as core::round::Round, JSON: its query, who goes, who takes which stairwell. Null in a row that an older version
-- wrote: such a round visits every door of its grid.
ALTER TABLE round ADD COLUMN body TEXT COLLATE "C";

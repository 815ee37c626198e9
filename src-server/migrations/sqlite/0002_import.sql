-- What the last imported register said of each household (core::register::HouseholdFields as JSON): so that the next
-- import can tell a corrected file from a household that somebody corrected at the door.
CREATE TABLE register_said (
    household TEXT PRIMARY KEY,
    fields TEXT NOT NULL
) STRICT;

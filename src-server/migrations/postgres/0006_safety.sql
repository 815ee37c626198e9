-- What keeps what tablets hold.

-- Each tablet's data key, sealed to this server's key (core::escrow as JSON): for the day on which a PIN is forgotten.
CREATE TABLE escrow (
    device TEXT COLLATE "C" PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL,
    kept_ms BIGINT NOT NULL
);

-- When one was opened, and by which user of the shell. Nothing is ever removed here.
CREATE TABLE escrow_opened (
    device TEXT COLLATE "C" NOT NULL,
    opened_ms BIGINT NOT NULL,
    by_whom TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, opened_ms)
);

-- Up to which number each device's events are in a backup that was restored and verified.
CREATE TABLE covered (
    device TEXT COLLATE "C" PRIMARY KEY,
    seq BIGINT NOT NULL,
    verified_ms BIGINT NOT NULL
);

-- One row per dictation, whatever became of it.
CREATE TABLE dictation (
    seq                INTEGER PRIMARY KEY,
    -- UUID version 7: the order of ids is the order in which dictations began.
    id                 BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    -- Milliseconds since 1970 in UTC, and what the user's clock showed beside it: seconds east of UTC.
    started_ms         INTEGER NOT NULL,
    utc_offset_s       INTEGER NOT NULL,
    ended_ms           INTEGER,
    app_id             TEXT,
    window_title       TEXT,
    executable         TEXT,
    profile            TEXT    NOT NULL,
    language           TEXT,
    model              TEXT,
    -- What the model heard, and what was composed of it for delivery.
    raw_text           TEXT    NOT NULL,
    text               TEXT    NOT NULL,
    audio_ms           INTEGER NOT NULL,
    speech_ms          INTEGER NOT NULL,
    outcome            TEXT    NOT NULL,
    outcome_detail     TEXT,
    -- Latencies in milliseconds, NULL where the dictation did not come so far.
    ready_ms           INTEGER,
    audio_end_ms       INTEGER,
    transcribe_ms      INTEGER,
    compose_ms         INTEGER,
    deliver_ms         INTEGER,
    release_to_text_ms INTEGER,
    segments           TEXT    NOT NULL CHECK (json_valid(segments))
) STRICT;

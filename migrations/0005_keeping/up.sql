-- Recordings that the user asked to keep, as FLAC. Gone with their dictation.
CREATE TABLE recording (
    seq  INTEGER PRIMARY KEY REFERENCES dictation (seq) ON DELETE CASCADE,
    flac BLOB NOT NULL
) STRICT;

-- What the log knows of itself: the limits that the user has agreed to, when it was last copied.
CREATE TABLE note (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

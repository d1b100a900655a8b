-- How many words it has, for statistics. Scout writes it.
ALTER TABLE dictation ADD COLUMN words INTEGER NOT NULL DEFAULT 0;
-- The day on the user's clock, as 20260301.
ALTER TABLE dictation ADD COLUMN day INTEGER GENERATED ALWAYS AS (
    CAST(strftime('%Y%m%d', started_ms / 1000 + utc_offset_s, 'unixepoch') AS INTEGER)
) VIRTUAL;
-- The application as it is shown: its id, or its program.
ALTER TABLE dictation ADD COLUMN app TEXT GENERATED ALWAYS AS (coalesce(app_id, executable)) VIRTUAL;
-- Of the recogniser's segments: how many there are, and how sure it was of the first (0 is certain, below -1 doubtful).
ALTER TABLE dictation ADD COLUMN segment_count INTEGER GENERATED ALWAYS AS (json_array_length(segments)) VIRTUAL;
ALTER TABLE dictation ADD COLUMN confidence REAL GENERATED ALWAYS AS (json_extract(segments, '$[0].avg_logprob')) VIRTUAL;

UPDATE dictation SET words = scout_words(said);

CREATE INDEX dictation_profile_time ON dictation (profile, started_ms);
CREATE INDEX dictation_time ON dictation (started_ms);
CREATE INDEX dictation_doubtful ON dictation (confidence) WHERE confidence < -1.0;

-- How often each application, profile, language and day occurs: filters and statistics read these few rows instead of all
-- dictations.
CREATE TABLE facet (
    kind     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    entries  INTEGER NOT NULL,
    words    INTEGER NOT NULL,
    audio_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER facet_insert AFTER INSERT ON dictation BEGIN
    INSERT INTO facet SELECT kind, value, 1, new.words, new.audio_ms FROM (
        SELECT 'profile' AS kind, new.profile AS value UNION ALL SELECT 'app', new.app
        UNION ALL SELECT 'language', new.language UNION ALL SELECT 'day', new.day
    ) WHERE value IS NOT NULL
    ON CONFLICT DO UPDATE SET entries = entries + 1, words = words + excluded.words, audio_ms = audio_ms + excluded.audio_ms;
END;

CREATE TRIGGER facet_delete AFTER DELETE ON dictation BEGIN
    UPDATE facet SET entries = entries - 1, words = words - old.words, audio_ms = audio_ms - old.audio_ms
    WHERE (kind, value) IN (VALUES ('profile', old.profile), ('app', old.app), ('language', old.language),
        ('day', CAST(old.day AS TEXT)));
    DELETE FROM facet WHERE entries <= 0 AND (kind, value) IN (VALUES ('profile', old.profile), ('app', old.app),
        ('language', old.language), ('day', CAST(old.day AS TEXT)));
END;

CREATE TRIGGER facet_update AFTER UPDATE ON dictation
WHEN old.facets <> new.facets OR old.words <> new.words OR old.audio_ms <> new.audio_ms BEGIN
    UPDATE facet SET entries = entries - 1, words = words - old.words, audio_ms = audio_ms - old.audio_ms
    WHERE (kind, value) IN (VALUES ('profile', old.profile), ('app', old.app), ('language', old.language),
        ('day', CAST(old.day AS TEXT)));
    INSERT INTO facet SELECT kind, value, 1, new.words, new.audio_ms FROM (
        SELECT 'profile' AS kind, new.profile AS value UNION ALL SELECT 'app', new.app
        UNION ALL SELECT 'language', new.language UNION ALL SELECT 'day', new.day
    ) WHERE value IS NOT NULL
    ON CONFLICT DO UPDATE SET entries = entries + 1, words = words + excluded.words, audio_ms = audio_ms + excluded.audio_ms;
    DELETE FROM facet WHERE entries <= 0;
END;

INSERT INTO facet SELECT 'profile', profile, count(*), sum(words), sum(audio_ms) FROM dictation GROUP BY profile;
INSERT INTO facet SELECT 'app', app, count(*), sum(words), sum(audio_ms) FROM dictation WHERE app IS NOT NULL GROUP BY app;
INSERT INTO facet SELECT 'language', language, count(*), sum(words), sum(audio_ms) FROM dictation
    WHERE language IS NOT NULL GROUP BY language;
INSERT INTO facet SELECT 'day', day, count(*), sum(words), sum(audio_ms) FROM dictation GROUP BY day;

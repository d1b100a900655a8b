-- Texts in scripts that put no spaces between words, as pairs of characters. Scout writes it; empty for other texts.
ALTER TABLE dictation ADD COLUMN pairs TEXT NOT NULL DEFAULT '';

-- What filters look for, as words of one letter and a value: the day, month and year on the user's clock, and in hexadecimal
-- digits (which no tokenizer takes apart) the profile, the application and the language. In the same index as the words, so
-- that a common word in a rare application is found without looking at every dictation that has the word.
ALTER TABLE dictation ADD COLUMN facets TEXT GENERATED ALWAYS AS (
    'd' || strftime('%Y%m%d', started_ms / 1000 + utc_offset_s, 'unixepoch')
    || ' m' || strftime('%Y%m', started_ms / 1000 + utc_offset_s, 'unixepoch')
    || ' y' || strftime('%Y', started_ms / 1000 + utc_offset_s, 'unixepoch')
    || ' p' || hex(profile)
    || coalesce(' a' || hex(coalesce(app_id, executable)), '')
    || coalesce(' l' || hex(language), '')
) VIRTUAL;

DROP TRIGGER dictation_words_update;
DROP TRIGGER dictation_words_delete;
DROP TRIGGER dictation_words_insert;
DROP TABLE dictation_words;

UPDATE dictation SET pairs = scout_pairs(said) WHERE scout_pairs(said) <> '';

-- Lengths are left out: ranking looks at the candidates themselves.
CREATE VIRTUAL TABLE dictation_words USING fts5 (
    said, pairs, facets,
    content = 'dictation',
    content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3',
    columnsize = 0
);

-- Every three characters that stand together, without their places: what is found is looked at again.
CREATE VIRTUAL TABLE dictation_parts USING fts5 (
    said,
    content = 'dictation',
    content_rowid = 'seq',
    tokenize = 'trigram remove_diacritics 1',
    detail = none,
    columnsize = 0
);

-- What is deleted is taken out of the index at once, not at its next reorganisation.
INSERT INTO dictation_words (dictation_words, rank) VALUES ('secure-delete', 1);
INSERT INTO dictation_parts (dictation_parts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER dictation_insert AFTER INSERT ON dictation BEGIN
    INSERT INTO dictation_words (rowid, said, pairs, facets) VALUES (new.seq, new.said, new.pairs, new.facets);
    INSERT INTO dictation_parts (rowid, said) VALUES (new.seq, new.said);
END;

CREATE TRIGGER dictation_delete AFTER DELETE ON dictation BEGIN
    INSERT INTO dictation_words (dictation_words, rowid, said, pairs, facets)
        VALUES ('delete', old.seq, old.said, old.pairs, old.facets);
    INSERT INTO dictation_parts (dictation_parts, rowid, said) VALUES ('delete', old.seq, old.said);
END;

-- An outcome that is filled in later leaves the words alone.
CREATE TRIGGER dictation_update AFTER UPDATE ON dictation
WHEN old.seq <> new.seq OR old.said <> new.said OR old.pairs <> new.pairs OR old.facets <> new.facets BEGIN
    INSERT INTO dictation_words (dictation_words, rowid, said, pairs, facets)
        VALUES ('delete', old.seq, old.said, old.pairs, old.facets);
    INSERT INTO dictation_parts (dictation_parts, rowid, said) VALUES ('delete', old.seq, old.said);
    INSERT INTO dictation_words (rowid, said, pairs, facets) VALUES (new.seq, new.said, new.pairs, new.facets);
    INSERT INTO dictation_parts (rowid, said) VALUES (new.seq, new.said);
END;

INSERT INTO dictation_words (dictation_words) VALUES ('rebuild');
INSERT INTO dictation_parts (dictation_parts) VALUES ('rebuild');

-- What a search looks through: the composed text, or what the model heard if nothing was composed of it.
ALTER TABLE dictation ADD COLUMN said TEXT GENERATED ALWAYS AS (iif(text = '', raw_text, text)) VIRTUAL;

-- Only the index is stored here; the words themselves stay in `dictation`.
CREATE VIRTUAL TABLE dictation_words USING fts5 (
    said,
    content = 'dictation',
    content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER dictation_words_insert AFTER INSERT ON dictation BEGIN
    INSERT INTO dictation_words (rowid, said) VALUES (new.seq, new.said);
END;

CREATE TRIGGER dictation_words_delete AFTER DELETE ON dictation BEGIN
    INSERT INTO dictation_words (dictation_words, rowid, said) VALUES ('delete', old.seq, old.said);
END;

-- An outcome that is filled in later leaves the words alone.
CREATE TRIGGER dictation_words_update AFTER UPDATE ON dictation
WHEN old.seq <> new.seq OR old.text <> new.text OR old.raw_text <> new.raw_text BEGIN
    INSERT INTO dictation_words (dictation_words, rowid, said) VALUES ('delete', old.seq, old.said);
    INSERT INTO dictation_words (rowid, said) VALUES (new.seq, new.said);
END;

INSERT INTO dictation_words (dictation_words) VALUES ('rebuild');

DROP TRIGGER dictation_update;
DROP TRIGGER dictation_delete;
DROP TRIGGER dictation_insert;
DROP TABLE dictation_parts;
DROP TABLE dictation_words;
ALTER TABLE dictation DROP COLUMN facets;
ALTER TABLE dictation DROP COLUMN pairs;

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

CREATE TRIGGER dictation_words_update AFTER UPDATE ON dictation
WHEN old.seq <> new.seq OR old.text <> new.text OR old.raw_text <> new.raw_text BEGIN
    INSERT INTO dictation_words (dictation_words, rowid, said) VALUES ('delete', old.seq, old.said);
    INSERT INTO dictation_words (rowid, said) VALUES (new.seq, new.said);
END;

INSERT INTO dictation_words (dictation_words) VALUES ('rebuild');

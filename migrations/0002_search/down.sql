DROP TRIGGER dictation_words_update;
DROP TRIGGER dictation_words_delete;
DROP TRIGGER dictation_words_insert;
DROP TABLE dictation_words;
ALTER TABLE dictation DROP COLUMN said;

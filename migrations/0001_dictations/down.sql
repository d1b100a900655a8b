DROP TABLE dictation;

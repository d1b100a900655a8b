DROP TABLE note;
DROP TABLE recording;

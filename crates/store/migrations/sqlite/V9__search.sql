-- What schedules are found by, and once more how many somebody keeps.

-- The tokens are made by domain::calendar::search, each behind the mark of its owner. The tokenizer leaves them as they are: it parts
-- them at spaces, and they are small letters, digits and what is not ASCII. Where a token stands is not kept, nor the text.
CREATE VIRTUAL TABLE search_tokens USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'"
);
CREATE TABLE search_documents (
    doc INTEGER PRIMARY KEY,                        -- its row in search_tokens
    schedule_id BLOB NOT NULL UNIQUE REFERENCES schedules ON DELETE CASCADE
) STRICT;
CREATE TRIGGER search_documents_vanish AFTER DELETE ON search_documents BEGIN
    DELETE FROM search_tokens WHERE rowid = old.doc;
END;

-- Schedules of before, whose tokens are not made yet.
CREATE TABLE search_backlog (
    schedule_id BLOB PRIMARY KEY NOT NULL REFERENCES schedules ON DELETE CASCADE,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO search_backlog (schedule_id, owner_id) SELECT id, owner_id FROM schedules WHERE role = 'event';

-- Deadlines of tasks are no schedules that somebody keeps.
DROP TRIGGER schedules_come;
DROP TRIGGER schedules_return;
DROP TRIGGER schedules_leave;
DROP TRIGGER schedules_vanish;
CREATE TRIGGER schedules_come AFTER INSERT ON schedules WHEN new.deleted_at IS NULL AND new.role = 'event' BEGIN
    INSERT INTO holdings (owner_id, schedules) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET schedules = schedules + 1;
END;
CREATE TRIGGER schedules_return AFTER UPDATE OF deleted_at ON schedules
    WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL AND new.role = 'event' BEGIN
    INSERT INTO holdings (owner_id, schedules) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET schedules = schedules + 1;
END;
CREATE TRIGGER schedules_leave AFTER UPDATE OF deleted_at ON schedules
    WHEN old.deleted_at IS NULL AND new.deleted_at IS NOT NULL AND new.role = 'event' BEGIN
    UPDATE holdings SET schedules = schedules - 1 WHERE owner_id = new.owner_id;
END;
CREATE TRIGGER schedules_vanish AFTER DELETE ON schedules WHEN old.deleted_at IS NULL AND old.role = 'event' BEGIN
    UPDATE holdings SET schedules = schedules - 1 WHERE owner_id = old.owner_id;
END;
UPDATE holdings SET schedules =
    (SELECT count(*) FROM schedules s WHERE s.owner_id = holdings.owner_id AND s.deleted_at IS NULL AND s.role = 'event');

-- What schedules are found by, and once more how many somebody keeps.

-- The tokens are made by domain::calendar::search, each behind the mark of its owner. No configuration of text search is asked: they
-- are lexemes already. Where a token stands is not kept, nor the text.
CREATE TABLE search_documents (
    schedule_id uuid PRIMARY KEY REFERENCES schedules ON DELETE CASCADE,
    tokens tsvector NOT NULL
);
-- Without a list of what is still to be sorted in: a search would read all of that list.
CREATE INDEX search_tokens ON search_documents USING gin (tokens) WITH (fastupdate = off);

-- Schedules of before, whose tokens are not made yet.
CREATE TABLE search_backlog (
    schedule_id uuid PRIMARY KEY REFERENCES schedules ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE
);
INSERT INTO search_backlog (schedule_id, owner_id) SELECT id, owner_id FROM schedules WHERE role = 'event';

-- Deadlines of tasks are no schedules that somebody keeps.
DROP TRIGGER schedules_come ON schedules;
DROP TRIGGER schedules_return ON schedules;
DROP TRIGGER schedules_leave ON schedules;
DROP TRIGGER schedules_vanish ON schedules;
CREATE TRIGGER schedules_come AFTER INSERT ON schedules FOR EACH ROW WHEN (new.deleted_at IS NULL AND new.role = 'event')
    EXECUTE FUNCTION schedules_come();
CREATE TRIGGER schedules_return AFTER UPDATE OF deleted_at ON schedules FOR EACH ROW
    WHEN (old.deleted_at IS NOT NULL AND new.deleted_at IS NULL AND new.role = 'event') EXECUTE FUNCTION schedules_come();
CREATE TRIGGER schedules_leave AFTER UPDATE OF deleted_at ON schedules FOR EACH ROW
    WHEN (old.deleted_at IS NULL AND new.deleted_at IS NOT NULL AND new.role = 'event') EXECUTE FUNCTION schedules_leave();
CREATE TRIGGER schedules_vanish AFTER DELETE ON schedules FOR EACH ROW WHEN (old.deleted_at IS NULL AND old.role = 'event')
    EXECUTE FUNCTION schedules_leave();
UPDATE holdings SET schedules =
    (SELECT count(*) FROM schedules s WHERE s.owner_id = holdings.owner_id AND s.deleted_at IS NULL AND s.role = 'event');

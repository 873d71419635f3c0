-- What plans are made by.

-- When their owner is up, in their zone; the same time: always.
ALTER TABLE users ADD COLUMN wake_at TEXT NOT NULL DEFAULT '07:00';
ALTER TABLE users ADD COLUMN sleep_at TEXT NOT NULL DEFAULT '23:00';
-- Work before it says nothing of their habits. NULL: all of it does.
ALTER TABLE users ADD COLUMN habits_since INTEGER;

-- The time that is taken once, without a look at the schedules themselves.
CREATE INDEX schedules_busy ON schedules (owner_id, start_at, id, end_at)
    WHERE deleted_at IS NULL AND rrule IS NULL AND busy AND end_at > start_at;

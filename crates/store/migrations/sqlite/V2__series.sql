-- Schedules that repeat.

-- The rule (RFC 5545 RRULE), and the wall times put beside it and taken out of it, separated by spaces. NULL: it happens once.
ALTER TABLE schedules ADD COLUMN rrule TEXT;
ALTER TABLE schedules ADD COLUMN rdates TEXT NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN exdates TEXT NOT NULL DEFAULT '';
-- Derived, only of what repeats: no occurrence starts before the one, none ends after the other (NULL: there is always a next).
ALTER TABLE schedules ADD COLUMN reach_from INTEGER;
ALTER TABLE schedules ADD COLUMN reach_to INTEGER;
-- What becomes of reminders that are found later than the grace.
ALTER TABLE schedules ADD COLUMN late_action TEXT NOT NULL DEFAULT 'coalesce' CHECK (late_action IN ('ring', 'coalesce', 'skip'));
ALTER TABLE schedules ADD COLUMN late_grace_seconds INTEGER NOT NULL DEFAULT 86400 CHECK (late_grace_seconds >= 0);

-- What happens once is found by its start; what repeats is few, and looked through.
DROP INDEX schedules_by_time;
CREATE INDEX schedules_by_time ON schedules (owner_id, start_at, id) WHERE deleted_at IS NULL AND rrule IS NULL;
CREATE INDEX schedules_series ON schedules (owner_id, reach_from) WHERE deleted_at IS NULL AND rrule IS NOT NULL;

-- What one occurrence has of its own; NULL: as its series has it.
CREATE TABLE overrides (
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id TEXT NOT NULL,                    -- the wall start the rule gives it
    title TEXT,
    description TEXT,
    location TEXT,
    kind TEXT,
    busy INTEGER CHECK (busy IN (0, 1)),
    all_day INTEGER CHECK (all_day IN (0, 1)),      -- from here on: all of them or none
    time_zone TEXT,
    start_wall TEXT,
    end_wall TEXT,
    start_at INTEGER,
    end_at INTEGER,
    start_resolution TEXT CHECK (start_resolution IN ('unique', 'gap', 'fold')),
    end_resolution TEXT CHECK (end_resolution IN ('unique', 'gap', 'fold')),
    PRIMARY KEY (schedule_id, recurrence_id),
    CHECK (end_at >= start_at)
) STRICT, WITHOUT ROWID;

-- Occurrences after this one that were missed as well and ring no more.
ALTER TABLE alarms ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;

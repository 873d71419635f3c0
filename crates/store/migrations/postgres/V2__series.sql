-- Schedules that repeat.

-- The rule (RFC 5545 RRULE), and the wall times put beside it and taken out of it, separated by spaces. NULL: it happens once.
ALTER TABLE schedules ADD COLUMN rrule text;
ALTER TABLE schedules ADD COLUMN rdates text NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN exdates text NOT NULL DEFAULT '';
-- Derived, only of what repeats: no occurrence starts before the one, none ends after the other (NULL: there is always a next).
ALTER TABLE schedules ADD COLUMN reach_from timestamptz;
ALTER TABLE schedules ADD COLUMN reach_to timestamptz;
-- What becomes of reminders that are found later than the grace.
ALTER TABLE schedules ADD COLUMN late_action text NOT NULL DEFAULT 'coalesce' CHECK (late_action IN ('ring', 'coalesce', 'skip'));
ALTER TABLE schedules ADD COLUMN late_grace_seconds bigint NOT NULL DEFAULT 86400 CHECK (late_grace_seconds >= 0);

-- What happens once is found by its start; what repeats is few, and looked through.
DROP INDEX schedules_by_time;
CREATE INDEX schedules_by_time ON schedules (owner_id, start_at, id) WHERE deleted_at IS NULL AND rrule IS NULL;
CREATE INDEX schedules_series ON schedules (owner_id, reach_from) WHERE deleted_at IS NULL AND rrule IS NOT NULL;

-- What one occurrence has of its own; NULL: as its series has it.
CREATE TABLE overrides (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id text NOT NULL,                    -- the wall start the rule gives it
    title text,
    description text,
    location text,
    kind text,
    busy boolean,
    all_day boolean,                                -- from here on: all of them or none
    time_zone text,
    start_wall text,
    end_wall text,
    start_at timestamptz,
    end_at timestamptz,
    start_resolution text CHECK (start_resolution IN ('unique', 'gap', 'fold')),
    end_resolution text CHECK (end_resolution IN ('unique', 'gap', 'fold')),
    PRIMARY KEY (schedule_id, recurrence_id),
    CHECK (end_at >= start_at)
);

-- Occurrences after this one that were missed as well and ring no more.
ALTER TABLE alarms ADD COLUMN left_out bigint NOT NULL DEFAULT 0;

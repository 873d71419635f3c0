-- When nobody wants to be told, and what single occurrences are reminded of.

-- As 22:00-07:00 in the owner's zone, and on which days they begin if not on each: 22:00-07:00/monday,tuesday. NULL: never quiet.
ALTER TABLE users ADD COLUMN quiet_hours text;

-- Rings in quiet hours as well.
ALTER TABLE reminders ADD COLUMN critical boolean NOT NULL DEFAULT false;
-- Of one occurrence alone, by its wall start; '' for those of the whole schedule.
ALTER TABLE reminders ADD COLUMN recurrence_id text NOT NULL DEFAULT '';
-- Whether an occurrence has reminders of its own instead of those of its series, perhaps none.
ALTER TABLE overrides ADD COLUMN own_reminders boolean NOT NULL DEFAULT false;

-- Was due in quiet hours, and waits until then.
ALTER TABLE alarms ADD COLUMN deferred_until timestamptz;
-- Alarms are claimed by when they may ring; those that waited for one instant in the order in which they were due.
DROP INDEX alarms_due;
CREATE INDEX alarms_due ON alarms (coalesce(deferred_until, due_at), owner_id, due_at) WHERE state = 'PENDING';
CREATE INDEX alarms_deferred ON alarms (owner_id) WHERE state = 'PENDING' AND deferred_until IS NOT NULL;

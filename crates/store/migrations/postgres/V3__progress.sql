-- What is worked on, and for how long.

--                  start                  suspend
--   NOT_STARTED ───────────► IN_PROGRESS ◄───────► SUSPENDED     cancel leads back to NOT_STARTED from everywhere and voids the
--        └──── complete ───► COMPLETED ◄── complete ──┘ start    sessions of the run
CREATE TABLE progress (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id text NOT NULL,                    -- which occurrence, by its wall start; '' for what happens once
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    state text NOT NULL CHECK (state IN ('NOT_STARTED', 'IN_PROGRESS', 'SUSPENDED', 'COMPLETED')),
    run bigint NOT NULL CHECK (run >= 1),          -- from the first action to the one that takes it back
    since timestamptz NOT NULL,                         -- when it came to this state
    worked_seconds bigint NOT NULL CHECK (worked_seconds >= 0),  -- finished sessions of this run
    entries bigint NOT NULL CHECK (entries >= 1),  -- lines of its ledger
    PRIMARY KEY (schedule_id, recurrence_id)
);
-- At most one item of an owner is in progress.
CREATE UNIQUE INDEX progress_running ON progress (owner_id) WHERE state = 'IN_PROGRESS';
CREATE INDEX progress_by_state ON progress (owner_id, state, since, schedule_id, recurrence_id);

-- What was done, and when: only ever appended to. Everything else here is a projection of it.
CREATE TABLE ledger (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),          -- 1, 2, 3 … of the item, without a hole
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    run bigint NOT NULL CHECK (run >= 1),
    action text NOT NULL CHECK (action IN ('start', 'suspend', 'complete', 'cancel')),
    at timestamptz NOT NULL CHECK (at = date_trunc('second', at)),   -- when it happened, in whole seconds
    recorded_at timestamptz NOT NULL,                   -- when the server heard of it
    PRIMARY KEY (schedule_id, recurrence_id, seq)
);
CREATE INDEX ledger_of_owner ON ledger (owner_id);

-- Stretches of work. Those of one owner that have a length and are not void never overlap.
CREATE TABLE work_sessions (
    schedule_id uuid NOT NULL,
    recurrence_id text NOT NULL,
    opened_by bigint NOT NULL,                     -- the entry it began with
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    run bigint NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,                               -- NULL while it goes on
    voided_at timestamptz,                              -- its run was cancelled: it does not count
    PRIMARY KEY (schedule_id, recurrence_id, opened_by),
    FOREIGN KEY (schedule_id, recurrence_id, opened_by) REFERENCES ledger ON DELETE CASCADE,
    CHECK (ended_at >= started_at),
    CHECK (voided_at IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX work_sessions_open ON work_sessions (owner_id) WHERE ended_at IS NULL;
CREATE INDEX work_sessions_by_time ON work_sessions (owner_id, started_at) WHERE voided_at IS NULL;

-- How its owner divides the time: 0 is no goal.
ALTER TABLE users ADD COLUMN daily_goal_seconds bigint NOT NULL DEFAULT 0 CHECK (daily_goal_seconds BETWEEN 0 AND 86400);
ALTER TABLE users ADD COLUMN week_start text NOT NULL DEFAULT 'monday' CHECK (week_start IN ('monday', 'sunday', 'saturday'));

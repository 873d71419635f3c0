-- What is to be done, in which order, and by when.

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    description text NOT NULL,
    deadline text,                                  -- the truth: a date, or what the clock on the wall shows
    time_zone text,
    sorts_at timestamptz NOT NULL,                  -- derived: the instant of the deadline; without one, the end of time
    importance bigint NOT NULL CHECK (importance BETWEEN 1 AND 9),
    difficulty bigint NOT NULL CHECK (difficulty IN (1, 2, 3, 5, 8, 13, 21)),
    estimate_seconds bigint CHECK (estimate_seconds > 0),
    parent_id uuid,
    completed_at timestamptz,
    completed_by uuid,                              -- the session that completed it, if one did
    archived_at timestamptz,
    version bigint NOT NULL,                        -- grows with every change: the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (owner_id, id),
    FOREIGN KEY (owner_id, parent_id) REFERENCES tasks (owner_id, id),
    CHECK ((deadline IS NULL) = (time_zone IS NULL)),
    CHECK (parent_id <> id),
    CHECK (completed_by IS NULL OR completed_at IS NOT NULL)
);
CREATE INDEX tasks_open ON tasks (owner_id, sorts_at, id) WHERE completed_at IS NULL AND archived_at IS NULL;
CREATE INDEX tasks_by_deadline ON tasks (owner_id, sorts_at, id);
CREATE INDEX tasks_by_creation ON tasks (owner_id, created_at, id);
CREATE INDEX tasks_of_parent ON tasks (owner_id, parent_id, sorts_at, id) WHERE parent_id IS NOT NULL;

-- A task waits for those it depends on; both are always of one owner.
CREATE TABLE task_dependencies (
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    task_id uuid NOT NULL,
    depends_on_id uuid NOT NULL,
    PRIMARY KEY (owner_id, task_id, depends_on_id),
    FOREIGN KEY (owner_id, task_id) REFERENCES tasks (owner_id, id) ON DELETE CASCADE,
    FOREIGN KEY (owner_id, depends_on_id) REFERENCES tasks (owner_id, id) ON DELETE CASCADE,
    CHECK (task_id <> depends_on_id)
);
CREATE INDEX task_dependencies_back ON task_dependencies (owner_id, depends_on_id);

-- A schedule may be a session planned for a task ('event'), or stand for its deadline: then it only carries the alarms.
ALTER TABLE schedules ADD COLUMN task_id uuid REFERENCES tasks ON DELETE SET NULL;
ALTER TABLE schedules ADD COLUMN role text NOT NULL DEFAULT 'event' CHECK (role IN ('event', 'deadline'));
CREATE INDEX schedules_of_task ON schedules (task_id, start_at, id) WHERE task_id IS NOT NULL;
CREATE UNIQUE INDEX schedules_deadline ON schedules (task_id) WHERE role = 'deadline';

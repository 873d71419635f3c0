-- The calendar as other programs read and write it.

-- How often the calendar of an owner changed: feeds are compared by it.
CREATE TABLE calendars (
    owner_id uuid PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    revision bigint NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Secret addresses under which other programs read a calendar.
CREATE TABLE feeds (
    id uuid PRIMARY KEY NOT NULL,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    privacy text NOT NULL CHECK (privacy IN ('busy', 'titles', 'full')),
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    last_read_at timestamptz
);
CREATE INDEX feeds_of_owner ON feeds (owner_id, created_at, id);

-- A whole calendar is written page by page, by id: what moves in the meantime is neither missed nor written twice.
CREATE INDEX schedules_of_owner ON schedules (owner_id, id) WHERE deleted_at IS NULL;

-- What events are called in the files they were imported from.
CREATE TABLE imported (
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    uid text NOT NULL,
    schedule_id uuid NOT NULL UNIQUE REFERENCES schedules ON DELETE CASCADE,
    PRIMARY KEY (owner_id, uid)
);

-- What those events said that a schedule has no word for, as they said it (content lines of RFC 5545).
CREATE TABLE imported_parts (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id text NOT NULL,                    -- of what changed one occurrence; '' of the event itself
    text text NOT NULL,
    PRIMARY KEY (schedule_id, recurrence_id)
);

-- What else stood in the files: to-dos, journals.
CREATE TABLE imported_components (
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,                              -- what it is, and which
    text text NOT NULL,
    PRIMARY KEY (owner_id, key)
);

-- The database of time zones by which instants were derived. One row, or none before the first start.
CREATE TABLE zone_database (
    id bigint PRIMARY KEY CHECK (id = 1),
    version text NOT NULL,
    since timestamptz NOT NULL,
    moved bigint NOT NULL                          -- schedules that had to be planned anew when it came
);

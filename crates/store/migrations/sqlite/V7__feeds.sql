-- The calendar as other programs read and write it.

-- How often the calendar of an owner changed: feeds are compared by it.
CREATE TABLE calendars (
    owner_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Secret addresses under which other programs read a calendar.
CREATE TABLE feeds (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    privacy TEXT NOT NULL CHECK (privacy IN ('busy', 'titles', 'full')),
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_read_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX feeds_of_owner ON feeds (owner_id, created_at, id);

-- A whole calendar is written page by page, by id: what moves in the meantime is neither missed nor written twice.
CREATE INDEX schedules_of_owner ON schedules (owner_id, id) WHERE deleted_at IS NULL;

-- What events are called in the files they were imported from.
CREATE TABLE imported (
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    uid TEXT NOT NULL,
    schedule_id BLOB NOT NULL UNIQUE REFERENCES schedules ON DELETE CASCADE,
    PRIMARY KEY (owner_id, uid)
) STRICT, WITHOUT ROWID;

-- What those events said that a schedule has no word for, as they said it (content lines of RFC 5545).
CREATE TABLE imported_parts (
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    recurrence_id TEXT NOT NULL,                    -- of what changed one occurrence; '' of the event itself
    text TEXT NOT NULL,
    PRIMARY KEY (schedule_id, recurrence_id)
) STRICT, WITHOUT ROWID;

-- What else stood in the files: to-dos, journals.
CREATE TABLE imported_components (
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    key TEXT NOT NULL,                              -- what it is, and which
    text TEXT NOT NULL,
    PRIMARY KEY (owner_id, key)
) STRICT, WITHOUT ROWID;

-- The database of time zones by which instants were derived. One row, or none before the first start.
CREATE TABLE zone_database (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version TEXT NOT NULL,
    since INTEGER NOT NULL,
    moved INTEGER NOT NULL                          -- schedules that had to be planned anew when it came
) STRICT;

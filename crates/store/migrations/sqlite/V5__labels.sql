-- Categories and tags, and how much everybody keeps.

-- A tree for each owner. That it has no circle is decided under the owner's lock.
CREATE TABLE categories (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    parent_id BLOB,                                 -- NULL: at the top
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,                         -- what all spellings of the name have in common
    colour TEXT CHECK (length(colour) = 7),         -- #rrggbb
    position INTEGER NOT NULL CHECK (position >= 0),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (owner_id, id),
    -- Below one of the same owner.
    FOREIGN KEY (owner_id, parent_id) REFERENCES categories (owner_id, id),
    CHECK (parent_id <> id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX categories_at_the_top ON categories (owner_id, name_key) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX categories_below ON categories (owner_id, parent_id, name_key) WHERE parent_id IS NOT NULL;

CREATE TABLE tags (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    colour TEXT CHECK (length(colour) = 7),
    marks TEXT NOT NULL,                            -- what stands for it in what is searched: its own mark, and those of tags merged into it
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tags_by_name ON tags (owner_id, name_key);

ALTER TABLE schedules ADD COLUMN category_id BLOB REFERENCES categories ON DELETE SET NULL;
CREATE INDEX schedules_of_category ON schedules (category_id) WHERE category_id IS NOT NULL;

CREATE TABLE schedule_tags (
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    tag_id BLOB NOT NULL REFERENCES tags ON DELETE CASCADE,
    PRIMARY KEY (schedule_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_tags_of_tag ON schedule_tags (tag_id, schedule_id);

-- How many schedules an owner keeps, without the trash. Counted where they are written, so that no path goes past it.
CREATE TABLE holdings (
    owner_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    schedules INTEGER NOT NULL CHECK (schedules >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO holdings (owner_id, schedules) SELECT owner_id, count(*) FROM schedules WHERE deleted_at IS NULL GROUP BY owner_id;

CREATE TRIGGER schedules_come AFTER INSERT ON schedules WHEN new.deleted_at IS NULL BEGIN
    INSERT INTO holdings (owner_id, schedules) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET schedules = schedules + 1;
END;
CREATE TRIGGER schedules_return AFTER UPDATE OF deleted_at ON schedules WHEN old.deleted_at IS NOT NULL AND new.deleted_at IS NULL BEGIN
    INSERT INTO holdings (owner_id, schedules) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET schedules = schedules + 1;
END;
CREATE TRIGGER schedules_leave AFTER UPDATE OF deleted_at ON schedules WHEN old.deleted_at IS NULL AND new.deleted_at IS NOT NULL BEGIN
    UPDATE holdings SET schedules = schedules - 1 WHERE owner_id = new.owner_id;
END;
CREATE TRIGGER schedules_vanish AFTER DELETE ON schedules WHEN old.deleted_at IS NULL BEGIN
    UPDATE holdings SET schedules = schedules - 1 WHERE owner_id = old.owner_id;
END;

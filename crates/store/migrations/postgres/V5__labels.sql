-- Categories and tags, and how much everybody keeps.

-- A tree for each owner. That it has no circle is decided under the owner's lock.
CREATE TABLE categories (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    parent_id uuid,                                 -- NULL: at the top
    name text NOT NULL,
    name_key text NOT NULL,                         -- what all spellings of the name have in common
    colour text CHECK (length(colour) = 7),         -- #rrggbb
    position bigint NOT NULL CHECK (position >= 0),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (owner_id, id),
    -- Below one of the same owner.
    FOREIGN KEY (owner_id, parent_id) REFERENCES categories (owner_id, id),
    CHECK (parent_id <> id)
);
CREATE UNIQUE INDEX categories_at_the_top ON categories (owner_id, name_key) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX categories_below ON categories (owner_id, parent_id, name_key) WHERE parent_id IS NOT NULL;

CREATE TABLE tags (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    name_key text NOT NULL,
    colour text CHECK (length(colour) = 7),
    marks text NOT NULL,                            -- what stands for it in what is searched: its own mark, and those of tags merged into it
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX tags_by_name ON tags (owner_id, name_key);

ALTER TABLE schedules ADD COLUMN category_id uuid REFERENCES categories ON DELETE SET NULL;
CREATE INDEX schedules_of_category ON schedules (category_id) WHERE category_id IS NOT NULL;

CREATE TABLE schedule_tags (
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    tag_id uuid NOT NULL REFERENCES tags ON DELETE CASCADE,
    PRIMARY KEY (schedule_id, tag_id)
);
CREATE INDEX schedule_tags_of_tag ON schedule_tags (tag_id, schedule_id);

-- How many schedules an owner keeps, without the trash. Counted where they are written, so that no path goes past it.
CREATE TABLE holdings (
    owner_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    schedules bigint NOT NULL CHECK (schedules >= 0)
);
INSERT INTO holdings (owner_id, schedules) SELECT owner_id, count(*) FROM schedules WHERE deleted_at IS NULL GROUP BY owner_id;

CREATE FUNCTION schedules_come() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO holdings (owner_id, schedules) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET schedules = holdings.schedules + 1;
    RETURN NULL;
END $$;
CREATE FUNCTION schedules_leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE holdings SET schedules = schedules - 1 WHERE owner_id = old.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER schedules_come AFTER INSERT ON schedules FOR EACH ROW WHEN (new.deleted_at IS NULL)
    EXECUTE FUNCTION schedules_come();
CREATE TRIGGER schedules_return AFTER UPDATE OF deleted_at ON schedules FOR EACH ROW
    WHEN (old.deleted_at IS NOT NULL AND new.deleted_at IS NULL) EXECUTE FUNCTION schedules_come();
CREATE TRIGGER schedules_leave AFTER UPDATE OF deleted_at ON schedules FOR EACH ROW
    WHEN (old.deleted_at IS NULL AND new.deleted_at IS NOT NULL) EXECUTE FUNCTION schedules_leave();
CREATE TRIGGER schedules_vanish AFTER DELETE ON schedules FOR EACH ROW WHEN (old.deleted_at IS NULL)
    EXECUTE FUNCTION schedules_leave();

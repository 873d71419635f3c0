-- What people say and show in their rooms: comments, reactions, and schedules they share.

-- What is talked about is an event, a schedule or a comment: `about` is its id as it is written everywhere, with the kind before it.
CREATE TABLE comments (
    id BLOB PRIMARY KEY NOT NULL,
    room_id BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    about TEXT,                                     -- null: about nothing but the room
    author_id BLOB REFERENCES users ON DELETE SET NULL,
    text TEXT NOT NULL,
    version INTEGER NOT NULL,                       -- grows with every change: the ETag
    created_at INTEGER NOT NULL,
    edited_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX comments_of_room ON comments (room_id, created_at, id);
CREATE INDEX comments_about ON comments (room_id, about, created_at, id) WHERE about IS NOT NULL;

-- Whom a comment names, and whom it once did: each of them is told once.
CREATE TABLE comment_mentions (
    comment_id BLOB NOT NULL REFERENCES comments ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    named INTEGER NOT NULL CHECK (named IN (0, 1)), -- 0: not any more
    PRIMARY KEY (comment_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
    room_id BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    about TEXT NOT NULL,
    emoji TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, about, emoji, user_id)
) STRICT, WITHOUT ROWID;

-- Schedules that are shown in a room. They go with the place in it of whoever shares them.
CREATE TABLE room_schedules (
    room_id BLOB NOT NULL,
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    shared_by BLOB NOT NULL,                        -- the owner of the schedule
    shared_at INTEGER NOT NULL,
    PRIMARY KEY (room_id, schedule_id),
    FOREIGN KEY (room_id, shared_by) REFERENCES room_members ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX room_schedules_of_room ON room_schedules (room_id, shared_at, schedule_id);
CREATE INDEX room_schedules_of_schedule ON room_schedules (schedule_id, room_id);

-- An event is found by its id when somebody talks about it.
CREATE INDEX events_by_id ON events (id);

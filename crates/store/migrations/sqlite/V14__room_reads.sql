-- How far people have read the rooms they are in.

CREATE TABLE room_reads (
    room_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id, user_id) REFERENCES room_members ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- How often somebody has said so: of two counts of unread events, the one with the higher version is the newer.
CREATE TABLE room_readers (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

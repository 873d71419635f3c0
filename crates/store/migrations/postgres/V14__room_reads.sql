-- How far people have read the rooms they are in.

CREATE TABLE room_reads (
    room_id uuid NOT NULL,
    user_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (room_id, user_id),
    FOREIGN KEY (room_id, user_id) REFERENCES room_members ON DELETE CASCADE
);

-- How often somebody has said so: of two counts of unread events, the one with the higher version is the newer.
CREATE TABLE room_readers (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    version bigint NOT NULL
);

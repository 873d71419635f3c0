-- Who is in a room at the moment. Nothing here is worth more than some seconds: a process writes it anew from its memory.

-- One life of one process that holds connections. What it says counts while its lease lasts.
CREATE TABLE gateways (
    id BLOB PRIMARY KEY NOT NULL,
    lease_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE room_presence (
    room_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    gateway_id BLOB NOT NULL REFERENCES gateways ON DELETE CASCADE,
    streams INTEGER NOT NULL,                       -- connections that follow the room
    beats INTEGER NOT NULL,                         -- clients without one that say now and then that they are there
    seen_at INTEGER NOT NULL,                       -- when they said so last; of a connection, when it was noted
    PRIMARY KEY (room_id, user_id, gateway_id),
    FOREIGN KEY (room_id, user_id) REFERENCES room_members ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX room_presence_of_gateway ON room_presence (gateway_id);

-- Grows whenever somebody comes or goes on some process, whichever way their row goes.
CREATE TABLE room_presence_versions (
    room_id BLOB PRIMARY KEY NOT NULL REFERENCES rooms ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER room_presence_comes AFTER INSERT ON room_presence BEGIN
    INSERT INTO room_presence_versions (room_id, version) VALUES (new.room_id, 1)
        ON CONFLICT (room_id) DO UPDATE SET version = version + 1;
END;
CREATE TRIGGER room_presence_goes AFTER DELETE ON room_presence BEGIN
    INSERT INTO room_presence_versions (room_id, version) VALUES (old.room_id, 1)
        ON CONFLICT (room_id) DO UPDATE SET version = version + 1;
END;

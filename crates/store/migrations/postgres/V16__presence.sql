-- Who is in a room at the moment. Nothing here is worth more than some seconds: a process writes it anew from its memory.

-- One life of one process that holds connections. What it says counts while its lease lasts.
CREATE TABLE gateways (
    id uuid PRIMARY KEY,
    lease_until timestamptz NOT NULL
);

CREATE TABLE room_presence (
    room_id uuid NOT NULL,
    user_id uuid NOT NULL,
    gateway_id uuid NOT NULL REFERENCES gateways ON DELETE CASCADE,
    streams bigint NOT NULL,                        -- connections that follow the room
    beats bigint NOT NULL,                          -- clients without one that say now and then that they are there
    seen_at timestamptz NOT NULL,                   -- when they said so last; of a connection, when it was noted
    PRIMARY KEY (room_id, user_id, gateway_id),
    FOREIGN KEY (room_id, user_id) REFERENCES room_members ON DELETE CASCADE
);
CREATE INDEX room_presence_of_gateway ON room_presence (gateway_id);

-- Grows whenever somebody comes or goes on some process, whichever way their row goes.
CREATE TABLE room_presence_versions (
    room_id uuid PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    version bigint NOT NULL
);

CREATE FUNCTION room_presence_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO room_presence_versions (room_id, version) SELECT DISTINCT room_id, 1 FROM moved ORDER BY room_id
        ON CONFLICT (room_id) DO UPDATE SET version = room_presence_versions.version + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER room_presence_comes AFTER INSERT ON room_presence REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION room_presence_moves();
CREATE TRIGGER room_presence_goes AFTER DELETE ON room_presence REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION room_presence_moves();

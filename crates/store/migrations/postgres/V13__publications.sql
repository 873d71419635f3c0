-- What was published into a room under a key of the publisher's own: the same again is the same event.

CREATE TABLE room_publications (
    room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
    dedupe_key text NOT NULL,
    event_id uuid NOT NULL,
    request_hash bytea NOT NULL,                    -- SHA-256 over what was published
    at timestamptz NOT NULL,
    PRIMARY KEY (room_id, dedupe_key)
);
CREATE INDEX room_publications_expiry ON room_publications (at);

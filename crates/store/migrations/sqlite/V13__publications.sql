-- What was published into a room under a key of the publisher's own: the same again is the same event.

CREATE TABLE room_publications (
    room_id BLOB NOT NULL REFERENCES rooms ON DELETE CASCADE,
    dedupe_key TEXT NOT NULL,
    event_id BLOB NOT NULL,
    request_hash BLOB NOT NULL,                     -- SHA-256 over what was published
    at INTEGER NOT NULL,
    PRIMARY KEY (room_id, dedupe_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_publications_expiry ON room_publications (at);

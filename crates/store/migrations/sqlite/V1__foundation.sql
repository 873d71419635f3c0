-- Instants are microseconds since 1970 (INTEGER), ids are UUIDs (BLOB, 16 bytes), booleans 0 or 1.
-- The same migration for PostgreSQL stands in ../postgres under the same name.

-- identity ------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id BLOB PRIMARY KEY NOT NULL,
    email TEXT NOT NULL,                            -- as its owner writes it
    email_key TEXT NOT NULL UNIQUE,                 -- what two spellings of one account have in common
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,                    -- PHC string
    role TEXT NOT NULL CHECK (role IN ('member', 'administrator')),
    time_zone TEXT NOT NULL,
    locale TEXT NOT NULL,
    default_lead_seconds INTEGER NOT NULL CHECK (default_lead_seconds >= 0),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A session is one signed-in device: a family of refresh tokens.
CREATE TABLE sessions (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL,
    device_hash BLOB,                               -- SHA-256 of the device cookie the session is bound to
    issued_hash BLOB NOT NULL,                      -- … and of the one that was handed out when it was opened
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_reason TEXT CHECK (revoked_reason IN ('logout', 'revoked', 'reuse', 'password_changed')),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_expiry ON sessions (idle_expires_at);

CREATE TABLE refresh_tokens (
    session_id BLOB NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation INTEGER NOT NULL CHECK (generation >= 1),
    hash BLOB NOT NULL UNIQUE,                      -- SHA-256 of the token
    salt BLOB NOT NULL,                             -- with the server's key, the token can be made again
    state TEXT NOT NULL CHECK (state IN ('active', 'used')),
    issued_at INTEGER NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (session_id, generation),
    CHECK ((state = 'used') = (used_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- A family is a path: at most its newest token is active.
CREATE UNIQUE INDEX refresh_tokens_active ON refresh_tokens (session_id) WHERE state = 'active';
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE state = 'used';

CREATE TABLE api_keys (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,                             -- the first characters, to recognize it by
    scopes TEXT NOT NULL,                           -- space separated
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at);

-- One-time tickets for streams.
CREATE TABLE tickets (
    hash BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    session_id BLOB NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_expiry ON tickets (expires_at);

-- Failed attempts by account or address.
CREATE TABLE throttles (
    key TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    window_ends_at INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttles_expiry ON throttles (window_ends_at);

-- What was answered to a request with an idempotency key, written in the transaction of its effect.
CREATE TABLE idempotency (
    principal TEXT NOT NULL,
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,                          -- JSON object
    body BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (principal, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- streams -------------------------------------------------------------------------------------------------------------

-- Every durable stream of events: a user's own (id = the user's id), later a room's.
CREATE TABLE streams (
    id BLOB PRIMARY KEY NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 1,
    head INTEGER NOT NULL DEFAULT 0,                -- seq of the last event
    low INTEGER NOT NULL DEFAULT 1                  -- seq of the first event still kept
) STRICT, WITHOUT ROWID;

-- What happened, in commit order per stream without a hole. Also the outbox of integration events.
CREATE TABLE events (
    stream_id BLOB NOT NULL REFERENCES streams ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (stream_id, epoch, seq)
) STRICT, WITHOUT ROWID;

-- calendar ------------------------------------------------------------------------------------------------------------

CREATE TABLE schedules (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    kind TEXT NOT NULL,
    busy INTEGER NOT NULL CHECK (busy IN (0, 1)),
    all_day INTEGER NOT NULL CHECK (all_day IN (0, 1)),
    time_zone TEXT NOT NULL,
    start_wall TEXT NOT NULL,                       -- the truth
    end_wall TEXT NOT NULL,
    start_at INTEGER NOT NULL,                      -- derived
    end_at INTEGER NOT NULL,
    start_resolution TEXT NOT NULL CHECK (start_resolution IN ('unique', 'gap', 'fold')),
    end_resolution TEXT NOT NULL CHECK (end_resolution IN ('unique', 'gap', 'fold')),
    generation INTEGER NOT NULL,                    -- grows when the time or the reminders change: part of an alarm's key
    version INTEGER NOT NULL,                       -- grows with every change: the ETag
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    CHECK (end_at >= start_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_by_time ON schedules (owner_id, start_at, id) WHERE deleted_at IS NULL;
CREATE INDEX schedules_trash ON schedules (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE reminders (
    id BLOB PRIMARY KEY NOT NULL,
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    position INTEGER NOT NULL,
    before_seconds INTEGER,
    relative_to TEXT CHECK (relative_to IN ('start', 'end')),
    at INTEGER,
    retired_at INTEGER,                             -- no longer among the schedule's reminders; its alarms stay as history
    CHECK ((at IS NULL) = (before_seconds IS NOT NULL)),
    CHECK ((before_seconds IS NULL) = (relative_to IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_of_schedule ON reminders (schedule_id, position);

-- alarms --------------------------------------------------------------------------------------------------------------

--   PENDING ──due──► FIRED        SUPERSEDED: an edit moved it      CANCELLED: the item was deleted or the alarm dismissed
--      └──edit, delete, dismiss──► SUPERSEDED, CANCELLED             SKIPPED: already past when it was armed
--                                                                FAILED: was due and could not be rung; set aside
CREATE TABLE alarms (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    schedule_id BLOB NOT NULL REFERENCES schedules ON DELETE CASCADE,
    reminder_id BLOB NOT NULL REFERENCES reminders ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    nominal TEXT NOT NULL,                          -- the occurrence's wall start: identity survives a new tz database
    snooze INTEGER NOT NULL DEFAULT 0,              -- 0 = the reminder's own alarm, n = its n-th snooze
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'FIRED', 'SUPERSEDED', 'CANCELLED', 'SKIPPED', 'FAILED')),
    reason TEXT,                                    -- a word of domain::alarms::Reason
    armed_at INTEGER NOT NULL,
    fired_at INTEGER,
    settled_at INTEGER,                             -- when it left PENDING
    dismissed_at INTEGER,
    UNIQUE (reminder_id, generation, nominal, snooze),
    CHECK ((state = 'FIRED') = (fired_at IS NOT NULL)),
    CHECK ((state = 'PENDING') = (settled_at IS NULL))
) STRICT, WITHOUT ROWID;
-- Alarms of one instant are claimed owner by owner, so that a batch touches few places of the inboxes and streams.
CREATE INDEX alarms_due ON alarms (due_at, owner_id) WHERE state = 'PENDING';
CREATE INDEX alarms_set_aside ON alarms (due_at) WHERE state = 'FAILED';
CREATE INDEX alarms_of_schedule ON alarms (schedule_id, due_at, id);
CREATE INDEX alarms_of_owner ON alarms (owner_id, due_at, id);

-- notify --------------------------------------------------------------------------------------------------------------

CREATE TABLE notifications (
    id BLOB PRIMARY KEY NOT NULL,
    user_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    key BLOB NOT NULL,                              -- from the fact: the same fact notifies a user once, for ever
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    data TEXT NOT NULL,                             -- JSON object
    created_at INTEGER NOT NULL,
    read_at INTEGER,
    deleted_at INTEGER,                             -- emptied, but its key stays
    UNIQUE (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_of_user ON notifications (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX notifications_unread ON notifications (user_id, created_at, id) WHERE read_at IS NULL AND deleted_at IS NULL;

-- The unread count of each inbox, changed in the transaction that changes the inbox.
CREATE TABLE inboxes (
    user_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    unread INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0),
    version INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- housekeeping --------------------------------------------------------------------------------------------------------

-- next_at means "due" while READY and "the lease ends" while LEASED: a crashed holder needs no rescuer.
CREATE TABLE jobs (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,                          -- JSON object
    state TEXT NOT NULL CHECK (state IN ('READY', 'LEASED', 'DONE', 'DEAD')),
    next_at INTEGER NOT NULL,
    token INTEGER NOT NULL DEFAULT 0,               -- grows with every claim: a stale holder cannot settle
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (next_at) WHERE state IN ('READY', 'LEASED');

-- The latest instant any node has acted on: a restart with a clock in the past is noticed.
CREATE TABLE high_water (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

-- Written to prove that writing is possible.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

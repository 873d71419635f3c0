-- Instants are timestamptz, ids are uuid. The same migration for SQLite stands in ../sqlite under the same name.

-- identity ------------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,                            -- as its owner writes it
    email_key text NOT NULL UNIQUE,                 -- what two spellings of one account have in common
    display_name text NOT NULL,
    password_hash text NOT NULL,                    -- PHC string
    role text NOT NULL CHECK (role IN ('member', 'administrator')),
    time_zone text NOT NULL,
    locale text NOT NULL,
    default_lead_seconds bigint NOT NULL CHECK (default_lead_seconds >= 0),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- A session is one signed-in device: a family of refresh tokens.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    user_agent text NOT NULL,
    address text NOT NULL,
    device_hash bytea,                               -- SHA-256 of the device cookie the session is bound to
    issued_hash bytea NOT NULL,                      -- … and of the one that was handed out when it was opened
    created_at timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    idle_expires_at timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN ('logout', 'revoked', 'reuse', 'password_changed')),
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_expiry ON sessions (idle_expires_at);

CREATE TABLE refresh_tokens (
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    generation bigint NOT NULL CHECK (generation >= 1),
    hash bytea NOT NULL UNIQUE,                      -- SHA-256 of the token
    salt bytea NOT NULL,                             -- with the server's key, the token can be made again
    state text NOT NULL CHECK (state IN ('active', 'used')),
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (session_id, generation),
    CHECK ((state = 'used') = (used_at IS NOT NULL))
);
-- A family is a path: at most its newest token is active.
CREATE UNIQUE INDEX refresh_tokens_active ON refresh_tokens (session_id) WHERE state = 'active';
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE state = 'used';

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    hint text NOT NULL,                             -- the first characters, to recognize it by
    scopes text NOT NULL,                           -- space separated
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at);

-- One-time tickets for streams.
CREATE TABLE tickets (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_expiry ON tickets (expires_at);

-- Failed attempts by account or address.
CREATE TABLE throttles (
    key text PRIMARY KEY,
    failures bigint NOT NULL,
    window_ends_at timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);
CREATE INDEX throttles_expiry ON throttles (window_ends_at);

-- What was answered to a request with an idempotency key, written in the transaction of its effect.
CREATE TABLE idempotency (
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status bigint NOT NULL,
    headers text NOT NULL,                          -- JSON object
    body bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- streams -------------------------------------------------------------------------------------------------------------

-- Every durable stream of events: a user's own (id = the user's id), later a room's.
CREATE TABLE streams (
    id uuid PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 1,
    head bigint NOT NULL DEFAULT 0,                -- seq of the last event
    low bigint NOT NULL DEFAULT 1                  -- seq of the first event still kept
);

-- What happened, in commit order per stream without a hole. Also the outbox of integration events.
CREATE TABLE events (
    stream_id uuid NOT NULL REFERENCES streams ON DELETE CASCADE,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (stream_id, epoch, seq)
);

-- calendar ------------------------------------------------------------------------------------------------------------

CREATE TABLE schedules (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    description text NOT NULL,
    location text NOT NULL,
    kind text NOT NULL,
    busy boolean NOT NULL,
    all_day boolean NOT NULL,
    time_zone text NOT NULL,
    start_wall text NOT NULL,                       -- the truth
    end_wall text NOT NULL,
    start_at timestamptz NOT NULL,                      -- derived
    end_at timestamptz NOT NULL,
    start_resolution text NOT NULL CHECK (start_resolution IN ('unique', 'gap', 'fold')),
    end_resolution text NOT NULL CHECK (end_resolution IN ('unique', 'gap', 'fold')),
    generation bigint NOT NULL,                    -- grows when the time or the reminders change: part of an alarm's key
    version bigint NOT NULL,                       -- grows with every change: the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK (end_at >= start_at)
);
CREATE INDEX schedules_by_time ON schedules (owner_id, start_at, id) WHERE deleted_at IS NULL;
CREATE INDEX schedules_trash ON schedules (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE reminders (
    id uuid PRIMARY KEY,
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    position bigint NOT NULL,
    before_seconds bigint,
    relative_to text CHECK (relative_to IN ('start', 'end')),
    at timestamptz,
    retired_at timestamptz,                             -- no longer among the schedule's reminders; its alarms stay as history
    CHECK ((at IS NULL) = (before_seconds IS NOT NULL)),
    CHECK ((before_seconds IS NULL) = (relative_to IS NULL))
);
CREATE INDEX reminders_of_schedule ON reminders (schedule_id, position);

-- alarms --------------------------------------------------------------------------------------------------------------

--   PENDING ──due──► FIRED        SUPERSEDED: an edit moved it      CANCELLED: the item was deleted or the alarm dismissed
--      └──edit, delete, dismiss──► SUPERSEDED, CANCELLED             SKIPPED: already past when it was armed
--                                                                FAILED: was due and could not be rung; set aside
CREATE TABLE alarms (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    schedule_id uuid NOT NULL REFERENCES schedules ON DELETE CASCADE,
    reminder_id uuid NOT NULL REFERENCES reminders ON DELETE CASCADE,
    generation bigint NOT NULL,
    nominal text NOT NULL,                          -- the occurrence's wall start: identity survives a new tz database
    snooze bigint NOT NULL DEFAULT 0,              -- 0 = the reminder's own alarm, n = its n-th snooze
    due_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'FIRED', 'SUPERSEDED', 'CANCELLED', 'SKIPPED', 'FAILED')),
    reason text,                                    -- a word of domain::alarms::Reason
    armed_at timestamptz NOT NULL,
    fired_at timestamptz,
    settled_at timestamptz,                             -- when it left PENDING
    dismissed_at timestamptz,
    UNIQUE (reminder_id, generation, nominal, snooze),
    CHECK ((state = 'FIRED') = (fired_at IS NOT NULL)),
    CHECK ((state = 'PENDING') = (settled_at IS NULL))
);
-- Alarms of one instant are claimed owner by owner, so that a batch touches few places of the inboxes and streams.
CREATE INDEX alarms_due ON alarms (due_at, owner_id) WHERE state = 'PENDING';
CREATE INDEX alarms_set_aside ON alarms (due_at) WHERE state = 'FAILED';
CREATE INDEX alarms_of_schedule ON alarms (schedule_id, due_at, id);
CREATE INDEX alarms_of_owner ON alarms (owner_id, due_at, id);

-- notify --------------------------------------------------------------------------------------------------------------

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    key uuid NOT NULL,                              -- from the fact: the same fact notifies a user once, for ever
    kind text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    data text NOT NULL,                             -- JSON object
    created_at timestamptz NOT NULL,
    read_at timestamptz,
    deleted_at timestamptz,                         -- emptied, but its key stays
    UNIQUE (user_id, key)
);
CREATE INDEX notifications_of_user ON notifications (user_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX notifications_unread ON notifications (user_id, created_at, id) WHERE read_at IS NULL AND deleted_at IS NULL;

-- The unread count of each inbox, changed in the transaction that changes the inbox.
CREATE TABLE inboxes (
    user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    unread bigint NOT NULL DEFAULT 0 CHECK (unread >= 0),
    version bigint NOT NULL DEFAULT 0
);

-- housekeeping --------------------------------------------------------------------------------------------------------

-- next_at means "due" while READY and "the lease ends" while LEASED: a crashed holder needs no rescuer.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL,
    payload text NOT NULL,                          -- JSON object
    state text NOT NULL CHECK (state IN ('READY', 'LEASED', 'DONE', 'DEAD')),
    next_at timestamptz NOT NULL,
    token bigint NOT NULL DEFAULT 0,               -- grows with every claim: a stale holder cannot settle
    attempts bigint NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    UNIQUE (kind, key)
);
CREATE INDEX jobs_due ON jobs (next_at) WHERE state IN ('READY', 'LEASED');

-- The latest instant any node has acted on: a restart with a clock in the past is noticed.
CREATE TABLE high_water (
    id bigint PRIMARY KEY CHECK (id = 1),
    at timestamptz NOT NULL
);

-- Written to prove that writing is possible.
CREATE TABLE pulse (
    id bigint PRIMARY KEY CHECK (id = 1),
    at timestamptz NOT NULL
);

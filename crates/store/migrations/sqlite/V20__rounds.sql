-- Restock rounds, what became of everybody in them, and who tells people at the moment.

CREATE TABLE campaign_rounds (
    product_id BLOB NOT NULL REFERENCES products ON DELETE CASCADE,
    round INTEGER NOT NULL CHECK (round > 0),
    state TEXT NOT NULL CHECK (state IN ('IN_PROGRESS', 'PAUSED', 'CANCELED_BY_SOLD_OUT', 'CANCELED_BY_ERROR', 'CANCELED', 'COMPLETED')),
    cause TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0,               -- recipients written down so far, whose positions are 1 to total
    frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)), -- everybody is written down
    frozen_seq INTEGER NOT NULL DEFAULT 0,          -- subscriptions up to this place are
    freeze_until_seq INTEGER NOT NULL,              -- and are to be up to this
    next_position INTEGER NOT NULL DEFAULT 1,       -- nobody has taken care of anybody from here on
    sent INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    in_flight INTEGER NOT NULL DEFAULT 0,
    retrying INTEGER NOT NULL DEFAULT 0,
    unknown INTEGER NOT NULL DEFAULT 0,             -- how often nobody knew whether somebody was told
    last_position INTEGER NOT NULL DEFAULT 0,       -- the greatest that was told
    strict INTEGER NOT NULL CHECK (strict IN (0, 1)),
    per_item INTEGER,
    wait_seconds INTEGER,
    allowance INTEGER NOT NULL DEFAULT 0,           -- so many may have been begun with, where there are waves
    wave_at INTEGER,                                -- when more may be begun with, where there are waves and one is over
    wake_at INTEGER NOT NULL,                       -- nothing to do before
    progress_at INTEGER NOT NULL,                   -- when its owner was last told how far it is
    progress_begun INTEGER NOT NULL DEFAULT 0,      -- and how many had been begun with then
    rate INTEGER NOT NULL DEFAULT 0,                -- a second, until then
    started_at INTEGER NOT NULL,
    paused_at INTEGER,
    finished_at INTEGER,
    expires_at INTEGER,
    version INTEGER NOT NULL,
    PRIMARY KEY (product_id, round),
    CHECK (sent >= 0 AND skipped >= 0 AND failed >= 0 AND in_flight >= 0 AND retrying >= 0),
    CHECK (sent + skipped + failed + in_flight + retrying = next_position - 1 AND next_position - 1 <= total),
    CHECK (state <> 'COMPLETED' OR (frozen = 1 AND next_position > total AND in_flight = 0 AND retrying = 0))
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_rounds_awake ON campaign_rounds (wake_at) WHERE state = 'IN_PROGRESS';
CREATE INDEX campaign_rounds_unfrozen ON campaign_rounds (started_at) WHERE frozen = 0 AND state IN ('IN_PROGRESS', 'PAUSED');
CREATE INDEX campaign_rounds_expiring ON campaign_rounds (expires_at)
    WHERE expires_at IS NOT NULL AND state NOT IN ('CANCELED', 'COMPLETED');

-- The ledger. It refers to nothing: a million rows are written at once, and each would be looked up. A trigger forgets them instead.
CREATE TABLE campaign_recipients (
    product_id BLOB NOT NULL,
    round INTEGER NOT NULL,
    position INTEGER NOT NULL,
    recipient_id BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'IN_FLIGHT', 'RETRY', 'SENT', 'SKIPPED', 'FAILED')),
    token INTEGER NOT NULL DEFAULT 0,               -- the term of the sender that has it, or had it last
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,                                -- when it is tried again
    started_at INTEGER,                             -- when the last attempt began
    settled_at INTEGER,
    reason TEXT,
    PRIMARY KEY (product_id, round, position),
    CHECK ((state = 'RETRY') = (next_at IS NOT NULL)),
    CHECK ((state IN ('SENT', 'SKIPPED', 'FAILED')) = (settled_at IS NOT NULL)),
    CHECK (state NOT IN ('SKIPPED', 'FAILED') OR reason IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX campaign_recipients_once ON campaign_recipients (product_id, round, recipient_id);
CREATE INDEX campaign_recipients_apart ON campaign_recipients (product_id, round, state, position)
    WHERE state IN ('IN_FLIGHT', 'RETRY', 'SKIPPED', 'FAILED');
CREATE INDEX campaign_recipients_due ON campaign_recipients (product_id, round, next_at, position) WHERE state = 'RETRY';
CREATE INDEX campaign_recipients_in_flight ON campaign_recipients (token) WHERE state = 'IN_FLIGHT';

CREATE TRIGGER campaign_rounds_go AFTER DELETE ON campaign_rounds BEGIN
    DELETE FROM campaign_recipients WHERE product_id = old.product_id AND round = old.round;
END;

-- Who may use a provider at the moment. The term grows with every holder.
CREATE TABLE provider_leases (
    provider TEXT PRIMARY KEY NOT NULL,
    holder BLOB NOT NULL,
    term INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

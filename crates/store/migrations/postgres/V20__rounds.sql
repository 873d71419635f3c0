-- Restock rounds, what became of everybody in them, and who tells people at the moment.

CREATE TABLE campaign_rounds (
    product_id uuid NOT NULL REFERENCES products ON DELETE CASCADE,
    round bigint NOT NULL CHECK (round > 0),
    state text NOT NULL CHECK (state IN ('IN_PROGRESS', 'PAUSED', 'CANCELED_BY_SOLD_OUT', 'CANCELED_BY_ERROR', 'CANCELED', 'COMPLETED')),
    cause text NOT NULL,
    total bigint NOT NULL DEFAULT 0,               -- recipients written down so far, whose positions are 1 to total
    frozen boolean NOT NULL, -- everybody is written down
    frozen_seq bigint NOT NULL DEFAULT 0,          -- subscriptions up to this place are
    freeze_until_seq bigint NOT NULL,              -- and are to be up to this
    next_position bigint NOT NULL DEFAULT 1,       -- nobody has taken care of anybody from here on
    sent bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    in_flight bigint NOT NULL DEFAULT 0,
    retrying bigint NOT NULL DEFAULT 0,
    unknown bigint NOT NULL DEFAULT 0,             -- how often nobody knew whether somebody was told
    last_position bigint NOT NULL DEFAULT 0,       -- the greatest that was told
    strict boolean NOT NULL,
    per_item bigint,
    wait_seconds bigint,
    allowance bigint NOT NULL DEFAULT 0,           -- so many may have been begun with, where there are waves
    wave_at timestamptz,                                -- when more may be begun with, where there are waves and one is over
    wake_at timestamptz NOT NULL,                       -- nothing to do before
    progress_at timestamptz NOT NULL,                   -- when its owner was last told how far it is
    progress_begun bigint NOT NULL DEFAULT 0,      -- and how many had been begun with then
    rate bigint NOT NULL DEFAULT 0,                -- a second, until then
    started_at timestamptz NOT NULL,
    paused_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    version bigint NOT NULL,
    PRIMARY KEY (product_id, round),
    CHECK (sent >= 0 AND skipped >= 0 AND failed >= 0 AND in_flight >= 0 AND retrying >= 0),
    CHECK (sent + skipped + failed + in_flight + retrying = next_position - 1 AND next_position - 1 <= total),
    CHECK (state <> 'COMPLETED' OR (frozen AND next_position > total AND in_flight = 0 AND retrying = 0))
);
CREATE INDEX campaign_rounds_awake ON campaign_rounds (wake_at) WHERE state = 'IN_PROGRESS';
CREATE INDEX campaign_rounds_unfrozen ON campaign_rounds (started_at) WHERE NOT frozen AND state IN ('IN_PROGRESS', 'PAUSED');
CREATE INDEX campaign_rounds_expiring ON campaign_rounds (expires_at)
    WHERE expires_at IS NOT NULL AND state NOT IN ('CANCELED', 'COMPLETED');

-- The ledger. It refers to nothing: a million rows are written at once, and each would be looked up. A trigger forgets them instead.
CREATE TABLE campaign_recipients (
    product_id uuid NOT NULL,
    round bigint NOT NULL,
    position bigint NOT NULL,
    recipient_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'IN_FLIGHT', 'RETRY', 'SENT', 'SKIPPED', 'FAILED')),
    token bigint NOT NULL DEFAULT 0,               -- the term of the sender that has it, or had it last
    attempts bigint NOT NULL DEFAULT 0,
    next_at timestamptz,                                -- when it is tried again
    started_at timestamptz,                             -- when the last attempt began
    settled_at timestamptz,
    reason text,
    PRIMARY KEY (product_id, round, position),
    CHECK ((state = 'RETRY') = (next_at IS NOT NULL)),
    CHECK ((state IN ('SENT', 'SKIPPED', 'FAILED')) = (settled_at IS NOT NULL)),
    CHECK (state NOT IN ('SKIPPED', 'FAILED') OR reason IS NOT NULL)
);
CREATE UNIQUE INDEX campaign_recipients_once ON campaign_recipients (product_id, round, recipient_id);
CREATE INDEX campaign_recipients_apart ON campaign_recipients (product_id, round, state, position)
    WHERE state IN ('IN_FLIGHT', 'RETRY', 'SKIPPED', 'FAILED');
CREATE INDEX campaign_recipients_due ON campaign_recipients (product_id, round, next_at, position) WHERE state = 'RETRY';
CREATE INDEX campaign_recipients_in_flight ON campaign_recipients (token) WHERE state = 'IN_FLIGHT';

CREATE FUNCTION campaign_rounds_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM campaign_recipients WHERE product_id = OLD.product_id AND round = OLD.round;
    RETURN NULL;
END $$;

CREATE TRIGGER campaign_rounds_go AFTER DELETE ON campaign_rounds FOR EACH ROW EXECUTE FUNCTION campaign_rounds_go();

-- Who may use a provider at the moment. The term grows with every holder.
CREATE TABLE provider_leases (
    provider text PRIMARY KEY,
    holder uuid NOT NULL,
    term bigint NOT NULL,
    until timestamptz NOT NULL
);

-- Who waits and the ledgers of rounds, as they were, with their conditions written out: for a list of three words and more, SQLite makes a
-- table whenever it looks at the condition, for each row that is written and several times over. That was most of what a row cost.

CREATE TABLE product_subscriptions_21 (
    product_id BLOB NOT NULL REFERENCES products ON DELETE CASCADE,
    recipient_id BLOB NOT NULL REFERENCES recipients ON DELETE CASCADE,
    seq INTEGER NOT NULL,                           -- the place in the order of subscribing, from products.next_seq
    state TEXT NOT NULL CHECK (state = 'ACTIVE' OR state = 'NOTIFIED' OR state = 'LEFT'),
    subscribed_at INTEGER NOT NULL,
    notified_round INTEGER,                         -- in which round they were told last
    left_by TEXT CHECK (left_by IN ('owner', 'recipient')),
    PRIMARY KEY (recipient_id, product_id),
    CHECK ((state = 'LEFT') = (left_by IS NOT NULL)),
    CHECK (state <> 'NOTIFIED' OR notified_round IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO product_subscriptions_21 (product_id, recipient_id, seq, state, subscribed_at, notified_round, left_by)
    SELECT product_id, recipient_id, seq, state, subscribed_at, notified_round, left_by FROM product_subscriptions;
DROP TABLE product_subscriptions;
ALTER TABLE product_subscriptions_21 RENAME TO product_subscriptions;
CREATE UNIQUE INDEX product_subscriptions_in_order ON product_subscriptions (product_id, state, seq);

DROP TRIGGER campaign_rounds_go;
CREATE TABLE campaign_recipients_21 (
    product_id BLOB NOT NULL,
    round INTEGER NOT NULL,
    position INTEGER NOT NULL,
    recipient_id BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'WAITING' CHECK (state = 'WAITING' OR state = 'SENT' OR state = 'IN_FLIGHT' OR state = 'RETRY' OR
        state = 'SKIPPED' OR state = 'FAILED'),
    token INTEGER NOT NULL DEFAULT 0,               -- the term of the sender that has it, or had it last
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,                                -- when it is tried again
    started_at INTEGER,                             -- when the last attempt began
    settled_at INTEGER,
    reason TEXT,
    PRIMARY KEY (product_id, round, position),
    CHECK ((state = 'RETRY') = (next_at IS NOT NULL)),
    CHECK ((state = 'SENT' OR state = 'SKIPPED' OR state = 'FAILED') = (settled_at IS NOT NULL)),
    CHECK (state NOT IN ('SKIPPED', 'FAILED') OR reason IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_recipients_21 (product_id, round, position, recipient_id, state, token, attempts, next_at, started_at, settled_at, reason)
    SELECT product_id, round, position, recipient_id, state, token, attempts, next_at, started_at, settled_at, reason
    FROM campaign_recipients;
DROP TABLE campaign_recipients;
ALTER TABLE campaign_recipients_21 RENAME TO campaign_recipients;
CREATE UNIQUE INDEX campaign_recipients_once ON campaign_recipients (product_id, round, recipient_id);
CREATE INDEX campaign_recipients_apart ON campaign_recipients (product_id, round, state, position)
    WHERE state = 'IN_FLIGHT' OR state = 'RETRY' OR state = 'SKIPPED' OR state = 'FAILED';
CREATE INDEX campaign_recipients_due ON campaign_recipients (product_id, round, next_at, position) WHERE state = 'RETRY';
CREATE INDEX campaign_recipients_in_flight ON campaign_recipients (token) WHERE state = 'IN_FLIGHT';

CREATE TRIGGER campaign_rounds_go AFTER DELETE ON campaign_rounds BEGIN
    DELETE FROM campaign_recipients WHERE product_id = old.product_id AND round = old.round;
END;

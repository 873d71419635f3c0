-- Products that people wait for, whom their owners can tell, and who waits for what.

CREATE TABLE products (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    external_key TEXT NOT NULL,                     -- what its owner calls it
    name TEXT NOT NULL,
    stock INTEGER NOT NULL DEFAULT 0 CHECK (stock >= 0),
    round INTEGER NOT NULL DEFAULT 0,               -- its last restock round; 0: none yet
    next_seq INTEGER NOT NULL DEFAULT 1,            -- the next place in the order of subscribing
    subscribers INTEGER NOT NULL DEFAULT 0 CHECK (subscribers >= 0), -- subscriptions that are ACTIVE
    strict INTEGER NOT NULL DEFAULT 0 CHECK (strict IN (0, 1)),     -- nobody is told before everybody before them is
    per_item INTEGER CHECK (per_item > 0),          -- so many are told for each item in stock; null: all
    wait_seconds INTEGER CHECK (wait_seconds > 0),  -- and then nobody for so long
    version INTEGER NOT NULL,                       -- grows with every change of the product itself, not of who waits: the ETag
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,                             -- from then on it is nobody's; what hangs on it is forgotten piece by piece
    CHECK ((per_item IS NULL) = (wait_seconds IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX products_by_key ON products (owner_id, external_key) WHERE deleted_at IS NULL;
CREATE INDEX products_of_owner ON products (owner_id, created_at, id);
CREATE INDEX products_deleted ON products (deleted_at) WHERE deleted_at IS NOT NULL;

-- How many recipients somebody keeps, deleted ones among them. Whoever writes recipients of an owner has locked this, before any product.
CREATE TABLE address_books (
    owner_id BLOB PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    recipients INTEGER NOT NULL CHECK (recipients >= 0)
) STRICT, WITHOUT ROWID;

-- Whom an owner can tell. Who has an account is called as their id is written; without user_id, that account is gone.
CREATE TABLE recipients (
    id BLOB PRIMARY KEY NOT NULL,
    owner_id BLOB NOT NULL REFERENCES users ON DELETE CASCADE,
    external_id TEXT NOT NULL,                      -- what the owner calls them
    user_id BLOB REFERENCES users ON DELETE SET NULL,
    name TEXT,                                      -- this and what follows is null for who has an account: it is theirs to say
    email TEXT,
    locale TEXT,
    time_zone TEXT,
    version INTEGER NOT NULL,                       -- the ETag
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER                              -- forgotten but for what they are called, which ledgers name
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX recipients_by_external_id ON recipients (owner_id, external_id);
CREATE INDEX recipients_of_user ON recipients (user_id) WHERE user_id IS NOT NULL;

-- Who waits for a product, or did. Whoever writes here has locked the product, whose count of subscribers goes along.
CREATE TABLE product_subscriptions (
    product_id BLOB NOT NULL REFERENCES products ON DELETE CASCADE,
    recipient_id BLOB NOT NULL REFERENCES recipients ON DELETE CASCADE,
    seq INTEGER NOT NULL,                           -- the place in the order of subscribing, from products.next_seq
    state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'NOTIFIED', 'LEFT')),
    subscribed_at INTEGER NOT NULL,
    notified_round INTEGER,                         -- in which round they were told last
    left_by TEXT CHECK (left_by IN ('owner', 'recipient')),
    PRIMARY KEY (recipient_id, product_id),
    CHECK ((state = 'LEFT') = (left_by IS NOT NULL)),
    CHECK (state <> 'NOTIFIED' OR notified_round IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX product_subscriptions_in_order ON product_subscriptions (product_id, state, seq);

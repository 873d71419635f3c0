-- Products that people wait for, whom their owners can tell, and who waits for what.

CREATE TABLE products (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    external_key text COLLATE "C" NOT NULL,         -- what its owner calls it
    name text NOT NULL,
    stock bigint NOT NULL DEFAULT 0 CHECK (stock >= 0),
    round bigint NOT NULL DEFAULT 0,                -- its last restock round; 0: none yet
    next_seq bigint NOT NULL DEFAULT 1,             -- the next place in the order of subscribing
    subscribers bigint NOT NULL DEFAULT 0 CHECK (subscribers >= 0), -- subscriptions that are ACTIVE
    strict boolean NOT NULL DEFAULT FALSE,          -- nobody is told before everybody before them is
    per_item bigint CHECK (per_item > 0),           -- so many are told for each item in stock; null: all
    wait_seconds bigint CHECK (wait_seconds > 0),   -- and then nobody for so long
    version bigint NOT NULL,                        -- grows with every change of the product itself, not of who waits: the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,                         -- from then on it is nobody's; what hangs on it is forgotten piece by piece
    CHECK ((per_item IS NULL) = (wait_seconds IS NULL))
);
CREATE UNIQUE INDEX products_by_key ON products (owner_id, external_key) WHERE deleted_at IS NULL;
CREATE INDEX products_of_owner ON products (owner_id, created_at, id);
CREATE INDEX products_deleted ON products (deleted_at) WHERE deleted_at IS NOT NULL;

-- How many recipients somebody keeps, deleted ones among them. Whoever writes recipients of an owner has locked this, before any product.
CREATE TABLE address_books (
    owner_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    recipients bigint NOT NULL CHECK (recipients >= 0)
);

-- Whom an owner can tell. Who has an account is called as their id is written; without user_id, that account is gone.
CREATE TABLE recipients (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    external_id text COLLATE "C" NOT NULL,          -- what the owner calls them
    user_id uuid REFERENCES users ON DELETE SET NULL,
    name text,                                      -- this and what follows is null for who has an account: it is theirs to say
    email text,
    locale text,
    time_zone text,
    version bigint NOT NULL,                        -- the ETag
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz                          -- forgotten but for what they are called, which ledgers name
);
CREATE UNIQUE INDEX recipients_by_external_id ON recipients (owner_id, external_id);
CREATE INDEX recipients_of_user ON recipients (user_id) WHERE user_id IS NOT NULL;

-- Who waits for a product, or did. Whoever writes here has locked the product, whose count of subscribers goes along.
CREATE TABLE product_subscriptions (
    product_id uuid NOT NULL REFERENCES products ON DELETE CASCADE,
    recipient_id uuid NOT NULL REFERENCES recipients ON DELETE CASCADE,
    seq bigint NOT NULL,                            -- the place in the order of subscribing, from products.next_seq
    state text NOT NULL CHECK (state IN ('ACTIVE', 'NOTIFIED', 'LEFT')),
    subscribed_at timestamptz NOT NULL,
    notified_round bigint,                          -- in which round they were told last
    left_by text CHECK (left_by IN ('owner', 'recipient')),
    PRIMARY KEY (recipient_id, product_id),
    CHECK ((state = 'LEFT') = (left_by IS NOT NULL)),
    CHECK (state <> 'NOTIFIED' OR notified_round IS NOT NULL)
);
CREATE UNIQUE INDEX product_subscriptions_in_order ON product_subscriptions (product_id, state, seq) INCLUDE (recipient_id);

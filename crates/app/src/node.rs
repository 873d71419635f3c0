//! What a node asks of its database about itself, before there is an [`crate::App`] and beside it.

use kernel::Instant;
use store::{Store, StoreError, Tx, UseCase, node};

/// Defines a use case of one question, and the function that asks it.
macro_rules! questions {
    ($( $(#[$doc:meta])* $ask:ident -> $out:ty: $case:ident; )*) => {$(
        struct $case;

        impl UseCase for $case {
            type Out = $out;
            type Error = StoreError;

            async fn run(&self, tx: &mut Tx<'_>) -> Result<$out, StoreError> {
                node::$ask(tx).await
            }
        }

        $(#[$doc])*
        pub async fn $ask(store: &Store) -> Result<$out, StoreError> {
            store.read($case).await
        }
    )*};
}

questions! {
    /// The latest instant any node has acted on, if one ever did.
    high_water -> Option<Instant>: HighWater;
    /// What the clock of the database shows.
    database_now -> Instant: DatabaseNow;
    /// The names of the migrations this program has and the database has not.
    pending_migrations -> Vec<String>: PendingMigrations;
    /// The engine and its version.
    engine_version -> String: EngineVersion;
    /// What is broken in the database file; reads all of it.
    damage -> Vec<String>: Damage;
    /// Whether anybody has an account.
    is_inhabited -> bool: IsInhabited;
}

struct Raise(Instant);

impl UseCase for Raise {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::raise_high_water(tx, self.0).await
    }
}

/// Moves the high-water mark to `at`; it never goes back.
pub async fn raise_high_water(store: &Store, at: Instant) -> Result<(), StoreError> {
    store.write(Raise(at)).await
}

struct Beat(Instant);

impl UseCase for Beat {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::beat(tx, self.0).await
    }
}

/// Writes `at`, to prove that writing is possible.
pub async fn beat(store: &Store, at: Instant) -> Result<(), StoreError> {
    store.write(Beat(at)).await
}

struct ForgetHighWater;

impl UseCase for ForgetHighWater {
    type Out = Option<Instant>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
        node::forget_high_water(tx).await
    }
}

/// Takes the high-water mark away, and answers what it was.
pub async fn forget_high_water(store: &Store) -> Result<Option<Instant>, StoreError> {
    store.write(ForgetHighWater).await
}

struct Backlog(Instant);

impl UseCase for Backlog {
    type Out = (i64, Option<Instant>);
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        store::alarms::backlog(tx, self.0, 10_000).await
    }
}

/// How many alarms are due at `now` and not fired (counted to at most 10,000), and since when the oldest waits.
pub async fn backlog(store: &Store, now: Instant) -> Result<(i64, Option<Instant>), StoreError> {
    store.read(Backlog(now)).await
}

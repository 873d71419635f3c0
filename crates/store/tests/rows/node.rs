//! What a node asks of its database about itself, on both engines.

use kernel::Instant;
use store::{Store, StoreError, Tx, UseCase, node};

use crate::high_water::{Mark, Raise};

#[derive(Debug)]
struct Facts {
    mark: Option<Instant>,
    now: Instant,
    pending: Vec<String>,
    version: String,
    damage: Vec<String>,
    inhabited: bool,
}

/// Asks everything that can be asked of a migrated database.
struct Ask;

impl UseCase for Ask {
    type Out = Facts;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Facts, StoreError> {
        Ok(Facts {
            mark: node::high_water(tx).await?,
            now: node::database_now(tx).await?,
            pending: node::pending_migrations(tx).await?,
            version: node::engine_version(tx).await?,
            damage: node::damage(tx).await?,
            inhabited: node::is_inhabited(tx).await?,
        })
    }
}

struct Pending;

impl UseCase for Pending {
    type Out = Vec<String>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
        node::pending_migrations(tx).await
    }
}

#[tokio::test]
async fn the_high_water_mark_only_rises() {
    testkit::on_both_engines(async |store| {
        assert_eq!(store.read(Ask).await.expect("facts").mark, None);
        for (at, expected) in [(5, 5), (9, 9), (7, 9)] {
            store.write(Raise(Instant::from_micros(at))).await.expect("written");
            assert_eq!(store.read(Mark).await.expect("read"), Some(Instant::from_micros(expected)));
        }
    })
    .await;
}

struct Forget;

impl UseCase for Forget {
    type Out = Option<Instant>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Instant>, StoreError> {
        node::forget_high_water(tx).await
    }
}

#[tokio::test]
async fn a_forgotten_mark_is_told_once_and_begins_anew() {
    testkit::on_both_engines(async |store| {
        assert_eq!(store.write(Forget).await.expect("forgotten"), None);
        let far = Instant::from_micros(9);
        store.write(Raise(far)).await.expect("written");
        assert_eq!(store.write(Forget).await.expect("forgotten"), Some(far));
        assert_eq!(store.read(Ask).await.expect("facts").mark, None);
        store.write(Raise(Instant::from_micros(5))).await.expect("written");
        assert_eq!(store.read(Ask).await.expect("facts").mark, Some(Instant::from_micros(5)));
    })
    .await;
}

struct Beat(Instant);

impl UseCase for Beat {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        node::beat(tx, self.0).await
    }
}

#[tokio::test]
async fn a_beat_is_a_write() {
    testkit::on_both_engines(async |store| {
        for at in [5, 9, 7] {
            store.write(Beat(Instant::from_micros(at))).await.expect("written");
        }
        assert!(store.read(Beat(Instant::from_micros(8))).await.is_err(), "where nothing can be written, it fails");
    })
    .await;
}

#[tokio::test]
async fn a_healthy_database_tells_its_time_its_version_and_no_damage() {
    testkit::on_both_engines(async |store| {
        let (first, second) = (store.read(Ask).await.expect("facts"), store.read(Ask).await.expect("facts"));
        assert!(first.now <= second.now && first.now > testkit::START - std::time::Duration::from_hours(24 * 365), "{first:?}");
        assert!(first.version.starts_with("SQLite 3.") || first.version.starts_with("PostgreSQL 1"), "{first:?}");
        assert!(first.damage.is_empty() && first.pending.is_empty() && !first.inhabited, "{first:?}");
    })
    .await;
}

#[tokio::test]
async fn an_empty_database_lacks_every_migration_and_a_migrated_one_none() {
    testkit::on_both_databases(async |database| {
        let store = Store::open(database.open(), testkit::seams()).await.expect("opened");
        let pending = store.read(Pending).await.expect("answered");
        assert!(!pending.is_empty());
        assert_eq!(store.migrate().await.expect("migrated"), pending);
        assert_eq!(store.read(Pending).await.expect("answered"), Vec::<String>::new());
        store.close().await;
    })
    .await;
}

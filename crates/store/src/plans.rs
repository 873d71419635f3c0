//! How the engines mean to run the reads that matter.
//!
//! A read on the path of every alarm, page or connection must use its index however full its table is. A test fills the
//! tables and asks for the plan of each of them.

use crate::{
    Sql, Store, StoreError, Tx, UseCase, alarms, calendar, campaigns, holdings, labels, notify, planning, progress, rooms,
    streams, tasks, tx::Engine,
};

/// A statement whose plan matters.
#[derive(Clone, Copy)]
pub struct HotRead {
    /// Where it stands, `module::CONSTANT`.
    pub name: &'static str,
    /// What it must use.
    pub index: Index,
    pub(crate) sql: Sql,
}

/// An index, as the plans of each engine call it.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// In a plan of SQLite.
    pub sqlite: &'static str,
    /// In a plan of PostgreSQL.
    pub postgres: &'static str,
}

/// An index that has a name.
const fn named(name: &'static str) -> Index {
    Index { sqlite: name, postgres: name }
}

/// The primary key that PostgreSQL calls `name`. SQLite keeps the rows of these tables in it.
const fn key(name: &'static str) -> Index {
    Index { sqlite: "USING PRIMARY KEY", postgres: name }
}

/// The index of the words of schedules.
const TOKENS: Index = Index { sqlite: "VIRTUAL TABLE INDEX", postgres: "search_tokens" };

/// The index of the words of tasks.
const TASK_TOKENS: Index = Index { sqlite: "VIRTUAL TABLE INDEX", postgres: "task_search_tokens" };

/// All of them.
pub fn hot_reads() -> Vec<HotRead> {
    let read = |name, index, sql: Sql| HotRead { name, index, sql };
    let mut reads = vec![
        read("alarms::CLAIM_DUE", named("alarms_due"), alarms::CLAIM_DUE),
        read("alarms::NEXT_DUE", named("alarms_due"), alarms::NEXT_DUE.into()),
        read("alarms::OF_OWNER", named("alarms_of_owner"), alarms::OF_OWNER.into()),
        read("alarms::OF_SCHEDULE", named("alarms_of_schedule"), alarms::OF_SCHEDULE.into()),
        read("alarms::past::RANG", named("alarms_of_schedule"), alarms::past::RANG),
        read("calendar::busy::ONCE", named("schedules_busy"), calendar::busy::ONCE),
        read("calendar::busy::SERIES", named("schedules_series"), calendar::busy::SERIES.into()),
        read("calendar::overrides::OF_OWNER", named("schedules_series"), calendar::overrides::OF_OWNER.into()),
        // Either of two indexes finds the one row.
        read("calendar::FIND", Index { sqlite: "USING PRIMARY KEY", postgres: "schedules_of_owner" }, calendar::FIND.into()),
        read("calendar::OVERLAPPING", named("schedules_by_time"), calendar::OVERLAPPING.into()),
        read("calendar::filtered::AS_FAR", named("schedules_by_time"), calendar::filtered::AS_FAR.into()),
        read("calendar::filtered::BEGUN", named("progress_by_state"), calendar::filtered::BEGUN),
        read("calendar::filtered::FOUND", TOKENS, calendar::filtered::FOUND),
        read("calendar::filtered::LABELLED", named("schedules_by_time"), calendar::filtered::LABELLED.into()),
        read("calendar::filtered::SERIES_FOUND", TOKENS, calendar::filtered::SERIES_FOUND),
        read("calendar::sessions::OF_TASK", named("schedules_of_task"), calendar::sessions::OF_TASK.into()),
        read("calendar::SERIES", named("schedules_series"), calendar::SERIES.into()),
        // SQLite names the index that UNIQUE made.
        read(
            "calendar::feeds::BY_HASH",
            Index { sqlite: "sqlite_autoindex_feeds", postgres: "feeds_hash_key" },
            calendar::feeds::BY_HASH.into(),
        ),
        read("calendar::revision::CURRENT", key("calendars_pkey"), calendar::revision::CURRENT.into()),
        read("calendar::whole::PAGE", named("schedules_of_owner"), calendar::whole::PAGE.into()),
        read("calendar::zones::PAGE", key("schedules_pkey"), calendar::zones::PAGE.into()),
        read("holdings::SCHEDULES", key("holdings_pkey"), holdings::SCHEDULES.into()),
        // PostgreSQL takes all categories of the owner at once: they are few.
        read(
            "labels::categories::BELOW",
            Index { sqlite: "categories_below", postgres: "categories_owner_id_id_key" },
            labels::categories::BELOW.into(),
        ),
        read("notify::inbox::PAGE", named("notifications_of_user"), notify::inbox::PAGE.into()),
        read("notify::inbox::PAGE_UNREAD", named("notifications_unread"), notify::inbox::PAGE_UNREAD.into()),
        read("notify::inbox::UNREAD", key("inboxes_pkey"), notify::inbox::UNREAD.into()),
        read("planning::SESSIONS_WITHIN", named("schedules_by_time"), planning::SESSIONS_WITHIN.into()),
        read("progress::COMPLETED", named("progress_by_state"), progress::COMPLETED.into()),
        // SQLite has the primary key behind every other index of such a table, and takes the longer one.
        read("progress::HISTORY", Index { sqlite: "ledger_of_owner", postgres: "ledger_pkey" }, progress::HISTORY.into()),
        read("progress::OCCURRENCES_AS_FAR", named("progress_by_occurrence"), progress::OCCURRENCES_AS_FAR.into()),
        read("progress::OF_OCCURRENCES", key("progress_pkey"), progress::OF_OCCURRENCES),
        read("progress::OF_SERIES", key("progress_pkey"), progress::OF_SERIES),
        read("rooms::BY_KEY", named("rooms_by_key"), rooms::BY_KEY.into()),
        read("rooms::COUNT", named("room_members_of_user"), rooms::COUNT.into()),
        read("rooms::AMONG", key("rooms_pkey"), rooms::AMONG),
        read("rooms::FIND", key("room_members_pkey"), rooms::FIND.into()),
        read("rooms::PAGE", named("room_members_of_user"), rooms::PAGE.into()),
        read(
            "rooms::invitations::BY_HASH",
            Index { sqlite: "sqlite_autoindex_room_invitations", postgres: "room_invitations_hash_key" },
            rooms::invitations::BY_HASH.into(),
        ),
        read("rooms::comments::MENTIONS", key("comment_mentions_pkey"), rooms::comments::MENTIONS),
        read("rooms::comments::PAGE", named("comments_of_room"), rooms::comments::PAGE.into()),
        read("rooms::comments::PAGE_ABOUT", named("comments_about"), rooms::comments::PAGE_ABOUT.into()),
        read("rooms::items::EVENT", named("events_by_id"), rooms::items::EVENT.into()),
        read("rooms::reactions::OF", key("reactions_pkey"), rooms::reactions::OF),
        read("rooms::invitations::OF", named("room_invitations_of_room"), rooms::invitations::OF.into()),
        read("rooms::members::AMONG", key("room_members_pkey"), rooms::members::AMONG),
        read("rooms::members::PAGE", named("room_members_of_room"), rooms::members::PAGE.into()),
        read("rooms::members::STANDING", key("room_members_pkey"), rooms::members::STANDING.into()),
        // Either of two indexes finds the one row; PostgreSQL looks at the account first.
        read("rooms::members::NAMED", Index { sqlite: "USING PRIMARY KEY", postgres: "users_pkey" }, rooms::members::NAMED),
        read("rooms::presence::COUNT", named("room_presence_of_gateway"), rooms::presence::COUNT.into()),
        read("rooms::presence::ELSEWHERE", key("room_presence_pkey"), rooms::presence::ELSEWHERE.into()),
        read("rooms::reads::FIND", key("room_reads_pkey"), rooms::reads::FIND.into()),
        read("rooms::reads::UNREAD", named("room_members_of_user"), rooms::reads::UNREAD.into()),
        read("rooms::shares::OF_ROOM", named("room_schedules_of_room"), rooms::shares::OF_ROOM.into()),
        read("rooms::shares::OF_SCHEDULES", named("room_schedules_of_schedule"), rooms::shares::OF_SCHEDULES),
        read("progress::REACHING", named("work_sessions_by_time"), progress::REACHING.into()),
        // Either of two indexes finds the one row.
        read("progress::RUNNING", Index { sqlite: "progress_by_state", postgres: "progress_running" }, progress::RUNNING.into()),
        read("progress::WORKED", named("work_sessions_by_time"), progress::WORKED.into()),
        read("progress::WORKED_UNTIL", named("work_sessions_by_time"), progress::WORKED_UNTIL.into()),
        read("streams::EXTENT", key("streams_pkey"), streams::EXTENT.into()),
        read("streams::HEADS", key("streams_pkey"), streams::HEADS),
        read("streams::PAGE", key("events_pkey"), streams::PAGE.into()),
        read("streams::SIZES", key("events_pkey"), streams::SIZES.into()),
        read("tasks::lists::FOUND", TASK_TOKENS, tasks::lists::FOUND),
        read("tasks::lists::LABELLED", named("tasks_by_deadline"), tasks::lists::LABELLED.into()),
        read(
            "tasks::WAITS",
            Index { sqlite: "USING PRIMARY KEY (owner_id=? AND task_id=?)", postgres: "task_dependencies_pkey" },
            tasks::WAITS,
        ),
        read("tasks::lists::OPEN", named("tasks_open"), tasks::lists::OPEN.into()),
    ];
    reads.extend(of_campaigns());
    reads
}

/// Those of products, of who waits for them, and of their rounds.
fn of_campaigns() -> Vec<HotRead> {
    let read = |name, index, sql: Sql| HotRead { name, index, sql };
    vec![
        read("campaigns::ledger::AT_EACH", key("campaign_recipients_pkey"), campaigns::ledger::AT_EACH),
        read("campaigns::ledger::CHUNK_END", named("product_subscriptions_in_order"), campaigns::ledger::CHUNK_END.into()),
        read("campaigns::ledger::DUE", named("campaign_recipients_due"), campaigns::ledger::DUE.into()),
        read("campaigns::ledger::FIRST", key("campaign_recipients_pkey"), campaigns::ledger::FIRST.into()),
        read("campaigns::ledger::FIRST_OPEN", named("campaign_recipients_apart"), campaigns::ledger::FIRST_OPEN.into()),
        read(
            "campaigns::ledger::FIRST_WAITING",
            named("product_subscriptions_in_order"),
            campaigns::ledger::FIRST_WAITING.into(),
        ),
        read("campaigns::ledger::FORGET", key("campaign_recipients_pkey"), campaigns::ledger::FORGET.into()),
        read("campaigns::ledger::FREEZE", named("product_subscriptions_in_order"), campaigns::ledger::FREEZE.into()),
        read("campaigns::ledger::HAS_IN_FLIGHT", named("campaign_recipients_in_flight"), campaigns::ledger::HAS_IN_FLIGHT),
        read("campaigns::ledger::MARK_NOTIFIED", key("product_subscriptions_pkey"), campaigns::ledger::MARK_NOTIFIED),
        read("campaigns::ledger::NEXT", key("campaign_recipients_pkey"), campaigns::ledger::NEXT.into()),
        read("campaigns::ledger::NEXT_DUE", named("campaign_recipients_due"), campaigns::ledger::NEXT_DUE.into()),
        read("campaigns::ledger::OF", named("campaign_recipients_once"), campaigns::ledger::OF.into()),
        read("campaigns::ledger::ORPHANS", named("campaign_recipients_in_flight"), campaigns::ledger::ORPHANS),
        read("campaigns::ledger::PAGE", key("campaign_recipients_pkey"), campaigns::ledger::PAGE.into()),
        read("campaigns::ledger::PAGE_FAILED", named("campaign_recipients_apart"), campaigns::ledger::PAGE_FAILED),
        read("campaigns::ledger::PAGE_IN_FLIGHT", named("campaign_recipients_apart"), campaigns::ledger::PAGE_IN_FLIGHT),
        read("campaigns::ledger::PAGE_RETRY", named("campaign_recipients_apart"), campaigns::ledger::PAGE_RETRY),
        read("campaigns::ledger::PAGE_SENT", key("campaign_recipients_pkey"), campaigns::ledger::PAGE_SENT.into()),
        read("campaigns::ledger::PAGE_SKIPPED", named("campaign_recipients_apart"), campaigns::ledger::PAGE_SKIPPED),
        read("campaigns::ledger::PAGE_WAITING", key("campaign_recipients_pkey"), campaigns::ledger::PAGE_WAITING.into()),
        read("campaigns::ledger::STANDINGS", key("campaign_recipients_pkey"), campaigns::ledger::STANDINGS),
        read("campaigns::ledger::WRITE", key("campaign_recipients_pkey"), campaigns::ledger::WRITE),
        read("campaigns::rounds::AWAKE", named("campaign_rounds_awake"), campaigns::rounds::AWAKE.into()),
        read("campaigns::rounds::EXPIRED", named("campaign_rounds_expiring"), campaigns::rounds::EXPIRED.into()),
        read("campaigns::rounds::FIND", key("campaign_rounds_pkey"), campaigns::rounds::FIND.into()),
        read("campaigns::rounds::FORGOTTEN", named("campaign_rounds_forgotten"), campaigns::rounds::FORGOTTEN.into()),
        read("campaigns::rounds::NEXT_WAKE", named("campaign_rounds_awake"), campaigns::rounds::NEXT_WAKE.into()),
        read("campaigns::rounds::PAGE", key("campaign_rounds_pkey"), campaigns::rounds::PAGE.into()),
        read("campaigns::rounds::RETIRE", key("campaign_rounds_pkey"), campaigns::rounds::RETIRE.into()),
        read("campaigns::rounds::UNFROZEN", named("campaign_rounds_unfrozen"), campaigns::rounds::UNFROZEN),
        read("campaigns::products::BY_ID", key("products_pkey"), campaigns::products::BY_ID.into()),
        read("campaigns::products::BY_KEY", named("products_by_key"), campaigns::products::BY_KEY.into()),
        read("campaigns::products::DELETED", named("products_deleted"), campaigns::products::DELETED.into()),
        // Of a page, each last round is looked up beside its product.
        read("campaigns::products::PAGE", named("products_of_owner"), campaigns::products::PAGE.into()),
        read("campaigns::products::PAGE", key("campaign_rounds_pkey"), campaigns::products::PAGE.into()),
        read("campaigns::products::SEEN_BY_ID", key("campaign_rounds_pkey"), campaigns::products::SEEN_BY_ID.into()),
        read("campaigns::products::SEEN_BY_KEY", named("products_by_key"), campaigns::products::SEEN_BY_KEY.into()),
        read("campaigns::products::WALK", key("products_pkey"), campaigns::products::WALK.into()),
        read("campaigns::recipients::CALLED", named("recipients_by_external_id"), campaigns::recipients::CALLED),
        read("campaigns::recipients::FIND", named("recipients_by_external_id"), campaigns::recipients::FIND.into()),
        read("campaigns::recipients::PAGE", named("recipients_by_external_id"), campaigns::recipients::PAGE.into()),
        read("campaigns::recipients::WAITING_FOR", key("product_subscriptions_pkey"), campaigns::recipients::WAITING_FOR.into()),
        read("campaigns::subscriptions::FIND", key("product_subscriptions_pkey"), campaigns::subscriptions::FIND.into()),
        read(
            "campaigns::subscriptions::FORGET",
            named("product_subscriptions_in_order"),
            campaigns::subscriptions::FORGET.into(),
        ),
        read("campaigns::subscriptions::OF", key("product_subscriptions_pkey"), campaigns::subscriptions::OF),
        read("campaigns::subscriptions::PAGE", named("product_subscriptions_in_order"), campaigns::subscriptions::PAGE.into()),
    ]
}

struct Explain(Sql);

impl UseCase for Explain {
    type Out = String;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        match &mut tx.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", self.0.sqlite))?;
                let mut rows = statement.raw_query();
                let mut lines: Vec<String> = Vec::new();
                while let Some(row) = rows.next()? {
                    lines.push(row.get("detail")?);
                }
                Ok(lines.join("\n"))
            }
            Engine::Postgres(transaction) => {
                // A generic plan, as a prepared statement gets it after a few runs: the values are not known to the planner.
                let parameters = transaction.prepare(self.0.postgres).await?.params().len();
                let nulls = if parameters == 0 { String::new() } else { format!("({})", vec!["NULL"; parameters].join(", ")) };
                let script = format!(
                    "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE explained AS {};
                     EXPLAIN EXECUTE explained {nulls}; DEALLOCATE explained",
                    self.0.postgres
                );
                let messages = transaction.simple_query(&script).await?;
                let lines = messages.iter().filter_map(|message| match message {
                    tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
                    _ => None,
                });
                Ok(lines.collect::<Vec<_>>().join("\n"))
            }
        }
    }
}

struct Analyze;

impl UseCase for Analyze {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        tx.execute("ANALYZE", &[]).await?;
        Ok(())
    }
}

impl Store {
    /// How the engine means to run `read` at the moment, in its own words.
    pub async fn explain(&self, read: &HotRead) -> Result<String, StoreError> {
        self.read(Explain(read.sql)).await
    }

    /// Counts the tables anew for the planner: after many rows came at once, as in a restore or a test.
    pub async fn analyze(&self) -> Result<(), StoreError> {
        self.write(Analyze).await
    }
}

//! Inboxes and their streams, on both engines.

use std::time::Duration;

use domain::notify::{Notification, Shelf, Unread};
use kernel::{Cursor, NotificationId, Position, StreamId, UserId};
use store::{
    Store, StoreError, Tx, UseCase,
    notify::{
        forget::{self, Old},
        inbox::{self, Listing},
    },
    streams,
};
use testkit::{START, on_both_engines};

use crate::inboxes::{deliver, notifications, person, run};

const SECOND: Duration = Duration::from_secs(1);

async fn page(
    store: &Store,
    user: UserId,
    shelf: Shelf,
    kind: Option<&'static str>,
    before: Option<Cursor>,
) -> Vec<Notification> {
    run(store, move |tx| Box::pin(inbox::page(tx, user, Listing { shelf, kind, before, limit: 3 }))).await
}

/// Every page from `before` on.
async fn all_pages(store: &Store, user: UserId, shelf: Shelf, mut before: Option<Cursor>) -> Vec<NotificationId> {
    let mut ids = Vec::new();
    loop {
        let rows = page(store, user, shelf, None, before).await;
        let Some(last) = rows.last() else { return ids };
        before = Some(Cursor::new(last.created_at, last.id.uuid()));
        ids.extend(rows.iter().map(|row| row.id));
    }
}

async fn unread(store: &Store, user: UserId) -> Unread {
    run(store, move |tx| Box::pin(inbox::unread(tx, user))).await
}

#[tokio::test]
async fn pages_run_newest_first_and_are_exact_while_others_write_and_mark() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        // Several in the same microsecond, so that the id has to break the tie.
        for batch in 0..3_u64 {
            deliver(&store, ada, notifications(ada, 10 + batch, 4, START + SECOND * u32::try_from(batch).unwrap())).await;
        }
        deliver(&store, grace, notifications(grace, 20, 5, START)).await;
        let all = all_pages(&store, ada, Shelf::All, None).await;
        assert_eq!(all.len(), 12);
        let mut sorted = all.clone();
        sorted.sort_by(|one, other| other.cmp(one));
        assert_eq!(all, sorted, "newest first");

        let first = page(&store, ada, Shelf::All, None, None).await;
        let after = first.last().map(|row| Cursor::new(row.created_at, row.id.uuid()));
        deliver(&store, ada, notifications(ada, 30, 2, START + 9 * SECOND)).await;
        run(&store, {
            let id = all[5];
            move |tx| Box::pin(inbox::set_read(tx, ada, id, Some(START)))
        })
        .await;
        assert_eq!(all_pages(&store, ada, Shelf::All, after).await, all[3..], "what came later shifts nothing");
        assert_eq!(all_pages(&store, ada, Shelf::Read, None).await, [all[5]]);
        assert_eq!(all_pages(&store, ada, Shelf::Unread, None).await.len(), 13);
        let news = page(&store, ada, Shelf::Unread, Some("news"), None).await;
        assert!(news.len() == 3 && news.iter().all(|row| row.kind == "news"));
        assert!(page(&store, ada, Shelf::All, Some("nothing"), None).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn marking_changes_a_row_once_and_only_for_its_owner() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        deliver(&store, ada, notifications(ada, 10, 1, START)).await;
        let id = all_pages(&store, ada, Shelf::All, None).await[0];
        let mark = async |user, at| run(&store, move |tx| Box::pin(inbox::set_read(tx, user, id, at))).await;
        assert!(!mark(grace, Some(START)).await, "it is not hers");
        assert!(mark(ada, Some(START)).await);
        assert!(!mark(ada, Some(START + SECOND)).await, "it is read");
        let found = run(&store, move |tx| Box::pin(inbox::find(tx, ada, id))).await.unwrap();
        assert_eq!(found.read_at, Some(START), "the first reading stays");
        assert!(mark(ada, None).await);
        assert!(!mark(ada, None).await);
        assert_eq!(run(&store, move |tx| Box::pin(inbox::find(tx, grace, id))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(inbox::place(tx, grace, id))).await, None);
    })
    .await;
}

#[tokio::test]
async fn marking_up_to_a_place_takes_everything_older_and_nothing_newer() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        for (salt, user) in [(10, ada), (11, grace)] {
            deliver(&store, user, notifications(user, salt, 6, START)).await;
        }
        let newest_first = all_pages(&store, ada, Shelf::All, None).await;
        let third = run(&store, move |tx| Box::pin(inbox::nth_unread(tx, ada, 3))).await.unwrap();
        assert_eq!(third.id, newest_first[3].uuid(), "the third oldest of six");
        let newest = run(&store, move |tx| Box::pin(inbox::newest_unread(tx, ada))).await.unwrap();
        assert_eq!(newest.id, newest_first[0].uuid());
        assert_eq!(run(&store, move |tx| Box::pin(inbox::read_up_to(tx, ada, third, START))).await, 3);
        assert_eq!(run(&store, move |tx| Box::pin(inbox::read_up_to(tx, ada, third, START))).await, 0);
        assert_eq!(all_pages(&store, ada, Shelf::Unread, None).await, newest_first[..3]);
        assert_eq!(all_pages(&store, grace, Shelf::Unread, None).await.len(), 6);
        assert_eq!(run(&store, move |tx| Box::pin(inbox::nth_unread(tx, ada, 4))).await, None);
    })
    .await;
}

struct TakeOne(UserId);

impl UseCase for TakeOne {
    type Out = Unread;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Unread, StoreError> {
        inbox::shift_unread(tx, self.0, -1).await
    }
}

#[tokio::test]
async fn the_count_moves_with_a_version_and_never_below_zero() {
    on_both_engines(async |store| {
        let ada = person(&store, 1).await;
        assert_eq!(unread(&store, ada).await, Unread { count: 0, version: 0 });
        deliver(&store, ada, notifications(ada, 10, 2, START)).await;
        assert_eq!(unread(&store, ada).await, Unread { count: 2, version: 1 });
        let shifted = run(&store, move |tx| Box::pin(inbox::shift_unread(tx, ada, -2))).await;
        assert_eq!(shifted, Unread { count: 0, version: 2 });
        assert!(store.write(TakeOne(ada)).await.is_err());
        assert_eq!(unread(&store, ada).await, Unread { count: 0, version: 2 });
    })
    .await;
}

#[tokio::test]
async fn a_deleted_notification_is_empty_and_its_fact_never_comes_back() {
    on_both_engines(async |store| {
        let ada = person(&store, 1).await;
        let drafts = notifications(ada, 10, 2, START);
        deliver(&store, ada, drafts.clone()).await;
        let id = drafts[0].notification.id;
        let delete = async || run(&store, move |tx| Box::pin(inbox::delete(tx, ada, id, START))).await;
        assert_eq!(delete().await, Some(true), "it was unread");
        assert_eq!(delete().await, None);
        assert_eq!(all_pages(&store, ada, Shelf::All, None).await, [drafts[1].notification.id]);
        let again = run(&store, move |tx| {
            let drafts = drafts.clone();
            Box::pin(async move { store::notify::deliver::insert(tx, &drafts).await })
        });
        assert_eq!(again.await, Vec::<NotificationId>::new());
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_numbered_without_a_hole_and_tells_where_it_begins_and_ends() {
    on_both_engines(async |store| {
        let (ada, grace) = (person(&store, 1).await, person(&store, 2).await);
        let stream = StreamId::from(ada);
        let at = |seq| Position { epoch: 1, seq };
        let events = deliver(&store, ada, notifications(ada, 10, 5, START)).await;
        assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), (1..=5).map(at).collect::<Vec<_>>());
        let page = run(&store, move |tx| Box::pin(streams::page(tx, stream, at(1), 3))).await;
        assert_eq!(page, events[1..4]);
        let heads = run(&store, move |tx| {
            let streams = [stream, StreamId::from(grace), "str_00000000000000000000000000".parse().unwrap()];
            Box::pin(async move { streams::heads(tx, &streams).await })
        });
        let mut heads = heads.await;
        heads.sort_by_key(|(_, position)| position.seq);
        assert_eq!(heads, [(StreamId::from(grace), at(0)), (stream, at(5))]);

        assert_eq!(run(&store, move |tx| Box::pin(streams::trim(tx, stream, START + SECOND, 3))).await, 3);
        let extent = run(&store, move |tx| Box::pin(streams::extent(tx, stream))).await.unwrap();
        assert_eq!((extent.low, extent.head), (4, at(5)));
        assert_eq!(run(&store, move |tx| Box::pin(streams::trim(tx, stream, START, 3))).await, 0, "the rest is young");
        let left = run(&store, move |tx| Box::pin(streams::page(tx, stream, at(0), 10))).await;
        assert_eq!(left, events[3..]);
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_found_in_the_order_of_time_and_goes_unless_it_was_touched_meanwhile() {
    on_both_engines(async |store| {
        let ada = person(&store, 1).await;
        deliver(&store, ada, notifications(ada, 10, 3, START)).await;
        deliver(&store, ada, notifications(ada, 11, 2, START + 100 * SECOND)).await;
        let mut ids = all_pages(&store, ada, Shelf::All, None).await;
        ids.reverse();
        let (read, young) = (ids[1], ids[3]);
        for id in [read, young] {
            run(&store, move |tx| Box::pin(inbox::set_read(tx, ada, id, Some(START + 100 * SECOND)))).await;
        }
        let old = |written: u32, read: u32| Old { written_before: START + SECOND * written, read_before: START + SECOND * read };
        let nil = NotificationId::from_uuid(uuid::Uuid::nil());
        let page = run(&store, move |tx| Box::pin(forget::page(tx, nil, old(0, 101), 2))).await.expect("a page");
        assert_eq!((page.last, page.old, page.goes_on), (ids[1], vec![(ada, ids[1])], true));
        let page = run(&store, move |tx| Box::pin(forget::page(tx, read, old(50, 50), 9))).await.expect("a page");
        assert_eq!((page.last, page.old, page.goes_on), (ids[4], vec![(ada, ids[2])], false), "the rest is too young");
        let last = ids[4];
        assert_eq!(run(&store, move |tx| Box::pin(forget::page(tx, last, old(999, 999), 9))).await, None);

        let rows: Vec<_> = ids[..3].iter().map(|id| (ada, *id)).collect();
        let gone = run(&store, move |tx| {
            let rows = rows.clone();
            Box::pin(async move { forget::delete(tx, &rows, old(0, 101)).await })
        });
        assert_eq!(gone.await, [(ada, false)], "the others are unread and young");
        let rows = vec![(ada, ids[0]), (ada, ids[1])];
        let gone = run(&store, move |tx| {
            let rows = rows.clone();
            Box::pin(async move { forget::delete(tx, &rows, old(50, 0)).await })
        });
        assert_eq!(gone.await, [(ada, true)]);
        ids.reverse();
        assert_eq!(all_pages(&store, ada, Shelf::All, None).await, ids[..3]);
    })
    .await;
}

#[tokio::test]
async fn only_live_sessions_and_good_keys_are_named() {
    on_both_engines(async |store| {
        let unknown: Vec<kernel::SessionId> = vec!["ses_00000000000000000000000000".parse().unwrap()];
        let live = run(&store, move |tx| {
            let unknown = unknown.clone();
            Box::pin(async move { store::identity::sessions::live_among(tx, &unknown, START).await })
        });
        assert!(live.await.is_empty());
        let unknown: Vec<kernel::ApiKeyId> = vec!["key_00000000000000000000000000".parse().unwrap()];
        let good = run(&store, move |tx| {
            let unknown = unknown.clone();
            Box::pin(async move { store::identity::api_keys::good_among(tx, &unknown, START).await })
        });
        assert!(good.await.is_empty());
    })
    .await;
}

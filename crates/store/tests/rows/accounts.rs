//! What changes in an account, its sessions and its keys after they were made, on both engines.

use std::time::Duration;

use domain::identity::{
    ApiKey, Scope, Session,
    rotation::{Family, Presented},
};
use kernel::{ApiKeyId, Instant, SessionId, StreamId, UserId};
use store::{
    Store,
    identity::{api_keys, refresh_tokens, sessions, users},
    notify::inbox,
    streams,
};
use testkit::{START, SeededEntropy, on_both_engines};

use crate::inboxes::{people, person, run};

const HOUR: Duration = Duration::from_hours(1);

async fn given_session(store: &Store, user: UserId) -> SessionId {
    let id = SessionId::mint(START, &SeededEntropy::new(9));
    run(store, move |tx| {
        Box::pin(async move {
            let session = Session {
                id,
                user,
                user_agent: "test".to_owned(),
                address: "203.0.113.7".to_owned(),
                created_at: START,
                last_used_at: START,
                expires_at: START + HOUR,
            };
            let family = Family {
                revoked_at: None,
                idle_expires_at: START + HOUR,
                absolute_expires_at: START + 2 * HOUR,
                device: Some([7; 32]),
                newest: 1,
            };
            sessions::insert(tx, &session, &family, &[6; 32]).await?;
            let token = refresh_tokens::Kept { session: id, generation: 1, hash: [1; 32], salt: [2; 16] };
            refresh_tokens::insert(tx, &token, START).await
        })
    })
    .await;
    id
}

#[tokio::test]
async fn a_profile_and_a_password_change_without_each_other() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let nobody = UserId::mint(START, &SeededEntropy::new(99));
        let mut user = run(&store, move |tx| Box::pin(users::find(tx, ann))).await.expect("an account");
        assert_eq!(run(&store, move |tx| Box::pin(users::find(tx, nobody))).await, None);
        assert_eq!(run(&store, move |tx| Box::pin(users::lock(tx, ann))).await, Some(user.clone()));
        user.display_name = "Ann of the Tower".parse().expect("a name");
        user.time_zone = "Asia/Seoul".parse().expect("a zone");
        user.version = 2;
        user.updated_at = START + HOUR;
        let changed = user.clone();
        run(&store, move |tx| {
            let changed = changed.clone();
            Box::pin(async move {
                users::update_profile(tx, &changed).await?;
                users::set_password(tx, ann, "another").await
            })
        })
        .await;
        let found = run(&store, move |tx| Box::pin(users::with_password(tx, ann))).await;
        assert_eq!(found, Some((user, "another".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_known_by_its_hash_and_a_session_by_its_device() {
    on_both_engines(async |store| {
        let ann = person(&store, 1).await;
        let session = given_session(&store, ann).await;
        let family_of =
            |hash: u8| run(&store, move |tx| Box::pin(async move { refresh_tokens::family_of(tx, &[hash; 32]).await }));
        assert_eq!(family_of(1).await, Some(session));
        assert_eq!(family_of(2).await, None);
        let presented =
            |hash: u8| run(&store, move |tx| Box::pin(async move { refresh_tokens::presented(tx, &[hash; 32]).await }));
        assert_eq!(presented(1).await, Some(Presented { generation: 1, used_at: None }));
        assert_eq!(presented(2).await, None);

        let knows =
            |device: u8| run(&store, move |tx| Box::pin(async move { sessions::knows_device(tx, ann, &[device; 32]).await }));
        assert!(knows(6).await, "as it was handed out");
        assert!(knows(7).await, "as it was shown");
        assert!(!knows(8).await);
        let later: Instant = START + HOUR / 2;
        run(&store, move |tx| Box::pin(async move { sessions::used(tx, session, Some(&[8; 32]), later, later + HOUR).await }))
            .await;
        assert!(!knows(7).await, "the device has a new cookie");
        assert!(knows(8).await);
        let live = run(&store, move |tx| Box::pin(sessions::live_of(tx, ann, START + HOUR, 10))).await;
        assert_eq!((live.len(), live[0].last_used_at, live[0].expires_at), (1, later, later + HOUR));
    })
    .await;
}

#[tokio::test]
async fn keys_are_counted_and_deleted_by_their_owner_only() {
    on_both_engines(async |store| {
        let (ann, bob) = (person(&store, 1).await, person(&store, 2).await);
        let key = ApiKey {
            id: ApiKeyId::mint(START, &SeededEntropy::new(5)),
            user: ann,
            name: "bell".to_owned(),
            hint: "cmp_ab".to_owned(),
            scopes: vec![Scope::SchedulesRead],
            created_at: START,
            expires_at: None,
            last_used_at: None,
        };
        let id = key.id;
        run(&store, move |tx| {
            let key = key.clone();
            Box::pin(async move { api_keys::insert(tx, &key, &[3; 32]).await })
        })
        .await;
        let count = |user| run(&store, move |tx| Box::pin(api_keys::count(tx, user)));
        assert_eq!((count(ann).await, count(bob).await), (1, 0));
        let delete = |user| run(&store, move |tx| Box::pin(api_keys::delete(tx, user, id)));
        assert!(!delete(bob).await);
        assert!(delete(ann).await);
        assert!(!delete(ann).await, "it is gone");
        assert_eq!(count(ann).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_inbox_that_is_locked_can_be_read_and_streams_can_be_walked_over() {
    on_both_engines(async |store| {
        let mut all: Vec<StreamId> = people(&store, 1..4).await.into_iter().map(StreamId::from).collect();
        all.sort_unstable();
        let first = StreamId::from_uuid(UserId::mint(Instant::EPOCH, &SeededEntropy::new(1)).uuid());
        let walk = |after| run(&store, move |tx| Box::pin(streams::walk(tx, after, 2)));
        assert_eq!(walk(first).await, all[..2]);
        assert_eq!(walk(all[1]).await, all[2..]);
        assert_eq!(walk(all[2]).await, []);

        let ann = person(&store, 9).await;
        let unread = run(&store, move |tx| {
            Box::pin(async move {
                inbox::lock(tx, ann).await?;
                inbox::shift_unread(tx, ann, 3).await?;
                inbox::unread(tx, ann).await
            })
        });
        assert_eq!(unread.await.count, 3);
    })
    .await;
}

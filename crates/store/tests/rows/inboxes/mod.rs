//! People with inboxes, and a short way to run one statement of the store.

use std::{collections::BTreeMap, ops::Range, pin::Pin};

use domain::{
    identity::{DefaultLead, Locale, Rhythm, Role, User},
    notify::Notification,
};
use kernel::{Event, EventId, Instant, NotificationId, StreamId, UserId, Zone};
use store::{
    Store, StoreError, Tx, UseCase, identity,
    notify::deliver,
    streams::{self, Draft},
};
use testkit::{START, SeededEntropy};

/// What a statement answers, later.
pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

struct Step<F>(F);

impl<T, F> UseCase for Step<F>
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx<'_>) -> Pending<'a, T> + Send + Sync + 'static,
{
    type Out = T;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<T, StoreError> {
        (self.0)(tx).await
    }
}

/// Runs `step` in a transaction of its own.
pub(crate) async fn run<T, F>(store: &Store, step: F) -> T
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx<'_>) -> Pending<'a, T> + Send + Sync + 'static,
{
    store.write(Step(step)).await.expect("a use case commits")
}

/// Makes an account with its stream and its inbox.
pub(crate) async fn person(store: &Store, number: u64) -> UserId {
    people(store, number..number + 1).await[0]
}

/// Makes accounts, all in one transaction.
pub(crate) async fn people(store: &Store, numbers: Range<u64>) -> Vec<UserId> {
    let users: Vec<User> = numbers.map(account).collect();
    let ids = users.iter().map(|user| user.id).collect();
    run(store, move |tx| {
        let users = users.clone();
        Box::pin(async move {
            for user in &users {
                assert!(identity::users::insert(tx, user, "*").await?, "an address is taken");
            }
            Ok(())
        })
    })
    .await;
    ids
}

fn account(number: u64) -> User {
    User {
        id: UserId::mint(START, &SeededEntropy::new(number)),
        email: format!("person{number}@example.org").parse().expect("an address"),
        display_name: format!("Person {number}").parse().expect("a name"),
        role: Role::Member,
        time_zone: Zone::utc(),
        locale: Locale::default(),
        default_lead: DefaultLead::USUAL,
        rhythm: Rhythm::default(),
        version: 1,
        created_at: START,
        updated_at: START,
    }
}

/// `count` notifications of `user`, written at `at`; what tells them apart is `salt`.
pub(crate) fn notifications(user: UserId, salt: u64, count: usize, at: Instant) -> Vec<deliver::Draft> {
    let entropy = SeededEntropy::new(salt);
    let draft = |number: usize| {
        let id = NotificationId::mint(at, &entropy);
        let notification = Notification {
            id,
            user,
            kind: if number.is_multiple_of(2) { "reminder" } else { "news" }.to_owned(),
            title: format!("number {number}"),
            body: String::new(),
            data: "{}".to_owned(),
            created_at: at,
            read_at: None,
        };
        deliver::Draft { key: id.uuid(), notification }
    };
    (0..count).map(draft).collect()
}

/// Writes them, counts them, and appends an event for each.
pub(crate) async fn deliver(store: &Store, user: UserId, drafts: Vec<deliver::Draft>) -> Vec<Event> {
    run(store, move |tx| {
        let drafts = drafts.clone();
        Box::pin(async move {
            let count = deliver::insert(tx, &drafts).await?.len();
            deliver::add_unread(tx, &BTreeMap::from([(user, i64::try_from(count).expect("few"))])).await?;
            let event = |draft: &deliver::Draft| Draft {
                stream: StreamId::from(user),
                id: EventId::from_uuid(draft.key),
                kind: "notification.created".into(),
                data: "{}".to_owned(),
            };
            streams::append(tx, drafts.iter().map(event).collect(), START).await
        })
    })
    .await
}

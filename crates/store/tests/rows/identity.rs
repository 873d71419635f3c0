//! The statements of identity, on both engines.

use std::time::Duration;

use domain::identity::{
    ApiKey, DefaultLead, EndReason, Rhythm, Role, Scope, Session, User,
    rotation::{ABSOLUTE_LIFETIME, Family, IDLE_LIFETIME},
    throttle::{PER_ACCOUNT, Throttle},
};
use kernel::{ApiKeyId, Entropy as _, Instant, SessionId, UserId};
use store::{Store, StoreError, Tx, UseCase, identity as rows};
use testkit::{START, SeededEntropy, on_both_engines};

/// Runs one statement or a few as a use case: `case!(store, |tx| { … })`, with what it needs captured by name.
macro_rules! case {
    ($store:expr, [$($name:ident: $type:ty),* $(,)?] -> $out:ty, |$tx:ident| $body:expr) => {{
        struct Case { $($name: $type),* }
        impl UseCase for Case {
            type Out = $out;
            type Error = StoreError;
            async fn run(&self, $tx: &mut Tx<'_>) -> Result<$out, StoreError> {
                $(let $name = &self.$name;)*
                $body
            }
        }
        $store.write(Case { $($name: $name.clone()),* }).await
    }};
}

fn user(seed: u64, email: &str) -> User {
    User {
        id: UserId::mint(START, &SeededEntropy::new(seed)),
        email: email.parse().expect("an address"),
        display_name: "Kim".parse().expect("a name"),
        role: Role::Member,
        time_zone: "Asia/Seoul".parse().expect("a zone"),
        locale: "ko".parse().expect("a locale"),
        default_lead: DefaultLead::USUAL,
        rhythm: Rhythm::default(),
        version: 1,
        created_at: START,
        updated_at: START,
    }
}

async fn given_user(store: &Store, seed: u64, email: &str) -> User {
    let user = user(seed, email);
    let made = case!(store, [user: User] -> bool, |tx| rows::users::insert(tx, user, "$argon2id$…").await);
    assert!(made.expect("inserted"));
    user
}

fn session(user: UserId, seed: u64, created_at: Instant) -> (Session, Family) {
    let family = Family {
        revoked_at: None,
        idle_expires_at: created_at + IDLE_LIFETIME,
        absolute_expires_at: created_at + ABSOLUTE_LIFETIME,
        device: Some([7; 32]),
        newest: 1,
    };
    let session = Session {
        id: SessionId::mint(created_at, &SeededEntropy::new(seed)),
        user,
        user_agent: "test".to_owned(),
        address: "203.0.113.7".to_owned(),
        created_at,
        last_used_at: created_at,
        expires_at: family.idle_expires_at,
    };
    (session, family)
}

fn token(session: SessionId, generation: i64) -> rows::refresh_tokens::Kept {
    let byte = u8::try_from(generation).expect("small");
    let mut hash = [byte; 32];
    hash[..16].copy_from_slice(session.uuid().as_bytes());
    rows::refresh_tokens::Kept { session, generation, hash, salt: [byte; 16] }
}

/// A session with the first token of its family.
async fn given_session(store: &Store, user: UserId, seed: u64, created_at: Instant) -> SessionId {
    let opened = session(user, seed, created_at);
    let id = opened.0.id;
    case!(store, [opened: (Session, Family)] -> (), |tx| {
        rows::sessions::insert(tx, &opened.0, &opened.1, &[6; 32]).await?;
        rows::refresh_tokens::insert(tx, &token(opened.0.id, 1), opened.0.created_at).await
    })
    .expect("a session");
    id
}

#[tokio::test]
async fn an_account_comes_with_its_stream_and_its_inbox_once_per_address() {
    on_both_engines(async |store| {
        let ada = given_user(&store, 1, "Ada@example.org").await;
        let twin = user(2, "ada@EXAMPLE.org");
        let made = case!(store, [twin: User] -> bool, |tx| rows::users::insert(tx, twin, "x").await);
        assert!(!made.expect("looked"), "another spelling is the same account");
        let id = ada.id;
        let found = case!(store, [twin: User, id: UserId] -> (Option<(User, String)>, Option<store::streams::Extent>), |tx| {
            Ok((rows::users::by_email(tx, &twin.email).await?, store::streams::extent(tx, (*id).into()).await?))
        });
        let (by_email, stream) = found.expect("found");
        assert_eq!(by_email, Some((ada, "$argon2id$…".to_owned())));
        assert!(stream.is_some());
    })
    .await;
}

#[tokio::test]
async fn only_an_empty_installation_has_a_first_account() {
    on_both_engines(async |store| {
        assert!(case!(store, [] -> bool, |tx| rows::users::claim_first(tx).await).expect("asked"));
        given_user(&store, 1, "ada@example.org").await;
        assert!(!case!(store, [] -> bool, |tx| rows::users::claim_first(tx).await).expect("asked"));
    })
    .await;
}

#[tokio::test]
async fn a_password_is_replaced_only_if_it_is_still_the_one_that_was_verified() {
    on_both_engines(async |store| {
        let id = given_user(&store, 1, "ada@example.org").await.id;
        let replaced = case!(store, [id: UserId] -> [bool; 2], |tx| {
            let first = rows::users::replace_password(tx, *id, "$argon2id$…", "new").await?;
            Ok([first, rows::users::replace_password(tx, *id, "$argon2id$…", "newer").await?])
        });
        assert_eq!(replaced.expect("replaced"), [true, false]);
    })
    .await;
}

#[tokio::test]
async fn a_family_cannot_fork_even_if_the_code_tried() {
    on_both_engines(async |store| {
        let user = given_user(&store, 1, "ada@example.org").await.id;
        let id = given_session(&store, user, 1, START).await;
        let forked = case!(store, [id: SessionId] -> (), |tx| rows::refresh_tokens::insert(tx, &token(*id, 2), START).await);
        assert!(matches!(forked, Err(StoreError::Constraint(_))), "{forked:?}");
        let rotated = case!(store, [id: SessionId] -> (), |tx| {
            rows::refresh_tokens::mark_used(tx, *id, 1, START).await?;
            rows::refresh_tokens::insert(tx, &token(*id, 2), START).await
        });
        rotated.expect("rotated");
        let twice = case!(store, [id: SessionId] -> (), |tx| rows::refresh_tokens::mark_used(tx, *id, 1, START).await);
        assert!(matches!(twice, Err(StoreError::Bug(_))), "{twice:?}");
        let read = case!(store, [id: SessionId] -> (Option<Family>, Option<rows::refresh_tokens::Kept>), |tx| {
            let family = rows::sessions::lock_family(tx, *id).await?.map(|(_, family)| family);
            Ok((family, rows::refresh_tokens::find(tx, *id, 2).await?))
        });
        let (family, newest) = read.expect("read");
        assert_eq!(family, Some(Family { newest: 2, ..session(user, 1, START).1 }));
        assert_eq!(newest, Some(token(id, 2)));
    })
    .await;
}

#[tokio::test]
async fn ending_sessions_spares_the_one_to_keep_and_those_of_others() {
    on_both_engines(async |store| {
        let (ada, eve) = (given_user(&store, 1, "ada@example.org").await.id, given_user(&store, 2, "eve@example.org").await.id);
        let mine = [given_session(&store, ada, 1, START).await, given_session(&store, ada, 2, START).await];
        let theirs = given_session(&store, eve, 3, START).await;
        let now = START + Duration::from_secs(1);
        let keep = Some(mine[0]);
        let ended = case!(store, [ada: UserId, keep: Option<SessionId>, now: Instant] -> Vec<SessionId>, |tx| {
            rows::sessions::end_all_but(tx, *ada, *keep, EndReason::PasswordChanged, *now).await
        });
        assert_eq!(ended.expect("ended"), [mine[1]]);
        let foreign = case!(store, [ada: UserId, theirs: SessionId, now: Instant] -> bool, |tx| {
            rows::sessions::end(tx, *ada, *theirs, EndReason::Revoked, *now).await
        });
        assert!(!foreign.expect("asked"));
        let standing = case!(store, [mine: [SessionId; 2], theirs: SessionId, now: Instant] -> Vec<bool>, |tx| {
            let mut standing = Vec::new();
            for id in mine.iter().chain([theirs]) {
                standing.push(rows::sessions::standing(tx, *id, *now).await?.is_some());
            }
            Ok(standing)
        });
        assert_eq!(standing.expect("asked"), [true, false, true]);
        let none = None::<SessionId>;
        let all = case!(store, [ada: UserId, none: Option<SessionId>, now: Instant] -> Vec<SessionId>, |tx| {
            rows::sessions::end_all_but(tx, *ada, *none, EndReason::PasswordChanged, *now).await
        });
        assert_eq!(all.expect("ended"), [mine[0]]);
    })
    .await;
}

#[tokio::test]
async fn the_session_unused_longest_makes_room() {
    on_both_engines(async |store| {
        let user = given_user(&store, 1, "ada@example.org").await.id;
        let mut ids = Vec::new();
        for n in 1..=4u64 {
            ids.push(given_session(&store, user, n, START + Duration::from_secs(n)).await);
        }
        let now = START + Duration::from_mins(1);
        let gone = case!(store, [user: UserId, now: Instant] -> Vec<SessionId>, |tx| {
            rows::sessions::end_oldest(tx, *user, 2, *now).await
        });
        assert_eq!(gone.expect("ended"), [ids[1], ids[0]]);
        let left = case!(store, [user: UserId, now: Instant] -> Vec<Session>, |tx| {
            rows::sessions::live_of(tx, *user, *now, 10).await
        });
        assert_eq!(left.expect("listed").iter().map(|session| session.id).collect::<Vec<_>>(), [ids[3], ids[2]]);
    })
    .await;
}

#[tokio::test]
async fn failures_at_once_are_each_counted() {
    on_both_engines(async |store| {
        let count = || {
            let store = store.clone();
            async move {
                case!(store, [] -> (), |tx| {
                    let throttle = rows::throttles::lock(tx, "account:x", START).await?;
                    match throttle.count(&PER_ACCOUNT, START) {
                        Ok(counted) => rows::throttles::update(tx, "account:x", &counted).await,
                        Err(_) => Err(StoreError::Overloaded),
                    }
                })
            }
        };
        let results = futures_util::future::join_all((0..12).map(|_| count())).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 5);
        let kept = case!(store, [] -> [Throttle; 2], |tx| {
            let before = rows::throttles::lock(tx, "account:x", START).await?;
            rows::throttles::forget(tx, "account:x").await?;
            Ok([before, rows::throttles::lock(tx, "account:x", START).await?])
        });
        let [before, after] = kept.expect("read");
        assert_eq!((before.failures, after), (5, Throttle::fresh(START)));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_until_it_expires_and_touched_once_a_minute() {
    on_both_engines(async |store| {
        let user = given_user(&store, 1, "ada@example.org").await.id;
        let end = START + Duration::from_hours(1);
        let key = ApiKey {
            id: ApiKeyId::mint(START, &SeededEntropy::new(9)),
            user,
            name: "CI".to_owned(),
            hint: "cmp_abcd…".to_owned(),
            scopes: vec![Scope::SchedulesRead, Scope::EventsPublish],
            created_at: START,
            expires_at: Some(end),
            last_used_at: None,
        };
        let hash = SeededEntropy::new(3).bytes32();
        case!(store, [key: ApiKey, hash: [u8; 32]] -> (), |tx| rows::api_keys::insert(tx, key, hash).await).expect("kept");
        let id = key.id;
        let touched = case!(store, [id: ApiKeyId, user: UserId] -> Option<Instant>, |tx| {
            let minute = Duration::from_mins(1);
            for seconds in [0, 59, 61] {
                let now = START + Duration::from_secs(seconds);
                rows::api_keys::touch(tx, *id, now, now - minute).await?;
            }
            Ok(rows::api_keys::of(tx, *user).await?[0].last_used_at)
        });
        assert_eq!(touched.expect("touched"), Some(START + Duration::from_secs(61)));
        let found = case!(store, [hash: [u8; 32], end: Instant] -> [Option<rows::api_keys::Found>; 3], |tx| {
            let before = *end - Duration::from_micros(1);
            let known = rows::api_keys::find(tx, hash, before).await?;
            Ok([known, rows::api_keys::find(tx, hash, *end).await?, rows::api_keys::find(tx, &[0; 32], before).await?])
        });
        let [known, expired, unknown] = found.expect("asked");
        assert_eq!(known.map(|found| (found.id, found.user, found.scopes)), Some((key.id, user, key.scopes.clone())));
        assert_eq!((expired, unknown), (None, None));
    })
    .await;
}

#[tokio::test]
async fn what_is_purged_is_what_nobody_needs() {
    on_both_engines(async |store| {
        let user = given_user(&store, 1, "ada@example.org").await.id;
        let (old, live) = (given_session(&store, user, 1, START).await, START + Duration::from_hours(60 * 24));
        let kept = given_session(&store, user, 2, live).await;
        case!(store, [kept: SessionId, user: UserId, live: Instant] -> (), |tx| {
            rows::refresh_tokens::mark_used(tx, *kept, 1, START).await?;
            rows::refresh_tokens::insert(tx, &token(*kept, 2), *live).await?;
            rows::tickets::insert(tx, &[1; 32], *user, *kept, START).await?;
            rows::tickets::insert(tx, &[2; 32], *user, *kept, *live + Duration::from_secs(30)).await?;
            rows::throttles::lock(tx, "account:old", START).await?;
            Ok(())
        })
        .expect("rows");
        let purge = async || case!(store, [live: Instant] -> u64, |tx| rows::purge(tx, *live, 100).await).expect("purged");
        assert_eq!(purge().await, 4, "a ticket, a throttle, a session with its token, a used token");
        assert_eq!(purge().await, 0);
        let left = case!(store, [old: SessionId, kept: SessionId, live: Instant] -> (bool, i64, i64), |tx| {
            let gone = rows::sessions::lock_family(tx, *old).await?.is_none();
            let newest = rows::sessions::lock_family(tx, *kept).await?.map_or(0, |(_, family)| family.newest);
            Ok((gone, newest, rows::tickets::count(tx, *kept, *live).await?))
        });
        assert_eq!(left.expect("asked"), (true, 2, 1));
    })
    .await;
}

#[tokio::test]
async fn of_two_who_redeem_a_ticket_one_gets_it() {
    on_both_engines(async |store| {
        let user = given_user(&store, 1, "ada@example.org").await.id;
        let id = given_session(&store, user, 1, START).await;
        let end = START + Duration::from_secs(30);
        case!(store, [id: SessionId, user: UserId, end: Instant] -> (), |tx| {
            rows::tickets::insert(tx, &[1; 32], *user, *id, *end).await
        })
        .expect("kept");
        let take = || {
            let store = store.clone();
            async move { case!(store, [] -> Option<SessionId>, |tx| rows::tickets::take(tx, &[1; 32], START).await) }
        };
        let taken = futures_util::future::join_all((0..8).map(|_| take())).await;
        assert_eq!(taken.into_iter().filter(|taken| matches!(taken, Ok(Some(session)) if *session == id)).count(), 1);
    })
    .await;
}

//! Who is in a room when a crowd comes at once, and when somebody is taken out at the very moment at which they open a stream.

#[expect(dead_code, reason = "shared by test files that need different parts of it")]
mod world;

use std::{pin::pin, sync::Arc};

use app::{
    App,
    domain::{
        identity::{Caller, Credential, DefaultLead, Rhythm, Role, User},
        rooms::Standing,
    },
    notify::{self, Topic},
    rooms::{self, NAMED_MAX},
};
use futures_util::{FutureExt as _, future::join_all};
use hub::{CloseReason, Frame, Since, Word};
use kernel::{Entropy, RoomId, SessionId, UserId};
use store::{StoreError, Tx, UseCase};
use testkit::{SeededEntropy, on_both_engines};
use world::{World, body};

/// Puts people into a room.
struct LetIn(RoomId, Vec<User>);

impl UseCase for LetIn {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for user in &self.1 {
            assert!(store::identity::users::insert(tx, user, "no password").await?);
            store::rooms::members::insert(tx, self.0, (user.id, Standing::Member), user.created_at).await?;
        }
        Ok(())
    }
}

async fn room(app: &App, owner: &Caller) -> RoomId {
    let render = Arc::new(|entered: &rooms::Entered| body(&entered.room.id));
    let made = Box::pin(rooms::create(app, owner, "Choir".to_owned(), None, render)).await.expect("a room");
    String::from_utf8(made.rendered.body).expect("text").parse().expect("an id")
}

/// So many members of a room.
async fn crowd(app: &App, room: RoomId, count: u32) -> Vec<Caller> {
    let (now, entropy) = (app.now(), SeededEntropy::new(9));
    let user = |number: u32| User {
        id: UserId::mint(now, &entropy as &dyn Entropy),
        email: format!("member{number}@example.org").parse().expect("an address"),
        display_name: format!("Member {number}").parse().expect("a name"),
        role: Role::Member,
        time_zone: "Asia/Seoul".parse().expect("a zone"),
        locale: "en".parse().expect("a language"),
        default_lead: DefaultLead::USUAL,
        rhythm: Rhythm::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let users: Vec<User> = (0..count).map(user).collect();
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    app.store().write(LetIn(room, users)).await.expect("let in");
    let session = || Credential::Session(SessionId::mint(now, &entropy));
    ids.into_iter().map(|user| Caller { user, role: Role::Member, credential: session() }).collect()
}

#[tokio::test]
async fn a_crowd_that_comes_at_once_is_one_update_for_each_reader_and_every_answer_is_bounded() {
    const CROWD: u32 = 1_200;
    on_both_engines(async |store| {
        let World { app, ada, .. } = World::new(store).await;
        let room = room(&app, &ada).await;
        let members = crowd(&app, room, CROWD).await;
        let mut reader = rooms::attach(&app, &ada, room, Since::Head).await.expect("a stream");
        rooms::keep_presence(&app).await.expect("kept");
        for _ in 0..2 {
            reader.next().await.expect("a greeting, and where it begins");
        }
        assert!(matches!(reader.next().await.as_deref(), Some([Frame::Presence(update)]) if update.count == 1));

        let opened = join_all(members.iter().map(|member| rooms::attach(&app, member, room, Since::Head))).await;
        assert!(opened.iter().all(Result::is_ok));
        rooms::keep_presence(&app).await.expect("kept");
        let said = reader.next().await.expect("an update");
        let [Frame::Presence(update)] = &said[..] else { panic!("{said:?}") };
        assert_eq!((update.joined.len(), update.left.len(), update.count), (NAMED_MAX, 0, 1 + CROWD as usize));
        let company = rooms::company(&app, &ada, room).await.expect("who is there");
        assert_eq!((company.members.len(), company.count, company.version), (NAMED_MAX, update.count, update.version));
        // Nothing is different, so nothing is written and nothing is said.
        rooms::keep_presence(&app).await.expect("kept");
        assert!(reader.next().now_or_never().is_none());
    })
    .await;
}

#[tokio::test]
async fn who_is_taken_out_while_their_right_is_looked_up_reads_nothing() {
    on_both_engines(async |store| {
        let World { app, ada, .. } = World::new(store).await;
        let room = room(&app, &ada).await;
        for member in crowd(&app, room, 20).await {
            let mut live = notify::connect(&app, &member).expect("a connection");
            {
                let mut subscribing = pin!(notify::subscribe(&app, &member, &mut live, (Topic::Room(room), Since::Head)));
                // Begun, and on one engine perhaps through already.
                let at_once = subscribing.as_mut().now_or_never();
                assert!(app.hub().guests().contains(&(member.user, room.into())), "who takes them out finds them");
                rooms::remove_member(&app, &ada, (room, member.user)).await.expect("taken out");
                let subscribed = match at_once {
                    Some(subscribed) => subscribed,
                    None => subscribing.await,
                };
                if subscribed.is_err() {
                    continue;
                }
            }
            let mut said = live.next().await.expect("words");
            said.extend(live.next().await.unwrap_or_default());
            assert!(!said.iter().any(|word| matches!(word, Word::Step(..))), "{said:?}");
            let reason = said.iter().find_map(|word| match word {
                Word::Ended { reason, .. } => Some(*reason),
                _ => None,
            });
            assert_eq!(reason, Some(CloseReason::Forbidden), "{said:?}");
        }
        assert_eq!(app.hub().guests().len(), 0);
    })
    .await;
}

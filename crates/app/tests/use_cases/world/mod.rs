//! A small world for tests of use cases: the app on a fresh database, a clock moved by hand, and two people.

pub(crate) mod disk;

use std::{sync::Arc, time::Duration};

use app::{
    Answer, App, Error, Once, Parts, Rendered,
    alarms::AlarmLane,
    calendar::{self, Expected, OnConflict, Range, Scope},
    campaigns::rounds,
    domain::{
        alarms::{Alarm, LatePolicy, ReminderRule},
        calendar::{Draft, Moment, Occurrence, Patch, RemindersDraft, Schedule, SpanDraft, labels::LabelsDraft},
        identity::{Caller, Credential, DefaultLead, Rhythm, Role, User},
        rooms::Standing,
    },
    identity, rooms,
};
use clockwork::{Batch as _, Wake};
use kernel::{AlarmId, Clock as _, Entropy, Instant, RoomId, ScheduleId, SessionId, UserId};
use store::{Store, StoreError, Tx, UseCase};
use testkit::{SeededEntropy, TestClock};

/// The app, its clock, and Ada and Grace.
pub(crate) struct World {
    /// When it began.
    start: Instant,
    /// The app.
    pub(crate) app: App,
    /// Its clock.
    pub(crate) clock: TestClock,
    /// A person in Seoul.
    pub(crate) ada: Caller,
    /// Somebody else.
    pub(crate) grace: Caller,
}

struct MakeUser(User);

impl UseCase for MakeUser {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        store::identity::users::insert(tx, &self.0, "no password").await
    }
}

impl World {
    /// A world on an empty, migrated store.
    pub(crate) async fn new(store: Store) -> Self {
        Self::with_entropy(store, Arc::new(SeededEntropy::new(7))).await
    }

    /// As [`World::new`], with randomness of one's own.
    pub(crate) async fn with_entropy(store: Store, entropy: Arc<dyn Entropy>) -> Self {
        Self::open(store, entropy, rounds::Settings::default()).await
    }

    /// As [`World::new`], where the operator has chosen something about campaigns.
    pub(crate) async fn with(store: Store, campaigns: rounds::Settings) -> Self {
        Self::open(store, Arc::new(SeededEntropy::new(7)), campaigns).await
    }

    async fn open(store: Store, entropy: Arc<dyn Entropy>, campaigns: rounds::Settings) -> Self {
        let clock = TestClock::default();
        let app = process(store, (&clock, &entropy), campaigns);
        let ada = person(&app, "ada@example.org", &*entropy).await;
        let grace = person(&app, "grace@example.org", &*entropy).await;
        Self { start: app.now(), app, clock, ada, grace }
    }

    /// Another process of the same world.
    pub(crate) fn beside(&self) -> App {
        let entropy = Arc::new(SeededEntropy::new(8)) as Arc<dyn Entropy>;
        process(self.app.store().clone(), (&self.clock, &entropy), self.app.campaigns())
    }

    /// An instant so many minutes from the start of the world.
    pub(crate) fn at(&self, minutes: i64) -> Instant {
        let offset = Duration::from_mins(minutes.unsigned_abs());
        if minutes < 0 { self.start - offset } else { self.start + offset }
    }

    /// Ada makes a schedule that starts so many minutes from the start of the world and lasts an hour.
    pub(crate) async fn create(&self, minutes: i64, leads: &[u32]) -> Schedule {
        let answer = self.try_create(minutes, leads, None).await.expect("a schedule is made");
        self.made(&answer).await
    }

    /// The schedule an answer is about.
    pub(crate) async fn made(&self, answer: &Answer) -> Schedule {
        let id = String::from_utf8(answer.rendered.body.clone()).expect("text").parse().expect("an id");
        self.get(id).await.expect("the schedule is there")
    }

    /// As [`World::create`], perhaps with an idempotency key. The answer's body is the id.
    pub(crate) async fn try_create(&self, minutes: i64, leads: &[u32], once: Option<Once>) -> Result<Answer, Error> {
        let reminders = RemindersDraft::Given(leads.iter().map(|lead| ReminderRule::before_start(*lead)).collect());
        let draft = draft("Stand-up", self.at(minutes), reminders);
        Box::pin(calendar::create(&self.app, &self.ada, draft, OnConflict::Allow, once, Arc::new(|s: &Schedule| body(&s.id))))
            .await
    }

    /// Ada reads a schedule.
    pub(crate) async fn get(&self, id: ScheduleId) -> Result<Schedule, Error> {
        calendar::get(&self.app, &self.ada, id, None).await.map(|found| found.schedule)
    }

    /// Ada changes whatever version is there.
    pub(crate) async fn patch(&self, id: ScheduleId, patch: Patch) -> Schedule {
        self.try_patch(id, Expected::Any, patch).await.expect("the schedule is changed");
        self.get(id).await.expect("the schedule is there")
    }

    /// Ada changes a certain version.
    pub(crate) async fn try_patch(&self, id: ScheduleId, expected: Expected, patch: Patch) -> Result<Answer, Error> {
        let render = Arc::new(|occurrence: &Occurrence| body(&occurrence.schedule.id));
        // On the heap: what a test does one after the other would fill the stack.
        Box::pin(calendar::update(&self.app, &self.ada, (id, Scope::All, expected), patch, OnConflict::Allow, None, render)).await
    }

    /// Ada takes a schedule out of the trash.
    pub(crate) async fn restore(&self, id: ScheduleId) -> Result<Answer, Error> {
        calendar::restore(&self.app, &self.ada, id, OnConflict::Allow, None, Arc::new(|o: &Occurrence| body(&o.schedule.id)))
            .await
    }

    /// What Ada has between two minutes.
    pub(crate) async fn titles(&self, from: i64, to: i64) -> Vec<String> {
        let range = Range { from: self.at(from), to: self.at(to), after: None, limit: 50 };
        let page = calendar::list(&self.app, &self.ada, range).await.expect("a page");
        page.items.into_iter().map(|o| o.schedule.text.title).collect()
    }

    /// Every alarm of a schedule of Ada: state and reason, by due time.
    pub(crate) async fn alarms(&self, id: ScheduleId) -> Vec<(String, Option<String>)> {
        self.alarm_rows(id).await.iter().map(|a| (a.state.to_string(), a.reason.map(|r| r.to_string()))).collect()
    }

    /// Every alarm of a schedule of Ada.
    pub(crate) async fn alarm_rows(&self, id: ScheduleId) -> Vec<Alarm> {
        app::alarms::of_schedule(&self.app, &self.ada, id, None, 1_000).await.expect("alarms").0.page.items
    }

    /// Lets minutes pass and fires what is due; answers how many rang.
    pub(crate) async fn pass(&self, minutes: u64) -> usize {
        self.clock.advance(Duration::from_mins(minutes));
        self.fire().await
    }

    /// Fires what is due now.
    pub(crate) async fn fire(&self) -> usize {
        let lane = AlarmLane::new(self.app.clone());
        // On the heap, as what changes schedules.
        Box::pin(lane.fire(self.clock.now(), 500)).await.expect("due alarms fire").rows
    }

    /// The events in Ada's stream: kind and data.
    pub(crate) async fn events(&self) -> Vec<(String, String)> {
        self.app.store().read(Events(self.ada.user)).await.expect("events")
    }
}

fn process(store: Store, (clock, entropy): (&TestClock, &Arc<dyn Entropy>), campaigns: rounds::Settings) -> App {
    let secret = identity::Keys::generate_line(&**entropy);
    let secrets = identity::Secret::read_file(&secret).expect("a generated line is a secret");
    App::new(Parts {
        store,
        clock: Arc::new(clock.clone()),
        entropy: entropy.clone(),
        hub: hub::Hub::default(),
        keys: identity::Keys::from_secrets(secrets).expect("keys"),
        identity: identity::Settings::default(),
        calendar: calendar::Settings::default(),
        rooms: app::rooms::Settings::default(),
        campaigns,
        alarms: Wake::default(),
        jobs: Wake::default(),
        meters: app::alarms::Meters::default(),
        campaign_meters: rounds::Meters::default(),
    })
}

struct Events(UserId);

impl UseCase for Events {
    type Out = Vec<(String, String)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let events = store::streams::page(tx, self.0.into(), kernel::Position { epoch: 1, seq: 0 }, 1_000).await?;
        let numbers: Vec<i64> = events.iter().map(|event| event.position.seq).collect();
        assert_eq!(numbers, (1..).take(events.len()).collect::<Vec<_>>(), "a stream has no hole");
        Ok(events.into_iter().map(|event| (event.kind, event.data)).collect())
    }
}

/// A draft of an hour in Seoul.
pub(crate) fn draft(title: &str, start: Instant, reminders: RemindersDraft) -> Draft {
    Draft {
        title: title.to_owned(),
        description: String::new(),
        location: String::new(),
        kind: "event".to_owned(),
        busy: true,
        labels: LabelsDraft::default(),
        span: SpanDraft {
            all_day: false,
            zone: "Asia/Seoul".parse().expect("a zone"),
            start: Moment::Instant(start),
            end: None,
            duration: Some(Duration::from_hours(1)),
        },
        repeat: None,
        reminders,
        late: LatePolicy::default(),
    }
}

/// An answer that is nothing but an id.
pub(crate) fn body(id: &impl ToString) -> Rendered {
    Rendered { status: 200, headers: Vec::new(), body: id.to_string().into_bytes() }
}

/// An answer that is the id of an alarm.
pub(crate) fn alarm_body(alarm: &Alarm) -> Rendered {
    body(&alarm.id)
}

/// The alarm an answer is about.
pub(crate) fn alarm_of(answer: &Answer) -> AlarmId {
    String::from_utf8(answer.rendered.body.clone()).expect("text").parse().expect("an id")
}

/// Somebody in Seoul.
pub(crate) fn user(email: &str, name: &str, now: Instant, entropy: &dyn Entropy) -> User {
    User {
        id: UserId::mint(now, entropy),
        email: email.parse().expect("an address"),
        display_name: name.parse().expect("a name"),
        role: Role::Member,
        time_zone: "Asia/Seoul".parse().expect("a zone"),
        locale: "en".parse().expect("a language"),
        default_lead: DefaultLead::USUAL,
        rhythm: Rhythm::default(),
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

async fn person(app: &App, email: &str, entropy: &dyn Entropy) -> Caller {
    let now = app.now();
    let user = user(email, "A person", now, entropy);
    let id = user.id;
    assert!(app.store().write(MakeUser(user)).await.expect("a user is made"));
    Caller { user: id, role: Role::Member, credential: Credential::Session(SessionId::mint(now, entropy)) }
}

/// Puts people into rooms.
struct LetIn(Vec<RoomId>, Vec<User>);

impl UseCase for LetIn {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for user in &self.1 {
            assert!(store::identity::users::insert(tx, user, "no password").await?);
            for room in &self.0 {
                store::rooms::members::insert(tx, *room, (user.id, Standing::Member), user.created_at).await?;
            }
        }
        Ok(())
    }
}

/// Makes a room.
pub(crate) async fn room(app: &App, owner: &Caller) -> RoomId {
    let render = Arc::new(|entered: &rooms::Entered| body(&entered.room.id));
    let made = Box::pin(rooms::create(app, owner, "Choir".to_owned(), None, render)).await.expect("a room");
    String::from_utf8(made.rendered.body).expect("text").parse().expect("an id")
}

/// So many who are members of these rooms.
pub(crate) async fn crowd(app: &App, rooms: &[RoomId], count: u32) -> Vec<Caller> {
    let (now, entropy) = (app.now(), SeededEntropy::new(9));
    let user = |number| user(&format!("member{number}@example.org"), &format!("Member {number}"), now, &entropy);
    let users: Vec<User> = (0..count).map(user).collect();
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    app.store().write(LetIn(rooms.to_vec(), users)).await.expect("let in");
    let session = || Credential::Session(SessionId::mint(now, &entropy));
    ids.into_iter().map(|user| Caller { user, role: Role::Member, credential: session() }).collect()
}

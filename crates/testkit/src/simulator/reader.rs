//! Whoever reads: people follow their stream while things happen, and somebody looks into the database when all is over.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    rc::Rc,
    time::Duration,
};

use domain::alarms::Alarm;
use kernel::{Clock as _, Event, Instant, Position, ScheduleId, StreamId, UserId, WallTime};
use serde::Deserialize;
use store::{StoreError, Tx, UseCase};

use super::{cluster::Cluster, installation::Person, series::subject};
use crate::{
    SeededEntropy,
    history::{Phase, Shown, What},
};

const PAGE: u32 = 200;

/// Follows the stream of one person, page by page, from whichever node answers.
pub(super) struct Reader {
    cluster: Rc<Cluster>,
    person: Person,
    entropy: SeededEntropy,
    last: Position,
}

impl Reader {
    pub(super) fn new(cluster: &Rc<Cluster>, person: Person, entropy: &SeededEntropy) -> Self {
        let entropy = entropy.fork(&format!("{} reads", person.name));
        Self { cluster: Rc::clone(cluster), person, entropy, last: Position { epoch: 1, seq: 0 } }
    }

    /// Reads until the day is over, and then to the end.
    pub(super) async fn follow(mut self) {
        loop {
            let over = self.cluster.is_over();
            let (stream, after) = (StreamId::from(self.person.caller.user), self.last);
            let page = self.cluster.ask(move |app| async move { app.store().read(Page { stream, after }).await }).await;
            match page {
                Some(Ok(events)) if events.is_empty() && over => return,
                Some(Ok(events)) => events.iter().for_each(|event| self.apply(event)),
                Some(Err(_)) | None => {}
            }
            self.cluster.world.sleep(Duration::from_millis(self.entropy.between(500, 6_000))).await;
        }
    }

    fn apply(&mut self, event: &Event) {
        let Position { epoch, seq } = event.position;
        let (name, scribe) = (&self.person.name, &self.cluster.scribe);
        scribe.write(name, Phase::Ok, What::Applied { user: name.clone(), epoch, seq });
        self.last = event.position;
        if event.kind == app::notify::CREATED {
            match shown(name, &event.data) {
                Some(shown) => scribe.write(name, Phase::Ok, What::Shown(shown)),
                None => self.cluster.surprised(format!("{name} cannot read {}", event.data)),
            }
        }
    }
}

/// What a `notification.created` event of a reminder says.
pub(super) fn shown(user: &str, data: &str) -> Option<Shown> {
    #[derive(Deserialize)]
    struct Created {
        id: String,
        title: String,
        #[serde(rename = "created_at")]
        at: Instant,
        data: About,
    }
    #[derive(Deserialize)]
    struct About {
        reminder_id: String,
        occurrence: WallTime,
        due_at: Instant,
    }
    let created: Created = serde_json::from_str(data).ok()?;
    Some(Shown {
        user: user.to_owned(),
        notification: created.id,
        alarm: created.data.reminder_id,
        subject: subject(&created.title, created.data.occurrence),
        due_at: created.data.due_at,
        fired_at: created.at,
    })
}

/// Longer than it takes to look at everything when all is over.
const SOON: Duration = Duration::from_mins(5);

/// Whether nothing waits: no errand, and no alarm but those of series that go on some time later.
pub(super) async fn is_quiet(cluster: &Cluster) -> Result<bool, StoreError> {
    let (alarm, errand) = cluster.database().read(NextDue).await?;
    let soon = cluster.world.now() + SOON;
    Ok(errand.is_none() && alarm.is_none_or(|due_at| due_at > soon))
}

/// Writes down what is left in the database.
pub(super) async fn audit(cluster: &Cluster, people: &[Person]) -> Result<(), StoreError> {
    let (_, errand) = cluster.database().read(NextDue).await?;
    let write = |what| cluster.scribe.write("auditor", Phase::Ok, what);
    write(What::Job { job: "the last errand".to_owned(), finished: errand.is_none() });
    for person in people {
        for (title, alarm) in cluster.database().read(Everything(person.caller.user)).await? {
            write(What::Alarm {
                subject: subject(&title, alarm.nominal),
                alarm: alarm.id.to_string(),
                due_at: alarm.due_at,
                state: alarm.state.to_string(),
            });
        }
    }
    Ok(())
}

/// Exactly the alarms that could not be rung are set aside.
pub(super) async fn count_set_aside(cluster: &Cluster) -> Result<(), StoreError> {
    let (found, spoiled) = (cluster.database().read(SetAside).await?, cluster.to_be_set_aside());
    if u64::try_from(found) != Ok(spoiled) {
        cluster.surprised(format!("{spoiled} alarms could not be rung, {found} were set aside"));
    }
    Ok(())
}

struct SetAside;

impl UseCase for SetAside {
    type Out = i64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        store::alarms::count_set_aside(tx, 1_000_000).await
    }
}

struct Page {
    stream: StreamId,
    after: Position,
}

impl UseCase for Page {
    type Out = Vec<Event>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Event>, StoreError> {
        store::streams::page(tx, self.stream, self.after, PAGE).await
    }
}

struct NextDue;

impl UseCase for NextDue {
    type Out = (Option<Instant>, Option<Instant>);
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        Ok((store::alarms::next_due(tx).await?, store::jobs::next_due(tx).await?))
    }
}

/// Every alarm of a person, with the title of its schedule.
struct Everything(UserId);

impl UseCase for Everything {
    type Out = Vec<(String, Alarm)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let always = (Instant::EPOCH, Instant::MAX);
        let alarms = store::alarms::of_owner(tx, self.0, always, None, 1_000_000).await?;
        let mut titles: BTreeMap<ScheduleId, String> = BTreeMap::new();
        for alarm in &alarms {
            if let Entry::Vacant(place) = titles.entry(alarm.schedule) {
                // Locked or not makes no difference here; what matters is that deleted ones are found too.
                let schedule = store::calendar::lock(tx, self.0, alarm.schedule).await?;
                place.insert(schedule.map(|s| s.text.title).unwrap_or_default());
            }
        }
        Ok(alarms.into_iter().map(|alarm| (titles[&alarm.schedule].clone(), alarm)).collect())
    }
}

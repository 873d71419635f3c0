//! People at work: they make schedules, change them, snooze and dismiss, and repeat what was not answered until it is.

mod occurrences;
mod quiet;
mod receipts;
mod repeating;

use std::{rc::Rc, time::Duration};

use app::{
    App, Error, Once,
    calendar::{Expected, OnConflict, Scope},
};
use domain::{
    alarms::{Alarm, AlarmState, LatePolicy, ReminderRule, Until, When},
    calendar::{Draft, Moment, Patch, RemindersDraft, SpanDraft, labels::LabelsDraft},
};
use kernel::{Category, Clock as _, Instant, JobId, ScheduleId, Zone};

use super::{cluster::Cluster, installation::Person, jobs::Order, sabotage::Sabotage, series::Series, turns::Turn};
pub(super) use receipts::nothing;
use receipts::{Receipt, changed, read_receipt, receipt};

use crate::{
    SeededEntropy,
    history::{Change, Disarms, Phase, Promise, Verb, What},
};

/// A person and what they know of their own schedules.
pub(super) struct Actor {
    cluster: Rc<Cluster>,
    person: Person,
    entropy: SeededEntropy,
    items: Vec<Item>,
    series: Vec<Series>,
    /// What they are at: which series, and which occurrence of it.
    running: Option<(usize, i64)>,
    /// When the clocks change where their series take place.
    turn: &'static Turn,
    asked: u64,
    /// Nothing is planned beyond this.
    horizon: Instant,
    /// When the life of this installation began.
    began: Instant,
}

/// A schedule, as its owner believes it to be.
#[derive(Clone, Debug)]
struct Item {
    subject: String,
    id: ScheduleId,
    version: i64,
    starts_at: Instant,
    lasts: Duration,
    rules: Vec<ReminderRule>,
    /// The ids of its reminders, for whoever wants to know whether an alarm is one of theirs.
    reminders: String,
    /// When it was ever to ring by a snooze.
    snoozed: Vec<Instant>,
    deleted: bool,
}

/// A request, in terms of the effects it is to have.
struct Asked {
    verb: Verb,
    key: String,
    /// One for each subject.
    lines: Vec<Change>,
    /// What may come of it or not.
    unsure: Vec<Change>,
}

/// A schedule to be made.
pub(super) fn draft(subject: &str, (starts_at, lasts): (Instant, Duration), rules: Vec<ReminderRule>) -> Draft {
    Draft {
        title: subject.to_owned(),
        description: String::new(),
        location: String::new(),
        kind: "event".to_owned(),
        busy: true,
        labels: LabelsDraft::default(),
        span: SpanDraft {
            all_day: false,
            zone: Zone::utc(),
            start: Moment::Instant(starts_at),
            end: None,
            duration: Some(lasts),
        },
        repeat: None,
        reminders: RemindersDraft::Given(rules),
        late: LatePolicy::default(),
    }
}

impl Actor {
    pub(super) fn new(
        cluster: &Rc<Cluster>,
        person: Person,
        entropy: &SeededEntropy,
        (turn, horizon): (&'static Turn, Instant),
    ) -> Self {
        let (cluster, entropy) = (Rc::clone(cluster), entropy.fork(&person.name));
        let (items, series, began) = (Vec::new(), Vec::new(), cluster.world.now());
        Self { cluster, person, entropy, items, series, running: None, turn, asked: 0, horizon, began }
    }

    /// Works until `until`.
    pub(super) async fn work(mut self, until: Instant, pause_millis: u64) {
        if let Some((from, until)) = self.person.quiet {
            self.note_quiet(Phase::Ok, (from, until));
        }
        while self.now() < until {
            self.sleep_up_to(2 * pause_millis).await;
            if self.entropy.chance(400) {
                self.repeat().await;
                continue;
            }
            match self.entropy.below(100) {
                0..45 => self.create().await,
                45..60 => self.move_one().await,
                60..68 => self.change_reminders().await,
                68..78 => self.delete().await,
                78..85 => self.restore().await,
                85..91 => self.snooze().await,
                91..95 => self.dismiss().await,
                95..97 => self.change_quiet_hours().await,
                _ => self.order_errand().await,
            }
        }
    }

    fn now(&self) -> Instant {
        self.cluster.world.now()
    }

    async fn sleep_up_to(&self, millis: u64) {
        self.cluster.world.sleep(Duration::from_millis(self.entropy.below(millis))).await;
    }

    // ---- what they do ---------------------------------------------------------------------------------------------------

    async fn create(&mut self) {
        self.asked += 1;
        let subject = format!("{}-{}", self.person.name, self.asked);
        let (starts_at, lasts, rules) = (self.some_start(), self.some_length(), self.some_rules());
        let draft = draft(&subject, (starts_at, lasts), rules.clone());
        let change = self.change(Verb::Create, &subject, Disarms::Nothing, promises(starts_at, lasts, &rules));
        if let Some(Receipt { id, version, reminders }) = self.make(change, draft).await {
            self.items.push(Item {
                subject,
                id,
                version,
                starts_at,
                lasts,
                rules,
                reminders,
                snoozed: Vec::new(),
                deleted: false,
            });
        }
    }

    async fn move_one(&mut self) {
        let Some(index) = self.some_item(false) else { return };
        let starts_at = self.some_start();
        let patch = Patch { start: Some(Moment::Instant(starts_at)), ..Patch::default() };
        let rules = self.items[index].rules.clone();
        if self.items[index].starts_at != starts_at {
            self.patch(index, patch, starts_at, rules).await;
        }
    }

    async fn change_reminders(&mut self) {
        let Some(index) = self.some_item(false) else { return };
        let (starts_at, rules) = (self.items[index].starts_at, self.some_rules());
        let patch = Patch { reminders: Some(rules.clone()), ..Patch::default() };
        self.patch(index, patch, starts_at, rules).await;
    }

    async fn patch(&mut self, index: usize, patch: Patch, starts_at: Instant, rules: Vec<ReminderRule>) {
        let Item { subject, id, version, lasts, rules: before, snoozed, .. } = self.items[index].clone();
        // A reminder that stays keeps its alarm, and a snooze of it stays too, unless the time moves.
        let moved = starts_at != self.items[index].starts_at;
        if !moved && rules.iter().any(|rule| before.iter().any(|other| other.when == rule.when)) {
            return;
        }
        // A snooze stays if its reminder is past in the new plan; which one that is, is known to the program alone.
        let disarms = if moved { Disarms::AllButPerhaps(snoozed) } else { Disarms::All };
        let change = self.change(Verb::Patch, &subject, disarms, promises(starts_at, lasts, &rules));
        let caller = self.person.caller.clone();
        let answer = self
            .insist(change, move |app, once| {
                let (caller, patch) = (caller.clone(), patch.clone());
                async move {
                    let target = (id, Scope::All, Expected::Version(version));
                    let answer = app::calendar::update(&app, &caller, target, patch, OnConflict::Allow, once, changed()).await?;
                    Ok(read_receipt(&answer.rendered))
                }
            })
            .await;
        if let Some(Some(Receipt { version, reminders, .. })) = answer {
            self.items[index] = Item { version, starts_at, rules, reminders, ..self.items[index].clone() };
        }
    }

    async fn delete(&mut self) {
        let Some(index) = self.some_item(false) else { return };
        let Item { subject, id, version, .. } = self.items[index].clone();
        let change = self.change(Verb::Delete, &subject, Disarms::All, Vec::new());
        let caller = self.person.caller.clone();
        // No key, but a version: a repetition that finds nothing, or finds it changed, comes too late to do harm.
        let answer = self
            .insist(change, move |app, _| {
                let caller = caller.clone();
                async move { app::calendar::delete(&app, &caller, id, Scope::All, Expected::Version(version)).await }
            })
            .await;
        if answer.is_some() {
            self.items[index] = Item { version: version + 1, deleted: true, ..self.items[index].clone() };
        }
    }

    async fn restore(&mut self) {
        let Some(index) = self.some_item(true) else { return };
        let Item { subject, id, starts_at, lasts, rules, .. } = self.items[index].clone();
        let change = self.change(Verb::Restore, &subject, Disarms::Nothing, promises(starts_at, lasts, &rules));
        let caller = self.person.caller.clone();
        let answer = self
            .insist(change, move |app, once| {
                let caller = caller.clone();
                async move {
                    app::calendar::restore(&app, &caller, id, OnConflict::Allow, once, changed())
                        .await
                        .map(|a| read_receipt(&a.rendered))
                }
            })
            .await;
        if let Some(Some(Receipt { version, .. })) = answer {
            self.items[index] = Item { version, deleted: false, ..self.items[index].clone() };
        }
    }

    async fn snooze(&mut self) {
        let Some((subject, alarm, line)) = self.some_alarm().await else { return };
        let until = self.now() + Duration::from_millis(self.entropy.between(3_000, 90_000));
        // Whoever snoozes asks for that very instant, whatever the hour.
        let arms = vec![Promise { due_at: until, starts_at: None, hushed_until_end: None, chained: false }];
        let change = self.change(Verb::Snooze, &subject, Disarms::These(pending(&line)), arms);
        if let Some(item) = self.items.iter_mut().find(|item| item.subject == subject) {
            item.snoozed.push(until);
        }
        let caller = self.person.caller.clone();
        self.insist(change, move |app, once| {
            let caller = caller.clone();
            async move {
                let until = Until::Instant(until);
                app::alarms::snooze(&app, &caller, (alarm.id, until), once, nothing()).await.map(|_| ())
            }
        })
        .await;
    }

    async fn dismiss(&mut self) {
        let Some((subject, alarm, line)) = self.some_alarm().await else { return };
        let change = self.change(Verb::Dismiss, &subject, dismissal(&alarm, &line), Vec::new());
        let caller = self.person.caller.clone();
        self.insist(change, move |app, once| {
            let caller = caller.clone();
            async move { app::alarms::dismiss(&app, &caller, alarm.id, once, nothing()).await.map(|_| ()) }
        })
        .await;
    }

    async fn order_errand(&mut self) {
        self.asked += 1;
        let key = format!("{}-errand-{}", self.person.name, self.asked);
        let due_at = self.now() + Duration::from_millis(self.entropy.below(30_000));
        loop {
            let key = key.clone();
            let answer = self.cluster.ask(move |app| async move {
                let now = app.now();
                let order = Order { id: JobId::mint(now, &*app.entropy()), key, due_at, now };
                let made = app.store().write(order).await;
                app.job_wake().hint(due_at);
                made
            });
            if matches!(answer.await, Some(Ok(_))) {
                return;
            }
            self.sleep_up_to(2_000).await;
        }
    }

    // ---- how they choose ------------------------------------------------------------------------------------------------

    /// A whole second, because that is what people write.
    fn some_start(&self) -> Instant {
        let earliest = self.now().as_seconds() - 60;
        let latest = self.horizon.as_seconds();
        let span = u64::try_from(latest - earliest).unwrap_or(0);
        let offset = i64::try_from(self.entropy.below(span)).unwrap_or(0);
        Instant::from_micros((earliest + offset) * 1_000_000)
    }

    /// Most last an hour, and some are soon over.
    fn some_length(&self) -> Duration {
        if self.entropy.chance(300) { Duration::from_secs(self.entropy.between(20, 180)) } else { Duration::from_hours(1) }
    }

    fn some_rules(&self) -> Vec<ReminderRule> {
        let mut rules = Vec::new();
        for _ in 0..self.entropy.between(1, 3) {
            let rule = if self.entropy.chance(200) {
                ReminderRule::at(self.now() + Duration::from_micros(self.entropy.below(120_000_000)))
            } else {
                let lead_seconds = u32::try_from(self.entropy.below(240)).unwrap_or(0);
                ReminderRule::before_start(lead_seconds)
            };
            if rules.iter().all(|other: &ReminderRule| other.when != rule.when) {
                rules.push(ReminderRule { critical: self.entropy.chance(150), ..rule });
            }
        }
        rules
    }

    fn some_item(&self, deleted: bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.items.len()).filter(|&i| self.items[i].deleted == deleted).collect();
        fitting.get(self.entropy.index(fitting.len())).copied()
    }

    /// An alarm that something can be done with, and all alarms of the same reminder and occurrence. Not one of a reminder that
    /// was taken off the schedule: what is snoozed then outlives the next change of the reminders.
    async fn some_alarm(&self) -> Option<(String, Alarm, Vec<Alarm>)> {
        let Item { subject, id, reminders, .. } = self.items[self.some_item(false)?].clone();
        let alarms = self.alarms_of(id).await?;
        let is_active = |a: &&Alarm| {
            matches!(a.state, AlarmState::Pending | AlarmState::Fired) && reminders.contains(&a.reminder.to_string())
        };
        let active: Vec<_> = alarms.iter().filter(is_active).collect();
        let alarm = (*active.get(self.entropy.index(active.len()))?).clone();
        let line = line_of(&alarm, &alarms);
        Some((subject, alarm, line))
    }

    async fn alarms_of(&self, id: ScheduleId) -> Option<Vec<Alarm>> {
        let caller = self.person.caller.clone();
        let read = self.cluster.ask(move |app| async move {
            app::alarms::of_schedule(&app, &caller, id, None, 1_000).await.map(|(shown, _)| shown.page)
        });
        Some(read.await?.ok()?.items)
    }

    fn zone(&self) -> Zone {
        self.turn.zone.parse().unwrap_or_else(|_| Zone::utc())
    }

    // ---- how they ask ---------------------------------------------------------------------------------------------------

    fn asked(&mut self, verb: Verb) -> Asked {
        self.asked += 1;
        Asked { verb, key: format!("{}-{}", self.person.name, self.asked), lines: Vec::new(), unsure: Vec::new() }
    }

    /// A request that concerns one subject.
    fn change(&mut self, verb: Verb, subject: &str, disarms: Disarms, arms: Vec<Promise>) -> Asked {
        let asked = self.asked(verb);
        let line = Change { verb, subject: subject.to_owned(), key: asked.key.clone(), disarms, arms };
        Asked { lines: vec![line], ..asked }
    }

    /// Insists on a schedule being made; what it is told of it.
    async fn make(&self, asked: Asked, draft: Draft) -> Option<Receipt> {
        let caller = self.person.caller.clone();
        let answer = self.insist(asked, move |app, once| {
            let (caller, draft) = (caller.clone(), draft.clone());
            async move {
                app::calendar::create(&app, &caller, draft, OnConflict::Allow, once, receipt())
                    .await
                    .map(|a| read_receipt(&a.rendered))
            }
        });
        answer.await.flatten()
    }

    /// Asks again and again, with the same key, until it is known what came of it; `None` if it was refused.
    async fn insist<T, F>(&self, asked: Asked, attempt: impl Fn(App, Option<Once>) -> F) -> Option<T>
    where
        T: Default + 'static,
        F: Future<Output = Result<T, Error>> + 'static,
    {
        let once = (self.cluster.sabotage != Some(Sabotage::KeysNotStored)).then(|| self.once(&asked));
        let write = |phase, line: &Change| self.cluster.scribe.write(&self.person.name, phase, What::Change(line.clone()));
        let note = |phase| asked.lines.iter().for_each(|line| write(phase, line));
        note(Phase::Invoke);
        asked.unsure.iter().for_each(|line| write(Phase::Invoke, line));
        let mut unsure = false;
        loop {
            match self.cluster.ask(|app| attempt(app, once.clone())).await {
                None => unsure = true,
                Some(Ok(answer)) => {
                    note(Phase::Ok);
                    return Some(answer);
                }
                Some(Err(error)) if error.category() == Category::Unavailable || error.category() == Category::StorageFull => {
                    unsure |= error.code() == "store.unknown_result";
                }
                // It is gone, or no longer as it was, and it was I who asked for that.
                Some(Err(error)) if unsure && asked.verb == Verb::Delete && is_done(&error) => {
                    note(Phase::Ok);
                    return Some(T::default());
                }
                Some(Err(error)) => {
                    // An earlier attempt may still be under way somewhere.
                    note(if unsure { Phase::Info } else { Phase::Fail });
                    self.expect_refusal(&asked, &error);
                    return None;
                }
            }
            if unsure {
                note(Phase::Info);
            }
            self.sleep_up_to(1_500).await;
        }
    }

    /// Whoever snoozes or dismisses may come too late. Nothing else that is asked for here can be refused.
    fn expect_refusal(&self, asked: &Asked, error: &Error) {
        let may_be_late = matches!(asked.verb, Verb::Snooze | Verb::Dismiss);
        if !may_be_late || !matches!(error.category(), Category::Conflict | Category::Invalid) {
            let Asked { verb, key, lines, .. } = asked;
            let subject = lines.first().map_or("nothing that rings", |line| line.subject.as_str());
            self.cluster.surprised(format!(
                "{verb:?} of {subject} ({key}) was refused with {}: {error} {:?}",
                error.code(),
                error.fields()
            ));
        }
    }

    fn once(&self, asked: &Asked) -> Once {
        Once {
            principal: self.person.caller.user.to_string(),
            route: format!("{:?}", asked.verb),
            key: asked.key.clone(),
            request_hash: [0; 32],
            sealed: false,
        }
    }
}

/// Whether an attempt to delete something came too late, because an earlier one had done it.
fn is_done(error: &Error) -> bool {
    matches!(error.category(), Category::NotFound | Category::PreconditionFailed)
}

/// Of `alarms` those of the same reminder and occurrence.
fn line_of(alarm: &Alarm, alarms: &[Alarm]) -> Vec<Alarm> {
    let same = |a: &&Alarm| (a.reminder, a.generation, a.nominal) == (alarm.reminder, alarm.generation, alarm.nominal);
    alarms.iter().filter(same).cloned().collect()
}

fn pending(line: &[Alarm]) -> Vec<Instant> {
    line.iter().filter(|alarm| alarm.state == AlarmState::Pending).map(|alarm| alarm.due_at).collect()
}

/// What is not to ring any more once `alarm` is dismissed: itself, or what it was put off to.
fn dismissal(alarm: &Alarm, line: &[Alarm]) -> Disarms {
    match alarm.state {
        AlarmState::Pending => Disarms::These(vec![alarm.due_at]),
        _ => Disarms::These(pending(line)),
    }
}

/// When the reminders of an item ring: computed here once more, and not by the rule under test.
fn promises(starts_at: Instant, lasts: Duration, rules: &[ReminderRule]) -> Vec<Promise> {
    rules
        .iter()
        .map(|rule| {
            let due_at = match rule.when {
                When::At(due_at) => due_at,
                When::Before { lead_seconds, .. } => {
                    Instant::from_micros(starts_at.as_micros() - i64::from(lead_seconds) * 1_000_000)
                }
            };
            let hushed_until_end = (!rule.critical).then_some(starts_at + lasts);
            Promise { due_at, starts_at: Some(starts_at), hushed_until_end, chained: false }
        })
        .collect()
}

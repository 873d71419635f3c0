//! Taking a file over: all of it or nothing.
//!
//! A schedule is known by the UID its file gives it, so that the same file again changes what is there and makes nothing twice.
//! Reading a file is arithmetic on what somebody sent: it is done on a thread of its own, two files at a time.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    alarms::Reason,
    calendar::{
        CalendarError, Change, Purpose, RecurrenceSet, Schedule,
        icalendar::{Asked, Component, File, ICalendarError, Item, Wanted},
        labels::Labels,
        progress::Progress,
    },
    identity::Caller,
};
use kernel::{Category, Entropy, FieldError, Instant, ScheduleId, UserId};
use store::{
    Tx, UseCase,
    calendar::imported::{self, Imported},
    streams,
};

use crate::{
    Answer, App, Effects, Error, Once, Render,
    calendar::{
        What,
        arm::{self, Rung},
        fact, own_zone, quota, tell,
        update::Update,
    },
};

/// Components beside events that are kept for one owner.
const MAX_OTHERS: i64 = 1_000;

/// Characters they have together.
const MAX_OTHERS_CHARS: i64 = 4 << 20;

/// How a file is taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct How {
    /// Only says what would come of it.
    pub dry_run: bool,
    /// Leaves out what cannot be kept; otherwise it refuses the whole.
    pub skip_invalid: bool,
}

/// What came of a file.
#[derive(Clone, Debug)]
pub struct Report {
    /// Each schedule of the file, in its order.
    pub items: Vec<Taken>,
    /// Components that are no events: they are kept for exports.
    pub kept: usize,
}

/// What came of one schedule of a file.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What the file calls it.
    pub uid: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Which schedule it is; of a dry run, if there is one.
    pub schedule: Option<ScheduleId>,
    /// Why it was left out.
    pub errors: Vec<FieldError>,
}

/// What came of one schedule of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made.
    Created,
    /// It was there, and is now as the file has it.
    Updated,
    /// It was there, and like this.
    Unchanged,
    /// The file says that it is cancelled.
    Cancelled,
    /// It cannot be kept.
    Invalid,
}

/// Takes `file` over for the caller.
pub async fn import(
    app: &App,
    caller: &Caller,
    file: Vec<u8>,
    how: How,
    once: Option<Once>,
    render: Render<Report>,
) -> Result<Answer, Error> {
    let here = own_zone(app, caller).await?;
    let now = app.now();
    let turn = Arc::clone(app.files()).acquire_owned().await.map_err(|_| store::StoreError::Overloaded)?;
    let reading = tokio::task::spawn_blocking(move || {
        let read = File::read(&file, &here, now);
        drop(turn);
        read
    });
    let file = reading.await.map_err(|error| store::StoreError::Bug(format!("reading a calendar file ended: {error}")))??;
    if !how.skip_invalid {
        file.check()?;
    }
    let case = Import { owner: caller.user, file, settings: app.calendar(), now, entropy: app.entropy() };
    if how.dry_run {
        let report = app.store().read(Look(case)).await?;
        return Ok(Answer { rendered: render(&report), replayed: false });
    }
    app.commit_once(case, once, render).await
}

struct Import {
    owner: UserId,
    file: File,
    settings: quota::Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

/// The same without writing.
struct Look(Import);

/// What is there of the schedules of a file, by UID.
type Present = BTreeMap<String, (RecurrenceSet, Imported)>;

impl UseCase for Import {
    type Out = (Report, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::identity::users::lock(tx, self.owner).await?.ok_or(CalendarError::NotFound)?;
        let mut present = self.present(tx, true).await?;
        let mut effects = Effects::default();
        let mut facts = Vec::new();
        let mut made = 0;
        let mut items = Vec::with_capacity(self.file.items.len());
        for item in &self.file.items {
            let taken = match (&item.asked, present.remove(&item.uid)) {
                (Asked::Wanted(wanted), None) => {
                    let schedule = self.create(tx, item, wanted, &mut effects).await?;
                    made += 1;
                    facts.push(fact(&schedule, What::Created, &*self.entropy));
                    taken(item, Outcome::Created, Some(schedule.id))
                }
                (Asked::Wanted(wanted), Some(there)) => self.update(tx, item, wanted, there, (&mut facts, &mut effects)).await?,
                (_, there) => left_out(item, there.map(|(set, _)| set.schedule.id)),
            };
            items.push(taken);
        }
        if made > 0 {
            quota::check(tx, self.owner, self.settings).await?;
        }
        self.keep_others(tx).await?;
        if !facts.is_empty() {
            tell(tx, (self.owner, self.now), facts, &mut effects).await?;
        }
        Ok((Report { items, kept: self.file.others.len() }, effects))
    }
}

impl UseCase for Look {
    type Out = Report;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Report, Error> {
        let present = self.0.present(tx, false).await?;
        let look = |item: &Item| {
            let there = present.get(&item.uid);
            let id = there.map(|(set, _)| set.schedule.id);
            match (&item.asked, there) {
                (Asked::Wanted(_), None) => taken(item, Outcome::Created, None),
                (Asked::Wanted(wanted), Some((set, kept))) if is(set, kept, item, wanted) => taken(item, Outcome::Unchanged, id),
                (Asked::Wanted(_), Some(_)) => taken(item, Outcome::Updated, id),
                _ => left_out(item, id),
            }
        };
        Ok(Report { items: self.0.file.items.iter().map(look).collect(), kept: self.0.file.others.len() })
    }
}

impl Import {
    /// Finds, and locks in the order of their ids, what the file names.
    async fn present(&self, tx: &mut Tx<'_>, lock: bool) -> Result<Present, Error> {
        let mut ids: BTreeMap<ScheduleId, String> = BTreeMap::new();
        for item in &self.file.items {
            let own = match own_id(&item.uid) {
                Some(id) => store::calendar::find(tx, self.owner, id).await?.map(|schedule| schedule.id),
                None => None,
            };
            let known = match own {
                Some(id) => Some(id),
                None => imported::schedule_of(tx, self.owner, &item.uid).await?,
            };
            ids.extend(known.map(|id| (id, item.uid.clone())));
        }
        let all: Vec<ScheduleId> = ids.keys().copied().collect();
        let mut kept = imported::of(tx, &all).await?;
        let mut present = Present::new();
        for (id, uid) in ids {
            let found = if lock {
                store::calendar::lock(tx, self.owner, id).await?
            } else {
                store::calendar::find(tx, self.owner, id).await?
            };
            if let Some(schedule) = found.filter(|schedule| schedule.deleted_at.is_none()) {
                let set = store::calendar::set_of(tx, schedule).await?;
                present.insert(uid, (set, kept.remove(&id).unwrap_or_default()));
            }
        }
        Ok(present)
    }

    async fn create(&self, tx: &mut Tx<'_>, item: &Item, wanted: &Wanted, effects: &mut Effects) -> Result<Schedule, Error> {
        let schedule = Schedule {
            id: ScheduleId::mint(self.now, &*self.entropy),
            owner: self.owner,
            purpose: Purpose::Event,
            text: wanted.text.clone(),
            labels: Labels::default(),
            span: wanted.span.clone(),
            series: wanted.series.clone(),
            late: domain::alarms::LatePolicy::default(),
            reminders: arm::reminders(&wanted.rules, self.now, &*self.entropy),
            progress: Progress::default(),
            generation: 1,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
        };
        let set = RecurrenceSet::new(schedule, wanted.overrides.iter().cloned());
        store::calendar::insert(tx, &set).await?;
        imported::put(tx, self.owner, set.schedule.id, &of(item, wanted)).await?;
        // What is over was told of where it came from.
        let told = Rung::all_of(&set, set.schedule.span.start);
        arm::arm(tx, &set, told, Reason::Rescheduled, (self.now, &*self.entropy), effects).await?;
        Ok(set.schedule)
    }

    async fn update(
        &self,
        tx: &mut Tx<'_>,
        item: &Item,
        wanted: &Wanted,
        (set, kept): (RecurrenceSet, Imported),
        (facts, effects): (&mut Vec<streams::Draft>, &mut Effects),
    ) -> Result<Taken, Error> {
        let id = set.schedule.id;
        if is(&set, &kept, item, wanted) {
            return Ok(taken(item, Outcome::Unchanged, Some(id)));
        }
        let Schedule { span, series, reminders, labels, late, .. } = &set.schedule;
        let repeats =
            |series: &Option<_>| series.as_ref().map(|series: &domain::calendar::recurrence::Series| series.recurrence().clone());
        let moved =
            *span != wanted.span || repeats(series) != repeats(&wanted.series) || !wanted.has_overrides_of(&set.overrides);
        let change = Change {
            text: wanted.text.clone(),
            labels: labels.clone(),
            span: wanted.span.clone(),
            series: wanted.series.clone(),
            late: *late,
            rules: wanted.rules.clone(),
            moved,
            rules_changed: !reminders.iter().map(|reminder| reminder.rule).eq(wanted.rules.iter().copied()),
            any: true,
        };
        let own = wanted.overrides_over(&set.overrides);
        let update = Update::whole((self.owner, id), self.settings, self.now, Arc::clone(&self.entropy));
        // What is in progress cannot be moved, and what was done cannot be undone by a file.
        match update.rewrite(tx, set, change, (None, Some(own)), effects).await {
            Ok((_, told)) => facts.extend(told),
            Err(error) if error.category() == Category::Internal || error.category() == Category::Unavailable => {
                return Err(error);
            }
            Err(error) => {
                let detail = format!("line {}: {error}", item.line);
                return Err(ICalendarError::Invalid(vec![FieldError::new(item.pointer.clone(), detail)]).into());
            }
        }
        imported::put(tx, self.owner, id, &of(item, wanted)).await?;
        Ok(taken(item, Outcome::Updated, Some(id)))
    }

    async fn keep_others(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        for other in &self.file.others {
            imported::put_component(tx, self.owner, &other.key, &other.text).await?;
        }
        let (count, characters) = imported::components_size(tx, self.owner).await?;
        if !self.file.others.is_empty() && (count > MAX_OTHERS || characters > MAX_OTHERS_CHARS) {
            let detail =
                format!("at most {MAX_OTHERS} to-dos, journals and the like are kept, of {MAX_OTHERS_CHARS} characters together");
            return Err(ICalendarError::TooMuch(vec![FieldError::new("", detail)]).into());
        }
        Ok(())
    }
}

/// A schedule of ours, by the name we give it in our files.
fn own_id(uid: &str) -> Option<ScheduleId> {
    uid.strip_suffix("@campanile")?.parse().ok()
}

fn left_out(item: &Item, schedule: Option<ScheduleId>) -> Taken {
    match &item.asked {
        Asked::Refused(errors) => Taken { errors: errors.clone(), ..taken(item, Outcome::Invalid, schedule) },
        _ => taken(item, Outcome::Cancelled, schedule),
    }
}

fn taken(item: &Item, outcome: Outcome, schedule: Option<ScheduleId>) -> Taken {
    Taken { uid: item.uid.clone(), outcome, schedule, errors: Vec::new() }
}

/// What is kept of an item.
fn of(item: &Item, wanted: &Wanted) -> Imported {
    let text = |part: &Component| part.to_string();
    let parts = wanted.kept.iter().map(|(id, part)| (id.map(|id| id.to_string()).unwrap_or_default(), text(part)));
    Imported { uid: Some(item.uid.clone()), parts: parts.collect() }
}

/// Whether what is there is what the file asks for.
fn is(set: &RecurrenceSet, kept: &Imported, item: &Item, wanted: &Wanted) -> bool {
    wanted.is(&set.schedule, &set.overrides) && kept.parts == of(item, wanted).parts
}

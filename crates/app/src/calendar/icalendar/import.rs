//! Taking a file over: all of it or nothing.
//!
//! A schedule is known by the UID its file gives it, so that the same file again changes what is there and makes nothing twice.
//! Reading a file is arithmetic on what somebody sent: it is done on a thread of its own, two files at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    alarms::Reason,
    calendar::{
        CalendarError, Change, Purpose, RecurrenceSet, Schedule,
        icalendar::{Asked, Component, File, ICalendarError, Item, Kept, Wanted, label_names},
        labels::{LabelName, Labels, MAX_TAGS},
        progress::{Progress, State},
        recurrence::Series,
    },
    identity::Caller,
};
use kernel::{Category, Entropy, FieldError, Instant, ScheduleId, UserId, WallTime};
use store::{
    Tx, UseCase,
    calendar::imported::{self, Imported},
    streams,
};

use crate::{
    Answer, App, Effects, Error, Once, Render,
    calendar::{
        What,
        arm::{self, Rung, Why},
        discard, fact, labels, own_zone, quota,
        refusal::may_become,
        tell,
        update::Update,
    },
};

/// Events that are written as quickly as anything else.
const FEW: usize = 20;

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
    /// The file says that it is cancelled: what was there is in the trash now, unless it is being worked on.
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
    let How { skip_invalid, .. } = how;
    let case = Import { owner: caller.user, file, skip_invalid, settings: app.calendar(), now, entropy: app.entropy() };
    if how.dry_run {
        let report = app.store().read(Look(case)).await?;
        return Ok(Answer { rendered: render(&report), replayed: false });
    }
    app.commit_once(case, once, render).await
}

struct Import {
    owner: UserId,
    file: File,
    skip_invalid: bool,
    settings: quota::Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

/// The same without writing.
struct Look(Import);

/// A schedule of a file that is there already.
struct There {
    set: RecurrenceSet,
    /// What was kept of the file before.
    kept: Imported,
    /// What its category is called.
    category: Option<LabelName>,
}

/// What is there of the schedules of a file, by UID.
type Present = BTreeMap<String, There>;

impl UseCase for Import {
    type Out = (Report, Effects);
    type Error = Error;

    fn is_large(&self) -> bool {
        self.file.items.len() > FEW
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        store::identity::users::lock(tx, self.owner).await?.ok_or(CalendarError::NotFound)?;
        let mut present = self.present(tx, true).await?;
        let mut effects = Effects::default();
        let mut facts = Vec::new();
        let mut tags = Tags::of(tx, self.owner).await?;
        let mut made = 0;
        let mut items = Vec::with_capacity(self.file.items.len());
        for item in &self.file.items {
            let taken = match (&item.asked, present.remove(&item.uid)) {
                (Asked::Wanted(wanted), None) => {
                    let id = Box::pin(self.create(tx, item, wanted, &mut tags, (&mut facts, &mut effects))).await?;
                    made += 1;
                    taken(item, Outcome::Created, Some(id))
                }
                (Asked::Wanted(wanted), Some(there)) => {
                    Box::pin(self.update(tx, item, wanted, there, &mut tags, (&mut facts, &mut effects))).await?
                }
                (_, there) => {
                    let id = there.as_ref().map(|there| there.set.schedule.id);
                    let runs = |set: &RecurrenceSet| set.running().is_some() || set.schedule.progress.state == State::InProgress;
                    let cancelled = there.filter(|there| matches!(item.asked, Asked::Cancelled) && !runs(&there.set));
                    if let Some(There { set, .. }) = cancelled {
                        let gone = discard(tx, set.schedule, Reason::ScheduleDeleted, self.now).await?;
                        facts.push(fact(&gone, What::Deleted, &*self.entropy));
                    }
                    left_out(item, id)
                }
            };
            items.push(taken);
        }
        if made > 0 {
            quota::check(tx, self.owner, self.settings).await?;
        }
        self.keep_others(tx).await?;
        if !facts.is_empty() {
            tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
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
            let id = there.map(|there| there.set.schedule.id);
            Ok(match (&item.asked, there) {
                (Asked::Wanted(_), None) => taken(item, Outcome::Created, None),
                (Asked::Wanted(wanted), Some(there)) if there.is(item, wanted) => taken(item, Outcome::Unchanged, id),
                (Asked::Wanted(wanted), Some(there)) => {
                    let change = there.change(wanted, there.set.schedule.labels.clone());
                    self.0.refused(item, &there.set, &change)?.unwrap_or_else(|| taken(item, Outcome::Updated, id))
                }
                _ => left_out(item, id),
            })
        };
        let items = self.0.file.items.iter().map(look).collect::<Result<_, Error>>()?;
        Ok(Report { items, kept: self.0.file.others.len() })
    }
}

impl Import {
    /// Finds, and locks in the order of their ids, what the file names.
    async fn present(&self, tx: &mut Tx<'_>, lock: bool) -> Result<Present, Error> {
        let uids: Vec<&str> = self.file.items.iter().map(|item| item.uid.as_str()).collect();
        let known = imported::schedules_of(tx, self.owner, &uids).await?;
        let asked: BTreeSet<ScheduleId> = known.values().copied().chain(uids.iter().filter_map(|uid| own_id(uid))).collect();
        let all = Vec::from_iter(asked);
        if lock {
            store::calendar::sessions::hold(tx, self.owner, &all).await?;
        }
        let sets = store::calendar::sets_of(tx, self.owner, &all).await?;
        let mut sets: BTreeMap<ScheduleId, RecurrenceSet> = sets.into_iter().map(|set| (set.schedule.id, set)).collect();
        // The name that we give a schedule says most; where two names mean one, the last of them does.
        let of = |uid: &str| own_id(uid).filter(|id| sets.contains_key(id)).or_else(|| known.get(uid).copied());
        let names: BTreeMap<ScheduleId, &str> = uids.iter().filter_map(|uid| Some((of(uid)?, *uid))).collect();
        let found: Vec<(String, RecurrenceSet)> =
            names.into_iter().filter_map(|(id, uid)| Some((uid.to_owned(), sets.remove(&id)?))).collect();
        let ids: Vec<_> = found.iter().map(|(_, set)| set.schedule.id).collect();
        let mut kept = imported::of(tx, &ids).await?;
        let called = labels::category_names(tx, found.iter().map(|(_, set)| set)).await?;
        let there = |(uid, set): (String, RecurrenceSet)| {
            let category = set.schedule.labels.category.and_then(|category| called.get(&category)).cloned();
            (uid, There { kept: kept.remove(&set.schedule.id).unwrap_or_default(), set, category })
        };
        Ok(found.into_iter().map(there).collect())
    }

    async fn create(
        &self,
        tx: &mut Tx<'_>,
        item: &Item,
        wanted: &Wanted,
        tags: &mut Tags,
        (facts, effects): Told<'_>,
    ) -> Result<ScheduleId, Error> {
        let by = (self.now, &*self.entropy);
        let mut labels = Labels { category: None, tags: tags.within(wanted.categories.clone()) };
        labels.tags.sort();
        facts.extend(labels::provide(tx, self.owner, (&mut labels, &tags.there), CalendarError::Invalid, by).await?);
        tags.made(&labels);
        let schedule = Schedule {
            id: ScheduleId::mint(self.now, &*self.entropy),
            owner: self.owner,
            purpose: Purpose::Event,
            text: wanted.text.clone(),
            labels,
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
        let own = wanted.overrides_over(&BTreeMap::new(), |_, rules| arm::reminders(rules, by.0, by.1));
        let set = RecurrenceSet::new(schedule, own);
        store::calendar::insert(tx, &set).await?;
        imported::put(tx, self.owner, set.schedule.id, &of(item, &wanted.kept)).await?;
        // What is over was told of where it came from.
        let told = Rung::elsewhere(&set);
        arm::arm(tx, &set, told, Why::MOVED, by, effects).await?;
        facts.push(fact(&set.schedule, What::Created, &*self.entropy));
        Ok(set.schedule.id)
    }

    async fn update(
        &self,
        tx: &mut Tx<'_>,
        item: &Item,
        wanted: &Wanted,
        there: There,
        tags: &mut Tags,
        (facts, effects): Told<'_>,
    ) -> Result<Taken, Error> {
        let id = there.set.schedule.id;
        if there.is(item, wanted) {
            return Ok(taken(item, Outcome::Unchanged, Some(id)));
        }
        let keep = there.kept_of(item, wanted);
        let mut labels = there.set.schedule.labels.clone();
        labels.tags = tags.within(wanted.tags_over(&labels, there.category.as_ref(), &there.before()));
        let change = there.change(wanted, labels);
        let set = there.set;
        if let Some(refused) = self.refused(item, &set, &change)? {
            return Ok(refused);
        }
        let by = (self.now, &*self.entropy);
        let own = wanted.overrides_over(&set.overrides, |had, rules| arm::renew(had, rules, by).reminders);
        let update = Update::whole((self.owner, id), self.settings, self.now, Arc::clone(&self.entropy));
        match Box::pin(update.rewrite(tx, set, change, (None, Some(own)), effects)).await {
            Ok((schedule, told)) => {
                tags.made(&schedule.labels);
                facts.extend(told);
            }
            Err(error) => return Err(ICalendarError::Invalid(because(item, error)?).into()),
        }
        imported::put(tx, self.owner, id, &keep).await?;
        Ok(taken(item, Outcome::Updated, Some(id)))
    }

    /// What comes of an item that cannot be taken over because of what was done with what is there: it is left out, if that is wanted,
    /// or refuses the file. What is in progress is not moved, and what was done is not undone by a file.
    fn refused(&self, item: &Item, set: &RecurrenceSet, change: &Change) -> Result<Option<Taken>, Error> {
        let Err(error) = may_become(set, change) else { return Ok(None) };
        let errors = because(item, error)?;
        if !self.skip_invalid {
            return Err(ICalendarError::Invalid(errors).into());
        }
        Ok(Some(Taken { errors, ..taken(item, Outcome::Invalid, Some(set.schedule.id)) }))
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

/// The tags of the owner, and how many more there may be.
struct Tags {
    there: Labels,
}

impl Tags {
    async fn of(tx: &mut Tx<'_>, owner: UserId) -> Result<Self, Error> {
        Ok(Self { there: Labels { category: None, tags: store::labels::tags::names_of(tx, owner).await? } })
    }

    /// Those of `names` that are there, and as many of the others as there is room for: more do not refuse a file.
    fn within(&self, names: Vec<LabelName>) -> Vec<LabelName> {
        let mut room = MAX_TAGS.saturating_sub(self.there.tags.len());
        let mut fits = |name: &LabelName| {
            if self.there.tags.contains(name) {
                return true;
            }
            let fits = room > 0;
            room = room.saturating_sub(1);
            fits
        };
        names.into_iter().filter(|name| fits(name)).collect()
    }

    /// Notes which are there from now on.
    fn made(&mut self, labels: &Labels) {
        for tag in &labels.tags {
            if !self.there.tags.contains(tag) {
                self.there.tags.push(tag.clone());
            }
        }
    }
}

/// What a transaction will tell, and what it has done.
type Told<'a> = (&'a mut Vec<streams::Draft>, &'a mut Effects);

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

/// Why an item is refused, at its place in the file; an error that says nothing of it is one of the whole.
fn because(item: &Item, error: Error) -> Result<Vec<FieldError>, Error> {
    if matches!(error.category(), Category::Internal | Category::Unavailable) {
        return Err(error);
    }
    let said: Vec<String> = error.fields().iter().map(|field| field.detail.clone()).collect();
    let said = if said.is_empty() { vec![error.to_string()] } else { said };
    Ok(said.into_iter().map(|detail| FieldError::new(item.pointer.clone(), format!("line {}: {detail}", item.line))).collect())
}

/// What is kept of an item.
fn of(item: &Item, kept: &BTreeMap<Option<WallTime>, Component>) -> Imported {
    let text = |part: &Component| part.to_string();
    let parts = kept.iter().map(|(id, part)| (id.map(|id| id.to_string()).unwrap_or_default(), text(part)));
    Imported { uid: Some(item.uid.clone()), parts: parts.collect() }
}

impl There {
    /// Whether what is there is what the file asks for.
    fn is(&self, item: &Item, wanted: &Wanted) -> bool {
        wanted.is(&self.set.schedule, &self.set.overrides) && self.kept.parts == self.kept_of(item, wanted).parts
    }

    /// What makes it what the file asks for, with these labels.
    fn change(&self, wanted: &Wanted, labels: Labels) -> Change {
        let Schedule { span, series, reminders, late, .. } = &self.set.schedule;
        let repeats = |series: &Option<Series>| series.as_ref().map(|series| series.recurrence().clone());
        let alike = wanted.has_overrides_of(&self.set.overrides) && wanted.rings_as(&self.set.overrides);
        Change {
            text: wanted.text.clone(),
            labels,
            span: wanted.span.clone(),
            series: wanted.series.clone(),
            late: *late,
            rules: wanted.rules.clone(),
            moved: *span != wanted.span || repeats(series) != repeats(&wanted.series) || !alike,
            rules_changed: !reminders.iter().map(|reminder| reminder.rule).eq(wanted.rules.iter().copied()),
            any: true,
        }
    }

    /// What is kept of an item from now on.
    fn kept_of(&self, item: &Item, wanted: &Wanted) -> Imported {
        let names = label_names(&self.set.schedule.labels, self.category.as_ref());
        of(item, &wanted.kept_over(&names, &self.before()))
    }

    fn before(&self) -> Kept {
        Kept::read(self.kept.uid.clone(), self.kept.parts.clone())
    }
}

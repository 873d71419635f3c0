//! Changing a schedule, or some of its occurrences.

use std::sync::Arc;

use domain::{
    alarms::{Reminder, ReminderRule},
    calendar::{
        CalendarError, Change, MAX_OVERRIDES, Occurrence, Override, Patch, RecurrenceSet, RepeatChange, Schedule,
        conflicts::Added,
        labels::Wish,
        progress::{Item, Progress, ProgressError},
        recurrence, search,
    },
    identity::Caller,
};
use kernel::{Entropy, Instant, ReminderId, ScheduleId, UserId, WallTime};
use store::{Tx, UseCase, streams};

use super::{
    OnConflict, Scope, What, arm,
    arm::{Rung, Why},
    changed,
    conflicts::{self, Beside, may_take_time, wanted, wanted_one},
    fact,
    icalendar::along,
    labels, quota,
    refusal::may_repeat,
    scope::{occurrence, split},
    shift::{Shift, follow},
    tell,
};
use crate::{Answer, App, Effects, Error, Once, once::Render, rooms};

/// Which version somebody means to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// They did not say.
    Unsaid,
    /// Whatever is there.
    Any,
    /// Exactly this one.
    Version(i64),
}

/// Why a version does not do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unfit {
    /// It has to be said.
    Unsaid,
    /// It is not the present one.
    Other,
}

impl Expected {
    /// Refuses if another version is meant than `current`; `needed` refuses also who did not say.
    pub(crate) fn fits(self, current: i64, needed: bool) -> Result<(), Unfit> {
        match self {
            Self::Unsaid if needed => Err(Unfit::Unsaid),
            Self::Version(version) if version != current => Err(Unfit::Other),
            _ => Ok(()),
        }
    }

    /// The same of a schedule.
    pub(super) fn check(self, schedule: &Schedule, needed: bool) -> Result<(), CalendarError> {
        let current = schedule.version;
        self.fits(current, needed).map_err(|unfit| match unfit {
            Unfit::Unsaid => CalendarError::VersionRequired,
            Unfit::Other => CalendarError::VersionMismatch { current },
        })
    }
}

pub(super) struct Update {
    owner: UserId,
    id: ScheduleId,
    scope: Scope,
    patch: Patch,
    expected: Expected,
    on_conflict: OnConflict,
    settings: quota::Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Update {
    type Out = (Occurrence, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        // What is split takes its labels along: nobody may delete them meanwhile.
        if !self.patch.labels.is_empty() || matches!(self.scope, Scope::Following(_)) {
            labels::lock(tx, self.owner).await?;
        }
        let judged = self.on_conflict.judges(tx, self.owner, may_take_time(&self.patch)).await?;
        let found = store::calendar::lock(tx, self.owner, self.id).await?;
        let schedule = found.filter(|s| s.deleted_at.is_none()).ok_or(CalendarError::NotFound)?;
        self.expected.check(&schedule, true)?;
        let set = store::calendar::set_of(tx, schedule).await?;
        let before = judged.then(|| set.clone());
        match self.scope {
            Scope::All => self.all(tx, set, before).await,
            Scope::This(which) => self.one(tx, set, which, judged).await,
            Scope::Following(from) => Box::pin(self.following(tx, set, from, before)).await,
        }
    }
}

impl Update {
    /// A change of the whole that is decided already, and may overlap.
    pub(super) fn whole(
        (owner, id): (UserId, ScheduleId),
        settings: quota::Settings,
        now: Instant,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let (scope, patch, expected, on_conflict) = (Scope::All, Patch::default(), Expected::Any, OnConflict::Allow);
        Self { owner, id, scope, patch, expected, on_conflict, settings, now, entropy }
    }

    /// Changes the whole. `before` is what its time is judged beside, if it is.
    async fn all(
        &self,
        tx: &mut Tx<'_>,
        set: RecurrenceSet,
        before: Option<RecurrenceSet>,
    ) -> Result<(Occurrence, Effects), Error> {
        let change = self.patch.apply(&set.schedule, self.now)?;
        let mut effects = Effects::default();
        if !change.any {
            return Ok((Occurrence::only(set.schedule), effects));
        }
        let (schedule, facts) = self.rewrite(tx, set, change, (before, None), &mut effects).await?;
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((Occurrence::only(schedule), effects))
    }

    /// Writes a change of the whole; answers what there is to tell of it. `own` is what its occurrences have of their own from now on,
    /// where that is said as well.
    pub(super) async fn rewrite(
        &self,
        tx: &mut Tx<'_>,
        mut set: RecurrenceSet,
        mut change: Change,
        (before, own): (Option<RecurrenceSet>, Option<Vec<Override>>),
        effects: &mut Effects,
    ) -> Result<(Schedule, Vec<streams::Draft>), Error> {
        may_repeat(&set, &change)?;
        let mut facts = self.provide(tx, &mut change, &set.schedule).await?;
        let by = (self.now, &*self.entropy);
        let renewed = arm::renew(&set.schedule.reminders, &change.rules, by);
        let (said, whole) = (change.series.clone(), set.clone());
        let renamed = if set.schedule.series.is_some() { follow(&mut set, &mut change)? } else { Vec::new() };
        let item = |which| Item::occurrence(self.id, which);
        let items: Vec<_> = renamed.iter().map(|(from, to)| (item(*from), item(*to))).collect();
        store::progress::rename(tx, self.owner, &items).await?;
        if let Some(own) = own {
            // What stays beside the series because it was worked on is not among what is said of it.
            set.overrides.retain(|which, _| said.as_ref().is_some_and(|series| !series.contains(*which)));
            set.overrides.extend(own.into_iter().map(|own| (own.recurrence_id, own)));
        }
        if set.schedule.series.is_some() || change.series.is_some() {
            store::calendar::overrides::replace(tx, &set, self.now).await?;
        }
        let (rules_changed, tags_changed) = (change.rules_changed, change.labels.tags != set.schedule.labels.tags);
        self.change(&mut set.schedule, change);
        if let Some(before) = before {
            let added = Added::by(&set, Some(&before), self.now);
            self.beside(&set, None).refuse(tx, &added, || wanted(&set)).await?;
        }
        if rules_changed {
            renewed.write(tx, &mut set.schedule, self.now).await?;
        }
        if tags_changed {
            store::labels::tags::assign(tx, (self.owner, self.id), &set.schedule.labels.tags).await?;
        }
        let shift = Shift::of(whole.schedule.span.start, &set, renamed);
        if whole.schedule.series.is_some() && !shift.by.is_zero() {
            let first = shift.first(&whole, self.now);
            let name = |which| shift.name(&whole, which);
            set.schedule.generation += Box::pin(arm::carry(tx, (&whole, &set), Some, name, first)).await?;
            along::rename(tx, (&whole, &set), name).await?;
        }
        self.written(tx, (&whole, &set), Why::MOVED, effects).await?;
        facts.push(fact(&set.schedule, What::Updated, &*self.entropy));
        Ok((set.schedule, facts))
    }

    /// Changes one occurrence: what is then unlike the series is kept beside it.
    async fn one(
        &self,
        tx: &mut Tx<'_>,
        set: RecurrenceSet,
        which: WallTime,
        judged: bool,
    ) -> Result<(Occurrence, Effects), Error> {
        let found = occurrence(&set, which)?;
        self.only_of_its_own()?;
        let alone = Schedule { series: None, ..found.schedule };
        let change = self.patch.apply(&alone, self.now)?;
        if !change.any {
            return Ok((occurrence(&set, which)?, Effects::default()));
        }
        let moved = change.moved;
        let had = set.overrides.get(&which).and_then(|own| own.reminders.clone());
        let reminders = if change.rules_changed { self.own_reminders(&set, had.as_deref(), &change.rules) } else { had };
        let own = Override::between(which, (&set.schedule.text, &set.schedule.span_at(which)), (change.text, change.span));
        self.keep(tx, set, Override { reminders, ..own }, (moved, judged)).await
    }

    /// What is said of all that follow an occurrence, who are like that already, is said of the occurrence as well: of what it had of its
    /// own, this gives way.
    async fn give_way(
        &self,
        tx: &mut Tx<'_>,
        set: RecurrenceSet,
        which: WallTime,
        judged: bool,
    ) -> Result<(Occurrence, Effects), Error> {
        let had = set.overrides.get(&which);
        match had.map(|had| (had.clone().giving_way_to(&self.patch), had)) {
            Some((own, had)) if own != *had => {
                let moved = own.span != had.span;
                self.keep(tx, set, own, (moved, judged)).await
            }
            _ => Ok((occurrence(&set, which)?, Effects::default())),
        }
    }

    /// Writes what an occurrence has of its own from now on.
    async fn keep(
        &self,
        tx: &mut Tx<'_>,
        mut set: RecurrenceSet,
        own: Override,
        (moved, judged): (bool, bool),
    ) -> Result<(Occurrence, Effects), Error> {
        let which = own.recurrence_id;
        if moved && set.running() == Some(which) {
            return Err(ProgressError::Running.into());
        }
        let (whole, before) = (set.clone(), occurrence(&set, which)?);
        let had = set.overrides.remove(&which).and_then(|had| had.reminders);
        let otherwise = own.reminders != had;
        if own.is_empty() {
            store::calendar::overrides::remove(tx, self.id, which).await?;
        } else {
            store::calendar::overrides::put(tx, self.id, &own).await?;
            set.overrides.insert(which, own);
        }
        store::calendar::overrides::keep_reminders(tx, &set, self.now).await?;
        if set.overrides.len() > MAX_OVERRIDES {
            let detail = format!("a series has at most {MAX_OVERRIDES} occurrences that are unlike the rest");
            return Err(CalendarError::field("/recurrence_id", detail).into());
        }
        if judged {
            let after = occurrence(&set, which)?;
            let others = set.without(which);
            self.beside(&set, Some(&others)).refuse(tx, &Added::by_one(&after, &before), || wanted_one(&after)).await?;
        }
        set.schedule.touch(self.now, moved || otherwise);
        if otherwise && !moved {
            arm::adopt(tx, (&whole, &set), which).await?;
        }
        let mut effects = Effects::default();
        self.written(tx, (&whole, &set), Why::one_moved(which), &mut effects).await?;
        changed(tx, std::slice::from_ref(&set.schedule), What::Updated, &*self.entropy, &mut effects).await?;
        Ok((occurrence(&set, which)?, effects))
    }

    /// Ends the series before `from` and makes another of the rest, which is then changed. The answer is that other one.
    async fn following(
        &self,
        tx: &mut Tx<'_>,
        mut set: RecurrenceSet,
        from: WallTime,
        before: Option<RecurrenceSet>,
    ) -> Result<(Occurrence, Effects), Error> {
        occurrence(&set, from)?;
        let first = set.is_first(from);
        let parts = split(&set, from)?;
        if parts.from.start() != from && (self.patch.start.is_some() || self.patch.end.is_some()) {
            let detail = "a date that was added to the rule: move it alone, or choose an occurrence of the rule";
            return Err(CalendarError::field("/recurrence_id", detail).into());
        }
        let judged = before.is_some();
        if first {
            // Nothing comes before it: the schedule stays one, and begins there.
            let mut there = set.clone();
            there.repeat_as(parts.from);
            if !self.patch.apply(&there.schedule, self.now)?.any {
                return self.give_way(tx, set, from, judged).await;
            }
            self.unname(&mut there, from);
            return self.all(tx, there, before).await;
        }
        let mut rest = self.rest(&set, parts.from, from);
        let before = before.map(|_| rest.clone());
        self.unname(&mut rest, from);
        let mut change = self.patch.apply(&rest.schedule, self.now)?;
        if !change.any {
            // Those that follow are like that already; at most the one that was unlike them changes.
            return self.give_way(tx, set, from, judged).await;
        }
        let mut effects = Effects::default();
        let (whole, began) = (set.clone(), rest.schedule.span.start);
        let mut facts = self.provide(tx, &mut change, &rest.schedule).await?;
        let own_twins: Vec<_> = rest.overrides.iter().flat_map(|(which, own)| twins_of(&set, *which, own)).collect();
        let worked: Vec<WallTime> = rest.progress.keys().copied().collect();
        let renamed = follow(&mut rest, &mut change)?;
        let renewed = arm::renew(&rest.schedule.reminders, &change.rules, (self.now, &*self.entropy));
        self.change(&mut rest.schedule, change);
        rest.schedule.version = 1;
        // What goes along keeps its own, and has none that is to come.
        rest.schedule.generation = whole.schedule.generation + 1;
        let twin = |old: &Reminder| Some((old.id, rest.schedule.reminders.iter().find(|new| new.rule == old.rule)?.id));
        let mut twins: Vec<_> = set.schedule.reminders.iter().filter_map(twin).collect();
        twins.extend(own_twins);
        rest.schedule.reminders = renewed.reminders;

        set.overrides.retain(|own, _| *own < from);
        set.progress.retain(|which, _| *which < from);
        if let Some(before) = parts.before {
            set.repeat_as(before);
        }
        set.schedule.touch(self.now, true);
        if let Some(before) = before {
            let added = Added::by(&rest, Some(&before), self.now);
            self.beside(&rest, Some(&set)).refuse(tx, &added, || wanted(&rest)).await?;
        }
        // Before any alarm is locked: one schedule more is counted.
        store::calendar::insert(tx, &rest).await?;
        quota::check(tx, self.owner, self.settings).await?;
        // Before the part that ends gives up what it has no occurrence for.
        let shift = Shift::of(began, &rest, renamed);
        let twin = |of: ReminderId| twins.iter().find(|(old, _)| *old == of).map(|(_, new)| *new);
        arm::carry(tx, (&whole, &rest), twin, |which| shift.name(&whole, which), from).await?;
        along::divide(tx, (&whole, &rest), from, |which| shift.name(&whole, which)).await?;
        store::calendar::overrides::replace(tx, &set, self.now).await?;
        self.written(tx, (&whole, &set), Why::PASSED, &mut effects).await?;
        let items = worked
            .into_iter()
            .map(|which| (Item::occurrence(self.id, which), Item::occurrence(rest.schedule.id, shift.name(&whole, which))));
        store::progress::rename(tx, self.owner, &items.collect::<Vec<_>>()).await?;
        arm::arm(tx, &rest, Rung::default(), Why::MOVED, (self.now, &*self.entropy), &mut effects).await?;
        Box::pin(rooms::extend(tx, self.owner, (self.id, rest.schedule.id), self.now)).await?;
        facts.push(fact(&set.schedule, What::Updated, &*self.entropy));
        facts.push(fact(&rest.schedule, What::Created, &*self.entropy));
        tell(tx, (self.owner, self.now, &*self.entropy), facts, &mut effects).await?;
        Ok((Occurrence::only(rest.schedule), effects))
    }

    /// The rest of the calendar, with what the change leaves of the series beside what it is about.
    fn beside<'a>(&self, set: &RecurrenceSet, part: Option<&'a RecurrenceSet>) -> Beside<'a> {
        Beside { part, ..Beside::of(set, Some(self.id)) }
    }

    /// The part of a series from `from` on, as a schedule of its own, unchanged otherwise.
    fn rest(&self, set: &RecurrenceSet, series: recurrence::Series, from: WallTime) -> RecurrenceSet {
        // One at an instant rings once for the whole, and stays with the first part.
        let rules = set.schedule.reminders.iter().map(|reminder| reminder.rule);
        let rules: Vec<_> = rules.filter(|rule| rule.is_relative()).collect();
        let schedule = Schedule {
            id: ScheduleId::mint(self.now, &*self.entropy),
            span: set.schedule.span_at(series.start()),
            series: Some(series),
            reminders: arm::reminders(&rules, self.now, &*self.entropy),
            progress: Progress::default(),
            created_at: self.now,
            ..set.schedule.clone()
        };
        // Their alarms are planned anew in the other schedule.
        let anew = |own: &Override| {
            let rules = |own: &Vec<Reminder>| own.iter().map(|reminder| reminder.rule).collect::<Vec<_>>();
            let reminders = own.reminders.as_ref().map(rules).map(|rules| arm::reminders(&rules, self.now, &*self.entropy));
            Override { reminders, ..own.clone() }
        };
        let rest = RecurrenceSet::new(schedule, set.overrides.range(from..).map(|(_, own)| anew(own)));
        RecurrenceSet { progress: set.progress.range(from..).map(|(which, far)| (*which, *far)).collect(), ..rest }
    }

    /// What is said of an occurrence and all that follow is said of it as well, whatever it had of its own before.
    fn unname(&self, set: &mut RecurrenceSet, which: WallTime) {
        let own = set.overrides.remove(&which).map(|own| own.giving_way_to(&self.patch));
        set.overrides.extend(own.filter(|own| !own.is_empty()).map(|own| (which, own)));
    }

    /// The reminders that one occurrence is to have of its own; `None` if they are those of its series. One for the same time stays.
    fn own_reminders(&self, set: &RecurrenceSet, own: Option<&[Reminder]>, rules: &[ReminderRule]) -> Option<Vec<Reminder>> {
        let series: Vec<_> = set.schedule.reminders.iter().map(|reminder| reminder.rule).collect();
        if series == rules {
            return None;
        }
        Some(arm::renew(own.unwrap_or_default(), rules, (self.now, &*self.entropy)).reminders)
    }

    /// Refuses what only a whole series has.
    fn only_of_its_own(&self) -> Result<(), CalendarError> {
        let given = [
            ("/recurrence", self.patch.repeat != RepeatChange::Keep),
            ("/late", self.patch.late.is_some()),
            ("/category_id", self.patch.labels.category != Wish::Keep),
            ("/tags", self.patch.labels.tags.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((pointer, _)) => {
                Err(CalendarError::field(pointer, "one occurrence has this from its series: choose another scope"))
            }
            None => Ok(()),
        }
    }

    /// Takes over what changed, but not the reminders.
    fn change(&self, schedule: &mut Schedule, change: Change) {
        schedule.text = change.text;
        schedule.labels = change.labels;
        schedule.span = change.span;
        schedule.series = change.series;
        schedule.late = change.late;
        schedule.touch(self.now, change.moved);
    }

    /// Sees to it that the labels of a change are there; answers what there is to tell of it.
    async fn provide(&self, tx: &mut Tx<'_>, change: &mut Change, present: &Schedule) -> Result<Vec<streams::Draft>, Error> {
        let by = (self.now, &*self.entropy);
        labels::provide(tx, self.owner, (&mut change.labels, &present.labels), CalendarError::Invalid, by).await
    }

    /// Finishes a change: what it is found by, if that is something else now, and its alarms.
    async fn written(
        &self,
        tx: &mut Tx<'_>,
        (before, set): (&RecurrenceSet, &RecurrenceSet),
        why: Why,
        effects: &mut Effects,
    ) -> Result<(), Error> {
        if !search::are_alike(before, set) {
            store::search::put(tx, set).await?;
        }
        arm::save(tx, set, Rung::default(), why, (self.now, &*self.entropy), effects).await?;
        Ok(())
    }
}

/// The reminders of an occurrence that now belongs to another schedule, each with the one that takes its place.
fn twins_of(set: &RecurrenceSet, which: WallTime, now: &Override) -> Vec<(ReminderId, ReminderId)> {
    let Some(own) = &now.reminders else { return Vec::new() };
    set.reminders_of(which).iter().zip(own).map(|(old, new)| (old.id, new.id)).collect()
}

/// Changes a schedule of the caller, or the occurrences of it that `scope` names, and moves its alarms along. The answer is
/// the schedule, the one occurrence, or the new schedule that begins with it.
pub async fn update(
    app: &App,
    caller: &Caller,
    (id, scope, expected): (ScheduleId, Scope, Expected),
    patch: Patch,
    on_conflict: OnConflict,
    once: Option<Once>,
    render: Render<Occurrence>,
) -> Result<Answer, Error> {
    let case = Update {
        owner: caller.user,
        id,
        scope,
        patch,
        expected,
        on_conflict,
        settings: app.calendar(),
        now: app.now(),
        entropy: app.entropy(),
    };
    Box::pin(conflicts::commit(app, case, once, render)).await
}

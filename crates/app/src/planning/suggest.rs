//! Suggesting times for work, and planning it there.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{
    alarms::LatePolicy,
    calendar::{
        Draft, Moment, Purpose, RemindersDraft, SpanDraft,
        conflicts::{MAX_ONCE, Stretch},
        labels::{LabelsDraft, LabelsPatch},
    },
    identity::{Caller, IdentityError},
    planning::{Frame, MAX_SESSION, Most, Plan, PlanningError, Proposal, Unplaced, Wishes, alternatives, new_thing, plan},
    tasks::{Task, TaskError, TaskState},
};
use kernel::{Entropy, Instant, ScheduleId, TaskId, UserId, Zone};
use store::{
    Tx, UseCase,
    calendar::filtered::Narrow,
    tasks::lists::{self, Filter, Sort},
};

use super::{
    free_slots::taken,
    habits::{learn, worked},
};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{self, Create, OnConflict},
    once::Render,
    tasks::{self, plan::PlanSession},
};

/// Tasks planned at once.
pub const MAX_TASKS: usize = 50;
/// Sessions planned at once.
const MAX_PLANNED: usize = 50;
/// Ready tasks that are looked at, the first by deadline.
const MAX_READY: u32 = 1_000;
/// How far ahead is looked, unless something else is said, and at most.
const AHEAD: Duration = Duration::from_hours(7 * 24);
const MAX_AHEAD: Duration = Duration::from_hours(31 * 24);
/// Tasks that are not among these and come before them, and subtasks of all of them.
const MAX_PREDECESSORS: usize = 200;

/// For what a time is looked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// For these tasks.
    Tasks(Vec<TaskId>),
    /// For every task that is ready.
    Ready,
    /// For one thing that is no task, in one piece.
    New {
        /// What it is called.
        title: String,
        /// How long it takes.
        length: Duration,
    },
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// For what.
    pub wanted: Wanted,
    /// From when on; now, if that is later.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// For one thing, how many places.
    pub limit: usize,
    /// Whether it is planned there.
    pub commit: bool,
}

/// A place for a session.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Of which task.
    pub task: Option<TaskId>,
    /// What it is called.
    pub title: String,
    /// Where, and why.
    pub place: Proposal,
    /// The schedule it became, if it was planned.
    pub schedule: Option<ScheduleId>,
}

/// What was suggested.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// In the order in which they were found: for one thing the best first.
    pub suggestions: Vec<Suggestion>,
    /// What has no place, and why.
    pub unplaced: Vec<(Option<TaskId>, Unplaced)>,
}

struct Suggest {
    owner: UserId,
    ask: Ask,
    settings: calendar::Settings,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Suggest {
    type Out = (Suggested, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = if self.ask.commit {
            store::identity::users::lock(tx, self.owner).await?
        } else {
            store::identity::users::find(tx, self.owner).await?
        };
        let user = user.ok_or(IdentityError::Unauthenticated)?;
        let window = self.window()?;
        let taken = taken(tx, self.owner, window).await?;
        let (habits, _) = learn(tx, self.owner, &user.time_zone, self.now).await?;
        let mut frame = Frame {
            window,
            taken,
            work: Vec::new(),
            waking: user.rhythm.waking,
            habits,
            daily_goal_seconds: user.rhythm.daily_goal_seconds,
            zone: user.time_zone.clone(),
            most: Most { wishes: MAX_TASKS, sessions: MAX_PLANNED },
        };
        if frame.daily_goal_seconds > 0 {
            frame.work = self.work(tx, frame.days().begin(), window.1).await?;
        }
        let mut suggested = match &self.ask.wanted {
            Wanted::New { title, length } => self.one(&frame, title, *length)?,
            Wanted::Tasks(_) | Wanted::Ready => self.several(tx, &frame).await?,
        };
        let mut effects = Effects::default();
        if self.ask.commit {
            for suggestion in &mut suggested.suggestions {
                let (schedule, booked) = self.book(tx, &user.time_zone, suggestion).await?;
                suggestion.schedule = Some(schedule);
                effects.events.extend(booked.events);
                booked.next_alarm.into_iter().for_each(|due| effects.armed(due));
            }
        }
        Ok((suggested, effects))
    }
}

impl Suggest {
    fn window(&self) -> Result<(Instant, Instant), Error> {
        let from = self.ask.from.map_or(self.now, |from| from.max(self.now));
        let to = self.ask.to.unwrap_or(from + AHEAD);
        if to <= from || to.since(from) > MAX_AHEAD {
            return Err(PlanningError::field("/to", "must lie ahead, and at most 31 days after from").into());
        }
        Ok((from, to))
    }

    /// What counts for the goals of the days from `begin` to `to` already: what was worked, and what is planned for any task.
    async fn work(&self, tx: &mut Tx<'_>, begin: Instant, to: Instant) -> Result<Vec<Stretch>, Error> {
        let from = store::progress::reaching(tx, self.owner, begin).await?.unwrap_or(begin);
        let mut work = worked(tx, self.owner, (from, self.now)).await?;
        let planned = store::planning::sessions_within(tx, self.owner, (begin, to), MAX_ONCE).await?;
        if u32::try_from(planned.len()).is_ok_and(|count| count == MAX_ONCE) {
            return Err(PlanningError::TooDense.into());
        }
        work.extend(planned.iter().filter_map(|session| session.ahead(self.now)));
        Ok(work)
    }

    fn one(&self, frame: &Frame, title: &str, length: Duration) -> Result<Suggested, Error> {
        let (title, wish) = new_thing(title, length)?;
        let places = alternatives(frame, &wish, if self.ask.commit { 1 } else { self.ask.limit });
        let unplaced = if places.is_empty() { vec![(None, Unplaced::NoRoom)] } else { Vec::new() };
        let suggestion = |place| Suggestion { task: None, title: title.clone(), place, schedule: None };
        Ok(Suggested { suggestions: places.into_iter().map(suggestion).collect(), unplaced })
    }

    async fn several(&self, tx: &mut Tx<'_>, frame: &Frame) -> Result<Suggested, Error> {
        let tasks = self.tasks(tx).await?;
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
        let before: BTreeSet<TaskId> = tasks.iter().flat_map(|task| &task.blocked_by).copied().collect();
        let before: Vec<TaskId> = before.into_iter().filter(|first| !ids.contains(first)).collect();
        let mut all = [ids.as_slice(), &before].concat();
        let subtasks = store::planning::subtasks(tx, self.owner, &all).await?;
        let parts = subtasks.open_below(all.iter().copied()).into_keys();
        all.extend(parts.filter(|part| !ids.contains(part) && !before.contains(part)));
        if all.len() - ids.len() > MAX_PREDECESSORS {
            let beside = format!("these and what they wait for have more than {MAX_PREDECESSORS} other open tasks and subtasks");
            let detail = format!("{beside}: name fewer, or plan their subtasks by name");
            return Err(PlanningError::field("/task_ids", detail).into());
        }
        let sessions = store::planning::sessions(tx, self.owner, &all).await?;
        let due = store::planning::due(tx, self.owner, &ids).await?;
        let outside = store::planning::estimates(tx, self.owner, &before).await?;
        let Wishes { tasks: asked, wishes, unplaced } = Wishes::of(&tasks, &due, &outside, &subtasks, &sessions, self.now);
        let sessions: u64 = wishes.iter().map(|wish| wish.length.as_secs().div_ceil(MAX_SESSION.as_secs())).sum();
        if sessions > MAX_PLANNED as u64 && matches!(self.ask.wanted, Wanted::Tasks(_)) {
            let detail = format!("this would be {sessions} sessions, and {MAX_PLANNED} are planned at once: name fewer tasks");
            return Err(PlanningError::field("/task_ids", detail).into());
        }
        let Plan { proposals, unplaced: no_room, over_limit } = plan(frame, &wishes);
        let no_room = no_room.iter().map(|index| (asked[*index].id, Unplaced::NoRoom));
        let over_limit = over_limit.iter().map(|index| (asked[*index].id, Unplaced::OverLimit));
        let unplaced = unplaced.into_iter().chain(no_room).chain(over_limit).map(|(task, why)| (Some(task), why)).collect();
        let suggestion = |place: Proposal| {
            let task = asked[place.wish];
            Suggestion { task: Some(task.id), title: task.title.clone(), place, schedule: None }
        };
        Ok(Suggested { suggestions: proposals.into_iter().map(suggestion).collect(), unplaced })
    }

    async fn tasks(&self, tx: &mut Tx<'_>) -> Result<Vec<Task>, Error> {
        let Wanted::Tasks(ids) = &self.ask.wanted else {
            let filter = Filter {
                state: Some(TaskState::Open),
                archived: false,
                ready: true,
                before: None,
                parent: None,
                narrow: Narrow::default(),
                sort: Sort::Deadline,
                after: None,
                limit: MAX_READY,
            };
            return Ok(lists::page(tx, self.owner, &filter).await?);
        };
        let mut ids = ids.clone();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() || ids.len() > MAX_TASKS {
            return Err(PlanningError::field("/task_ids", format!("name 1 to {MAX_TASKS} tasks")).into());
        }
        let mut tasks = Vec::new();
        for id in ids {
            let task = store::tasks::find(tx, self.owner, id).await?.ok_or(TaskError::NotFound)?;
            if !task.is_active() {
                return Err(TaskError::Closed.into());
            }
            tasks.push(task);
        }
        Ok(tasks)
    }

    /// Plans a suggestion: its place is free in this transaction, in which nobody else decides about the calendar.
    async fn book(&self, tx: &mut Tx<'_>, zone: &Zone, suggestion: &Suggestion) -> Result<(ScheduleId, Effects), Error> {
        let Proposal { start, end, .. } = suggestion.place;
        // Where the zone shows an hour twice, only UTC can say which one is meant.
        let shown = |at: Instant| zone.resolve(zone.wall_at(at)).instant == at;
        let zone = if shown(start) && shown(end) { zone.clone() } else { Zone::utc() };
        let draft = Draft {
            title: suggestion.title.clone(),
            description: String::new(),
            location: String::new(),
            kind: "event".to_owned(),
            busy: true,
            labels: LabelsDraft::default(),
            span: SpanDraft {
                all_day: false,
                zone,
                start: Moment::Instant(start),
                end: Some(Moment::Instant(end)),
                duration: None,
            },
            repeat: None,
            reminders: RemindersDraft::Default,
            late: LatePolicy::default(),
        };
        let (owner, on_conflict, settings) = (self.owner, OnConflict::Allow, self.settings);
        let (now, entropy) = (self.now, Arc::clone(&self.entropy));
        let (schedule, effects) = match suggestion.task {
            Some(task) => {
                let labels = LabelsPatch::default();
                let plan = tasks::Plan { title: None, description: None, kind: None, labels, draft, on_conflict };
                PlanSession { owner, task, plan, settings, now, entropy }.run(tx).await?
            }
            None => Create { owner, purpose: Purpose::Event, draft, on_conflict, settings, now, entropy }.run(tx).await?,
        };
        Ok((schedule.id, effects))
    }
}

/// Suggests times for work. Nothing is written, unless that is asked: then all of it is planned in the transaction that looked, as
/// sessions of its tasks.
pub async fn suggest(
    app: &App,
    caller: &Caller,
    ask: Ask,
    once: Option<Once>,
    render: Render<Suggested>,
) -> Result<Answer, Error> {
    let writes = ask.commit || once.is_some();
    let case = Suggest { owner: caller.user, ask, settings: app.calendar(), now: app.now(), entropy: app.entropy() };
    if writes {
        return Box::pin(app.commit_once(case, once, render)).await;
    }
    let (suggested, _) = app.store().read(case).await?;
    Ok(Answer { rendered: render(&suggested), replayed: false })
}

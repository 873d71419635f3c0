//! Suggesting times for work, and planning it there.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    alarms::LatePolicy,
    calendar::{Draft, Moment, Purpose, RemindersDraft, SpanDraft, labels::LabelsDraft},
    identity::{Caller, IdentityError},
    planning::{Frame, MAX_SESSION, Plan, PlanningError, Proposal, Wish, alternatives, plan},
    tasks::{Task, TaskError, TaskState},
};
use kernel::{Entropy, Instant, ScheduleId, TaskId, UserId, Zone};
use store::{
    Tx, UseCase,
    calendar::filtered::Narrow,
    tasks::lists::{self, Filter, Sort},
};

use super::{free_slots::taken, habits::learn};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{self, Create, OnConflict},
    once::Render,
    tasks,
};

/// Tasks planned at once.
pub const MAX_TASKS: usize = 50;
/// Sessions planned at once.
const MAX_PLANNED: usize = 50;
/// How far ahead is looked, unless something else is said, and at most.
const AHEAD: Duration = Duration::from_hours(7 * 24);
const MAX_AHEAD: Duration = Duration::from_hours(31 * 24);
/// What a task takes that has no estimate.
const UNKNOWN_SECONDS: u32 = 3_600;

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

/// Why a task has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unplaced {
    /// There is no room for all of it.
    NoRoom,
    /// It waits for an open task that is not among those planned.
    Blocked,
    /// All of it is planned already.
    Planned,
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
        let frame = Frame {
            window,
            taken,
            waking: user.rhythm.waking,
            habits,
            daily_goal_seconds: user.rhythm.daily_goal_seconds,
            zone: user.time_zone.clone(),
        };
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

    fn one(&self, frame: &Frame, title: &str, length: Duration) -> Result<Suggested, Error> {
        let wish = Wish { length, deadline: None, importance: 5, difficulty: 3, after: Vec::new() };
        if title.trim().is_empty() || title.chars().count() > 200 || title.chars().any(char::is_control) {
            return Err(PlanningError::field("/title", "one visible line of at most 200 characters").into());
        }
        if length.is_zero() || length > Duration::from_hours(24) {
            return Err(PlanningError::field("/duration", "longer than nothing, and at most a day").into());
        }
        let places = alternatives(frame, &wish, if self.ask.commit { 1 } else { self.ask.limit });
        let unplaced = if places.is_empty() { vec![(None, Unplaced::NoRoom)] } else { Vec::new() };
        let suggestion = |place| Suggestion { task: None, title: title.trim().to_owned(), place, schedule: None };
        Ok(Suggested { suggestions: places.into_iter().map(suggestion).collect(), unplaced })
    }

    async fn several(&self, tx: &mut Tx<'_>, frame: &Frame) -> Result<Suggested, Error> {
        let tasks = self.tasks(tx).await?;
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
        let mut ahead: HashMap<TaskId, u64> = HashMap::new();
        for (task, start, end) in store::planning::sessions_ahead(tx, self.owner, &ids, self.now).await? {
            *ahead.entry(task).or_default() += end.since(start.max(self.now)).as_secs();
        }
        let mut unplaced = Vec::new();
        let (mut asked, mut left): (Vec<&Task>, Vec<Duration>) = (Vec::new(), Vec::new());
        for task in &tasks {
            let estimate = u64::from(task.estimate_seconds.unwrap_or(UNKNOWN_SECONDS));
            let rest = estimate.saturating_sub(ahead.get(&task.id).copied().unwrap_or(0));
            if task.blocked_by.iter().any(|other| !ids.contains(other)) {
                unplaced.push((Some(task.id), Unplaced::Blocked));
            } else if rest == 0 {
                unplaced.push((Some(task.id), Unplaced::Planned));
            } else {
                asked.push(task);
                left.push(Duration::from_secs(rest));
            }
        }
        let sessions: u64 = left.iter().map(|left| left.as_secs().div_ceil(MAX_SESSION.as_secs())).sum();
        if sessions > MAX_PLANNED as u64 {
            let detail = format!("this would be {sessions} sessions, and {MAX_PLANNED} are planned at once: name fewer tasks");
            return Err(PlanningError::field("/task_ids", detail).into());
        }
        let place = |id: &TaskId| asked.iter().position(|task| task.id == *id);
        let wish = |(task, length): (&&Task, &Duration)| Wish {
            length: *length,
            deadline: task.deadline.as_ref().map(|deadline| deadline.at.instant),
            importance: task.importance,
            difficulty: task.difficulty,
            after: task.blocked_by.iter().filter_map(place).collect(),
        };
        let wishes: Vec<Wish> = asked.iter().zip(&left).map(wish).collect();
        let Plan { proposals, unplaced: no_room } = plan(frame, &wishes);
        unplaced.extend(no_room.iter().map(|index| (Some(asked[*index].id), Unplaced::NoRoom)));
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
                limit: u32::try_from(MAX_TASKS).unwrap_or(u32::MAX),
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
        let Proposal { start, end, part, parts, .. } = suggestion.place;
        if let (Some(task), 1) = (suggestion.task, part) {
            tasks::plan::room(tx, self.owner, task, parts).await?;
        }
        let labels = match suggestion.task {
            Some(task) => tasks::plan::labels(tx, self.owner, task).await?,
            None => LabelsDraft::default(),
        };
        // Where the zone shows an hour twice, only UTC can say which one is meant.
        let shown = |at: Instant| zone.resolve(zone.wall_at(at)).instant == at;
        let zone = if shown(start) && shown(end) { zone.clone() } else { Zone::utc() };
        let draft = Draft {
            title: suggestion.title.clone(),
            description: String::new(),
            location: String::new(),
            kind: "event".to_owned(),
            busy: true,
            labels,
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
        let (owner, purpose) = (self.owner, suggestion.task.map_or(Purpose::Event, Purpose::Session));
        let (settings, now, entropy) = (self.settings, self.now, Arc::clone(&self.entropy));
        let create = Create { owner, purpose, draft, on_conflict: OnConflict::Allow, settings, now, entropy };
        let (schedule, effects) = create.run(tx).await?;
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

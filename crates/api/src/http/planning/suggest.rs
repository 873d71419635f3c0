//! `POST /api/v1/suggestions`

use std::sync::Arc;

use app::{
    App, Rendered, calendar,
    domain::planning::{PlanningError, Reason, Unplaced, Violated},
    planning::{self, Ask, Suggested, Suggestion, Wanted},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Instant, Length, ScheduleId, TaskId, Zone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Caller, Problem, Write, answer, page::Moments, rendered};

/// Places answered for one thing, unless asked otherwise, and at most.
const LIMIT: (usize, usize) = (3, 20);

/// For what a time is looked for: tasks, one new thing (`title` and `duration`), or nothing said: every task that is ready.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SuggestionsAsked {
    /// Tasks to plan, at most 50.
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    task_ids: Option<Vec<TaskId>>,
    /// What is new, one line.
    #[schema(example = "Write the report")]
    title: Option<String>,
    /// How long that takes, ISO 8601.
    #[schema(example = "PT1H")]
    duration: Option<String>,
    /// From when on: an instant, or a date or wall time in your zone; now unless given.
    #[schema(example = "2026-11-23")]
    from: Option<String>,
    /// Until when, written as `from`: a week later unless given, at most 31 days.
    #[schema(example = "2026-11-28")]
    to: Option<String>,
    /// How many places for one new thing, 3 unless given, at most 20.
    #[schema(minimum = 1, maximum = 20)]
    limit: Option<i64>,
    /// Plan it there at once: tasks become sessions, one new thing a schedule in the best place.
    #[serde(default)]
    commit: bool,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuggestionsView {
    /// For one new thing the best place first; for tasks one place for each session, in the order in which they were placed.
    proposals: Vec<ProposalView>,
    /// What has no place.
    unplaced: Vec<UnplacedView>,
}

/// A place for a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    /// Of which task; null for what is new.
    #[schema(value_type = Option<String>)]
    task_id: Option<TaskId>,
    title: String,
    /// Which of the sessions of its task, from 1 on.
    part: usize,
    /// How many they are.
    parts: usize,
    #[schema(value_type = String, format = DateTime)]
    start: Instant,
    #[schema(value_type = String, format = DateTime)]
    end: Instant,
    /// Why there.
    reasons: Vec<SaidView>,
    /// What it does not keep to.
    violated_wishes: Vec<SaidView>,
    /// The schedule it became with `commit`.
    #[schema(value_type = Option<String>)]
    schedule_id: Option<ScheduleId>,
}

/// A stable code, and what it means.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidView {
    #[schema(example = "before_deadline")]
    code: &'static str,
    #[schema(example = "It ends before the deadline.")]
    detail: &'static str,
}

/// What has no place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnplacedView {
    /// Which task; null for what is new.
    #[schema(value_type = Option<String>)]
    task_id: Option<TaskId>,
    /// Why.
    reason: SaidView,
}

fn reason(reason: Reason) -> SaidView {
    let (code, detail) = match reason {
        Reason::BeforeDeadline => ("before_deadline", "It ends before the deadline."),
        Reason::BeforeSuccessors => ("before_successors", "It ends early enough for the deadline of what waits for it."),
        Reason::AfterPredecessors => ("after_predecessors", "It comes after what it waits for."),
        Reason::StrongHours => ("strong_hours", "It is hard work, in hours in which you do much."),
        Reason::WithinDailyGoal => {
            ("within_daily_goal", "The goal of the day has room for it, beside what is worked and planned on it.")
        }
        Reason::Earliest => ("earliest", "No earlier day has a place as good."),
    };
    SaidView { code, detail }
}

fn violated(violated: Violated) -> SaidView {
    let (code, detail) = match violated {
        Violated::Asleep => ("asleep", "You sleep then: nothing else is free."),
        Violated::AfterDeadline => ("after_deadline", "It ends after the deadline: nothing earlier is free."),
        Violated::OverDailyGoal => {
            ("over_daily_goal", "With what is worked and planned on it, it is more than the goal of that day.")
        }
    };
    SaidView { code, detail }
}

fn unplaced(why: Unplaced) -> SaidView {
    let (code, detail) = match why {
        Unplaced::NoRoom => ("no_room", "There is no room for all of it, or for what it waits for."),
        Unplaced::Blocked => ("blocked", "It waits for an open task of which not all is planned."),
        Unplaced::Planned => ("planned", "All of it is planned already."),
        Unplaced::InParts => ("in_parts", "Its subtasks take all of its time: there is nothing to plan for itself."),
        Unplaced::OverLimit => ("over_limit", "Others are more urgent, and no more is planned at once."),
    };
    SaidView { code, detail }
}

fn proposal(Suggestion { task, title, place, schedule }: &Suggestion) -> ProposalView {
    ProposalView {
        task_id: *task,
        title: title.clone(),
        part: place.part,
        parts: place.parts,
        start: place.start,
        end: place.end,
        reasons: place.reasons.iter().copied().map(reason).collect(),
        violated_wishes: place.violated.iter().copied().map(violated).collect(),
        schedule_id: *schedule,
    }
}

impl SuggestionsAsked {
    fn wanted(&self) -> Result<Wanted, PlanningError> {
        match (&self.task_ids, &self.title, &self.duration) {
            (Some(ids), None, None) => Ok(Wanted::Tasks(ids.clone())),
            (None, Some(title), Some(duration)) => {
                let length: Length = duration.parse().map_err(|error| PlanningError::field("/duration", format!("{error}")))?;
                Ok(Wanted::New { title: title.clone(), length: length.duration() })
            }
            (None, None, None) => Ok(Wanted::Ready),
            (Some(_), ..) => Err(PlanningError::field("/task_ids", "give either tasks, or a title and a duration")),
            (None, Some(_), None) => Err(PlanningError::field("/duration", "say how long it takes")),
            (None, None, Some(_)) => Err(PlanningError::field("/title", "say what it is called")),
        }
    }

    fn limit(&self) -> Result<usize, PlanningError> {
        let limit = self.limit.map_or(Some(LIMIT.0), |limit| usize::try_from(limit).ok());
        let fits = limit.filter(|limit| (1..=LIMIT.1).contains(limit));
        fits.ok_or_else(|| PlanningError::field("/limit", format!("1 to {}", LIMIT.1)))
    }
}

/// Suggest times
///
/// Finds places for work, by rules and without chance: the same calendar has the same answer. Nothing is written unless `commit` is
/// true; then all of it is planned in the transaction that looked. What is taken stays as it is. Of a task only what is not planned
/// yet gets a place, and of one with subtasks only what they leave of it, after all of them; one without an estimate takes an hour.
/// What waits for another task comes after all sessions of that, also where these are planned already.
#[utoipa::path(
    post, path = "/api/v1/suggestions", tag = "planning", request_body = SuggestionsAsked,
    responses((status = 200, description = "What was found, or planned", body = SuggestionsView))
)]
pub(crate) async fn suggest(
    Extract(app): Extract<App>,
    caller: Caller,
    request: Write<SuggestionsAsked>,
) -> Result<Response, Problem> {
    let body = &request.body;
    let wanted = body.wanted().map_err(Problem::of)?;
    let limit = body.limit().map_err(Problem::of)?;
    let moments = Moments { from: body.from.as_deref(), to: body.to.as_deref() };
    let zone = if moments.need_zone() { calendar::own_zone(&app, &caller.0).await? } else { Zone::utc() };
    let (from, to) = moments.resolve(&zone)?;
    let (from, to) = (body.from.as_ref().map(|_| from), body.to.as_ref().map(|_| to));
    let ask = Ask { wanted, from, to, limit, commit: body.commit };
    Ok(answer(planning::suggest(&app, &caller.0, ask, request.once, Arc::new(shown)).await?))
}

fn shown(suggested: &Suggested) -> Rendered {
    let view = |(task, why): &(Option<TaskId>, Unplaced)| UnplacedView { task_id: *task, reason: unplaced(*why) };
    let view = SuggestionsView {
        proposals: suggested.suggestions.iter().map(proposal).collect(),
        unplaced: suggested.unplaced.iter().map(view).collect(),
    };
    rendered(StatusCode::OK, None, None, &view)
}

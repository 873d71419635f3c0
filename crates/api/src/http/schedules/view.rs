//! A schedule as it goes over the wire, in and out.

use app::{
    Rendered,
    calendar::Expected,
    domain::{
        alarms::{Anchor, ReminderRule, When},
        calendar::{Moment, Occurrence, Schedule},
    },
};
use http::StatusCode;
use kernel::{CategoryId, FieldError, Instant, Length, ReminderId, Resolution, ScheduleId, TaskId, WallTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    progress::ProgressView,
    recurrence::{Late, RecurrenceView},
};
use crate::http::{IfMatch, etag, rendered};

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScheduleView {
    /// Its id.
    #[schema(value_type = String, example = "sch_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: ScheduleId,
    /// One line.
    #[schema(example = "Stand-up")]
    title: String,
    /// Any number of lines, may be empty.
    description: String,
    /// Where, may be empty.
    location: String,
    /// A short word.
    #[schema(example = "event")]
    kind: String,
    /// Whether the time counts as taken.
    busy: bool,
    /// Its category; null: none.
    #[schema(value_type = Option<String>)]
    category_id: Option<CategoryId>,
    /// The names of its tags, in order.
    #[schema(example = json!(["deep work"]))]
    tags: Vec<String>,
    /// Whole days: `start` and `end` are dates, `end` is the day after the last one.
    all_day: bool,
    /// The IANA zone `start` and `end` are meant in.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// What the clock on the wall shows at the start; a date for whole days.
    #[schema(example = "2026-11-20T09:30:00")]
    start: String,
    /// What the clock on the wall shows at the end; a date for whole days.
    #[schema(example = "2026-11-20T10:00:00")]
    end: String,
    /// The instant of the start, derived.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T00:30:00Z")]
    start_at: Instant,
    /// The instant of the end, derived.
    #[schema(value_type = String, format = DateTime, example = "2026-11-20T01:00:00Z")]
    end_at: Instant,
    /// `gap`: the start is skipped by a change of clocks and was moved forward; `fold`: it comes twice, the first is meant.
    #[schema(value_type = String, example = "unique")]
    start_resolution: Resolution,
    /// The same for the end.
    #[schema(value_type = String, example = "unique")]
    end_resolution: Resolution,
    /// How it repeats; null: it happens once.
    recurrence: Option<RecurrenceView>,
    /// Of one occurrence of a series, its name within the series: the wall time the rule gives it, wherever it was moved to; a
    /// date for whole days. Null for what happens once and for a series as a whole.
    #[schema(example = json!(null))]
    recurrence_id: Option<String>,
    /// Whether this occurrence is unlike the rest of its series.
    overridden: bool,
    /// What becomes of reminders that are found late.
    late: Late,
    /// When it rings.
    reminders: Vec<ReminderView>,
    /// How far it is.
    progress: ProgressView,
    /// The task it is planned for, if it is.
    #[schema(value_type = Option<String>, example = json!(null))]
    task_id: Option<TaskId>,
    /// Grows with every change; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
    /// When it was put into the trash, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    deleted_at: Option<Instant>,
}

/// A reminder of a schedule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReminderView {
    /// Its id.
    #[schema(value_type = String)]
    id: ReminderId,
    /// How long before, if it is relative.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "PT30M")]
    before: Option<Length>,
    /// Before what, if it is relative.
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_to: Option<RelativeTo>,
    /// When, if it is absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Whether it rings in quiet hours as well.
    critical: bool,
}

/// Which end of a schedule a reminder looks at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RelativeTo {
    Start,
    End,
}

/// A reminder that is asked for: either `before` (and perhaps `relative_to`), or `at`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReminderDraft {
    /// ISO 8601, elapsed time: a day is 24 hours.
    #[schema(value_type = Option<String>, example = "PT30M")]
    before: Option<Length>,
    /// `start` unless given.
    relative_to: Option<RelativeTo>,
    /// An instant, whatever the schedule does.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
    /// Whether it rings in quiet hours as well; not, unless given.
    critical: Option<bool>,
}

impl ReminderDraft {
    fn rule(&self, index: usize) -> Result<ReminderRule, FieldError> {
        let when = match (self.before, self.relative_to, self.at) {
            (None, None, Some(at)) => When::At(at),
            (Some(before), anchor, None) => {
                let lead_seconds = u32::try_from(before.seconds())
                    .map_err(|_| FieldError::new(format!("/reminders/{index}/before"), "at most 366 days before"))?;
                let anchor = match anchor {
                    None | Some(RelativeTo::Start) => Anchor::Start,
                    Some(RelativeTo::End) => Anchor::End,
                };
                When::Before { lead_seconds, anchor }
            }
            _ => {
                return Err(FieldError::new(
                    format!("/reminders/{index}"),
                    "write either {\"before\": \"PT30M\"}, with relative_to start or end, or {\"at\": \"2026-11-20T00:00:00Z\"}",
                ));
            }
        };
        Ok(ReminderRule { when, critical: self.critical.unwrap_or(false) })
    }
}

/// The rules of a list of drafts; what is wrong is added to `errors`.
pub(super) fn rules(drafts: &[ReminderDraft], errors: &mut Vec<FieldError>) -> Vec<ReminderRule> {
    let rules = drafts.iter().enumerate().filter_map(|(index, draft)| draft.rule(index).map_err(|e| errors.push(e)).ok());
    rules.collect()
}

/// The moment in `text`; what is wrong with it is added to `errors`.
pub(crate) fn moment(pointer: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<Moment> {
    text.parse().map_err(|detail: &str| errors.push(FieldError::new(pointer, detail))).ok()
}

/// The value in `text`; what is wrong with it is added to `errors`.
pub(crate) fn parse<T>(pointer: &str, text: &str, errors: &mut Vec<FieldError>) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|detail: T::Err| errors.push(FieldError::new(pointer, detail.to_string()))).ok()
}

impl From<&Schedule> for ScheduleView {
    fn from(schedule: &Schedule) -> Self {
        let Schedule { text, labels, span, .. } = schedule;
        let shown = |wall: WallTime| wall.named(span.all_day);
        Self {
            id: schedule.id,
            title: text.title.clone(),
            description: text.description.clone(),
            location: text.location.clone(),
            kind: text.kind.clone(),
            busy: text.busy,
            category_id: labels.category,
            tags: labels.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
            all_day: span.all_day,
            time_zone: span.zone.name().to_owned(),
            start: shown(span.start),
            end: shown(span.end),
            start_at: span.start_at.instant,
            end_at: span.end_at.instant,
            start_resolution: span.start_at.resolution,
            end_resolution: span.end_at.resolution,
            recurrence: RecurrenceView::of(schedule),
            recurrence_id: None,
            overridden: false,
            late: schedule.late.into(),
            reminders: schedule.reminders.iter().map(|r| ReminderView::new(r.id, r.rule)).collect(),
            progress: ProgressView::from(&schedule.progress),
            task_id: schedule.purpose.session(),
            version: schedule.version,
            created_at: schedule.created_at,
            updated_at: schedule.updated_at,
            deleted_at: schedule.deleted_at,
        }
    }
}

impl From<&Occurrence> for ScheduleView {
    fn from(occurrence: &Occurrence) -> Self {
        let recurrence_id = occurrence.recurrence_id.map(|which| which.named(occurrence.by_day));
        Self { recurrence_id, overridden: occurrence.overridden, ..Self::from(&occurrence.schedule) }
    }
}

impl ReminderView {
    fn new(id: ReminderId, rule: ReminderRule) -> Self {
        let (before, relative_to, at) = match rule.when {
            When::At(at) => (None, None, Some(at)),
            When::Before { lead_seconds, anchor } => {
                let relative_to = match anchor {
                    Anchor::Start => RelativeTo::Start,
                    Anchor::End => RelativeTo::End,
                };
                (Some(Length::from_seconds(lead_seconds.into())), Some(relative_to), None)
            }
        };
        Self { id, before, relative_to, at, critical: rule.critical }
    }
}

/// `200 OK` with the schedule, or the occurrence, as it is now.
pub(super) fn shown(found: &Occurrence) -> Rendered {
    rendered(StatusCode::OK, None, Some(&etag(found.schedule.version)), &ScheduleView::from(found))
}

impl From<IfMatch> for Expected {
    fn from(header: IfMatch) -> Self {
        match header {
            IfMatch::Missing => Self::Unsaid,
            IfMatch::Any => Self::Any,
            IfMatch::Version(version) => Self::Version(version),
        }
    }
}

//! How a schedule repeats and what becomes of late reminders, as it goes over the wire.

use app::{
    calendar::Scope,
    domain::{
        alarms::{LateAction, LatePolicy},
        calendar::{CalendarError, Moment, RepeatChange, RepeatDraft, Schedule},
    },
};
use kernel::{FieldError, Length, WallTime};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{conflicts::ConflictPolicy, view::moment};

/// How a schedule repeats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecurrenceView {
    /// The rule, as RFC 5545 writes it.
    #[schema(example = "FREQ=WEEKLY;BYDAY=MO,WE")]
    rrule: String,
    /// Occurrences beside those of the rule: wall times, or dates for whole days.
    rdates: Vec<String>,
    /// Occurrences that are not.
    exdates: Vec<String>,
}

impl RecurrenceView {
    pub(super) fn of(schedule: &Schedule) -> Option<Self> {
        let recurrence = schedule.series.as_ref()?.recurrence();
        let texts = |dates: &[WallTime]| dates.iter().map(|date| date.named(schedule.span.all_day)).collect();
        Some(Self { rrule: recurrence.rule.to_string(), rdates: texts(&recurrence.rdates), exdates: texts(&recurrence.exdates) })
    }
}

/// A recurrence that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecurrenceDraft {
    /// RFC 5545 RRULE; `docs/recurrence.md` says what is supported.
    #[schema(max_length = 2000, example = "FREQ=WEEKLY;BYDAY=MO,WE")]
    rrule: String,
    /// Occurrences beside those of the rule, written as `start`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    rdates: Vec<String>,
    /// Occurrences that shall not be, written as `start`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    exdates: Vec<String>,
}

impl RecurrenceDraft {
    pub(super) fn draft(self, errors: &mut Vec<FieldError>) -> RepeatDraft {
        let mut moments = |name: &str, texts: &[String]| -> Vec<Moment> {
            let read = |(index, text): (usize, &String)| moment(&format!("/recurrence/{name}/{index}"), text, errors);
            texts.iter().enumerate().filter_map(read).collect()
        };
        let (rdates, exdates) = (moments("rdates", &self.rdates), moments("exdates", &self.exdates));
        RepeatDraft { rrule: self.rrule, rdates, exdates }
    }
}

/// What a change says of the recurrence: `null` is not the same as nothing at all.
#[derive(Debug, Default)]
pub(super) enum RecurrenceChange {
    /// Nothing: it stays.
    #[default]
    Unsaid,
    /// `null`: it happens once from now on.
    Null,
    /// It repeats like this.
    Given(RecurrenceDraft),
}

impl<'de> Deserialize<'de> for RecurrenceChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

impl RecurrenceChange {
    pub(super) fn change(self, errors: &mut Vec<FieldError>) -> RepeatChange {
        match self {
            Self::Unsaid => RepeatChange::Keep,
            Self::Null => RepeatChange::Once,
            Self::Given(draft) => RepeatChange::Repeat(draft.draft(errors)),
        }
    }
}

/// What becomes of reminders that are found late, because nothing was running when they were due.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Late {
    /// For those later than the grace.
    policy: Policy,
    /// So late they ring as if nothing had been, at most ten of a reminder. ISO 8601; a day unless given.
    #[serde(default = "day")]
    #[schema(value_type = Option<String>, example = "PT24H")]
    grace: Length,
}

/// What becomes of reminders that are later than the grace.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Policy {
    /// Each of them rings.
    Ring,
    /// One rings for all of them.
    Coalesce,
    /// None rings; that is recorded.
    Skip,
}

fn day() -> Length {
    Length::from_seconds(86_400)
}

impl Late {
    fn policy(&self) -> Result<LatePolicy, FieldError> {
        let grace_seconds = u32::try_from(self.grace.seconds());
        let action = match self.policy {
            Policy::Ring => LateAction::Ring,
            Policy::Coalesce => LateAction::Coalesce,
            Policy::Skip => LateAction::Skip,
        };
        let grace_seconds = grace_seconds.map_err(|_| FieldError::new("/late/grace", "at most 366 days"))?;
        Ok(LatePolicy { action, grace_seconds })
    }
}

/// The policy, if one is given; what is wrong with it is added to `errors`.
pub(super) fn late(given: Option<&Late>, errors: &mut Vec<FieldError>) -> Option<LatePolicy> {
    given?.policy().map_err(|error| errors.push(error)).ok()
}

impl From<LatePolicy> for Late {
    fn from(late: LatePolicy) -> Self {
        let policy = match late.action {
            LateAction::Ring => Policy::Ring,
            LateAction::Coalesce => Policy::Coalesce,
            LateAction::Skip => Policy::Skip,
        };
        Self { policy, grace: Length::from_seconds(late.grace_seconds.into()) }
    }
}

/// Which occurrences of a series a request is about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `all` unless given; `this` and `following` name an occurrence.
    #[param(inline)]
    scope: Option<ScopeName>,
    /// The occurrence: `recurrence_id` as the list shows it.
    #[param(example = "2026-11-20T09:30:00", max_length = 32)]
    recurrence_id: Option<String>,
}

/// Which occurrences of a series a change is about, and what to do if its time is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Target {
    /// `all` unless given; `this` and `following` name an occurrence.
    #[param(inline)]
    scope: Option<ScopeName>,
    /// The occurrence: `recurrence_id` as the list shows it.
    #[param(example = "2026-11-20T09:30:00", max_length = 32)]
    recurrence_id: Option<String>,
    /// `reject` unless given: 409 if some of the time that is added is taken by what else is busy. Of a series what is over is not
    /// judged, and nothing beyond two years.
    #[param(inline)]
    pub(super) on_conflict: Option<ConflictPolicy>,
}

impl Target {
    pub(super) fn which(self) -> Which {
        Which { scope: self.scope, recurrence_id: self.recurrence_id }
    }
}

/// Which occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ScopeName {
    /// This one.
    This,
    /// This one and all after it.
    Following,
    /// All of them.
    All,
}

impl Which {
    pub(super) fn scope(&self) -> Result<Scope, CalendarError> {
        let which = self.recurrence_id.as_deref().map(recurrence_id).transpose()?;
        match (self.scope.unwrap_or(ScopeName::All), which) {
            (ScopeName::All, None) => Ok(Scope::All),
            (ScopeName::All, Some(_)) => Err(CalendarError::field("/recurrence_id", "goes with scope this or following")),
            (ScopeName::This, Some(which)) => Ok(Scope::This(which)),
            (ScopeName::Following, Some(which)) => Ok(Scope::Following(which)),
            (ScopeName::This | ScopeName::Following, None) => {
                Err(CalendarError::field("/recurrence_id", "say which occurrence is meant"))
            }
        }
    }
}

/// The name of an occurrence: the wall time, or the date of whole days, that the rule gives it.
pub(super) fn recurrence_id(text: &str) -> Result<WallTime, CalendarError> {
    match text.parse() {
        Ok(Moment::Wall(wall)) => Ok(wall),
        Ok(Moment::Date(date)) => Ok(WallTime::midnight(date)),
        Ok(Moment::Instant(_)) | Err(_) => {
            let detail = "write the recurrence_id of the list: 2026-11-20T09:30:00, or 2026-11-20 for whole days";
            Err(CalendarError::field("/recurrence_id", detail))
        }
    }
}

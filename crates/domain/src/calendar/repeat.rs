//! How a schedule is asked to repeat.

use kernel::{FieldError, WallTime};

use super::{
    CalendarError, Moment, Span,
    recurrence::{Recurrence, Rule, Series},
};

/// A recurrence that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatDraft {
    /// RRULE, with or without its name in front.
    pub rrule: String,
    /// Occurrences beside those of the rule.
    pub rdates: Vec<Moment>,
    /// Occurrences that shall not be.
    pub exdates: Vec<Moment>,
}

/// What a change makes of a recurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RepeatChange {
    /// It stays; where the start moves, it moves along.
    #[default]
    Keep,
    /// It happens once from now on.
    Once,
    /// It repeats like this.
    Repeat(RepeatDraft),
}

impl RepeatDraft {
    /// The series it asks for, from the start of `span` on.
    pub fn resolve(&self, span: &Span) -> Result<Series, CalendarError> {
        let rule: Rule = self.rrule.parse().map_err(|error: super::recurrence::RecurrenceError| error.at("/recurrence/rrule"))?;
        let mut errors = Vec::new();
        let mut walls = |name: &str, moments: &[Moment]| -> Vec<WallTime> {
            let wall = |(index, moment): (usize, &Moment)| span.wall(&format!("/recurrence/{name}/{index}"), *moment);
            moments.iter().enumerate().map(wall).filter_map(|wall| wall.map_err(|e| errors.push(e)).ok()).collect()
        };
        let (rdates, exdates) = (walls("rdates", &self.rdates), walls("exdates", &self.exdates));
        if !errors.is_empty() {
            return Err(CalendarError::Invalid(errors));
        }
        series(Recurrence { rule, rdates, exdates }, span)
    }
}

fn series(recurrence: Recurrence, span: &Span) -> Result<Series, CalendarError> {
    let series = Series::new(recurrence, span.start, span.zone.clone()).and_then(|series| series.asked_for(span.all_day));
    Ok(series.map_err(|error| error.at("/recurrence"))?)
}

/// The series `old` when its first occurrence moves to `span`: the dates move by as much, and a rule that names the day of
/// the old start names that of the new one. A rule that cannot be moved so has to be given anew.
pub fn rerule(old: &Series, span: &Span) -> Result<Series, CalendarError> {
    let shift = |wall: &WallTime| {
        let moved = wall.datetime().checked_add(span.start.datetime().duration_since(old.start().datetime()));
        moved.map(WallTime::new).map_err(|_| CalendarError::field("/start", "moves a date out of the years 1970 to 2200"))
    };
    let Recurrence { rule, rdates, exdates } = old.recurrence();
    let rule = rule.moved((old.start(), old.zone()), (span.start, &span.zone)).ok_or_else(|| {
        let detail = "the rule names days that the new start is not among: give the recurrence as well";
        CalendarError::Invalid(vec![FieldError::new("/start", detail)])
    })?;
    let rdates = rdates.iter().map(shift).collect::<Result<_, _>>()?;
    let exdates = exdates.iter().map(shift).collect::<Result<_, _>>()?;
    series(Recurrence { rule, rdates, exdates }, span)
}

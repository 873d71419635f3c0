//! People who change their mind about when they want to be told.

use std::time::Duration;

use app::identity::{self, BasedOn};
use domain::identity::{ProfileChange, QuietChange};
use kernel::Instant;

use super::{Actor, receipts::nothing};
use crate::history::{Phase, Verb, What};

impl Actor {
    pub(super) async fn change_quiet_hours(&mut self) {
        let minutes = |from: u64, most: u64| u32::try_from(self.entropy.between(from, most)).unwrap_or(0);
        let first = minutes(0, 8);
        let at = |minutes: u32| self.began + minutes * Duration::from_mins(1);
        // Nothing is quiet from an instant to the same.
        let quiet = if self.entropy.chance(300) { (self.began, self.began) } else { (at(first), at(first + minutes(1, 4))) };
        let hours = if quiet.0 == quiet.1 { None } else { self.person.hours(quiet) };
        let change =
            ProfileChange { quiet_hours: hours.map_or(QuietChange::Never, QuietChange::During), ..ProfileChange::default() };
        let asked = self.asked(Verb::Quiet);
        let caller = self.person.caller.clone();
        self.note_quiet(Phase::Invoke, quiet);
        let answer: Option<()> = self
            .insist(asked, move |app, once| {
                let (caller, change) = (caller.clone(), change.clone());
                async move {
                    identity::change_profile(&app, &caller, Some(BasedOn::Any), change, once, nothing()).await.map(|_| ())
                }
            })
            .await;
        if answer.is_some() {
            self.note_quiet(Phase::Ok, quiet);
        }
    }

    pub(super) fn note_quiet(&self, phase: Phase, (from, until): (Instant, Instant)) {
        self.cluster.scribe.write(&self.person.name, phase, What::Quiet { from, until });
    }
}

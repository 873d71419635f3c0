//! What people do with single occurrences: they move them, cancel them, give them reminders of their own, begin and finish them,
//! snooze and dismiss what they are reminded of.

use std::time::Duration;

use app::calendar::{Scope, progress};
use domain::{
    alarms::{Alarm, AlarmState, Until},
    calendar::{
        Patch,
        progress::{Action, Ask, Item},
    },
};

use super::{
    super::{
        series::{Own, Series},
        turns::{name, named},
    },
    Actor, dismissal, pending,
    receipts::{Receipt, changed, nothing, read_receipt},
    repeating::wall,
};
use crate::history::{Disarms, Promise, Verb};

impl Actor {
    pub(super) async fn move_occurrence(&mut self) {
        let Some((index, which)) = self.some_occurrence() else { return };
        let (before, to) = (self.series[index].clone(), self.some_wall());
        let mut after = before.clone();
        let own = after.own.entry(which).or_default();
        let lasts = own.moved.map_or(before.lasts, |(_, lasts)| lasts);
        own.moved = Some((to, lasts)).filter(|moved| *moved != (which, before.lasts));
        let patch = Patch { start: Some(wall(to)), ..Patch::default() };
        self.change_one(index, which, patch, after).await;
    }

    /// Reminders of its own, or those of the series again, or none.
    pub(super) async fn remind_apart(&mut self) {
        let Some((index, which)) = self.some_occurrence() else { return };
        let before = self.series[index].clone();
        let rules = match self.entropy.below(10) {
            0 => Vec::new(),
            1..4 => before.rules.clone(),
            _ => self.some_leads(before.long),
        };
        let mut after = before.clone();
        let own = after.own.entry(which).or_default();
        own.rules = Some((rules.clone(), String::new())).filter(|(rules, _)| *rules != before.rules);
        self.change_one(index, which, Patch { reminders: Some(rules), ..Patch::default() }, after).await;
    }

    async fn change_one(&mut self, index: usize, which: i64, patch: Patch, mut after: Series) {
        after.own.retain(|_, own| *own != Own::default());
        let before = self.series[index].clone();
        let asked = self.lines(Verb::Patch, Some(&before), &[&after], 0);
        let answer = self.patch_series(&before, asked, Scope::This(name(which)), patch).await;
        if let Some(Receipt { version, reminders, .. }) = answer {
            if let Some((_, ids)) = after.own.get_mut(&which).and_then(|own| own.rules.as_mut()) {
                *ids = reminders;
            }
            self.series[index] = Series { version, ..after };
        }
    }

    pub(super) async fn cancel_occurrence(&mut self) {
        let Some((index, which)) = self.some_occurrence() else { return };
        let before = &self.series[index];
        if before.worked.contains(&which) {
            return;
        }
        let mut after = before.clone();
        after.pattern.gone.insert(which);
        after.own.remove(&which);
        after.snoozed.remove(&which);
        let left = Some(after).filter(|after| !after.pattern.walls().is_empty());
        self.take_out(index, Scope::This(name(which)), left).await;
    }

    /// Begins something, finishes it, or takes that back.
    pub(super) async fn work_on_something(&mut self) {
        if let Some((index, which)) = self.running {
            let action = if self.entropy.chance(700) { Action::Complete } else { Action::Cancel };
            return self.work_on(index, which, action).await;
        }
        let Some((index, which)) = self.some_occurrence() else { return };
        let action = match self.series[index].worked.contains(&which) {
            true => Action::Cancel,
            false if self.entropy.chance(500) => Action::Start,
            false => Action::Complete,
        };
        self.work_on(index, which, action).await;
    }

    async fn work_on(&mut self, index: usize, which: i64, action: Action) {
        let before = self.series[index].clone();
        let mut after = before.clone();
        if action == Action::Cancel {
            after.worked.remove(&which);
            after.snoozed.remove(&which);
        } else {
            after.worked.insert(which);
        }
        let asked = self.lines(Verb::Work, Some(&before), &[&after], 0);
        let (caller, item) = (self.person.caller.clone(), Item::occurrence(before.id, name(which)));
        let answer = self
            .insist(asked, move |app, once| {
                let (caller, item) = (caller.clone(), item.clone());
                async move {
                    let (ask, for_task) = (Ask { action, at: None, auto_suspend: false }, app::tasks::ForTask::default());
                    let answer = progress::act(&app, &caller, (item, for_task), ask, once, changed()).await?;
                    Ok(read_receipt(&answer.rendered))
                }
            })
            .await;
        if let Some(Some(Receipt { version, .. })) = answer {
            self.running = (action == Action::Start).then_some((index, which));
            self.series[index] = Series { version, ..after };
        }
    }

    /// Snoozes or dismisses what an occurrence is reminded of.
    pub(super) async fn answer_an_occurrence(&mut self) {
        let Some((index, which, alarm, line)) = self.some_alarm_of_a_series().await else { return };
        let (id, subject) = (alarm.id, self.series[index].subject(which));
        let caller = self.person.caller.clone();
        if alarm.state == AlarmState::Pending && alarm.snooze == 0 {
            self.series[index].declined.insert((which, alarm.due_at));
        }
        if self.entropy.chance(500) {
            let asked = self.change(Verb::Dismiss, &subject, dismissal(&alarm, &line), Vec::new());
            self.insist(asked, move |app, once| {
                let caller = caller.clone();
                async move { app::alarms::dismiss(&app, &caller, id, once, nothing()).await.map(|_| ()) }
            })
            .await;
            return;
        }
        let until = self.now() + Duration::from_millis(self.entropy.between(3_000, 90_000));
        let arms = vec![Promise { due_at: until, starts_at: None, hushed_until_end: None, chained: true }];
        self.series[index].snoozed.entry(which).or_default().push(until);
        let asked = self.change(Verb::Snooze, &subject, Disarms::These(pending(&line)), arms);
        self.insist(asked, move |app, once| {
            let caller = caller.clone();
            async move { app::alarms::snooze(&app, &caller, (id, Until::Instant(until)), once, nothing()).await.map(|_| ()) }
        })
        .await;
    }

    /// An alarm of an occurrence that something can be done with, and all alarms of the same reminder and occurrence.
    async fn some_alarm_of_a_series(&self) -> Option<(usize, i64, Alarm, Vec<Alarm>)> {
        let index = self.some_series(false)?;
        let series = &self.series[index];
        let alarms = self.alarms_of(series.id).await?;
        let ringing = series.ringing();
        let is_active = |alarm: &&Alarm| {
            let which = named(alarm.nominal);
            let is_present = ringing.contains_key(&which) && series.reminders_of(which).contains(&alarm.reminder.to_string());
            is_present && matches!(alarm.state, AlarmState::Pending | AlarmState::Fired)
        };
        let active: Vec<_> = alarms.iter().filter(is_active).collect();
        let alarm = (*active.get(self.entropy.index(active.len()))?).clone();
        let line = super::line_of(&alarm, &alarms);
        Some((index, named(alarm.nominal), alarm, line))
    }
}

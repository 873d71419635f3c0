//! What people do with a whole series, or with an occurrence and all that follow.

use std::collections::{BTreeMap, BTreeSet};

use app::calendar::{Expected, OnConflict, Scope};
use domain::{
    alarms::{LateAction, LatePolicy, ReminderRule},
    calendar::{Draft, Moment, Patch, RepeatChange, RepeatDraft},
};
use kernel::ScheduleId;

use super::{
    super::{
        series::{Own, Pattern, Ringing, Series},
        turns::name,
    },
    Actor, Asked, draft,
    receipts::{Receipt, changed, read_receipt},
};
use crate::history::{Change, Disarms, Promise, Verb};

const DAY: i64 = 86_400;

impl Actor {
    /// One thing that somebody does with what repeats.
    pub(super) async fn repeat(&mut self) {
        match self.entropy.below(100) {
            0..26 => self.make_series().await,
            26..38 => self.move_occurrence().await,
            38..47 => self.cancel_occurrence().await,
            47..55 => self.remind_apart().await,
            55..60 => self.change_rules().await,
            60..67 => self.change_pattern().await,
            67..76 => self.change_following().await,
            76..80 => self.delete_following().await,
            80..83 => self.delete_series().await,
            83..87 => self.restore_series().await,
            87..95 => self.work_on_something().await,
            _ => self.answer_an_occurrence().await,
        }
    }

    async fn make_series(&mut self) {
        self.asked += 1;
        let is_long = self.entropy.chance(350);
        let (pattern, rules) = (self.some_pattern(), self.some_leads(is_long));
        let lasts = self.some_length();
        let unmade = Series::new(
            (&format!("{}-{}", self.person.name, self.asked), ScheduleId::mint(self.now(), &self.entropy)),
            self.turn,
            pattern,
            lasts,
            rules.clone(),
        );
        // One that is reminded of hours ahead may have missed more than ten.
        let action = if is_long || self.entropy.chance(300) { LateAction::Ring } else { LateAction::Coalesce };
        let mut draft = draft(&unmade.title, (self.now(), lasts), rules);
        draft.span.zone = self.zone();
        draft.span.start = wall(unmade.pattern.start());
        let draft =
            Draft { repeat: Some(repeat(&unmade.pattern)), late: LatePolicy { action, ..LatePolicy::default() }, ..draft };
        let asked = self.lines(Verb::Create, None, &[&unmade], 0);
        if let Some(Receipt { id, version, reminders }) = self.make(asked, draft).await {
            self.series.push(Series { id, version, reminders, long: is_long, ..unmade });
        }
    }

    async fn change_rules(&mut self) {
        let Some(index) = self.some_series(false) else { return };
        let before = self.series[index].clone();
        let rules = if self.entropy.chance(300) { before.had } else { self.some_leads(before.long) };
        let patch = Patch { reminders: Some(rules.clone()), ..Patch::default() };
        let after = Series { rules, had: before.rules, ..self.series[index].clone() };
        self.change_whole(index, (Scope::All, patch), after, 0).await;
    }

    /// Other times, or the same some time later.
    async fn change_pattern(&mut self) {
        let Some(index) = self.some_series(false) else { return };
        let before = self.series[index].clone();
        let shifts = before.pattern.times.is_none() && self.entropy.chance(600);
        let pattern = if shifts { before.pattern.shifted(self.some_shift()) } else { self.some_pattern() };
        let start = Some(wall(pattern.start()));
        let said = if shifts { RepeatChange::Keep } else { RepeatChange::Repeat(repeat(&pattern)) };
        let by = pattern.start() - before.pattern.start();
        if self.is_taken(index, &pattern) {
            return;
        }
        let Some(after) = before.follow(pattern) else { return };
        self.change_whole(index, (Scope::All, Patch { start, repeat: said, ..Patch::default() }), after, by).await;
    }

    /// Whether another part of what was one series names one of these times: nobody could tell their occurrences apart.
    fn is_taken(&self, index: usize, pattern: &Pattern) -> bool {
        let walls = pattern.walls();
        let is_part = |(other, of): &(usize, &Series)| *other != index && of.title == self.series[index].title;
        self.series.iter().enumerate().filter(is_part).any(|(_, part)| !part.pattern.walls().is_disjoint(&walls))
    }

    /// Asks for `after` in place of a series, which stays the same schedule.
    async fn change_whole(&mut self, index: usize, (scope, patch): (Scope, Patch), after: Series, by: i64) {
        let before = self.series[index].clone();
        let asked = self.lines(Verb::Patch, Some(&before), &[&after], by);
        if let Some(Receipt { version, reminders, .. }) = self.patch_series(&before, asked, scope, patch).await {
            self.series[index] = Series { version, reminders, ..after };
        }
    }

    /// Asks for a change of the series `of`.
    pub(super) async fn patch_series(&self, of: &Series, asked: Asked, scope: Scope, patch: Patch) -> Option<Receipt> {
        let (caller, target) = (self.person.caller.clone(), (of.id, scope, Expected::Version(of.version)));
        let answer = self.insist(asked, move |app, once| {
            let (caller, patch) = (caller.clone(), patch.clone());
            async move {
                let answer = app::calendar::update(&app, &caller, target, patch, OnConflict::Allow, once, changed()).await?;
                Ok(read_receipt(&answer.rendered))
            }
        });
        answer.await.flatten()
    }

    async fn change_following(&mut self) {
        let Some((index, cut)) = self.some_occurrence() else { return };
        let series = self.series[index].clone();
        let (before, rest) = series.pattern.split(cut);
        // A date beside the rule cannot be moved together with what follows.
        let shift =
            if series.pattern.times.is_none() && rest.start() == cut && self.entropy.chance(500) { self.some_shift() } else { 0 };
        let rules = if shift == 0 || self.entropy.chance(300) { Some(self.some_leads(series.long)) } else { None };
        let mut later = series.part(rest.clone(), |which| which >= cut);
        if let Some(own) = later.own.get_mut(&cut) {
            own.moved = own.moved.filter(|_| shift == 0);
            own.rules = own.rules.take().filter(|_| rules.is_none());
        }
        later.own.retain(|_, own| *own != Own::default());
        let Some(mut later) = later.follow(rest.shifted(shift)) else { return };
        later.rules = rules.clone().unwrap_or(later.rules);
        let patch = Patch { start: (shift != 0).then(|| wall(cut + shift)), reminders: rules, ..Patch::default() };
        let scope = Scope::Following(name(cut));
        if self.is_taken(index, &later.pattern) {
            return;
        }
        let Some(before) = before else {
            return self.change_whole(index, (scope, patch), later, shift).await;
        };
        // They are planned anew, under other ids.
        for (_, reminders) in later.own.values_mut().filter_map(|own| own.rules.as_mut()) {
            reminders.clear();
        }
        let earlier = series.part(before, |which| which < cut);
        if !earlier.pattern.walls().is_disjoint(&later.pattern.walls()) {
            return;
        }
        let asked = self.lines(Verb::Patch, Some(&series), &[&earlier, &later], shift);
        if let Some(Receipt { id, version, reminders }) = self.patch_series(&series, asked, scope, patch).await {
            if id == series.id {
                // Those that follow are like that already, and nothing was cut: only what the first of them had of its own gave way.
                let series = &mut self.series[index];
                series.version = version;
                series.own.entry(cut).or_default().rules = None;
                series.own.retain(|_, own| *own != Own::default());
                return;
            }
            self.series[index] = Series { version: series.version + 1, ..earlier };
            self.series.push(Series { id, version, reminders, ..later });
        }
    }

    async fn delete_following(&mut self) {
        let Some((index, cut)) = self.some_occurrence() else { return };
        let before = &self.series[index];
        if before.worked.iter().any(|which| *which >= cut) {
            return;
        }
        let after = before.pattern.split(cut).0.map(|pattern| before.part(pattern, |which| which < cut));
        self.take_out(index, Scope::Following(name(cut)), after).await;
    }

    async fn delete_series(&mut self) {
        let Some(index) = self.some_series(false) else { return };
        self.take_out(index, Scope::All, None).await;
    }

    /// Deletes what `scope` names and leaves `after`; where that is nothing, the series lies in the trash.
    pub(super) async fn take_out(&mut self, index: usize, scope: Scope, after: Option<Series>) {
        let before = self.series[index].clone();
        let after = after.unwrap_or_else(|| Series { deleted: true, ..before.clone() });
        let asked = self.lines(Verb::Delete, Some(&before), &[&after], 0);
        let (caller, id, version) = (self.person.caller.clone(), before.id, before.version);
        let answer = self
            .insist(asked, move |app, _| {
                let caller = caller.clone();
                async move { app::calendar::delete(&app, &caller, id, scope, Expected::Version(version)).await }
            })
            .await;
        if answer.is_some() {
            self.series[index] = Series { version: version + 1, ..after };
        }
    }

    async fn restore_series(&mut self) {
        let Some(index) = self.some_series(true) else { return };
        let before = self.series[index].clone();
        let after = Series { deleted: false, snoozed: BTreeMap::new(), ..before.clone() };
        let asked = self.lines(Verb::Restore, Some(&before), &[&after], 0);
        let caller = self.person.caller.clone();
        let answer = self
            .insist(asked, move |app, once| {
                let caller = caller.clone();
                async move {
                    app::calendar::restore(&app, &caller, before.id, OnConflict::Allow, once, changed())
                        .await
                        .map(|a| read_receipt(&a.rendered))
                }
            })
            .await;
        if let Some(Some(Receipt { version, .. })) = answer {
            self.series[index] = Series { version, ..after };
        }
    }

    // ---- what that means for what rings -----------------------------------------------------------------------------------

    /// What a request changes, when `before` becomes `after`: a line for each occurrence that is concerned. By so many seconds
    /// occurrences are called otherwise then.
    pub(super) fn lines(&mut self, verb: Verb, before: Option<&Series>, after: &[&Series], by: i64) -> Asked {
        let mut asked = self.asked(verb);
        let old = before.map(Series::ringing).unwrap_or_default();
        let new: BTreeMap<_, _> = after.iter().flat_map(|series| series.ringing()).collect();
        let ever_snoozed = |which: &i64| before.and_then(|series| series.snoozed.get(which)).cloned().unwrap_or_default();
        for which in old.keys().chain(new.keys()).copied().collect::<BTreeSet<i64>>() {
            let (was, is) = (old.get(&which), new.get(&which));
            let snoozes = ever_snoozed(&which);
            let dues = |of: Option<&Ringing>| -> Vec<_> { of.map(Ringing::promises).unwrap_or_default() };
            let (had, has) = (dues(was), dues(is));
            let is_declined = |of: &Series, due_at| [which, which - by].iter().any(|name| of.declined.contains(&(*name, due_at)));
            let declined = |promise: &Promise| before.is_some_and(|series| is_declined(series, promise.due_at));
            if by != 0 && was.is_some() {
                // Another may be called so from now on, of which nobody declined anything.
                asked.says_perhaps(&after[0].subject(which), has.iter().filter(|promise| declined(promise)).cloned().collect());
            }
            let kept: Vec<_> = had.iter().filter(|promise| has.contains(promise)).map(|promise| promise.due_at).collect();
            let is_moved = was.zip(is).is_some_and(|(was, is)| (was.starts_at, was.ends_at) != (is.starts_at, is.ends_at));
            let (disarms, mut arms) = if was == is && by == 0 {
                continue;
            } else if was == is && snoozes.is_empty() {
                // Another one has taken its place.
                (Disarms::PastPerhaps, Vec::new())
            } else if was.is_some() && is.is_some() && !is_moved {
                let gone: Vec<_> = had.iter().map(|promise| promise.due_at).filter(|due| !kept.contains(due)).collect();
                let unsure = kept.iter().chain(&snoozes).copied().collect();
                let disarms = if snoozes.is_empty() { Disarms::These(gone) } else { Disarms::AllButPerhaps(unsure) };
                (disarms, has.into_iter().filter(|promise| !had.contains(promise)).collect::<Vec<_>>())
            } else if is.is_some() && !snoozes.is_empty() {
                (Disarms::AllButPerhaps(snoozes), has)
            } else {
                (if was.is_some() { Disarms::All } else { Disarms::Nothing }, has)
            };
            let stays_where_it_lies = by != 0 && is.is_some() && old.get(&(which - by)) == is;
            if verb == Verb::Work || stays_where_it_lies {
                // Who takes something back has it before their eyes; and what is only called otherwise may wait as before.
                for promise in &mut arms {
                    promise.starts_at = None;
                }
            }
            let (unsure, arms): (Vec<_>, Vec<_>) = arms.into_iter().partition(|promise| declined(promise));
            asked.says(&after[0].subject(which), disarms, arms);
            asked.says_perhaps(&after[0].subject(which), unsure);
        }
        if let Some(before) = before.filter(|_| by != 0) {
            // A snooze goes along if nothing takes its place.
            for (which, snoozes) in &before.snoozed {
                let rings = |due_at: &_| Promise { due_at: *due_at, starts_at: None, hushed_until_end: None, chained: true };
                asked.says_perhaps(&before.subject(which + by), snoozes.iter().map(rings).collect());
            }
        }
        asked
    }

    // ---- how they choose --------------------------------------------------------------------------------------------------

    /// A series that nothing is in progress of.
    pub(super) fn some_series(&self, deleted: bool) -> Option<usize> {
        let is_at_work = |index: usize| self.running.is_some_and(|(running, _)| running == index);
        let fitting = |index: &usize| self.series[*index].deleted == deleted && !is_at_work(*index);
        let fitting: Vec<usize> = (0..self.series.len()).filter(fitting).collect();
        fitting.get(self.entropy.index(fitting.len())).copied()
    }

    /// An occurrence of such a series.
    pub(super) fn some_occurrence(&self) -> Option<(usize, i64)> {
        let index = self.some_series(false)?;
        let walls: Vec<i64> = self.series[index].pattern.walls().into_iter().collect();
        walls.get(self.entropy.index(walls.len())).map(|which| (index, *which))
    }

    /// A wall time that comes while people work, perhaps one that the clocks pass over.
    pub(super) fn some_wall(&self) -> i64 {
        let wall = self.turn.wall_at(self.some_start());
        if self.entropy.chance(400) { self.turn.passed_over(wall) } else { wall }
    }

    fn some_pattern(&self) -> Pattern {
        let mut pattern = if self.entropy.chance(500) {
            let added = (0..self.entropy.below(7)).map(|_| self.some_wall()).collect();
            Pattern::daily(self.some_wall(), self.number(1, 3), added)
        } else {
            self.some_times()
        };
        pattern.counts = self.entropy.chance(500);
        pattern
    }

    /// Some hours and minutes around the change.
    fn some_times(&self) -> Pattern {
        let [first, second] = self.turn.readings();
        let hours = [first - 1, first, second].map(|wall| wall.rem_euclid(DAY) / 3_600);
        let some = |of: &[i64], per_mille| -> Vec<i64> {
            let chosen: BTreeSet<i64> = of.iter().copied().filter(|_| self.entropy.chance(per_mille)).collect();
            if chosen.is_empty() { vec![of[0]] } else { chosen.into_iter().collect() }
        };
        let minutes: Vec<i64> = (0..8).chain(30..38).chain(53..60).collect();
        let mut minutes = some(&minutes, 120);
        minutes.truncate(3);
        let from = match self.entropy.below(10) {
            0..5 => first - first.rem_euclid(DAY),
            5..7 => first - first.rem_euclid(DAY) - DAY,
            _ => self.some_wall(),
        };
        let often = 1 + self.entropy.index(10);
        Pattern::by_clock((some(&hours, 700), minutes, self.number(0, 59)), from, often)
    }

    /// So many seconds that everything is moved by; at times whole days, which give an occurrence the name another had.
    fn some_shift(&self) -> i64 {
        let size = if self.entropy.chance(250) { DAY * self.number(1, 2) } else { self.number(1, 180) };
        if self.entropy.chance(500) { size } else { -size }
    }

    /// One or two reminders minutes ahead; of a long series also one that reaches over the change of clocks, or to the day before.
    pub(super) fn some_leads(&self, is_long: bool) -> Vec<ReminderRule> {
        let far = [self.turn.length(), DAY - self.turn.length(), DAY, DAY + self.turn.length()];
        let ahead = if is_long && self.entropy.chance(600) { far[self.entropy.index(far.len())] } else { 0 };
        let mut rules: Vec<ReminderRule> = Vec::new();
        for ahead in if self.entropy.chance(300) { vec![ahead, 0] } else { vec![ahead] } {
            let lead = u32::try_from(ahead + self.number(0, 240)).unwrap_or(0);
            let rule = ReminderRule { critical: self.entropy.chance(150), ..ReminderRule::before_start(lead) };
            if rules.iter().all(|other| other.when != rule.when) {
                rules.push(rule);
            }
        }
        rules
    }

    fn number(&self, low: u64, high: u64) -> i64 {
        i64::try_from(self.entropy.between(low, high)).unwrap_or(0)
    }
}

impl Asked {
    /// What is surely to happen to a subject.
    fn says(&mut self, subject: &str, disarms: Disarms, arms: Vec<Promise>) {
        let (verb, key, subject) = (self.verb, self.key.clone(), subject.to_owned());
        self.lines.push(Change { verb, subject, key, disarms, arms });
    }

    /// What may ring or not: a request that is never answered.
    fn says_perhaps(&mut self, subject: &str, arms: Vec<Promise>) {
        if !arms.is_empty() {
            // A key of its own for each: of two with one key and one subject the second would take the place of the first.
            let (verb, key, subject) = (self.verb, format!("{} perhaps {}", self.key, self.unsure.len()), subject.to_owned());
            self.unsure.push(Change { verb, subject, key, disarms: Disarms::Nothing, arms });
        }
    }
}

/// A wall time in a request.
pub(super) fn wall(wall: i64) -> Moment {
    Moment::Wall(name(wall))
}

fn repeat(pattern: &Pattern) -> RepeatDraft {
    let walls = |of: &BTreeSet<i64>| of.iter().copied().map(wall).collect();
    RepeatDraft { rrule: pattern.rrule(), rdates: walls(&pattern.added), exdates: walls(&pattern.gone) }
}

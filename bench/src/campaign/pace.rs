//! At which rate people are told where at most 500 may be in any second: those with an account by when it is written that they were,
//! those without by when whoever is called sees it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::ensure;
use app::campaigns::rounds::{self, Nap, Sender};
use clockwork::Stopper;
use outbound::{Channel, Message, Outcome};

use super::{
    Options, about,
    shop::{Shop, Who},
};
use crate::{
    clock::{self, Stopwatch},
    database::{Databases, Engine},
    report::Line,
    statistics::median,
};

/// The most that may begin in a second.
const RATE: u32 = 500;

/// How long a call of a service across the world takes.
const FAR: Duration = Duration::from_millis(100);

/// What somebody who is called notes: when. They answer later.
#[derive(Clone)]
struct Sink {
    watch: Stopwatch,
    seen: Arc<Mutex<Vec<i64>>>,
    answers_after: Duration,
}

impl Sink {
    fn seen(&self) -> Vec<i64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Channel for Sink {
    async fn send(&self, _: &Message) -> Outcome {
        let at = i64::try_from(self.watch.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        if !self.answers_after.is_zero() {
            clock::pause(self.answers_after).await;
        }
        Outcome::Sent
    }
}

pub(super) async fn measure(engine: Engine, options: &Options, databases: &Databases) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let far = format!("calls that take {} ms", FAR.as_millis());
    for (who, answers_after, way) in
        [(Who::Members, Duration::ZERO, "inboxes"), (Who::Customers, Duration::ZERO, "calls"), (Who::Customers, FAR, &far)]
    {
        let (mut held, mut most) = (Vec::new(), Vec::new());
        for _ in 0..options.repeat {
            let mut starts = once(engine, (options.seconds * RATE, who), answers_after, databases).await?;
            starts.sort_unstable();
            held.push(steady(&starts));
            most.push(most_in_a_second(&starts));
        }
        lines.push(
            about(&format!("{way} at {RATE}/s for {} s", options.seconds), engine)
                .with("held_per_s", median(&held))
                .with("least_held_per_s", held.iter().copied().fold(f64::INFINITY, f64::min))
                .with("most_in_a_second", most.into_iter().fold(0.0, f64::max)),
        );
    }
    Ok(lines)
}

/// When each of them was told, in microseconds.
async fn once(engine: Engine, people: (u32, Who), answers_after: Duration, databases: &Databases) -> anyhow::Result<Vec<i64>> {
    let shop = Shop::open(databases, engine, people, RATE).await?;
    let round = shop.raise().await?;
    rounds::freeze_rounds(&shop.app).await.map_err(anyhow::Error::msg)?;
    let sink = Sink { watch: Stopwatch::start(), seen: Arc::default(), answers_after };
    let mut sender = Sender::new(shop.app.clone(), (people.1 == Who::Customers).then(|| sink.clone()));
    let (_stopper, mut never) = Stopper::new();
    let patience = Stopwatch::start();
    while shop.round(round).await?.round.state.is_under_way() {
        ensure!(patience.elapsed().as_secs() < u64::from(people.0 / RATE) * 2 + 10, "the rate is not held");
        // Looked at now and then, so that looking is not what takes the time.
        for _ in 0..50 {
            let nap = Box::pin(sender.step()).await.map_err(anyhow::Error::msg)?;
            if matches!(nap, Nap::Hint(_)) && sender.under_way() == 0 {
                break;
            }
            Box::pin(sender.rest(nap, &mut never)).await;
        }
    }
    let started = format!("SELECT {} FROM campaign_recipients WHERE state = 'SENT'", shop.database.micros("started_at"));
    let starts = if people.1 == Who::Customers { sink.seen() } else { shop.database.numbers(&started).await? };
    ensure!(starts.len() == people.0 as usize, "{} of {} were told", starts.len(), people.0);
    shop.close().await?;
    Ok(starts)
}

/// In a second, between the first and the last instant; those of the last are what comes after it.
#[expect(clippy::cast_precision_loss, reason = "counts and microseconds far below 2^52")]
fn steady(sorted: &[i64]) -> f64 {
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return f64::NAN };
    let between = sorted.partition_point(|at| at < last);
    between as f64 * 1e6 / (last - first) as f64
}

/// The most in any second, wherever it begins.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn most_in_a_second(sorted: &[i64]) -> f64 {
    let within = |(index, at): (usize, &i64)| sorted.partition_point(|later| *later < at + 1_000_000) - index;
    sorted.iter().enumerate().map(within).max().unwrap_or(0) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_begins_anywhere_and_does_not_hold_its_end() {
        let starts = [0, 600_000, 999_999, 1_000_000, 1_599_999, 1_600_000];
        assert!((most_in_a_second(&starts) - 4.0).abs() < f64::EPSILON);
        assert!((steady(&[0, 0, 500_000, 500_000, 1_000_000, 1_000_000]) - 4.0).abs() < 1e-9);
    }
}

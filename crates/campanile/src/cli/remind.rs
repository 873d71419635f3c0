//! `campanile remind "text" --in 10s | --at …`: the whole product in one line.

use std::time::Duration;

use clap::Args;
use clockwork::SystemClock;
use kernel::{Clock, Instant};

use super::{Failure, speaker::Speaker};
use crate::{
    client::{Live, Ring, fresh_key, schedule_at, whole_second},
    config::Environment,
    serve::runtime,
    wiring::OsEntropy,
};

/// Farther ahead than this, a calendar is the better place.
const FARTHEST: Duration = Duration::from_hours(24 * 366);

/// Make a reminder on a running server, and wait until it rings.
#[derive(Args, Debug)]
pub(crate) struct Remind {
    /// What to be reminded of
    text: String,
    /// In how long: 10s, 5m, 2h30m
    #[arg(long = "in", value_name = "DURATION", value_parser = duration, required_unless_present = "at")]
    in_: Option<Duration>,
    /// When, as an instant with an offset: 2026-11-20T09:00:00+09:00
    #[arg(long, value_name = "INSTANT", value_parser = instant, conflicts_with = "in_")]
    at: Option<Instant>,
    #[command(flatten)]
    speaker: Speaker,
}

/// Runs it.
pub(crate) fn run(remind: &Remind, environment: &Environment) -> Result<(), Failure> {
    runtime()?.block_on(async {
        tokio::select! {
            done = ring(remind, environment) => done,
            _ = tokio::signal::ctrl_c() => {
                // What had been reached was said on the way.
                eprintln!("\nNot waiting any longer. A reminder that was made stays, and rings in the inbox.");
                Err(Failure::Interrupted)
            }
        }
    })
}

async fn ring(remind: &Remind, environment: &Environment) -> Result<(), Failure> {
    let clock = SystemClock::new(None);
    let client = remind.speaker.client(environment, "who is to be reminded?").await?;
    let refused = |refusal: crate::client::Refusal| refusal.failure(client.server());

    // First listen, then act: the ring cannot slip through in between.
    let mut live = Live::open(&client).await.map_err(refused)?;
    let due = whole_second(remind.at.unwrap_or_else(|| clock.now() + remind.in_.unwrap_or_default()));
    let schedule = schedule_at(&remind.text, due);
    let created = client.create_schedule(&schedule, &fresh_key(&OsEntropy)).await.map_err(refused)?;
    let seconds = due.since(clock.now()).as_secs_f64().round();
    eprintln!("{} rings at {due}, in {seconds} s. Ctrl-C stops waiting and leaves the reminder in place.", created.id);

    let ring = live.wait_for(created.id.as_sent(), &clock).await.map_err(|refusal| {
        let failure = refusal.failure(client.server());
        failure.hint("The reminder stays, and rings in the inbox; only the waiting ended.")
    })?;
    println!("{}", line(&remind.text, &ring));
    Ok(())
}

/// The line on standard output.
pub(crate) fn line(text: &str, ring: &Ring) -> String {
    format!("{text}: rang {} ms after {}, seen here after {} ms", ring.late_by_ms, ring.due_at, ring.seen_after.as_millis())
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a length of time such as 10s, 5m or 2h30m".to_owned();
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from(signed).map_err(|_| wrong())?;
    if duration <= FARTHEST { Ok(duration) } else { Err("a reminder lies at most 366 days ahead".to_owned()) }
}

fn instant(text: &str) -> Result<Instant, String> {
    text.parse().map_err(|error: kernel::InstantError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_written_as_people_write_them() {
        let table = [("10s", 10), ("5m", 300), ("2h30m", 9_000), ("1h 5s", 3_605), ("0s", 0)];
        for (text, seconds) in table {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "soon", "-5m", "2mo", "9000h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

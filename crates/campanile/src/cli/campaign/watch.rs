//! Following a round until it stops or ends. It is asked for again and again: whoever may read rounds need not have a stream.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use clockwork::SystemClock;
use kernel::Clock as _;

use super::{Failure, said, shown, terminal};
use crate::{
    client::{Client, Refusal, Round},
    config::Environment,
};

/// Between two questions; the server counts how many were told once a second.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a server may be away before that is the answer: it is started again meanwhile, and the round goes on.
const PATIENCE: Duration = Duration::from_mins(1);

/// Shows how far `round` of `product` is until it does not go on, and then everything there is to say of it.
pub(super) async fn watch(client: &Client, product: &str, mut round: Round, environment: &Environment) -> Result<(), Failure> {
    let in_place = std::io::stdout().is_terminal() && !environment.plain;
    let clock = SystemClock::new(None);
    let (mut client, mut said_last) = (client.clone(), String::new());
    while round.status == "IN_PROGRESS" {
        let line = if in_place { shown::bar(&round) } else { shown::progress(&round) };
        if line != said_last {
            say(&line, in_place)?;
            said_last = line;
        }
        clock.sleep(PAUSE).await;
        round = ask(&mut client, (product, round.number), &clock).await?;
    }
    if in_place {
        say("", true)?;
    }
    terminal::put(shown::table(&round))
}

/// A line of its own, or the same line anew.
fn say(line: &str, in_place: bool) -> Result<(), Failure> {
    if !in_place {
        return terminal::put(format!("{line}\n"));
    }
    let mut out = std::io::stdout().lock();
    // Cut off where the terminal ends: what went on in a second row would stay there.
    Ok(write!(out, "\r\u{1b}[2K\u{1b}[?7l{line}\u{1b}[?7h").and_then(|()| out.flush())?)
}

async fn ask(client: &mut Client, (product, round): (&str, i64), clock: &SystemClock) -> Result<Round, Failure> {
    let began = clock.monotonic();
    loop {
        let refusal = match client.round(product, Some(round)).await {
            Ok(Some(round)) => return Ok(round),
            Ok(None) => return Err(Failure::new("the round is gone")),
            Err(refusal) => refusal,
        };
        let ended = matches!(&refusal, Refusal::Said { status, .. } if status.as_u16() == 401);
        if ended && let Ok(Some(renewed)) = client.renewed().await {
            *client = renewed;
        } else if !refusal.is_passing() || clock.monotonic() > began + PATIENCE {
            return Err(said(client, &refusal));
        }
        clock.sleep(PAUSE).await;
    }
}

//! Somebody else who writes meanwhile, one write after the other: how long they wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    App,
    calendar::Expected,
    campaigns::{put_recipient, set_stock},
};
use tokio::task::JoinHandle;

use super::shop::{BELL, neighbour, owner};
use crate::{
    clock::{self, Stopwatch},
    statistics::Spread,
};

/// Between two of their writes.
const PAUSE: Duration = Duration::from_millis(5);

/// What they do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    /// The owner says how many there are of the very product, which changes nothing: so long would a stop wait.
    Stock,
    /// Somebody who has nothing to do with it writes into an address book of their own.
    Recipient,
}

/// Somebody who writes until they are told to stop.
pub(super) struct Neighbour {
    over: Arc<AtomicBool>,
    writes: JoinHandle<anyhow::Result<Vec<f64>>>,
}

impl Neighbour {
    pub(super) fn start(app: &App, deed: Deed) -> Self {
        let (app, over) = (app.clone(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&over);
        let writes = tokio::spawn(async move {
            let mut waits = Vec::new();
            while !seen.load(Ordering::Relaxed) {
                let watch = Stopwatch::start();
                write(&app, deed, waits.len()).await?;
                waits.push(watch.elapsed().as_secs_f64() * 1e3);
                clock::pause(PAUSE).await;
            }
            Ok(waits)
        });
        Self { over, writes }
    }

    /// Milliseconds that their writes took.
    pub(super) async fn stop(self) -> anyhow::Result<Spread> {
        self.over.store(true, Ordering::Relaxed);
        Ok(Spread::of(self.writes.await??))
    }
}

async fn write(app: &App, deed: Deed, number: usize) -> anyhow::Result<()> {
    match deed {
        Deed::Stock => {
            Box::pin(set_stock(app, &owner(), (BELL, Expected::Any), 5)).await.map_err(anyhow::Error::msg)?;
        }
        Deed::Recipient => {
            let name = format!("Name {number}");
            let fields = [Some(name.as_str()), None, None, None];
            put_recipient(app, &neighbour(), ("somebody", Expected::Unsaid), fields).await.map_err(anyhow::Error::msg)?;
        }
    }
    Ok(())
}

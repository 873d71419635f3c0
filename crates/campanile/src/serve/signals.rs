//! SIGTERM and SIGINT: the first one asks, the second one insists.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Failure;

/// The signals that end the process.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes them over; from now on they no longer kill the process.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one of them; answers its name.
    pub(crate) async fn first(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Ends the process at the next one, with the exit code a shell expects of a killed program.
    pub(crate) fn second_ends_at_once(mut self) {
        tokio::spawn(async move {
            let code = if self.first().await == "SIGINT" { 130 } else { 143 };
            std::process::exit(code);
        });
    }
}

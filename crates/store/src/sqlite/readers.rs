//! Threads that read, each with its own connection and snapshot, beside the writer.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc::Receiver, mpsc::channel, oneshot};

use super::open_connection;
use crate::{StoreError, Tx, UseCase, engine::contained, turns::Turn};

/// Reader threads. Point reads take microseconds, so a few threads serve many callers; more would only cost memory.
const READERS: usize = 3;

/// Reads that may wait. Above it, [`StoreError::Overloaded`].
const QUEUE_MAX: usize = 4_096;

type Read = Box<dyn FnOnce(&mut Connection) + Send>;

pub(crate) struct Readers {
    queue: Mutex<Option<mpsc::SyncSender<Read>>>,
    /// Ends when the last thread has closed its connection.
    running: tokio::sync::Mutex<Receiver<()>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let (queue, receiver) = mpsc::sync_channel::<Read>(QUEUE_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        let (alive, running) = channel(1);
        for number in 0..READERS {
            // Not opened read-only: a read-only connection cannot take part in the WAL's shared memory after a crash.
            let mut connection = open_connection(path, OpenFlags::default())?;
            connection.pragma_update(None, "query_only", true)?;
            let (receiver, alive) = (Arc::clone(&receiver), alive.clone());
            std::thread::Builder::new()
                .name(format!("sqlite-reader-{number}"))
                .spawn(move || {
                    while let Some(read) = next(&receiver) {
                        read(&mut connection);
                    }
                    drop(connection);
                    drop(alive);
                })
                .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        }
        Ok(Self { queue: Mutex::new(Some(queue)), running: tokio::sync::Mutex::new(running) })
    }

    /// The turn goes along: a read that nobody waits for any longer has its thread until it ends, or is passed over if it has
    /// not begun.
    pub(super) async fn read<C: UseCase>(&self, case: C, turn: Turn) -> Result<C::Out, C::Error> {
        let (sender, receiver) = oneshot::channel();
        self.enqueue(Box::new(move |connection| {
            let _turn = turn;
            if !sender.is_closed() {
                let _ = sender.send(snapshot(connection, &case));
            }
        }))?;
        receiver.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    fn enqueue(&self, read: Read) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().ok_or(StoreError::Closed)?.try_send(read).map_err(|refused| match refused {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Takes no more reads, and waits until those that are queued are done and every connection is closed.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.running.lock().await.recv().await;
    }
}

fn next(receiver: &Mutex<mpsc::Receiver<Read>>) -> Option<Read> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Runs `case` on one snapshot: all its statements see the same moment.
pub(super) fn snapshot<C: UseCase>(connection: &mut Connection, case: &C) -> Result<C::Out, C::Error> {
    let run = |sql| connection_run(connection, sql);
    run("BEGIN")?;
    let result = pollster::block_on(contained(case, &mut Tx::sqlite(connection)));
    let ended = connection_run(connection, "ROLLBACK");
    let out = result?;
    ended?;
    Ok(out)
}

fn connection_run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

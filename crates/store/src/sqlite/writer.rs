//! The thread of the only writer.

use std::sync::Mutex;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::group::{self, GROUP_MAX, Job};
use crate::StoreError;

/// Use cases that may wait for the writer. Above it, [`StoreError::Overloaded`]: at 50,000 use cases a second, this is a tenth
/// of a second of work.
const QUEUE_MAX: usize = 8_192;

enum Message {
    Job(Job),
    Task(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// A handle to the writer thread.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Message>>>,
    stopped: tokio::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, receiver) = mpsc::channel(QUEUE_MAX);
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                serve(connection, receiver);
                let _ = stop.send(());
            })
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { queue: Mutex::new(Some(queue)), stopped: tokio::sync::Mutex::new(Some(stopped)) })
    }

    pub(super) fn enqueue(&self, job: Job) -> Result<(), StoreError> {
        self.send(Message::Job(job))
    }

    pub(super) async fn administer<T: Send + 'static>(
        &self,
        task: fn(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Message::Task(Box::new(move |connection| {
            let _ = sender.send(task(connection));
        })))?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        queue.as_ref().ok_or(StoreError::Closed)?.try_send(message).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Takes no more work, waits until what is queued is committed.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        if let Some(stopped) = self.stopped.lock().await.take() {
            let _ = stopped.await;
        }
    }
}

fn serve(mut connection: Connection, mut queue: mpsc::Receiver<Message>) {
    let mut jobs = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = queue.blocking_recv() {
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Task(task) => {
                    settle(&mut connection, &mut jobs);
                    task(&mut connection);
                }
            }
            if jobs.len() < GROUP_MAX {
                next = queue.try_recv().ok();
            }
        }
        settle(&mut connection, &mut jobs);
    }
    // Leaves no WAL behind, so that a copy of the one file is the whole database.
    let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
}

fn settle(connection: &mut Connection, jobs: &mut Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    let ran = group::run(connection, jobs);
    let fate = group::settle(connection, ran, group::commit);
    group::answer(std::mem::take(jobs), &fate);
}

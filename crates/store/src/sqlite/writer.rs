//! The thread of the only writer.

use std::{collections::VecDeque, sync::Mutex};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{
    checkpoint::Checkpointer,
    group::{self, GROUP_MAX, Job},
};
use crate::StoreError;

/// Use cases that may wait for the writer. Above it, [`StoreError::Overloaded`]: at 50,000 use cases a second, this is a tenth
/// of a second of work.
const QUEUE_MAX: usize = 8_192;

/// Of these, large ones: each may hold megabytes, and take seconds.
const LARGE_MAX: usize = 16;

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
    /// Writes with `connection`; `beside` is another one to the same file.
    pub(super) fn start(mut connection: Connection, beside: Connection) -> Result<Self, StoreError> {
        let checkpointer = Checkpointer::start(beside, &mut connection)?;
        let (queue, receiver) = mpsc::channel(QUEUE_MAX);
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                serve(&mut connection, receiver);
                checkpointer.stop(&mut connection);
                // Leaves no WAL behind, so that a copy of the one file is the whole database.
                let _ = connection.pragma_update(None, "wal_checkpoint", "TRUNCATE");
                drop(connection);
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

fn serve(connection: &mut Connection, mut queue: mpsc::Receiver<Message>) {
    let mut jobs = Vec::with_capacity(GROUP_MAX);
    // They wait here, so that everybody else goes before each of them.
    let mut large: VecDeque<Job> = VecDeque::new();
    loop {
        let first = if large.is_empty() { queue.blocking_recv() } else { queue.try_recv().ok() };
        if first.is_none() && large.is_empty() {
            break;
        }
        let mut next = first;
        while let Some(message) = next.take() {
            match message {
                Message::Job(job) if job.is_large() && large.len() < LARGE_MAX => large.push_back(job),
                Message::Job(job) if job.is_large() => job.answer(Err(StoreError::Overloaded)),
                Message::Job(job) => jobs.push(job),
                Message::Task(task) => {
                    settle(connection, &mut jobs);
                    task(connection);
                }
            }
            if jobs.len() < GROUP_MAX {
                next = queue.try_recv().ok();
            }
        }
        settle(connection, &mut jobs);
        large.retain(|job| !job.is_abandoned());
        jobs.extend(large.pop_front());
        settle(connection, &mut jobs);
    }
}

fn settle(connection: &mut Connection, jobs: &mut Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    let ran = group::run(connection, jobs);
    let fate = group::settle(connection, ran, group::commit);
    group::answer(std::mem::take(jobs), &fate);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::{Tx, UseCase, values};

    /// Writes its number, once it may.
    struct Write {
        number: i64,
        large: bool,
        begun: Mutex<Option<Sender<()>>>,
        may: Mutex<Option<Receiver<()>>>,
    }

    impl Write {
        fn new(number: i64, large: bool) -> Self {
            Self { number, large, begun: Mutex::new(None), may: Mutex::new(None) }
        }
    }

    impl UseCase for Write {
        type Out = ();
        type Error = StoreError;

        fn is_large(&self) -> bool {
            self.large
        }

        async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
            if let Some(begun) = self.begun.lock().expect("no panic").take() {
                begun.send(()).expect("the test");
            }
            if let Some(may) = self.may.lock().expect("no panic").take() {
                may.recv().expect("the test");
            }
            tx.execute("INSERT INTO numbers (number) VALUES ($1)", values![self.number]).await?;
            Ok(())
        }
    }

    /// A writer that has begun with something, and goes on when it is told to.
    fn held_up() -> (Writer, oneshot::Receiver<Result<(), StoreError>>, Sender<()>) {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE numbers (place INTEGER PRIMARY KEY, number INTEGER) STRICT").expect("a table");
        let beside = Connection::open_in_memory().expect("a database");
        let writer = Writer::start(connection, beside).expect("a writer");
        let (begun, is_begun) = channel();
        let (go, may) = channel();
        let blocker = Write { begun: Mutex::new(Some(begun)), may: Mutex::new(Some(may)), ..Write::new(0, false) };
        let (job, answer) = group::job(blocker);
        writer.enqueue(job).expect("room");
        is_begun.recv().expect("begun");
        (writer, answer, go)
    }

    /// Asks for something to be written behind it.
    fn ask(writer: &Writer, case: Write) -> oneshot::Receiver<Result<(), StoreError>> {
        let (job, answer) = group::job(case);
        writer.enqueue(job).expect("room");
        answer
    }

    #[test]
    fn large_ones_let_all_others_pass_and_are_not_begun_for_nobody() {
        let (writer, first, go) = held_up();
        let mut answers = vec![first];
        for (number, large) in [(1, true), (2, true), (3, false), (4, true), (5, false)] {
            answers.push(ask(&writer, Write::new(number, large)));
        }
        drop(answers.remove(2));
        go.send(()).expect("the writer");
        for answer in answers {
            answer.blocking_recv().expect("an answer").expect("written");
        }
        let numbers = pollster::block_on(writer.administer(|connection| {
            let mut statement = connection.prepare("SELECT number FROM numbers ORDER BY place")?;
            let numbers = statement.query_map((), |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
            Ok(numbers)
        }));
        assert_eq!(numbers.expect("numbers"), [0, 3, 5, 1, 4]);
    }

    #[test]
    fn more_large_ones_than_can_wait_are_refused_at_once() {
        let (writer, first, go) = held_up();
        let answers: Vec<_> = (0..=LARGE_MAX).map(|_| ask(&writer, Write::new(1, true))).collect();
        go.send(()).expect("the writer");
        first.blocking_recv().expect("an answer").expect("written");
        let fates: Vec<_> = answers.into_iter().map(|answer| answer.blocking_recv().expect("an answer")).collect();
        let refused = fates.iter().filter(|fate| matches!(fate, Err(StoreError::Overloaded))).count();
        assert_eq!((refused, fates.len() - refused), (1, LARGE_MAX));
    }
}

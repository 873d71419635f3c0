//! Who publishes into the same room at the same moment goes through it together: one lock on its stream, one commit, one fsync.
//!
//! Alone, each would hold the row of the stream until its own commit is on disk, and a room could hear no more in a second than the disk
//! can flush. So the first who comes leads: it takes along whoever has come while the batch before was being written. Nobody waits for
//! company: a room with one publisher has batches of one.
//!
//! ```text
//!   publish ──► queue of the room ──► (a leader, while there is a queue) ──tx──► places, keys, events ──commit──► all are answered
//! ```
//!
//! Order, keys and refusals are those of one after the other. If the transaction fails, it fails for all of a batch, and each may try
//! again with its key.

mod pens;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::rooms::RoomError;
use kernel::{Entropy, Instant, RoomId, UserId};
use store::{Store, StoreError, Tx, UseCase};
use tokio::sync::oneshot;

use self::pens::Pens;
use super::publish::{Piece, Published, append};
use crate::{App, Effects, Error};

/// Pieces of one batch: as many as a page of the log.
const MOST: usize = 500;
/// Bytes of their data.
const MOST_BYTES: usize = 1 << 20;
/// Pieces that wait for one room. Above that, its publishers are faster than the disk and have to be told.
const MOST_WAITING: usize = 4_096;
/// Batches, of different rooms, that are written at a time: no more than this, and than one person has transactions.
const AT_A_TIME: usize = 4;

type Fate = Result<Published, Error>;

/// Somebody who waits for what came of their piece.
struct Waiting {
    piece: Piece,
    answer: oneshot::Sender<Fate>,
}

/// The queues of the rooms into which somebody publishes at the moment. One that is there has a leader.
pub(crate) struct Crowds {
    rooms: Mutex<HashMap<RoomId, Vec<Waiting>>>,
    /// Batches are for many people, so none of these gives a turn of theirs for one. Whoever publishes into many rooms has batches of their
    /// own for each: that they take neither all connections nor everybody's time, few are written at a time, and of each person in turn.
    pens: Pens,
}

impl Crowds {
    /// Of those who publish into `store`.
    pub(crate) fn new(store: &Store) -> Self {
        // On SQLite all of them go into one commit.
        let count = if store.is_shared() { store.turns().min(AT_A_TIME) } else { AT_A_TIME };
        Self { rooms: Mutex::default(), pens: Pens::new(count) }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, Vec<Waiting>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts somebody at the end of the queue; answers whether it needs a leader.
    fn join(&self, room: RoomId, waiting: Waiting) -> Result<bool, StoreError> {
        match self.rooms().entry(room) {
            Entry::Occupied(queue) if queue.get().len() >= MOST_WAITING => Err(StoreError::Overloaded),
            Entry::Occupied(mut queue) => {
                queue.get_mut().push(waiting);
                Ok(false)
            }
            Entry::Vacant(place) => {
                place.insert(vec![waiting]);
                Ok(true)
            }
        }
    }

    /// Whose piece is the first of the next batch; nobody's where nobody waits, and then the queue is gone.
    fn first(&self, room: RoomId) -> Option<UserId> {
        let mut rooms = self.rooms();
        let first = rooms.get(&room)?.first().map(|waiting| waiting.piece.user);
        if first.is_none() {
            rooms.remove(&room);
        }
        first
    }

    /// The next batch.
    fn next(&self, room: RoomId) -> Vec<Waiting> {
        let mut rooms = self.rooms();
        let Some(queue) = rooms.get_mut(&room) else { return Vec::new() };
        let mut bytes = 0;
        let fits = queue.iter().take(MOST).take_while(|waiting| {
            bytes += waiting.piece.publication.data.len();
            bytes <= MOST_BYTES
        });
        queue.drain(..fits.count()).collect()
    }
}

/// Whoever leads a room. Should it be cut off before its queue is gone, those who wait are told, and the next who comes leads.
struct Leader<'a> {
    crowds: &'a Crowds,
    room: RoomId,
    done: bool,
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.crowds.rooms().remove(&self.room);
        }
    }
}

/// Publishes `piece` into `room`.
pub(super) async fn publish(app: &App, room: RoomId, piece: Piece) -> Fate {
    let (answer, fate) = oneshot::channel();
    if app.crowds().join(room, Waiting { piece, answer })? {
        tokio::spawn(lead(app.clone(), room));
    }
    // Nobody answers when the leader was cut off, perhaps in the middle of a commit.
    fate.await.unwrap_or(Err(StoreError::Unknown.into()))
}

async fn lead(app: App, room: RoomId) {
    let mut leader = Leader { crowds: app.crowds(), room, done: false };
    while let Some(user) = leader.crowds.first(room) {
        // Who comes while the batch waits here is part of it.
        let pen = leader.crowds.pens.next(user).await;
        let batch = leader.crowds.next(room);
        let (pieces, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|Waiting { piece, answer }| (piece, answer)).unzip();
        let together = Together { room, pieces, now: app.now(), entropy: app.entropy() };
        let written = app.store().write(together).await;
        drop(pen);
        match written {
            Ok((fates, effects)) => {
                app.announce(effects);
                for (fate, answer) in fates.into_iter().zip(answers) {
                    // Who does not wait any longer has published all the same.
                    let _ = answer.send(fate.map_err(Error::from));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.clone().into()));
                }
            }
        }
    }
    leader.done = true;
}

/// A batch.
struct Together {
    room: RoomId,
    pieces: Vec<Piece>,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Together {
    type Out = (Vec<Result<Published, RoomError>>, Effects);
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let mut effects = Effects::default();
        let fates = append(tx, &mut effects, self.room, &self.pieces, (self.now, &*self.entropy)).await?;
        Ok((fates, effects))
    }
}

#[cfg(test)]
mod tests {
    use domain::rooms::{Publication, Target};
    use uuid::Uuid;

    use super::*;

    const ROOM: u128 = 1;

    fn waiting(bytes: usize) -> (Waiting, oneshot::Receiver<Fate>) {
        let room = RoomId::from_uuid(Uuid::from_u128(ROOM));
        let data = "x".repeat(bytes);
        let publication = Publication { target: Target::Id(room), kind: "a".to_owned(), data, publisher: None, dedupe_key: None };
        let (answer, fate) = oneshot::channel();
        (Waiting { piece: Piece { user: UserId::from_uuid(Uuid::from_u128(2)), publication }, answer }, fate)
    }

    fn crowds(sizes: impl IntoIterator<Item = usize>) -> (Crowds, RoomId, Vec<oneshot::Receiver<Fate>>) {
        let (crowds, room) = (Crowds { rooms: Mutex::default(), pens: Pens::new(1) }, RoomId::from_uuid(Uuid::from_u128(ROOM)));
        let mut fates = Vec::new();
        for (number, bytes) in sizes.into_iter().enumerate() {
            let (waiting, fate) = waiting(bytes);
            assert_eq!(crowds.join(room, waiting).expect("there is room"), number == 0, "the first leads");
            fates.push(fate);
        }
        (crowds, room, fates)
    }

    #[test]
    fn a_batch_has_a_number_and_a_size_and_is_in_order() {
        let (crowds, room, _fates) = crowds([1; 2 * MOST + 1]);
        let taken: Vec<usize> = std::iter::repeat_with(|| crowds.next(room).len()).take(4).collect();
        assert_eq!(taken, [MOST, MOST, 1, 0]);

        let (crowds, room, _fates) = self::crowds([MOST_BYTES - 1, 1, 2, MOST_BYTES, 3]);
        let sizes = |batch: Vec<Waiting>| batch.iter().map(|waiting| waiting.piece.publication.data.len()).collect::<Vec<_>>();
        let taken: Vec<_> = std::iter::repeat_with(|| sizes(crowds.next(room))).take(4).collect();
        assert_eq!(taken, [vec![MOST_BYTES - 1, 1], vec![2], vec![MOST_BYTES], vec![3]]);
        assert_eq!(crowds.first(room), None);
        assert!(crowds.rooms().is_empty(), "the next who comes leads");
    }

    #[test]
    fn who_comes_when_too_many_wait_is_told() {
        let (crowds, room, _fates) = crowds(vec![0; MOST_WAITING]);
        assert!(matches!(crowds.join(room, waiting(0).0), Err(StoreError::Overloaded)));
        crowds.next(room);
        assert!(!crowds.join(room, waiting(0).0).expect("there is room again"));
    }

    #[test]
    fn a_leader_that_is_cut_off_leaves_nobody_waiting() {
        let (crowds, room, mut fates) = crowds([0; 3]);
        drop(Leader { crowds: &crowds, room, done: false });
        assert!(fates.iter_mut().all(|fate| fate.try_recv().is_err()));
        assert!(crowds.join(room, waiting(0).0).expect("a new queue"), "the next who comes leads");
    }
}

//! Whose turn it is: one user has so many transactions at a time, and nobody else waits for the rest.
//!
//! Threads and connections are few. Without turns, whoever sends a hundred slow requests at once holds them all, and everybody
//! else waits at the end of that queue. Work that is done for a user ([`on_behalf_of`]) takes a turn for each transaction and
//! waits for it here, where waiting costs neither thread nor connection. One transaction is one turn, and takes no other while
//! it runs, so nobody waits in a circle. What is done for nobody in particular (lanes, housekeeping) takes none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

tokio::task_local! {
    static USER: UserId;
}

/// Does `work` for `user`: its transactions are among those that this user has at a time. What it spawns is not.
pub async fn on_behalf_of<W: Future>(user: UserId, work: W) -> W::Output {
    USER.scope(user, work).await
}

/// The turns of all users of a store.
#[derive(Clone)]
pub(crate) struct Turns {
    /// Transactions of one user at a time.
    most: usize,
    queues: Arc<Mutex<HashMap<UserId, Queue>>>,
}

/// Those of one user.
struct Queue {
    free: Arc<Semaphore>,
    /// Who has a turn or waits for one. Nobody: the queue is forgotten.
    here: usize,
}

/// A turn, given back when dropped; or nobody's.
pub(crate) struct Turn {
    /// Dropped before the place, so that a queue is never forgotten while one of its turns is taken.
    _permit: Option<OwnedSemaphorePermit>,
    _place: Option<Place>,
}

/// Somebody who has a turn or waits for one.
struct Place {
    user: UserId,
    queues: Arc<Mutex<HashMap<UserId, Queue>>>,
}

impl Turns {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, queues: Arc::default() }
    }

    /// How many transactions one user has at a time.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// The next turn of the user for whom the caller works, first come, first served.
    pub(crate) async fn next(&self) -> Turn {
        let Ok(user) = USER.try_with(|user| *user) else { return Turn { _permit: None, _place: None } };
        let (place, free) = self.enter(user);
        // Nobody closes it.
        let permit = free.acquire_owned().await.ok();
        Turn { _permit: permit, _place: Some(place) }
    }

    fn enter(&self, user: UserId) -> (Place, Arc<Semaphore>) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(user).or_insert_with(|| Queue { free: Arc::new(Semaphore::new(self.most)), here: 0 });
        queue.here += 1;
        (Place { user, queues: Arc::clone(&self.queues) }, Arc::clone(&queue.free))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&self.user) {
            queue.here -= 1;
            if queue.here == 0 {
                queues.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_user_has_so_many_turns_in_the_order_they_came_and_another_has_their_own() {
        let turns = Turns::new(2);
        let (ada, bob) = (user(1), user(2));
        let first = on_behalf_of(ada, turns.next()).await;
        let second = on_behalf_of(ada, turns.next()).await;
        let mut third = Box::pin(on_behalf_of(ada, turns.next()));
        let mut fourth = Box::pin(on_behalf_of(ada, turns.next()));
        assert!(third.as_mut().now_or_never().is_none() && fourth.as_mut().now_or_never().is_none());
        assert!(on_behalf_of(bob, turns.next()).now_or_never().is_some(), "another user");
        assert!(turns.next().now_or_never().is_some(), "nobody in particular");
        drop(second);
        assert!(fourth.as_mut().now_or_never().is_none(), "the third came first");
        let third = third.await;
        drop(first);
        let fourth = fourth.await;
        drop((third, fourth));
        assert!(turns.queues.lock().expect("lock").is_empty(), "nobody is remembered who has nothing under way");
    }

    #[tokio::test]
    async fn who_stops_waiting_is_forgotten_and_holds_up_nobody() {
        let turns = Turns::new(1);
        let ada = user(1);
        let first = on_behalf_of(ada, turns.next()).await;
        let mut given_up = Box::pin(on_behalf_of(ada, turns.next()));
        let mut last = Box::pin(on_behalf_of(ada, turns.next()));
        assert!(given_up.as_mut().now_or_never().is_none() && last.as_mut().now_or_never().is_none());
        drop(given_up);
        drop(first);
        drop(last.now_or_never().expect("its turn"));
        assert!(turns.queues.lock().expect("lock").is_empty());
    }
}

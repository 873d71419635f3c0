//! Who writes next where more want to than may at a time: one batch of each person, and round again.
//!
//! First come, first served would let whoever publishes into a hundred rooms of their own have a hundred batches written before anybody's next
//! one. So it is people who stand in the row, each with their batches behind them, in the order they came.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::UserId;
use tokio::sync::oneshot;

/// As many batches are written at a time as there are pens.
#[derive(Clone)]
pub(super) struct Pens(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// Those who wait, by whose they are. Nobody is in here while a pen is free.
    row: VecDeque<(UserId, VecDeque<oneshot::Sender<Pen>>)>,
}

/// The right to write. When it is dropped, it is the next one's.
pub(super) struct Pen(Option<Pens>);

impl Pens {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: count, row: VecDeque::new() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pen for a batch of `user`, once it is their turn.
    pub(super) async fn next(&self, user: UserId) -> Pen {
        let waits = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                None
            } else {
                let (sender, waits) = oneshot::channel();
                match state.row.iter_mut().find(|(other, _)| *other == user) {
                    Some((_, own)) => own.push_back(sender),
                    None => state.row.push_back((user, [sender].into())),
                }
                Some(waits)
            }
        };
        match waits {
            // Nobody drops a sender that is still in the row: a pen that belongs to nobody is never given.
            Some(waits) => waits.await.unwrap_or(Pen(None)),
            None => Pen(Some(self.clone())),
        }
    }
}

impl State {
    /// The next who waits; who comes after them of the same person waits for all others once.
    fn pop(&mut self) -> Option<oneshot::Sender<Pen>> {
        let (user, mut own) = self.row.pop_front()?;
        let first = own.pop_front();
        if !own.is_empty() {
            self.row.push_back((user, own));
        }
        first
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        let Some(pens) = self.0.take() else { return };
        loop {
            let next = {
                let mut state = pens.state();
                let next = state.pop();
                state.free += usize::from(next.is_none());
                next
            };
            let Some(next) = next else { return };
            match next.send(Pen(Some(pens.clone()))) {
                Ok(()) => return,
                // Who waits no longer is passed over.
                Err(mut refused) => refused.0 = None,
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
    async fn each_has_one_turn_before_anybody_has_the_next() {
        let pens = Pens::new(2);
        let (ada, bob, cy) = (user(1), user(2), user(3));
        let mut held = VecDeque::from([pens.next(ada).await, pens.next(ada).await]);
        let whose = [ada, ada, ada, bob, cy, bob];
        let mut waiting: Vec<_> = whose.iter().map(|user| (*user, Box::pin(pens.next(*user)))).collect();
        assert!(waiting.iter_mut().all(|(_, turn)| turn.as_mut().now_or_never().is_none()));
        let mut order = Vec::new();
        while let Some(pen) = held.pop_front() {
            drop(pen);
            waiting.retain_mut(|(user, turn)| {
                let Some(pen) = turn.as_mut().now_or_never() else { return true };
                order.push(*user);
                held.push_back(pen);
                false
            });
        }
        assert_eq!(order, [ada, bob, cy, ada, bob, ada]);
        let state = pens.state();
        assert_eq!((state.free, state.row.len()), (2, 0), "nobody is remembered who has nothing to write");
    }

    #[tokio::test]
    async fn who_stops_waiting_is_passed_over_and_keeps_no_pen() {
        let pens = Pens::new(1);
        let (ada, bob) = (user(1), user(2));
        let first = pens.next(ada).await;
        let mut given_up = Box::pin(pens.next(bob));
        let mut given = Box::pin(pens.next(ada));
        let mut last = Box::pin(pens.next(bob));
        for turn in [&mut given_up, &mut given, &mut last] {
            assert!(turn.as_mut().now_or_never().is_none());
        }
        drop(given_up);
        drop(first);
        // It was handed over, and nobody came for it.
        drop(given);
        drop(last.now_or_never().expect("a pen"));
        assert_eq!(pens.state().free, 1);
    }
}

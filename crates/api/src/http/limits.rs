//! How many requests may be under way, for all and for one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use app::domain::identity::{Caller, Credential};
use kernel::{ApiKeyId, Category, UserId};

use super::{Limits, Problem};

type Principal = (UserId, Option<ApiKeyId>);

/// What is under way in this process.
#[derive(Debug)]
pub(crate) struct Load {
    all: Arc<AtomicUsize>,
    most: usize,
    by_principal: Arc<Mutex<HashMap<Principal, usize>>>,
    most_by_principal: usize,
}

impl Load {
    /// Nothing under way.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::default(),
            most: limits.in_flight,
            by_principal: Arc::default(),
            most_by_principal: limits.in_flight_per_principal,
        }
    }

    /// A place among all requests, given back when its last holder drops it.
    pub(crate) fn admit(&self) -> Result<Arc<Place>, Problem> {
        let place = Arc::new(Place(Arc::clone(&self.all)));
        if self.all.fetch_add(1, Ordering::Relaxed) < self.most {
            return Ok(place);
        }
        Err(Problem::new(Category::Unavailable, "edge.overloaded", "too many requests are under way: try again in a moment")
            .retry_after(1))
    }

    /// A place among the requests of one principal, given back when dropped.
    pub(crate) fn enter(&self, caller: &Caller) -> Result<Slot, Problem> {
        let principal = principal(caller);
        let mut busy = self.by_principal.lock().unwrap_or_else(PoisonError::into_inner);
        let count = busy.entry(principal).or_default();
        if *count >= self.most_by_principal {
            let detail = format!("at most {} of your requests may be under way at once", self.most_by_principal);
            return Err(Problem::new(Category::RateLimited, "edge.too_many_at_once", detail).retry_after(1));
        }
        *count += 1;
        Ok(Slot { principal, by_principal: Arc::clone(&self.by_principal) })
    }
}

fn principal(caller: &Caller) -> Principal {
    match &caller.credential {
        Credential::Session(_) => (caller.user, None),
        Credential::Key { id, .. } => (caller.user, Some(*id)),
    }
}

/// A place among all requests. It travels in the extensions of its request: work that outlives the request holds on to it.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place among the requests of one principal.
#[derive(Debug)]
pub(crate) struct Slot {
    principal: Principal,
    by_principal: Arc<Mutex<HashMap<Principal, usize>>>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut busy = self.by_principal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.principal) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.principal);
            }
        }
    }
}

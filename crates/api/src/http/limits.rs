//! How many requests may be under way, for all and for one.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
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
    by_principal: Counts<Principal>,
    streams: Counts<IpAddr>,
}

impl Load {
    /// Nothing under way.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::default(),
            most: limits.in_flight,
            by_principal: Counts::new(limits.in_flight_per_principal),
            streams: Counts::new(limits.streams_per_address),
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

    /// A place among the live streams of one address, given back when dropped. `None`: there is nothing to count, for a program on this
    /// machine.
    pub(crate) fn listen(&self, peer: Option<IpAddr>) -> Result<Option<Listener>, Problem> {
        let Some(network) = peer.filter(|address| !address.is_loopback()).map(network) else { return Ok(None) };
        let most = self.streams.most;
        let listener = self.streams.take(network).ok_or_else(|| {
            let detail = format!("at most {most} live streams may be open from one address");
            Problem::new(Category::RateLimited, "stream.too_many_of_address", detail).retry_after(15)
        })?;
        Ok(Some(listener))
    }

    /// A place among the requests of one principal, given back when dropped.
    pub(crate) fn enter(&self, caller: &Caller) -> Result<Slot, Problem> {
        let most = self.by_principal.most;
        self.by_principal.take(principal(caller)).ok_or_else(|| {
            let detail = format!("at most {most} of your requests may be under way at once");
            Problem::new(Category::RateLimited, "edge.too_many_at_once", detail).retry_after(1)
        })
    }
}

fn principal(caller: &Caller) -> Principal {
    match &caller.credential {
        Credential::Session(_) => (caller.user, None),
        Credential::Key { id, .. } => (caller.user, Some(*id)),
    }
}

/// What streams are counted under: an IPv6 network is one household.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// How many places are taken under each name, and how many there are.
#[derive(Debug)]
struct Counts<K> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

impl<K: Copy + Eq + Hash> Counts<K> {
    fn new(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// A place under `name`, given back when dropped; `None` if there is none left.
    fn take(&self, name: K) -> Option<Counted<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(name).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Counted { name, taken: Arc::clone(&self.taken) })
    }
}

/// A place that is counted under a name.
#[derive(Debug)]
pub(crate) struct Counted<K: Eq + Hash> {
    name: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Eq + Hash> Drop for Counted<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.name);
            }
        }
    }
}

/// A place among the live streams of one address.
pub(crate) type Listener = Counted<IpAddr>;

/// A place among the requests of one principal.
pub(crate) type Slot = Counted<Principal>;

/// A place among all requests. It travels in the extensions of its request: work that outlives the request holds on to it.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

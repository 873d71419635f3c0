//! How many requests may be under way, for all and for one.

use std::{
    collections::HashMap,
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
    by_principal: Arc<Mutex<HashMap<Principal, usize>>>,
    most_by_principal: usize,
    streams: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most_streams: usize,
}

impl Load {
    /// Nothing under way.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::default(),
            most: limits.in_flight,
            by_principal: Arc::default(),
            most_by_principal: limits.in_flight_per_principal,
            streams: Arc::default(),
            most_streams: limits.streams_per_address,
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
        let mut open = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.most_streams {
            let detail = format!("at most {} live streams may be open from one address", self.most_streams);
            return Err(Problem::new(Category::RateLimited, "stream.too_many_of_address", detail).retry_after(15));
        }
        *count += 1;
        Ok(Some(Listener { network, open: Arc::clone(&self.streams) }))
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

/// A place among the live streams of one address.
#[derive(Debug)]
pub(crate) struct Listener {
    network: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
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

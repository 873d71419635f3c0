//! One-time tickets: for clients of streams that cannot send a header (`EventSource`, `WebSocket` in a browser).
//!
//! A ticket stands in a URL, and URLs end up in logs: it is good for thirty seconds, once, and only as long as the session it
//! was issued to.

use std::{fmt, time::Duration};

use domain::identity::{Caller, Credential, IdentityError};
use kernel::{Instant, SessionId, UserId};
use store::{Tx, UseCase, identity as rows};

use super::token::Opaque;
use crate::{App, Error};

/// How long a ticket may be redeemed.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(30);

/// The most tickets of a session that wait to be redeemed.
const TICKETS_MAX: i64 = 20;

/// A ticket that was just issued.
#[derive(Clone)]
pub struct Ticket {
    /// Goes into `?ticket=`.
    pub text: String,
    /// For how many seconds.
    pub expires_in_seconds: u64,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

/// Issues a ticket for the session that asks.
pub async fn issue_ticket(app: &App, caller: &Caller) -> Result<Ticket, Error> {
    let session = caller.session().ok_or(IdentityError::Forbidden)?;
    let text = Opaque::Ticket.text(&app.entropy().bytes32());
    let hash = Opaque::Ticket.hash(&text).ok_or(IdentityError::Broken)?;
    app.store().write(IssueTicket { hash, user: caller.user, session, now: app.now() }).await?;
    Ok(Ticket { text, expires_in_seconds: TICKET_LIFETIME.as_secs() })
}

/// Who holds `ticket`, which is worthless from now on.
pub async fn redeem_ticket(app: &App, ticket: &str) -> Result<Caller, Error> {
    let hash = Opaque::Ticket.hash(ticket).ok_or(IdentityError::Unauthenticated)?;
    let caller = app.store().write(RedeemTicket { hash, now: app.now() }).await?;
    caller.ok_or_else(|| IdentityError::Unauthenticated.into())
}

struct IssueTicket {
    hash: [u8; 32],
    user: UserId,
    session: SessionId,
    now: Instant,
}

impl UseCase for IssueTicket {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if rows::tickets::count(tx, self.session, self.now).await? >= TICKETS_MAX {
            let retry_after_seconds = u32::try_from(TICKET_LIFETIME.as_secs()).unwrap_or(u32::MAX);
            return Err(IdentityError::Throttled { retry_after_seconds }.into());
        }
        Ok(rows::tickets::insert(tx, &self.hash, self.user, self.session, self.now + TICKET_LIFETIME).await?)
    }
}

struct RedeemTicket {
    hash: [u8; 32],
    now: Instant,
}

/// `None` is no error: the ticket of a session that has ended is used up all the same.
impl UseCase for RedeemTicket {
    type Out = Option<Caller>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Some(session) = rows::tickets::take(tx, &self.hash, self.now).await? else { return Ok(None) };
        let standing = rows::sessions::standing(tx, session, self.now).await?;
        Ok(standing.map(|standing| Caller { user: standing.user, role: standing.role, credential: Credential::Session(session) }))
    }
}

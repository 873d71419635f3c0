//! Marking and deleting what is in an inbox.
//!
//! Each use case changes the rows, the count and the stream in one transaction, and only if there is something to change: doing it
//! again changes nothing and says nothing.

use std::sync::Arc;

use domain::{
    identity::Caller,
    notify::{Notification, NotifyError, Unread},
};
use kernel::{Cursor, Entropy, EventId, Instant, NotificationId, StreamId, UserId};
use store::{Tx, UseCase, notify::inbox, streams::Draft};

use super::event;
use crate::{Answer, App, Effects, Error, Once, once::Render};

/// The most rows one call of [`mark_up_to`] marks: it bounds how long one transaction holds the writer. The answer says whether
/// more are left.
pub const MARKED_AT_ONCE: u32 = 10_000;

/// What every change of an inbox needs.
struct Change {
    user: UserId,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Change {
    fn of(app: &App, caller: &Caller) -> Self {
        Self { user: caller.user, now: app.now(), entropy: app.entropy() }
    }

    /// Moves the count by `by`, if by anything, and appends what happened, then the new count, to the owner's stream.
    async fn settle(&self, tx: &mut Tx<'_>, kind: &'static str, data: String, by: i64) -> Result<(Unread, Effects), Error> {
        let mut drafts = vec![self.draft(kind, data)];
        let unread = if by == 0 {
            inbox::unread(tx, self.user).await?
        } else {
            let unread = inbox::shift_unread(tx, self.user, by).await?;
            drafts.push(self.draft(event::UNREAD, event::unread_event_data(unread.count, unread.version)));
            unread
        };
        let events = store::streams::append(tx, drafts, self.now).await?;
        Ok((unread, Effects { events, ..Effects::default() }))
    }

    fn draft(&self, kind: &'static str, data: String) -> Draft {
        Draft { stream: StreamId::from(self.user), id: EventId::mint(self.now, &*self.entropy), kind: kind.into(), data }
    }
}

struct Mark(Change, NotificationId, bool);

impl UseCase for Mark {
    type Out = (Notification, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(change, id, read) = self;
        inbox::lock(tx, change.user).await?;
        let read_at = read.then_some(change.now);
        let changed = inbox::set_read(tx, change.user, *id, read_at).await?;
        let notification = inbox::find(tx, change.user, *id).await?.ok_or(NotifyError::NotFound)?;
        if !changed {
            return Ok((notification, Effects::default()));
        }
        let by = if *read { -1 } else { 1 };
        let (_, effects) = change.settle(tx, event::READ, event::read_event_data(*id, read_at), by).await?;
        Ok((notification, effects))
    }
}

/// Marks one notification of the caller as read, or as unread.
pub async fn mark(
    app: &App,
    caller: &Caller,
    (id, read): (NotificationId, bool),
    once: Option<Once>,
    render: Render<Notification>,
) -> Result<Answer, Error> {
    app.commit_once(Mark(Change::of(app, caller), id, read), once, render).await
}

/// How far [`mark_up_to`] goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpTo {
    /// This one and all older ones.
    Notification(NotificationId),
    /// All there are at this moment.
    All,
}

/// What [`mark_up_to`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// How many became read.
    pub marked: u64,
    /// The count afterwards.
    pub unread: Unread,
    /// Whether more are left than one call marks: call again.
    pub has_more: bool,
}

struct MarkUpTo(Change, UpTo);

impl UseCase for MarkUpTo {
    type Out = (Marked, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(change, up_to) = self;
        let user = change.user;
        inbox::lock(tx, user).await?;
        let end = match up_to {
            UpTo::Notification(id) => Some(inbox::place(tx, user, *id).await?.ok_or(NotifyError::NotFound)?),
            UpTo::All => inbox::newest_unread(tx, user).await?,
        };
        let Some(asked) = end else { return unchanged(tx, user).await };
        let bound = inbox::nth_unread(tx, user, MARKED_AT_ONCE).await?.filter(|bound| precedes(*bound, asked));
        let end = bound.unwrap_or(asked);
        let marked = inbox::read_up_to(tx, user, end, change.now).await?;
        if marked == 0 {
            return unchanged(tx, user).await;
        }
        let data = event::read_up_to_event_data(NotificationId::from_uuid(end.id), change.now);
        let by = -i64::try_from(marked).unwrap_or(i64::MAX);
        let (unread, effects) = change.settle(tx, event::READ, data, by).await?;
        Ok((Marked { marked, unread, has_more: bound.is_some() }, effects))
    }
}

async fn unchanged(tx: &mut Tx<'_>, user: UserId) -> Result<(Marked, Effects), Error> {
    let unread = inbox::unread(tx, user).await?;
    Ok((Marked { marked: 0, unread, has_more: false }, Effects::default()))
}

fn precedes(one: Cursor, other: Cursor) -> bool {
    (one.at, one.id) < (other.at, other.id)
}

/// Marks the caller's notifications as read, from the oldest up to and including a given one; [`MARKED_AT_ONCE`] at most.
pub async fn mark_up_to(
    app: &App,
    caller: &Caller,
    up_to: UpTo,
    once: Option<Once>,
    render: Render<Marked>,
) -> Result<Answer, Error> {
    app.commit_once(MarkUpTo(Change::of(app, caller), up_to), once, render).await
}

struct Delete(Change, NotificationId);

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(change, id) = self;
        inbox::lock(tx, change.user).await?;
        let was_unread = inbox::delete(tx, change.user, *id, change.now).await?.ok_or(NotifyError::NotFound)?;
        let by = -i64::from(was_unread);
        let (_, effects) = change.settle(tx, event::DELETED, event::deleted_event_data(*id), by).await?;
        Ok(((), effects))
    }
}

/// Empties one notification of the caller and hides it for good.
pub async fn delete(app: &App, caller: &Caller, id: NotificationId) -> Result<(), Error> {
    app.commit(Delete(Change::of(app, caller), id)).await
}

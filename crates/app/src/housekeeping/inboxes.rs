//! Forgetting notifications. The unread count and its version change with the rows, in one transaction, and the owner's stream
//! hears of it.

use std::{collections::BTreeMap, sync::Arc};

use kernel::{Entropy, EventId, Instant, NotificationId, UserId};
use store::{
    Tx, UseCase,
    notify::forget::{self, Old, Page},
};

use super::{
    Retention,
    purge::{CHUNK, Round},
};
use crate::{App, Effects, Error, notify};

/// Looks through a page of notifications on a reader, and writes only if some of them are old. Their ids are in the order of
/// their making, so the walk is over at the first page whose last row is too young even to have been read long ago.
pub(super) async fn round(app: &App, after: NotificationId, retention: &Retention, now: Instant) -> Result<Round, Error> {
    let old = Old { written_before: now - retention.notifications, read_before: now - retention.read_notifications };
    let Some(page) = app.store().read(Look { after, old }).await? else { return Ok(Round { gone: 0, next: None }) };
    let next = page.goes_on.then(|| page.last.uuid());
    if page.old.is_empty() {
        return Ok(Round { gone: 0, next });
    }
    let gone = app.commit(Forget { rows: page.old, old, now, entropy: app.entropy() }).await?;
    Ok(Round { gone, next })
}

struct Look {
    after: NotificationId,
    old: Old,
}

impl UseCase for Look {
    type Out = Option<Page>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(forget::page(tx, self.after, self.old, CHUNK).await?)
    }
}

struct Forget {
    rows: Vec<(UserId, NotificationId)>,
    old: Old,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Forget {
    type Out = (u64, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let mut unread: BTreeMap<UserId, i64> = self.rows.iter().map(|(user, _)| (*user, 0)).collect();
        for user in unread.keys() {
            store::notify::inbox::lock(tx, *user).await?;
        }
        let gone = forget::delete(tx, &self.rows, self.old).await?;
        for (user, was_unread) in &gone {
            *unread.entry(*user).or_default() -= i64::from(*was_unread);
        }
        unread.retain(|_, by| *by != 0);
        let inboxes = store::notify::deliver::add_unread(tx, &unread).await?;
        let told = |inbox| notify::unread_changed(inbox, EventId::mint(self.now, &*self.entropy));
        let mut effects = Effects::default();
        effects.append(tx, inboxes.iter().map(told).collect(), self.now).await?;
        Ok((gone.len() as u64, effects))
    }
}

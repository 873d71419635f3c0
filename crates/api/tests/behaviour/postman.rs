//! Writes into inboxes and streams as the handler of alarms does.

use std::collections::BTreeMap;

use app::{App, domain::notify::Notification, notify};
use kernel::{Event, EventId, Instant, NotificationId, StreamId, UserId};
use testkit::store::{
    StoreError, Tx, UseCase,
    notify::deliver,
    streams::{self, Draft},
};

struct Deliver {
    drafts: Vec<deliver::Draft>,
    user: UserId,
    now: Instant,
    event_ids: Vec<EventId>,
}

impl UseCase for Deliver {
    type Out = Vec<Event>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Event>, StoreError> {
        deliver::insert(tx, &self.drafts).await?;
        let count = i64::try_from(self.drafts.len()).expect("few");
        deliver::add_unread(tx, &BTreeMap::from([(self.user, count)])).await?;
        let events = self.drafts.iter().zip(&self.event_ids).map(|(draft, id)| Draft {
            stream: StreamId::from(self.user),
            id: *id,
            kind: notify::CREATED.into(),
            data: notify::created_event_data(&draft.notification),
        });
        streams::append(tx, events.collect(), self.now).await
    }
}

/// Notifies `user` of each of `titles`, in one transaction, and tells nobody.
pub(crate) async fn deliver_silently(app: &App, user: UserId, titles: &[String]) -> Vec<Event> {
    let (now, entropy) = (app.now(), app.entropy());
    let draft = |title: &String| {
        let id = NotificationId::mint(now, &*entropy);
        let (kind, data) = ("reminder".to_owned(), r#"{"schedule_id":null}"#.to_owned());
        let (title, body) = (title.clone(), String::new());
        let notification = Notification { id, user, kind, title, body, data, created_at: now, read_at: None };
        deliver::Draft { key: id.uuid(), notification }
    };
    let drafts: Vec<_> = titles.iter().map(draft).collect();
    let event_ids = drafts.iter().map(|_| EventId::mint(now, &*entropy)).collect();
    app.store().write(Deliver { drafts, user, now, event_ids }).await.expect("it is written")
}

/// Notifies `user` of each of `titles`, and tells who listens.
pub(crate) async fn deliver(app: &App, user: UserId, titles: &[String]) {
    app.hub().publish(deliver_silently(app, user, titles).await);
}

/// `1`, `2` … as titles.
pub(crate) fn numbered(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.map(|number| number.to_string()).collect()
}

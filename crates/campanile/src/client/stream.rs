//! The caller's live stream, followed across lost connections until a reminder rings.

use std::{collections::VecDeque, time::Duration};

use kernel::{Clock, Instant};
use reqwest::{Method, Response, StatusCode, header};
use serde::Deserialize;

use super::{
    Client, Refusal, accepted,
    sse::{Reader, ServerEvent},
};

/// The wait before a lost stream is opened again.
const PAUSE: Duration = Duration::from_millis(250);

/// A reminder rang.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    /// What it was about.
    pub(crate) title: String,
    /// When it was due.
    pub(crate) due_at: Instant,
    /// How late the server fired it.
    pub(crate) late_by_ms: u64,
    /// How long after it was due the event arrived here, by this machine's clock.
    pub(crate) seen_after: Duration,
}

/// A live stream, open or to be opened again.
pub(crate) struct Live {
    client: Client,
    connection: Option<(Response, Reader)>,
    /// Events that came with those already seen.
    waiting: VecDeque<ServerEvent>,
    /// Where to go on after a lost connection.
    last_event_id: Option<String>,
}

/// What the events of a reminder carry.
#[derive(Deserialize)]
struct Notification {
    title: String,
    data: Option<Reminded>,
}

#[derive(Deserialize)]
struct Reminded {
    schedule_id: Option<String>,
    due_at: Option<Instant>,
    late_by_ms: Option<u64>,
}

/// What the stream brought.
enum Came {
    Event(ServerEvent),
    /// The connection is gone; open it again.
    Lost,
}

impl Live {
    /// Opens the stream. What happens from now on will be seen.
    pub(crate) async fn open(client: &Client) -> Result<Self, Refusal> {
        let mut live = Self { client: client.clone(), connection: None, waiting: VecDeque::new(), last_event_id: None };
        live.connect().await?;
        Ok(live)
    }

    /// Goes on at another address: the same server was started again there.
    pub(crate) fn move_to(&mut self, server: &str) {
        self.client = self.client.at(server);
        self.connection = None;
    }

    /// Waits until the reminder of `schedule` rings.
    pub(crate) async fn wait_for(&mut self, schedule: &str, clock: &dyn Clock) -> Result<Ring, Refusal> {
        loop {
            match self.next().await {
                Came::Event(event) => {
                    if let Some(ring) = ring_of(&event, schedule, clock.now()) {
                        return Ok(ring);
                    }
                    if event.kind == "gap" {
                        // The log no longer has what we missed; the reminder itself says whether it rang.
                        if let Some(ring) = self.already(schedule, clock.now()).await? {
                            return Ok(ring);
                        }
                    }
                }
                Came::Lost => {
                    clock.sleep(PAUSE).await;
                    match self.reconnect().await {
                        Err(refusal) if !refusal.is_passing() => return Err(refusal),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Opens the stream again, with a new access token if the old one has ended meanwhile.
    async fn reconnect(&mut self) -> Result<(), Refusal> {
        match self.connect().await {
            Err(Refusal::Said { status: StatusCode::UNAUTHORIZED, detail }) => match self.client.renewed().await? {
                Some(client) => {
                    self.client = client;
                    self.connect().await
                }
                None => Err(Refusal::Said { status: StatusCode::UNAUTHORIZED, detail }),
            },
            other => other,
        }
    }

    async fn connect(&mut self) -> Result<(), Refusal> {
        let mut request = self.client.request(Method::GET, "/api/v1/me/stream").header(header::ACCEPT, "text/event-stream");
        if let Some(id) = &self.last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        self.connection = Some((accepted(request.send().await?).await?, Reader::default()));
        Ok(())
    }

    /// The next event, or the news that the connection is gone.
    async fn next(&mut self) -> Came {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                if let Some(id) = &event.id {
                    self.last_event_id = Some(id.clone());
                }
                return Came::Event(event);
            }
            let Some((response, reader)) = &mut self.connection else { return Came::Lost };
            // One that was silent for too long is dead.
            let chunk = response.chunk().await.ok().flatten();
            let Some(Ok(events)) = chunk.map(|bytes| reader.take(&bytes)) else {
                self.connection = None;
                return Came::Lost;
            };
            self.waiting.extend(events);
        }
    }

    /// Whether the reminder of `schedule` has rung, by its own account.
    async fn already(&self, schedule: &str, now: Instant) -> Result<Option<Ring>, Refusal> {
        let reminders = self.client.reminders(schedule).await?;
        Ok(reminders.into_iter().find(|reminder| reminder.state == "FIRED").map(|reminder| Ring {
            title: String::new(),
            due_at: reminder.due_at,
            late_by_ms: reminder.lateness_ms.unwrap_or(0),
            seen_after: now.since(reminder.due_at),
        }))
    }
}

/// The ring of `schedule`, if that is what the event tells.
fn ring_of(event: &ServerEvent, schedule: &str, now: Instant) -> Option<Ring> {
    if event.kind != "notification.created" {
        return None;
    }
    let notification: Notification = serde_json::from_str(&event.data).ok()?;
    let reminded = notification.data?;
    let due_at = reminded.due_at?;
    (reminded.schedule_id.as_deref() == Some(schedule)).then(|| Ring {
        title: notification.title,
        due_at,
        late_by_ms: reminded.late_by_ms.unwrap_or(0),
        seen_after: now.since(due_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_reminder_that_is_waited_for_rings() {
        let event = |kind: &str, schedule: &str| ServerEvent {
            id: None,
            kind: kind.to_owned(),
            data: format!(
                r#"{{"id":"ntf_1","title":"stretch","data":{{"schedule_id":"{schedule}","due_at":"2026-11-20T00:30:00Z","late_by_ms":3}}}}"#
            ),
        };
        let now = "2026-11-20T00:30:00.007Z".parse().expect("an instant");
        let ring = ring_of(&event("notification.created", "sch_1"), "sch_1", now).expect("rings");
        assert_eq!((ring.late_by_ms, ring.seen_after.as_millis(), ring.title.as_str()), (3, 7, "stretch"));
        assert_eq!(ring_of(&event("notification.created", "sch_2"), "sch_1", now), None);
        assert_eq!(ring_of(&event("schedule.changed", "sch_1"), "sch_1", now), None);
    }
}

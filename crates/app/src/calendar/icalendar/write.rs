//! Writing a calendar page by page.

use std::{collections::BTreeMap, fmt::Write as _};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    calendar::{
        RecurrenceSet,
        icalendar::{Kept, Privacy, busy, closing, events, label_names, opening, time_zone},
        labels::LabelName,
    },
    identity::Caller,
};
use kernel::{FeedId, Instant, ScheduleId, UserId, WallTime, Zone};
use store::{
    Tx, UseCase,
    calendar::{
        imported::{self, Imported},
        whole,
    },
};

use crate::{
    App, Error,
    calendar::labels,
    identity::{Right, read_on},
};

/// Schedules of one page.
const PAGE: u32 = 100;

/// What is to be written.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) right: Right,
    pub(super) name: String,
    pub(super) privacy: Privacy,
    /// What is over by then is left out.
    pub(super) since: Instant,
    /// For a feed.
    pub(super) mask: Option<Mask>,
}

/// What stands in busy times instead of the ids of schedules and the times of their changes: ids carry the time they were made at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask {
    /// Whoever reads a feed does not know its id: names are made with it, the same ones as long as there is the feed.
    pub(super) feed: FeedId,
    /// When the calendar last changed.
    pub(super) at: Instant,
}

impl Mask {
    fn uid(self, id: ScheduleId, occurrence: Option<WallTime>) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.feed.uuid().as_bytes());
        let occurrence = occurrence.map(|wall| wall.to_string()).unwrap_or_default();
        let tag = hmac::sign(&key, format!("{id}/{occurrence}").as_bytes());
        format!("{}@campanile", URL_SAFE_NO_PAD.encode(tag))
    }
}

/// A calendar as text, one page after the other. The zones come first, then each schedule as it is when its page is read.
pub struct Pages {
    app: App,
    wanted: Wanted,
    next: Next,
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

enum Next {
    Opening(Vec<(Zone, Instant)>),
    Schedules(Option<ScheduleId>),
    /// Components that are no events, after the one of this key.
    Others(String),
    Nothing,
}

/// The whole calendar of the caller, with everything. Nothing more is read once their session or key is not good any more.
pub async fn export(app: &App, caller: &Caller) -> Result<Pages, Error> {
    let (name, privacy, since) = ("Campanile".to_owned(), Privacy::Full, Instant::DISTANT_PAST);
    let wanted = Wanted { right: Right::Own(caller.clone()), name, privacy, since, mask: None };
    Pages::new(app, wanted).await
}

impl Pages {
    pub(super) async fn new(app: &App, wanted: Wanted) -> Result<Self, Error> {
        let zones = Zones(wanted.right.owner(), wanted.since, wanted.privacy);
        let zones = read_on(app, &wanted.right, zones).await?;
        Ok(Self { app: app.clone(), wanted, next: Next::Opening(zones) })
    }

    /// The next piece of text; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        let (text, next) = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Opening(zones) => (self.opening(&zones), Next::Schedules(None)),
            Next::Schedules(after) => self.schedules(after).await?,
            Next::Others(after) => self.others(&after).await?,
            Next::Nothing => return Ok(None),
        };
        self.next = next;
        Ok(Some(text))
    }

    fn opening(&self, zones: &[(Zone, Instant)]) -> String {
        let (mut text, now) = (opening(&self.wanted.name), self.app.now());
        for component in zones.iter().filter_map(|(zone, first)| time_zone(zone, *first, now)) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{component}");
        }
        text
    }

    async fn schedules(&self, after: Option<ScheduleId>) -> Result<(String, Next), Error> {
        let Wanted { ref right, privacy, since, mask, .. } = self.wanted;
        let page = Page { owner: right.owner(), after, since, full: privacy == Privacy::Full };
        let page = read_on(&self.app, right, page).await?;
        let mut text = String::new();
        // One that stays for the work on it alone has nothing to show, and nobody could read it in.
        let empty = |set: &RecurrenceSet| set.schedule.series.as_ref().is_some_and(|series| series.first().is_none());
        for (set, names, kept) in page.iter().filter(|(set, ..)| !empty(set)) {
            let events = match mask {
                Some(mask) if privacy == Privacy::Busy => busy(set, mask.at, &|occurrence| mask.uid(set.schedule.id, occurrence)),
                _ => events(set, names, kept, privacy),
            };
            for event in events {
                let _ = write!(text, "{event}");
            }
        }
        let last = page.last().filter(|_| page.len() == PAGE as usize);
        Ok(match last {
            Some((set, ..)) => (text, Next::Schedules(Some(set.schedule.id))),
            None if privacy == Privacy::Full && since == Instant::DISTANT_PAST => (text, Next::Others(String::new())),
            None => (text + &closing(), Next::Nothing),
        })
    }

    async fn others(&self, after: &str) -> Result<(String, Next), Error> {
        let right = &self.wanted.right;
        let page = read_on(&self.app, right, Others(right.owner(), after.to_owned())).await?;
        let mut text: String = page.iter().map(|(_, text)| text.as_str()).collect();
        if let Some((key, _)) = page.last().filter(|_| page.len() == PAGE as usize) {
            return Ok((text, Next::Others(key.clone())));
        }
        text.push_str(&closing());
        Ok((text, Next::Nothing))
    }
}

struct Zones(UserId, Instant, Privacy);

impl UseCase for Zones {
    type Out = Vec<(Zone, Instant)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(whole::zones(tx, self.0, self.1, self.2).await?)
    }
}

struct Page {
    owner: UserId,
    after: Option<ScheduleId>,
    since: Instant,
    /// With labels, and with what was kept of imports.
    full: bool,
}

impl UseCase for Page {
    type Out = Vec<(RecurrenceSet, Vec<LabelName>, Kept)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let sets = whole::page(tx, self.owner, self.after, self.since, PAGE).await?;
        if !self.full {
            return Ok(sets.into_iter().map(|set| (set, Vec::new(), Kept::default())).collect());
        }
        let ids: Vec<ScheduleId> = sets.iter().map(|set| set.schedule.id).collect();
        let mut kept: BTreeMap<ScheduleId, Imported> = imported::of(tx, &ids).await?;
        let called = labels::category_names(tx, &sets).await?;
        let whole = |set: RecurrenceSet| {
            let Imported { uid, parts } = kept.remove(&set.schedule.id).unwrap_or_default();
            let category = set.schedule.labels.category.and_then(|category| called.get(&category));
            let names = label_names(&set.schedule.labels, category);
            (set, names, Kept::read(uid, parts))
        };
        Ok(sets.into_iter().map(whole).collect())
    }
}

struct Others(UserId, String);

impl UseCase for Others {
    type Out = Vec<(String, String)>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(imported::components(tx, self.0, &self.1, PAGE).await?)
    }
}

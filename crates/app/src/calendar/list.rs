//! Lists of schedules: by time, narrowed to labels and words.

use std::collections::BTreeSet;

use domain::{
    calendar::{
        Key, Occurrence, RecurrenceSet, Schedule,
        labels::LabelName,
        progress::State,
        search::{Query, Reading},
    },
    identity::Caller,
};
use kernel::{CategoryId, Cursor, Instant, ScheduleId, UserId};
use store::{
    Tx, UseCase,
    calendar::filtered::{self, Narrow},
};

use super::{
    Page, Range,
    as_far::{Found, Seek},
    labels::{Narrowing, look_up},
};
use crate::{App, Error};

/// What somebody wants to see.
#[derive(Clone, Debug)]
pub struct Listing {
    /// When, and from where on.
    pub range: Range,
    /// What of that.
    pub narrowing: Narrowing,
    /// Whether a series that says it stands for all its occurrences: who looks for words without a time in mind wants to see it once.
    pub series_once: bool,
}

impl From<Range> for Listing {
    fn from(range: Range) -> Self {
        Self { range, narrowing: Narrowing::default(), series_once: false }
    }
}

/// What of whom, and how far it is to be, unless that is all one.
struct List(UserId, Listing, Option<State>);

impl UseCase for List {
    type Out = (Vec<Occurrence>, Option<Key>);
    type Error = Error;

    /// One page of what happens once and, of each series, at most as many: merged, the first of them are the page. With it comes
    /// up to where was looked, if not to the end.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(owner, Listing { range, narrowing, .. }, state) = self;
        let Some(wanted) = self.wanted(tx).await? else { return Ok((Vec::new(), None)) };
        let page = Range { limit: range.limit + 1, ..*range };
        let (once, series) = if let (None, None) = (&wanted.narrow, state) {
            store::calendar::pages::overlapping(tx, *owner, page).await?
        } else {
            let narrow = wanted.narrow.clone().unwrap_or_default();
            let once = match state {
                None => filtered::overlapping(tx, *owner, page, &narrow).await?,
                Some(state) => filtered::as_far(tx, *owner, page, &narrow, *state).await?,
            };
            let series = match &narrowing.query {
                None => store::calendar::pages::series_within(tx, *owner, (range.from, range.to)).await?,
                Some(_) => Vec::new(),
            };
            (once, series)
        };
        let once = once.into_iter().map(|schedule| RecurrenceSet::new(schedule, [])).collect();
        let (found, until) = self.first(tx, (once, series), &wanted).await?;
        match &narrowing.query {
            None => Ok((found, until)),
            Some(query) => Ok((self.with_saying(tx, found, &wanted, query).await?, until)),
        }
    }
}

/// What is wanted, looked up.
struct Wanted {
    /// `None`: everything.
    narrow: Option<Narrow>,
    /// The category and everything below it.
    categories: Option<BTreeSet<CategoryId>>,
    /// The name of the tag.
    tag: Option<LabelName>,
}

impl Wanted {
    /// Whether a series is labelled so.
    fn has(&self, schedule: &Schedule) -> bool {
        self.lies_in(schedule) && self.tag.as_ref().is_none_or(|tag| schedule.labels.tags.contains(tag))
    }

    /// Whether it is in such a category.
    fn lies_in(&self, schedule: &Schedule) -> bool {
        let lies_in = |wanted: &BTreeSet<CategoryId>| schedule.labels.category.is_some_and(|category| wanted.contains(&category));
        self.categories.as_ref().is_none_or(lies_in)
    }
}

impl List {
    /// The first occurrences of all together, and up to where was looked. Which they are is found out first; only those are read in full.
    async fn first(
        &self,
        tx: &mut Tx<'_>,
        (once, mut series): (Vec<RecurrenceSet>, Vec<RecurrenceSet>),
        wanted: &Wanted,
    ) -> Result<(Vec<Occurrence>, Option<Key>), Error> {
        let (from_to, after, limit) = self.bounds();
        series.retain(|set| wanted.lies_in(&set.schedule));
        if let Some(tag) = &wanted.tag {
            let ids: Vec<_> = series.iter().map(|set| set.schedule.id).collect();
            let tags = store::labels::tags::of_schedules(tx, &ids).await?.into_iter();
            let tagged: BTreeSet<_> = tags.filter(|(_, _, name)| name == tag).map(|(of, ..)| of).collect();
            series.retain(|set| tagged.contains(&set.schedule.id));
        }
        let repeating = series.len();
        let mut sets: Vec<_> = series.into_iter().chain(once).collect();
        let Self(owner, _, state) = self;
        let seek = |sets| Seek { owner: *owner, sets, range: from_to, after, limit };
        let (keys, until) = match state {
            None => (seek(&sets).first(after, limit), None),
            Some(state) => {
                let Found { mut keys, until } = seek(&sets[..repeating]).as_far(tx, *state).await?;
                let once = seek(&sets[repeating..]).first(after, limit);
                keys.extend(once.into_iter().map(|(key, number)| (key, repeating + number)));
                keys.retain(|(key, _)| until.is_none_or(|until| *key <= until));
                keys.sort_unstable();
                keys.truncate(limit);
                (keys, until)
            }
        };
        let shown: BTreeSet<usize> = keys.iter().map(|(_, number)| *number).collect();
        let of_shown = sets.iter_mut().enumerate().filter(|(number, _)| shown.contains(number)).map(|(_, set)| set);
        let occurrences = keys.iter().filter_map(|((_, schedule, which), _)| Some((*schedule, (*which)?)));
        store::calendar::pages::complete(tx, of_shown.collect::<Vec<_>>(), occurrences.collect::<Vec<_>>()).await?;
        let occurrence = |(key, number): (Key, usize)| match key.2 {
            Some(which) => sets[number].at(which),
            None => Occurrence::only(sets[number].schedule.clone()),
        };
        Ok((keys.into_iter().map(occurrence).collect(), until))
    }

    /// The first of `found` and of what the series have that say what is looked for.
    async fn with_saying(
        &self,
        tx: &mut Tx<'_>,
        mut found: Vec<Occurrence>,
        wanted: &Wanted,
        query: &Query,
    ) -> Result<Vec<Occurrence>, Error> {
        let Self(owner, Listing { series_once, .. }, _) = self;
        let (from_to, after, limit) = self.bounds();
        for set in filtered::series_saying(tx, *owner, from_to, query).await?.iter().filter(|set| wanted.has(&set.schedule)) {
            let reading = Reading::of(set, query);
            found.extend(match series_once {
                true => reading.anywhere(after, limit),
                false => reading.overlapping(from_to, after, limit),
            });
            // Cut after each, so that no number of series is held beyond the page.
            found.sort_by_key(Occurrence::key);
            found.truncate(limit);
        }
        store::progress::attach_to_occurrences(tx, &mut found).await?;
        Ok(found)
    }

    /// From when to when, after what, and how many: one more than the page has, which says that there is a next one.
    fn bounds(&self) -> ((Instant, Instant), Option<Key>, usize) {
        let range = &self.1.range;
        let after = range.after.map(|place| (place.at, ScheduleId::from_uuid(place.id), place.occurrence));
        ((range.from, range.to), after, range.limit as usize + 1)
    }

    /// `None`: nothing can be like that, because there is no such tag.
    async fn wanted(&self, tx: &mut Tx<'_>) -> Result<Option<Wanted>, Error> {
        let Self(owner, Listing { narrowing, .. }, _) = self;
        let Some((narrow, categories)) = look_up(tx, *owner, narrowing).await? else { return Ok(None) };
        let everything = narrow.category.is_none() && narrow.tag.is_none() && narrow.query.is_none();
        Ok(Some(Wanted { narrow: (!everything).then_some(narrow), categories, tag: narrowing.tag.clone() }))
    }
}

/// What of the caller is wanted, by start.
pub async fn list(app: &App, caller: &Caller, listing: impl Into<Listing>) -> Result<Page<Occurrence>, Error> {
    let listing = listing.into();
    let limit = listing.range.limit;
    let (items, _) = app.store().read(List(caller.user, listing, None)).await?;
    Ok(Page::cut(items, limit, place))
}

/// The same of what is as far as `state`, where no words are looked for. A page that has looked long enough may hold less than its
/// limit, or nothing, and still say where to go on.
pub(super) async fn list_as_far(app: &App, caller: &Caller, listing: Listing, state: State) -> Result<Page<Occurrence>, Error> {
    let limit = listing.range.limit;
    let (items, until) = app.store().read(List(caller.user, listing, Some(state))).await?;
    let page = Page::cut(items, limit, place);
    Ok(Page { next: page.next.or(until.map(cursor)), ..page })
}

/// Where an occurrence stands in a list by start.
pub(super) fn place(occurrence: &Occurrence) -> Cursor {
    cursor(occurrence.key())
}

fn cursor((at, id, occurrence): Key) -> Cursor {
    Cursor { at, id: id.uuid(), occurrence }
}

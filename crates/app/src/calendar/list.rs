//! Lists of schedules: by time, narrowed to labels and words.

use std::collections::BTreeSet;

use domain::{
    calendar::{Key, Occurrence, Schedule, labels::LabelName, progress::State, search::Reading},
    identity::Caller,
};
use kernel::{CategoryId, Cursor, ScheduleId, UserId};
use store::{
    Tx, UseCase,
    calendar::filtered::{self, Narrow},
};

use super::{
    Page, Range,
    as_far::Seek,
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
    type Out = Vec<Occurrence>;
    type Error = Error;

    /// One page of what happens once and, of each series, at most as many: merged, the first of them are the page.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self(owner, Listing { range, narrowing, series_once }, state) = self;
        let Some(wanted) = self.wanted(tx).await? else { return Ok(Vec::new()) };
        let page = Range { limit: range.limit + 1, ..*range };
        let once = match (&wanted.narrow, state) {
            (None, None) => store::calendar::overlapping(tx, *owner, page).await?,
            (Some(narrow), None) => filtered::overlapping(tx, *owner, page, narrow).await?,
            (narrow, Some(state)) => filtered::as_far(tx, *owner, page, &narrow.clone().unwrap_or_default(), *state).await?,
        };
        let mut found: Vec<_> = once.into_iter().map(Occurrence::only).collect();
        let (from_to, limit) = ((range.from, range.to), page.limit as usize);
        let after: Option<Key> = range.after.map(|place| (place.at, ScheduleId::from_uuid(place.id), place.occurrence));
        match &narrowing.query {
            None => found.extend(self.of_series(tx, &wanted, after).await?),
            Some(query) => {
                for set in
                    filtered::series_saying(tx, *owner, from_to, query).await?.iter().filter(|set| wanted.has(&set.schedule))
                {
                    let reading = Reading::of(set, query);
                    found.extend(match series_once {
                        true => reading.anywhere(after, limit),
                        false => reading.overlapping(from_to, after, limit),
                    });
                    // Cut after each, so that no number of series is held beyond the page.
                    found.sort_by_key(Occurrence::key);
                    found.truncate(limit);
                }
            }
        }
        found.sort_by_key(Occurrence::key);
        found.truncate(limit);
        store::progress::attach_to_occurrences(tx, &mut found).await?;
        Ok(found)
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
        let labels = &schedule.labels;
        let lies_in = |wanted: &BTreeSet<CategoryId>| labels.category.is_some_and(|category| wanted.contains(&category));
        self.categories.as_ref().is_none_or(lies_in) && self.tag.as_ref().is_none_or(|tag| labels.tags.contains(tag))
    }
}

impl List {
    /// The first occurrences of all series together. Which they are is found out first; only those are read in full.
    async fn of_series(&self, tx: &mut Tx<'_>, wanted: &Wanted, after: Option<Key>) -> Result<Vec<Occurrence>, Error> {
        let Self(owner, Listing { range, .. }, state) = self;
        let (from_to, limit) = ((range.from, range.to), range.limit as usize + 1);
        let mut sets = store::calendar::series_within(tx, *owner, from_to).await?;
        if wanted.tag.is_some() {
            store::calendar::complete(tx, &mut sets).await?;
        }
        sets.retain(|set| wanted.has(&set.schedule));
        let seek = Seek { owner: *owner, sets: &sets, range: from_to, after, limit };
        let keys = match state {
            None => seek.first(after, limit),
            Some(state) => seek.as_far(tx, *state).await?,
        };
        let shown: BTreeSet<usize> = keys.iter().map(|(_, number)| *number).collect();
        if wanted.tag.is_none() {
            let shown = sets.iter_mut().enumerate().filter(|(number, _)| shown.contains(number));
            store::calendar::complete(tx, shown.map(|(_, set)| set).collect::<Vec<_>>()).await?;
        }
        let occurrence = |(key, number): (Key, usize)| key.2.map(|which| sets[number].at(which));
        Ok(keys.into_iter().filter_map(occurrence).collect())
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
    let items = app.store().read(List(caller.user, listing, None)).await?;
    Ok(Page::cut(items, limit, place))
}

/// The same of what is as far as `state`, where no words are looked for.
pub(super) async fn list_as_far(app: &App, caller: &Caller, listing: Listing, state: State) -> Result<Page<Occurrence>, Error> {
    let limit = listing.range.limit;
    let items = app.store().read(List(caller.user, listing, Some(state))).await?;
    Ok(Page::cut(items, limit, place))
}

/// Where an occurrence stands in a list by start.
pub(super) fn place(occurrence: &Occurrence) -> Cursor {
    let (at, id, occurrence) = occurrence.key();
    Cursor { at, id: id.uuid(), occurrence }
}

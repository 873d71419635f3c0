//! The labels of a schedule as CATEGORIES, and what the CATEGORIES of others become.
//!
//! iCalendar has one list of names where we have a category and tags: both are written into it, the category first. What a file
//! says there becomes tags, but for the name of the category that the schedule lies in.

use std::collections::BTreeMap;

use kernel::WallTime;

use super::{Component, Kept, Line, Wanted, event::in_order};
use crate::calendar::labels::{LabelName, Labels, MAX_TAGS_PER_ITEM};

/// What they are written as.
pub(super) const CATEGORIES: &str = "CATEGORIES";

/// What an export says of `labels`; `category` is what the category is called.
pub fn label_names(labels: &Labels, category: Option<&LabelName>) -> Vec<LabelName> {
    let tags = labels.tags.iter().filter(|tag| Some(*tag) != category);
    category.into_iter().chain(tags).cloned().collect()
}

/// The names of an event that a tag can have, none twice, as many as an item may have. What is longer, or no name, is passed over.
pub(super) fn named(event: &Component) -> Vec<LabelName> {
    let mut names: Vec<LabelName> = Vec::new();
    for text in lines(event).flat_map(Line::plain_list) {
        if let Ok(name) = LabelName::parse("", &text)
            && names.len() < MAX_TAGS_PER_ITEM
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

fn lines(event: &Component) -> impl Iterator<Item = &Line> {
    event.lines.iter().filter(|line| line.name == CATEGORIES)
}

/// The lines that say these names.
fn written(names: &[LabelName]) -> Option<Line> {
    (!names.is_empty()).then(|| Line::list(CATEGORIES, names.iter().map(LabelName::as_str)))
}

/// What an event, or one of its occurrences, says of the labels of its schedule. As long as they are those that an import
/// made of its file, it is what the file said.
pub(super) fn say(names: &[LabelName], kept: &Kept, which: Option<WallTime>) -> Vec<Line> {
    let part = |which| kept.parts.get(&which).into_iter();
    let mut imported: Vec<LabelName> = part(None).flat_map(named).collect();
    let mut now = names.to_vec();
    imported.sort();
    now.sort();
    if imported == now { part(which).flat_map(lines).cloned().collect() } else { written(names).into_iter().collect() }
}

impl Wanted {
    /// The tags of a schedule that has `labels` and lies in the category called so: what the file says now and did not say `before`
    /// is added, what it said before and says no more is taken away, and what was given or taken here stays so.
    pub fn tags_over(&self, labels: &Labels, category: Option<&LabelName>, before: &Kept) -> Vec<LabelName> {
        let before = before.parts.get(&None).map(named).unwrap_or_default();
        let gone = |tag: &LabelName| before.contains(tag) && !self.categories.contains(tag);
        let mut tags: Vec<LabelName> = labels.tags.iter().filter(|tag| !gone(tag)).cloned().collect();
        for name in self.categories.iter().filter(|name| !before.contains(name) && Some(*name) != category) {
            if tags.len() < MAX_TAGS_PER_ITEM && !tags.contains(name) {
                tags.push(name.clone());
            }
        }
        tags.sort();
        tags
    }

    /// What is kept of it where a schedule is there already, of which an export says `names` and of which `before` was kept: where the
    /// file says of the labels what an export says, nothing new is said of them.
    pub fn kept_over(&self, names: &[LabelName], before: &Kept) -> BTreeMap<Option<WallTime>, Component> {
        let mut kept = self.kept.clone();
        let there = |which: &Option<WallTime>| which.is_none_or(|id| self.overrides.iter().any(|own| own.recurrence_id == id));
        let old = before.parts.keys().copied().filter(there);
        for which in std::iter::once(None).chain(old).chain(self.kept.keys().copied()) {
            let said: Vec<String> = self.kept.get(&which).into_iter().flat_map(lines).map(ToString::to_string).collect();
            let export: Vec<String> = say(names, before, which).iter().map(ToString::to_string).collect();
            if said != export {
                continue;
            }
            let part = kept.entry(which).or_insert_with(|| Component::new("VEVENT"));
            part.lines.retain(|line| line.name != CATEGORIES);
            part.lines.extend(before.parts.get(&which).into_iter().flat_map(lines).cloned());
            in_order(part);
            if part.lines.is_empty() && part.components.is_empty() {
                kept.remove(&which);
            }
        }
        kept
    }
}

//! What an import kept of a series goes along with it, and with its occurrences.

use std::collections::BTreeMap;

use domain::calendar::RecurrenceSet;
use kernel::WallTime;
use store::{Tx, calendar::imported};

use crate::Error;

/// By recurrence id, which is empty for the series itself.
type Parts = BTreeMap<String, String>;

/// Keeps what was kept of the occurrences of `whole` under the names that they have in `set`, which it is now.
pub(in crate::calendar) async fn rename(
    tx: &mut Tx<'_>,
    (whole, set): (&RecurrenceSet, &RecurrenceSet),
    name: impl Fn(WallTime) -> WallTime,
) -> Result<(), Error> {
    let kept = parts_of(tx, whole).await?;
    if kept.keys().all(String::is_empty) {
        return Ok(());
    }
    Ok(imported::put_parts(tx, set.schedule.id, &renamed(kept, (whole, set), name)).await?)
}

/// Gives `rest`, which `whole` is from `from` on, what was kept of that, and of the whole.
pub(in crate::calendar) async fn divide(
    tx: &mut Tx<'_>,
    (whole, rest): (&RecurrenceSet, &RecurrenceSet),
    from: WallTime,
    name: impl Fn(WallTime) -> WallTime,
) -> Result<(), Error> {
    let kept = parts_of(tx, whole).await?;
    if kept.is_empty() {
        return Ok(());
    }
    let earlier = |key: &String| occurrence(key).is_some_and(|which| which < from);
    let (before, mut after): (Parts, Parts) = kept.into_iter().partition(|(key, _)| key.is_empty() || earlier(key));
    after.extend(before.get("").map(|text| (String::new(), text.clone())));
    imported::put_parts(tx, whole.schedule.id, &before).await?;
    Ok(imported::put_parts(tx, rest.schedule.id, &renamed(after, (whole, rest), name)).await?)
}

async fn parts_of(tx: &mut Tx<'_>, whole: &RecurrenceSet) -> Result<Parts, Error> {
    let id = whole.schedule.id;
    Ok(imported::of(tx, &[id]).await?.remove(&id).unwrap_or_default().parts)
}

/// What has no occurrence any more is dropped, and what stays because it was worked on gives its place to no neighbour.
fn renamed(parts: Parts, (whole, set): (&RecurrenceSet, &RecurrenceSet), name: impl Fn(WallTime) -> WallTime) -> Parts {
    let worked = |key: &String| occurrence(key).is_some_and(|which| whole.progress.contains_key(&which));
    let (worked, others): (Parts, Parts) = parts.into_iter().partition(|(key, _)| worked(key));
    let named = |(key, text): (String, String)| {
        if key.is_empty() {
            return Some((key, text));
        }
        let to = name(occurrence(&key)?);
        set.schedule.series.as_ref()?.contains(to).then(|| (to.to_string(), text))
    };
    others.into_iter().chain(worked).filter_map(named).collect()
}

fn occurrence(key: &str) -> Option<WallTime> {
    key.parse().ok()
}

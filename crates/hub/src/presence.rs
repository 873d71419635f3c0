//! Who came to a stream and who went, as its readers are told beside its events.
//!
//! It is no event: it has no position, is kept nowhere, and moves nobody's place. What waits of it for one reader is folded into one, so a
//! slow reader misses nothing and a thousand who come at once take no thousand messages.

use std::{collections::BTreeSet, sync::Arc};

use kernel::UserId;

use crate::{Wire, shared::Writings};

/// Who came and who went since the readers were told last.
#[derive(Debug, Default)]
pub struct PresenceUpdate {
    /// Who is there now and was not.
    pub joined: BTreeSet<UserId>,
    /// Who was there and is not.
    pub left: BTreeSet<UserId>,
    /// How many are there now.
    pub count: usize,
    /// Grows with every change; of two, the higher one is the newer.
    pub version: i64,
    written: Writings,
}

impl PresenceUpdate {
    /// An update that nobody has written yet.
    pub fn new(joined: BTreeSet<UserId>, left: BTreeSet<UserId>, (count, version): (usize, i64)) -> Self {
        Self { joined, left, count, version, written: Writings::default() }
    }

    /// This and the one that came after it, as one.
    #[must_use]
    pub fn then(&self, later: &Self) -> Self {
        // Who came and went, or went and came back, did neither.
        let joined = self.joined.difference(&later.left).chain(later.joined.difference(&self.left)).copied().collect();
        let left = self.left.difference(&later.joined).chain(later.left.difference(&self.joined)).copied().collect();
        Self::new(joined, left, (later.count, later.version))
    }

    /// As [`crate::Shared::written`].
    pub fn written(&self, wire: Wire, write: impl FnOnce(&Self) -> Vec<u8>) -> Arc<[u8]> {
        self.written.on(wire, || write(self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn users(numbers: &BTreeSet<u8>) -> BTreeSet<UserId> {
        numbers.iter().map(|number| format!("usr_{number:026}").parse().expect("an id")).collect()
    }

    /// What leads from one set of people to the next.
    fn update(before: &BTreeSet<UserId>, after: &BTreeSet<UserId>, version: i64) -> PresenceUpdate {
        let (joined, left) = (after.difference(before), before.difference(after));
        PresenceUpdate::new(joined.copied().collect(), left.copied().collect(), (after.len(), version))
    }

    proptest! {
        #[test]
        fn what_is_folded_leads_where_each_would_have_led(sets in prop::collection::vec(prop::collection::btree_set(0..6u8, 0..6), 3..8)) {
            let sets: Vec<_> = sets.iter().map(users).collect();
            let updates = sets.windows(2).zip(1..).map(|(pair, version)| update(&pair[0], &pair[1], version));
            let folded = updates.reduce(|first, later| first.then(&later)).expect("two sets at least");
            let (first, last) = (&sets[0], &sets[sets.len() - 1]);
            let expected = update(first, last, folded.version);
            prop_assert_eq!((&folded.joined, &folded.left), (&expected.joined, &expected.left));
            prop_assert_eq!((folded.count, folded.version), (last.len(), i64::try_from(sets.len() - 1).expect("few")));
        }
    }
}

//! A place in the line of those who wait for a product.

use std::str::FromStr;

use kernel::{Instant, ProductId, RecipientId};

use super::CampaignError;

/// Those who wait for one product.
pub const MAX_SUBSCRIBERS: u32 = 1_000_000;

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// They wait.
    Active,
    /// They were told.
    Notified,
    /// They do not want to be told, or are not to be.
    Left,
}

impl SubscriptionState {
    /// As kept and as written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Notified => "NOTIFIED",
            Self::Left => "LEFT",
        }
    }
}

/// The text names no state of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write ACTIVE, NOTIFIED or LEFT")]
pub struct UnknownSubscriptionState;

impl FromStr for SubscriptionState {
    type Err = UnknownSubscriptionState;

    fn from_str(text: &str) -> Result<Self, UnknownSubscriptionState> {
        [Self::Active, Self::Notified, Self::Left]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownSubscriptionState)
    }
}

/// Who decides on a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whose product it is.
    Owner,
    /// Who is to be told, by themself.
    Recipient,
}

impl Party {
    /// As kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Recipient => "recipient",
        }
    }
}

/// The text names nobody who decides on a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown party")]
pub struct UnknownParty;

impl FromStr for Party {
    type Err = UnknownParty;

    fn from_str(text: &str) -> Result<Self, UnknownParty> {
        [Self::Owner, Self::Recipient].into_iter().find(|party| party.as_str() == text).ok_or(UnknownParty)
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// To which product.
    pub product: ProductId,
    /// Whose.
    pub recipient: RecipientId,
    /// Its place: of two, the lower subscribed before. Places of those who went are not given again.
    pub seq: i64,
    /// What became of it.
    pub state: SubscriptionState,
    /// Since when they have this place.
    pub subscribed_at: Instant,
    /// In which round they were told last, if they ever were.
    pub notified_round: Option<i64>,
    /// Who ended it, where it is [`SubscriptionState::Left`].
    pub left_by: Option<Party>,
}

/// What subscribing comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// They wait already, and keep their place.
    Kept,
    /// They have a new place, at the end of the line.
    New,
}

impl Place {
    /// What subscribing by `by` comes to for somebody with, or without, a subscription.
    pub fn of(before: Option<(SubscriptionState, Option<Party>)>, by: Party) -> Result<Self, CampaignError> {
        match (before, by) {
            (Some((SubscriptionState::Active, _)), _) => Ok(Self::Kept),
            (Some((SubscriptionState::Left, Some(Party::Recipient))), Party::Owner) => Err(CampaignError::Declined),
            _ => Ok(Self::New),
        }
    }
}

/// Refuses more of those who wait for a product than there may be.
pub fn fit(subscribers: i64) -> Result<(), CampaignError> {
    if subscribers > i64::from(MAX_SUBSCRIBERS) { Err(CampaignError::Full { most: MAX_SUBSCRIBERS }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_keeps_their_place_and_who_left_by_themself_comes_back_by_themself_only() {
        use Party::{Owner, Recipient};
        use SubscriptionState::{Active, Left, Notified};
        let declined = Err(CampaignError::Declined);
        for (before, by_owner, by_recipient) in [
            (None, Ok(Place::New), Ok(Place::New)),
            (Some((Active, None)), Ok(Place::Kept), Ok(Place::Kept)),
            (Some((Notified, None)), Ok(Place::New), Ok(Place::New)),
            (Some((Left, Some(Owner))), Ok(Place::New), Ok(Place::New)),
            (Some((Left, Some(Recipient))), declined, Ok(Place::New)),
        ] {
            assert_eq!((Place::of(before, Owner), Place::of(before, Recipient)), (by_owner, by_recipient), "{before:?}");
        }
    }

    #[test]
    fn a_state_is_read_as_it_is_written() {
        for state in [SubscriptionState::Active, SubscriptionState::Notified, SubscriptionState::Left] {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for party in [Party::Owner, Party::Recipient] {
            assert_eq!(party.as_str().parse(), Ok(party));
        }
        assert_eq!("active".parse::<SubscriptionState>(), Err(UnknownSubscriptionState));
        assert_eq!("".parse::<Party>(), Err(UnknownParty));
    }

    #[test]
    fn so_many_wait_for_one_product() {
        assert_eq!(fit(1_000_000), Ok(()));
        assert_eq!(fit(1_000_001), Err(CampaignError::Full { most: 1_000_000 }));
    }
}

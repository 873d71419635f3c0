//! Whoever works rounds off in a house: no server of these tests does it by itself.

use app::campaigns::rounds::{self, Nap, Sender};
use kernel::Clock as _;
use testkit::outbound::Handover;

use crate::house::House;

/// The sender of a house, which has no way to those who have no account.
pub(crate) struct Teller<'a> {
    house: &'a House,
    sender: Sender<Handover>,
}

impl<'a> Teller<'a> {
    pub(crate) fn of(house: &'a House) -> Self {
        Self { house, sender: Sender::new(house.app.clone(), None) }
    }

    /// Gives everybody a position who is to have one.
    pub(crate) async fn freeze(&self) {
        rounds::freeze_rounds(&self.house.app).await.expect("everybody is written down");
    }

    /// Tells whom it can, until there is nothing to do before time passes; what only the rate takes passes.
    pub(crate) async fn work(&mut self) {
        while self.step().await {}
    }

    /// One step of that; `false`: there is nothing to do.
    pub(crate) async fn step(&mut self) -> bool {
        self.freeze().await;
        let clock = &self.house.clock;
        match self.sender.step().await.expect("a step") {
            Nap::None => true,
            Nap::Until(at) => {
                clock.advance(at.saturating_sub(clock.monotonic()));
                true
            }
            Nap::For(_) | Nap::Hint(_) => false,
        }
    }
}

//! What operators watch: how many people rounds begin with, and what comes of it.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// What came of telling somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Came {
    outcome: &'static str,
}

/// Counters of the sender.
#[derive(Debug, Default)]
pub struct Meters {
    recipients: Family<Came, Counter>,
    takeovers: Counter,
}

impl Meters {
    /// Registers the counters under their names.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "campanile_campaign_recipients",
            "Recipients of restock rounds whom this process has settled, by what came of it",
            self.recipients.clone(),
        );
        registry.register("campanile_campaign_takeovers", "How often this process became the sender", self.takeovers.clone());
    }

    pub(super) fn settled(&self, outcome: &'static str, count: usize) {
        self.recipients.get_or_create(&Came { outcome }).inc_by(count as u64);
    }

    pub(super) fn took_over(&self) {
        self.takeovers.inc();
    }
}

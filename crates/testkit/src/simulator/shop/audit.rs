//! Writes down what is left of a shop: its rounds, their ledgers, and the inboxes of those who have an account.

use std::collections::BTreeMap;

use domain::{
    campaigns::RowState,
    notify::{Notification, Shelf},
};
use kernel::{ProductId, UserId};
use serde::Deserialize;
use store::{
    StoreError, Tx, UseCase,
    campaigns::{
        ledger::{self, Line},
        rounds::{self, Kept},
    },
    notify::inbox,
};

use super::{super::cluster::Cluster, Shop};
use crate::history::{
    Phase, What,
    campaigns::{Campaign, Row},
};

/// More than there ever are.
const ALL: u32 = 100_000;

pub(in crate::simulator) async fn audit(cluster: &Cluster, shop: &Shop) -> Result<(), StoreError> {
    let write = |what| cluster.scribe.write("auditor", Phase::Ok, what);
    let keys: BTreeMap<String, &str> = shop.products.iter().map(|product| (product.id.to_string(), product.key)).collect();
    for product in &shop.products {
        for (kept, lines) in cluster.database().read(Rounds(product.id)).await? {
            let (of, round) = (product.key.to_owned(), kept.round);
            write(What::Campaign(Campaign::Round {
                product: of.clone(),
                round: round.number,
                state: round.state.to_string(),
                strict: round.strict,
                waves: round.waves.is_some(),
                frozen: round.frozen,
                counts: [round.total, round.sent, round.skipped, round.failed],
                started_at: round.started_at,
            }));
            for line in lines {
                write(What::Campaign(Campaign::Row(row(&of, round.number, line))));
            }
        }
    }
    for customer in &shop.customers {
        let Some(caller) = &customer.caller else { continue };
        let (notifications, counted) = cluster.database().read(Everything(caller.user)).await?;
        for notification in &notifications {
            let Some((product, round)) = about(&notification.data) else {
                cluster.surprised(format!("{} cannot read {}", customer.name, notification.data));
                continue;
            };
            let product = keys.get(&product).map_or(product.clone(), |key| (*key).to_owned());
            let (who, told_at) = (customer.name.clone(), notification.created_at);
            write(What::Campaign(Campaign::Told { who, product, round, told_at }));
        }
        let (user, unread) = (customer.name.clone(), notifications.iter().filter(|of| of.read_at.is_none()).count() as u64);
        let notifications = notifications.iter().map(|notification| notification.id.to_string()).collect();
        write(What::Inbox { user, notifications, unread, counted });
    }
    Ok(())
}

fn row(product: &str, round: i64, line: Line) -> Row {
    Row {
        product: product.to_owned(),
        round,
        position: line.position,
        has_account: line.external_id.parse::<UserId>().is_ok(),
        who: line.external_id,
        state: line.state.to_string(),
        attempts: line.attempts,
        // Of a row that is not begun with, an instant that says nothing.
        started_at: line.started_at.filter(|_| line.state != RowState::Waiting),
        settled_at: line.settled_at,
        reason: line.reason.map(|reason| reason.as_str().to_owned()),
    }
}

/// Of which product and which round a notification speaks.
fn about(data: &str) -> Option<(String, i64)> {
    #[derive(Deserialize)]
    struct About {
        product_id: String,
        round: i64,
    }
    let about: About = serde_json::from_str(data).ok()?;
    Some((about.product_id, about.round))
}

struct Rounds(ProductId);

impl UseCase for Rounds {
    type Out = Vec<(Kept, Vec<Line>)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let mut all = Vec::new();
        for kept in rounds::page(tx, self.0, i64::MAX, ALL).await? {
            let lines = ledger::page(tx, (self.0, kept.round.number), 0, ALL).await?;
            all.push((kept, lines));
        }
        Ok(all)
    }
}

struct Everything(UserId);

impl UseCase for Everything {
    type Out = (Vec<Notification>, i64);
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let listing = inbox::Listing { shelf: Shelf::All, kind: None, before: None, limit: ALL };
        let all = inbox::page(tx, self.0, listing).await?;
        Ok((all, inbox::unread(tx, self.0).await?.count))
    }
}

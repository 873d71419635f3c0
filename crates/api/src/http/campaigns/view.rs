//! Products, recipients and subscriptions as they go over the wire.

use app::{
    campaigns::{LastRound, Seen, Subscriber},
    domain::{
        campaigns::Recipient,
        identity::{Email, Locale},
    },
};
use kernel::{Instant, ProductId, UserId, Zone};
use serde::Serialize;
use utoipa::ToSchema;

use super::rounds::RoundStatus;

/// A product that people wait for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// What you call it.
    #[schema(example = "SKU-4711")]
    product_id: String,
    /// Its id: under it, others subscribe.
    #[schema(value_type = String, example = "prd_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: ProductId,
    /// What people call it.
    #[schema(example = "Bronze bell")]
    name: String,
    /// How many there are to sell.
    stock: i64,
    /// Its last restock round; 0 before the first.
    round: i64,
    /// How far that is; null before the first.
    last_round: Option<LastRoundView>,
    /// How many wait for it.
    subscribers: i64,
    /// How many are told at a time.
    pacing: PacingView,
    /// Grows with every change of the product itself, not of who waits for it or of how far a round is; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

/// The last restock round of a product, as far as a list of products shows it: these fields of a `Round`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastRound)]
pub(crate) struct LastRoundView {
    /// Its number.
    #[schema(minimum = 1, example = 1)]
    round: i64,
    status: RoundStatus,
    /// How many were written down for it so far: all, once `frozen` is true.
    total: i64,
    /// Whether everybody who waited when it began was written down.
    frozen: bool,
    /// How many were told.
    sent: i64,
    /// How many were passed over.
    skipped: i64,
    /// How many could not be told.
    failed: i64,
    /// Grows with every change of its status.
    version: i64,
}

impl From<&LastRound> for LastRoundView {
    fn from(last: &LastRound) -> Self {
        Self {
            round: last.number,
            status: last.state.into(),
            total: last.total,
            frozen: last.frozen,
            sent: last.sent,
            skipped: last.skipped,
            failed: last.failed,
            version: last.version,
        }
    }
}

/// How many are told at a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pacing)]
pub(crate) struct PacingView {
    /// Whether nobody is told before everybody before them is.
    strict: bool,
    /// So many for each item in stock; null: everybody.
    per_item: Option<i64>,
    /// And then nobody for so long, in seconds.
    wait_seconds: Option<i64>,
}

impl From<&Seen> for ProductView {
    fn from(Seen { product, last }: &Seen) -> Self {
        Self {
            product_id: product.key.clone(),
            id: product.id,
            name: product.name.clone(),
            stock: product.stock,
            round: product.round,
            last_round: last.as_ref().map(LastRoundView::from),
            subscribers: product.subscribers,
            pacing: PacingView {
                strict: product.strict,
                per_item: product.waves.map(|waves| waves.per_item),
                wait_seconds: product.waves.map(|waves| waves.wait_seconds),
            },
            version: product.version,
            created_at: product.created_at,
            updated_at: product.updated_at,
        }
    }
}

/// Somebody in your address book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recipient)]
pub(crate) struct RecipientView {
    /// What you call them; the id of their account, where they have one.
    #[schema(example = "customer-7")]
    external_id: String,
    /// Their account, if they have one.
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
    /// What they are called.
    #[schema(example = "Kim")]
    name: Option<String>,
    /// Their address.
    #[schema(example = "kim@example.org")]
    email: Option<String>,
    /// Their language.
    #[schema(example = "ko")]
    locale: Option<&'static str>,
    /// Their zone.
    #[schema(example = "Asia/Seoul")]
    time_zone: Option<String>,
    /// Grows with every change; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

impl From<&Recipient> for RecipientView {
    fn from(recipient: &Recipient) -> Self {
        Self {
            external_id: recipient.external_id.clone(),
            user_id: recipient.user,
            name: recipient.name.clone(),
            email: recipient.email.as_ref().map(Email::as_str).map(str::to_owned),
            locale: recipient.locale.map(Locale::as_str),
            time_zone: recipient.time_zone.as_ref().map(Zone::name).map(str::to_owned),
            version: recipient.version,
            created_at: recipient.created_at,
            updated_at: recipient.updated_at,
        }
    }
}

/// Somebody who waits for a product, or did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionView {
    /// Who: the id of their account, or what the owner of the product calls them.
    #[schema(example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    user_id: String,
    /// What they are called.
    #[schema(example = "Kim")]
    name: Option<String>,
    /// Their place in the line: of two, the lower one is told first. Places of those who went are not given again.
    #[schema(minimum = 1)]
    position: i64,
    /// `ACTIVE`: they wait. `NOTIFIED`: they were told. `LEFT`: they are not to be told.
    #[schema(example = "ACTIVE")]
    state: &'static str,
    /// Since when they have this place.
    #[schema(value_type = String, format = DateTime)]
    subscribed_at: Instant,
    /// In which round they were told last; null: never.
    notified_round: Option<i64>,
}

impl From<&Subscriber> for SubscriptionView {
    fn from(Subscriber { subscription, external_id, name, .. }: &Subscriber) -> Self {
        Self {
            user_id: external_id.clone(),
            name: name.clone(),
            position: subscription.seq,
            state: subscription.state.as_str(),
            subscribed_at: subscription.subscribed_at,
            notified_round: subscription.notified_round,
        }
    }
}

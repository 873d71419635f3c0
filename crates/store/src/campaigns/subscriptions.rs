//! Who waits for a product, and in which order. Whoever writes here has locked the product.

use domain::campaigns::{Party, Subscription, SubscriptionState};
use kernel::{Instant, ProductId, RecipientId, UserId};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// Somebody in a list of those who wait, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Their place.
    pub subscription: Subscription,
    /// What the owner of the product calls them; the id of their account, where there is one.
    pub external_id: String,
    /// The account, if they have one.
    pub user: Option<UserId>,
    /// What they are called.
    pub name: Option<String>,
}

/// `SELECT` of subscribers, in the order [`subscriber`] reads, followed by the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.product_id, s.recipient_id, s.seq, s.state, s.subscribed_at, s.notified_round, s.left_by,
                 r.external_id, r.user_id, coalesce(u.display_name, r.name)
             FROM product_subscriptions s JOIN recipients r ON r.id = s.recipient_id LEFT JOIN users u ON u.id = r.user_id ",
            $rest
        )
    };
}

pub(crate) const FIND: &str = select!("WHERE s.recipient_id = $1 AND s.product_id = $2");

/// The subscription of somebody to a product.
pub async fn find(tx: &mut Tx<'_>, product: ProductId, recipient: RecipientId) -> Result<Option<Subscriber>, StoreError> {
    tx.optional(FIND, values![recipient, product], subscriber).await
}

pub(crate) const OF: Sql = Sql::each(
    "SELECT recipient_id, state, left_by FROM product_subscriptions WHERE recipient_id = $1 AND product_id = $2",
    "SELECT s.recipient_id, s.state, s.left_by FROM unnest($1::uuid[], $2::uuid[]) AS asked (recipient_id, product_id)
     JOIN product_subscriptions s ON s.recipient_id = asked.recipient_id AND s.product_id = asked.product_id",
);

/// What became of the places of these people in the line of a product; nothing of those who never had one.
pub async fn of(
    tx: &mut Tx<'_>,
    product: ProductId,
    recipients: &[RecipientId],
) -> Result<Vec<(RecipientId, (SubscriptionState, Option<Party>))>, StoreError> {
    let columns = [
        Column::Uuids(recipients.iter().map(|recipient| recipient.uuid()).collect()),
        Column::Uuids(vec![product.uuid(); recipients.len()]),
    ];
    tx.batch_all(OF, &columns, |row| Ok((row.get(0)?, (row.parse(1)?, left_by(row, 2)?)))).await
}

/// Gives these people the places from `first` on, in their order; [`super::products::admit`] has made room for them.
pub async fn subscribe(
    tx: &mut Tx<'_>,
    product: ProductId,
    recipients: &[RecipientId],
    (first, now): (i64, Instant),
) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(recipients.iter().map(|recipient| recipient.uuid()).collect()),
        Column::Uuids(vec![product.uuid(); recipients.len()]),
        Column::Ints((first..).take(recipients.len()).collect()),
        Column::Instants(vec![now; recipients.len()]),
    ];
    let sql = Sql::each(
        "INSERT INTO product_subscriptions (recipient_id, product_id, seq, state, subscribed_at) VALUES ($1, $2, $3, 'ACTIVE', $4)
         ON CONFLICT (recipient_id, product_id)
         DO UPDATE SET seq = excluded.seq, state = 'ACTIVE', subscribed_at = excluded.subscribed_at, left_by = NULL",
        "INSERT INTO product_subscriptions (recipient_id, product_id, seq, state, subscribed_at)
         SELECT recipient_id, product_id, seq, 'ACTIVE', at
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS made (recipient_id, product_id, seq, at)
         ON CONFLICT (recipient_id, product_id)
         DO UPDATE SET seq = excluded.seq, state = 'ACTIVE', subscribed_at = excluded.subscribed_at, left_by = NULL",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Ends the subscription of somebody; who has left already is left alone, but for who says so by themself. Answers whether they were
/// waiting.
pub async fn leave(tx: &mut Tx<'_>, product: ProductId, recipient: RecipientId, by: Party) -> Result<bool, StoreError> {
    let was = "SELECT state FROM product_subscriptions WHERE recipient_id = $1 AND product_id = $2";
    let was: Option<SubscriptionState> = tx.optional(was, values![recipient, product], |row| row.parse(0)).await?;
    tx.execute(
        "UPDATE product_subscriptions SET state = 'LEFT', left_by = $3
         WHERE recipient_id = $1 AND product_id = $2 AND (state <> 'LEFT' OR $3 = 'recipient')",
        values![recipient, product, by.as_str()],
    )
    .await?;
    Ok(was == Some(SubscriptionState::Active))
}

pub(crate) const PAGE: &str = select!("WHERE s.product_id = $1 AND s.state = $2 AND s.seq > $3 ORDER BY s.seq LIMIT $4");

/// A page of those in the line of a product who are in `state`, in order.
pub async fn page(
    tx: &mut Tx<'_>,
    (product, state): (ProductId, SubscriptionState),
    after: i64,
    limit: u32,
) -> Result<Vec<Subscriber>, StoreError> {
    tx.all(PAGE, values![product, state.as_str(), after, limit], subscriber).await
}

pub(crate) const FORGET: &str = "DELETE FROM product_subscriptions WHERE (recipient_id, product_id) IN
     (SELECT recipient_id, product_id FROM product_subscriptions WHERE product_id = $1 ORDER BY state, seq LIMIT $2)";

/// Forgets at most `limit` of those who wait for a product that was deleted, or did; answers how many.
pub(super) async fn forget(tx: &mut Tx<'_>, product: ProductId, limit: u32) -> Result<u64, StoreError> {
    tx.execute(FORGET, values![product, limit]).await
}

fn left_by(row: &Row<'_>, index: usize) -> Result<Option<Party>, StoreError> {
    row.get::<Option<String>>(index)?.map(|_| row.parse(index)).transpose()
}

fn subscriber(row: &Row<'_>) -> Result<Subscriber, StoreError> {
    Ok(Subscriber {
        subscription: Subscription {
            product: row.get(0)?,
            recipient: row.get(1)?,
            seq: row.get(2)?,
            state: row.parse(3)?,
            subscribed_at: row.get(4)?,
            notified_round: row.get(5)?,
            left_by: left_by(row, 6)?,
        },
        external_id: row.get(7)?,
        user: row.get(8)?,
        name: row.get(9)?,
    })
}

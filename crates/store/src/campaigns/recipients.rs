//! Address books: whom an owner of products can tell. Whoever writes into one has locked it.

use std::borrow::Cow;

use domain::{
    campaigns::Recipient,
    identity::{Email, Locale},
};
use kernel::{Instant, ProductId, RecipientId, UserId, Zone};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// `SELECT` of recipients, in the order [`recipient`] reads, followed by the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.owner_id, r.external_id, r.user_id, coalesce(u.display_name, r.name), r.email, r.locale, r.time_zone,
                 r.version, r.created_at, r.updated_at, r.deleted_at
             FROM recipients r LEFT JOIN users u ON u.id = r.user_id ",
            $rest
        )
    };
}

/// Locks the book of `owner` until the transaction ends; answers how many are in it, those who were taken out among them.
pub async fn lock_book(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    let made = "INSERT INTO address_books (owner_id, recipients) VALUES ($1, 0) ON CONFLICT (owner_id) DO NOTHING";
    tx.execute(made, values![owner]).await?;
    let sql = Sql::each(
        "SELECT recipients FROM address_books WHERE owner_id = $1",
        "SELECT recipients FROM address_books WHERE owner_id = $1 FOR NO KEY UPDATE",
    );
    tx.one(sql, values![owner], |row| row.get(0)).await
}

/// Holds the book of `owner` until the transaction ends, so that nobody in it is taken out. Many can.
pub async fn hold_book(tx: &mut Tx<'_>, owner: UserId) -> Result<(), StoreError> {
    let sql =
        Sql::each("SELECT 1 FROM address_books WHERE owner_id = $1", "SELECT 1 FROM address_books WHERE owner_id = $1 FOR SHARE");
    tx.optional(sql, values![owner], |_| Ok(())).await?;
    Ok(())
}

/// Notes how many are in a book that was locked.
pub async fn count_book(tx: &mut Tx<'_>, owner: UserId, recipients: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE address_books SET recipients = $2 WHERE owner_id = $1", values![owner, recipients]).await?;
    Ok(())
}

pub(crate) const FIND: &str = select!("WHERE r.owner_id = $1 AND r.external_id = $2");

/// Whom `owner` calls so, also if they were taken out of the book.
pub async fn find(tx: &mut Tx<'_>, owner: UserId, external_id: &str) -> Result<Option<Recipient>, StoreError> {
    tx.optional(FIND, values![owner, external_id], recipient).await
}

pub(crate) const CALLED: Sql = Sql::each(
    select!("WHERE r.owner_id = $1 AND r.external_id = $2"),
    "SELECT r.id, r.owner_id, r.external_id, r.user_id, coalesce(u.display_name, r.name), r.email, r.locale, r.time_zone,
         r.version, r.created_at, r.updated_at, r.deleted_at
     FROM unnest($1::uuid[], $2::text[]) AS asked (owner_id, external_id)
     JOIN recipients r ON r.owner_id = asked.owner_id AND r.external_id = asked.external_id
     LEFT JOIN users u ON u.id = r.user_id",
);

/// All of those whom `owner` calls so, as [`find`], in no order.
pub async fn called(tx: &mut Tx<'_>, owner: UserId, external_ids: &[String]) -> Result<Vec<Recipient>, StoreError> {
    let columns = [
        Column::Uuids(vec![owner.uuid(); external_ids.len()]),
        Column::Texts(external_ids.iter().map(|id| Cow::Borrowed(id.as_str())).collect()),
    ];
    tx.batch_all(CALLED, &columns, recipient).await
}

/// Of these, those who have an account.
pub async fn users_among(tx: &mut Tx<'_>, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
    let sql = Sql::each("SELECT id FROM users WHERE id = $1", "SELECT id FROM users WHERE id = ANY ($1::uuid[])");
    tx.batch_all(sql, &[Column::Uuids(users.iter().map(|user| user.uuid()).collect())], |row| row.get(0)).await
}

/// Writes people without an account, new ones and those who changed, into a book that was locked.
pub async fn put(tx: &mut Tx<'_>, recipients: &[Recipient]) -> Result<(), StoreError> {
    let texts = |of: fn(&Recipient) -> Option<&str>| {
        Column::OptionalTexts(recipients.iter().map(|recipient| of(recipient).map(Cow::Borrowed)).collect())
    };
    let columns = [
        Column::Uuids(recipients.iter().map(|recipient| recipient.id.uuid()).collect()),
        Column::Uuids(recipients.iter().map(|recipient| recipient.owner.uuid()).collect()),
        Column::Texts(recipients.iter().map(|recipient| Cow::Borrowed(recipient.external_id.as_str())).collect()),
        texts(|recipient| recipient.name.as_deref()),
        texts(|recipient| recipient.email.as_ref().map(Email::as_str)),
        texts(|recipient| recipient.locale.map(Locale::as_str)),
        texts(|recipient| recipient.time_zone.as_ref().map(Zone::name)),
        Column::Ints(recipients.iter().map(|recipient| recipient.version).collect()),
        Column::Instants(recipients.iter().map(|recipient| recipient.created_at).collect()),
        Column::Instants(recipients.iter().map(|recipient| recipient.updated_at).collect()),
    ];
    let sql = Sql::each(
        "INSERT INTO recipients (id, owner_id, external_id, name, email, locale, time_zone, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, locale = excluded.locale,
             time_zone = excluded.time_zone, version = excluded.version, updated_at = excluded.updated_at, deleted_at = NULL",
        "INSERT INTO recipients (id, owner_id, external_id, name, email, locale, time_zone, version, created_at, updated_at)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
             $9::timestamptz[], $10::timestamptz[])
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, locale = excluded.locale,
             time_zone = excluded.time_zone, version = excluded.version, updated_at = excluded.updated_at, deleted_at = NULL",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Writes people with an account into the book of `owner`, which was locked; who was taken out of it is in it again.
pub async fn put_users(tx: &mut Tx<'_>, owner: UserId, users: &[(RecipientId, UserId)], now: Instant) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(users.iter().map(|(id, _)| id.uuid()).collect()),
        Column::Uuids(vec![owner.uuid(); users.len()]),
        Column::Texts(users.iter().map(|(_, user)| Cow::Owned(user.to_string())).collect()),
        Column::Uuids(users.iter().map(|(_, user)| user.uuid()).collect()),
        Column::Instants(vec![now; users.len()]),
    ];
    let sql = Sql::each(
        "INSERT INTO recipients (id, owner_id, external_id, user_id, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 1, $5, $5)
         ON CONFLICT (id) DO UPDATE SET version = version + 1, updated_at = excluded.updated_at, deleted_at = NULL",
        "INSERT INTO recipients (id, owner_id, external_id, user_id, version, created_at, updated_at)
         SELECT id, owner_id, external_id, user_id, 1, at, at
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[])
             AS made (id, owner_id, external_id, user_id, at)
         ON CONFLICT (id) DO UPDATE SET version = recipients.version + 1, updated_at = excluded.updated_at, deleted_at = NULL",
    );
    tx.batch(sql, &columns).await?;
    Ok(())
}

/// Takes somebody out of a book that was locked. Who ever subscribed to something is forgotten but for what they are called, because ledgers
/// name them; of anybody else nothing is left. Answers whether that is so.
pub async fn erase(tx: &mut Tx<'_>, id: RecipientId, now: Instant) -> Result<bool, StoreError> {
    let nowhere =
        "DELETE FROM recipients WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM product_subscriptions WHERE recipient_id = $1)";
    if tx.execute(nowhere, values![id]).await? > 0 {
        return Ok(true);
    }
    tx.execute(
        "UPDATE recipients SET name = NULL, email = NULL, locale = NULL, time_zone = NULL, deleted_at = $2, updated_at = $2,
             version = version + 1
         WHERE id = $1",
        values![id, now],
    )
    .await?;
    Ok(false)
}

pub(crate) const PAGE: &str = select!(
    "WHERE r.owner_id = $1 AND r.deleted_at IS NULL
         AND r.external_id > coalesce((SELECT external_id FROM recipients WHERE id = $2 AND owner_id = $1), '')
     ORDER BY r.external_id LIMIT $3"
);

/// A page of those in the book of `owner`, by what they are called.
pub async fn page(tx: &mut Tx<'_>, owner: UserId, after: Option<RecipientId>, limit: u32) -> Result<Vec<Recipient>, StoreError> {
    let after = after.unwrap_or(RecipientId::from_uuid(uuid::Uuid::nil()));
    tx.all(PAGE, values![owner, after, limit], recipient).await
}

pub(crate) const WAITING_FOR: &str = "SELECT s.product_id FROM product_subscriptions s JOIN products p ON p.id = s.product_id
     WHERE s.recipient_id = $1 AND s.state = 'ACTIVE' AND p.deleted_at IS NULL";

/// What somebody waits for, lowest id first.
pub async fn waiting_for(tx: &mut Tx<'_>, id: RecipientId) -> Result<Vec<ProductId>, StoreError> {
    let mut products: Vec<ProductId> = tx.all(WAITING_FOR, values![id], |row| row.get(0)).await?;
    products.sort_unstable();
    Ok(products)
}

fn recipient(row: &Row<'_>) -> Result<Recipient, StoreError> {
    Ok(Recipient {
        id: row.get(0)?,
        owner: row.get(1)?,
        external_id: row.get(2)?,
        user: row.get(3)?,
        name: row.get(4)?,
        email: row.get::<Option<String>>(5)?.map(Email::kept),
        locale: row.get::<Option<String>>(6)?.map(|_| row.parse(6)).transpose()?,
        time_zone: row.get::<Option<String>>(7)?.map(|_| row.parse(7)).transpose()?,
        version: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        deleted: row.get::<Option<Instant>>(11)?.is_some(),
    })
}

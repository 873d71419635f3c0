//! How much everybody keeps. The tables count by themselves; here it is read.

use kernel::UserId;

use crate::{StoreError, Tx, values};

pub(crate) const SCHEDULES: &str = "SELECT schedules FROM holdings WHERE owner_id = $1";

/// How many schedules `owner` keeps, without the trash. In a transaction that has written one nobody else can write another.
pub async fn schedules(tx: &mut Tx<'_>, owner: UserId) -> Result<i64, StoreError> {
    Ok(tx.optional(SCHEDULES, values![owner], |row| row.get(0)).await?.unwrap_or(0))
}

//! Accounts.

use domain::{
    alarms::QuietHours,
    identity::{DefaultLead, DisplayName, Email, Rhythm, User},
    planning::Waking,
};
use kernel::{StreamId, UserId, Zone};

use crate::{Column, Row, Sql, StoreError, Tx, values};

/// Every column of [`User`], in the order [`user`] reads them.
macro_rules! columns {
    () => {
        "id, email, display_name, role, time_zone, locale, default_lead_seconds, version, created_at, updated_at, \
         daily_goal_seconds, week_start, quiet_hours, wake_at, sleep_at"
    };
}

/// Held while the first account is made, so that two at once do not both become administrator. The number is arbitrary and fixed.
const FIRST_USER_LOCK: i64 = 0x4341_4d50_5f46_5354;

/// Whether no account exists yet. If so, nobody else can make one until the transaction ends.
pub async fn claim_first(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let is_empty = "SELECT NOT EXISTS (SELECT 1 FROM users)";
    let is_empty_now = |row: &Row<'_>| row.get::<bool>(0);
    if !tx.one(is_empty, values![], is_empty_now).await? {
        return Ok(false);
    }
    if tx.is_sqlite() {
        return Ok(true);
    }
    tx.execute("SELECT pg_advisory_xact_lock($1)", values![FIRST_USER_LOCK]).await?;
    tx.one(is_empty, values![], is_empty_now).await
}

/// Makes an account with its stream and its empty inbox. `false`: the address has one already, and nothing was written.
pub async fn insert(tx: &mut Tx<'_>, user: &User, password_hash: &str) -> Result<bool, StoreError> {
    let made = tx
        .execute(
            "INSERT INTO users (id, email, email_key, display_name, password_hash, role, time_zone, locale, default_lead_seconds,
                 version, created_at, updated_at, daily_goal_seconds, week_start, quiet_hours, wake_at,
                 sleep_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (email_key) DO NOTHING",
            values![
                user.id,
                user.email.as_str(),
                user.email.key(),
                user.display_name.as_str(),
                password_hash,
                user.role.as_str(),
                user.time_zone.name(),
                user.locale.as_str(),
                user.default_lead.as_seconds(),
                user.version,
                user.created_at,
                user.updated_at,
                user.rhythm.daily_goal_seconds,
                user.rhythm.week_start.as_str(),
                user.rhythm.quiet_hours.map(|hours| hours.to_string()),
                user.rhythm.waking.wake_at(),
                user.rhythm.waking.sleep_at(),
            ],
        )
        .await?;
    if made == 0 {
        return Ok(false);
    }
    crate::streams::create(tx, StreamId::from(user.id)).await?;
    tx.execute("INSERT INTO inboxes (user_id) VALUES ($1)", values![user.id]).await?;
    Ok(true)
}

/// An account and its PHC string, by address.
pub async fn by_email(tx: &mut Tx<'_>, email: &Email) -> Result<Option<(User, String)>, StoreError> {
    let sql = concat!("SELECT ", columns!(), ", password_hash FROM users WHERE email_key = $1");
    tx.optional(sql, values![email.key()], |row| Ok((user(row)?, row.get(15)?))).await
}

/// An account and its PHC string, by id.
pub async fn with_password(tx: &mut Tx<'_>, id: UserId) -> Result<Option<(User, String)>, StoreError> {
    let sql = concat!("SELECT ", columns!(), ", password_hash FROM users WHERE id = $1");
    tx.optional(sql, values![id], |row| Ok((user(row)?, row.get(15)?))).await
}

/// An account, by id.
pub async fn find(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    tx.optional(concat!("SELECT ", columns!(), " FROM users WHERE id = $1"), values![id], user).await
}

/// An account, locked until the transaction ends: for whoever decides on what it reads.
pub async fn lock(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    let sql = Sql::each(
        concat!("SELECT ", columns!(), " FROM users WHERE id = $1"),
        concat!("SELECT ", columns!(), " FROM users WHERE id = $1 FOR NO KEY UPDATE"),
    );
    tx.optional(sql, values![id], user).await
}

/// Writes the profile of an account that was locked.
pub async fn update_profile(tx: &mut Tx<'_>, user: &User) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE users SET display_name = $2, time_zone = $3, locale = $4, default_lead_seconds = $5, version = $6, updated_at = $7,
             daily_goal_seconds = $8, week_start = $9, quiet_hours = $10, wake_at = $11, sleep_at = $12
         WHERE id = $1",
        values![
            user.id,
            user.display_name.as_str(),
            user.time_zone.name(),
            user.locale.as_str(),
            user.default_lead.as_seconds(),
            user.version,
            user.updated_at,
            user.rhythm.daily_goal_seconds,
            user.rhythm.week_start.as_str(),
            user.rhythm.quiet_hours.map(|hours| hours.to_string()),
                user.rhythm.waking.wake_at(),
                user.rhythm.waking.sleep_at(),
        ],
    )
    .await?;
    Ok(())
}

/// Replaces a PHC string, if it is still the one the caller verified. The version of the profile does not move.
pub async fn replace_password(tx: &mut Tx<'_>, id: UserId, verified: &str, new: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    Ok(tx.execute(sql, values![id, verified, new]).await? == 1)
}

/// Sets a PHC string, whatever it was.
pub async fn set_password(tx: &mut Tx<'_>, id: UserId, new: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE users SET password_hash = $2 WHERE id = $1", values![id, new]).await?;
    Ok(())
}

/// When the owner of a row does not want to be told.
pub(crate) fn quiet_hours(row: &Row<'_>, at: usize) -> Result<Option<QuietHours>, StoreError> {
    let kept: Option<String> = row.get(at)?;
    kept.map(|text| text.parse().map_err(|_| StoreError::Bug("quiet hours that were kept cannot be read".to_owned()))).transpose()
}

/// When some people do not want to be told, and in which zone. On PostgreSQL they stay as they are until the transaction ends, and
/// those who are changing theirs at this moment are left out.
pub async fn quiet_hours_of(tx: &mut Tx<'_>, users: &[UserId]) -> Result<Vec<(UserId, Option<QuietHours>, Zone)>, StoreError> {
    let sql = Sql::each(
        "SELECT id, quiet_hours, time_zone FROM users WHERE id = $1",
        "SELECT id, quiet_hours, time_zone FROM users WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE SKIP LOCKED",
    );
    let columns = [Column::Uuids(users.iter().map(|user| user.uuid()).collect())];
    tx.batch_all(sql, &columns, |row| Ok((row.get(0)?, quiet_hours(row, 1)?, row.parse(2)?))).await
}

fn user(row: &Row<'_>) -> Result<User, StoreError> {
    let goal = u32::try_from(row.get::<i64>(10)?).map_err(|_| StoreError::Bug("daily_goal_seconds".to_owned()))?;
    let lead: i64 = row.get(6)?;
    let default_lead = u32::try_from(lead).ok().and_then(DefaultLead::from_seconds);
    Ok(User {
        id: row.get(0)?,
        email: Email::kept(row.get(1)?),
        display_name: DisplayName::kept(row.get(2)?),
        role: row.parse(3)?,
        time_zone: row.parse(4)?,
        locale: row.parse(5)?,
        default_lead: default_lead.ok_or_else(|| StoreError::Bug("default_lead_seconds".to_owned()))?,
        rhythm: Rhythm {
            daily_goal_seconds: goal,
            week_start: row.parse(11)?,
            quiet_hours: quiet_hours(row, 12)?,
            waking: Waking::parse(&row.get::<String>(13)?, &row.get::<String>(14)?)
                .ok_or_else(|| StoreError::Bug("wake_at and sleep_at".to_owned()))?,
        },
        version: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
    })
}

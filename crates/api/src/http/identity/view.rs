//! Accounts, tokens, sessions and keys as they go over the wire.

use app::{
    domain::{
        alarms::QuietHours,
        identity::{ApiKey, Session, User},
    },
    identity::{SignedIn, Tokens},
};
use kernel::{ApiKeyId, Instant, Length, SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An account, as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserView {
    /// Its id.
    #[schema(value_type = String, example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: UserId,
    /// The address it signs in with.
    #[schema(example = "kim@example.org")]
    email: String,
    /// What others call its owner.
    #[schema(example = "Kim")]
    display_name: String,
    /// `member`, or `administrator` of this installation.
    #[schema(example = "member")]
    role: &'static str,
    /// The IANA zone new schedules are placed in.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// `en` or `ko`: the language of what is sent to its owner.
    #[schema(example = "en")]
    locale: &'static str,
    /// How long before its start a schedule rings when nothing else was said; ISO 8601.
    #[schema(value_type = String, example = "PT30M")]
    default_reminder_lead: Length,
    /// How much its owner means to work on each day; 0 is no goal.
    #[schema(example = 14_400)]
    daily_goal_seconds: u32,
    /// `monday`, `sunday` or `saturday`: the first day of a week in statistics.
    #[schema(example = "monday")]
    week_start: &'static str,
    /// When its owner does not want to be told; null: it is never quiet.
    quiet_hours: Option<QuietHoursView>,
    /// When its owner gets up, in their zone: free time and plans begin there.
    #[schema(example = "07:00")]
    wake_at: String,
    /// When its owner goes to sleep; the same as `wake_at`: never.
    #[schema(example = "23:00")]
    sleep_at: String,
    /// Grows with every change; the ETag.
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            role: user.role.as_str(),
            time_zone: user.time_zone.name().to_owned(),
            locale: user.locale.as_str(),
            default_reminder_lead: Length::from_seconds(user.default_lead.as_seconds().into()),
            daily_goal_seconds: user.rhythm.daily_goal_seconds,
            week_start: user.rhythm.week_start.as_str(),
            quiet_hours: user.rhythm.quiet_hours.map(QuietHoursView::from),
            wake_at: user.rhythm.waking.wake_at(),
            sleep_at: user.rhythm.waking.sleep_at(),
            version: user.version,
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// From when to when somebody does not want to be told, in their zone. Up to the start or earlier the end is that of the next day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuietHoursView {
    /// Hours and minutes.
    #[schema(example = "22:00")]
    pub(super) start: String,
    /// Hours and minutes.
    #[schema(example = "07:00")]
    pub(super) end: String,
    /// On which days they begin, `monday` to `sunday`; each, unless given.
    #[schema(max_items = 7)]
    pub(super) days: Option<Vec<String>>,
}

impl From<QuietHours> for QuietHoursView {
    fn from(hours: QuietHours) -> Self {
        let days = hours.days().into_iter().map(str::to_owned).collect();
        Self { start: hours.start(), end: hours.end(), days: Some(days) }
    }
}

/// Somebody signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedInView {
    /// Who.
    user: UserView,
    /// Goes into `Authorization: Bearer`.
    access_token: String,
    /// For how many seconds the access token is good.
    #[schema(example = 600)]
    expires_in: u64,
    /// Yields the next pair at `/api/v1/auth/refresh`, once. Browsers have it in a cookie as well, out of reach of scripts.
    refresh_token: String,
}

impl From<&SignedIn> for SignedInView {
    fn from(signed_in: &SignedIn) -> Self {
        let Tokens { access_token, expires_in_seconds, refresh_token, .. } = &signed_in.tokens;
        Self {
            user: UserView::from(&signed_in.user),
            access_token: access_token.clone(),
            expires_in: *expires_in_seconds,
            refresh_token: refresh_token.clone(),
        }
    }
}

/// A signed-in device.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionView {
    /// Its id, the `sid` of its access tokens.
    #[schema(value_type = String)]
    id: SessionId,
    /// Whether it is the one that asks.
    current: bool,
    /// What it called itself when it signed in.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    user_agent: String,
    /// Where it signed in from.
    #[schema(example = "203.0.113.7")]
    address: String,
    /// When it signed in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it last redeemed a refresh token.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Instant,
    /// When it ends unless it is used before.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
}

impl SessionView {
    /// `current`: the session that asks.
    pub(super) fn new(session: Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id,
            current: Some(session.id) == current,
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// A service key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyView {
    /// Its id.
    #[schema(value_type = String)]
    id: ApiKeyId,
    /// What its owner calls it.
    #[schema(example = "CI")]
    name: String,
    /// The first characters of its secret.
    #[schema(example = "cmp_q3Zx…")]
    hint: String,
    /// What it may do.
    #[schema(example = json!(["schedules:read"]))]
    scopes: Vec<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it stops working, if ever.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Instant>,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            hint: key.hint.clone(),
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

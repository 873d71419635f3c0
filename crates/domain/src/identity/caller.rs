//! Who is asking.

use std::{fmt, str::FromStr};

use kernel::{ApiKeyId, SessionId, UserId};

/// What an account may do beyond its own things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A person with their own calendar.
    Member,
    /// Also runs the installation. The first account of an empty installation.
    Administrator,
}

impl Role {
    /// As kept and as written in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
        }
    }
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Self::Member, Self::Administrator].into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// Somebody who has proved who they are. Every use case that touches owned rows takes one and names its user in the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose things may be touched.
    pub user: UserId,
    /// What else is allowed.
    pub role: Role,
    /// How it was proved.
    pub credential: Credential,
}

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A signed-in device.
    Session(SessionId),
    /// A service key, limited to its scopes.
    Key {
        /// Which key.
        id: ApiKeyId,
        /// What it may do.
        scopes: Vec<Scope>,
    },
}

/// What a service key may do, `context:verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read schedules and reminders.
    SchedulesRead,
    /// Create, change and delete schedules; snooze and dismiss reminders.
    SchedulesWrite,
    /// Read the inbox and its live stream.
    NotificationsRead,
    /// Mark notifications as read.
    NotificationsWrite,
    /// Read rooms, their members and what happens in them.
    RoomsRead,
    /// Make and change rooms, and who is in them.
    RoomsWrite,
    /// Publish events into rooms; and whatever else a program that does so needs of rooms.
    EventsPublish,
    /// Read products, who waits for them, and how telling them goes.
    CampaignsRead,
    /// Make and change products, their stock, and who waits for them; begin restock rounds.
    CampaignsWrite,
    /// Hold up, resume and cancel restock rounds.
    CampaignsAdmin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 10] = [
        Self::SchedulesRead,
        Self::SchedulesWrite,
        Self::NotificationsRead,
        Self::NotificationsWrite,
        Self::RoomsRead,
        Self::RoomsWrite,
        Self::EventsPublish,
        Self::CampaignsRead,
        Self::CampaignsWrite,
        Self::CampaignsAdmin,
    ];

    /// As written in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SchedulesRead => "schedules:read",
            Self::SchedulesWrite => "schedules:write",
            Self::NotificationsRead => "notifications:read",
            Self::NotificationsWrite => "notifications:write",
            Self::RoomsRead => "rooms:read",
            Self::RoomsWrite => "rooms:write",
            Self::EventsPublish => "events:publish",
            Self::CampaignsRead => "campaigns:read",
            Self::CampaignsWrite => "campaigns:write",
            Self::CampaignsAdmin => "campaigns:admin",
        }
    }

    /// Whether a key with this scope may do what `needed` names: a program that publishes into rooms makes them, and says who is in them.
    pub fn covers(self, needed: Self) -> bool {
        self == needed || (self == Self::EventsPublish && matches!(needed, Self::RoomsRead | Self::RoomsWrite))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl Caller {
    /// The session, if a signed-in device is asking.
    pub fn session(&self) -> Option<SessionId> {
        match &self.credential {
            Credential::Session(session) => Some(*session),
            Credential::Key { .. } => None,
        }
    }

    /// Whether the caller may do what `scope` names: a signed-in person everything of their own, a key only what it was given
    /// ([`Scope::covers`]).
    pub fn may(&self, scope: Scope) -> bool {
        match &self.credential {
            Credential::Session(_) => true,
            Credential::Key { scopes, .. } => scopes.iter().any(|held| held.covers(scope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_and_publishing_covers_rooms() {
        for held in Scope::ALL {
            for needed in Scope::ALL {
                let by_publishing = held == Scope::EventsPublish && [Scope::RoomsRead, Scope::RoomsWrite].contains(&needed);
                assert_eq!(held.covers(needed), held == needed || by_publishing, "{held} {needed}");
            }
            assert_eq!(held.as_str().parse(), Ok(held));
        }
    }
}

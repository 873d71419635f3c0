//! Refresh tokens: a family per signed-in device, in which each redemption replaces the token by its successor.
//!
//! ```text
//!   sign-in ─► #1 ─redeem─► #2 ─redeem─► #3 …          the newest token is ACTIVE, all before it are USED: a path, never a tree
//!
//!   presented          proof                           answer
//!   ----------------   -----------------------------   ------------------------------------------------------------
//!   the newest         the family's device, or none    ROTATE: it becomes USED, its successor is issued
//!                      was ever shown
//!   its parent,        as when it was redeemed: the    REPEAT: the same successor again. Two tabs raced, or the reply
//!   used ≤ 10 s ago    device, or none                 was lost; the successor was never used, or this were no parent
//!   anything else of   any                             REVOKE: two parties hold the token, and nobody can tell which is
//!   a live family                                      the thief. The family ends, its streams close, its user is told
//!   of an ended family any                             REFUSE
//! ```
//!
//! **Device.** Every sign-in hands out a device cookie beside the refresh token. The family is bound to it as soon as a client
//! has shown one, at sign-in or at a later redemption; from then on every redemption must show it. A client that never shows
//! one keeps no cookies and holds a bare bearer token, for which the ten seconds count on the token alone. A browser shows its
//! device from the first redemption on: if its token was redeemed without one a moment ago, somebody else did that.
//!
//! Strict single use would sign honest people out whenever two tabs race; a reuse interval without the rest would let a thief
//! ride along inside it.

use std::time::Duration;

use kernel::Instant;

/// How long the parent still yields the same successor.
pub const REPEAT_WINDOW: Duration = Duration::from_secs(10);

/// How long a family lives without being used.
pub const IDLE_LIFETIME: Duration = Duration::from_hours(14 * 24);

/// How long a family lives, however much it is used.
pub const ABSOLUTE_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// SHA-256 of a device cookie.
pub type DeviceHash = [u8; 32];

/// A family as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// When it was ended, if it was.
    pub revoked_at: Option<Instant>,
    /// When it ends unless it is used before.
    pub idle_expires_at: Instant,
    /// When it ends.
    pub absolute_expires_at: Instant,
    /// The device it is bound to.
    pub device: Option<DeviceHash>,
    /// The generation of its newest token, the only one that is active.
    pub newest: i64,
}

/// The token somebody presents, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Which of its family.
    pub generation: i64,
    /// When it was redeemed, if it was.
    pub used_at: Option<Instant>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Mark it used and issue its successor.
    Rotate {
        /// Bind the family to the device that was shown.
        bind: bool,
    },
    /// Answer the newest token again.
    Repeat,
    /// Answer nothing, change nothing.
    Refuse,
    /// End the family.
    Revoke(Suspicion),
}

/// What gave it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// The token was replaced before, too long ago or more than once.
    Replayed,
    /// Another device, or none, showed a token of this one.
    OtherDevice,
}

impl Suspicion {
    /// For the security log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::OtherDevice => "other_device",
        }
    }
}

impl Family {
    /// Whether it can still be used.
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.idle_expires_at && now < self.absolute_expires_at
    }

    /// What to do with `presented`, shown together with the device cookie of hash `device`.
    pub fn redeem(&self, presented: Presented, device: Option<&DeviceHash>, now: Instant) -> Decision {
        if !self.is_live(now) {
            return Decision::Refuse;
        }
        if self.device.is_some() && self.device.as_ref() != device {
            return Decision::Revoke(Suspicion::OtherDevice);
        }
        let first_shown = self.device.is_none() && device.is_some();
        match presented.used_at {
            Some(_) if first_shown => Decision::Revoke(Suspicion::OtherDevice),
            None => Decision::Rotate { bind: first_shown },
            Some(used_at) if presented.generation + 1 == self.newest && now <= used_at + REPEAT_WINDOW => Decision::Repeat,
            Some(_) => Decision::Revoke(Suspicion::Replayed),
        }
    }
}

/// When a family that is used now ends unless it is used again.
pub fn idle_expiry(now: Instant, absolute_expires_at: Instant) -> Instant {
    (now + IDLE_LIFETIME).min(absolute_expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);
    const MINE: DeviceHash = [7; 32];
    const OTHER: DeviceHash = [8; 32];

    fn family(device: Option<DeviceHash>, newest: i64) -> Family {
        Family {
            revoked_at: None,
            idle_expires_at: NOW + IDLE_LIFETIME,
            absolute_expires_at: NOW + ABSOLUTE_LIFETIME,
            device,
            newest,
        }
    }

    fn active(generation: i64) -> Presented {
        Presented { generation, used_at: None }
    }

    fn used(generation: i64, seconds_ago: u64) -> Presented {
        Presented { generation, used_at: Some(NOW - Duration::from_secs(seconds_ago)) }
    }

    #[test]
    fn each_presentation_has_its_answer() {
        use Decision::{Refuse, Repeat, Revoke, Rotate};
        let replayed = Revoke(Suspicion::Replayed);
        let other = Revoke(Suspicion::OtherDevice);
        let bare = || family(None, 3);
        let bound = || family(Some(MINE), 3);
        let ended = || Family { revoked_at: Some(NOW), ..bare() };
        let idle = || Family { idle_expires_at: NOW, ..bare() };
        let old = || Family { absolute_expires_at: NOW, ..bare() };
        let table: Vec<(&str, Family, Presented, Option<DeviceHash>, Decision)> = vec![
            ("newest, bare token", bare(), active(3), None, Rotate { bind: false }),
            ("newest, a device is shown for the first time", bare(), active(3), Some(MINE), Rotate { bind: true }),
            ("newest, its own device", bound(), active(3), Some(MINE), Rotate { bind: false }),
            ("newest, another device", bound(), active(3), Some(OTHER), other),
            ("newest, no device", bound(), active(3), None, other),
            ("parent at once", bound(), used(2, 0), Some(MINE), Repeat),
            ("parent at the end of the window", bound(), used(2, 10), Some(MINE), Repeat),
            ("parent after the window", bound(), used(2, 11), Some(MINE), replayed),
            ("parent in the window, no device", bound(), used(2, 1), None, other),
            ("parent in the window, bare token", bare(), used(2, 1), None, Repeat),
            ("parent in the window, redeemed without the device shown now", bare(), used(2, 1), Some(MINE), other),
            ("grandparent in the window", bare(), used(1, 1), None, replayed),
            ("grandparent, its own device", bound(), used(1, 1), Some(MINE), replayed),
            ("newest of an ended family", ended(), active(3), None, Refuse),
            ("parent of an ended family", ended(), used(2, 1), None, Refuse),
            ("newest of a family idle too long", idle(), active(3), None, Refuse),
            ("newest of a family older than 90 days", old(), active(3), None, Refuse),
        ];
        for (case, family, presented, device, decision) in table {
            assert_eq!(family.redeem(presented, device.as_ref(), NOW), decision, "{case}");
        }
    }

    #[test]
    fn use_moves_the_idle_end_but_never_past_the_absolute_end() {
        assert_eq!(idle_expiry(NOW, NOW + ABSOLUTE_LIFETIME), NOW + IDLE_LIFETIME);
        let end = NOW + Duration::from_secs(5);
        assert_eq!(idle_expiry(NOW, end), end);
    }
}

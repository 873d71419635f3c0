//! A family under random sequences: two tabs of one browser, lost replies, and a thief.

use std::time::Duration;

use kernel::Instant;
use proptest::prelude::*;

use super::rotation::{ABSOLUTE_LIFETIME, Decision, DeviceHash, Family, IDLE_LIFETIME, Presented, idle_expiry};

const START: Instant = Instant::from_micros(1_800_000_000_000_000);
const DEVICE: DeviceHash = [7; 32];

/// What the tables hold: the family, and when each of its tokens was used. A token is its generation here.
struct Server {
    family: Family,
    used_at: Vec<Option<Instant>>,
    /// Successors issued, as (parent, child): must be a path.
    issued: Vec<(i64, i64)>,
}

impl Server {
    fn sign_in(device: Option<DeviceHash>) -> Self {
        Self {
            family: Family {
                revoked_at: None,
                idle_expires_at: START + IDLE_LIFETIME,
                absolute_expires_at: START + ABSOLUTE_LIFETIME,
                device,
                newest: 1,
            },
            used_at: vec![None],
            issued: Vec::new(),
        }
    }

    /// Redeems token `generation` the way the transaction does; answers the token the caller now holds.
    fn redeem(&mut self, generation: i64, device: Option<&DeviceHash>, now: Instant) -> Option<i64> {
        let index = usize::try_from(generation - 1).expect("generations count from 1");
        let presented = Presented { generation, used_at: self.used_at[index] };
        match self.family.redeem(presented, device, now) {
            Decision::Rotate { bind } => {
                self.used_at[index] = Some(now);
                self.used_at.push(None);
                self.family.newest += 1;
                self.family.idle_expires_at = idle_expiry(now, self.family.absolute_expires_at);
                if bind {
                    self.family.device = device.copied();
                }
                self.issued.push((generation, self.family.newest));
                Some(self.family.newest)
            }
            Decision::Repeat => Some(self.family.newest),
            Decision::Refuse => None,
            Decision::Revoke(_) => {
                self.family.revoked_at = Some(now);
                None
            }
        }
    }

    fn check_path(&self) {
        for (index, (parent, child)) in self.issued.iter().enumerate() {
            let place = i64::try_from(index).expect("small");
            assert_eq!((*parent, *child), (place + 1, place + 2), "the family forked");
        }
        let active = self.used_at.iter().filter(|used| used.is_none()).count();
        assert_eq!(active, 1, "exactly the newest token is active");
        assert!(self.used_at.last().is_some_and(Option::is_none));
    }

    fn is_revoked(&self) -> bool {
        self.family.revoked_at.is_some()
    }
}

/// One moment at which both tabs find their access token expired.
#[derive(Clone, Debug)]
struct Round {
    /// Since the round before.
    pause_seconds: u64,
    /// How long after the first tab the second one sends, and then each repetition after the other: all within the window.
    step_millis: u64,
    /// How many replies each tab loses before one arrives.
    lost: [u8; 2],
    /// The second tab had attached its cookie before the first tab's reply arrived.
    stale: bool,
}

fn round() -> impl Strategy<Value = Round> {
    (60u64..86_400, 0u64..1_400, [0u8..3, 0u8..3], any::<bool>()).prop_map(|(pause_seconds, step_millis, lost, stale)| Round {
        pause_seconds,
        step_millis,
        lost,
        stale,
    })
}

proptest! {
    #[test]
    fn two_honest_tabs_never_end_their_own_session(rounds in prop::collection::vec(round(), 1..40), bound in any::<bool>()) {
        let device = bound.then_some(DEVICE);
        let mut server = Server::sign_in(device);
        let mut now = START;
        let mut jar = 1;
        for round in rounds {
            now = now + Duration::from_secs(round.pause_seconds);
            if now >= server.family.absolute_expires_at {
                break;
            }
            let before = jar;
            for (tab, lost) in round.lost.into_iter().enumerate() {
                for attempt in 0..=lost {
                    let held = if tab == 1 && attempt == 0 && round.stale { before } else { jar };
                    let answer = server.redeem(held, device.as_ref(), now);
                    prop_assert!(answer.is_some(), "an honest tab was refused with token {held}");
                    server.check_path();
                    if attempt == lost {
                        jar = answer.unwrap_or(jar);
                    }
                    now = now + Duration::from_millis(round.step_millis);
                }
            }
        }
        prop_assert!(!server.is_revoked());
    }

    #[test]
    fn whatever_is_presented_a_family_is_a_path(
        steps in prop::collection::vec((0u64..30_000, 0i64..6, 0u8..3), 1..120),
        bound in any::<bool>(),
    ) {
        let mut server = Server::sign_in(bound.then_some(DEVICE));
        let mut now = START;
        for (millis, age, shown) in steps {
            now = now + Duration::from_millis(millis);
            let generation = (server.family.newest - age).max(1);
            let shown = [None, Some(DEVICE), Some([9; 32])][usize::from(shown)];
            let was_revoked = server.is_revoked();
            let answer = server.redeem(generation, shown.as_ref(), now);
            prop_assert!(answer.is_none() || !was_revoked, "an ended family answered");
            prop_assert!(answer.is_none_or(|token| token == server.family.newest), "an older token was answered");
            server.check_path();
        }
    }

    #[test]
    fn once_owner_and_thief_both_used_a_copy_beyond_the_window_the_family_ends(
        honest_rounds in 0usize..20,
        thief_first in any::<bool>(),
        thief_rounds in 1usize..5,
        delay_seconds in 11u64..80_000,
        thief_has_the_device_cookie in any::<bool>(),
    ) {
        let mut server = Server::sign_in(Some(DEVICE));
        let mut now = START;
        let mut owner = 1;
        for _ in 0..honest_rounds {
            now = now + Duration::from_mins(10);
            owner = server.redeem(owner, Some(&DEVICE), now).expect("honest");
        }
        let mut thief = owner;
        let thiefs_device = thief_has_the_device_cookie.then_some(DEVICE);
        now = now + Duration::from_mins(10);
        let use_copy = |server: &mut Server, copy: &mut i64, device: Option<&DeviceHash>, now: Instant| {
            if let Some(token) = server.redeem(*copy, device, now) {
                *copy = token;
            }
        };
        if thief_first {
            for _ in 0..thief_rounds {
                use_copy(&mut server, &mut thief, thiefs_device.as_ref(), now);
                now = now + Duration::from_secs(delay_seconds);
            }
            use_copy(&mut server, &mut owner, Some(&DEVICE), now);
        } else {
            use_copy(&mut server, &mut owner, Some(&DEVICE), now);
            now = now + Duration::from_secs(delay_seconds);
            use_copy(&mut server, &mut thief, thiefs_device.as_ref(), now);
        }
        prop_assert!(server.is_revoked(), "the theft went unnoticed");
        prop_assert_eq!(server.redeem(server.family.newest, Some(&DEVICE), now), None);
    }
}

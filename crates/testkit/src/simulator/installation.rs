//! Puts an [`App`] together for the simulator, and makes its people.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use app::{
    App, Parts,
    identity::{Keys, PasswordCost, Secret, Settings},
};
use clockwork::Wake;
use domain::identity::{Caller, Credential, DefaultLead, Locale, Rhythm, Role, User};
use kernel::{Clock, Entropy, Instant, SessionId, UserId, Zone};
use store::{Store, StoreError, Tx, UseCase};

use crate::SeededEntropy;

/// Deriving keys takes longer than a simulated minute, and which ones they are matters to nobody here.
static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let line = Keys::generate_line(&SeededEntropy::new(0));
    let secrets = Secret::read_file(&line).expect("a generated line reads");
    Keys::from_secrets(secrets).expect("keys derive")
});

/// No password is checked in the simulator.
const CHEAPEST: PasswordCost = PasswordCost { memory_kib: 8, passes: 1, lanes: 1 };

pub(super) fn app(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> App {
    App::new(Parts {
        store,
        clock,
        entropy,
        hub: hub::Hub::default(),
        keys: KEYS.clone(),
        identity: Settings { password: CHEAPEST, ..Settings::default() },
        calendar: app::calendar::Settings::default(),
        alarms: Wake::default(),
        jobs: Wake::default(),
        meters: app::alarms::Meters::default(),
    })
}

/// A person of the simulated installation.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) caller: Caller,
    /// When they do not want to be told.
    pub(super) quiet: Option<(Instant, Instant)>,
}

/// Makes the account of a person.
pub(super) struct Enrol {
    pub(super) user: User,
}

impl Enrol {
    /// The account of a person, who may have quiet hours so many minutes from now and so many minutes long.
    pub(super) fn new(number: u64, now: Instant, quiet: Option<(u32, u32)>, entropy: &dyn Entropy) -> Option<(Self, Person)> {
        let minute = |minutes: u32| now + minutes * Duration::from_mins(1);
        let quiet = quiet.map(|(first, length)| (minute(first), minute(first + length)));
        let clock = |at: Instant| Zone::utc().wall_at(at).datetime().strftime("%H:%M").to_string();
        let quiet_hours = match quiet {
            Some((from, until)) => Some(format!("{}-{}", clock(from), clock(until)).parse().ok()?),
            None => None,
        };
        let (id, name) = (UserId::mint(now, entropy), format!("person{number}"));
        let user = User {
            id,
            email: format!("{name}@example.org").parse().ok()?,
            display_name: name.parse().ok()?,
            role: Role::Member,
            time_zone: Zone::utc(),
            locale: Locale::default(),
            default_lead: DefaultLead::USUAL,
            rhythm: Rhythm { quiet_hours, ..Rhythm::default() },
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let caller = Caller { user: id, role: Role::Member, credential: Credential::Session(SessionId::mint(now, entropy)) };
        Some((Self { user }, Person { name, caller, quiet }))
    }
}

impl UseCase for Enrol {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        // Nobody signs in with a password here.
        store::identity::users::insert(tx, &self.user, "*").await
    }
}

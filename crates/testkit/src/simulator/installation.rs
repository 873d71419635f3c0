//! Puts an [`App`] together for the simulator, and makes its people.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use app::{
    App, Parts,
    campaigns::rounds::Settings as Campaigns,
    identity::{Keys, PasswordCost, Secret, Settings},
};
use clockwork::Wake;
use domain::{
    alarms::QuietHours,
    identity::{Caller, Credential, DefaultLead, Locale, Rhythm, Role, User},
};
use kernel::{Clock, Entropy, Instant, SessionId, UserId, Zone};
use store::{Store, StoreError, Tx, UseCase};

use super::turns::{self, Turn};
use crate::SeededEntropy;

/// Deriving keys takes longer than a simulated minute, and which ones they are matters to nobody here.
static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let line = Keys::generate_line(&SeededEntropy::new(0));
    let secrets = Secret::read_file(&line).expect("a generated line reads");
    Keys::from_secrets(secrets).expect("keys derive")
});

/// No password is checked in the simulator.
const CHEAPEST: PasswordCost = PasswordCost { memory_kib: 8, passes: 1, lanes: 1 };

pub(super) fn app(store: Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, campaigns: Campaigns) -> App {
    App::new(Parts {
        store,
        clock,
        entropy,
        hub: hub::Hub::default(),
        keys: KEYS.clone(),
        identity: Settings { password: CHEAPEST, ..Settings::default() },
        calendar: app::calendar::Settings::default(),
        rooms: app::rooms::Settings::default(),
        campaigns,
        alarms: Wake::default(),
        jobs: Wake::default(),
        meters: app::alarms::Meters::default(),
        campaign_meters: app::campaigns::rounds::Meters::default(),
    })
}

/// A person of the simulated installation.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) caller: Caller,
    /// When they do not want to be told.
    pub(super) quiet: Option<(Instant, Instant)>,
    /// Where they live, if the clocks change there.
    turn: Option<&'static Turn>,
    /// Whether they name times that the clocks pass over.
    careless: bool,
}

impl Person {
    /// From when to when on the wall it is quiet, from an instant to another.
    pub(super) fn hours(&self, (from, until): (Instant, Instant)) -> Option<QuietHours> {
        let shown = |at: Instant| match self.turn {
            Some(turn) if self.careless => turn.passed_over(turn.wall_at(at)),
            Some(turn) => turn.wall_at(at),
            None => at.as_seconds(),
        };
        let clock = |at: Instant| turns::name(shown(at)).datetime().strftime("%H:%M").to_string();
        format!("{}-{}", clock(from), clock(until)).parse().ok()
    }
}

/// Makes the account of a person.
pub(super) struct Enrol {
    pub(super) user: User,
}

impl Enrol {
    /// The account of a person, who may have quiet hours so many minutes from now and so many minutes long.
    /// They live where the clocks change if these go forward: an hour that is shown twice would be longer than a life in here.
    pub(super) fn new(
        number: u64,
        (turn, now): (&'static Turn, Instant),
        quiet: Option<(u32, u32)>,
        entropy: &SeededEntropy,
    ) -> Option<(Self, Person)> {
        let minute = |minutes: u32| now + minutes * Duration::from_mins(1);
        let quiet = quiet.map(|(first, length)| (minute(first), minute(first + length)));
        let choice = entropy.fork(&format!("home of {number}"));
        let turn = (turn.is_forward() && choice.chance(500)).then_some(turn);
        let (id, name) = (UserId::mint(now, entropy), format!("person{number}"));
        let caller = Caller { user: id, role: Role::Member, credential: Credential::Session(SessionId::mint(now, entropy)) };
        let person = Person { name, caller, quiet, turn, careless: choice.chance(400) };
        let quiet_hours = match quiet {
            Some(quiet) => Some(person.hours(quiet)?),
            None => None,
        };
        let name = &person.name;
        let user = User {
            id,
            email: format!("{name}@example.org").parse().ok()?,
            display_name: name.parse().ok()?,
            role: Role::Member,
            time_zone: turn.map_or(Ok(Zone::utc()), |turn| turn.zone.parse()).ok()?,
            locale: Locale::default(),
            default_lead: DefaultLead::USUAL,
            rhythm: Rhythm { quiet_hours, ..Rhythm::default() },
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Some((Self { user }, person))
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

//! Guessing costs: attempts are counted before a password is hashed, and given back when it was right.

use domain::identity::{
    Email, IdentityError, User,
    rotation::DeviceHash,
    throttle::{Limit, PER_ACCOUNT, PER_ADDRESS, SIGN_UPS, Throttled},
};
use kernel::{Instant, SessionId};
use store::{Tx, UseCase, identity as rows};

use super::{Client, token::sha256};
use crate::{App, Error};

/// An attempt that was let through.
pub(super) struct Attempt {
    /// Whose account is tried, if there is one, and its PHC string.
    pub(super) account: Option<(User, String)>,
    /// What it was counted under.
    counted: Counted,
}

/// The keys of the rows an attempt is counted in.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    account: String,
    network: Option<String>,
}

/// Counts an attempt on the account of `email` and looks that account up. Whoever has a session of it already counts apart from
/// all others.
pub(super) async fn begin(
    app: &App,
    email: Result<Email, String>,
    session: Option<SessionId>,
    client: &Client,
) -> Result<Attempt, Error> {
    let device = client.device.as_ref().map(super::Device::hash);
    let case = Begin { email, session, device, network: client.network(), now: app.now() };
    app.store().write(case).await
}

/// Counts an account that is asked for, before its password costs a hash.
pub(super) async fn begin_sign_up(app: &App, client: &Client) -> Result<(), Error> {
    let Some(key) = client.sign_ups() else { return Ok(()) };
    app.store().write(BeginSignUp { key, now: app.now() }).await
}

/// Leaves a line in the security log if it was the count that refused.
pub(super) fn refused(error: &Error, what: &'static str, client: &Client) {
    if error.retry_after_seconds().is_some() {
        tracing::warn!(security = what, address = client.address_text());
    }
}

struct BeginSignUp {
    key: String,
    now: Instant,
}

impl UseCase for BeginSignUp {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let throttle = rows::throttles::lock(tx, &self.key, self.now).await?;
        let counted = throttle.count(&SIGN_UPS, self.now).map_err(|refused| throttled(refused, self.now))?;
        Ok(rows::throttles::update(tx, &self.key, &counted).await?)
    }
}

fn throttled(refused: Throttled, now: Instant) -> IdentityError {
    IdentityError::Throttled { retry_after_seconds: refused.retry_after_seconds(now) }
}

impl Attempt {
    pub(super) fn counted(&self) -> Counted {
        self.counted.clone()
    }
}

impl Counted {
    /// Forgets the failures of the account and takes this attempt back from the address: whoever has one account of their own
    /// must not wipe out what they tried on others.
    pub(super) async fn forgive(&self, tx: &mut Tx<'_>, now: Instant) -> Result<(), Error> {
        for key in self.keys() {
            if key == &self.account {
                rows::throttles::forget(tx, key).await?;
            } else {
                let throttle = rows::throttles::lock(tx, key, now).await?;
                rows::throttles::update(tx, key, &throttle.give_back()).await?;
            }
        }
        Ok(())
    }

    /// In the one order in which rows of throttles are locked.
    fn keys(&self) -> Vec<&String> {
        let mut keys: Vec<&String> = self.network.iter().chain([&self.account]).collect();
        keys.sort_unstable();
        keys
    }

    fn limit(&self, key: &str) -> &'static Limit {
        if key == self.account { &PER_ACCOUNT } else { &PER_ADDRESS }
    }
}

struct Begin {
    /// What was typed where it is no address: it is counted all the same.
    email: Result<Email, String>,
    session: Option<SessionId>,
    device: Option<DeviceHash>,
    network: Option<String>,
    now: Instant,
}

impl UseCase for Begin {
    type Out = Attempt;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Attempt, Error> {
        let account = match &self.email {
            Ok(email) => rows::users::by_email(tx, email).await?,
            Err(_) => None,
        };
        let counted = self.counted(tx, account.as_ref()).await?;
        let mut rows = Vec::new();
        for key in counted.keys() {
            let throttle = rows::throttles::lock(tx, key, self.now).await?;
            rows.push((key, throttle.count(counted.limit(key), self.now)));
        }
        if let Some(until) = rows.iter().filter_map(|(_, counted)| counted.err()).max_by_key(|refused| refused.until) {
            return Err(throttled(until, self.now).into());
        }
        for (key, throttle) in rows {
            if let Ok(throttle) = throttle {
                rows::throttles::update(tx, key, &throttle).await?;
            }
        }
        Ok(Attempt { account, counted })
    }
}

impl Begin {
    /// Unknown addresses are counted as known ones are, or the difference would tell them apart. The address itself is not kept.
    ///
    /// A device that signed in to the account before has a count of its own, and so has a session of it: a stranger who fails on
    /// purpose, also one behind the same address, locks out strangers only (the device cookies of the OWASP authentication cheat
    /// sheet). Its attempts need no count of the address, because they can be about this one account only.
    async fn counted(&self, tx: &mut Tx<'_>, account: Option<&(User, String)>) -> Result<Counted, Error> {
        let name = match &self.email {
            Ok(email) => email.key(),
            Err(typed) => typed.clone(),
        };
        let name = hex(&sha256(name.as_bytes()));
        if let Some(session) = self.session {
            return Ok(Counted { account: format!("session:{session}"), network: None });
        }
        if let (Some((user, _)), Some(device)) = (account, &self.device)
            && rows::sessions::knows_device(tx, user.id, device).await?
        {
            return Ok(Counted { account: format!("device:{}:{name}", hex(device)), network: None });
        }
        Ok(Counted { account: format!("account:{name}"), network: self.network.clone() })
    }
}

/// The first 16 bytes: enough to tell accounts apart.
fn hex(hash: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    hash[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

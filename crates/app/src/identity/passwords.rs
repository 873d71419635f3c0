//! Hashing passwords: argon2id on a small pool, so that sign-ins cannot eat the machine.
//!
//! Two hashes run at a time (each takes its 19 MiB and some 25 ms of a core), 32 wait, and whoever comes then is told to come
//! back ([`IdentityError::Busy`]). A hash that was begun is finished, also when its caller has gone: the pool counts the work
//! and not the callers.
//!
//! The pepper is argon2's own secret input. The `keyid` of the PHC string names which one it was, so that a hash made before
//! the secret file was rotated still verifies, and is made anew at the next sign-in.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version,
    password_hash::{
        CustomizedPasswordHasher as _, PasswordHasher as _,
        phc::{Ident, PasswordHash},
    },
};
use domain::identity::{IdentityError, Password};
use kernel::Entropy;
use prometheus_client::{metrics::counter::Counter, registry::Registry};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::{Keys, PasswordCost, keys::KeySet};

const RUNNING_MAX: usize = 2;
const WAITING_MAX: usize = 32;

/// The pool.
pub struct Passwords {
    hasher: Arc<Hasher>,
    running: Arc<Semaphore>,
    /// Who runs or waits.
    places: Arc<Semaphore>,
}

/// What came of comparing a password with a hash.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right {
        /// The same password under the present cost and pepper, where the hash was made under others.
        renewed: Option<String>,
    },
}

impl Passwords {
    pub(crate) fn new(keys: &Keys, cost: PasswordCost) -> Self {
        Self {
            hasher: Arc::new(Hasher { keys: keys.clone(), cost, made: Counter::default() }),
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
            places: Arc::new(Semaphore::new(RUNNING_MAX + WAITING_MAX)),
        }
    }

    /// Registers the counter of hashes under its name.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("campanile_password_hashes", "Passwords hashed, right or wrong", self.hasher.made.clone());
    }

    /// The PHC string to keep.
    pub(super) async fn hash(&self, password: Password, entropy: &dyn Entropy) -> Result<String, IdentityError> {
        let salt = entropy.bytes16();
        self.run(move |hasher| hasher.hash(&password, &salt)).await
    }

    /// Compares `password` with what is kept. With nothing kept (no such account) it takes as long and is always wrong, so that
    /// nobody learns by the clock who has an account.
    pub(super) async fn verify(
        &self,
        password: Password,
        kept: Option<String>,
        entropy: &dyn Entropy,
    ) -> Result<Verdict, IdentityError> {
        let salt = entropy.bytes16();
        self.run(move |hasher| match kept {
            Some(kept) => hasher.verify(&password, &kept, &salt),
            None => hasher.hash(&password, &salt).map(|_| Verdict::Wrong),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| IdentityError::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| IdentityError::Busy)?;
        let hasher = Arc::clone(&self.hasher);
        let hashing = tokio::task::spawn_blocking(move || {
            let result = work(&hasher);
            drop((turn, place));
            result
        });
        hashing.await.map_err(|_| IdentityError::Broken)?
    }
}

struct Hasher {
    keys: Keys,
    cost: PasswordCost,
    /// Hashes made.
    made: Counter,
}

impl Hasher {
    fn hash(&self, password: &Password, salt: &[u8; 16]) -> Result<String, IdentityError> {
        self.made.inc();
        let hash = self.params().and_then(|params| {
            argon2(self.keys.current(), params)?.hash_password_with_salt(password.as_bytes(), salt).map_err(broken)
        })?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &Password, kept: &str, salt: &[u8; 16]) -> Result<Verdict, IdentityError> {
        let kept = PasswordHash::new(kept).map_err(broken)?;
        let params = Params::try_from(&kept).map_err(broken)?;
        let pepper = self
            .keys
            .sets()
            .find(|set| set.pepper.id == params.keyid())
            .ok_or_else(|| broken("a password hash was made with a secret that is no longer in the secret file"))?;
        let (Some(salt_kept), Some(expected)) = (&kept.salt, &kept.hash) else { return Err(broken("a hash without salt")) };
        self.made.inc();
        let made = argon2(pepper, params.clone())?
            .hash_password_customized(password.as_bytes(), salt_kept, Some(kept.algorithm.as_str()), kept.version, params.clone())
            .map_err(broken)?;
        let same = made.hash.is_some_and(|made| bool::from(made.as_bytes().ct_eq(expected.as_bytes())));
        if !same {
            return Ok(Verdict::Wrong);
        }
        let wanted = self.params()?;
        let is_present = kept.algorithm == Ident::new_unwrap("argon2id")
            && (params.m_cost(), params.t_cost(), params.p_cost()) == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
            && params.keyid() == wanted.keyid();
        let renewed = if is_present { None } else { Some(self.hash(password, salt)?) };
        Ok(Verdict::Right { renewed })
    }

    fn params(&self) -> Result<Params, IdentityError> {
        let key_id = KeyId::new(&self.keys.current().pepper.id).map_err(broken)?;
        let mut builder = ParamsBuilder::new();
        builder.m_cost(self.cost.memory_kib).t_cost(self.cost.passes).p_cost(self.cost.lanes).keyid(key_id);
        builder.build().map_err(broken)
    }
}

fn argon2(set: &KeySet, params: Params) -> Result<Argon2<'_>, IdentityError> {
    Argon2::new_with_secret(&*set.pepper.secret, Algorithm::Argon2id, Version::V0x13, params).map_err(broken)
}

fn broken(error: impl std::fmt::Display) -> IdentityError {
    tracing::error!(%error, "a password could not be hashed or compared");
    IdentityError::Broken
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::identity::Secret;

    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    const CHEAP: PasswordCost = PasswordCost { memory_kib: 64, passes: 1, lanes: 1 };

    fn keys(lines: &[&str]) -> Keys {
        Keys::from_secrets(Secret::read_file(&lines.concat()).expect("file")).expect("keys")
    }

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone_and_says_how_it_was_made() {
        let entropy = Counting(AtomicU8::new(1));
        let line = Keys::generate_line(&entropy);
        let pool = Passwords::new(&keys(&[&line]), PasswordCost::default());
        let kept = pool.hash(password("correct horse"), &entropy).await.expect("hash");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="), "{kept}");
        assert_ne!(pool.hash(password("correct horse"), &entropy).await.expect("hash"), kept, "every hash has its own salt");
        let right = pool.verify(password("correct horse"), Some(kept.clone()), &entropy).await;
        assert_eq!(right, Ok(Verdict::Right { renewed: None }));
        for wrong in ["correct hors", "Correct horse", ""] {
            assert_eq!(pool.verify(password(wrong), Some(kept.clone()), &entropy).await, Ok(Verdict::Wrong));
        }
        assert_eq!(pool.verify(password("correct horse"), None, &entropy).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_dearer_hash_or_a_new_secret_renews_what_is_kept() {
        let entropy = Counting(AtomicU8::new(1));
        let (old, new) = (Keys::generate_line(&entropy), Keys::generate_line(&entropy));
        let kept = Passwords::new(&keys(&[&old]), CHEAP).hash(password("correct horse"), &entropy).await.expect("hash");

        let dearer = Passwords::new(&keys(&[&old]), PasswordCost { passes: 2, ..CHEAP });
        let rotated = Passwords::new(&keys(&[&new, &old]), CHEAP);
        for pool in [dearer, rotated] {
            let verdict = pool.verify(password("correct horse"), Some(kept.clone()), &entropy).await.expect("verdict");
            let Verdict::Right { renewed: Some(renewed) } = verdict else { panic!("not renewed: {verdict:?}") };
            let again = pool.verify(password("correct horse"), Some(renewed), &entropy).await;
            assert_eq!(again, Ok(Verdict::Right { renewed: None }));
        }
        let lost = Passwords::new(&keys(&[&new]), CHEAP);
        assert_eq!(lost.verify(password("correct horse"), Some(kept), &entropy).await, Err(IdentityError::Broken));
    }

    #[tokio::test]
    async fn two_run_thirty_two_wait_and_the_next_is_sent_away() {
        let entropy = Counting(AtomicU8::new(1));
        let line = Keys::generate_line(&entropy);
        let pool = Arc::new(Passwords::new(&keys(&[&line]), CHEAP));
        let turns = Arc::clone(&pool.running).acquire_many_owned(2).await.expect("turns");
        let waiting: Vec<_> = (0..34)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.run(|_| Ok(())).await })
            })
            .collect();
        while pool.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.run(|_| Ok(())).await, Err(IdentityError::Busy));
        drop(turns);
        for task in waiting {
            assert_eq!(task.await.expect("joined"), Ok(()));
        }
        assert_eq!(pool.run(|_| Ok(())).await, Ok(()));
    }
}

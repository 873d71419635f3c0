//! The secrets of the installation, all derived from the lines of its secret file.
//!
//! ```text
//!   secret file, one secret per line          HMAC-SHA256(secret, label)
//!   line 1  signs, seals, peppers       ──►   "access"   seed of the Ed25519 key of access tokens; kid = hash of its public half
//!   line 2… only verify and open              "refresh"  makes refresh tokens out of salts
//!                                             "pepper"   is mixed into every password hash
//!                                             "sealing"  encrypts kept answers that contain secrets
//! ```
//!
//! To rotate, a new line is put first; the old one stays until nothing made with it is needed any more (`docs/identity.md`
//! says when that is for each kind).

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Entropy, SessionId};
use zeroize::{Zeroize as _, Zeroizing};

/// Why a text is no secret file.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// No line with a secret.
    #[error("the secret file is empty: put one line of 43 base64url characters (32 random bytes) into it")]
    Empty,
    /// A line that is no secret. Its content is not repeated here.
    #[error("line {line} of the secret file is not 32 bytes in base64url (43 characters): restore the file, never edit a line")]
    Line {
        /// Counting from 1.
        line: usize,
    },
    /// The cryptographic library refused to work.
    #[error("keys could not be derived from the secret file")]
    Derivation,
}

/// One line of the secret file: 32 random bytes. Overwritten when it goes.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Reads the text of a secret file. Empty lines and lines that begin with `#` say nothing.
    pub fn read_file(text: &str) -> Result<Vec<Self>, SecretError> {
        let lines = text.lines().map(str::trim).enumerate();
        lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(index, line)| {
                let mut bytes = URL_SAFE_NO_PAD.decode(line).map_err(|_| SecretError::Line { line: index + 1 })?;
                let secret = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| SecretError::Line { line: index + 1 });
                bytes.zeroize();
                secret.map(|secret| Self(Zeroizing::new(secret)))
            })
            .collect()
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.0);
        let tag = hmac::sign(&key, format!("campanile/1/{label}").as_bytes());
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(tag.as_ref());
        derived
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Every key of the installation. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<Ring>);

struct Ring {
    current: KeySet,
    earlier: Vec<KeySet>,
}

/// What one secret yields.
pub(super) struct KeySet {
    pub(super) access: AccessKey,
    pub(super) pepper: Pepper,
    refresh: hmac::Key,
    sealing: hmac::Key,
}

/// The pair that signs and verifies access tokens.
pub(super) struct AccessKey {
    pub(super) kid: String,
    pub(super) public: [u8; 32],
    pub(super) encoding: jsonwebtoken::EncodingKey,
    pub(super) decoding: jsonwebtoken::DecodingKey,
}

/// What is mixed into password hashes, and the name by which a hash says which one it was.
pub(super) struct Pepper {
    pub(super) id: [u8; 8],
    pub(super) secret: Zeroizing<[u8; 32]>,
}

/// The public half of a signing key, for the key set at `/.well-known/jwks.json` (RFC 7517, RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its `kid`.
    pub kid: String,
    /// The coordinate `x`, base64url.
    pub x: String,
}

impl Keys {
    /// Derives everything. The first secret signs, all of them verify.
    pub fn from_secrets(secrets: Vec<Secret>) -> Result<Self, SecretError> {
        let sets: Result<Vec<KeySet>, SecretError> = secrets.into_iter().map(|secret| KeySet::derive(&secret)).collect();
        let mut sets = sets?.into_iter();
        let current = sets.next().ok_or(SecretError::Empty)?;
        Ok(Self(Arc::new(Ring { current, earlier: sets.collect() })))
    }

    /// A new line for a secret file, with its line feed.
    pub fn generate_line(entropy: &dyn Entropy) -> String {
        let mut line = URL_SAFE_NO_PAD.encode(*Zeroizing::new(entropy.bytes32()));
        line.push('\n');
        line
    }

    /// The public keys by which others may verify access tokens.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.sets().map(|set| PublicKey { kid: set.access.kid.clone(), x: URL_SAFE_NO_PAD.encode(set.access.public) }).collect()
    }

    pub(super) fn current(&self) -> &KeySet {
        &self.0.current
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = &KeySet> {
        std::iter::once(&self.0.current).chain(&self.0.earlier)
    }

    /// An AES-256-GCM box that only whoever knows `context` and this installation can open. `context` is authenticated too.
    pub(crate) fn seal(&self, context: &str, entropy: &dyn Entropy, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let key = self.0.current.sealing_key(context)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context.as_bytes()), &mut sealed).ok()?;
        sealed.splice(0..0, nonce);
        Some(sealed)
    }

    /// Opens what [`Keys::seal`] closed with any secret that is still in the file.
    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, boxed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        self.sets().find_map(|set| {
            let mut plain = boxed.to_vec();
            let key = set.sealing_key(context)?;
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let length = key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut plain).ok()?.len();
            plain.truncate(length);
            Some(plain)
        })
    }

    /// A fingerprint nobody can compute without the installation's secret: for what is too easy to guess to be hashed bare.
    pub(crate) fn fingerprints(&self, text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let text = [b"fingerprint\n", text].concat();
        self.sets().map(move |set| hmac::sign(&set.sealing, &text).as_ref().to_vec())
    }
}

impl KeySet {
    fn derive(secret: &Secret) -> Result<Self, SecretError> {
        let pepper = secret.derive("pepper");
        let mut id = [0; 8];
        id.copy_from_slice(&digest::digest(&digest::SHA256, &*secret.derive("pepper-id")).as_ref()[..8]);
        Ok(Self {
            access: AccessKey::from_seed(&secret.derive("access"))?,
            pepper: Pepper { id, secret: pepper },
            refresh: hmac::Key::new(hmac::HMAC_SHA256, &*secret.derive("refresh")),
            sealing: hmac::Key::new(hmac::HMAC_SHA256, &*secret.derive("sealing")),
        })
    }

    pub(super) fn refresh_secret(&self, session: SessionId, generation: i64, salt: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.refresh);
        context.update(session.uuid().as_bytes());
        context.update(&generation.to_be_bytes());
        context.update(salt);
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        secret
    }

    fn sealing_key(&self, context: &str) -> Option<LessSafeKey> {
        let key = hmac::sign(&self.sealing, format!("key\n{context}").as_bytes());
        UnboundKey::new(&AES_256_GCM, key.as_ref()).ok().map(LessSafeKey::new)
    }
}

impl AccessKey {
    fn from_seed(seed: &[u8; 32]) -> Result<Self, SecretError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SecretError::Derivation)?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).map_err(|_| SecretError::Derivation)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| SecretError::Derivation)?;
        let hash = digest::digest(&digest::SHA256, &public);
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]),
            public,
            encoding: jsonwebtoken::EncodingKey::from_ed_der(pkcs8.as_ref()),
            decoding: jsonwebtoken::DecodingKey::from_ed_der(&public),
        })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<&str> = self.sets().map(|set| set.access.kid.as_str()).collect();
        f.debug_struct("Keys").field("kids", &kids).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn entropy() -> Counting {
        Counting(1.into())
    }

    fn keys(file: &str) -> Keys {
        Keys::from_secrets(Secret::read_file(file).expect("file")).expect("keys")
    }

    #[test]
    fn a_file_holds_one_secret_per_line() {
        let entropy = entropy();
        let (old, new) = (Keys::generate_line(&entropy), Keys::generate_line(&entropy));
        let both = keys(&format!("# made by a test\n\n{new}{old}"));
        assert_eq!(both.public_keys(), [keys(&new).public_keys(), keys(&old).public_keys()].concat());
        assert!(matches!(Keys::from_secrets(Vec::new()), Err(SecretError::Empty)));
        for bad in ["short", &new.trim()[1..], &format!("{}=", new.trim()), &new.trim().replace('A', "!")] {
            let refused = Secret::read_file(&format!("{old}{bad}")).expect_err("a damaged line");
            assert!(matches!(refused, SecretError::Line { line: 2 }));
            assert!(!refused.to_string().contains(bad), "an error must not repeat a secret");
        }
    }

    #[test]
    fn nothing_secret_is_debugged() {
        let line = Keys::generate_line(&entropy());
        let secrets = Secret::read_file(&line).expect("file");
        assert_eq!(format!("{secrets:?}"), "[Secret(…)]");
        let shown = format!("{:?}", keys(&line));
        assert!(shown.starts_with("Keys { kids: ["), "{shown}");
        assert!(!shown.contains(line.trim()));
    }

    #[test]
    fn a_box_opens_for_its_context_and_with_an_earlier_secret_only() {
        let entropy = entropy();
        let (old, new) = (Keys::generate_line(&entropy), Keys::generate_line(&entropy));
        let sealed = keys(&old).seal("nobody\nPOST /signup\nk1", &entropy, b"refresh").expect("sealed");
        let rotated = keys(&format!("{new}{old}"));
        assert_eq!(rotated.open("nobody\nPOST /signup\nk1", &sealed).as_deref(), Some(&b"refresh"[..]));
        assert_eq!(rotated.open("nobody\nPOST /signup\nk2", &sealed), None);
        assert_eq!(keys(&new).open("nobody\nPOST /signup\nk1", &sealed), None);
        let mut damaged = sealed.clone();
        damaged[20] ^= 1;
        assert_eq!(rotated.open("nobody\nPOST /signup\nk1", &damaged), None);
        assert_eq!(rotated.open("nobody\nPOST /signup\nk1", &sealed[..5]), None);
    }

    #[test]
    fn a_refresh_secret_can_be_made_again_and_differs_everywhere_else() {
        let keys = keys(&Keys::generate_line(&entropy()));
        let session = SessionId::mint(kernel::Instant::EPOCH, &entropy());
        let secret = keys.current().refresh_secret(session, 2, b"salt");
        assert_eq!(keys.current().refresh_secret(session, 2, b"salt"), secret);
        assert_ne!(keys.current().refresh_secret(session, 3, b"salt"), secret);
        assert_ne!(keys.current().refresh_secret(session, 2, b"tlas"), secret);
    }
}

//! What an operator may choose.

/// How expensive a password hash is (argon2id, RFC 9106). Raising it takes effect for each account at its next sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory per hash in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// The minimum OWASP recommends: 19 MiB, 2 passes, 1 lane; about 25 ms.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// The choices of this context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `iss` of access tokens: who issues them. A public URL if other programs verify them.
    pub issuer: String,
    /// `aud` of access tokens: whom they are for.
    pub audience: String,
    /// How expensive a password hash is.
    pub password: PasswordCost,
}

impl Default for Settings {
    fn default() -> Self {
        Self { issuer: "campanile".to_owned(), audience: "campanile".to_owned(), password: PasswordCost::default() }
    }
}

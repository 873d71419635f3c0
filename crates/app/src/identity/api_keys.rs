//! Service keys: made, listed and deleted by a signed-in person, never by a key.

use std::fmt;

use domain::identity::{API_KEYS_MAX, ApiKey, ApiKeyRequest, Caller, IdentityError};
use kernel::{ApiKeyId, UserId};
use store::{Tx, UseCase, identity as rows};

use super::token::{self, Opaque};
use crate::{Answer, App, Effects, Error, Once, Render};

/// How many characters of a secret its owner sees again.
const HINT_CHARS: usize = 8;

/// A key that was just made.
#[derive(Clone)]
pub struct NewApiKey {
    /// The key.
    pub key: ApiKey,
    /// Its secret, shown this once.
    pub secret: String,
}

impl fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApiKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Makes a key. The answer carries its secret, so it is kept sealed.
pub async fn create_api_key(
    app: &App,
    caller: &Caller,
    request: ApiKeyRequest,
    once: Option<Once>,
    render: Render<NewApiKey>,
) -> Result<Answer, Error> {
    let (now, entropy) = (app.now(), app.entropy());
    let secret = Opaque::ApiKey.text(&entropy.bytes32());
    let hint = format!("{}…", secret.chars().take(HINT_CHARS).collect::<String>());
    let ApiKeyRequest { name, scopes, expires_at } = request;
    let id = ApiKeyId::mint(now, &*entropy);
    let key = ApiKey { id, user: caller.user, name, hint, scopes, created_at: now, expires_at, last_used_at: None };
    let answer = app.commit_once(CreateKey { new: NewApiKey { key, secret } }, once.map(Once::sealed), render).await?;
    if !answer.replayed {
        tracing::info!(security = "api_key.created", user_id = %caller.user, key_id = %id);
    }
    Ok(answer)
}

/// The caller's keys, oldest first: all of them, as there are at most 50.
pub async fn api_keys(app: &App, caller: &Caller) -> Result<Vec<ApiKey>, Error> {
    app.store().read(KeysOf { user: caller.user }).await
}

/// Deletes a key: it stops working at once on this node, within two seconds everywhere.
pub async fn delete_api_key(app: &App, caller: &Caller, id: ApiKeyId) -> Result<(), Error> {
    app.store().write(DeleteKey { user: caller.user, id }).await?;
    app.callers().forget_key(id);
    app.hub().close_key(id);
    tracing::info!(security = "api_key.deleted", user_id = %caller.user, key_id = %id);
    Ok(())
}

struct CreateKey {
    new: NewApiKey,
}

impl UseCase for CreateKey {
    type Out = (NewApiKey, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let NewApiKey { key, secret } = &self.new;
        // Locked, so that two requests at once cannot both be the fiftieth.
        rows::users::lock(tx, key.user).await?.ok_or(IdentityError::Unauthenticated)?;
        if rows::api_keys::count(tx, key.user).await? >= API_KEYS_MAX {
            return Err(IdentityError::TooManyApiKeys.into());
        }
        rows::api_keys::insert(tx, key, &token::sha256(secret.as_bytes())).await?;
        Ok((self.new.clone(), Effects::default()))
    }
}

struct KeysOf {
    user: UserId,
}

impl UseCase for KeysOf {
    type Out = Vec<ApiKey>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok(rows::api_keys::of(tx, self.user).await?)
    }
}

struct DeleteKey {
    user: UserId,
    id: ApiKeyId,
}

impl UseCase for DeleteKey {
    type Out = ();
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let deleted = rows::api_keys::delete(tx, self.user, self.id).await?;
        if deleted { Ok(()) } else { Err(IdentityError::ApiKeyNotFound.into()) }
    }
}

//! Keys of the users a herd was dealt to, made by the product's own use case while no server runs.

use std::sync::Arc;

use app::{
    Rendered,
    domain::identity::{ApiKeyRequest, Caller, Credential, Role, Scope},
    identity::{NewApiKey, create_api_key},
};
use kernel::{SessionId, UserId};

use crate::{
    clock::{self, OsEntropy},
    database::Database,
    herd, inside,
};

/// What the first `count` users present as `Bearer`.
pub(crate) async fn tokens(database: &Database, count: u32) -> anyhow::Result<Vec<String>> {
    tokens_of(database, 0..count).await
}

/// What the users with these numbers present.
pub(crate) async fn tokens_of(database: &Database, numbers: impl Iterator<Item = u32>) -> anyhow::Result<Vec<String>> {
    let store = database.store().await?;
    let app = inside::application(store.clone())?;
    let mut tokens = Vec::new();
    for number in numbers {
        let request = ApiKeyRequest { name: "bench".to_owned(), scopes: Scope::ALL.to_vec(), expires_at: None };
        let secret = Arc::new(|new: &NewApiKey| Rendered { status: 201, headers: vec![], body: new.secret.clone().into_bytes() });
        let answer =
            create_api_key(&app, &signed_in(herd::user(number)), request, None, secret).await.map_err(anyhow::Error::msg)?;
        tokens.push(String::from_utf8(answer.rendered.body)?);
    }
    store.close().await;
    Ok(tokens)
}

/// As if that user had signed in.
pub(crate) fn signed_in(user: UserId) -> Caller {
    Caller { user, role: Role::Member, credential: Credential::Session(SessionId::mint(clock::now(), &OsEntropy)) }
}

//! Making accounts.

use domain::identity::{DefaultLead, IdentityError, NewAccount, Rhythm, Role, User};
use kernel::UserId;
use store::{Tx, UseCase, identity as rows};

use super::{Client, SignedIn, attempt, opening::Opening};
use crate::{Answer, App, Effects, Error, Once, Render};

/// Makes an account and signs it in. The first account of an empty installation is its administrator.
///
/// The answer carries tokens, so it is kept sealed.
pub async fn sign_up(
    app: &App,
    account: NewAccount,
    client: &Client,
    once: Option<Once>,
    render: Render<SignedIn>,
) -> Result<Answer, Error> {
    attempt::begin_sign_up(app, client).await.inspect_err(|error| attempt::refused(error, "sign_up.throttled", client))?;
    let case = SignUp::prepare(app, account, None).await?;
    let id = case.user.id;
    let opening = Opening::prepare(app, id, client)?;
    let answer = app.commit_once(SignUpAndIn { case, opening }, once.map(Once::sealed), render).await?;
    if !answer.replayed {
        tracing::info!(security = "account.created", user_id = %id, address = client.address_text());
    }
    Ok(answer)
}

/// Makes an account without signing it in: for operators. `role`: as at sign-up unless given.
pub async fn create_user(app: &App, account: NewAccount, role: Option<Role>) -> Result<User, Error> {
    let user = app.commit(SignUp::prepare(app, account, role).await?).await?;
    tracing::info!(security = "account.created", user_id = %user.id, role = user.role.as_str());
    Ok(user)
}

struct SignUp {
    user: User,
    role: Option<Role>,
    password_hash: String,
}

impl SignUp {
    async fn prepare(app: &App, account: NewAccount, role: Option<Role>) -> Result<Self, Error> {
        let entropy = app.entropy();
        let NewAccount { email, password, display_name, time_zone, locale } = account;
        let password_hash = app.passwords().hash(password, &*entropy).await?;
        let now = app.now();
        let user = User {
            id: UserId::mint(now, &*entropy),
            email,
            display_name,
            role: Role::Member,
            time_zone,
            locale,
            default_lead: DefaultLead::USUAL,
            rhythm: Rhythm::default(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        Ok(Self { user, role, password_hash })
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<User, Error> {
        let is_first = rows::users::claim_first(tx).await?;
        let usual = if is_first { Role::Administrator } else { Role::Member };
        let user = User { role: self.role.unwrap_or(usual), ..self.user.clone() };
        if !rows::users::insert(tx, &user, &self.password_hash).await? {
            return Err(IdentityError::EmailTaken.into());
        }
        Ok(user)
    }
}

impl UseCase for SignUp {
    type Out = (User, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        Ok((self.insert(tx).await?, Effects::default()))
    }
}

struct SignUpAndIn {
    case: SignUp,
    opening: Opening,
}

impl UseCase for SignUpAndIn {
    type Out = (SignedIn, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let user = self.case.insert(tx).await?;
        let mut effects = Effects::default();
        self.opening.write(tx, &mut effects).await?;
        Ok((SignedIn { user, tokens: self.opening.tokens.clone() }, effects))
    }
}

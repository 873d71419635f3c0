//! Those who wait for a product, from a file: all of it or nothing.
//!
//! Reading a file is arithmetic on what somebody sent: it is done on a thread of its own, two files at a time. Everything else happens in one
//! transaction, which on SQLite nobody else shares.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{
    campaigns::{
        BadLine, CampaignError, Party, Place, ProductName, Recipient, Who, fit, fit_book,
        import::{self, Import, Line, Refused},
    },
    identity::Caller,
};
use kernel::{Entropy, Instant, RecipientId, UserId};
use store::{
    Tx, UseCase,
    campaigns::{products, recipients, subscriptions},
};

use super::{enter, named};
use crate::{Answer, App, Effects, Error, Once, Render};

/// Lines that are written as quickly as anything else.
const FEW: usize = 100;

/// What came of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines it has, without the first.
    pub lines: usize,
    /// People who came to the end of the line.
    pub subscribed: usize,
    /// People who waited already and keep their place, and lines that name somebody once more.
    pub kept: usize,
    /// People who left by themself and are not brought back.
    pub declined: usize,
    /// People who are new in the address book.
    pub recipients: usize,
}

/// Whom a file names, as far as they are written.
#[derive(Default)]
struct People {
    /// Everybody, in the order of the file.
    ids: Vec<RecipientId>,
    /// Of these, those who were in the address book before.
    known: Vec<RecipientId>,
    /// People without an account who are new, or other than before.
    written: Vec<Recipient>,
    /// People with an account who are new in the book.
    users: Vec<(RecipientId, UserId)>,
    /// How many were never in the book.
    new: usize,
}

struct Case {
    owner: UserId,
    product: ProductName,
    file: Import,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl Case {
    /// Refuses lines that name accounts there are not.
    async fn check_users(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let user = |line: &Line| if let Who::User(user) = line.who { Some((line.number, user)) } else { None };
        let named: Vec<(u64, UserId)> = self.file.people.iter().filter_map(user).collect();
        let asked: Vec<UserId> = named.iter().map(|(_, user)| *user).collect();
        let found: HashSet<UserId> = recipients::users_among(tx, &asked).await?.into_iter().collect();
        let mut refused = Refused::default();
        for (line, user) in named {
            if !found.contains(&user) {
                refused.add(BadLine::unknown_user(line));
            }
        }
        Ok(refused.or(())?)
    }

    /// What is to be written of each of them.
    async fn people(&self, tx: &mut Tx<'_>) -> Result<People, Error> {
        let called: Vec<String> = self.file.people.iter().map(|line| line.who.external_id()).collect();
        let known = recipients::called(tx, self.owner, &called).await?;
        let mut known: HashMap<String, Recipient> =
            known.into_iter().map(|recipient| (recipient.external_id.clone(), recipient)).collect();
        let mut people = People::default();
        for (line, external_id) in self.file.people.iter().zip(called) {
            let found = known.remove(&external_id);
            let id = found.as_ref().map_or_else(|| RecipientId::mint(self.now, &*self.entropy), |recipient| recipient.id);
            people.ids.push(id);
            if found.is_some() {
                people.known.push(id);
            } else {
                people.new += 1;
            }
            match (&line.who, found) {
                (Who::User(_), Some(recipient)) if !recipient.deleted => {}
                (Who::User(user), _) => people.users.push((id, *user)),
                (Who::External(_), Some(mut recipient)) => {
                    if recipient.learn(&line.says, self.file.details, self.now) {
                        people.written.push(recipient);
                    }
                }
                (Who::External(_), None) => {
                    people.written.push(line.says.begin((id, self.owner, external_id), self.now));
                }
            }
        }
        Ok(people)
    }
}

impl UseCase for Case {
    type Out = (Imported, Effects);
    type Error = Error;

    fn is_large(&self) -> bool {
        self.file.people.len() > FEW
    }

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let (owner, now) = (self.owner, self.now);
        let count = recipients::lock_book(tx, owner).await?;
        let product = enter(tx, owner, &self.product).await?;
        self.check_users(tx).await?;
        let people = self.people(tx).await?;
        if people.new > 0 {
            let count = count + i64::try_from(people.new).unwrap_or(i64::MAX);
            fit_book(count)?;
            recipients::count_book(tx, owner, count).await?;
        }
        recipients::put(tx, &people.written).await?;
        recipients::put_users(tx, owner, &people.users, now).await?;

        let states: HashMap<RecipientId, _> = subscriptions::of(tx, product.id, &people.known).await?.into_iter().collect();
        let (lines, recipients) = (self.file.people.len() + self.file.repeated, people.new);
        let mut imported = Imported { lines, recipients, kept: self.file.repeated, ..Imported::default() };
        let mut fresh = Vec::with_capacity(people.ids.len());
        for id in people.ids {
            match Place::of(states.get(&id).copied(), Party::Owner) {
                Ok(Place::New) => fresh.push(id),
                Ok(Place::Kept) => imported.kept += 1,
                Err(CampaignError::Declined) => imported.declined += 1,
                Err(error) => return Err(error.into()),
            }
        }
        imported.subscribed = fresh.len();
        if !fresh.is_empty() {
            let many = i64::try_from(fresh.len()).unwrap_or(i64::MAX);
            fit(product.subscribers + many)?;
            let first = products::admit(tx, product.id, many).await?;
            subscriptions::subscribe(tx, product.id, &fresh, (first, now)).await?;
        }
        Ok((imported, Effects::default()))
    }
}

/// Lets everybody whom a file names wait for a product of the caller, in the order of its lines.
pub async fn import(
    app: &App,
    caller: &Caller,
    (product, file): (&str, Vec<u8>),
    once: Option<Once>,
    render: Render<Imported>,
) -> Result<Answer, Error> {
    let product = named(product)?;
    let turn = Arc::clone(app.files()).acquire_owned().await.map_err(|_| store::StoreError::Overloaded)?;
    let reading = tokio::task::spawn_blocking(move || {
        let read = import::read(&file);
        drop(turn);
        read
    });
    let file = reading.await.map_err(|error| store::StoreError::Bug(format!("reading a list of people ended: {error}")))??;
    let case = Case { owner: caller.user, product, file, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

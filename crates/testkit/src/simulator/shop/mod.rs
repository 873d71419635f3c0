//! A shop: one owner, a product or two, and people who wait for them. Some have an account and an inbox, the others are handed over to a sink.
//! Beside some there is another shop, whose people the sink never takes.
//!
//! ```text
//!   keeper ── stock, re-stock, pause, resume, cancel ──┐
//!   crowd ── come, leave, come again ──────────────────┼─► nodes, each with a freezer and a sender ── wire ─► sink
//!                                                      │                                             takes, refuses, is busy, is silent
//!   in the end: the ledgers and the inboxes ◄──────────┘
//! ```
//!
//! Every tenth seed has one ([`EVERY`]); the others live as if there were no shops.

mod audit;
mod careless;
mod crowd;
mod keeper;
mod sink;

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use app::{App, campaigns::rounds};
use clockwork::Stopper;
use domain::{
    campaigns::{OnUnknown, ProductDraft, RecipientDraft},
    identity::{Caller, Credential, DefaultLead, Locale, Rhythm, Role, User},
};
use kernel::{Instant, ProductId, RecipientId, SessionId, UserId, Zone};
use store::{
    Store, StoreError, Tx, UseCase,
    campaigns::{products, recipients, subscriptions},
};
use tokio::sync::mpsc;

pub(super) use audit::audit;
pub(super) use crowd::Crowd;
pub(super) use keeper::Keeper;
use sink::{Letter, Post, REFUSED, Sink, Wire};

use super::{
    cluster::Cluster,
    executor::{Handle, Node},
    sabotage::Sabotage,
    scribe::Scribe,
};
use crate::{
    SeededEntropy,
    history::{Phase, What, campaigns::Campaign},
};

/// So many seeds apart are those that have a shop.
pub const EVERY: u64 = 10;

/// The most people of one permit, where the rate allows it.
const PERMIT: u32 = 25;

/// What else goes wrong in a world with a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// Nothing: only then the rate must be held all the time.
    Calm,
    /// What goes wrong in any world.
    Usual,
    /// Beside that, nodes die and stand still every few seconds.
    Raids,
}

/// The shop.
pub(super) struct Shop {
    pub(super) settings: rounds::Settings,
    pub(super) weather: Weather,
    pub(super) products: Vec<Product>,
    owner: Caller,
    customers: Vec<Customer>,
    post: Post,
    letters: RefCell<Option<mpsc::UnboundedReceiver<Letter>>>,
}

/// A product.
#[derive(Clone, Debug)]
pub(super) struct Product {
    key: &'static str,
    id: ProductId,
    strict: bool,
    /// So many are told for each item, and then nobody for so many seconds.
    waves: Option<(i64, i64)>,
}

/// Somebody who may wait.
#[derive(Clone, Debug)]
struct Customer {
    recipient: RecipientId,
    /// What the owner calls them.
    name: String,
    /// Who has an account, comes and goes by themself.
    caller: Option<Caller>,
}

impl Shop {
    /// Furnishes a shop, and lets most of its customers wait.
    pub(super) async fn open(
        entropy: &SeededEntropy,
        now: Instant,
        database: &Store,
        scribe: &Scribe,
    ) -> Result<Rc<Self>, StoreError> {
        let choice = entropy.fork("shop");
        let on_unknown = if choice.chance(300) { OnUnknown::Skip } else { OnUnknown::Resend };
        let starts_per_second = [20, 30, 50, 80, 500][choice.index(5)];
        let weather = match choice.below(10) {
            0..3 => Weather::Calm,
            3..6 => Weather::Usual,
            _ => Weather::Raids,
        };
        let owner = caller(now, &choice);
        let products = ["lamp", "chair"].into_iter().take(1 + choice.index(2)).map(|key| {
            let waves = choice.chance(250).then(|| (number(&choice, 1, 3), number(&choice, 2, 12)));
            Product { key, id: ProductId::mint(now, &choice), strict: choice.chance(250), waves }
        });
        let products = products.collect();
        let accounts = [0, 300, 700, 1_000][choice.index(4)];
        let customers = (1..=choice.between(20, 110)).map(|count| {
            let caller = choice.chance(accounts).then(|| caller(now, &choice));
            let name = caller.as_ref().map_or_else(|| format!("c-{count}"), |caller| caller.user.to_string());
            Customer { recipient: RecipientId::mint(now, &choice), name, caller }
        });
        let customers = customers.collect();
        let (post, letters) = Post::new();
        let settings = rounds::Settings { starts_per_second, on_unknown };
        let shop = Self { settings, weather, products, owner, customers, post, letters: RefCell::new(Some(letters)) };
        let shop = Rc::new(shop);
        database.write(shop.furnishing(now)).await?;
        shop.tell(scribe);
        Ok(shop)
    }

    /// Beside every third shop: another, of people whom the sink refuses as if it were broken.
    pub(super) async fn rival(
        &self,
        entropy: &SeededEntropy,
        now: Instant,
        database: &Store,
        scribe: &Scribe,
    ) -> Result<Option<Rc<Self>>, StoreError> {
        let choice = entropy.fork("rival");
        if !choice.chance(333) {
            return Ok(None);
        }
        let owner = caller(now, &choice);
        let product = Product { key: "trap", id: ProductId::mint(now, &choice), strict: false, waves: None };
        let customers = (1..=choice.between(10, 40)).map(|count| {
            let name = format!("{REFUSED}-{count}");
            Customer { recipient: RecipientId::mint(now, &choice), name, caller: None }
        });
        let (customers, post, letters) = (customers.collect(), self.post.clone(), RefCell::default());
        let Self { settings, weather, .. } = *self;
        let rival = Rc::new(Self { settings, weather, products: vec![product], owner, customers, post, letters });
        database.write(rival.furnishing(now)).await?;
        rival.tell(scribe);
        Ok(Some(rival))
    }

    fn tell(&self, scribe: &Scribe) {
        let write = |what| scribe.write("shop", Phase::Ok, What::Campaign(what));
        let per_second = self.settings.starts_per_second;
        let at_once = PERMIT.min(per_second.div_ceil(20)).max(1);
        write(Campaign::Terms { per_second, at_once, resends: self.settings.on_unknown == OnUnknown::Resend });
        for product in &self.products {
            for (place, customer) in (1..).zip(&self.customers) {
                let (key, who) = ("the beginning".to_owned(), customer.name.clone());
                write(Campaign::Move { product: product.key.to_owned(), who, comes: true, key, place: Some(place) });
            }
        }
    }

    /// Puts a freezer and a sender on a node.
    pub(super) fn staff(
        &self,
        (handle, node, name): (&Handle, Node, &str),
        app: &App,
        scribe: &Scribe,
        sabotage: Option<Sabotage>,
    ) {
        let freezing = app.clone();
        handle.spawn(node, format!("{name} freezes"), async move {
            let (_stopper, stop) = Stopper::new();
            match sabotage {
                Some(wrong @ (Sabotage::FrozenInTwoSteps | Sabotage::FrozenLate)) => careless::freeze(freezing, wrong).await,
                _ => rounds::run_freezer(freezing, stop).await,
            }
        });
        let mut wire = Wire::new(name, app.shared_clock(), scribe, self.post.clone(), sabotage);
        if sabotage == Some(Sabotage::SaidBeforeTheCall) {
            let drawer = wire.put_into_a_drawer();
            handle.spawn(node, format!("{name} posts"), sink::post_later(drawer, app.shared_clock(), self.post.clone()));
        }
        let sending = app.clone();
        handle.spawn(node, format!("{name} sends"), async move {
            let (_stopper, stop) = Stopper::new();
            rounds::run_sender(sending, Some(wire), stop).await;
        });
    }

    /// Opens the place to which those are handed over who have no account; it is in a bad mood until `until`.
    pub(super) fn open_sink(&self, cluster: &Rc<Cluster>, entropy: &SeededEntropy, until: Instant) {
        let Some(letters) = self.letters.take() else { return };
        Sink::open(cluster, entropy, until, letters);
    }

    fn furnishing(self: &Rc<Self>, now: Instant) -> Furnish {
        let user = |number: usize, caller: &Caller| {
            Some(User {
                id: caller.user,
                email: format!("{}@example.org", caller.user).parse().ok()?,
                display_name: format!("Customer {number}").parse().ok()?,
                role: Role::Member,
                time_zone: Zone::utc(),
                locale: Locale::default(),
                default_lead: DefaultLead::USUAL,
                rhythm: Rhythm::default(),
                version: 1,
                created_at: now,
                updated_at: now,
            })
        };
        let callers = std::iter::once(&self.owner).chain(self.customers.iter().filter_map(|customer| customer.caller.as_ref()));
        let users = callers.enumerate().filter_map(|(number, caller)| user(number, caller)).collect();
        Furnish { owner: self.owner.user, users, products: self.products.clone(), customers: self.customers.clone(), now }
    }
}

fn caller(now: Instant, entropy: &SeededEntropy) -> Caller {
    let (user, session) = (UserId::mint(now, entropy), SessionId::mint(now, entropy));
    Caller { user, role: Role::Member, credential: Credential::Session(session) }
}

fn number(entropy: &SeededEntropy, low: u64, high: u64) -> i64 {
    i64::try_from(entropy.between(low, high)).unwrap_or(0)
}

struct Furnish {
    owner: UserId,
    users: Vec<User>,
    products: Vec<Product>,
    customers: Vec<Customer>,
    now: Instant,
}

impl UseCase for Furnish {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for user in &self.users {
            store::identity::users::insert(tx, user, "*").await?;
        }
        recipients::lock_book(tx, self.owner).await?;
        let (with, without): (Vec<_>, Vec<_>) = self.customers.iter().partition(|customer| customer.caller.is_some());
        let with: Vec<_> =
            with.iter().filter_map(|customer| Some((customer.recipient, customer.caller.as_ref()?.user))).collect();
        let begin = |customer: &&Customer| {
            RecipientDraft::default().begin((customer.recipient, self.owner, customer.name.clone()), self.now)
        };
        recipients::put_users(tx, self.owner, &with, self.now).await?;
        recipients::put(tx, &without.iter().map(begin).collect::<Vec<_>>()).await?;
        let many = i64::try_from(self.customers.len()).unwrap_or(0);
        recipients::count_book(tx, self.owner, many).await?;
        let all: Vec<_> = self.customers.iter().map(|customer| customer.recipient).collect();
        for product in &self.products {
            let (per_item, wait_seconds) = product.waves.unzip();
            let draft = ProductDraft { name: product.key.to_owned(), strict: product.strict, per_item, wait_seconds };
            let new = draft.begin((product.id, self.owner, product.key), 0, self.now);
            products::insert(tx, &new.map_err(|error| StoreError::Bug(error.to_string()))?).await?;
            let first = products::admit(tx, product.id, many).await?;
            subscriptions::subscribe(tx, product.id, &all, (first, self.now)).await?;
        }
        Ok(())
    }
}

/// Time that people take between two things they do.
async fn pause(cluster: &Cluster, entropy: &SeededEntropy, most_millis: u64) {
    use kernel::Clock as _;
    cluster.world.sleep(Duration::from_millis(entropy.below(most_millis))).await;
}

/// Whether nothing is known of what came of a request, or whether it is worth asking again at once.
fn is_passing(error: &app::Error) -> bool {
    matches!(error.category(), kernel::Category::Unavailable | kernel::Category::StorageFull)
}

fn render<T: 'static>(number: fn(&T) -> i64) -> app::Render<T> {
    Arc::new(move |of| app::Rendered { status: 200, headers: Vec::new(), body: number(of).to_string().into_bytes() })
}

//! Ada's shop: one product, and who waits for it.

use std::{sync::Arc, time::Duration};

use app::{
    App, Error,
    calendar::Expected,
    campaigns::{
        self,
        rounds::{self, Filter, Line, Nap, Raised, Restock, Sender, Shown},
    },
    domain::{
        campaigns::{Party, ProductDraft, ProductName, RecipientDraft, RowState, SubscriptionState},
        identity::User,
    },
};
use clockwork::Stopper;
use kernel::{Clock as _, Entropy, ProductId, RecipientId, UserId};
use outbound::Handover;
use store::{
    Store, StoreError, Tx, UseCase,
    campaigns::{products, recipients, subscriptions},
    identity::users,
};
use testkit::{SeededEntropy, Sink};

use crate::world::{World, body, user};

/// What Ada calls the product.
pub(crate) const LAMP: &str = "lamp";

/// The shop.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) product: ProductId,
    /// Everybody who waits, in order.
    pub(crate) recipients: Vec<RecipientId>,
    /// Of them, their accounts.
    pub(crate) users: Vec<Option<UserId>>,
    pub(crate) handover: Option<String>,
}

/// How the product is sold.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sold {
    pub(crate) strict: bool,
    /// So many are told for each item, and then nobody for so many seconds.
    pub(crate) waves: Option<(i64, i64)>,
}

struct Furnish {
    owner: UserId,
    sold: Sold,
    product: ProductId,
    users: Vec<Option<User>>,
    recipients: Vec<RecipientId>,
    now: kernel::Instant,
}

impl UseCase for Furnish {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let (per_item, wait_seconds) = self.sold.waves.unzip();
        let draft = ProductDraft { name: "Lamp".to_owned(), strict: self.sold.strict, per_item, wait_seconds };
        let product = draft.begin((self.product, self.owner, LAMP), 0, self.now).expect("a product");
        products::insert(tx, &product).await?;
        recipients::lock_book(tx, self.owner).await?;
        let mut with_account = Vec::new();
        let mut without = Vec::new();
        for (number, (id, user)) in self.recipients.iter().zip(&self.users).enumerate() {
            match user {
                Some(user) => {
                    assert!(users::insert(tx, user, "no password").await?);
                    with_account.push((*id, user.id));
                }
                None => without.push(RecipientDraft::default().begin((*id, self.owner, format!("c-{}", number + 1)), self.now)),
            }
        }
        recipients::put_users(tx, self.owner, &with_account, self.now).await?;
        recipients::put(tx, &without).await?;
        wait(tx, self.product, &self.recipients, self.now).await
    }
}

async fn wait(tx: &mut Tx<'_>, product: ProductId, who: &[RecipientId], now: kernel::Instant) -> Result<(), StoreError> {
    let first = products::admit(tx, product, i64::try_from(who.len()).expect("few")).await?;
    subscriptions::subscribe(tx, product, who, (first, now)).await
}

/// Somebody leaves the line, or comes to its end.
struct Move(ProductId, UserId, RecipientId, bool);

impl UseCase for Move {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(product, owner, recipient, leaves) = self;
        let locked = products::lock(tx, *owner, &ProductName::Id(*product)).await?.expect("a product");
        if *leaves {
            if subscriptions::leave(tx, *product, *recipient, Party::Recipient).await? {
                products::dismiss(tx, *product, 1).await?;
            }
            return Ok(());
        }
        wait(tx, *product, &[*recipient], locked.updated_at).await
    }
}

struct Waiting(ProductId, SubscriptionState);

impl UseCase for Waiting {
    type Out = Vec<RecipientId>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let page = subscriptions::page(tx, (self.0, self.1), 0, 100_000).await?;
        Ok(page.into_iter().map(|subscriber| subscriber.subscription.recipient).collect())
    }
}

impl Shop {
    /// So many wait, of whom those have an account for whom `has_account` says so.
    pub(crate) async fn open(store: Store, count: usize, sold: Sold, has_account: fn(usize) -> bool) -> Self {
        Self::of(World::new(store).await, count, sold, has_account).await
    }

    /// As [`Shop::open`], in a world of one's own.
    pub(crate) async fn of(world: World, count: usize, sold: Sold, has_account: fn(usize) -> bool) -> Self {
        let (now, entropy) = (world.app.now(), SeededEntropy::new(11));
        let entropy: &dyn Entropy = &entropy;
        let user = |number| user(&format!("customer{number}@example.org"), &format!("Customer {number}"), now, entropy);
        let users: Vec<_> = (1..=count).map(|number| has_account(number).then(|| user(number))).collect();
        let ids = users.iter().map(|user| user.as_ref().map(|user| user.id)).collect();
        let recipients: Vec<_> = (0..count).map(|_| RecipientId::mint(now, entropy)).collect();
        let (product, owner) = (ProductId::mint(now, entropy), world.ada.user);
        let furnish = Furnish { owner, sold, product, users, recipients: recipients.clone(), now };
        world.app.store().write(furnish).await.expect("a shop");
        Self { world, product, recipients, users: ids, handover: None }
    }

    /// Whoever has no account is handed over to `sink`.
    pub(crate) fn hands_over_to(mut self, sink: &Sink) -> Self {
        self.handover = Some(sink.url());
        self
    }

    pub(crate) fn app(&self) -> &App {
        &self.world.app
    }

    /// Says how many there are.
    pub(crate) async fn stock(&self, stock: i64) -> Option<Shown> {
        self.try_stock(stock).await.expect("a stock").round
    }

    pub(crate) async fn try_stock(&self, stock: i64) -> Result<campaigns::StockSet, Error> {
        Box::pin(campaigns::set_stock(self.app(), &self.world.ada, (LAMP, Expected::Any), stock)).await
    }

    /// Asks for a round; answers the code of a refusal.
    pub(crate) async fn restock(&self, wish: Restock) -> Result<String, &'static str> {
        let render = Arc::new(|raised: &Raised| body(&format!("{} {}", raised.round.round.number, raised.is_new)));
        let answer = Box::pin(rounds::restock(self.app(), &self.world.ada, (name(), Expected::Any), wish, None, render)).await;
        answer.map(|answer| String::from_utf8(answer.rendered.body).expect("text")).map_err(|error| error.code())
    }

    pub(crate) async fn pause(&self, round: i64) -> Result<(), &'static str> {
        let render = Arc::new(|shown: &Shown| body(&shown.round.number));
        let answer = Box::pin(rounds::pause(self.app(), &self.world.ada, (name(), round, Expected::Any), None, render)).await;
        answer.map(|_| ()).map_err(|error| error.code())
    }

    pub(crate) async fn cancel(&self, round: i64) -> Result<(), &'static str> {
        let render = Arc::new(|shown: &Shown| body(&shown.round.number));
        let answer = Box::pin(rounds::cancel(self.app(), &self.world.ada, (name(), round, Expected::Any), None, render)).await;
        answer.map(|_| ()).map_err(|error| error.code())
    }

    pub(crate) async fn resume(&self) -> Result<(), &'static str> {
        let render = Arc::new(|shown: &Shown| body(&shown.round.number));
        let answer = Box::pin(rounds::resume(self.app(), &self.world.ada, (name(), Expected::Any), None, render)).await;
        answer.map(|_| ()).map_err(|error| error.code())
    }

    /// How a round stands.
    pub(crate) async fn round(&self, number: i64) -> Shown {
        rounds::get(self.app(), &self.world.ada, (name(), number)).await.expect("a round")
    }

    /// What a round, and how many of it: its state, those who were told, passed over, given up, and who still are to be.
    pub(crate) async fn sums(&self, number: i64) -> (&'static str, [i64; 4]) {
        let round = self.round(number).await.round;
        (round.state.as_str(), [round.sent, round.skipped, round.failed, round.total - round.sent - round.skipped - round.failed])
    }

    /// The ledger of a round.
    pub(crate) async fn ledger(&self, number: i64) -> Vec<Line> {
        let (mut lines, mut after) = (Vec::new(), 0);
        loop {
            let page = rounds::ledger_page(self.app(), &self.world.ada, (name(), number), Filter::All, after, 500)
                .await
                .expect("a page");
            lines.extend(page.lines);
            match lines.last() {
                Some(last) if page.goes_on => after = last.position,
                _ => return lines,
            }
        }
    }

    /// Who stands there, by their place in the line before the first round.
    pub(crate) async fn at(&self, number: i64, state: RowState) -> Vec<usize> {
        let lines = self.ledger(number).await;
        lines.iter().filter(|line| line.state == state).map(|line| self.place(line.recipient)).collect()
    }

    fn place(&self, recipient: RecipientId) -> usize {
        self.recipients.iter().position(|known| *known == recipient).map_or(0, |place| place + 1)
    }

    /// Who is in the line, by their place before the first round.
    pub(crate) async fn in_line(&self, state: SubscriptionState) -> Vec<usize> {
        let found = self.app().store().read(Waiting(self.product, state)).await.expect("a line");
        found.into_iter().map(|recipient| self.place(recipient)).collect()
    }

    /// The customer number `number` leaves the line.
    pub(crate) async fn leaves(&self, number: usize) {
        self.moves(number, true).await;
    }

    /// The customer number `number` comes to the end of the line.
    pub(crate) async fn comes(&self, number: usize) {
        self.moves(number, false).await;
    }

    async fn moves(&self, number: usize, leaves: bool) {
        let case = Move(self.product, self.world.ada.user, self.recipients[number - 1], leaves);
        self.app().store().write(case).await.expect("a move");
    }

    /// A sender, as a process that starts has one.
    pub(crate) fn sender(&self) -> Sender<Handover> {
        let clock = self.app().shared_clock();
        Sender::new(self.app().clone(), self.handover.as_ref().and_then(|url| Handover::new(url, clock)))
    }

    /// Writes everybody down, and works until there is nothing to do before time passes by itself; time that only the rate takes passes.
    pub(crate) async fn work(&self, sender: &mut Sender<Handover>) {
        while self.step(sender).await {}
    }

    /// One step of that; `false`: there is nothing to do.
    pub(crate) async fn step(&self, sender: &mut Sender<Handover>) -> bool {
        Box::pin(rounds::freeze_rounds(self.app())).await.expect("everybody is written down");
        let nap = Box::pin(sender.step()).await.expect("a step");
        let (clock, under_way) = (&self.world.clock, sender.under_way() > 0);
        match nap {
            Nap::None => true,
            Nap::Until(at) => {
                clock.advance(at.saturating_sub(clock.monotonic()));
                true
            }
            Nap::For(_) | Nap::Hint(_) if under_way => {
                // Its answer comes in real time.
                let (_stopper, mut stop) = Stopper::new();
                Box::pin(sender.rest(nap, &mut stop)).await;
                true
            }
            Nap::For(_) | Nap::Hint(_) => false,
        }
    }

    /// Works for so many seconds, also where there would be more to do.
    pub(crate) async fn work_through(&self, sender: &mut Sender<Handover>, seconds: u64) {
        let clock = &self.world.clock;
        let end = clock.monotonic() + Duration::from_secs(seconds);
        while clock.monotonic() < end {
            if !self.step(sender).await {
                clock.advance(Duration::from_millis(100));
            }
        }
    }

    /// Works, letting seconds pass whenever there is nothing to do, as many as `seconds`.
    pub(crate) async fn work_for(&self, sender: &mut Sender<Handover>, seconds: u64) {
        for _ in 0..seconds {
            self.work(sender).await;
            self.world.clock.advance(Duration::from_secs(1));
        }
        self.work(sender).await;
    }
}

pub(crate) fn name() -> ProductName {
    ProductName::Key(LAMP.to_owned())
}

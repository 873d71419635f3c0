//! Whose shop it is: says how many there are, asks for rounds, stops them and lets them go on, all in no order.

use std::{rc::Rc, time::Duration};

use app::{
    App, Error, Once,
    calendar::Expected,
    campaigns::{
        self,
        rounds::{self, Raised, Restock, Shown},
    },
};
use domain::{
    campaigns::{ProductName, RoundState},
    identity::Caller,
};
use futures_util::future::join;
use kernel::{Category, Clock as _, Instant, ProductId};
use store::{StoreError, Tx, UseCase};

use super::{
    super::{cluster::Cluster, sabotage::Sabotage},
    Product, Shop, is_passing, pause, render,
};
use crate::{
    SeededEntropy,
    history::{
        Phase, What,
        campaigns::{Campaign, Deed},
    },
};

/// The owner at work.
pub(in crate::simulator) struct Keeper {
    cluster: Rc<Cluster>,
    shop: Rc<Shop>,
    name: &'static str,
    entropy: SeededEntropy,
    asked: std::cell::Cell<u64>,
}

/// One request, as it is sent once more if nobody answers.
type Sent = std::pin::Pin<Box<dyn Future<Output = Result<Option<i64>, Error>>>>;

impl Keeper {
    pub(in crate::simulator) fn new(name: &'static str, cluster: &Rc<Cluster>, shop: &Rc<Shop>, entropy: &SeededEntropy) -> Self {
        let (cluster, shop) = (Rc::clone(cluster), Rc::clone(shop));
        Self { cluster, shop, name, entropy: entropy.fork(name), asked: std::cell::Cell::default() }
    }

    /// Works until `until`.
    pub(in crate::simulator) async fn work(self: Rc<Self>, until: Instant) {
        while self.cluster.world.now() < until {
            pause(&self.cluster, &self.entropy, 9_000).await;
            let product = self.shop.products[self.entropy.index(self.shop.products.len())].clone();
            match self.entropy.below(100) {
                0..34 => self.stock(&product, super::number(&self.entropy, 1, 20)).await,
                34..58 => self.stock(&product, 0).await,
                58..72 => self.restock(&product, self.some_wish()).await,
                72..83 => self.stop(&product, Deed::Pause).await,
                83..95 => {
                    let other = async {
                        if self.entropy.chance(500) {
                            self.resume(&product).await;
                        }
                    };
                    join(self.resume(&product), other).await;
                }
                _ => self.stop(&product, Deed::Cancel).await,
            }
        }
    }

    /// Lets everybody be told who still waits; `false`: that does not come to an end.
    pub(in crate::simulator) async fn close(&self) -> Result<bool, StoreError> {
        for product in &self.shop.products {
            self.restock(product, Restock { stock: Some(5), ..Restock::default() }).await;
            let mut patience = 3_000;
            loop {
                match self.cluster.database().read(Last(product.id)).await? {
                    Some(RoundState::Completed) => break,
                    Some(RoundState::InProgress) => {}
                    Some(RoundState::Paused) => self.resume(product).await,
                    _ => self.restock(product, Restock { stock: Some(5), ..Restock::default() }).await,
                }
                patience -= 1;
                if patience == 0 {
                    return Ok(false);
                }
                self.cluster.world.sleep(Duration::from_secs(1)).await;
            }
        }
        Ok(true)
    }

    fn some_wish(&self) -> Restock {
        let some = |per_mille| self.entropy.chance(per_mille);
        let expires_at =
            some(250).then(|| self.cluster.world.now() + Duration::from_millis(self.entropy.between(12_000, 60_000)));
        let stock = some(600).then(|| super::number(&self.entropy, 1, 20));
        Restock { stock, strict: some(300).then(|| self.entropy.chance(500)), expires_at }
    }

    async fn stock(&self, product: &Product, stock: i64) {
        let key = product.key;
        let send = move |app: App, caller: Caller, _: Once| -> Sent {
            Box::pin(async move {
                let set = campaigns::set_stock(&app, &caller, (key, Expected::Any), stock).await?;
                Ok(set.round.map(|shown| shown.round.number))
            })
        };
        self.insist(product, Deed::Stock(stock), send).await;
    }

    async fn restock(&self, product: &Product, wish: Restock) {
        let name = ProductName::Key(product.key.to_owned());
        let send = move |app: App, caller: Caller, once: Once| -> Sent {
            let name = name.clone();
            Box::pin(async move {
                let raised = render(|raised: &Raised| raised.round.round.number);
                read(rounds::restock(&app, &caller, (name, Expected::Any), wish, Some(once), raised).await)
            })
        };
        self.insist(product, Deed::Restock, send).await;
    }

    async fn resume(&self, product: &Product) {
        let name = ProductName::Key(product.key.to_owned());
        let send = move |app: App, caller: Caller, once: Once| -> Sent {
            let name = name.clone();
            Box::pin(async move {
                let shown = render(|shown: &Shown| shown.round.number);
                read(rounds::resume(&app, &caller, (name, Expected::Any), Some(once), shown).await)
            })
        };
        self.insist(product, Deed::Resume, send).await;
    }

    /// Pauses or cancels the last round.
    async fn stop(&self, product: &Product, deed: Deed) {
        let Some(number) = self.last(product).await else { return };
        let name = ProductName::Key(product.key.to_owned());
        let send = move |app: App, caller: Caller, once: Once| -> Sent {
            let target = (name.clone(), number, Expected::Any);
            Box::pin(async move {
                let shown = render(|shown: &Shown| shown.round.number);
                let once = Some(once);
                read(if deed == Deed::Pause {
                    rounds::pause(&app, &caller, target, once, shown).await
                } else {
                    rounds::cancel(&app, &caller, target, once, shown).await
                })
            })
        };
        self.insist(product, deed, send).await;
    }

    /// The last round of a product, as some node says.
    async fn last(&self, product: &Product) -> Option<i64> {
        let (caller, name) = (self.shop.owner.clone(), ProductName::Key(product.key.to_owned()));
        let list = self.cluster.ask(move |app| async move { rounds::list(&app, &caller, name, None, 1).await });
        list.await?.ok()?.first().map(|shown| shown.round.number)
    }

    /// Asks again and again, with the same key, until it is known what came of it.
    async fn insist(&self, product: &Product, deed: Deed, send: impl Fn(App, Caller, Once) -> Sent) {
        self.asked.set(self.asked.get() + 1);
        let key = format!("{}-{}", self.name, self.asked.get());
        let once = Once {
            principal: self.shop.owner.user.to_string(),
            route: format!("{deed:?}"),
            key: key.clone(),
            request_hash: [0; 32],
            sealed: false,
        };
        let write = |phase, round| {
            let (product, key) = (product.key.to_owned(), key.clone());
            let line = Campaign::Deed { product, deed, key, round };
            self.cluster.scribe.write(self.name, phase, What::Campaign(line));
        };
        write(Phase::Invoke, None);
        let stops = matches!(deed, Deed::Stock(0) | Deed::Pause | Deed::Cancel);
        let is_early = stops && self.cluster.sabotage == Some(Sabotage::StopAnsweredEarly);
        if is_early {
            let round = self.last(product).await;
            write(Phase::Ok, round);
            self.cluster.world.sleep(Duration::from_millis(1_500)).await;
        }
        loop {
            let answer = self.cluster.ask(|app| send(app, self.shop.owner.clone(), once.clone())).await;
            match answer {
                _ if is_early && !matches!(&answer, None | Some(Err(_))) => return,
                Some(Ok(round)) => return write(Phase::Ok, round),
                Some(Err(error)) if !is_passing(&error) => {
                    // Where it goes on already, is over or sold out, there is nothing to be done to it.
                    if !matches!(error.category(), Category::Conflict | Category::NotFound | Category::Invalid) {
                        self.cluster.surprised(format!("{deed:?} of {} was refused: {error}", product.key));
                    }
                    if !is_early {
                        write(Phase::Fail, None);
                    }
                    return;
                }
                None if !is_early => write(Phase::Info, None),
                Some(Err(error)) if !is_early && error.code() == "store.unknown_result" => write(Phase::Info, None),
                _ => {}
            }
            pause(&self.cluster, &self.entropy, 1_500).await;
        }
    }
}

/// The round that an answer names.
fn read(answer: Result<app::Answer, Error>) -> Result<Option<i64>, Error> {
    Ok(std::str::from_utf8(&answer?.rendered.body).ok().and_then(|text| text.parse().ok()))
}

/// Where the last round of a product stands.
struct Last(ProductId);

impl UseCase for Last {
    type Out = Option<RoundState>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, StoreError> {
        let rounds = store::campaigns::rounds::page(tx, self.0, i64::MAX, 1).await?;
        Ok(rounds.first().map(|kept| kept.round.state))
    }
}

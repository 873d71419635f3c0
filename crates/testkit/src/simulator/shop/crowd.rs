//! Those who wait: they come, leave, and come back, one by one and in flocks; at times the owner takes somebody out of the book.

use std::{cell::RefCell, collections::BTreeSet, rc::Rc, time::Duration};

use app::{App, Error, calendar::Expected, campaigns};
use domain::identity::Caller;
use kernel::{Category, Clock as _, Instant};

use super::{
    super::{cluster::Cluster, sabotage::Sabotage},
    Customer, Product, Shop, is_passing, pause,
};
use crate::{
    SeededEntropy,
    history::{Phase, What, campaigns::Campaign},
};

/// Some of the customers. Of one of them, nothing is asked before it is known what came of what was asked before.
pub(in crate::simulator) struct Crowd {
    cluster: Rc<Cluster>,
    shop: Rc<Shop>,
    name: String,
    entropy: SeededEntropy,
    members: Vec<Customer>,
    /// Those who were taken out of the book.
    gone: RefCell<BTreeSet<String>>,
    asked: std::cell::Cell<u64>,
}

/// Somebody, and where they come to.
#[derive(Clone)]
struct Step {
    who: String,
    /// Who asks for it, and what they call the product.
    caller: Caller,
    product: String,
    /// They are to be put into the book first.
    is_new: bool,
}

impl Crowd {
    /// One of two crowds.
    pub(in crate::simulator) fn new(cluster: &Rc<Cluster>, shop: &Rc<Shop>, half: usize, entropy: &SeededEntropy) -> Self {
        let name = format!("crowd-{half}");
        let members = shop.customers.iter().skip(half).step_by(2).cloned().collect();
        let entropy = entropy.fork(&name);
        let (cluster, shop) = (Rc::clone(cluster), Rc::clone(shop));
        Self { cluster, shop, name, entropy, members, gone: RefCell::default(), asked: std::cell::Cell::default() }
    }

    /// Comes and goes until `until`.
    pub(in crate::simulator) async fn work(self, until: Instant) {
        while self.cluster.world.now() < until {
            pause(&self.cluster, &self.entropy, 5_000).await;
            let customer = &self.members[self.entropy.index(self.members.len())];
            let product = &self.shop.products[self.entropy.index(self.shop.products.len())];
            match self.entropy.below(100) {
                0..35 => self.come(product, &[customer]).await,
                35..65 => self.leave(product, customer).await,
                65..70 => self.take_out(customer).await,
                _ => {
                    let flock = (0..self.entropy.between(4, 30)).map(|_| &self.members[self.entropy.index(self.members.len())]);
                    let mut flock: Vec<&Customer> = flock.collect();
                    let mut seen = BTreeSet::new();
                    flock.retain(|customer| seen.insert(&customer.name));
                    self.come(product, &flock).await;
                }
            }
        }
    }

    fn step(&self, product: &Product, customer: &Customer) -> Step {
        let is_new = self.gone.borrow().contains(&customer.name);
        let (caller, product) = match &customer.caller {
            Some(caller) => (caller.clone(), product.id.to_string()),
            None => (self.shop.owner.clone(), product.key.to_owned()),
        };
        Step { who: customer.name.clone(), caller, product, is_new }
    }

    fn key(&self) -> String {
        self.asked.set(self.asked.get() + 1);
        format!("{}-{}", self.name, self.asked.get())
    }

    fn write(&self, phase: Phase, (product, who, key): (&str, &str, &str), comes: bool, place: Option<i64>) {
        let (product, who, key) = (product.to_owned(), who.to_owned(), key.to_owned());
        self.cluster.scribe.write(&self.name, phase, What::Campaign(Campaign::Move { product, who, comes, key, place }));
    }

    /// Comes to the line of a product, one after the other.
    async fn come(&self, product: &Product, who: &[&Customer]) {
        let key = self.key();
        let mut steps: Vec<Step> = who.iter().map(|customer| self.step(product, customer)).collect();
        for step in &steps {
            self.write(Phase::Invoke, (product.key, &step.who, &key), true, None);
        }
        while !steps.is_empty() {
            let asked = steps.clone();
            let Some(places) = self.cluster.ask(|app| subscribe(app, asked)).await else {
                for step in &steps {
                    self.write(Phase::Info, (product.key, &step.who, &key), true, None);
                }
                pause(&self.cluster, &self.entropy, 1_500).await;
                continue;
            };
            for place in places {
                let who = &steps[0].who;
                let line = (product.key, who.as_str(), key.as_str());
                match place {
                    Ok(place) => {
                        self.gone.borrow_mut().remove(who);
                        self.write(Phase::Ok, line, true, Some(place));
                    }
                    Err(error) if is_passing(&error) => {
                        if error.code() == "store.unknown_result" {
                            self.write(Phase::Info, line, true, None);
                        }
                        break;
                    }
                    Err(error) => self.refused(&error, line, true),
                }
                steps.remove(0);
            }
            if !steps.is_empty() {
                pause(&self.cluster, &self.entropy, 1_500).await;
            }
        }
    }

    async fn leave(&self, product: &Product, customer: &Customer) {
        let (key, step) = (self.key(), self.step(product, customer));
        let line = (product.key, step.who.as_str(), key.as_str());
        self.write(Phase::Invoke, line, false, None);
        let is_early = self.cluster.sabotage == Some(Sabotage::LeavingAnsweredEarly);
        if is_early {
            self.write(Phase::Ok, line, false, None);
            self.cluster.world.sleep(Duration::from_secs(4)).await;
        }
        loop {
            let asked = step.clone();
            let answer =
                self.cluster.ask(|app| async move { campaigns::leave(&app, &asked.caller, (&asked.product, &asked.who)).await });
            let phase = match answer.await {
                Some(Ok(())) => Phase::Ok,
                None => Phase::Info,
                Some(Err(error)) if is_passing(&error) && error.code() == "store.unknown_result" => Phase::Info,
                Some(Err(error)) if is_passing(&error) => Phase::Invoke,
                Some(Err(error)) => return self.refused(&error, line, false),
            };
            if phase != Phase::Invoke && !is_early {
                self.write(phase, line, false, None);
            }
            if phase == Phase::Ok {
                return;
            }
            pause(&self.cluster, &self.entropy, 1_500).await;
        }
    }

    /// The owner takes somebody out of the book, who has no account: they wait for nothing any more.
    async fn take_out(&self, customer: &Customer) {
        if customer.caller.is_some() {
            return;
        }
        let (key, owner) = (self.key(), self.shop.owner.clone());
        let write = |phase| {
            for product in &self.shop.products {
                self.write(phase, (product.key, &customer.name, &key), false, None);
            }
        };
        write(Phase::Invoke);
        loop {
            let (owner, who) = (owner.clone(), customer.name.clone());
            let answer =
                self.cluster.ask(|app| async move { campaigns::delete_recipient(&app, &owner, (&who, Expected::Any)).await });
            match answer.await {
                Some(Ok(())) => break,
                None => write(Phase::Info),
                Some(Err(error)) if error.code() == "store.unknown_result" => write(Phase::Info),
                Some(Err(error)) if is_passing(&error) => {}
                // Somebody who is not in it, or no more: by an earlier attempt perhaps.
                Some(Err(error)) if error.category() == Category::NotFound => break,
                Some(Err(error)) => {
                    write(Phase::Info);
                    return self.cluster.surprised(format!("{} was not taken out: {error}", customer.name));
                }
            }
            pause(&self.cluster, &self.entropy, 1_500).await;
        }
        write(Phase::Ok);
        self.gone.borrow_mut().insert(customer.name.clone());
    }

    /// Of somebody who was taken out of the book by a request that nobody waits for any more.
    fn refused(&self, error: &Error, line: (&str, &str, &str), comes: bool) {
        if error.category() == Category::NotFound {
            self.gone.borrow_mut().insert(line.1.to_owned());
        } else {
            self.cluster.surprised(format!("{} could not come to {} or leave it: {error}", line.1, line.0));
        }
        self.write(Phase::Fail, line, comes, None);
    }
}

/// One after the other, until something is in the way.
async fn subscribe(app: App, steps: Vec<Step>) -> Vec<Result<i64, Error>> {
    let mut places = Vec::new();
    for Step { who, caller, product, is_new } in steps {
        if is_new && let Err(error) = campaigns::put_recipient(&app, &caller, (&who, Expected::Unsaid), [None; 4]).await {
            places.push(Err(error));
            break;
        }
        let came = campaigns::subscribe(&app, &caller, (&product, &who)).await;
        let is_over = came.is_err();
        places.push(came.map(|(subscriber, _)| subscriber.subscription.seq));
        if is_over {
            break;
        }
    }
    places
}

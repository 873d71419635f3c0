//! The nodes of an installation: started, killed and started again over one database that outlives them all.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use app::App;
use clockwork::{Pace, Stopper, Wake, run_batch, run_leased};
use futures_util::future::{Either, select};
use kernel::Clock as _;
use store::Store;

use super::{
    executor::{Handle, Node},
    faults::{Disk, NodeClock},
    jobs::Errands,
    sabotage::{Sabotage, SabotagedLane},
    scribe::Scribe,
    shop::Shop,
};
use crate::{SeededEntropy, TestClock};

/// A client gives up waiting after this, and asks again: elsewhere perhaps, while the first request may still be carried out.
const PATIENCE: Duration = Duration::from_secs(10);

/// All nodes.
pub(super) struct Cluster {
    pub(super) handle: Handle,
    pub(super) world: TestClock,
    pub(super) scribe: Scribe,
    pub(super) sabotage: Option<Sabotage>,
    entropy: SeededEntropy,
    database: Store,
    members: Vec<Member>,
    pub(super) shop: Option<Rc<Shop>>,
    born: Cell<u32>,
    surprises: RefCell<Vec<String>>,
    spoiled: Cell<u64>,
    over: Cell<bool>,
}

/// A place where a node runs, or will run again.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) disk: Arc<Disk>,
    life: RefCell<Option<Life>>,
    births: SeededEntropy,
}

/// One life of a process.
#[derive(Clone)]
struct Life {
    node: Node,
    app: App,
    clock: Arc<NodeClock>,
}

impl Cluster {
    pub(super) fn new(
        (handle, world, scribe): (Handle, TestClock, Scribe),
        entropy: &SeededEntropy,
        (database, shop): (Store, Option<Rc<Shop>>),
        size: u64,
        sabotage: Option<Sabotage>,
    ) -> Rc<Self> {
        let members = (1..=size).map(|number| {
            let name = format!("node-{number}");
            let births = entropy.fork(&name);
            let disk = Arc::new(Disk::new(births.fork("disk"), world.clone()));
            Member { name, disk, life: RefCell::default(), births }
        });
        let members = members.collect();
        let entropy = entropy.fork("cluster");
        let (born, surprises, spoiled, over) = (Cell::default(), RefCell::default(), Cell::default(), Cell::default());
        Rc::new(Self { handle, world, scribe, sabotage, entropy, database, members, shop, born, surprises, spoiled, over })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether several nodes share the database, know of it, and go by its clock. Where there is no shop nothing depends on that.
    pub(super) fn is_shared(&self) -> bool {
        self.shop.is_some() && self.members.len() > 1
    }

    /// Starts `member` as the binary starts: with the right time, the committed rows and an empty memory.
    pub(super) fn start(&self, member: &Member) {
        self.born.set(self.born.get() + 1);
        let node = Node(self.born.get());
        let Some(store) = self.database.simulated_again(Arc::clone(&member.disk) as Arc<dyn store::Faults>) else { return };
        let clock = Arc::new(NodeClock::new(self.world.clone(), self.sabotage != Some(Sabotage::NoClockGuard)));
        let entropy = Arc::new(SeededEntropy::new(member.births.next()));
        let store = if self.is_shared() && self.sabotage != Some(Sabotage::EveryNodeSends) {
            store.simulated_among_others()
        } else {
            store
        };
        let mut settings = self.shop.as_ref().map(|shop| shop.settings).unwrap_or_default();
        if self.sabotage == Some(Sabotage::NoRate) {
            settings.starts_per_second = 0;
        }
        let app = super::installation::app(store, Arc::clone(&clock) as _, Arc::clone(&entropy) as _, settings);
        if let Some(shop) = &self.shop {
            shop.staff((&self.handle, node, &member.name), &app, &self.scribe, self.sabotage);
        }
        self.start_alarms(node, &app);
        let errands = Errands::new(app.clone(), &member.name, member.births.fork("errands"), &self.scribe, self.sabotage);
        let jobs = app.clone();
        self.handle.spawn(node, format!("{} jobs", member.name), async move {
            let (_stopper, stop) = Stopper::new();
            run_leased(&errands, jobs.clock(), &*jobs.entropy(), jobs.job_wake(), Pace::default(), stop).await;
        });
        *member.life.borrow_mut() = Some(Life { node, app, clock });
    }

    fn start_alarms(&self, node: Node, app: &App) {
        let (app, sabotage) = (app.clone(), self.sabotage);
        self.handle.spawn(node, "alarms", async move {
            let (_stopper, stop) = Stopper::new();
            let entropy = app.entropy();
            if sabotage == Some(Sabotage::NoSweep) {
                let (deaf, pace) = (Wake::default(), Pace { sweep: Duration::from_hours(1), ..Pace::default() });
                let lane = app::alarms::AlarmLane::new(app.clone());
                run_batch(&lane, app.clock(), &*entropy, &deaf, pace, stop).await;
            } else if let Some(sabotage) = sabotage {
                let lane = SabotagedLane::new(app.clone(), sabotage);
                run_batch(&lane, app.clock(), &*entropy, app.alarm_wake(), Pace::default(), stop).await;
            } else {
                let lane = app::alarms::AlarmLane::new(app.clone());
                run_batch(&lane, app.clock(), &*entropy, app.alarm_wake(), Pace::default(), stop).await;
            }
        });
    }

    /// Asks some node to do something; `None` if no answer came. It may have been done all the same.
    pub(super) async fn ask<T: 'static, F: Future<Output = T> + 'static>(&self, work: impl FnOnce(App) -> F) -> Option<T> {
        self.travel().await;
        let member = &self.members[self.entropy.index(self.members.len())];
        let life = member.life.borrow().clone();
        let answer = match life {
            Some(Life { node, app, .. }) => {
                let call = self.handle.call(node, "request", work(app));
                match select(Box::pin(call), self.world.sleep(PATIENCE)).await {
                    Either::Left((answer, _)) => answer,
                    Either::Right(_) => None,
                }
            }
            None => None,
        };
        self.travel().await;
        answer
    }

    /// The database as it is, without faults: for whoever looks at it when all is over.
    pub(super) fn database(&self) -> &Store {
        &self.database
    }

    /// Nothing will happen any more.
    pub(super) fn call_it_a_day(&self) {
        self.over.set(true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Something was answered that nobody should ever be answered.
    pub(super) fn surprised(&self, sentence: String) {
        self.surprises.borrow_mut().push(sentence);
    }

    /// So many alarms more can no longer be rung.
    pub(super) fn spoiled(&self, alarms: u64) {
        self.spoiled.set(self.spoiled.get() + alarms);
    }

    /// How many alarms are to be set aside in the end.
    pub(super) fn to_be_set_aside(&self) -> u64 {
        self.spoiled.get()
    }

    pub(super) fn take_surprises(&self) -> Vec<String> {
        self.surprises.take()
    }

    async fn travel(&self) {
        self.world.sleep(Duration::from_micros(self.entropy.between(50, 1_500))).await;
    }
}

impl Member {
    /// Kills it at an instant nobody chose; answers once it is dead.
    pub(super) async fn crash(&self, handle: &Handle, polls: u32) {
        let Some(node) = self.node() else { return };
        let _ = handle.crash_after(node, polls).await;
        // It may have been killed and started again by somebody else in the meantime.
        if self.node() == Some(node) {
            *self.life.borrow_mut() = None;
        }
    }

    /// The node that lives here at the moment.
    pub(super) fn node(&self) -> Option<Node> {
        self.life.borrow().as_ref().map(|life| life.node)
    }

    /// Lets its wall clock show `micros` too much.
    pub(super) fn err_by(&self, micros: i64) {
        if let Some(life) = &*self.life.borrow() {
            life.clock.err_by(micros);
        }
    }
}

//! A thousand lives of an installation, and the proof that the judges would have seen.
//!
//! A failing seed prints the command that lives through it again. It belongs into `seeds.txt` together with its repair.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

use testkit::{
    history::Checker,
    simulator::{Report, SHOP_EVERY, Sabotage, simulate},
};

/// Seeds per run of the tests: see docs/simulator.md for the budget.
const SEEDS: u64 = 1_000;

/// Seeds in which a sabotage must be seen. Most need one or two.
const SABOTAGE_BUDGET: u64 = 40;

/// The seeds that a file lists.
fn listed(file: &'static str) -> impl Iterator<Item = (u64, &'static str)> {
    let seed = |line: &str| line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a line begins with a seed");
    file.lines().filter(|line| !line.starts_with('#')).map(move |line| (seed(line), line))
}

#[test]
fn a_thousand_seeds_keep_every_promise() {
    let (next, rang, told) = (AtomicU64::new(1), AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = everywhere(|| {
        let mut failed = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > SEEDS {
                return failed;
            }
            let report = simulate(seed, None);
            rang.fetch_add(report.verdict.summary.effects, Ordering::Relaxed);
            told.fetch_add(report.verdict.summary.told, Ordering::Relaxed);
            failed.extend((!report.is_good()).then(|| report.to_string()));
        }
    });
    assert!(failed.is_empty(), "{} of {SEEDS} seeds failed:\n{}", failed.len(), failed.join("\n"));
    let rang = rang.into_inner();
    assert!(rang > 100 * 1_000, "a simulation in which nothing happens proves nothing: {rang} alarms rang");
    let told = told.into_inner();
    assert!(told > 30 * 1_000, "and so does a shop in which nobody is told: {told} were");
}

#[test]
fn seeds_that_once_failed_do_not_fail_again() {
    for (seed, line) in listed(include_str!("../seeds.txt")) {
        let report = simulate(seed, None);
        assert!(report.is_good(), "{line}\n{report}");
    }
}

#[test]
fn a_seed_decides_everything_that_happens() {
    let seeds: BTreeSet<u64> = (1..=20).map(|seed| simulate(seed, None).trace).collect();
    assert_eq!(seeds.len(), 20, "seeds differ");
    let again: BTreeSet<u64> = (1..=20).map(|seed| simulate(seed, None).trace).collect();
    assert_eq!(seeds, again, "what happens depends on something else than the seed");
}

/// Each of them is caught, and by the judge whose business it is.
macro_rules! sabotages {
    ($($test:ident: $sabotage:ident is seen by $checker:ident;)*) => {$(
        #[test]
        fn $test() {
            let apart = if Sabotage::$sabotage.needs_a_shop() { SHOP_EVERY } else { 1 };
            let caught = (1..=SABOTAGE_BUDGET).map(|seed| simulate(seed * apart, Some(Sabotage::$sabotage)));
            let caught = caught.inspect(tell).find(|report| report.accusers().contains(&Checker::$checker));
            assert!(caught.is_some(), "{} was not seen in {SABOTAGE_BUDGET} seeds", Sabotage::$sabotage);
        }
    )*

    #[test]
    fn every_sabotage_has_a_test() {
        let tested = [$(Sabotage::$sabotage),*];
        assert!(Sabotage::ALL.iter().all(|sabotage| tested.contains(sabotage)));
    }
    };
}

sabotages! {
    popping_an_alarm_loses_it: PopAndDelete is seen by NothingLost;
    an_inbox_row_in_a_second_transaction_is_lost: InboxInSecondTransaction is seen by NothingLost;
    a_key_with_the_attempt_in_it_rings_twice: KeyOfAttempt is seen by OnceOnly;
    firing_before_the_time_is_seen: Early is seen by NeverEarly;
    firing_from_memory_ignores_what_was_taken_back: FiredFromMemory is seen by NoPhantom;
    without_hints_and_sweep_alarms_are_late: NoSweep is seen by InTime;
    settling_without_a_token_is_seen: SettleWithoutToken is seen by NoStaleHolder;
    without_idempotency_keys_things_happen_twice: KeysNotStored is seen by OnceOnly;
    without_the_clock_guard_alarms_ring_early: NoClockGuard is seen by NeverEarly;
    an_alarm_that_cannot_ring_holds_all_others_unless_it_is_set_aside: NothingSetAside is seen by NothingLost;
    whoever_is_told_in_quiet_hours_is_seen: DeafToQuietHours is seen by QuietHours;
    waiting_without_quiet_hours_is_seen: HeldForNothing is seen by InTime;
    a_series_whose_next_alarm_is_armed_in_a_second_transaction_falls_silent: NextInSecondTransaction is seen by NothingLost;
    a_series_that_does_not_follow_the_clocks_is_seen: OffsetOfTheFirst is seen by NoPhantom;
    two_who_tell_people_of_one_round_are_seen: EveryNodeSends is seen by Told;
    who_counts_as_told_before_the_call_is_not_told: SaidBeforeTheCall is seen by Told;
    a_key_with_the_call_in_it_tells_people_twice: KeyOfCall is seen by Told;
    without_a_rate_too_many_are_told_at_once: NoRate is seen by Pace;
    a_stop_that_is_answered_early_is_no_stop: StopAnsweredEarly is seen by Pace;
    who_is_told_although_they_left_is_seen: LeavingAnsweredEarly is seen by Told;
    a_round_that_is_written_down_in_two_steps_is_seen: FrozenInTwoSteps is seen by Told;
    who_came_after_a_round_was_raised_is_not_in_it: FrozenLate is seen by Told;
}

fn tell(report: &Report) {
    println!("seed {}: {:?}", report.seed, report.accusers());
}

/// Runs `work` on every processor and puts together what it found.
fn everywhere(work: impl Fn() -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("a simulation ends")).collect()
    })
}

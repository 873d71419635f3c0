//! [`Presence`] beside a model that keeps nothing but what happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kernel::{Instant, RoomId, SessionId, UserId};
use proptest::prelude::*;
use uuid::Uuid;

use super::presence::{BEAT_LIFE, Client, LINGER, Presence};

const START: Instant = Instant::EPOCH;

fn room(number: u8) -> RoomId {
    RoomId::from_uuid(Uuid::from_u128(u128::from(number)))
}

fn user(number: u8) -> UserId {
    UserId::from_uuid(Uuid::from_u128(100 + u128::from(number)))
}

fn client(number: u8) -> Client {
    Client::Session(SessionId::from_uuid(Uuid::from_u128(200 + u128::from(number))))
}

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    Open(u8, u8),
    Close(u8, u8),
    Beat(u8, u8, u8),
    TakeOut(u8, u8),
    Pass(u64),
    /// What is due is said, or cannot be.
    Say(bool, usize),
    /// What is due is said, and nobody knows that it was.
    SayUnknown(usize),
    /// The others forget some of what they were told: whom, bit by bit.
    Lose(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let (rooms, users) = (0..2u8, 0..3u8);
    prop_oneof![
        4 => (rooms.clone(), users.clone()).prop_map(|(room, user)| Step::Open(room, user)),
        4 => (rooms.clone(), users.clone()).prop_map(|(room, user)| Step::Close(room, user)),
        2 => (rooms.clone(), users.clone(), 0..3u8).prop_map(|(room, user, client)| Step::Beat(room, user, client)),
        1 => (rooms, users).prop_map(|(room, user)| Step::TakeOut(room, user)),
        3 => prop_oneof![0..1_000u64, 4_990..5_010u64, 39_990..40_010u64].prop_map(Step::Pass),
        6 => (prop::bool::weighted(0.8), prop_oneof![Just(1usize), Just(100)]).prop_map(|(fine, most)| Step::Say(fine, most)),
        1 => prop_oneof![Just(1usize), Just(100)].prop_map(Step::SayUnknown),
        2 => any::<u8>().prop_map(Step::Lose),
    ]
}

/// What happened to one person in one room.
#[derive(Clone, Debug, Default)]
struct Past {
    streams: u32,
    closed_at: Option<Instant>,
    beats: BTreeMap<u8, Instant>,
}

impl Past {
    /// Whether they are there by anything that is open or was heard lately.
    fn is_here(&self, now: Instant) -> bool {
        self.streams > 0 || self.beats.values().any(|at| now < *at + BEAT_LIFE)
    }

    fn lingers(&self, now: Instant) -> bool {
        self.closed_at.is_some_and(|at| now < at + LINGER)
    }
}

#[derive(Default)]
struct Model {
    past: BTreeMap<(RoomId, UserId), Past>,
    /// What the others know.
    others: BTreeSet<(RoomId, UserId)>,
}

impl Model {
    fn streams(&self, room: RoomId) -> BTreeMap<UserId, u32> {
        let all = self.past.iter().filter(|((of, _), past)| *of == room && past.streams > 0);
        all.map(|((_, user), past)| (*user, past.streams)).collect()
    }

    /// Who the others are to know of.
    fn wanted(&self, now: Instant) -> BTreeSet<(RoomId, UserId)> {
        let is_wanted =
            |who: &(RoomId, UserId), past: &Past| past.is_here(now) || (past.lingers(now) && self.others.contains(who));
        self.past.iter().filter(|(who, past)| is_wanted(who, past)).map(|(who, _)| *who).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_others_know_who_is_there_and_hear_of_the_first_and_the_last_only(steps in prop::collection::vec(step(), 0..60)) {
        let (mut presence, mut model, mut now) = (Presence::default(), Model::default(), START);
        for step in steps {
            match step {
                Step::Open(at, who) => {
                    model.past.entry((room(at), user(who))).or_default().streams += 1;
                    presence.follow(room(at), &model.streams(room(at)), now);
                }
                Step::Close(at, who) => {
                    let past = model.past.entry((room(at), user(who))).or_default();
                    if past.streams == 1 {
                        past.closed_at = Some(now);
                    }
                    past.streams = past.streams.saturating_sub(1);
                    presence.follow(room(at), &model.streams(room(at)), now);
                }
                Step::Beat(at, who, by) => {
                    model.past.entry((room(at), user(who))).or_default().beats.insert(by, now);
                    presence.beat(room(at), user(who), client(by), now);
                }
                Step::TakeOut(at, who) => {
                    let who = (room(at), user(who));
                    model.past.remove(&who);
                    model.others.remove(&who);
                    presence.remove(who.0, who.1);
                }
                Step::Pass(milliseconds) => now = now + Duration::from_millis(milliseconds),
                Step::Lose(whom) => {
                    let mut place = 0;
                    model.others.retain(|_| {
                        place += 1;
                        whom & (1 << (place - 1)) == 0
                    });
                    presence.agree(&model.others, now);
                }
                Step::SayUnknown(most) => {
                    let changes = presence.due(now, most);
                    model.others.extend(changes.put.iter().map(|(room, user, _)| (*room, *user)));
                    model.others.retain(|who| !changes.gone.contains(who));
                    presence.unsaid(&changes);
                    presence.agree(&model.others, now);
                }
                Step::Say(false, most) => {
                    let changes = presence.due(now, most);
                    presence.unsaid(&changes);
                }
                Step::Say(true, most) => {
                    loop {
                        let changes = presence.due(now, most);
                        if changes.is_empty() {
                            break;
                        }
                        prop_assert!(changes.put.len() + changes.gone.len() <= most);
                        let wanted = model.wanted(now);
                        for (room, user, here) in &changes.put {
                            prop_assert!(wanted.contains(&(*room, *user)), "who is put is there");
                            prop_assert!(here.streams + here.beats > 0);
                            model.others.insert((*room, *user));
                        }
                        for who in &changes.gone {
                            prop_assert!(!wanted.contains(who) && model.others.remove(who), "who is gone was there and is not");
                        }
                        let taken = changes.put.iter().map(|(room, user, _)| (*room, *user)).collect();
                        presence.said(&changes, &taken);
                    }
                    prop_assert_eq!(&model.others, &model.wanted(now));
                }
            }
            prop_assert_eq!(presence.told(), model.others.len());
            let shown: BTreeSet<_> = (0..2).flat_map(|at| presence.of(room(at), now).into_iter().map(move |(user, _)| (room(at), user))).collect();
            prop_assert_eq!(shown, model.wanted(now));
        }
    }
}

/// What is said at `now`: how many came, or changed, and how many went.
fn say(presence: &mut Presence, now: Instant) -> (usize, usize) {
    let changes = presence.due(now, 100);
    presence.said(&changes, &changes.put.iter().map(|(room, user, _)| (*room, *user)).collect());
    (changes.put.len(), changes.gone.len())
}

fn after(milliseconds: u64) -> Instant {
    START + Duration::from_millis(milliseconds)
}

fn one(count: u32) -> BTreeMap<UserId, u32> {
    BTreeMap::from([(user(1), count)]).into_iter().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn who_comes_back_within_the_time_to_linger_never_left() {
    let mut presence = Presence::default();
    presence.follow(room(1), &one(1), START);
    assert_eq!(say(&mut presence, START), (1, 0));
    for at in [1_000, 7_000, 13_000] {
        presence.follow(room(1), &one(0), after(at));
        assert_eq!(say(&mut presence, after(at)), (0, 0));
        assert_eq!(say(&mut presence, after(at + 4_999)), (0, 0));
        assert_eq!(presence.of(room(1), after(at + 4_999)).len(), 1);
        presence.follow(room(1), &one(1), after(at + 4_999));
        assert_eq!(say(&mut presence, after(at + 5_500)), (0, 0));
    }
    presence.follow(room(1), &one(0), after(20_000));
    assert_eq!(say(&mut presence, after(25_000)), (0, 1));
    assert_eq!(say(&mut presence, after(60_000)), (0, 0));
    assert_eq!(presence.told(), 0);
}

#[test]
fn one_of_many_connections_more_or_fewer_is_no_coming_and_no_going() {
    let mut presence = Presence::default();
    for (count, said) in [(1, (1, 0)), (3, (1, 0)), (3, (0, 0)), (2, (1, 0)), (1, (1, 0))] {
        presence.follow(room(1), &one(count), START);
        assert_eq!(say(&mut presence, START), said, "{count}");
        assert_eq!(presence.of(room(1), START)[0].1.streams, count);
    }
}

#[test]
fn who_was_away_again_before_anybody_was_told_never_came() {
    let mut presence = Presence::default();
    presence.follow(room(1), &one(1), START);
    presence.follow(room(1), &one(0), START);
    assert_eq!((say(&mut presence, START), presence.of(room(1), START)), ((0, 0), Vec::new()));
}

#[test]
fn clients_that_only_beat_are_bounded_and_the_one_heard_of_longest_ago_is_forgotten() {
    let mut presence = Presence::default();
    for number in 1..=100 {
        presence.beat(room(1), user(1), client(number), after(u64::from(number)));
    }
    let here = presence.of(room(1), after(100));
    assert_eq!((here[0].1.beats, here[0].1.seen_at), (20, after(100)));
    assert_eq!(presence.of(room(1), after(40_099)).len(), 1);
    assert_eq!(presence.of(room(1), after(40_100)).len(), 0);
}

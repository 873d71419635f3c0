//! Many who publish at the same moment, over a store that counts its commits and fails when it is told to.

use std::sync::Arc;

use app::{
    Error,
    domain::{identity::Caller, rooms::Wanted},
    rooms::{self, Published},
};
use futures_util::future::join_all;
use kernel::{Coded as _, RoomId};
use store::{Fault, FaultPoint, StoreError};

use crate::world::{World, body, disk::Disk, room};

/// Publishes under this key; answers the id of the event, and whether it was there already.
async fn say(world: &World, who: &Caller, room: RoomId, key: usize) -> Result<String, Error> {
    let wanted = Wanted {
        room_id: Some(room),
        room_key: None,
        kind: "said".to_owned(),
        data: "{}".to_owned(),
        publisher: None,
        dedupe_key: Some(key.to_string()),
    };
    let render = Arc::new(|published: &Published| body(&format!("{} {}", published.event, published.duplicate)));
    let answer = Box::pin(rooms::publish(&world.app, who, wanted, None, render)).await?;
    Ok(String::from_utf8(answer.rendered.body).expect("text"))
}

/// How many events a room holds, but for the first.
async fn said(world: &World, room: RoomId) -> usize {
    let page = rooms::events(&world.app, &world.ada, room, None, 500).await.expect("a page");
    page.events.len() - 1
}

#[tokio::test]
async fn those_who_come_at_the_same_moment_are_one_commit_and_whoever_comes_meanwhile_the_next() {
    let (world, disk) = Disk::world().await;
    let room = room(&world.app, &world.ada).await;
    let before = disk.commits();
    let answers = join_all((0..40).map(|key| say(&world, &world.ada, room, key))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((disk.commits() - before, said(&world, room).await), (1, 40));
}

fn is(answer: &Result<String, Error>, failed: &StoreError) -> bool {
    answer.as_ref().err().is_some_and(|error| error.code() == failed.code())
}

#[tokio::test]
async fn a_batch_that_fails_fails_for_each_of_it_and_for_nobody_after() {
    let (world, disk) = Disk::world().await;
    let room = room(&world.app, &world.ada).await;
    let together = async || join_all((0..5).map(|key| say(&world, &world.ada, room, key))).await;
    disk.fails_once(FaultPoint::BeforeCommit, Fault::Full);
    let full = together().await;
    assert!(full.iter().all(|answer| is(answer, &StoreError::Full)), "{full:?}");
    assert_eq!(said(&world, room).await, 0);
    // It is there, and nobody was told.
    disk.fails_once(FaultPoint::AfterCommit, Fault::Lost);
    let lost = together().await;
    assert!(lost.iter().all(|answer| is(answer, &StoreError::Unknown)), "{lost:?}");
    assert_eq!(said(&world, room).await, 5);
    for answer in together().await {
        assert!(answer.expect("answered").ends_with(" true"), "their keys say so");
    }
    assert_eq!(said(&world, room).await, 5);
}

#[tokio::test]
async fn whoever_publishes_into_many_rooms_holds_up_nobody_who_publishes_into_one() {
    let (world, disk) = Disk::world().await;
    let mut hers = Vec::new();
    for _ in 0..60 {
        hers.push(room(&world.app, &world.ada).await);
    }
    let another = room(&world.app, &world.grace).await;
    let before = disk.commits();
    let flood = join_all(hers.iter().map(|room| say(&world, &world.ada, *room, 0)));
    let alone = async {
        say(&world, &world.grace, another, 0).await.expect("published");
        disk.commits() - before
    };
    let (flood, waited) = tokio::join!(flood, alone);
    assert!(flood.iter().all(Result::is_ok));
    assert!(waited <= 3, "{waited} of {} commits", disk.commits() - before);
}

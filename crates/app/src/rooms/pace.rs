//! How much somebody may say in a room within a minute.

use domain::{
    identity::throttle::{Limit, Throttled},
    rooms::RoomError,
};
use kernel::{Instant, RoomId, UserId};
use store::{Tx, identity::throttles};

use crate::Error;

/// Counts so many of what `user` does in a room, or refuses all of them. Whoever counts several things does so in the order of their names,
/// behind the place in the room.
pub(super) async fn count(
    tx: &mut Tx<'_>,
    (name, limit): (&str, &Limit),
    (room, user): (RoomId, UserId),
    times: usize,
    now: Instant,
) -> Result<(), Error> {
    let key = format!("{name}:{room}:{user}");
    let mut throttle = throttles::lock(tx, &key, now).await?;
    for _ in 0..times {
        let refused = |refused: Throttled| RoomError::TooFast { retry_after_seconds: refused.retry_after_seconds(now) };
        throttle = throttle.count(limit, now).map_err(refused)?;
    }
    Ok(throttles::update(tx, &key, &throttle).await?)
}

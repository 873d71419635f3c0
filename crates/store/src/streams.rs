//! Durable streams of events: numbered without a hole, in commit order per stream.

use std::borrow::Cow;

use domain::rooms::About;
use kernel::{Event, EventId, Instant, Position, RoomId, StreamId};

use crate::{
    Column, Row, Sql, StoreError, Tx,
    rooms::{self, reactions},
    values,
};

/// An event on its way into a stream: it has no number yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Which stream. It must exist.
    pub stream: StreamId,
    /// Its own id.
    pub id: EventId,
    /// What happened.
    pub kind: Cow<'static, str>,
    /// A JSON object.
    pub data: String,
}

/// Where a stream begins and ends at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The position of the last event.
    pub head: Position,
    /// The number of the first event still kept (head + 1 when none is).
    pub low: i64,
}

/// Makes the stream of a new user.
pub async fn create(tx: &mut Tx<'_>, stream: StreamId) -> Result<(), StoreError> {
    tx.execute("INSERT INTO streams (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", values![stream]).await?;
    Ok(())
}

/// Appends `drafts` in their order. Locks each stream concerned until the transaction ends, lowest id first, so that two
/// batches never wait for each other in a circle; whoever also locks alarms does so before.
pub async fn append(tx: &mut Tx<'_>, drafts: Vec<Draft>, at: Instant) -> Result<Vec<Event>, StoreError> {
    let mut counts: std::collections::BTreeMap<StreamId, i64> = std::collections::BTreeMap::new();
    for draft in &drafts {
        *counts.entry(draft.stream).or_default() += 1;
    }
    let mut next = advance(tx, &counts).await?;
    let mut events = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let Some(position) = next.get_mut(&draft.stream) else {
            return Err(StoreError::Bug("an event was appended to a stream that does not exist".to_owned()));
        };
        position.seq += 1;
        events.push(Event {
            stream: draft.stream,
            position: *position,
            id: draft.id,
            kind: draft.kind.into_owned(),
            at,
            data: draft.data,
        });
    }
    insert(tx, &events).await?;
    Ok(events)
}

/// Moves the heads on and answers where each stood before.
async fn advance(
    tx: &mut Tx<'_>,
    counts: &std::collections::BTreeMap<StreamId, i64>,
) -> Result<std::collections::BTreeMap<StreamId, Position>, StoreError> {
    let columns =
        [Column::Uuids(counts.keys().map(|stream| stream.uuid()).collect()), Column::Ints(counts.values().copied().collect())];
    let moved = tx
        .batch_update(
            Sql::each(
                "UPDATE streams SET head = head + $2 WHERE id = $1",
                "WITH wanted AS (
                     SELECT s.id, w.count FROM unnest($1::uuid[], $2::bigint[]) AS w (id, count) JOIN streams s ON s.id = w.id
                     ORDER BY s.id FOR UPDATE OF s
                 )
                 UPDATE streams s SET head = s.head + wanted.count FROM wanted WHERE s.id = wanted.id
                 RETURNING s.id, s.epoch, s.head - wanted.count",
            ),
            "SELECT id, epoch, head - $2 FROM streams WHERE id = $1",
            &columns,
            |row| Ok((row.get::<StreamId>(0)?, Position { epoch: row.get(1)?, seq: row.get(2)? })),
        )
        .await?;
    Ok(moved.into_iter().collect())
}

async fn insert(tx: &mut Tx<'_>, events: &[Event]) -> Result<(), StoreError> {
    let columns = [
        Column::Uuids(events.iter().map(|e| e.stream.uuid()).collect()),
        Column::Ints(events.iter().map(|e| e.position.epoch).collect()),
        Column::Ints(events.iter().map(|e| e.position.seq).collect()),
        Column::Uuids(events.iter().map(|e| e.id.uuid()).collect()),
        Column::Texts(events.iter().map(|e| Cow::Borrowed(e.kind.as_str())).collect()),
        Column::Instants(events.iter().map(|e| e.at).collect()),
        Column::Texts(events.iter().map(|e| Cow::Borrowed(e.data.as_str())).collect()),
    ];
    tx.batch(
        Sql::each(
            "INSERT INTO events (stream_id, epoch, seq, id, kind, at, data) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            "INSERT INTO events (stream_id, epoch, seq, id, kind, at, data)
             SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[])",
        ),
        &columns,
    )
    .await?;
    Ok(())
}

pub(crate) const EXTENT: &str = "SELECT epoch, head, low FROM streams WHERE id = $1";

/// Where `stream` begins and ends, `None` if there is no such stream.
pub async fn extent(tx: &mut Tx<'_>, stream: StreamId) -> Result<Option<Extent>, StoreError> {
    tx.optional(EXTENT, values![stream], |row| {
        Ok(Extent { head: Position { epoch: row.get(0)?, seq: row.get(1)? }, low: row.get(2)? })
    })
    .await
}

pub(crate) const HEADS: Sql = Sql::each(
    "SELECT id, epoch, head FROM streams WHERE id = $1",
    "SELECT id, epoch, head FROM streams WHERE id = ANY ($1::uuid[])",
);

/// The heads of `streams`: one query for all streams somebody listens to.
pub async fn heads(tx: &mut Tx<'_>, streams: &[StreamId]) -> Result<Vec<(StreamId, Position)>, StoreError> {
    tx.batch_all(HEADS, &[Column::Uuids(streams.iter().map(|s| s.uuid()).collect())], |row| {
        Ok((row.get(0)?, Position { epoch: row.get(1)?, seq: row.get(2)? }))
    })
    .await
}

/// What a page may hold before it is full: the event with which it is, is its last.
const PAGE_BYTES: i64 = 1 << 20;

pub(crate) const SIZES: &str = "SELECT octet_length(data) FROM events
     WHERE stream_id = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4";
pub(crate) const PAGE: &str = "SELECT stream_id, epoch, seq, id, kind, at, data FROM events
     WHERE stream_id = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4";

/// At most `limit` events after `after`, and about a mebibyte of them, in order, all of its epoch; one at least, if there is one.
pub async fn page(tx: &mut Tx<'_>, stream: StreamId, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
    // Both engines know the size of a text without reading it, so what does not fit is not read.
    let sizes = tx.all(SIZES, values![stream, after.epoch, after.seq, limit], |row| row.get::<i64>(0)).await?;
    let mut held = 0;
    let fits = sizes.iter().take_while(|bytes| {
        let has_room = held < PAGE_BYTES;
        held += **bytes;
        has_room
    });
    let count = u32::try_from(fits.count()).unwrap_or(limit);
    if count == 0 {
        return Ok(Vec::new());
    }
    tx.all(PAGE, values![stream, after.epoch, after.seq, count], event).await
}

/// A page of streams by id, for housekeeping to walk over.
pub async fn walk(tx: &mut Tx<'_>, after: StreamId, limit: u32) -> Result<Vec<StreamId>, StoreError> {
    tx.all("SELECT id FROM streams WHERE id > $1 ORDER BY id LIMIT $2", values![after, limit], |row| row.get(0)).await
}

/// Forgets the events of `stream` older than `before`, looking at no more than its first `limit`; the low mark moves with them.
/// Answers how many are gone.
pub async fn trim(tx: &mut Tx<'_>, stream: StreamId, before: Instant, limit: u32) -> Result<u64, StoreError> {
    let first = tx
        .all(
            "SELECT epoch, seq, at FROM events WHERE stream_id = $1 ORDER BY epoch, seq LIMIT $2",
            values![stream, limit],
            |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<Instant>(2)?)),
        )
        .await?;
    let Some((epoch, last, _)) = first.into_iter().take_while(|(_, _, at)| *at < before).last() else { return Ok(0) };
    let gone = tx
        .all(
            "DELETE FROM events WHERE stream_id = $1 AND (epoch < $2 OR (epoch = $2 AND seq <= $3)) RETURNING id",
            values![stream, epoch, last],
            |row| row.get(0),
        )
        .await?;
    // Only the present epoch has a low mark; what is left of an older one is only ever read to be forgotten.
    tx.execute("UPDATE streams SET low = $3 WHERE id = $1 AND epoch = $2", values![stream, epoch, last + 1]).await?;
    forget_reactions(tx, stream, gone).await
}

/// Forgets the first events of `stream`, at most `limit` of them, until it has no more than `keep`; the low mark moves with them.
/// Answers how many are gone.
pub async fn trim_to(tx: &mut Tx<'_>, stream: StreamId, keep: u32, limit: u32) -> Result<u64, StoreError> {
    let Some(Extent { head, low }) = extent(tx, stream).await? else { return Ok(0) };
    let last = (head.seq - i64::from(keep)).min(low - 1 + i64::from(limit));
    if last < low {
        return Ok(0);
    }
    let delete = "DELETE FROM events WHERE stream_id = $1 AND epoch = $2 AND seq <= $3 RETURNING id";
    let gone = tx.all(delete, values![stream, head.epoch, last], |row| row.get(0)).await?;
    let sql = "UPDATE streams SET low = $3 WHERE id = $1 AND epoch = $2 AND low < $3";
    tx.execute(sql, values![stream, head.epoch, last + 1]).await?;
    forget_reactions(tx, stream, gone).await
}

/// Of events that are gone nobody thinks anything any more; on other streams than those of rooms nobody ever did. Answers how many they were.
async fn forget_reactions(tx: &mut Tx<'_>, stream: StreamId, gone: Vec<EventId>) -> Result<u64, StoreError> {
    let room = RoomId::from_uuid(stream.uuid());
    if !rooms::among(tx, &[room]).await?.is_empty() {
        let abouts: Vec<About> = gone.iter().copied().map(About::Event).collect();
        reactions::forget(tx, room, &abouts).await?;
    }
    Ok(gone.len() as u64)
}

fn event(row: &Row<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        stream: row.get(0)?,
        position: Position { epoch: row.get(1)?, seq: row.get(2)? },
        id: row.get(3)?,
        kind: row.get(4)?,
        at: row.get(5)?,
        data: row.get(6)?,
    })
}

//! What people say in rooms, and whom they name.

use domain::rooms::{About, Author, Comment};
use kernel::{CommentId, Cursor, Instant, RoomId, UserId};

use super::reactions;
use crate::{Column, Row, Sql, StoreError, Tx, values};

/// `SELECT` of comments but for whom they name, in the order [`comment`] reads, followed by the rest of the statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.room_id, c.about, c.author_id, u.display_name, c.text, c.version, c.created_at, c.edited_at
             FROM comments c LEFT JOIN users u ON u.id = c.author_id ",
            $rest
        )
    };
}

/// Writes a new one; [`mention`] keeps whom it names.
pub async fn insert(tx: &mut Tx<'_>, comment: &Comment) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO comments (id, room_id, about, author_id, text, version, created_at, edited_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values![
            comment.id,
            comment.room,
            comment.about.map(|about| about.to_string()),
            comment.author.as_ref().map(|author| author.id),
            &comment.text,
            comment.version,
            comment.created_at,
            comment.edited_at
        ],
    )
    .await?;
    Ok(())
}

/// Names `users` in a comment, and nobody else any more. Answers whom it never named before.
pub async fn mention(tx: &mut Tx<'_>, id: CommentId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
    tx.execute("UPDATE comment_mentions SET named = FALSE WHERE comment_id = $1", values![id]).await?;
    let columns = [Column::Uuids(users.iter().map(|user| user.uuid()).collect()), Column::Uuids(vec![id.uuid(); users.len()])];
    if users.is_empty() {
        return Ok(Vec::new());
    }
    tx.batch(
        Sql::each(
            "UPDATE comment_mentions SET named = TRUE WHERE user_id = $1 AND comment_id = $2",
            "UPDATE comment_mentions m SET named = TRUE FROM unnest($1::uuid[], $2::uuid[]) AS w (user_id, comment_id)
             WHERE m.user_id = w.user_id AND m.comment_id = w.comment_id",
        ),
        &columns,
    )
    .await?;
    let fresh = tx
        .batch_insert(
            Sql::each(
                "INSERT INTO comment_mentions (user_id, comment_id, named) VALUES ($1, $2, TRUE)
                 ON CONFLICT (comment_id, user_id) DO NOTHING",
                "INSERT INTO comment_mentions (user_id, comment_id, named)
                 SELECT user_id, comment_id, TRUE FROM unnest($1::uuid[], $2::uuid[]) AS w (user_id, comment_id)
                 ON CONFLICT (comment_id, user_id) DO NOTHING RETURNING user_id",
            ),
            &columns,
        )
        .await?;
    Ok(fresh.into_iter().map(UserId::from_uuid).collect())
}

/// One of a room, locked until the transaction ends.
pub async fn lock(tx: &mut Tx<'_>, room: RoomId, id: CommentId) -> Result<Option<Comment>, StoreError> {
    let sql = Sql::each(
        select!("WHERE c.id = $1 AND c.room_id = $2"),
        select!("WHERE c.id = $1 AND c.room_id = $2 FOR NO KEY UPDATE OF c"),
    );
    let found = tx.optional(sql, values![id, room], comment).await?;
    Ok(with_mentions(tx, found.into_iter().collect()).await?.pop())
}

pub(crate) const PAGE: &str =
    select!("WHERE c.room_id = $1 AND (c.created_at, c.id) < ($2, $3) ORDER BY c.created_at DESC, c.id DESC LIMIT $4");

pub(crate) const PAGE_ABOUT: &str = select!(
    "WHERE c.room_id = $1 AND c.about = $5 AND (c.created_at, c.id) < ($2, $3)
     ORDER BY c.created_at DESC, c.id DESC LIMIT $4"
);

/// A page of those in a room, or of those about one thing, newest first.
pub async fn page(
    tx: &mut Tx<'_>,
    (room, about): (RoomId, Option<About>),
    before: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Comment>, StoreError> {
    let before = before.unwrap_or(Cursor::new(Instant::MAX, uuid::Uuid::max()));
    let found = match about {
        None => tx.all(PAGE, values![room, before.at, before.id, limit], comment).await?,
        Some(about) => tx.all(PAGE_ABOUT, values![room, before.at, before.id, limit, about.to_string()], comment).await?,
    };
    with_mentions(tx, found).await
}

/// Writes back what may change of one that was locked; [`mention`] keeps whom it names.
pub async fn update(tx: &mut Tx<'_>, comment: &Comment) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE comments SET text = $2, version = $3, edited_at = $4 WHERE id = $1",
        values![comment.id, &comment.text, comment.version, comment.edited_at],
    )
    .await?;
    Ok(())
}

/// Deletes one of a room, with the reactions to it.
pub async fn delete(tx: &mut Tx<'_>, room: RoomId, id: CommentId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM comments WHERE id = $1 AND room_id = $2", values![id, room]).await?;
    reactions::forget(tx, room, &[About::Comment(id)]).await
}

/// Some rooms with more than `keep` comments, and how many they have beyond that.
pub async fn overfull(tx: &mut Tx<'_>, keep: u32, limit: u32) -> Result<Vec<(RoomId, i64)>, StoreError> {
    let sql = "SELECT room_id, count(*) - $1 FROM comments GROUP BY room_id HAVING count(*) > $1 ORDER BY room_id LIMIT $2";
    tx.all(sql, values![keep, limit], |row| Ok((row.get(0)?, row.get(1)?))).await
}

/// Forgets the first `many` of a room, with the reactions to them; answers how many are gone.
pub async fn trim(tx: &mut Tx<'_>, room: RoomId, many: i64) -> Result<u64, StoreError> {
    let gone = tx
        .all(
            "DELETE FROM comments WHERE id IN
                 (SELECT id FROM comments WHERE room_id = $1 ORDER BY created_at, id LIMIT $2) RETURNING id",
            values![room, many],
            |row| Ok(About::Comment(row.get(0)?)),
        )
        .await?;
    reactions::forget(tx, room, &gone).await?;
    Ok(gone.len() as u64)
}

async fn with_mentions(tx: &mut Tx<'_>, mut comments: Vec<Comment>) -> Result<Vec<Comment>, StoreError> {
    if comments.is_empty() {
        return Ok(comments);
    }
    let columns = [Column::Uuids(comments.iter().map(|comment| comment.id.uuid()).collect())];
    let mut named: Vec<(CommentId, UserId)> = tx.batch_all(MENTIONS, &columns, |row| Ok((row.get(0)?, row.get(1)?))).await?;
    named.sort_unstable();
    for comment in &mut comments {
        let from = named.partition_point(|(id, _)| *id < comment.id);
        let of_it = named[from..].iter().take_while(|(id, _)| *id == comment.id);
        comment.mentions = of_it.map(|(_, user)| *user).collect();
    }
    Ok(comments)
}

pub(crate) const MENTIONS: Sql = Sql::each(
    "SELECT comment_id, user_id FROM comment_mentions WHERE comment_id = $1 AND named",
    "SELECT comment_id, user_id FROM comment_mentions WHERE comment_id = ANY ($1::uuid[]) AND named",
);

fn comment(row: &Row<'_>) -> Result<Comment, StoreError> {
    let author = match (row.get(3)?, row.get(4)?) {
        (Some(id), Some(name)) => Some(Author { id, name }),
        _ => None,
    };
    Ok(Comment {
        id: row.get(0)?,
        room: row.get(1)?,
        about: row.get::<Option<String>>(2)?.map(|_| row.parse(2)).transpose()?,
        author,
        text: row.get(5)?,
        mentions: Vec::new(),
        version: row.get(6)?,
        created_at: row.get(7)?,
        edited_at: row.get(8)?,
    })
}

//! Comments: list, say, change, take back.

use std::sync::Arc;

use domain::{
    identity::Caller,
    rooms::{About, Author, COMMENTS, Comment, Deed, MAX_MENTIONS, Reaction, RoomError, Saying},
};
use kernel::{CommentId, Cursor, Entropy, FieldError, Instant, RoomId, UserId};
use store::{
    Tx, UseCase,
    rooms::{comments as rows, items, reactions},
};

use super::{
    event, hold, look,
    mention::{Held, tell_named},
    pace, tell,
};
use crate::{
    Answer, App, Effects, Error, Once,
    calendar::{Expected, Page},
    once::Render,
};

/// A comment, and what people think of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// The comment.
    pub comment: Comment,
    /// The reactions to it, as whoever asks sees them.
    pub reactions: Vec<Reaction>,
}

struct List {
    user: UserId,
    room: RoomId,
    about: Option<About>,
    before: Option<Cursor>,
    limit: u32,
}

impl UseCase for List {
    type Out = Vec<Noted>;
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        look(tx, self.user, self.room, Deed::Read).await?;
        let found = rows::page(tx, (self.room, self.about), self.before, self.limit + 1).await?;
        let abouts: Vec<About> = found.iter().map(|comment| About::Comment(comment.id)).collect();
        let mut reactions = reactions::of(tx, (self.room, self.user), &abouts).await?;
        let noted = |comment: Comment| {
            let reactions = reactions.remove(&About::Comment(comment.id)).unwrap_or_default();
            Noted { comment, reactions }
        };
        Ok(found.into_iter().map(noted).collect())
    }
}

/// A page of the comments in a room the caller is in, newest first; of those about one thing, where that is given.
pub async fn comments(
    app: &App,
    caller: &Caller,
    (room, about): (RoomId, Option<About>),
    (before, limit): (Option<Cursor>, u32),
) -> Result<Page<Noted>, Error> {
    let items = app.store().read(List { user: caller.user, room, about, before, limit }).await?;
    Ok(Page::cut(items, limit, |noted| Cursor::new(noted.comment.created_at, noted.comment.id.uuid())))
}

struct Say {
    user: UserId,
    room: RoomId,
    about: Option<About>,
    saying: Saying,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Say {
    type Out = (Noted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self { user, room, about, now, .. } = *self;
        let Saying { text, mentions } = self.saying.clone();
        let held = Held::of(tx, room, user, &mentions).await?;
        held.standing(user)?.may(Deed::Publish)?;
        held.may_name(&mentions)?;
        pace::count(tx, ("comments", &COMMENTS), (room, user), 1, now).await?;
        if let Some(about) = about
            && !items::lock(tx, room, about).await?
        {
            return Err(RoomError::Invalid(vec![FieldError::new("/about", RoomError::NothingThere.to_string())]).into());
        }
        let by = (now, &*self.entropy);
        let author = author(tx, user).await?;
        let id = CommentId::mint(now, &*self.entropy);
        let comment = Comment {
            id,
            room,
            about,
            author: Some(author.clone()),
            text,
            mentions,
            version: 1,
            created_at: now,
            edited_at: None,
        };
        rows::insert(tx, &comment).await?;
        let mut facts = vec![event::comment_created(&comment, user, by)];
        facts.extend(tell_named(tx, &comment, &author, by).await?);
        let mut effects = Effects::default();
        tell(tx, &mut effects, facts, (room, user), now).await?;
        Ok((Noted { comment, reactions: Vec::new() }, effects))
    }
}

async fn author(tx: &mut Tx<'_>, user: UserId) -> Result<Author, Error> {
    let found = store::identity::users::find(tx, user).await?.ok_or(RoomError::NotFound)?;
    Ok(Author { id: user, name: found.display_name.as_str().to_owned() })
}

/// Says something in a room in which the caller is a member or an owner, perhaps about something there.
pub async fn comment(
    app: &App,
    caller: &Caller,
    (room, about): (RoomId, Option<About>),
    saying: Saying,
    once: Option<Once>,
    render: Render<Noted>,
) -> Result<Answer, Error> {
    let case = Say { user: caller.user, room, about, saying: saying.check()?, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Edit {
    user: UserId,
    room: RoomId,
    id: CommentId,
    text: Option<String>,
    mentions: Option<Vec<UserId>>,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Edit {
    type Out = (Noted, Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self { user, room, id, now, .. } = *self;
        // No more of them than are one too many, which is refused below.
        let named = self.mentions.as_deref().unwrap_or_default();
        let held = Held::of(tx, room, user, &named[..named.len().min(MAX_MENTIONS + 1)]).await?;
        let standing = held.standing(user)?;
        pace::count(tx, ("comments", &COMMENTS), (room, user), 1, now).await?;
        let mut comment = rows::lock(tx, room, id).await?.ok_or(RoomError::CommentNotFound)?;
        comment.may_change(user, standing)?;
        let current = comment.version;
        self.expected.fits(current, false).map_err(|_| RoomError::CommentVersionMismatch { current })?;
        let text = self.text.clone().unwrap_or_else(|| comment.text.clone());
        let mentions = self.mentions.clone().unwrap_or_else(|| comment.mentions.clone());
        let saying = Saying { text, mentions }.check()?;
        // Whom it names already may have gone by now, and stays named.
        let fresh: Vec<UserId> = saying.mentions.iter().copied().filter(|user| !comment.mentions.contains(user)).collect();
        held.may_name(&fresh)?;
        let mut effects = Effects::default();
        if comment.change(saying, now) {
            rows::update(tx, &comment).await?;
            let by = (now, &*self.entropy);
            let author = author(tx, user).await?;
            let mut facts = vec![event::comment_updated(&comment, user, by)];
            facts.extend(tell_named(tx, &comment, &author, by).await?);
            tell(tx, &mut effects, facts, (room, user), now).await?;
        }
        let about = About::Comment(id);
        let reactions = reactions::of(tx, (room, user), &[about]).await?.remove(&about).unwrap_or_default();
        Ok((Noted { comment, reactions }, effects))
    }
}

/// Changes what a comment of the caller says, or whom it names. What is not given stays.
pub async fn edit_comment(
    app: &App,
    caller: &Caller,
    (room, id, expected): (RoomId, CommentId, Expected),
    (text, mentions): (Option<String>, Option<Vec<UserId>>),
    once: Option<Once>,
    render: Render<Noted>,
) -> Result<Answer, Error> {
    let case = Edit { user: caller.user, room, id, text, mentions, expected, now: app.now(), entropy: app.entropy() };
    app.commit_once(case, once, render).await
}

struct Delete {
    user: UserId,
    room: RoomId,
    id: CommentId,
    expected: Expected,
    now: Instant,
    entropy: Arc<dyn Entropy>,
}

impl UseCase for Delete {
    type Out = ((), Effects);
    type Error = Error;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Out, Error> {
        let Self { user, room, id, now, .. } = *self;
        let standing = hold(tx, user, room).await?;
        let comment = rows::lock(tx, room, id).await?.ok_or(RoomError::CommentNotFound)?;
        comment.may_delete(user, standing)?;
        let current = comment.version;
        self.expected.fits(current, false).map_err(|_| RoomError::CommentVersionMismatch { current })?;
        rows::delete(tx, room, id).await?;
        let mut effects = Effects::default();
        let facts = vec![event::comment_deleted(&comment, user, (now, &*self.entropy))];
        tell(tx, &mut effects, facts, (room, user), now).await?;
        Ok(((), effects))
    }
}

/// Deletes a comment: the caller its author, or an owner of the room.
pub async fn delete_comment(
    app: &App,
    caller: &Caller,
    (room, id, expected): (RoomId, CommentId, Expected),
) -> Result<(), Error> {
    app.commit(Delete { user: caller.user, room, id, expected, now: app.now(), entropy: app.entropy() }).await
}

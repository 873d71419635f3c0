//! `/api/v1/rooms/{id}/comments`: list, say, change, delete.

use std::sync::Arc;

use app::{
    App, Rendered,
    domain::rooms::{About, Comment, RoomError, Saying},
    rooms::{self, Noted},
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{CommentId, FieldError, Instant, RoomId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::reactions::ReactionView;
use crate::http::{Caller, IfMatch, Path, Problem, Query, Write, answer, etag, json, page, rendered};

/// Which comments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Section {
    /// Only those about this: the id of an event, of a schedule, or of a comment.
    #[param(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    about: Option<String>,
    /// Rows of the page, 50 unless given; who asks for more than 200 gets 200.
    #[param(minimum = 1)]
    limit: Option<i64>,
    /// Where to go on: `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of comments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentPage {
    /// The newest first.
    comments: Vec<CommentView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Comment)]
pub(crate) struct CommentView {
    /// Its id.
    #[schema(value_type = String, example = "cmt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    id: CommentId,
    /// In which room.
    #[schema(value_type = String, example = "rom_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    room_id: RoomId,
    /// What it is about: an event, a schedule, or a comment; null: it is just said.
    #[schema(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    about: Option<String>,
    /// Who wrote it; null if they have no account any more.
    #[schema(value_type = Option<String>, example = "usr_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    author_id: Option<UserId>,
    /// What they are called.
    #[schema(example = "Ada")]
    author: Option<String>,
    /// What it says.
    #[schema(example = "See you there!")]
    text: String,
    /// Whom it names.
    #[schema(value_type = Vec<String>)]
    mentions: Vec<UserId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was last changed, if it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    edited_at: Option<Instant>,
    /// Grows with every change; the ETag.
    version: i64,
    /// What people think of it, the reaction that was given first coming first.
    reactions: Vec<ReactionView>,
}

impl From<&Noted> for CommentView {
    fn from(Noted { comment, reactions }: &Noted) -> Self {
        let Comment { id, room, about, author, text, mentions, version, created_at, edited_at } = comment;
        Self {
            id: *id,
            room_id: *room,
            about: about.map(|about| about.to_string()),
            author_id: author.as_ref().map(|author| author.id),
            author: author.as_ref().map(|author| author.name.clone()),
            text: text.clone(),
            mentions: mentions.clone(),
            created_at: *created_at,
            edited_at: *edited_at,
            version: *version,
            reactions: reactions.iter().map(ReactionView::from).collect(),
        }
    }
}

fn shown(status: StatusCode, noted: &Noted) -> Rendered {
    rendered(status, None, Some(&etag(noted.comment.version)), &CommentView::from(noted))
}

/// List comments
///
/// Those of a room, or those about one thing in it, the newest first. Comments about what is no more are still there.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/comments", tag = "rooms", params(("id" = String, Path, description = "The room"), Section),
    responses((status = 200, description = "A page", body = CommentPage))
)]
pub(crate) async fn list_comments(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    Query(section): Query<Section>,
) -> Result<Response, Problem> {
    let limit = page::limit(section.limit)?;
    let about = section.about.as_deref().map(str::parse::<About>).transpose();
    let about = about.map_err(|unknown| page::invalid("/about", unknown.to_string()))?;
    let said = about.map(|about| about.to_string()).unwrap_or_default();
    let scope = format!("comments of {id} about {said} for {}", caller.0.user);
    let before = page::cursor(&scope, section.cursor.as_deref())?;
    let page = rooms::comments(&app, &caller.0, (id, about), (before, limit)).await?;
    let next_cursor = page.next.map(|next| next.encode(&scope));
    Ok(json(StatusCode::OK, &CommentPage { comments: page.items.iter().map(CommentView::from).collect(), next_cursor }))
}

/// What somebody wants to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComment {
    /// What it is about: an event kept in the room, a schedule shared with it, or another comment. Left out: it is just said.
    #[schema(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    about: Option<String>,
    /// At most 4,000 characters, of which one is seen.
    #[schema(min_length = 1, max_length = 4000, example = "See you there!")]
    text: String,
    /// Whom it names, at most 20 who are in the room: each is told in their inbox.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 20)]
    mentions: Vec<UserId>,
}

/// Comment
///
/// For members and owners. Everybody who follows the room is told (`comment.created`), and whom it names also in their inbox.
#[utoipa::path(
    post, path = "/api/v1/rooms/{id}/comments", tag = "rooms", request_body = NewComment,
    params(("id" = String, Path, description = "The room")),
    responses((status = 201, description = "The comment", body = CommentView, headers(("etag" = String))))
)]
pub(crate) async fn create_comment(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(id): Path<RoomId>,
    request: Write<NewComment>,
) -> Result<Response, Problem> {
    let NewComment { about, text, mentions } = request.body;
    let about = about.as_deref().map(str::parse::<About>).transpose();
    let about = about.map_err(|unknown| Problem::of(RoomError::Invalid(vec![FieldError::new("/about", unknown.to_string())])))?;
    let shown = |noted: &Noted| shown(StatusCode::CREATED, noted);
    let saying = Saying { text, mentions };
    Ok(answer(rooms::comment(&app, &caller.0, (id, about), saying, request.once, Arc::new(shown)).await?))
}

/// What shall change; what is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentChange {
    /// At most 4,000 characters, of which one is seen.
    #[schema(min_length = 1, max_length = 4000)]
    text: Option<String>,
    /// Whom it names: those who come to it must be in the room.
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    mentions: Option<Vec<UserId>>,
}

/// Change a comment
///
/// For its author. Whom it named before is not told again. With `If-Match` only if nothing changed it meanwhile.
#[utoipa::path(
    patch, path = "/api/v1/rooms/{id}/comments/{comment_id}", tag = "rooms", request_body = CommentChange,
    params(
        ("id" = String, Path, description = "The room"),
        ("comment_id" = String, Path, description = "The comment"),
        ("if-match" = Option<String>, Header, description = "ETag, or *")
    ),
    responses(
        (status = 200, description = "As it is now", body = CommentView, headers(("etag" = String))),
        (status = 403, description = "`comment.not_yours`, or `room.forbidden`"),
        (status = 412, description = "`comment.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn change_comment(
    Extract(app): Extract<App>,
    caller: Caller,
    Path((room, id)): Path<(RoomId, CommentId)>,
    if_match: IfMatch,
    request: Write<CommentChange>,
) -> Result<Response, Problem> {
    let CommentChange { text, mentions } = request.body;
    let shown = |noted: &Noted| shown(StatusCode::OK, noted);
    let target = (room, id, if_match.into());
    Ok(answer(rooms::edit_comment(&app, &caller.0, target, (text, mentions), request.once, Arc::new(shown)).await?))
}

/// Delete a comment
///
/// For its author, and for owners of the room. Comments about it stay.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/comments/{comment_id}", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room"),
        ("comment_id" = String, Path, description = "The comment"),
        ("if-match" = Option<String>, Header, description = "ETag, or *")
    ),
    responses(
        (status = 204, description = "Gone"),
        (status = 403, description = "`comment.not_yours`, or `room.forbidden`"),
        (status = 412, description = "`comment.version_mismatch`: it was changed meanwhile"),
    )
)]
pub(crate) async fn delete_comment(
    Extract(app): Extract<App>,
    caller: Caller,
    Path((room, id)): Path<(RoomId, CommentId)>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    rooms::delete_comment(&app, &caller.0, (room, id, if_match.into())).await?;
    Ok(StatusCode::NO_CONTENT)
}

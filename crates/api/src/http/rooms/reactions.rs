//! `/api/v1/rooms/{id}/reactions`: give, take back, read.

use app::{
    App,
    domain::rooms::{About, Reaction},
    rooms,
};
use axum::{extract::State as Extract, response::Response};
use http::StatusCode;
use kernel::{Category, RoomId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Caller, Path, Problem, Query, json, page};

/// Things that are asked about at once.
const MAX_ABOUTS: usize = 100;

/// A reaction
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reaction)]
pub(crate) struct ReactionView {
    /// The sign.
    #[schema(example = "👍")]
    emoji: String,
    /// How many gave it.
    count: i64,
    /// Whether you are among them.
    mine: bool,
}

impl From<&Reaction> for ReactionView {
    fn from(Reaction { emoji, count, mine }: &Reaction) -> Self {
        Self { emoji: emoji.clone(), count: *count, mine: *mine }
    }
}

/// The reactions to one thing
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reactions)]
pub(crate) struct ReactionsView {
    /// To what: the id of an event, of a schedule, or of a comment.
    #[schema(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    about: String,
    /// The one that was given first coming first.
    reactions: Vec<ReactionView>,
}

impl ReactionsView {
    fn of(about: About, reactions: &[Reaction]) -> Self {
        Self { about: about.to_string(), reactions: reactions.iter().map(ReactionView::from).collect() }
    }
}

/// To what, from the path.
fn about(text: &str) -> Result<About, Problem> {
    text.parse().map_err(|unknown| Problem::new(Category::Malformed, "id.malformed", format!("{unknown}")))
}

/// React
///
/// For members and owners: gives an event kept in the room, a schedule shared with it, or a comment a sign, percent-encoded: one emoji, at most
/// eight Unicode scalars. The same again changes nothing.
#[utoipa::path(
    put, path = "/api/v1/rooms/{id}/reactions/{about}/{emoji}", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room"),
        ("about" = String, Path, description = "To what: the id of an event, of a schedule, or of a comment"),
        ("emoji" = String, Path, description = "The sign", example = "👍")
    ),
    responses(
        (status = 200, description = "All reactions to it", body = ReactionsView),
        (status = 404, description = "`room.not_found`, or `room.item_not_found`"),
        (status = 409, description = "`reaction.too_many` of yours, or `reaction.too_many_kinds` of all"),
        (status = 422, description = "`room.invalid`: this is no emoji"),
    )
)]
pub(crate) async fn react(
    Extract(app): Extract<App>,
    caller: Caller,
    Path((room, what, emoji)): Path<(RoomId, String, String)>,
) -> Result<Response, Problem> {
    let about = about(&what)?;
    let reactions = rooms::react(&app, &caller.0, (room, about), &emoji).await?;
    Ok(json(StatusCode::OK, &ReactionsView::of(about, &reactions)))
}

/// Take a reaction back
///
/// One you did not give is taken back already.
#[utoipa::path(
    delete, path = "/api/v1/rooms/{id}/reactions/{about}/{emoji}", tag = "rooms",
    params(
        ("id" = String, Path, description = "The room"),
        ("about" = String, Path, description = "To what: the id of an event, of a schedule, or of a comment"),
        ("emoji" = String, Path, description = "The sign", example = "👍")
    ),
    responses(
        (status = 200, description = "The reactions that are left", body = ReactionsView),
        (status = 422, description = "`room.invalid`: this is no emoji"),
    )
)]
pub(crate) async fn take_back(
    Extract(app): Extract<App>,
    caller: Caller,
    Path((room, what, emoji)): Path<(RoomId, String, String)>,
) -> Result<Response, Problem> {
    let about = about(&what)?;
    let reactions = rooms::take_back(&app, &caller.0, (room, about), &emoji).await?;
    Ok(json(StatusCode::OK, &ReactionsView::of(about, &reactions)))
}

/// To what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Abouts {
    /// Ids of events, schedules and comments, with commas between them, at most 100.
    #[param(example = "evt_01jd2n9w3fkz8q4v6x0c5b7m1t")]
    about: String,
}

/// Reactions to many things
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReactionsOfMany {
    /// In the order they were asked for, each once.
    items: Vec<ReactionsView>,
}

/// Read the reactions to things of a room
///
/// Of what is not in the room, or has none, there are none.
#[utoipa::path(
    get, path = "/api/v1/rooms/{id}/reactions", tag = "rooms", params(("id" = String, Path, description = "The room"), Abouts),
    responses((status = 200, description = "The reactions", body = ReactionsOfMany))
)]
pub(crate) async fn list_reactions(
    Extract(app): Extract<App>,
    caller: Caller,
    Path(room): Path<RoomId>,
    Query(asked): Query<Abouts>,
) -> Result<Response, Problem> {
    let mut abouts: Vec<About> = Vec::new();
    for text in asked.about.split(',') {
        let about = text.parse().map_err(|unknown| page::invalid("/about", format!("{unknown}, with commas between several")))?;
        if !abouts.contains(&about) {
            abouts.push(about);
        }
        if abouts.len() > MAX_ABOUTS {
            return Err(page::invalid("/about", "at most 100 ids"));
        }
    }
    let found = rooms::reactions(&app, &caller.0, (room, abouts)).await?;
    let items = found.iter().map(|(about, reactions)| ReactionsView::of(*about, reactions)).collect();
    Ok(json(StatusCode::OK, &ReactionsOfMany { items }))
}

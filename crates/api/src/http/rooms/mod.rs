//! Rooms, who is in them, and how people come in: one endpoint, one file.

mod accept;
mod comments;
mod create;
mod delete;
mod events;
mod get;
mod invitations;
mod leave;
mod list;
mod members;
mod presence;
mod publish;
mod reactions;
mod read;
mod rename;
mod schedules;
mod view;

use app::domain::identity::Scope;
use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::RoomsRead), Access::Scoped(Scope::RoomsWrite));
    Routes::new()
        .add(write, routes!(create::create_room))
        .add(read, routes!(list::list_rooms))
        .add(read, routes!(get::get_room))
        .add(write, routes!(rename::rename_room))
        .add(write, routes!(delete::delete_room))
        .add(write, routes!(leave::leave_room))
        .add(read, routes!(events::list_events))
        .add(read, routes!(read::count_unread))
        // Who may read may say so.
        .add(read, routes!(read::mark_room))
        .add(read, routes!(presence::read_presence))
        .add(read, routes!(presence::beat))
        .add(Access::Scoped(Scope::EventsPublish), routes!(publish::publish))
        .add(read, routes!(comments::list_comments))
        .add(write, routes!(comments::create_comment))
        .add(write, routes!(comments::change_comment))
        .add(write, routes!(comments::delete_comment))
        .add(read, routes!(reactions::list_reactions))
        .add(write, routes!(reactions::react))
        .add(write, routes!(reactions::take_back))
        .add(read, routes!(schedules::list_schedules))
        // Who shares a schedule shows what it says, to themselves as well.
        .add(Access::All(&[Scope::RoomsWrite, Scope::SchedulesRead]), routes!(schedules::share_schedule))
        .add(write, routes!(schedules::end_share))
        .add(read, routes!(members::list_members))
        .add(write, routes!(members::change_member))
        .add(write, routes!(members::remove_member))
        .add(write, routes!(invitations::invite))
        // A link lets people in, so only those who may make one see which there are.
        .add(write, routes!(invitations::list_invitations))
        .add(write, routes!(invitations::revoke_invitation))
        .add(write, routes!(accept::accept_invitation))
}

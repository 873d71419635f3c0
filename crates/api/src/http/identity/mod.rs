//! The HTTP endpoints of identity, one file each.

mod change_password;
mod change_profile;
mod client;
mod cookies;
mod create_api_key;
mod delete_api_key;
mod issue_ticket;
mod key_set;
mod list_api_keys;
mod list_sessions;
mod log_in;
mod log_out;
mod read_profile;
mod refresh;
mod revoke_session;
mod sign_up;
mod usage;
mod view;

use utoipa_axum::routes;

use super::{Access, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .add(Access::Public, routes!(sign_up::sign_up))
        .add(Access::Public, routes!(log_in::log_in))
        .add(Access::Public, routes!(refresh::refresh))
        .add(Access::User, routes!(log_out::log_out))
        .add(Access::User, routes!(issue_ticket::issue_ticket))
        .add(Access::User, routes!(list_sessions::list_sessions))
        .add(Access::User, routes!(revoke_session::revoke_session))
        .add(Access::User, routes!(read_profile::read_profile))
        .add(Access::User, routes!(usage::read_usage))
        .add(Access::User, routes!(change_profile::change_profile))
        .add(Access::User, routes!(change_password::change_password))
        .add(Access::User, routes!(create_api_key::create_api_key))
        .add(Access::User, routes!(list_api_keys::list_api_keys))
        .add(Access::User, routes!(delete_api_key::delete_api_key))
        .add(Access::Public, routes!(key_set::key_set))
}

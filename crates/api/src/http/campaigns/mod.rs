//! Products, whom their owners can tell, who waits for what, and rounds of telling them.

mod import;
mod named;
mod products;
mod recipients;
mod rounds;
mod stock;
mod subscriptions;
mod view;

use app::{
    Error,
    domain::{campaigns::CampaignError, identity::Scope},
};
use serde::Serialize;
use utoipa_axum::routes;

use super::{Access, Problem, Routes};

/// The routes of this folder.
pub(crate) fn routes() -> Routes {
    let (read, write) = (Access::Scoped(Scope::CampaignsRead), Access::Scoped(Scope::CampaignsWrite));
    Routes::new()
        .add(write, routes!(products::put_product))
        .add(read, routes!(products::list_products))
        .add(read, routes!(products::get_product))
        .add(write, routes!(products::delete_product))
        .add(write, routes!(stock::set_stock))
        .add(write, routes!(import::import_subscriptions))
        .add(read, routes!(subscriptions::list_subscriptions))
        .add(read, routes!(subscriptions::get_subscription))
        .add(write, routes!(subscriptions::subscribe))
        .add(write, routes!(subscriptions::unsubscribe))
        .add(write, routes!(recipients::put_recipient))
        .add(read, routes!(recipients::list_recipients))
        .add(read, routes!(recipients::get_recipient))
        .add(write, routes!(recipients::delete_recipient))
        .merge(rounds::routes(read, write))
}

/// A line of a file that cannot be taken over.
#[derive(Serialize)]
struct BadLineView<'a> {
    line: u64,
    code: &'static str,
    detail: &'a str,
}

/// A refusal, with the bad lines of a file where it is about those.
fn refused(error: Error) -> Problem {
    let Some(CampaignError::BadLines { lines, count }) = error.downcast_ref() else { return error.into() };
    let shown: Vec<_> = lines.iter().map(|bad| BadLineView { line: bad.line, code: bad.code, detail: &bad.detail }).collect();
    let (shown, count) = (serde_json::json!(shown), *count);
    Problem::from(error).with("lines", &shown).with("bad_lines", &count)
}

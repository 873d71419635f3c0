//! What the stream of an owner says of their rounds.

use kernel::{EventId, Instant, StreamId, UserId};
use serde_json::json;
use store::streams::Draft;

use super::{By, Shown};

/// `campaign.changed`: the whole round.
pub(super) fn changed(shown: &Shown, owner: UserId, (now, entropy): By<'_>) -> Draft {
    let (stream, id) = (StreamId::from(owner), EventId::mint(now, entropy));
    Draft { stream, id, kind: "campaign.changed".into(), data: data(shown) }
}

/// The same JSON that is answered over HTTP.
fn data(Shown { product, key, round, last, first_unsent }: &Shown) -> String {
    let last = last.as_ref().map(|line| json!({ "position": line.position, "user_id": line.external_id, "name": line.name }));
    let at = |instant: Option<Instant>| instant.map(|instant| instant.to_string());
    json!({
        "product_id": key,
        "id": product,
        "round": round.number,
        "status": round.state.as_str(),
        "cause": round.cause.as_str(),
        "total": round.total,
        "frozen": round.frozen,
        "sent": round.sent,
        "skipped": round.skipped,
        "failed": round.failed,
        "waiting": round.waiting(),
        "in_flight": round.in_flight,
        "unknown": round.unknown,
        "last_recipient": last,
        "first_unsent": first_unsent,
        "rate_per_second": round.rate,
        "strict": round.strict,
        "started_at": at(Some(round.started_at)),
        "paused_at": at(round.paused_at),
        "finished_at": at(round.finished_at),
        "expires_at": at(round.expires_at),
        "version": round.version,
    })
    .to_string()
}

//! What `campaign` says to a server. A product is called by characters that a path takes as they are.

use reqwest::{Method, Response, Version, header};
use serde_json::json;

use super::{Client, Refusal, accepted, answers};

/// What is to become of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steer {
    /// This one is held up.
    Pause(i64),
    /// This one ends.
    Cancel(i64),
    /// The last one goes on.
    Resume,
}

impl Client {
    /// A round of a product; the last one, if none is named. `None`: there was none yet.
    pub(crate) async fn round(&self, product: &str, number: Option<i64>) -> Result<Option<answers::Round>, Refusal> {
        let rounds = format!("/api/v1/products/{product}/rounds");
        match number {
            Some(number) => self.get(&format!("{rounds}/{number}")).await.map(Some),
            None => Ok(self.get::<answers::Rounds>(&format!("{rounds}?limit=1")).await?.items.into_iter().next()),
        }
    }

    /// Stops a round, lets it go on or ends it; answers how it stands then.
    pub(crate) async fn steer(&self, product: &str, steer: Steer) -> Result<answers::Round, Refusal> {
        let of_product = format!("/api/v1/admin/products/{product}");
        let path = match steer {
            Steer::Pause(round) => format!("{of_product}/rounds/{round}/pause"),
            Steer::Cancel(round) => format!("{of_product}/rounds/{round}/cancel"),
            Steer::Resume => format!("{of_product}/notifications/re-stock"),
        };
        self.post(&path, &json!({}), None).await
    }

    /// The ledger of a round, to be read as it comes: `csv` or `json`.
    pub(crate) async fn export(&self, product: &str, round: i64, format: &str) -> Result<Response, Refusal> {
        let path = format!("/api/v1/products/{product}/rounds/{round}/export?format={format}");
        let ledger = accepted(self.request(Method::GET, &path).send().await?).await?;
        // Where a connection that is closed is the end, one that breaks off looks like it.
        let says_its_end = ledger.content_length().is_some() || ledger.headers().contains_key(header::TRANSFER_ENCODING);
        if says_its_end || ledger.version() >= Version::HTTP_2 {
            return Ok(ledger);
        }
        Err(Refusal::Odd("it does not say where the export ends, so nobody could tell whether all of it came".to_owned()))
    }
}

//! What the paths of this folder name.

use app::domain::campaigns::{CampaignError, ProductName};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::Problem;

/// A product.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfProduct {
    /// What you call it, or its id
    #[param(max_length = 128, example = "SKU-4711")]
    pub(super) product_id: String,
}

impl OfProduct {
    /// Which product.
    pub(super) fn named(&self) -> Result<ProductName, Problem> {
        product(&self.product_id)
    }
}

/// A round of a product.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfRound {
    /// What you call it, or its id
    #[param(max_length = 128, example = "SKU-4711")]
    pub(super) product_id: String,
    /// Its number
    #[param(example = 1)]
    pub(super) round: i64,
}

impl OfRound {
    /// Which product, and which of its rounds.
    pub(super) fn named(&self) -> Result<(ProductName, i64), Problem> {
        Ok((product(&self.product_id)?, self.round))
    }
}

/// Somebody who waits for a product, or might.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfSubscriber {
    /// What you call it, or its id
    #[param(max_length = 128, example = "SKU-4711")]
    pub(super) product_id: String,
    /// Who: the id of an account, or what you call them
    #[param(max_length = 128)]
    pub(super) user_id: String,
}

/// Somebody in an address book.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfRecipient {
    /// What you call them
    #[param(max_length = 128, example = "customer-7")]
    pub(super) external_id: String,
}

fn product(path: &str) -> Result<ProductName, Problem> {
    ProductName::read(path).ok_or_else(|| Problem::of(CampaignError::ProductNotFound))
}

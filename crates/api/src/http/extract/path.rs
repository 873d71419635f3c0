//! Parameters of the path.

use axum::extract::{FromRequestParts, Path as Inner};
use http::request::Parts;
use kernel::Category;
use serde::de::DeserializeOwned;

use crate::http::Problem;

/// The parameters of the path as a `T`: an id that is not one is malformed (400), and never looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Inner::<T>::from_request_parts(parts, state).await {
            Ok(Inner(value)) => Ok(Self(value)),
            Err(rejection) if rejection.status().is_client_error() => {
                Err(Problem::new(Category::Malformed, "id.malformed", rejection.body_text()))
            }
            Err(rejection) => Err(Problem::internal(&rejection)),
        }
    }
}

//! A request that changes something, and may come twice.

use app::{
    Once,
    domain::{calendar::icalendar, campaigns::import, identity::Credential},
};
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, request::Parts};
use kernel::Category;
use serde::de::DeserializeOwned;

use super::{body, json};
use crate::http::{Caller, Problem, State};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_KEY_BYTES: usize = 255;

/// The body of a POST or PATCH, and the key under which its answer is kept, if the caller chose one.
#[derive(Clone, Debug)]
pub(crate) struct Write<T> {
    /// What is asked.
    pub body: T,
    /// Who asks it, under which key.
    pub once: Option<Once>,
}

/// In place of `T` in [`Write`]: a request without a body. An empty JSON object is let pass, as some clients always send one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoBody;

/// In place of `T` in [`Write`]: a body that may be left out or `null`, both of which mean `T::default()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrEmpty<T>(pub T);

/// In place of `T` in [`Write`]: a file of `text/calendar`, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CalendarFile(pub Bytes);

/// In place of `T` in [`Write`]: a list of people, of `text/csv`, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PeopleFile(pub Bytes);

impl<T: DeserializeOwned> FromRequest<State> for Write<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        json::is_json(request.headers())?;
        let (once, bytes) = read(request, state).await?;
        Ok(Self { body: json::parse(&bytes)?, once })
    }
}

impl FromRequest<State> for Write<NoBody> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let (once, bytes) = read(request, state).await?;
        match bytes.trim_ascii() {
            b"" | b"{}" => Ok(Self { body: NoBody, once }),
            _ => Err(Problem::new(Category::Invalid, "body.invalid", "this request takes no body").field("", "must be empty")),
        }
    }
}

impl<T: DeserializeOwned + Default> FromRequest<State> for Write<OrEmpty<T>> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let is_json = json::is_json(request.headers());
        let (once, bytes) = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self { body: OrEmpty(T::default()), once });
        }
        is_json?;
        Ok(Self { body: OrEmpty(json::parse::<Option<T>>(&bytes)?.unwrap_or_default()), once })
    }
}

impl FromRequest<State> for Write<CalendarFile> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        json::is("text/calendar", request.headers())?;
        let (once, bytes) = read_at_most(icalendar::MAX_BYTES, request, state).await?;
        Ok(Self { body: CalendarFile(bytes), once })
    }
}

impl FromRequest<State> for Write<PeopleFile> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        json::is("text/csv", request.headers())?;
        let (once, bytes) = read_at_most(import::MAX_BYTES, request, state).await?;
        Ok(Self { body: PeopleFile(bytes), once })
    }
}

async fn read(request: Request, state: &State) -> Result<(Option<Once>, Bytes), Problem> {
    read_at_most(body::MAX_BODY_BYTES, request, state).await
}

async fn read_at_most(most: usize, request: Request, state: &State) -> Result<(Option<Once>, Bytes), Problem> {
    body::announces_at_most(most, &request)?;
    let (mut parts, body) = request.into_parts();
    let key = key(&parts.headers)?;
    let bytes = body::read_at_most(most, body, state).await?;
    let once = match key {
        Some(key) => Some(once(&mut parts, state, key, &bytes).await?),
        None => None,
    };
    Ok((once, bytes))
}

/// The key the caller chose, if there is one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let fits = values.next().is_none() && (1..=MAX_KEY_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(text) if fits => Ok(Some(text.to_owned())),
        _ => Err(Problem::new(
            Category::Malformed,
            "idempotency.malformed_key",
            format!("send one Idempotency-Key of 1 to {MAX_KEY_BYTES} visible ASCII characters, such as a UUID"),
        )),
    }
}

async fn once(parts: &mut Parts, state: &State, key: String, body: &[u8]) -> Result<Once, Problem> {
    let route = MatchedPath::from_request_parts(parts, state).await.map_err(|error| Problem::internal(&error))?;
    let route = format!("{} {}", parts.method, route.as_str());
    let asked = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request_hash = hash(&[route.as_bytes(), asked.as_bytes(), body]);
    Ok(Once { principal: principal(parts), request_hash, route, key, sealed: false })
}

fn principal(parts: &Parts) -> String {
    match parts.extensions.get::<Caller>().map(|caller| &caller.0) {
        None => "anonymous".to_owned(),
        Some(caller) => match &caller.credential {
            Credential::Session(_) => caller.user.to_string(),
            Credential::Key { id, .. } => format!("{}/{id}", caller.user),
        },
    }
}

/// SHA-256 over the parts, each behind its length, so that nothing can move from one part into the next.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

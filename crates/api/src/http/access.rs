//! Who may call a route: declared with the route, enforced before its handler.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use app::{
    App,
    domain::identity::{self, Credential, IdentityError, Role, Scope},
};
use axum::{
    body::{Body, HttpBody as _},
    extract::{FromRequestParts, Request, State as Extract},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::future::{Either, select};
use http::{HeaderMap, header, request::Parts};
use http_body_util::BodyExt as _;
use kernel::Category;
use tokio::task::JoinError;
use tracing::Instrument as _;

use super::{
    Peer, Problem, State,
    limits::{Listener, Place, Slot},
    metrics, written,
};

/// The longest bearer credential that is looked at.
const MAX_CREDENTIAL_BYTES: usize = 4_096;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Anybody.
    Public,
    /// Peers on this machine, or whoever the settings let in: operations only.
    Operator,
    /// A signed-in person; service keys may not.
    User,
    /// A signed-in person, or a service key with this scope.
    Scoped(Scope),
    /// As `Scoped`, with all of these scopes.
    All(&'static [Scope]),
    /// A signed-in administrator.
    Administrator,
    /// As `Scoped`, with one of these scopes, or the holder of a one-time `?ticket=`. The answer is a stream: no time limit, no slot.
    Stream(&'static [Scope]),
}

impl Access {
    /// Whether an answer of such a route may go on for hours.
    fn is_stream(self) -> bool {
        matches!(self, Self::Stream(_))
    }

    /// Whether a caller who has proved who they are is let in.
    fn admits(self, caller: &identity::Caller) -> bool {
        let is_person = matches!(caller.credential, Credential::Session(_));
        match self {
            Self::Public | Self::Operator => true,
            Self::User => is_person,
            Self::Scoped(scope) => caller.may(scope),
            Self::All(scopes) => scopes.iter().all(|scope| caller.may(*scope)),
            Self::Stream(scopes) => scopes.iter().any(|scope| caller.may(*scope)),
            Self::Administrator => is_person && caller.role == Role::Administrator,
        }
    }
}

/// The caller whom the guard of the route let in.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub identity::Caller);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unauthenticated)
    }
}

/// A guard and the route it stands before.
#[derive(Clone)]
pub(crate) struct Guarded {
    state: State,
    access: Access,
}

impl Guarded {
    /// The guard of one route.
    pub(crate) fn new(state: &State, access: Access) -> Self {
        Self { state: state.clone(), access }
    }
}

/// Lets a request in or refuses it, and holds it to its time.
pub(crate) async fn guard(Extract(guarded): Extract<Guarded>, request: Request, next: Next) -> Response {
    let Guarded { state, access } = guarded;
    let (mut parts, body) = request.into_parts();
    let slot = match enter(&state, access, &mut parts).await {
        Ok(slot) => slot,
        Err(problem) => return problem.into_response(),
    };
    if access.is_stream() {
        let Ok(Peer(peer)) = Peer::from_request_parts(&mut parts, &state).await;
        return match state.load.listen(peer) {
            Ok(listener) => {
                let listener = listener.map(Arc::new);
                // A socket goes on when its answer is over, and holds on to this.
                listener.clone().map(|listener| parts.extensions.insert(listener));
                held_open(handled(Request::from_parts(parts, body), next).await, listener)
            }
            Err(problem) => problem.into_response(),
        };
    }
    let request = Request::from_parts(parts, body);
    let clock = state.app.shared_clock();
    let answer = if request.method().is_safe() {
        Either::Left(async move {
            let place = request.extensions().get::<Arc<Place>>().cloned();
            let response = handled(request, next).await;
            // What is written while it is sent is under way until its last byte.
            let is_whole = response.body().size_hint().exact().is_some();
            if is_whole { response } else { written::held(response, (slot, place), clock) }
        })
    } else {
        Either::Right(carried_through(request, next, slot))
    };
    in_time(&state, answer).await
}

/// A stream keeps a place among those of its address until one side ends it.
fn held_open(response: Response, listener: Option<Arc<Listener>>) -> Response {
    let Some(listener) = listener else { return response };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &listener;
            frame
        }))
    })
}

/// A change that has begun is finished, and announced, also when the caller hangs up or is not waited for any longer. It
/// keeps its place among all requests, and among the caller's, until then.
fn carried_through(request: Request, next: Next, slot: Option<Slot>) -> impl Future<Output = Response> {
    let place = request.extensions().get::<Arc<Place>>().cloned();
    let running = tokio::spawn(
        async move {
            let _held = (slot, place);
            handled(request, next).await
        }
        .in_current_span(),
    );
    async move {
        match running.await.map_err(JoinError::try_into_panic) {
            Ok(response) => response,
            // The outermost layer contains it, as it does any other.
            Err(Ok(panic)) => resume_unwind(panic),
            Err(Err(cancelled)) => Problem::internal(&cancelled).into_response(),
        }
    }
}

/// Runs the handler for the caller, whose transactions take turns.
async fn handled(request: Request, next: Next) -> Response {
    match request.extensions().get::<Caller>().map(|caller| caller.0.user) {
        Some(user) => app::on_behalf_of(user, next.run(request)).await,
        None => next.run(request).await,
    }
}

async fn enter(state: &State, access: Access, parts: &mut Parts) -> Result<Option<Slot>, Problem> {
    match access {
        Access::Public => return Ok(None),
        Access::Operator => return metrics::admit_operator(state, parts).map(|()| None),
        _ => {}
    }
    let caller = identify(&state.app, access, parts).await?;
    tracing::Span::current().record("user_id", tracing::field::display(caller.user));
    if !access.admits(&caller) {
        return Err(Problem::of(IdentityError::Forbidden));
    }
    let slot = if access.is_stream() { None } else { Some(state.load.enter(&caller)?) };
    parts.extensions.insert(Caller(caller));
    Ok(slot)
}

async fn in_time(state: &State, answer: impl Future<Output = Response>) -> Response {
    let clock = state.app.clock();
    let limit = state.settings.limits.request_timeout;
    let answer = std::pin::pin!(answer);
    match select(answer, clock.sleep(limit)).await {
        Either::Left((response, _)) => response,
        Either::Right(_) => Problem::new(
            Category::Unavailable,
            "edge.too_slow",
            "the request took too long and was given up; it may or may not have happened: repeat it with the same Idempotency-Key",
        )
        .retry_after(5)
        .into_response(),
    }
}

async fn identify(app: &App, access: Access, parts: &Parts) -> Result<identity::Caller, Problem> {
    let credential = bearer(&parts.headers)?;
    match (credential, access) {
        (Some(token), _) => Ok(app::identity::authenticate(app, token).await?),
        (None, Access::Stream(_)) => match ticket(parts.uri.query()) {
            Some(ticket) => Ok(app::identity::redeem_ticket(app, &ticket).await?),
            None => Err(unauthenticated()),
        },
        (None, _) => Err(unauthenticated()),
    }
}

/// The credential of the one `Authorization: Bearer` header. Two headers are malformed: proxies disagree about which counts.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::new(Category::Malformed, "identity.two_credentials", "send exactly one Authorization header"));
    }
    let (scheme, credential) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unauthenticated)?;
    let credential = credential.trim_matches(' ');
    let believable = scheme.eq_ignore_ascii_case("bearer") && (1..=MAX_CREDENTIAL_BYTES).contains(&credential.len());
    if believable { Ok(Some(credential)) } else { Err(unauthenticated()) }
}

fn ticket(query: Option<&str>) -> Option<String> {
    let mut pairs = query?.split('&').filter_map(|pair| pair.strip_prefix("ticket="));
    let ticket = pairs.next().filter(|_| pairs.next().is_none())?;
    (1..=MAX_CREDENTIAL_BYTES).contains(&ticket.len()).then(|| ticket.to_owned())
}

/// Says no more than that: whoever guesses learns nothing from it.
fn unauthenticated() -> Problem {
    Problem::of(IdentityError::Unauthenticated)
}

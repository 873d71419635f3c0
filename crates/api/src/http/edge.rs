//! The outermost layer: every request passes it, every answer leaves through it.

use axum::{
    Router,
    extract::{Request, State as Extract},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use kernel::Category;

use super::{Problem, State, TraceContext, headers, origin, trace::X_REQUEST_ID};

/// Puts `routes` behind the outermost layer.
pub(crate) fn wrap(routes: Router<State>, state: State) -> Router {
    routes
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(state.clone(), pass))
        .with_state(state)
}

async fn no_such_route() -> Problem {
    Problem::new(Category::NotFound, "route.not_found", "there is nothing at this address")
}

async fn no_such_method() -> Problem {
    Problem::of_status(
        StatusCode::METHOD_NOT_ALLOWED,
        "route.method_not_allowed",
        "see the Allow header for what can be done here",
    )
}

async fn pass(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let trace = TraceContext::of(request.headers(), &*state.app.entropy());
    request.extensions_mut().insert(trace.clone());
    let mut response = match admit(&state, &request) {
        Ok(_place) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        problem.write(&mut response, &trace.trace_id);
    }
    headers::secure(response.headers_mut(), state.settings.https());
    response.headers_mut().insert(X_REQUEST_ID, trace.request_id);
    response
}

fn admit(state: &State, request: &Request) -> Result<super::limits::Place, Problem> {
    origin::check(request, &state.settings)?;
    state.load.admit()
}

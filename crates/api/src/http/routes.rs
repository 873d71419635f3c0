//! The table of routes. A route enters it only together with the answer to "who may call this?".

use axum::{Router, middleware};
use utoipa::openapi::{
    OpenApi, PathItem,
    path::{HttpMethod, Operation},
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::{
    Access, State,
    access::{self, Guarded},
    openapi,
};

/// One endpoint, for tests and for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteInfo {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// The path with its parameters in braces, `/api/v1/schedules/{id}`.
    pub path: String,
    /// Who may call it.
    pub access: Access,
}

/// Routes that have declared who may call them.
pub(crate) struct Routes(Vec<(Access, UtoipaMethodRouter<State>)>);

impl Routes {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds what `routes!(…)` collected. All of it has the same access; methods of one path may be added apart.
    pub(crate) fn add(mut self, access: Access, routes: UtoipaMethodRouter<State>) -> Self {
        self.0.push((access, routes));
        self
    }

    /// Adds all of `other`.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The table itself.
    pub(crate) fn table(&self) -> Vec<RouteInfo> {
        let mut table: Vec<RouteInfo> = self
            .0
            .iter()
            .flat_map(|(access, (_, paths, _))| {
                paths.paths.iter().flat_map(move |(path, item)| {
                    METHODS.iter().filter(move |method| operation(item, method).is_some()).map(move |method| RouteInfo {
                        method: name(method),
                        path: path.clone(),
                        access: *access,
                    })
                })
            })
            .collect();
        table.sort();
        table
    }

    /// The router in which each route stands behind its guard.
    pub(crate) fn build(self, state: &State) -> Router<State> {
        let mut router = OpenApiRouter::new();
        for (access, (schemas, paths, methods)) in self.0 {
            // `route_layer`: a method nobody declared is 405 for everybody, and no reason to ask who is there.
            let guarded = methods.route_layer(middleware::from_fn_with_state(Guarded::new(state, access), access::guard));
            router = router.routes((schemas, paths, guarded));
        }
        router.split_for_parts().0
    }

    /// The document, with what follows from each route's access and shape written in.
    pub(crate) fn document(self, base: OpenApi) -> OpenApi {
        let mut router: OpenApiRouter<State> = OpenApiRouter::with_openapi(base);
        for (access, (schemas, mut paths, methods)) in self.0 {
            for (path, item) in &mut paths.paths {
                for method in &METHODS {
                    if let Some(operation) = operation_mut(item, method) {
                        openapi::complete(operation, access, method, path);
                    }
                }
            }
            router = router.routes((schemas, paths, methods));
        }
        router.into_openapi()
    }
}

const METHODS: [HttpMethod; 5] = [HttpMethod::Get, HttpMethod::Post, HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete];

fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Head => "HEAD",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Trace => "TRACE",
    }
}

fn operation<'a>(item: &'a PathItem, method: &HttpMethod) -> Option<&'a Operation> {
    match method {
        HttpMethod::Get => item.get.as_ref(),
        HttpMethod::Post => item.post.as_ref(),
        HttpMethod::Put => item.put.as_ref(),
        HttpMethod::Patch => item.patch.as_ref(),
        HttpMethod::Delete => item.delete.as_ref(),
        _ => None,
    }
}

fn operation_mut<'a>(item: &'a mut PathItem, method: &HttpMethod) -> Option<&'a mut Operation> {
    match method {
        HttpMethod::Get => item.get.as_mut(),
        HttpMethod::Post => item.post.as_mut(),
        HttpMethod::Put => item.put.as_mut(),
        HttpMethod::Patch => item.patch.as_mut(),
        HttpMethod::Delete => item.delete.as_mut(),
        _ => None,
    }
}

//! The OpenAPI document, generated from the endpoints.
//!
//! An endpoint declares what is its own: body, answer, and the refusals only it has. What follows from its access and its
//! shape (401, 403, 413, 415, `Idempotency-Key` …) is written in here, the same for all, because it is enforced here, the
//! same for all.

use app::domain::identity::Scope;
use serde::Serialize;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Content, Object, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
        header::HeaderBuilder,
        path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{Access, problem::PROBLEM_JSON};

const BEARER: &str = "bearer";
const TICKET: &str = "ticket";
const IDEMPOTENCY_KEY: &str = "IdempotencyKey";

/// A refusal (RFC 9457)
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemSchema {
    /// Where the code is explained, relative to this server.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference", example = "/docs/errors#body.invalid")]
    kind: String,
    /// A few words, the same for every occurrence of the code.
    title: String,
    /// The HTTP status once more.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time, for people.
    detail: String,
    /// Stable; programs match on it.
    #[schema(example = "body.invalid")]
    code: String,
    /// Which fields are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldErrorSchema>>,
    /// Under which the request was logged.
    #[schema(min_length = 32, max_length = 32)]
    trace_id: String,
}

/// One thing wrong with one field
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(crate) struct FieldErrorSchema {
    /// JSON pointer (RFC 6901) into the body, or `/` and the name of a query parameter.
    #[schema(example = "/reminders/0/before")]
    pointer: String,
    /// What is wrong and what would be right.
    detail: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Campanile",
        description = "Calendar, durable alarms, inbox and live streams.\n\nEvery refusal is a problem document; `/docs/errors` lists the codes. Instants are RFC 3339 in UTC, wall times stand beside an IANA zone, ids are typed (`sch_…`). A POST or PATCH may carry an `Idempotency-Key`; a resource carries an `ETag`, and `If-Match` guards a change.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "identity", description = "Accounts, sessions, service keys."),
        (name = "schedules", description = "The calendar."),
        (name = "labels", description = "Categories and tags."),
        (name = "tasks", description = "What is to be done, in which order, and by when."),
        (name = "calendar", description = "The calendar as other programs read it."),
        (name = "planning", description = "What is free, and what is best done when."),
        (name = "statistics", description = "What was worked and completed."),
        (name = "reminders", description = "What rings, when, and why not."),
        (name = "notifications", description = "The inbox and its live stream."),
        (name = "rooms", description = "People who follow one stream together."),
        (name = "campaigns", description = "Products that people wait for, and telling them when one is back."),
        (name = "operations", description = "For whoever runs this installation."),
    ),
    components(schemas(ProblemSchema, FieldErrorSchema)),
    modifiers(&Shared),
)]
struct Base;

/// What all operations refer to.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An access token (ten minutes) from sign-up, login or refresh, or a service key `cmp_…`."));
        components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
        let ticket = ApiKeyValue::with_description("ticket", "A one-time ticket (30 s) for clients that cannot send headers.");
        components.add_security_scheme(TICKET, SecurityScheme::ApiKey(ApiKey::Query(ticket)));
        components.parameters.insert(IDEMPOTENCY_KEY.to_owned(), RefOr::T(idempotency_key()));
        for refusal in REFUSALS {
            components.responses.insert(refusal.name.to_owned(), RefOr::T(refusal.response()));
        }
    }
}

/// A refusal that many operations share.
struct Refusal {
    status: &'static str,
    name: &'static str,
    description: &'static str,
    header: Option<(&'static str, &'static str)>,
}

impl Refusal {
    const fn new(status: &'static str, name: &'static str, description: &'static str) -> Self {
        Self { status, name, description, header: None }
    }

    const fn with_header(mut self, name: &'static str, description: &'static str) -> Self {
        self.header = Some((name, description));
        self
    }

    fn response(&self) -> Response {
        let mut response = problem(self.description);
        if let Some((name, description)) = self.header {
            let header =
                HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(description)).build();
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
        response
    }
}

const RETRY_AFTER: (&str, &str) = ("Retry-After", "Seconds to wait.");

const MALFORMED: Refusal = Refusal::new("400", "Malformed", "The request cannot be read.");
const UNAUTHENTICATED: Refusal = Refusal::new("401", "Unauthenticated", "No credential, or none that is valid.")
    .with_header("WWW-Authenticate", "The scheme, `Bearer`.");
const FORBIDDEN: Refusal = Refusal::new("403", "Forbidden", "Not for this caller, or sent by a page of another site.");
const NOT_FOUND: Refusal = Refusal::new("404", "NotFound", "Not there, or somebody else's.");
const BODY_TOO_SLOW: Refusal = Refusal::new("408", "BodyTooSlow", "The body did not arrive in time.");
const IN_FLIGHT: Refusal = Refusal::new(
    "409",
    "Conflict",
    "A request with this idempotency key is still running, or it clashes with the present state.",
)
.with_header(RETRY_AFTER.0, RETRY_AFTER.1);
const TOO_LARGE: Refusal = Refusal::new("413", "BodyTooLarge", "The body has more than 1 MiB.");
const MEDIA_TYPE: Refusal = Refusal::new("415", "UnsupportedMediaType", "The body is not `application/json`.");
const INVALID: Refusal = Refusal::new("422", "Invalid", "It can be read, but not done: `errors` says why.");
const TOO_MANY: Refusal =
    Refusal::new("429", "TooMany", "Too often, or too many at once.").with_header(RETRY_AFTER.0, RETRY_AFTER.1);
const UNAVAILABLE: Refusal = Refusal::new("503", "Unavailable", "Not now.").with_header(RETRY_AFTER.0, RETRY_AFTER.1);
const FULL: Refusal = Refusal::new("507", "StorageFull", "No room left to keep it.").with_header(RETRY_AFTER.0, RETRY_AFTER.1);

const REFUSALS: [&Refusal; 12] = [
    &MALFORMED,
    &UNAUTHENTICATED,
    &FORBIDDEN,
    &NOT_FOUND,
    &BODY_TOO_SLOW,
    &IN_FLIGHT,
    &TOO_LARGE,
    &MEDIA_TYPE,
    &INVALID,
    &TOO_MANY,
    &UNAVAILABLE,
    &FULL,
];

/// The document, pretty and stable: the same code writes the same text.
pub fn openapi_json() -> String {
    let mut document = super::all_routes().document(Base::openapi());
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    match document.to_pretty_json() {
        Ok(mut text) => {
            text.push('\n');
            text
        }
        Err(error) => {
            tracing::error!(%error, "the OpenAPI document could not be written");
            "{}\n".to_owned()
        }
    }
}

/// Writes into an operation what follows from its access and shape.
pub(crate) fn complete(operation: &mut Operation, access: Access, method: &HttpMethod, path: &str) {
    describe_access(operation, access);
    name(operation);
    let is_write = matches!(method, HttpMethod::Post | HttpMethod::Patch) && path.starts_with("/api/");
    shape_ids(operation);
    if is_write && !EACH_CALL_COUNTS.contains(&path) {
        let reference = RefOr::Ref(Ref::new(format!("#/components/parameters/{IDEMPOTENCY_KEY}")));
        operation.parameters.get_or_insert_default().push(reference);
    }
    for (status, response) in &mut operation.responses.responses {
        let is_refusal = status.starts_with('4') || status.starts_with('5');
        if let RefOr::T(response) = response
            && is_refusal
            && response.content.is_empty()
        {
            response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(problem_content()));
        }
    }
    for refusal in implied(operation, access, is_write) {
        let reference = RefOr::Ref(Ref::from_response_name(refusal.name));
        operation.responses.responses.entry(refusal.status.to_owned()).or_insert(reference);
    }
}

/// Writes that take no idempotency key: each call is a fact of its own, whose answer is a secret that is shown once, or which means no more
/// when it comes twice.
const EACH_CALL_COUNTS: [&str; 5] = [
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/auth/tickets",
    "/api/v1/rooms/{id}/presence/heartbeat",
];

/// An id in a path has a shape, three letters and 26 characters of base32, but where its owner chooses it, which a limit of its length says.
fn shape_ids(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Path
            && (parameter.name == "id" || parameter.name.ends_with("_id"))
            && !is_chosen(parameter)
        {
            let shape = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}$"));
            parameter.schema = Some(shape.into());
        }
    }
}

fn is_chosen(parameter: &Parameter) -> bool {
    matches!(&parameter.schema, Some(RefOr::T(Schema::Object(shape))) if shape.max_length.is_some())
}

fn describe_access(operation: &mut Operation, access: Access) {
    const NO_SCOPES: [&str; 0] = [];
    let bearer = || SecurityRequirement::new(BEARER, NO_SCOPES);
    let listed = |scopes: &[Scope], between| scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(between);
    let (security, note) = match access {
        Access::Public => (Vec::new(), String::new()),
        Access::Operator => (Vec::new(), "For operators: peers on the same machine, unless configured otherwise.".to_owned()),
        Access::User => (vec![bearer()], "For signed-in people; not for service keys.".to_owned()),
        Access::Administrator => (vec![bearer()], "For signed-in administrators.".to_owned()),
        Access::Scoped(scope) => (vec![bearer()], format!("A service key needs the scope `{scope}`.")),
        Access::All(scopes) => (vec![bearer()], format!("A service key needs the scopes {}.", listed(scopes, " and "))),
        Access::Stream(scopes) => {
            let ticket = SecurityRequirement::new(TICKET, NO_SCOPES);
            let scopes = listed(scopes, " or ");
            (vec![bearer(), ticket], format!("A service key needs the scope {scopes}; a one-time `ticket` will do instead."))
        }
    };
    operation.security = Some(security);
    if !note.is_empty() {
        let description = operation.description.get_or_insert_default();
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        description.push_str(&note);
    }
}

/// Handlers of different folders share names; ids of operations must not.
fn name(operation: &mut Operation) {
    let tag = operation.tags.as_ref().and_then(|tags| tags.first());
    if let (Some(tag), Some(id)) = (tag, &mut operation.operation_id)
        && !id.starts_with(tag.as_str())
    {
        *id = format!("{tag}_{id}");
    }
}

fn implied(operation: &Operation, access: Access, is_write: bool) -> Vec<&'static Refusal> {
    let mut implied = vec![&MALFORMED, &UNAVAILABLE];
    if !matches!(access, Access::Public | Access::Operator) {
        implied.extend([&UNAUTHENTICATED, &FORBIDDEN, &TOO_MANY]);
    }
    if operation.request_body.is_some() {
        implied.extend([&BODY_TOO_SLOW, &TOO_LARGE, &MEDIA_TYPE, &INVALID, &FULL]);
    }
    if is_write {
        implied.extend([&IN_FLIGHT, &INVALID, &FORBIDDEN, &FULL]);
    }
    if takes(operation, &ParameterIn::Path) {
        implied.push(&NOT_FOUND);
    }
    if takes(operation, &ParameterIn::Query) {
        implied.push(&INVALID);
    }
    implied
}

fn takes(operation: &Operation, place: &ParameterIn) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place,
        RefOr::Ref(_) => false,
    })
}

fn problem(description: &str) -> Response {
    ResponseBuilder::new().description(description).content(PROBLEM_JSON, problem_content()).build()
}

fn problem_content() -> Content {
    Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"))))
}

fn idempotency_key() -> Parameter {
    let schema =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]+$")).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Any 1 to 255 visible ASCII characters, best a fresh UUID. The answer is kept for 24 hours: the same request under \
             the same key gets it again (`Idempotent-Replayed: true`) and nothing happens twice; another request under it is \
             refused (422).",
        ))
        .schema(Some(schema))
        .build()
}

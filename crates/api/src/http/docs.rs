//! The reference for people and tools: `/openapi.json`, `/docs` (Swagger UI, compiled in), `/docs/errors`.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use kernel::Category;
use utoipa_axum::routes;

use super::{Access, Problem, Routes, errors::ERRORS, extract::Path, openapi};

/// The pages run their own script files and nothing that stands in the page itself or anywhere else.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// The files change with the binary, so they are asked for again, and mostly answered 304.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

struct Asset {
    name: &'static str,
    media_type: &'static str,
    gzip: bool,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "swagger-ui-bundle.js",
        media_type: "text/javascript; charset=utf-8",
        gzip: true,
        bytes: include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz"),
    },
    Asset {
        name: "swagger-ui.css",
        media_type: "text/css; charset=utf-8",
        gzip: true,
        bytes: include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz"),
    },
    Asset {
        name: "init.js",
        media_type: "text/javascript; charset=utf-8",
        gzip: false,
        bytes: include_bytes!("../../assets/docs/init.js"),
    },
    Asset {
        name: "docs.css",
        media_type: "text/css; charset=utf-8",
        gzip: false,
        bytes: include_bytes!("../../assets/docs/docs.css"),
    },
];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::openapi_json().into());
static ERROR_PAGE: LazyLock<Bytes> = LazyLock::new(|| error_page().into());

/// The routes of this file.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .add(Access::Public, routes!(document))
        .add(Access::Public, routes!(index))
        .add(Access::Public, routes!(errors))
        .add(Access::Public, routes!(asset))
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json")))]
pub(crate) async fn document() -> Response {
    page("application/json", DOCUMENT.clone())
}

/// The reference, browsable
#[utoipa::path(get, path = "/docs", tag = "operations",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")))]
pub(crate) async fn index() -> Response {
    page("text/html; charset=utf-8", Bytes::from_static(include_bytes!("../../assets/docs/index.html")))
}

/// Every error code and what it means
#[utoipa::path(get, path = "/docs/errors", tag = "operations",
    responses((status = 200, description = "A page; the `type` of each problem document points into it.",
               body = String, content_type = "text/html")))]
pub(crate) async fn errors() -> Response {
    page("text/html; charset=utf-8", ERROR_PAGE.clone())
}

/// Scripts and styles of these pages
#[utoipa::path(get, path = "/docs/{asset}", tag = "operations",
    params(("asset" = String, Path, description = "The name of the file.", example = "docs.css")),
    responses((status = 200, description = "The file.", body = String, content_type = "text/css"),
              (status = 404, description = "There is no such file.")))]
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::new(Category::NotFound, "route.not_found", "there is nothing at this address").into_response();
    };
    let mut response = page(asset.media_type, Bytes::from_static(asset.bytes));
    if asset.gzip {
        // Every browser takes gzip; the files are kept in no other form.
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn page(media_type: &'static str, bytes: Bytes) -> Response {
    let etag = etag_of(&bytes);
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

pub(super) fn etag_of(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let head = digest.as_ref().iter().take(8).fold(0u64, |head, byte| (head << 8) | u64::from(*byte));
    format!("\"{head:016x}\"")
}

/// The table of codes as a page. The texts are constants of this program; nothing in them needs escaping but back-ticks.
fn error_page() -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Errors of the Campanile API</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/docs/docs.css\"></head>\n<body class=\"errors\">\n\
         <nav class=\"bar\"><strong>Errors</strong> <a href=\"/docs\">Reference</a></nav>\n<main>\n\
         <p>Every refusal is a problem document (RFC 9457) with one of these codes. Programs match on <code>code</code>; \
         it never changes.</p>\n<dl>\n",
    );
    for entry in ERRORS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "<dt id=\"{code}\"><code>{code}</code> <span class=\"status\">{status} · {title}</span></dt><dd>{meaning}</dd>",
            code = entry.code,
            status = entry.status,
            title = entry.title,
            meaning = with_code(entry.meaning),
        );
    }
    page.push_str("</dl>\n</main>\n</body>\n</html>\n");
    page
}

/// Text between back-ticks becomes code.
fn with_code(text: &str) -> String {
    let mut parts = text.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        html.push_str(if index % 2 == 0 { "<code>" } else { "</code>" });
        html.push_str(part);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_ticks_become_code() {
        assert_eq!(with_code("send `If-Match` and `ETag`."), "send <code>If-Match</code> and <code>ETag</code>.");
    }

    #[test]
    fn the_meanings_need_no_escaping() {
        for entry in ERRORS {
            assert!(!entry.meaning.contains(['<', '>', '&']) && entry.meaning.matches('`').count() % 2 == 0, "{}", entry.code);
        }
    }

    #[test]
    fn the_pages_name_no_other_server_and_hold_no_script_of_their_own() {
        let index = include_str!("../../assets/docs/index.html");
        for page in [index, &error_page()] {
            assert!(!page.contains("://") && !page.contains("<style") && !page.contains("style="), "{page}");
            assert!(page.matches("<script").count() == page.matches("<script src=\"/docs/").count());
        }
    }
}

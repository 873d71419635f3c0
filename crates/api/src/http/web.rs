//! The web page: the files that were built of `web/`, as they lie in memory, and how a browser is given them.
//!
//! The address bar of the page holds real paths (`/tasks`), which name no file: whoever asks for a page (`Accept: text/html`) under an
//! address that nothing else answers is given the one page there is, and its script looks at the address. Everybody else is told
//! that there is nothing, so that a program with a wrong address does not mistake a page for an answer.

use std::{collections::BTreeMap, fmt};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::docs::etag_of;

/// The page runs its own scripts, styles and images, talks to this server, and is in nobody's frame. Scripts may set styles through
/// the object model; none stand in the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
     manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// What lies in this folder has a name that is made of its content.
const HASHED: &str = "assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The others change with the program: asked for again, and mostly answered 304.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// What stands in place of the page in a program that was built without it.
const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Campanile</title></head>\n<body>\n\
    <h1>Campanile is running, without its web page</h1>\n\
    <p>This program was built before the page was. <code>make run</code> builds both; \
    <code>make web</code> builds the page alone, and the next build of the program takes it in.</p>\n\
    <p>The API is here all the same: <a href=\"/docs\">its reference</a>.</p>\n</body>\n</html>\n";

/// The files of the web page.
#[derive(Default)]
pub struct WebPage {
    files: BTreeMap<String, File>,
}

/// One file, in the forms in which it was built.
#[derive(Default)]
struct File {
    etag: String,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl fmt::Debug for WebPage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebPage").field("files", &self.files.len()).finish()
    }
}

impl WebPage {
    /// The page that consists of `files`, each with its path (`assets/index-x1.js`). `x.gz` and `x.br` are `x` in other forms.
    pub fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let mut page = Self::default();
        for (path, bytes) in files {
            if let Some(plain) = path.strip_suffix(".gz") {
                page.file(plain).gzip = Some(bytes);
            } else if let Some(plain) = path.strip_suffix(".br") {
                page.file(plain).brotli = Some(bytes);
            } else {
                let file = page.file(&path);
                file.etag = etag_of(&bytes);
                file.plain = bytes;
            }
        }
        page
    }

    fn file(&mut self, path: &str) -> &mut File {
        self.files.entry(path.to_owned()).or_default()
    }

    /// What a browser is given that asks for `path`, if it is for the page to answer.
    pub(crate) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        let name = path.strip_prefix('/')?;
        if let Some(file) = self.files.get(name) {
            return Some(file.answer(name, headers));
        }
        if is_of_the_api(name) || !wants_a_page(name, headers) {
            return None;
        }
        match self.files.get("index.html") {
            Some(index) => Some(index.answer("index.html", headers)),
            None if accepts_html(headers) => {
                let bytes = Bytes::from_static(NOT_BUILT.as_bytes());
                Some(File { etag: etag_of(&bytes), plain: bytes, ..File::default() }.answer("index.html", headers))
            }
            None => None,
        }
    }
}

impl File {
    fn answer(&self, name: &str, asked: &HeaderMap) -> Response {
        let (bytes, encoding) = match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if takes(asked, "br") => (brotli, Some("br")),
            (_, Some(gzip)) if takes(asked, "gzip") => (gzip, Some("gzip")),
            _ => (&self.plain, None),
        };
        let mut response = Response::new(Body::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
        headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
        headers.insert(header::CACHE_CONTROL, if name.starts_with(HASHED) { FOR_EVER } else { REVALIDATE });
        headers.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        // The forms of a file are different bytes, and have different tags.
        let etag = match encoding {
            Some(encoding) => format!("{}-{encoding}\"", self.etag.trim_end_matches('"')),
            None => self.etag.clone(),
        };
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}

/// Where programs ask, a wrong address is a problem document for browsers too.
fn is_of_the_api(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    matches!(first, "api" | "docs" | ".well-known" | "assets")
}

/// The first page is for everybody who asks for the installation itself; the others are for those who can show them.
fn wants_a_page(name: &str, headers: &HeaderMap) -> bool {
    name.is_empty() || accepts_html(headers)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| range.split(';').next().is_some_and(|it| it.trim() == "text/html"))
}

/// Whether `coding` is among those the browser takes (RFC 9110, section 12.5.3): named, and not with the weight of zero.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let offered = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offered.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0_f32));
        named && !refused
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

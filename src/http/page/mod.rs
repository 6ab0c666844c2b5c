//! The page where people sign in, sign up and manage their account.
//!
//! One document serves every view; its script shows the view of the path. Knows nothing of accounts: the
//! page calls the same services as every other client.

pub mod files;
pub mod headers;

use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::map_response_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, Uri, header};
use url::Url;

use crate::model::host::is_local;

use self::files::{Files, media_type};

/// The paths of the views.
pub const VIEWS: [&str; 4] = ["/", "/sign-up", "/recovery", "/account"];

const INDEX: &str = "index.html";
const ASSETS: &str = "assets/";

/// HTML is requested every time: it names the assets of this version, and proxies must not store what a
/// signed-in person saw.
const NO_STORE: &str = "no-store";
/// The name of an asset contains the hash of its content, so it never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

const UNBUILT: &str = include_str!("unbuilt.html");
const UNKNOWN: &str = include_str!("unknown.html");

/// The files of the page, and how it is reached.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its files.
    pub files: Files,
    /// Whether browsers must use https only (HSTS).
    pub demands_https: bool,
}

/// The views and their assets.
pub fn routes(page: Page) -> Router {
    VIEWS
        .iter()
        .fold(Router::new(), |router, path| router.route(path, get(view)))
        .route("/assets/{*path}", get(asset))
        .method_not_allowed_fallback(super::method_not_allowed)
        .layer(map_response_with_state(page.demands_https, headers::protect))
        .with_state(page)
}

/// The response where there is no page: HTML for browsers, JSON for programs.
pub fn not_found(page: Page) -> Router {
    Router::new()
        .fallback(unknown)
        .layer(map_response_with_state(page.demands_https, headers::protect))
}

async fn view(State(page): State<Page>, headers: HeaderMap) -> Response {
    page.file(INDEX, NO_STORE, &headers).unwrap_or_else(unbuilt)
}

async fn asset(State(page): State<Page>, uri: Uri, headers: HeaderMap) -> Response {
    // Not decoded: names of assets need no percent-encoding, and without it none can leave the folder.
    let path = uri.path().trim_start_matches('/');
    if !is_asset(path) {
        return unknown(headers).await;
    }
    match page.file(path, IMMUTABLE, &headers) {
        Some(response) => response,
        None => unknown(headers).await,
    }
}

/// Whether a path may name an asset. Excludes hidden files and parent folders, and the compressed twins,
/// which are another form of a file.
fn is_asset(path: &str) -> bool {
    path.strip_prefix(ASSETS).is_some_and(|rest| {
        rest.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
            && !rest.contains('\\')
            && !rest.ends_with(".gz")
    })
}

impl Page {
    /// The page at this URL, without a path.
    pub fn at(url: &str, files: Files) -> Self {
        // For localhost the header would bind every server on the machine, whatever its port; for an IP
        // address browsers ignore it (RFC 6797 §8.1.1).
        let demands_https = Url::parse(url).is_ok_and(|url| {
            url.scheme() == "https" && url.domain().is_some_and(|name| !is_local(name))
        });
        Self { files, demands_https }
    }

    /// A file, compressed when there is a compressed twin and the client accepts it.
    fn file(&self, path: &str, cache: &'static str, headers: &HeaderMap) -> Option<Response> {
        let plain = (self.files)(path)?;
        let about = [
            (header::CONTENT_TYPE, media_type(path)),
            (header::CACHE_CONTROL, cache),
            (header::VARY, "accept-encoding"),
        ];
        let twin = headers::accepts(headers, header::ACCEPT_ENCODING, "gzip")
            .then(|| (self.files)(&format!("{path}.gz")))
            .flatten();
        Some(match twin {
            Some(twin) => {
                (about, [(header::CONTENT_ENCODING, "gzip")], Body::from(twin)).into_response()
            }
            None => (about, Body::from(plain)).into_response(),
        })
    }
}

/// This binary was built without the page. Not 200, because a monitor of this address must notice that
/// people cannot sign in here; not 404, because the address is right. `/readyz` reports whether the server
/// itself works, whatever is returned here.
fn unbuilt() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, html(UNBUILT)).into_response()
}

async fn unknown(headers: HeaderMap) -> Response {
    if headers::accepts(&headers, header::ACCEPT, "text/html") {
        (StatusCode::NOT_FOUND, html(UNKNOWN)).into_response()
    } else {
        super::not_found()
    }
}

fn html(text: &'static str) -> impl IntoResponse {
    let about =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, NO_STORE)];
    (about, text)
}

#[cfg(test)]
mod tests;

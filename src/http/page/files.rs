//! The files of the built page: whatever `npm run build:page` left in `client-web/page/dist`.
//!
//! A release build contains them; a debug build reads them from disk, so that a rebuilt page needs no
//! compilation. How they are served is for `page` to say.

use std::borrow::Cow;

use rust_embed::Embed;

/// Looks a file up by its path in the folder of the built page.
pub type Files = fn(path: &str) -> Option<Cow<'static, [u8]>>;

#[derive(Embed)]
#[folder = "client-web/page/dist"]
struct Built;

/// The file of the page that this binary was built with.
pub fn built(path: &str) -> Option<Cow<'static, [u8]>> {
    Built::get(path).map(|file| file.data)
}

/// The media type of a file, by the end of its name: those that the page is made of.
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

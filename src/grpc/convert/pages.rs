//! Pages of a list (AIP-158): their size, and the tokens that lead to the next one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tonic::Status;

use crate::model::violation::FieldReason;

use super::fields::Fields;

/// A requested page: at most `size` items after a position.
pub(crate) struct Page<P> {
    pub(crate) after: Option<P>,
    pub(crate) size: u32,
}

/// The sizes of a list's pages.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// The size when the request asks for none.
    pub(super) default: u32,
    /// The largest size.
    pub(super) most: u32,
}

/// Reads the page that a request asks for. `position` reads the bytes of a page token.
pub(super) fn read<P>(
    page_size: i32,
    page_token: &str,
    sizes: Sizes,
    position: impl FnOnce(&[u8]) -> Option<P>,
) -> Result<Page<P>, Status> {
    let mut fields = Fields::default();
    let page = read_with(&mut fields, (page_size, page_token), sizes, position);
    fields.check()?;
    Ok(page)
}

/// Reads the page that a request with other fields asks for, by its size and token.
pub(super) fn read_with<P>(
    fields: &mut Fields,
    (page_size, page_token): (i32, &str),
    sizes: Sizes,
    position: impl FnOnce(&[u8]) -> Option<P>,
) -> Page<P> {
    let size = size(page_size, sizes, fields);
    let after = match page_token {
        "" => None,
        text => {
            let after = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|it| position(&it));
            if after.is_none() {
                let sentence = "must be the next_page_token of the page before";
                fields.refuse("page_token", FieldReason::Malformed, sentence);
            }
            after
        }
    };
    Page { after, size }
}

/// Reads the size of a page. A size above the largest means the largest.
pub(super) fn size(page_size: i32, sizes: Sizes, fields: &mut Fields) -> u32 {
    match u32::try_from(page_size) {
        Ok(0) => sizes.default,
        Ok(size) => size.min(sizes.most),
        Err(_) => {
            fields.refuse("page_size", FieldReason::OutOfRange, "must not be negative");
            sizes.default
        }
    }
}

/// The page token of a position.
pub(super) fn token(position: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(position)
}

//! Which page of a list is wanted.

use tonic::Status;

use crate::model::violation::FieldReason;

use super::fields::Fields;

/// A page: what comes after a position, at most so many.
pub(crate) struct Page<P> {
    pub(crate) after: Option<P>,
    pub(crate) size: u32,
}

/// How large the pages of a list are.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// When none is asked for.
    pub(super) default: u32,
    /// At most.
    pub(super) most: u32,
}

/// Reads which page is wanted. A larger page than the largest is cut (AIP-158). `position` reads a
/// page token.
pub(super) fn read<P>(
    page_size: i32,
    page_token: &str,
    sizes: Sizes,
    position: impl FnOnce(&str) -> Option<P>,
) -> Result<Page<P>, Status> {
    let mut fields = Fields::default();
    let size = u32::try_from(page_size).unwrap_or_else(|_| {
        fields.refuse("page_size", FieldReason::OutOfRange, "must not be negative");
        0
    });
    let after = (!page_token.is_empty()).then(|| position(page_token)).flatten();
    if after.is_none() && !page_token.is_empty() {
        let sentence = "must be the next_page_token of the page before";
        fields.refuse("page_token", FieldReason::Malformed, sentence);
    }
    fields.check()?;
    let size = if size == 0 { sizes.default } else { size.min(sizes.most) };
    Ok(Page { after, size })
}

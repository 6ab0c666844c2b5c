//! What of an account an operator has seen, in short.

use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::model::account::Account;

/// How many bytes of the hash are in a tag.
const TAG_BYTES: usize = 16;

/// The etag of an account: another one whenever its names or groups differ.
pub fn etag(account: &Account) -> String {
    let (username, display_name) = (account.username.as_str(), account.display_name.as_str());
    let mut context = Context::new(&SHA256);
    context.update(&(username.len() as u64).to_be_bytes());
    context.update(username.as_bytes());
    context.update(&(display_name.len() as u64).to_be_bytes());
    context.update(display_name.as_bytes());
    context.update(account.groups.as_str().as_bytes());
    let hash = context.finish();
    BASE64_URL_SAFE_NO_PAD.encode(hash.as_ref().iter().take(TAG_BYTES).copied().collect::<Vec<_>>())
}

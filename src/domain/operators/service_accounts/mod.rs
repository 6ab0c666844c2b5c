//! Service accounts, as operators manage them.

pub(in crate::domain) mod request;

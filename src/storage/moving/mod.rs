//! Accounts with their credentials, in and out.

mod export;
mod import;

pub use export::PageRequest;
pub use import::{Import, ImportRow};

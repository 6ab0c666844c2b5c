//! Explaining tokens and accounts to operators: what they are, and the events that made them so.
//!
//! Reads the database and changes nothing. What is found is put into words by the command line.

mod account;
mod token;

use std::sync::Arc;

use claviger_token::id::AccountId;

use crate::{
    domain::{Result, throttle::Throttle, tokens::inspection::TokenInspector},
    model::{
        event::{EventKind, Outcome},
        record::Entry,
    },
    storage::{Storage, record::Filter},
};

pub use account::AccountExplanation;
pub use token::{TokenExplanation, TokenState};

/// Explains. Cheap to clone.
#[derive(Clone)]
pub struct Explanations {
    storage: Storage,
    tokens: TokenInspector,
    throttle: Arc<Throttle>,
}

impl Explanations {
    /// Explains what is in this storage.
    pub fn new(storage: Storage, tokens: TokenInspector, throttle: Arc<Throttle>) -> Self {
        Self { storage, tokens, throttle }
    }

    /// The newest events of an account with an outcome, of one kind or of all, newest first.
    async fn events(
        &self,
        account_id: AccountId,
        kind: Option<EventKind>,
        outcome: Outcome,
        limit: u32,
    ) -> Result<Vec<Entry>> {
        let filter = Filter {
            account_id: Some(account_id),
            kind: kind.map(|it| it.name().to_owned()),
            outcome: Some(outcome.name().to_owned()),
            ..Filter::default()
        };
        Ok(self.storage.list_events(filter, None, limit).await?.entries)
    }
}

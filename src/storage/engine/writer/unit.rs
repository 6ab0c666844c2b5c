//! A unit of work that waits for the writer, and the answer to its caller.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

use crate::storage::{
    Error, Result,
    engine::{Connection, WriteBody},
};

/// A unit of work with its types forgotten.
pub(super) trait Unit: Send {
    /// Runs the unit, perhaps again. Returns whether its changes are to be kept.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool>;

    /// Sends the result to the caller, if it still waits.
    fn answer(self: Box<Self>, committed: &std::result::Result<(), Shared>);
}

/// A unit with its input, the body that it runs and its caller.
pub(super) struct TypedUnit<I, T> {
    input: I,
    body: WriteBody<I, T>,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<I, T> TypedUnit<I, T>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    /// A unit, and where its result is received: none when the unit is dropped before it has run.
    pub(super) fn with_answer(
        input: I,
        body: WriteBody<I, T>,
    ) -> (Box<dyn Unit>, oneshot::Receiver<Result<T>>) {
        let (answer, answered) = oneshot::channel();
        (Box::new(Self { input, body, outcome: None, answer }), answered)
    }
}

impl<I, T> Unit for TypedUnit<I, T>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let body = self.body;
            let input = &self.input;
            // A panic must not end the writer and with it all later writes.
            let outcome = AssertUnwindSafe(async { body(connection, input).await })
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Error::Unexpected("a unit of work panicked".into())));
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn answer(self: Box<Self>, committed: &std::result::Result<(), Shared>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::Unexpected("a unit of work did not run".into())),
            (Err(shared), _) => Err(shared.to_error()),
        };
        // The caller may have stopped waiting; the write is committed all the same.
        let _ = self.answer.send(answer);
    }
}

/// The error of a group, returned to each of its callers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the group of writes failed: {0}")]
pub(super) struct Shared(#[source] Arc<Error>);

impl Shared {
    pub(super) fn new(error: Error) -> Self {
        Self(Arc::new(error))
    }

    fn to_error(&self) -> Error {
        match &*self.0 {
            Error::Unavailable(_) => Error::Unavailable(Box::new(self.clone())),
            _ => Error::Unexpected(Box::new(self.clone())),
        }
    }
}

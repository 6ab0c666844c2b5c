//! Work that must not stop half-way when the client disconnects.

use std::future::Future;

use tracing::Instrument;

use super::{Error, Result, call, deadline, source};

/// Runs the work in a task of its own and waits for it.
///
/// A call whose client disconnects is dropped at its next `.await`. That must not fall between a commit
/// and what follows from it in memory: a session would be ended in the database while its access token
/// is still accepted here. The deadline of the call applies to the work, which is charged to its source and
/// recorded as the call's.
///
/// # Errors
/// Those of the work; `Internal` when it panics.
pub async fn to_completion<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let (deadline, source, call) = (deadline::current(), source::current(), call::current());
    // Each layer would move it.
    let work = Box::pin(work);
    let work = async move {
        match deadline {
            Some(deadline) => deadline::until(deadline, work).await,
            None => work.await,
        }
    };
    let work = async move {
        match source {
            Some(source) => source::of(source, work).await,
            None => work.await,
        }
    };
    let work = async move {
        match call {
            Some(call) => call::of(call, work).await,
            None => work.await,
        }
    };
    tokio::spawn(work.in_current_span()).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn work_continues_when_its_caller_is_dropped() {
        let (started, go_on, done) =
            (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (its_started, its_go_on, its_done) =
            (Arc::clone(&started), Arc::clone(&go_on), Arc::clone(&done));
        let caller = tokio::spawn(to_completion(async move {
            its_started.notify_one();
            its_go_on.notified().await;
            its_done.notify_one();
            Ok(())
        }));
        started.notified().await;

        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        go_on.notify_one();

        done.notified().await;
    }

    #[tokio::test]
    async fn a_panic_of_the_work_is_an_error_of_the_call() {
        let outcome = to_completion::<()>(async { panic!("on purpose") }).await;

        assert!(matches!(outcome, Err(Error::Internal(_))));
    }
}

//! The call that work is done for: where it comes from, and its id. Events of the work say so.
//!
//! A task-local value, which the edge sets. What a command or the server does by itself has no call.

use std::{future::Future, sync::Arc};

use crate::model::event::Call;

tokio::task_local! {
    static CALL: Arc<Call>;
}

/// Runs the work of a call.
pub fn of<T>(call: Arc<Call>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    CALL.scope(call, work)
}

/// The current call, if there is one.
pub fn current() -> Option<Arc<Call>> {
    CALL.try_with(Arc::clone).ok()
}

/// The id of the current call, as the log has it, if there is one.
pub fn request_id() -> Option<String> {
    current().map(|it| it.request_id.clone())
}

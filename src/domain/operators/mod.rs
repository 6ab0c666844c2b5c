//! What operators do, and who did it: one file per noun they act on.
//!
//! Signing keys are rotated and revoked in `tokens::keys`, since a schedule rotates them too. What
//! identifies a backend when it calls is no act of an operator: see `service_accounts`.

pub mod accounts;
pub mod explanations;
pub mod invitations;
pub mod keys;
pub mod moving;
pub mod recovery;
pub mod revocations;
pub mod rights;
pub mod service_accounts;
pub mod system;

use crate::model::{event::Act, label::OperatorReason};

use super::{Result, events, world::World};

pub use crate::model::event::Actor;

/// The party that acts, with its reason.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The service account that calls, the user of a command, or the server by itself.
    pub actor: Actor,
    /// The reason that an operator gave, for the record.
    pub reason: Option<OperatorReason>,
}

impl Operator {
    /// Something that is done now.
    pub(in crate::domain) fn act(&self, world: &World) -> Result<Act> {
        let act = events::act(world, self.actor.clone())?;
        Ok(Act { reason: self.reason.clone(), ..act })
    }
}

/// An actor that gave no reason.
impl From<Actor> for Operator {
    fn from(actor: Actor) -> Self {
        Self { actor, reason: None }
    }
}

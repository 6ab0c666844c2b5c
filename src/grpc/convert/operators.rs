//! The operator that acts, with the reason that the request gives.

use tonic::Status;

use crate::{
    domain::operators::Operator,
    model::{event::Actor, label::OperatorReason},
};

use super::fields::Fields;

/// Reads the reason of an act.
pub(super) fn operator(reason: &str, actor: Actor, fields: &mut Fields) -> Option<Operator> {
    let reason = fields.parsed("reason", OperatorReason::parse(reason))?;
    let reason = Some(reason).filter(|it| !it.is_empty());
    Some(Operator { actor, reason })
}

/// Reads the reason of an act whose other fields are read elsewhere.
pub(crate) fn acting(reason: &str, actor: Actor) -> Result<Operator, Status> {
    let mut fields = Fields::default();
    let operator = operator(reason, actor, &mut fields);
    operator.ok_or_else(|| fields.into_status())
}

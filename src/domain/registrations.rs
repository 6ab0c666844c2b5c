//! Admission to creating an account: by the operator's policy, then by the throttle.
//!
//! One gate for every way to sign up. It stands before anything is read, hashed or charged, so that a
//! refusal says nothing about names.

use std::{net::IpAddr, sync::Arc};

use crate::model::registration::RegistrationPolicy;

use super::{
    Error, Result,
    throttle::{Attempt, Throttle},
};

/// Admits those who want to create an account.
#[derive(Clone)]
pub struct Registrations {
    policy: RegistrationPolicy,
    throttle: Arc<Throttle>,
}

impl Registrations {
    /// A gate with this policy.
    pub const fn new(policy: RegistrationPolicy, throttle: Arc<Throttle>) -> Self {
        Self { policy, throttle }
    }

    /// What charges those who are admitted.
    pub const fn throttle(&self) -> &Arc<Throttle> {
        &self.throttle
    }

    /// Asks for permission to create an account from an address.
    ///
    /// # Errors
    /// `RegistrationClosed`, `TooManyAttempts`.
    pub async fn admit(&self, address: IpAddr) -> Result<Attempt> {
        if !self.policy.is_open() {
            return Err(Error::RegistrationClosed);
        }
        self.throttle.admit_registration(address).await
    }
}

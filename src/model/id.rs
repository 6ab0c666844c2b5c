//! Identifiers of the server's nouns. Those that access tokens carry are in `claviger_token::id`.

use claviger_token::identifier;

identifier! {
    /// Names a passkey to its owner.
    PasskeyId
}
identifier! {
    /// Names a ceremony in the record of used ones, and chooses the key that seals it. Random.
    CeremonyId
}
identifier! {
    /// Chosen by a client to mark the retries of one request.
    RequestId
}
identifier! {
    /// Names a service account to the log.
    ServiceAccountId
}
identifier! {
    /// Names an invitation to operators.
    InvitationId
}
identifier! {
    /// Names a recovery code to the record.
    RecoveryCodeId
}
identifier! {
    /// Names a recovery link to the record.
    RecoveryLinkId
}
identifier! {
    /// Names an event in the record. Rises with the time.
    EventId
}

impl EventId {
    /// The id of another event of the same moment: the `number`th after this one.
    #[must_use]
    pub fn following(self, number: u8) -> Self {
        // In the random part, so that the time stays as it is.
        Self::from_uuid(uuid::Uuid::from_u128(self.as_uuid().as_u128() ^ u128::from(number)))
    }
}

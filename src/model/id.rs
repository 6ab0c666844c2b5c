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

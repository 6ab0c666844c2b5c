//! `claviger audit rotate-key`.

use crate::{
    cli::operator::{Console, Outcome, json},
    grpc::contracts::admin as pb,
};

/// Creates a key that signs the record.
pub(super) async fn rotate_key(console: &Console<'_>, reason: String) -> Outcome {
    let request = pb::RotateRecordKeyRequest { reason };
    let rotated = console.client.rotate_record_key(request).await?;
    let key = rotated.key.unwrap_or_default();
    let sentence = format!(
        "Created the key {} of the record. It signs from the next checkpoint on.",
        key.key_id
    );
    console.done(sentence, &json::record_key(&key))
}

//! The passkeys of MovingService's messages.

use claviger_proto::time::{read_timestamp, timestamp};

use crate::{
    domain::{
        operators::moving::{PasskeyFlags, WantedPasskey},
        passkeys::imported::{self, MAX_ATTESTATION_BYTES},
    },
    grpc::contracts::admin as pb,
    model::{
        label::PasskeyName,
        passkey::{MAX_PASSKEYS, Passkey},
        violation::{BrokenRule, FieldReason},
    },
};

use super::problems::Problems;

/// Reads the passkeys of an account to import.
pub(super) fn read(
    passkeys: Vec<pb::PortablePasskey>,
    problems: &mut Problems,
) -> Vec<WantedPasskey> {
    if passkeys.len() > MAX_PASSKEYS as usize {
        let description = format!("must be at most {MAX_PASSKEYS}");
        problems.refuse("passkeys", BrokenRule::new(FieldReason::TooLong, description));
        return Vec::new();
    }
    let passkeys = passkeys.into_iter().enumerate();
    passkeys
        .filter_map(|(index, it)| passkey(it, &format!("passkeys[{index}]"), problems))
        .collect()
}

fn passkey(
    passkey: pb::PortablePasskey,
    path: &str,
    problems: &mut Problems,
) -> Option<WantedPasskey> {
    let at = |name: &str| format!("{path}.{name}");
    let credential_id =
        problems.parsed(at("credential_id"), imported::credential_id(passkey.credential_id));
    let checked = imported::check_public_key(&passkey.public_key);
    problems.parsed(at("public_key"), checked);
    let name = problems.parsed(at("name"), PasskeyName::parse(&passkey.name));
    let transports = imported::transports(&passkey.transports);
    let transports = problems.parsed(at("transports"), transports);
    let aaguid = problems.parsed(at("aaguid"), aaguid(&passkey.aaguid));
    if passkey.counter == u32::MAX {
        let description = "must be less than 4294967295, so that it can grow";
        problems.refuse(at("counter"), BrokenRule::new(FieldReason::OutOfRange, description));
    }
    if passkey.attestation_object.len() > MAX_ATTESTATION_BYTES {
        let description = format!("must have at most {MAX_ATTESTATION_BYTES} bytes");
        let rule = BrokenRule::new(FieldReason::TooLong, description);
        problems.refuse(at("attestation_object"), rule);
    }
    let aaguid = aaguid?;
    Some(WantedPasskey {
        credential_id: credential_id?,
        public_key: passkey.public_key,
        name: imported::name_or_default(name?, &aaguid),
        counter: passkey.counter,
        flags: PasskeyFlags {
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
            user_verified: passkey.user_verified,
        },
        transports: transports?,
        aaguid,
        discoverable: passkey.discoverable,
        attestation_object: passkey.attestation_object,
        created_at: passkey.create_time.as_ref().map(read_timestamp),
        last_used_at: passkey.last_used_time.as_ref().map(read_timestamp),
        clone_suspected_at: passkey.clone_suspected_time.as_ref().map(read_timestamp),
        suspended_at: passkey.suspended_time.as_ref().map(read_timestamp),
    })
}

fn aaguid(bytes: &[u8]) -> Result<[u8; 16], BrokenRule> {
    match bytes {
        [] => Ok([0; 16]),
        bytes => bytes
            .try_into()
            .map_err(|_| BrokenRule::new(FieldReason::Malformed, "must have 16 bytes")),
    }
}

/// A passkey of an account that is exported.
pub(super) fn written(passkey: Passkey) -> pb::PortablePasskey {
    let aaguid = if passkey.aaguid == [0; 16] { Vec::new() } else { passkey.aaguid.to_vec() };
    pb::PortablePasskey {
        credential_id: passkey.credential_id.as_bytes().to_vec(),
        public_key: passkey.public_key,
        name: passkey.name.as_str().to_owned(),
        counter: passkey.counter,
        backup_eligible: passkey.backup_eligible,
        backed_up: passkey.backed_up,
        user_verified: passkey.user_verified,
        transports: passkey.transports,
        aaguid,
        discoverable: passkey.discoverable,
        attestation_object: passkey.attestation_object,
        create_time: Some(timestamp(passkey.created_at)),
        last_used_time: passkey.last_used_at.map(timestamp),
        clone_suspected_time: passkey.clone_suspected_at.map(timestamp),
        suspended_time: passkey.suspended_at.map(timestamp),
    }
}

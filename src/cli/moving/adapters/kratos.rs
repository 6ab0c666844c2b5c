//! Identities of Ory Kratos, as its API for administrators returns them with their credentials.
//!
//! Traits are what a project's schema says: names are looked for where the usual schemas have them.

use serde_json::Value;

use crate::cli::moving::row::{Bytes, PasskeyRow, State};

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem},
};

/// Identities.
pub(super) struct Kratos;

impl Adapter for Kratos {
    fn layout(&self) -> Layout {
        Layout::Rows
    }

    fn read(&mut self, _line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let identity = Fields::of(value, "")?;
        let mut draft = Draft::default();
        let credentials = identity.object("credentials")?;
        let traits = identity.object("traits")?;
        names(traits.as_ref(), credentials.as_ref(), &mut draft)?;
        draft.account.id = identity.uuid("id")?;
        draft.account.created_at = identity.time("created_at")?;
        if identity.text("state")? == Some("inactive") {
            draft.account.state = State::Disabled;
            draft.account.disabled_at = identity.time("state_changed_at")?;
        }
        if let Some(credentials) = credentials {
            add_password(&credentials, &mut draft)?;
            add_passkeys(&credentials, &mut draft)?;
            note_the_rest(&credentials, &mut draft);
        }
        Ok(Some(draft))
    }
}

/// The trait `username`, or what the person signs in with, or an address.
fn names(
    traits: Option<&Fields<'_>>,
    credentials: Option<&Fields<'_>>,
    draft: &mut Draft,
) -> Result<(), Problem> {
    let read = |name: &str| traits.and_then(|it| it.text(name).ok().flatten());
    let mut identifier = None;
    if let Some(password) = credentials.map(|it| it.object("password")).transpose()?.flatten() {
        identifier = password.texts("identifiers")?.first().copied();
    }
    let address = read("email").or_else(|| read("phone")).or_else(|| read("phone_number"));
    draft.name([read("username"), identifier, address])?;
    let full = traits.and_then(|it| it.object("name").ok().flatten());
    let name = match full {
        Some(parts) => {
            let part = |name: &str| parts.text(name).ok().flatten();
            let parts = [part("first"), part("last")];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
        None => read("name").map(str::to_owned),
    };
    draft.show("traits.name", name.as_deref());
    Ok(())
}

fn add_password(credentials: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let Some(password) = credentials.object("password")? else { return Ok(()) };
    let config = password.object("config")?;
    let hash = config.as_ref().map(|it| it.text("hashed_password")).transpose()?.flatten();
    match (hash, config) {
        (Some(hash), Some(config)) => {
            draft.password(config.path("hashed_password"), hash.to_owned());
        }
        _ => draft.leave(
            "credentials.password",
            "has no hash; ask for it with include_credential=password",
        ),
    }
    Ok(())
}

/// Passkeys, then credentials of the method `webauthn` that sign in alone. An account has one user handle: that
/// of the first passkey that has one.
fn add_passkeys(credentials: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    for method in ["passkey", "webauthn"] {
        let Some(config) =
            credentials.object(method)?.map(|it| it.object("config")).transpose()?.flatten()
        else {
            if credentials.has(method) {
                let reason = format!("has no keys; ask for them with include_credential={method}");
                draft.leave(format!("credentials.{method}"), reason);
            }
            continue;
        };
        let handle = config.has("user_handle").then(|| config.bytes("user_handle")).transpose()?;
        for credential in config.objects("credentials")? {
            let field = credential.own_path();
            if method == "webauthn" && !credential.flag("is_passwordless")? {
                draft.leave(field, "is a security key for a second step only");
            } else if is_of_another(draft.account.user_handle.as_ref(), handle.as_ref()) {
                draft.leave(field, "has another user handle than the account's other passkeys");
            } else {
                draft.passkey(field, passkey(&credential)?);
                let account = &mut draft.account;
                if account.user_handle.is_none() && !account.passkeys.is_empty() {
                    account.user_handle.clone_from(&handle);
                }
            }
        }
    }
    Ok(())
}

fn is_of_another(known: Option<&Bytes>, handle: Option<&Bytes>) -> bool {
    known.is_some_and(|known| handle.is_some_and(|it| it != known))
}

fn passkey(credential: &Fields<'_>) -> Result<PasskeyRow, Problem> {
    let authenticator = credential.object("authenticator")?;
    let flags = credential.object("flags")?;
    let flag = |name: &str| flags.as_ref().map_or(Ok(false), |it| it.flag(name));
    let mut row = PasskeyRow {
        credential_id: credential.bytes("id")?,
        public_key: credential.bytes("public_key")?,
        name: credential.text("display_name")?.unwrap_or_default().to_owned(),
        backup_eligible: flag("backup_eligible")?,
        backed_up: flag("backup_state")?,
        user_verified: flag("user_verified")?,
        transports: credential.owned_texts("transport")?,
        created_at: credential.time("added_at")?,
        ..PasskeyRow::default()
    };
    if let Some(authenticator) = authenticator {
        row.counter = authenticator.counter("sign_count")?;
        if authenticator.has("aaguid") {
            let bytes = authenticator.bytes("aaguid")?.0;
            row.aaguid = uuid::Uuid::from_slice(&bytes).unwrap_or_default();
        }
    }
    if let Some(attestation) = credential.object("attestation")?
        && attestation.has("object")
    {
        row.attestation_object = attestation.bytes("object")?;
    }
    Ok(row)
}

fn note_the_rest(credentials: &Fields<'_>, draft: &mut Draft) {
    let table = [
        ("oidc", "is a sign-in by another provider"),
        ("saml", "is a sign-in by another provider"),
        ("totp", "is a one-time password generator, which Claviger does not have"),
        ("lookup_secret", "is a set of recovery codes for a second step; make new ones"),
        ("code", "is a sign-in by codes in messages, which Claviger does not have"),
        ("deviceauthn", "is a key of a device, which Claviger does not have"),
    ];
    for (method, reason) in table {
        if credentials.has(method) {
            draft.leave(format!("credentials.{method}"), reason);
        }
    }
}

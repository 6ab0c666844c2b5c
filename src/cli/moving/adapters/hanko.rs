//! Users of Hanko in the form of its own import, as a query of its database makes it.
//!
//! What `hanko user export` writes is in that form too, but has neither passwords nor passkeys.

use serde_json::Value;

use crate::cli::moving::row::{Bytes, PasskeyRow};

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem},
};

/// Users.
pub(super) struct Hanko;

impl Adapter for Hanko {
    fn layout(&self) -> Layout {
        Layout::Rows
    }

    fn read(&mut self, _line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let user = Fields::of(value, "")?;
        let mut draft = Draft::default();
        let address = address(&user, &mut draft)?;
        draft.name([user.text("username")?, address, None])?;
        draft.account.id = user.uuid("user_id")?;
        draft.account.created_at = user.time("created_at")?;
        if let Some(password) = user.object("password")? {
            let hash = password.required("password")?.to_owned();
            draft.password(password.path("password"), hash);
        }
        for credential in user.objects("webauthn_credentials")? {
            add_passkey(&credential, &mut draft)?;
        }
        if user.has("otp_secret") {
            draft.leave(
                "otp_secret",
                "is a one-time password generator, which Claviger does not have",
            );
        }
        Ok(Some(draft))
    }
}

/// The primary e-mail address. The others are noted, since an account has one name.
fn address<'a>(user: &Fields<'a>, draft: &mut Draft) -> Result<Option<&'a str>, Problem> {
    let mut primary = None;
    for email in user.objects("emails")? {
        if email.flag("is_primary")? && primary.is_none() {
            primary = email.text("address")?;
        } else {
            draft.leave(email.path("address"), "is another address; an account has one name");
        }
    }
    Ok(primary)
}

/// Takes a passkey. Without a handle of its own, Hanko's is the 16 bytes of the identifier, as here.
fn add_passkey(credential: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let field = credential.own_path();
    if credential.flag("mfa_only")? {
        draft.leave(field, "is a security key for a second step only");
        return Ok(());
    }
    let handle = credential.text("user_handle")?.map(|it| Bytes(it.as_bytes().to_vec()));
    let is_first = draft.account.passkeys.is_empty();
    if !is_first && draft.account.user_handle != handle {
        draft.leave(field, "has another user handle than the account's other passkeys");
        return Ok(());
    }
    draft.passkey(field, passkey(credential)?);
    if is_first && !draft.account.passkeys.is_empty() {
        draft.account.user_handle = handle;
    }
    Ok(())
}

fn passkey(credential: &Fields<'_>) -> Result<PasskeyRow, Problem> {
    Ok(PasskeyRow {
        credential_id: credential.bytes("id")?,
        public_key: credential.bytes("public_key")?,
        name: credential.text("name")?.unwrap_or_default().to_owned(),
        counter: credential.counter("sign_count")?,
        backup_eligible: credential.flag("backup_eligible")?,
        backed_up: credential.flag("backup_state")?,
        transports: credential.owned_texts("transports")?,
        aaguid: credential.uuid("aaguid")?.unwrap_or_default(),
        created_at: credential.time("created_at")?,
        last_used_at: credential.time("last_used_at")?,
        ..PasskeyRow::default()
    })
}

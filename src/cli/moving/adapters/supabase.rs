//! Rows of `auth.users` of Supabase Auth, as JSON, with the passkeys of each.
//!
//! Does not know when a ban ends: a banned account is disabled.

use claviger_token::time::Timestamp;
use serde_json::Value;

use crate::cli::moving::row::{Bytes, PasskeyRow, State};

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem},
};

/// When the file is read, which decides which bans are over.
pub(super) struct Supabase(pub(super) Timestamp);

impl Adapter for Supabase {
    fn layout(&self) -> Layout {
        Layout::Rows
    }

    fn read(&mut self, _line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let user = Fields::of(value, "")?;
        if user.has("deleted_at") {
            return Err(Problem::new("deleted_at", "says that the account was deleted"));
        }
        let mut draft = Draft::default();
        draft.name([None, user.text("email")?, user.text("phone")?])?;
        draft.account.id = user.uuid("id")?;
        draft.account.created_at = user.time("created_at")?;
        draft.account.last_sign_in_at = user.time("last_sign_in_at")?;
        self.ban(&user, &mut draft)?;
        if let Some(profile) = user.object("raw_user_meta_data")? {
            let name = profile.text("full_name").ok().flatten();
            let name = name.or_else(|| profile.text("name").ok().flatten());
            draft.show("raw_user_meta_data", name);
        }
        if let Some(hash) = user.text("encrypted_password")? {
            draft.password("encrypted_password", hash.to_owned());
        }
        for credential in user.objects("passkeys")? {
            let field = credential.own_path();
            draft.passkey(field, passkey(&credential)?);
        }
        if !draft.account.passkeys.is_empty() {
            draft.account.user_handle = Some(Bytes(user.required("id")?.as_bytes().to_vec()));
        }
        note_the_rest(&user, &mut draft)?;
        Ok(Some(draft))
    }
}

impl Supabase {
    fn ban(&self, user: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
        let is_banned = match user.text("banned_until")? {
            None => false,
            Some("infinity") => true,
            Some(_) => user.time("banned_until")?.is_some_and(|until| until.0 > self.0),
        };
        if is_banned {
            draft.account.state = State::Disabled;
            draft.leave(
                "banned_until",
                "is the end of a ban; the account stays disabled until it is enabled",
            );
        }
        Ok(())
    }
}

fn passkey(credential: &Fields<'_>) -> Result<PasskeyRow, Problem> {
    Ok(PasskeyRow {
        credential_id: credential.bytes("credential_id")?,
        public_key: credential.bytes("public_key")?,
        name: credential.text("friendly_name")?.unwrap_or_default().to_owned(),
        counter: credential.counter("sign_count")?,
        backup_eligible: credential.flag("backup_eligible")?,
        backed_up: credential.flag("backed_up")?,
        transports: credential.owned_texts("transports")?,
        aaguid: credential.uuid("aaguid")?.unwrap_or_default(),
        created_at: credential.time("created_at")?,
        last_used_at: credential.time("last_used_at")?,
        ..PasskeyRow::default()
    })
}

fn note_the_rest(user: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    for identity in user.objects("identities")? {
        if !matches!(identity.text("provider")?, Some("email" | "phone")) {
            draft.leave(identity.path("provider"), "is a sign-in by another provider");
        }
    }
    for factor in user.objects("factors")? {
        let field = factor.path("factor_type");
        draft.leave(field, "is a second step, which Claviger does not have");
    }
    if user.flag("is_sso_user")? {
        draft.leave("is_sso_user", "says that another provider signs the person in");
    }
    Ok(())
}

//! Auth0's export of users (JSON Lines), with its export of password hashes before it in the same input; and
//! files in the form of Auth0's own bulk import.
//!
//! Hashes are kept until their user comes. Those of which none comes are accounts by themselves.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::cli::moving::row::State;

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem},
};

/// A row of the export of hashes.
struct Hashed {
    line: u64,
    email: Option<String>,
    hash: String,
}

/// What has been read so far.
#[derive(Default)]
pub(super) struct Auth0 {
    /// Hashes whose user has not come, by the part of its identifier behind `auth0|`.
    hashes: BTreeMap<String, Hashed>,
    /// Users that have come.
    users: HashSet<String>,
}

impl Adapter for Auth0 {
    fn layout(&self) -> Layout {
        Layout::Rows
    }

    fn read(&mut self, line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let row = Fields::of(value, "")?;
        if row.has("passwordHash") {
            self.keep(line, &row)?;
            return Ok(None);
        }
        self.user(&row).map(Some)
    }

    fn finish(&mut self) -> Vec<(u64, Result<Draft, Problem>)> {
        let rest = std::mem::take(&mut self.hashes);
        let mut rows: Vec<_> = rest.into_values().map(|it| (it.line, it.into_draft())).collect();
        rows.sort_by_key(|(line, _)| *line);
        rows
    }
}

impl Hashed {
    fn into_draft(self) -> Result<Draft, Problem> {
        let mut draft = Draft::default();
        draft.name([None, self.email.as_deref(), None])?;
        draft.password("passwordHash", self.hash);
        Ok(draft)
    }
}

impl Auth0 {
    fn keep(&mut self, line: u64, row: &Fields<'_>) -> Result<(), Problem> {
        let id = match row.object("_id")? {
            Some(id) => id.required("$oid")?,
            None => return Err(Problem::new("_id", "is missing")),
        };
        if self.users.contains(id) {
            return Err(Problem::new("passwordHash", "comes after its user: put the hashes first"));
        }
        if self.hashes.contains_key(id) {
            return Err(Problem::new("passwordHash", "is another one of the same user"));
        }
        let email = row.text("email")?.map(str::to_owned);
        let hash = row.required("passwordHash")?.to_owned();
        self.hashes.insert(id.to_owned(), Hashed { line, email, hash });
        Ok(())
    }

    fn user(&mut self, row: &Fields<'_>) -> Result<Draft, Problem> {
        let mut draft = Draft::default();
        let phone = row.text("phone_number")?;
        draft.name([row.text("username")?, row.text("email")?, phone])?;
        draft.account.created_at = row.time("created_at")?;
        draft.account.last_sign_in_at = row.time("last_login")?;
        if row.flag("blocked")? {
            draft.account.state = State::Disabled;
        }
        // Auth0 fills in the address where a person has given no name.
        let name = row.text("name")?.filter(|it| row.text("email") != Ok(Some(it)));
        draft.show("name", name);
        if let Some(id) = row.text("user_id")? {
            let id = id.strip_prefix("auth0|").unwrap_or(id);
            if let Some(hashed) = self.hashes.remove(id) {
                draft.password("passwordHash", hashed.hash);
            }
            self.users.insert(id.to_owned());
        }
        if let Some(hash) = row.text("password_hash")? {
            draft.password("password_hash", hash.to_owned());
        }
        if let Some(custom) = row.object("custom_password_hash")? {
            add_custom(&custom, &mut draft)?;
        }
        note_the_rest(row, &mut draft)?;
        Ok(draft)
    }
}

/// A hash of another product that has not been used to sign in at Auth0.
fn add_custom(custom: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let (algorithm, hash) = (custom.required("algorithm")?, custom.object("hash")?);
    let value = hash.as_ref().map(|it| it.required("value")).transpose()?;
    match (algorithm, value) {
        ("argon2" | "bcrypt" | "pbkdf2", Some(value)) => {
            draft.password("custom_password_hash", value.to_owned());
        }
        _ => draft.leave("custom_password_hash", "is a hash in no format that can be checked here"),
    }
    Ok(())
}

fn note_the_rest(row: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    for identity in row.objects("identities")? {
        if identity.text("provider")? != Some("auth0") {
            draft.leave(identity.path("provider"), "is a sign-in by another provider");
        }
    }
    if row.has("mfa_factors") || row.has("multifactor") {
        draft.leave("mfa_factors", "are second steps, which Claviger does not have");
    }
    Ok(())
}

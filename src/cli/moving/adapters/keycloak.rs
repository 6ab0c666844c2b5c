//! Keycloak's realm export (`kc.sh export`), in one file or several.
//!
//! Second factors stay behind, security keys too: without a PIN, a key that is found could be given one and then
//! sign in alone.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    cli::moving::row::{Bytes, PasskeyRow, State},
    model::group,
};

use super::{
    Adapter, Layout,
    draft::Draft,
    fields::{Fields, Problem},
    once::Once,
};

/// Roles that Keycloak gives to every user.
const USUAL_ROLES: [&str; 2] = ["offline_access", "uma_authorization"];

/// The paths of groups by the names that they have got so far.
#[derive(Default)]
pub(super) struct Keycloak(HashMap<String, String>);

impl Adapter for Keycloak {
    fn layout(&self) -> Layout {
        Layout::Under("users")
    }

    fn read(&mut self, _line: u64, value: &Value) -> Result<Option<Draft>, Problem> {
        let user = Fields::of(value, "")?;
        if user.has("serviceAccountClientId") {
            return Err(Problem::new("serviceAccountClientId", "is a client's, not a person's"));
        }
        let mut draft = Draft::default();
        let name = [user.text("username")?, user.text("email")?, None];
        draft.name(name)?;
        draft.account.id = user.uuid("id").ok().flatten();
        draft.account.created_at = user.milliseconds("createdTimestamp")?;
        if user.has("enabled") && !user.flag("enabled")? {
            draft.account.state = State::Disabled;
        }
        let full_name = [user.text("firstName")?, user.text("lastName")?];
        draft.show(
            "firstName",
            Some(&full_name.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        );
        self.groups(&user, &mut draft)?;
        for credential in user.objects("credentials")? {
            add_credential(&credential, &mut draft)?;
        }
        if !draft.account.passkeys.is_empty() {
            draft.account.user_handle = Some(Bytes(user.required("id")?.as_bytes().to_vec()));
        }
        note_the_rest(&user, &mut draft)?;
        Ok(Some(draft))
    }
}

impl Keycloak {
    /// `/staff/admins` becomes `staff.admins`. A group that would get the name of another one is left behind:
    /// it would open to its members what the other one opens.
    fn groups(&mut self, user: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
        for (path, value) in user.list("groups")? {
            let full = value.as_str().ok_or_else(|| Problem::new(&path, "must be a text"))?;
            let name = full.trim_start_matches('/').replace('/', ".").to_lowercase();
            if let Err(broken) = group::parse_name(&name) {
                draft.leave(
                    path,
                    format!("has no name that a group may have: it {}", broken.description),
                );
                continue;
            }
            let taken = self.0.entry(name.clone()).or_insert_with(|| full.to_owned());
            if taken == full {
                draft.account.groups.push(name);
            } else {
                draft.leave(path, "would have the same name as another group");
            }
        }
        draft.account.groups.sort();
        draft.account.groups.dedup();
        Ok(())
    }
}

fn add_credential(credential: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let field = credential.own_path();
    match credential.text("type")?.unwrap_or_default() {
        "password" if draft.account.password_hash.is_some() => {
            draft.leave(field, "is another password");
        }
        "password" => match password(credential)? {
            Some(hash) => draft.password(field, hash),
            None => draft.leave(field, "is a hash in no format that can be checked here"),
        },
        "webauthn-passwordless" => draft.passkey(field, passkey(credential)?),
        "webauthn" => draft.leave(field, "is a security key for a second step only"),
        "otp" => {
            draft.leave(field, "is a one-time password generator, which Claviger does not have")
        }
        "recovery-authn-codes" => {
            draft.leave(field, "is a set of recovery codes for a second step; make new ones");
        }
        _ => draft.leave(field, "is of a type that Claviger does not have"),
    }
    Ok(())
}

/// The PHC string of a password; `None` if its algorithm has none.
fn password(credential: &Fields<'_>) -> Result<Option<String>, Problem> {
    let (data, secret) = (inner(credential, "credentialData")?, inner(credential, "secretData")?);
    let (data, secret) = (
        Fields::of(&data, credential.path("credentialData"))?,
        Fields::of(&secret, credential.path("secretData"))?,
    );
    let (algorithm, iterations) = (data.required("algorithm")?, data.number("hashIterations")?);
    let iterations = iterations.unwrap_or(1);
    let (salt, output) = (phc_bytes(&secret, "salt")?, phc_bytes(&secret, "value")?);
    let digest = match algorithm {
        "pbkdf2" => "sha1",
        "pbkdf2-sha256" => "sha256",
        "pbkdf2-sha512" => "sha512",
        "argon2" => return argon2(&data, iterations, &salt, &output).map(Some),
        _ => return Ok(None),
    };
    Ok(Some(format!("$pbkdf2-{digest}$i={iterations}${salt}${output}")))
}

fn argon2(data: &Fields<'_>, iterations: u64, salt: &str, output: &str) -> Result<String, Problem> {
    let parameters = data.object("additionalParameters")?;
    let parameters =
        parameters.ok_or_else(|| Problem::new(data.path("additionalParameters"), "is missing"))?;
    let first = |name: &str| {
        let values = parameters.texts(name)?;
        values.first().copied().ok_or_else(|| Problem::new(parameters.path(name), "is missing"))
    };
    let version = if first("version")? == "1.0" { 16 } else { 19 };
    let (kind, memory, lanes) = (first("type")?, first("memory")?, first("parallelism")?);
    Ok(format!("$argon2{kind}$v={version}$m={memory},t={iterations},p={lanes}${salt}${output}"))
}

/// Keycloak writes base64 with padding, and PHC strings have none.
fn phc_bytes(secret: &Fields<'_>, name: &str) -> Result<String, Problem> {
    Ok(secret.required(name)?.trim_end_matches('=').to_owned())
}

fn passkey(credential: &Fields<'_>) -> Result<PasskeyRow, Problem> {
    let data = inner(credential, "credentialData")?;
    let data = Fields::of(&data, credential.path("credentialData"))?;
    Ok(PasskeyRow {
        credential_id: data.bytes("credentialId")?,
        public_key: data.bytes("credentialPublicKey")?,
        name: credential.text("userLabel")?.unwrap_or_default().to_owned(),
        counter: data.counter("counter")?,
        transports: data.owned_texts("transports")?,
        aaguid: data.uuid("aaguid")?.unwrap_or_default(),
        created_at: credential.milliseconds("createdDate")?,
        ..PasskeyRow::default()
    })
}

/// JSON in a text.
fn inner(credential: &Fields<'_>, name: &str) -> Result<Value, Problem> {
    let text = credential.required(name)?;
    let Once(value) = serde_json::from_str(text)
        .map_err(|_| Problem::new(credential.path(name), "must hold JSON"))?;
    Ok(value)
}

fn note_the_rest(user: &Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    for identity in user.objects("federatedIdentities")? {
        draft.leave(identity.path("identityProvider"), "is a sign-in by another provider");
    }
    if user.has("federationLink") {
        draft.leave("federationLink", "is a directory that keeps the password of the account");
    }
    for (path, value) in user.list("realmRoles")? {
        let role = value.as_str().unwrap_or_default();
        if !role.starts_with("default-roles-") && !USUAL_ROLES.contains(&role) {
            draft.leave(path, "is a role; groups alone come along");
        }
    }
    for (path, value) in user.list("requiredActions")? {
        if value.as_str() == Some("UPDATE_PASSWORD") {
            draft.leave(path, "asks for a new password, which Claviger does not");
        }
    }
    Ok(())
}

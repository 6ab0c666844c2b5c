//! Objects of each format, and what becomes of them.

use serde_json::json;

use super::*;
use crate::cli::moving::row::{AccountRow, Bytes, HashText, State, Time};

const NOW: Timestamp = Timestamp::from_micros(1_750_000_000_000_000);
const BCRYPT: &str = "$2b$10$Z6hUTEEeoJXN5/AmSm/4.eZ75RYgFVriQM9LPhNEC7kbAbS/VAaJ2";
const FIREBASE: &str = "hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}";

/// The accounts of a document, and what is said about each: `line path reason`.
fn read_all(format: Format, document: &str) -> (Vec<AccountRow>, Vec<String>) {
    let hash_config = Some(HashConfig::parse(FIREBASE).unwrap());
    let (mut accounts, mut said) = (Vec::new(), Vec::new());
    for row in rows(format, document.as_bytes(), Options { hash_config, now: NOW }) {
        match row {
            Ok(SourceRow { line, account, left_behind }) => {
                said.extend(
                    left_behind.iter().map(|it| format!("{line} {}: {}", it.field, it.reason)),
                );
                accounts.push(account);
            }
            Err(SourceError::Row { line, field, problem }) => {
                said.push(format!("{line} {field}! {problem}"));
            }
            Err(SourceError::File(error)) => said.push(error.to_string()),
        }
    }
    (accounts, said)
}

fn one(format: Format, document: &Value) -> (AccountRow, Vec<String>) {
    let (mut accounts, said) = read_all(format, &document.to_string());
    assert_eq!(accounts.len(), 1, "{said:?}");
    (accounts.remove(0), said)
}

fn time(text: &str) -> Option<Time> {
    Some(Time::try_from(text.to_owned()).unwrap())
}

fn hash_of(account: &AccountRow) -> Option<&str> {
    account.password_hash.as_ref().map(|HashText(hash)| hash.as_str())
}

fn under_users(user: &Value) -> Value {
    json!({ "users": [user] })
}

#[test]
fn a_user_of_keycloak_comes_with_password_groups_and_state() {
    let password = |algorithm: &str, more: Value| {
        json!({
            "type": "password",
            "credentialData": json!({ "hashIterations": 5, "algorithm": algorithm, "additionalParameters": more }).to_string(),
            "secretData": json!({ "value": "MDEyMzQ1Njc4OWFiY2RlZg==", "salt": "c2FsdHNhbHQ=" }).to_string(),
        })
    };
    let argon2 = json!({
        "hashLength": ["16"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"],
    });
    let user = json!({
        "id": "c5f2a1d0-1234-4000-8000-000000000001", "username": "ada", "firstName": "Ada", "lastName": "Lovelace",
        "email": "ada@example.com", "enabled": false, "createdTimestamp": 1_723_896_315_651_u64,
        "groups": ["/staff/Admins", "/staff.admins", "/Räume", "/staff"],
        "realmRoles": ["default-roles-example", "offline_access", "auditor"],
        "requiredActions": ["UPDATE_PASSWORD", "VERIFY_EMAIL"],
        "federatedIdentities": [{ "identityProvider": "github" }], "federationLink": "ldap",
        "credentials": [
            { "type": "otp" }, { "type": "webauthn" }, password("argon2", argon2),
            password("pbkdf2-sha256", json!({})), { "type": "recovery-authn-codes" }, { "type": "x509" },
        ],
        "attributes": { "locale": ["de"] },
    });

    let (account, said) = one(Format::Keycloak, &under_users(&user));

    assert_eq!((account.username.as_str(), account.display_name.as_str()), ("ada", "Ada Lovelace"));
    assert_eq!(account.id.map(|it| it.to_string()).as_deref(), user["id"].as_str());
    assert_eq!(
        (account.state, account.created_at),
        (State::Disabled, time("2024-08-17T12:05:15.651Z"))
    );
    assert_eq!(account.groups, ["staff", "staff.admins"]);
    assert_eq!(
        hash_of(&account),
        Some("$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg")
    );
    assert_eq!(
        said,
        [
            "1 groups[1]: would have the same name as another group",
            "1 groups[2]: has no name that a group may have: it must contain only a to z, 0 to 9, -, _ and ., and begin with a letter or a digit",
            "1 credentials[0]: is a one-time password generator, which Claviger does not have",
            "1 credentials[1]: is a security key for a second step only",
            "1 credentials[3]: is another password",
            "1 credentials[4]: is a set of recovery codes for a second step; make new ones",
            "1 credentials[5]: is of a type that Claviger does not have",
            "1 federatedIdentities[0].identityProvider: is a sign-in by another provider",
            "1 federationLink: is a directory that keeps the password of the account",
            "1 realmRoles[2]: is a role; groups alone come along",
            "1 requiredActions[0]: asks for a new password, which Claviger does not",
        ]
    );
    let plain = json!({ "username": "bob", "credentials": [password("pbkdf2", json!({}))] });
    let (account, said) = one(Format::Keycloak, &under_users(&plain));
    let hash = "$pbkdf2-sha1$i=5$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg";
    assert_eq!((hash_of(&account), said), (Some(hash), Vec::new()));
}

#[test]
fn what_cannot_be_read_is_named_by_its_path_and_costs_its_account() {
    let bad = json!({ "username": "ada", "credentials": [{ "type": "password", "credentialData": "x", "secretData": "{}" }] });
    let documents = [
        (Format::Keycloak, under_users(&bad), "1 credentials[0].credentialData! must hold JSON"),
        (
            Format::Keycloak,
            under_users(&json!({ "username": "c", "serviceAccountClientId": "c" })),
            "1 serviceAccountClientId! is a client's, not a person's",
        ),
        (
            Format::Supabase,
            json!({ "id": null, "email": "", "phone": null, "is_anonymous": true }),
            "1 ! has neither a username, an e-mail address nor a phone number",
        ),
        (
            Format::Supabase,
            json!({ "email": "a@example.com", "deleted_at": "2025-01-01 00:00:00+00" }),
            "1 deleted_at! says that the account was deleted",
        ),
        (Format::Hanko, json!([{ "username": "a", "emails": "b" }]), "1 emails! must be a list"),
        (
            Format::Kratos,
            json!([{ "id": 1, "traits": { "username": "a" } }]),
            "1 id! must be a text",
        ),
        (Format::Firebase, under_users(&json!({ "email": 1 })), "1 email! must be a text"),
        (Format::Auth0, json!({ "passwordHash": "x" }), "1 _id! is missing"),
        (Format::Keycloak, json!({ "users": { "a": {} } }), "line 1: `users` is no list"),
    ];

    for (format, document, expected) in documents {
        let (accounts, said) = read_all(format, &document.to_string());
        assert_eq!((accounts.len(), said), (0, vec![expected.to_owned()]), "{format:?}");
    }
}

#[test]
fn a_hash_out_of_bounds_and_a_name_too_long_stay_behind() {
    let user = json!({
        "email": "ada@example.com", "encrypted_password": BCRYPT.replace("$10$", "$15$"),
        "raw_user_meta_data": { "full_name": "x".repeat(65) }, "banned_until": "infinity",
        "identities": [{ "provider": "email" }, { "provider": "google" }],
        "factors": [{ "factor_type": "totp" }], "is_sso_user": true,
    });

    let (account, said) = one(Format::Supabase, &user);

    assert_eq!(account.state, State::Disabled);
    assert_eq!((account.password_hash, account.display_name), (None, String::new()));
    assert_eq!(
        said,
        [
            "1 banned_until: is the end of a ban; the account stays disabled until it is enabled",
            "1 raw_user_meta_data: must have at most 64 characters",
            "1 encrypted_password: must be a hash within the bounds: its cost must be from 4 to 14",
            "1 identities[1].provider: is a sign-in by another provider",
            "1 factors[0].factor_type: is a second step, which Claviger does not have",
            "1 is_sso_user: says that another provider signs the person in",
        ]
    );
}

#[test]
fn a_ban_that_is_over_is_none() {
    let user = |until: &str| json!({ "email": "ada@example.com", "banned_until": until });

    assert_eq!(one(Format::Supabase, &user("2025-06-15 15:06:39+00")).0.state, State::Active);
    assert_eq!(one(Format::Supabase, &user("2025-06-15 15:06:41+00")).0.state, State::Disabled);
}

#[test]
fn hashes_of_auth0_find_their_users_or_are_accounts_by_themselves() {
    let hash = |oid: &str, email: &str| json!({ "_id": { "$oid": oid }, "email": email, "passwordHash": BCRYPT });
    let lines = [
        hash("1", "ada@example.com"),
        hash("2", "bob@example.com"),
        json!({
            "user_id": "auth0|1", "email": "ada@example.com", "username": "ada", "name": "Ada",
            "created_at": "2021-03-05T16:35:16.775Z", "blocked": true,
            "identities": [{ "provider": "auth0" }, { "provider": "google-oauth2" }],
        }),
        json!({ "user_id": "google-oauth2|3", "email": "eve@example.com", "name": "eve@example.com" }),
        hash("1", "ada@example.com"),
        json!({ "email": "max@example.com", "custom_password_hash": { "algorithm": "md5", "hash": { "value": "x" } } }),
        json!({ "email": "kim@example.com", "custom_password_hash": { "algorithm": "bcrypt", "hash": { "value": BCRYPT } } }),
    ];
    let document: String = lines.iter().map(|it| format!("{it}\n")).collect();

    let (accounts, said) = read_all(Format::Auth0, &document);

    let read: Vec<_> = accounts
        .iter()
        .map(|it| (it.username.as_str(), it.display_name.as_str(), it.password_hash.is_some()))
        .collect();
    assert_eq!(
        read,
        [
            ("ada", "Ada", true),
            ("eve@example.com", "", false),
            ("max@example.com", "", false),
            ("kim@example.com", "", true),
            ("bob@example.com", "", true),
        ]
    );
    assert_eq!(accounts[0].state, State::Disabled);
    assert_eq!(accounts[0].created_at, time("2021-03-05T16:35:16.775Z"));
    assert_eq!(
        said,
        [
            "3 identities[1].provider: is a sign-in by another provider",
            "5 passwordHash! comes after its user: put the hashes first",
            "6 custom_password_hash: is a hash in no format that can be checked here",
        ]
    );
}

#[test]
fn hashes_of_firebase_take_the_parameters_of_the_project() {
    let user = json!({
        "localId": "x", "email": "user1@test.com", "displayName": "Test User 1", "disabled": true,
        "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        "salt": "42xEC+ixf3L2lw==", "createdAt": "1508893925000", "lastSignedInAt": "1508893925000",
        "providerUserInfo": [{ "providerId": "password" }, { "providerId": "github.com" }],
    });

    let (account, said) = one(Format::Firebase, &under_users(&user));

    let hash = hash_of(&account).unwrap();
    assert!(hash.starts_with("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8"), "{hash}");
    assert!(hash.ends_with("$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="));
    assert_eq!((account.display_name.as_str(), account.state), ("Test User 1", State::Disabled));
    assert_eq!(account.last_sign_in_at, time("2017-10-25T01:12:05Z"));
    assert_eq!(said, ["1 providerUserInfo[1].providerId: is a sign-in by another provider"]);
    let options = Options { hash_config: None, now: NOW };
    let without = rows(Format::Firebase, under_users(&user).to_string().as_bytes(), options)
        .next()
        .unwrap()
        .unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(without.account.password_hash, None);
    assert_eq!(without.left_behind[0].field, "passwordHash");
}

#[test]
fn the_parameters_of_firebase_are_read_as_the_console_shows_them() {
    let refused =
        |from: &str, to: &str| HashConfig::parse(&FIREBASE.replace(from, to)).err().unwrap();

    let json = FIREBASE
        .replace("hash_config ", "")
        .replace("SCRYPT", "\"SCRYPT\"")
        .replace("rounds", "\"rounds\"");
    assert!(HashConfig::parse(&json).is_ok());
    assert_eq!(refused("SCRYPT", "BCRYPT"), "algorithm must be SCRYPT");
    assert_eq!(refused("rounds: 8,", ""), "rounds is missing");
    assert_eq!(refused("mem_cost: 14", "mem_cost: x"), "mem_cost must be a whole number");
    assert_eq!(refused("Bw==", "!"), "base64_salt_separator must be base64");
    assert_eq!(HashConfig::parse("").err().unwrap(), "algorithm is missing");
}

#[test]
fn an_identity_of_kratos_has_the_name_it_signs_in_with() {
    let identity = |traits: Value, identifiers: Value| {
        json!([{
            "id": "9f425a8d-7efc-4768-8f23-7647a74fdf13", "traits": traits, "state": "inactive",
            "state_changed_at": "2024-08-18T00:00:00Z", "created_at": "2024-08-17T12:05:15Z",
            "credentials": {
                "password": { "identifiers": identifiers, "config": { "hashed_password": BCRYPT } },
                "totp": { "identifiers": ["x"] }, "oidc": { "config": {} },
            },
        }])
    };
    let name = |traits: Value, identifiers: Value| {
        one(Format::Kratos, &identity(traits, identifiers)).0.username
    };

    assert_eq!(name(json!({ "username": "ada", "email": "a@example.com" }), json!(["x"])), "ada");
    assert_eq!(name(json!({ "email": "a@example.com" }), json!(["x"])), "x");
    assert_eq!(name(json!({ "email": "a@example.com" }), json!([])), "a@example.com");
    assert_eq!(name(json!({ "phone": "+49151" }), json!([])), "+49151");
    let named =
        identity(json!({ "username": "ada", "name": { "first": "Ada", "last": "L" } }), json!([]));
    let (account, said) = one(Format::Kratos, &named);
    assert_eq!((account.display_name.as_str(), account.state), ("Ada L", State::Disabled));
    assert_eq!(account.disabled_at, time("2024-08-18T00:00:00Z"));
    assert_eq!(hash_of(&account), Some(BCRYPT));
    assert_eq!(
        said,
        [
            "1 credentials.oidc: is a sign-in by another provider",
            "1 credentials.totp: is a one-time password generator, which Claviger does not have",
        ]
    );
}

/// An ES256 key, which is the base point of P-256.
fn public_key() -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let point = "\\xa5010203262001215820\
        6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296225820\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    STANDARD.encode(fields::decoded(point).unwrap())
}

#[test]
fn passkeys_that_cannot_be_one_stay_behind() {
    let key = public_key();
    let credential = |id: &str, key: &str, alone: bool| json!({ "id": id, "public_key": key, "is_passwordless": alone });
    let (long, short) = ("AAAAAAAAAAAAAAAAAAAAAA==", "AAAA");
    let identity = json!([{ "traits": { "username": "ada" }, "credentials": {
        "passkey": { "config": { "user_handle": "aGFuZGxl", "credentials": [
            credential(long, &key, false), credential(short, &key, false), credential(long, "AAAA", false),
        ] } },
        "webauthn": { "config": { "user_handle": "b3RoZXI=", "credentials": [
            credential(long, &key, true), credential(long, &key, false),
        ] } },
    } }]);

    let (account, said) = one(Format::Kratos, &identity);

    assert_eq!(account.passkeys.len(), 1);
    assert_eq!(account.user_handle, Some(Bytes(b"handle".to_vec())));
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said[0].ends_with("[1]: has an identifier of less than 16 or more than 1023 bytes"));
    assert!(
        said[1]
            .contains("credentials.passkey.config.credentials[2]: has a public key that must be")
    );
    assert!(said[2].ends_with(
        "webauthn.config.credentials[0]: has another user handle than the account's other passkeys"
    ));
    assert!(said[3].ends_with("[1]: is a security key for a second step only"));
    let hidden = json!([{ "traits": { "username": "ada" }, "credentials": {
        "password": { "identifiers": ["ada"] }, "passkey": { "identifiers": ["x"] },
    } }]);
    assert_eq!(
        one(Format::Kratos, &hidden).1,
        [
            "1 credentials.password: has no hash; ask for it with include_credential=password",
            "1 credentials.passkey: has no keys; ask for them with include_credential=passkey",
        ]
    );
}

#[test]
fn users_of_hanko_have_one_address_and_one_handle() {
    let key = public_key();
    let credential = |last: &str, handle: Value, second: bool| {
        json!({
            "id": format!("AAAAAAAAAAAAAAAAAAAA{last}"), "public_key": key, "user_handle": handle,
            "mfa_only": second, "sign_count": 3, "name": "Phone", "transports": ["usb", "USB"],
        })
    };
    let user = json!([{
        "user_id": "a9ae6bc8-d829-43de-b672-f50230833877", "created_at": "2024-08-17T12:05:15.651387237Z",
        "emails": [{ "address": "b@example.com" }, { "address": "a@example.com", "is_primary": true }],
        "password": { "password": BCRYPT }, "otp_secret": { "secret": "x" },
        "webauthn_credentials": [
            credential("AA", json!(null), false), credential("AQ", json!("x"), false), credential("Ag", json!(null), true),
            credential("Aw", json!(null), false),
        ],
    }]);

    let (account, said) = one(Format::Hanko, &user);

    assert_eq!((account.username.as_str(), account.passkeys.len()), ("a@example.com", 2));
    assert_eq!((account.user_handle, account.passkeys[0].counter), (None, 3));
    assert_eq!(
        said,
        [
            "1 emails[0].address: is another address; an account has one name",
            "1 webauthn_credentials[1]: has another user handle than the account's other passkeys",
            "1 webauthn_credentials[2]: is a security key for a second step only",
            "1 otp_secret: is a one-time password generator, which Claviger does not have",
        ]
    );
}

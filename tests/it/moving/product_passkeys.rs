//! Passkeys in the files of other products, with the user handles that each gives them.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{foreign_passkey, import};
use crate::support::{Authenticator, Counter, Home, ORIGIN, Process};

const ID: &str = "c5f2a1d0-1234-4000-8000-000000000001";
/// The bytes of [`ID`].
const ID_BYTES: [u8; 16] = 0xc5f2_a1d0_1234_4000_8000_0000_0000_0001_u128.to_be_bytes();

/// What other products keep of a passkey.
struct Kept {
    id: Vec<u8>,
    key: Vec<u8>,
    counter: Value,
    transports: Value,
}

impl Kept {
    /// A passkey that an authenticator makes for another product.
    fn make(authenticator: &mut Authenticator, user_handle: &[u8]) -> Self {
        let passkey = foreign_passkey(authenticator, user_handle);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(passkey[name].as_str().unwrap()).unwrap();
        Self {
            id: bytes("credential_id"),
            key: bytes("public_key"),
            counter: passkey["counter"].clone(),
            transports: passkey["transports"].clone(),
        }
    }

    fn keycloak(&self) -> Value {
        let data = json!({
            "aaguid": "00000000-0000-0000-0000-000000000000",
            "credentialId": STANDARD.encode(&self.id), "counter": self.counter,
            "credentialPublicKey": URL_SAFE_NO_PAD.encode(&self.key),
            "attestationStatementFormat": "none", "transports": self.transports,
        });
        let credential = json!({
            "type": "webauthn-passwordless", "userLabel": "Phone", "createdDate": 1_723_896_315_651_u64,
            "secretData": "{}", "credentialData": data.to_string(),
        });
        json!({ "realm": "example", "users": [{
            "id": ID, "username": "ada", "enabled": true, "credentials": [credential],
        }] })
    }

    fn supabase(&self) -> Value {
        let hex = |bytes: &[u8]| {
            let digits: Vec<String> = bytes.iter().map(|it| format!("{it:02x}")).collect();
            format!("\\x{}", digits.concat())
        };
        json!({ "id": ID, "email": "ada", "encrypted_password": "", "passkeys": [{
            "credential_id": hex(&self.id), "public_key": hex(&self.key), "sign_count": self.counter,
            "transports": self.transports, "backup_eligible": true, "backed_up": true, "aaguid": null,
            "friendly_name": "Phone", "created_at": "2026-03-02T12:05:15.123456+00:00",
        }] })
    }

    fn kratos(&self, handle: &[u8]) -> Value {
        let credential = json!({
            "id": STANDARD.encode(&self.id), "public_key": STANDARD.encode(&self.key),
            "attestation_type": "none", "display_name": "Phone", "added_at": "2024-08-17T12:05:15Z",
            "is_passwordless": true, "transport": self.transports,
            "authenticator": { "aaguid": "AAAAAAAAAAAAAAAAAAAAAA==", "sign_count": self.counter },
            "flags": { "user_present": true, "user_verified": true, "backup_eligible": true, "backup_state": true },
        });
        let config = json!({ "credentials": [credential], "user_handle": STANDARD.encode(handle) });
        json!([{ "id": ID, "state": "active", "traits": { "username": "ada" }, "credentials": {
            "passkey": { "type": "passkey", "identifiers": ["x"], "config": config },
        } }])
    }

    fn hanko(&self, handle: Option<&str>) -> Value {
        json!([{ "user_id": ID, "username": "ada", "webauthn_credentials": [{
            "id": URL_SAFE_NO_PAD.encode(&self.id), "public_key": URL_SAFE_NO_PAD.encode(&self.key),
            "attestation_type": "none", "aaguid": "00000000-0000-0000-0000-000000000000",
            "sign_count": self.counter, "transports": self.transports, "backup_eligible": true,
            "backup_state": true, "mfa_only": false, "user_handle": handle,
        }] }])
    }
}

/// The owner of a passkey, who knows it by name and without.
async fn signs_in(format: &str, document: &Value, mut authenticator: Authenticator) {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    let file = home.folder().join("document.json");
    std::fs::write(&file, document.to_string()).unwrap();
    import(&home, &file, &["--from", format]).succeeded();

    let named = process.stranger().sign_in_named("ada", &mut authenticator).await;
    let discoverable = process.stranger().sign_in_discoverable(&mut authenticator).await;

    assert!(named.is_ok(), "{format}: {:?}", named.err());
    let person = discoverable.map_err(|error| format!("{format}: {error:?}")).unwrap();
    let account = person.get_account().await.unwrap();
    assert_eq!((account.username.as_str(), account.id.as_str()), ("ada", ID));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_of_another_product_signs_in_by_name_and_without() {
    let platform = || Authenticator::platform(ORIGIN);
    let handle: Vec<u8> = (0..64).collect();

    let mut phone = platform();
    let document = Kept::make(&mut phone, ID.as_bytes()).keycloak();
    signs_in("keycloak", &document, phone).await;

    let mut phone = platform();
    let document = Kept::make(&mut phone, ID.as_bytes()).supabase();
    signs_in("supabase", &document, phone).await;

    let mut phone = platform();
    let document = Kept::make(&mut phone, &handle).kratos(&handle);
    signs_in("kratos", &document, phone).await;

    let mut phone = platform();
    let document = Kept::make(&mut phone, &ID_BYTES).hanko(None);
    signs_in("hanko", &document, phone).await;

    let mut phone = platform();
    let document = Kept::make(&mut phone, b"auth0|1234").hanko(Some("auth0|1234"));
    signs_in("hanko", &document, phone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_of_a_passkey_continues_where_the_other_product_left_it() {
    let mut key = Authenticator::platform(ORIGIN).with_counter(Counter::At(41));
    key.backup_eligible = false;
    key.backed_up = false;
    let document = Kept::make(&mut key, ID.as_bytes()).keycloak();

    signs_in("keycloak", &document, key.clone()).await;

    key.counter = Counter::At(7);
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    let file = home.folder().join("document.json");
    std::fs::write(&file, document.to_string()).unwrap();
    import(&home, &file, &["--from", "keycloak"]).succeeded();
    let copied = process.stranger().sign_in_named("ada", &mut key).await;
    assert!(copied.is_err(), "a counter that went back is a copy's");
}

//! The WebAuthn dictionaries on the wire, with the members that never vary filled in.

use claviger_proto::{pb, time::duration};

use crate::model::webauthn::{
    AuthenticationResponse, CreationOptions, CredentialDescriptor, RegistrationResponse,
    RequestOptions,
};

/// The only credential type WebAuthn has.
const PUBLIC_KEY: &str = "public-key";
/// Every ceremony asks the authenticator to verify the person, so one touch is two factors.
const USER_VERIFICATION: &str = "required";

/// Options for `navigator.credentials.create()`.
pub(crate) fn creation_options(options: CreationOptions) -> pb::PublicKeyCredentialCreationOptions {
    pb::PublicKeyCredentialCreationOptions {
        rp: Some(pb::PublicKeyCredentialRpEntity {
            id: options.relying_party_id,
            name: options.relying_party_name,
        }),
        user: Some(pb::PublicKeyCredentialUserEntity {
            id: options.user_handle,
            name: options.user_name,
            display_name: options.user_display_name,
        }),
        challenge: options.challenge,
        pub_key_cred_params: options.algorithms.into_iter().map(parameters).collect(),
        timeout: Some(duration(options.timeout)),
        exclude_credentials: options.exclude_credentials.into_iter().map(descriptor).collect(),
        authenticator_selection: Some(pb::AuthenticatorSelectionCriteria {
            authenticator_attachment: String::new(),
            resident_key: "preferred".to_owned(),
            require_resident_key: false,
            user_verification: USER_VERIFICATION.to_owned(),
        }),
        hints: Vec::new(),
        attestation: "none".to_owned(),
        extensions: Some(pb::RegistrationExtensions { cred_props: true }),
    }
}

/// Options for `navigator.credentials.get()`.
pub(crate) fn request_options(options: RequestOptions) -> pb::PublicKeyCredentialRequestOptions {
    pb::PublicKeyCredentialRequestOptions {
        challenge: options.challenge,
        timeout: Some(duration(options.timeout)),
        rp_id: options.relying_party_id,
        allow_credentials: options.allow_credentials.into_iter().map(descriptor).collect(),
        user_verification: USER_VERIFICATION.to_owned(),
        hints: Vec::new(),
        extensions: Some(pb::AuthenticationExtensions {}),
    }
}

fn parameters(algorithm: i32) -> pb::PublicKeyCredentialParameters {
    pb::PublicKeyCredentialParameters { r#type: PUBLIC_KEY.to_owned(), alg: algorithm }
}

fn descriptor(descriptor: CredentialDescriptor) -> pb::PublicKeyCredentialDescriptor {
    pb::PublicKeyCredentialDescriptor {
        r#type: PUBLIC_KEY.to_owned(),
        id: descriptor.id,
        transports: descriptor.transports,
    }
}

/// The result of `navigator.credentials.create()`, unchecked.
pub(crate) fn registration_response(
    credential: pb::RegistrationCredential,
) -> RegistrationResponse {
    RegistrationResponse {
        raw_id: credential.raw_id,
        client_data_json: credential.client_data_json,
        attestation_object: credential.attestation_object,
        transports: credential.transports,
        discoverable: credential
            .client_extension_results
            .and_then(|results| results.cred_props)
            .and_then(|properties| properties.rk),
    }
}

/// The result of `navigator.credentials.get()`, unchecked.
pub(crate) fn authentication_response(
    credential: pb::AuthenticationCredential,
) -> AuthenticationResponse {
    AuthenticationResponse {
        raw_id: credential.raw_id,
        client_data_json: credential.client_data_json,
        authenticator_data: credential.authenticator_data,
        signature: credential.signature,
        user_handle: Some(credential.user_handle).filter(|it| !it.is_empty()),
    }
}

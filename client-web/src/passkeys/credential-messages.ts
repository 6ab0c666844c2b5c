/** The result of `navigator.credentials.create()` as the message for FinishRegistration. */
export function registrationCredential(credential: PublicKeyCredential) {
  const response = credential.response as AuthenticatorAttestationResponse;
  const { credProps } = credential.getClientExtensionResults();
  return {
    ...commonFields(credential),
    attestationObject: new Uint8Array(response.attestationObject),
    // Browser extensions that replace the browser's own implementation may leave it out.
    transports: response.getTransports?.() ?? [],
    clientExtensionResults: credProps ? { credProps } : {},
  };
}

/** The result of `navigator.credentials.get()` as the message for FinishAuthentication. */
export function authenticationCredential(credential: PublicKeyCredential) {
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    ...commonFields(credential),
    authenticatorData: new Uint8Array(response.authenticatorData),
    signature: new Uint8Array(response.signature),
    userHandle: new Uint8Array(response.userHandle ?? []),
  };
}

function commonFields({ rawId, response, authenticatorAttachment }: PublicKeyCredential) {
  return {
    rawId: new Uint8Array(rawId),
    clientDataJson: new Uint8Array(response.clientDataJSON),
    authenticatorAttachment: authenticatorAttachment ?? "",
  };
}

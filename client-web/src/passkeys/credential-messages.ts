/** What `navigator.credentials.create()` answered, for FinishRegistration. */
export function registrationCredential(credential: PublicKeyCredential) {
  const response = credential.response as AuthenticatorAttestationResponse;
  const { credProps } = credential.getClientExtensionResults();
  return {
    ...common(credential),
    attestationObject: new Uint8Array(response.attestationObject),
    // Extensions that answer in the browser's stead leave it out.
    transports: response.getTransports?.() ?? [],
    clientExtensionResults: credProps ? { credProps } : {},
  };
}

/** What `navigator.credentials.get()` answered, for FinishAuthentication. */
export function authenticationCredential(credential: PublicKeyCredential) {
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    ...common(credential),
    authenticatorData: new Uint8Array(response.authenticatorData),
    signature: new Uint8Array(response.signature),
    userHandle: new Uint8Array(response.userHandle ?? []),
  };
}

function common({ rawId, response, authenticatorAttachment }: PublicKeyCredential) {
  return {
    rawId: new Uint8Array(rawId),
    clientDataJson: new Uint8Array(response.clientDataJSON),
    authenticatorAttachment: authenticatorAttachment ?? "",
  };
}

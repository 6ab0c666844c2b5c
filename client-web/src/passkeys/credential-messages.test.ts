import { describe, expect, it } from "vitest";
import { fakeCredential } from "../../tests/support/fake-browser.js";
import { authenticationCredential, registrationCredential } from "./credential-messages.js";

describe("registrationCredential", () => {
  it("copies the bytes", () => {
    const message = registrationCredential(fakeCredential(7) as PublicKeyCredential);

    expect(message).toStrictEqual({
      rawId: new Uint8Array([7]),
      clientDataJson: new Uint8Array([1]),
      authenticatorAttachment: "platform",
      attestationObject: new Uint8Array([2]),
      transports: ["internal"],
      clientExtensionResults: { credProps: { rk: true } },
    });
  });

  it("accepts what browser extensions leave out", () => {
    const credential = fakeCredential(7) as PublicKeyCredential;
    Reflect.deleteProperty(credential.response, "getTransports");
    Reflect.set(credential, "getClientExtensionResults", () => ({}));

    const message = registrationCredential(credential);

    expect(message).toMatchObject({ transports: [], clientExtensionResults: {} });
  });
});

describe("authenticationCredential", () => {
  it("copies the bytes, and none for a missing user handle", () => {
    const message = authenticationCredential(fakeCredential(7) as PublicKeyCredential);

    expect(message).toStrictEqual({
      rawId: new Uint8Array([7]),
      clientDataJson: new Uint8Array([1]),
      authenticatorAttachment: "platform",
      authenticatorData: new Uint8Array([3]),
      signature: new Uint8Array([4]),
      userHandle: new Uint8Array(),
    });
  });
});

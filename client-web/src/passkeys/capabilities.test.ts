import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { findCapabilities } from "./capabilities.js";

const none = {
  passkeys: false,
  autofill: false,
  platform: false,
  silentCreation: false,
  signals: false,
};

describe("findCapabilities", () => {
  it("finds none without a browser", async () => {
    expect(await findCapabilities()).toEqual(none);
  });

  it("finds none on a page that is not in a secure context", async () => {
    fakeBrowser();
    vi.stubGlobal("isSecureContext", false);

    expect(await findCapabilities()).toEqual(none);
  });

  it("uses the capabilities that the browser reports", async () => {
    fakeBrowser({ capabilities: { userVerifyingPlatformAuthenticator: true } });

    expect(await findCapabilities()).toEqual({
      passkeys: true,
      autofill: true,
      platform: true,
      silentCreation: true,
      signals: true,
    });
  });

  it("uses the older functions of an older browser", async () => {
    vi.stubGlobal("PublicKeyCredential", {
      isConditionalMediationAvailable: async () => true,
      isUserVerifyingPlatformAuthenticatorAvailable: async () => true,
    });

    expect(await findCapabilities()).toEqual({
      ...none,
      passkeys: true,
      autofill: true,
      platform: true,
    });
  });

  it("counts a capability as missing when its query fails", async () => {
    vi.stubGlobal("PublicKeyCredential", {
      getClientCapabilities: () => Promise.reject(new Error("no")),
      isConditionalMediationAvailable: () => Promise.reject(new Error("no")),
    });

    expect(await findCapabilities()).toEqual({ ...none, passkeys: true });
  });
});

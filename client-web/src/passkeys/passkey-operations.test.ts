import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger(server = new FakeClaviger()) {
  const browser = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  return { ...browser, server, claviger };
}

describe("passkeys", () => {
  async function signedIn(capabilities = {}) {
    const anna = stranger();
    const { credentials, signals } = fakeBrowser({ capabilities });
    await anna.claviger.signIn({ username: "anna", password: "right" });
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalledOnce());
    vi.clearAllMocks();
    return { ...anna, credentials, signals };
  }

  it("are added, remembered, and forgotten when removed", async () => {
    const { claviger, credentials, signals } = await signedIn();

    const answer = claviger.passkeys.add({ name: "Key" });
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    credentials.requests[0]?.answer(fakeCredential(7));
    const added = await answer;
    const list = await claviger.passkeys.list();
    const passkey = list.ok && list.value[0];
    const before = passkey && claviger.passkeys.usedHere(passkey);
    const removed = await claviger.passkeys.remove("passkey-1");

    expect(added).toMatchObject({ ok: true, value: { name: "Key" } });
    expect([before, claviger.hasUsedPasskeyHere]).toEqual([true, false]);
    expect(removed).toEqual({ ok: true, value: undefined });
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalledTimes(2));
    expect(signals.signalAllAcceptedCredentials).toHaveBeenCalledTimes(2);
  });

  it("are renamed, and the current list is signalled", async () => {
    const { claviger, signals } = await signedIn();

    const answer = await claviger.passkeys.rename("passkey-1", "Other");

    expect(answer).toMatchObject({ ok: true, value: { name: "Other" } });
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalledOnce());
  });

  it("are created silently without a dialog", async () => {
    const { claviger, credentials } = await signedIn();

    const answer = claviger.passkeys.add({ silently: true });
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    credentials.requests[0]?.refuse(new DOMException("no", "NotAllowedError"));

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    expect(credentials.requests[0]?.request.mediation).toBe("conditional");
  });

  it("are not created silently in a browser that would show a dialog", async () => {
    const { claviger, credentials, server } = await signedIn({ conditionalCreate: false });

    const answer = await claviger.passkeys.add({ silently: true });

    expect(answer).toEqual({ ok: false, failure: { kind: "unsupported" } });
    expect(credentials.requests).toEqual([]);
    expect(server.count("StartRegistration")).toBe(0);
  });
});

import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, refusal } from "../../tests/support/fake-claviger.js";
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

  it("are forgotten when removed on a page that has not listed them", async () => {
    const { claviger, credentials, server } = await signedIn();
    const signIn = claviger.signInWithPasskey();
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    credentials.requests[0]?.answer(fakeCredential(7));
    await signIn;
    const reloaded = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
    await reloaded.signIn({ username: "anna", password: "right" });
    const before = reloaded.hasUsedPasskeyHere;

    await reloaded.passkeys.remove("passkey-1");

    expect([before, reloaded.hasUsedPasskeyHere]).toEqual([true, false]);
  });

  it.each([
    [true, false],
    [false, true],
  ])("are forgotten when their account is deleted: %s", async (deleted, remains) => {
    const { claviger, credentials, server } = await signedIn();
    Reflect.deleteProperty(globalThis.PublicKeyCredential, "signalAllAcceptedCredentials");
    const added = claviger.passkeys.add();
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    credentials.requests[0]?.answer(fakeCredential(7));
    await added;
    const seen: boolean[] = [];
    claviger.subscribe(() => seen.push(claviger.hasUsedPasskeyHere));
    const error = refusal(Code.PermissionDenied, "REAUTHENTICATION_REQUIRED");
    if (!deleted) server.failures.push({ method: "DeleteAccount", error });

    await claviger.account.delete();

    expect(claviger.hasUsedPasskeyHere).toBe(remains);
    // A listener of the sign-out sees it already.
    expect(seen).toEqual(deleted ? [false] : []);
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

import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger(server = new FakeClaviger()) {
  const browser = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  /** The latest request to the browser, once there were `times` requests. */
  const prompted = (times = 1) =>
    vi.waitFor(() => {
      expect(browser.credentials.requests).toHaveLength(times);
      return browser.credentials.requests[times - 1] as (typeof browser.credentials.requests)[0];
    });
  return { ...browser, server, claviger, prompted };
}

describe("signInWithPasskey", () => {
  it("signs in with any passkey, remembers it, and signals the server's list", async () => {
    const { claviger, prompted, signals } = stranger();

    const answer = claviger.signInWithPasskey();
    (await prompted()).answer(fakeCredential(7));

    expect(await answer).toMatchObject({ ok: true, value: { account: { username: "anna" } } });
    expect(claviger.hasUsedPasskeyHere).toBe(true);
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalled());
    expect(signals.signalAllAcceptedCredentials).toHaveBeenCalledWith({
      rpId: "example.com",
      userId: "_w",
      allAcceptedCredentialIds: ["-_8"],
    });
    expect(signals.signalCurrentUserDetails).toHaveBeenCalledWith({
      rpId: "example.com",
      userId: "_w",
      name: "anna",
      displayName: "Anna",
    });
  });

  it("signals a passkey that the server does not know", async () => {
    const { claviger, prompted, signals } = stranger();

    const answer = claviger.signInWithPasskey();
    (await prompted()).answer(fakeCredential(251));

    expect(await answer).toMatchObject({
      failure: { kind: "no-passkey", reason: "PASSKEY_UNKNOWN" },
    });
    await vi.waitFor(() =>
      expect(signals.signalUnknownCredential).toHaveBeenCalledWith({
        rpId: "example.com",
        credentialId: "-w",
      }),
    );
    expect(claviger.hasUsedPasskeyHere).toBe(false);
  });

  it("opens no dialog for a username without passkeys", async () => {
    const { claviger, credentials } = stranger();

    const answer = await claviger.signInWithPasskey({ username: "anna" });

    expect(answer).toEqual({ ok: false, failure: { kind: "no-passkey" } });
    expect(credentials.requests).toEqual([]);
  });

  it("is cancelled by the caller's signal while the dialog is open, for any reason", async () => {
    const { claviger, prompted } = stranger();
    const caller = new AbortController();

    const answer = claviger.signInWithPasskey({ signal: caller.signal });
    await prompted();
    caller.abort("enough");

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
  });

  it("is cancelled by the caller's signal during the request", async () => {
    const { claviger, server, credentials } = stranger();
    server.delays.set("StartAuthentication", new Promise((resolve) => setTimeout(resolve, 20)));

    const answer = await claviger.signInWithPasskey({ signal: AbortSignal.abort() });

    expect(answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    expect(credentials.requests).toEqual([]);
  });

  it("cannot be cancelled after the authenticator has responded", async () => {
    const { claviger, server, prompted } = stranger();
    const caller = new AbortController();
    let arrive = () => {};
    server.delays.set(
      "FinishAuthentication",
      new Promise<void>((resolve) => {
        arrive = resolve;
      }),
    );

    const answer = claviger.signInWithPasskey({ signal: caller.signal });
    (await prompted()).answer(fakeCredential(7));
    await vi.waitFor(() => expect(server.count("FinishAuthentication")).toBe(1));
    caller.abort();
    arrive();

    expect(await answer).toMatchObject({ ok: true });
    expect(claviger.state.kind).toBe("signed-in");
  });

  it("is busy when the browser has another request pending", async () => {
    const { claviger, prompted } = stranger();

    const answer = claviger.signInWithPasskey();
    (await prompted()).refuse(new DOMException("A request is already pending.", "OperationError"));

    expect(await answer).toEqual({ ok: false, failure: { kind: "busy" } });
  });

  it("does not fail when a signal to the authenticator fails", async () => {
    const { claviger, server, prompted, signals } = stranger();
    signals.signalAllAcceptedCredentials.mockRejectedValue(new TypeError("no"));
    server.failures.push({
      method: "GetPasskeySignals",
      error: refusal(Code.Internal, "INTERNAL"),
    });

    const answer = claviger.signInWithPasskey();
    (await prompted()).answer(fakeCredential(7));

    expect(await answer).toMatchObject({ ok: true });
  });
});

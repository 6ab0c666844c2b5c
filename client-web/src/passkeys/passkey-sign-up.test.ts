import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger(server = new FakeClaviger()) {
  const browser = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  /** Answers the browser's dialog with a credential. */
  const touch = async (firstByte: number) => {
    await vi.waitFor(() => expect(browser.credentials.requests).toHaveLength(1));
    browser.credentials.requests[0]?.answer(fakeCredential(firstByte));
  };
  return { ...browser, server, claviger, touch };
}

describe("passkeys.signUp", () => {
  it("creates an account without a password and signs it in", async () => {
    const { claviger, touch, signals } = stranger();

    const answer = claviger.passkeys.signUp({ username: "anna", displayName: "Anna" });
    await touch(7);

    expect(await answer).toMatchObject({
      ok: true,
      value: { account: { username: "anna", displayName: "Anna" }, suggestPasskey: false },
    });
    expect(claviger.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
    expect(claviger.hasUsedPasskeyHere).toBe(true);
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalled());
  });

  it("sends the invitation with both calls", async () => {
    const { claviger, server, touch } = stranger();
    server.invitation = "clv_iv_anna";

    const answer = claviger.passkeys.signUp({ username: "anna", invitation: "clv_iv_anna" });
    await touch(7);

    expect((await answer).ok).toBe(true);
    expect(server.invitations).toEqual(["clv_iv_anna", "clv_iv_anna"]);
  });

  it("opens no dialog for a taken username", async () => {
    const { claviger, server, credentials } = stranger();
    server.taken = "anna";

    const answer = await claviger.passkeys.signUp({ username: "anna" });

    expect(answer).toMatchObject({ failure: { kind: "taken" } });
    expect(credentials.requests).toEqual([]);
  });

  it.each([
    ["taken", refusal(Code.AlreadyExists, "USERNAME_TAKEN")],
    ["closed", refusal(Code.PermissionDenied, "REGISTRATION_CLOSED")],
    ["not-invited", refusal(Code.PermissionDenied, "INVITATION_INVALID")],
    ["refused", refusal(Code.Unauthenticated, "PASSKEY_REFUSED")],
    ["expired", refusal(Code.NotFound, "CEREMONY_NOT_FOUND")],
    ["invalid", refusal(Code.InvalidArgument, "FIELDS_INVALID")],
  ])("signals that the passkey is of no account if it ends as %s", async (kind, error) => {
    const { claviger, server, touch, signals } = stranger();
    server.failures.push({ method: "FinishSignUp", error });

    const answer = claviger.passkeys.signUp({ username: "anna" });
    await touch(7);

    expect(await answer).toMatchObject({ failure: { kind } });
    await vi.waitFor(() =>
      expect(signals.signalUnknownCredential).toHaveBeenCalledWith({
        rpId: "example.com",
        credentialId: "Bw",
      }),
    );
    expect(claviger.hasUsedPasskeyHere).toBe(false);
    expect(claviger.state.kind).not.toBe("signed-in");
  });

  it("repeats the last call if it did not arrive", async () => {
    const { claviger, server, touch, signals } = stranger();
    server.failures.push({ method: "FinishSignUp", error: networkDown() });

    const answer = claviger.passkeys.signUp({ username: "anna" });
    await touch(7);

    expect(await answer).toMatchObject({ ok: true, value: { account: { username: "anna" } } });
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it.each([
    ["offline", networkDown()],
    ["expired", refusal(Code.NotFound, "CEREMONY_NOT_FOUND")],
    ["not-invited", refusal(Code.PermissionDenied, "INVITATION_INVALID")],
  ])("keeps a passkey whose account may exist, if the repeated call is %s", async (_, error) => {
    const { claviger, server, touch, signals } = stranger();
    const method = "FinishSignUp";
    server.failures.push({ method, error: networkDown(), afterwards: true }, { method, error });

    const answer = claviger.passkeys.signUp({ username: "anna" });
    await touch(7);

    expect(await answer).toEqual({ ok: false, failure: { kind: "offline" } });
    expect(claviger.hasUsedPasskeyHere).toBe(true);
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
    expect(server.count(method)).toBe(2);
  });

  it("leaves a passkey alone that the server knows already", async () => {
    const { claviger, server, touch, signals } = stranger();
    const error = refusal(Code.AlreadyExists, "PASSKEY_ALREADY_REGISTERED");
    server.failures.push({ method: "FinishSignUp", error });

    const answer = claviger.passkeys.signUp({ username: "anna" });
    await touch(7);

    expect(await answer).toMatchObject({ failure: { kind: "already-registered" } });
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it("is cancelled by the caller while the dialog is open", async () => {
    const { claviger, server, credentials } = stranger();
    const caller = new AbortController();

    const answer = claviger.passkeys.signUp({ username: "anna", signal: caller.signal });
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    caller.abort();

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    expect(server.count("FinishSignUp")).toBe(0);
  });
});

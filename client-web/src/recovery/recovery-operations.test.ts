import { Code } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { Outcome } from "../outcome/outcome.js";

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

function required<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.kind);
  return outcome.value;
}

const BY_CODE = { username: "anna", code: "right" };

describe("recovery", () => {
  it("makes codes for the signed-in user, and no one else", async () => {
    const { claviger } = stranger();
    expect(await claviger.recovery.makeCodes()).toMatchObject({ failure: { kind: "signed-out" } });

    await claviger.signIn({ username: "anna", password: "right" });

    expect(await claviger.recovery.makeCodes()).toEqual({ ok: true, value: ["right", "other"] });
  });

  it("sets a new password with a code and signs in", async () => {
    const { claviger, server } = stranger();

    const begun = required(await claviger.recovery.begin(BY_CODE));
    const back = await claviger.recovery.withPassword(begun, {
      newPassword: "new",
      removeCredentials: true,
    });

    expect(begun).toMatchObject({ username: "anna", hasPassword: true });
    expect(back).toMatchObject({ ok: true, value: { account: { username: "anna" } } });
    expect(claviger.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
    expect(server.recovered).toEqual([{ removeCredentials: true }]);
  });

  it("adds a passkey with the link of an operator and signs in", async () => {
    const { claviger, server, touch, signals } = stranger();

    const begun = required(await claviger.recovery.begin({ link: "clv_rl_right" }));
    const answer = claviger.recovery.withPasskey(begun, { endSessions: true });
    await touch(7);

    expect(await answer).toMatchObject({ ok: true, value: { account: { username: "anna" } } });
    expect(claviger.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
    expect(claviger.hasUsedPasskeyHere).toBe(true);
    expect(server.recovered).toEqual([{ endSessions: true, removeCredentials: false }]);
    await vi.waitFor(() => expect(signals.signalCurrentUserDetails).toHaveBeenCalled());
  });

  it.each([
    ["wrong-code", { username: "anna", code: "wrong" }],
    ["wrong-link", { link: "clv_rl_wrong" }],
  ])("fails as %s", async (kind, means) => {
    const { claviger } = stranger();

    expect(await claviger.recovery.begin(means)).toMatchObject({ failure: { kind } });
  });

  it.each([
    ["expired", refusal(Code.Aborted, "RECOVERY_ENDED")],
    ["expired", refusal(Code.Aborted, "CEREMONY_NOT_FOUND")],
    ["too-many-passkeys", refusal(Code.FailedPrecondition, "PASSKEY_LIMIT_REACHED")],
  ])("signals that the passkey is of no account if it ends as %s", async (kind, error) => {
    const { claviger, server, touch, signals } = stranger();
    server.failures.push({ method: "FinishPasskeyRecovery", error });
    const begun = required(await claviger.recovery.begin(BY_CODE));

    const answer = claviger.recovery.withPasskey(begun);
    await touch(7);

    expect(await answer).toMatchObject({ failure: { kind } });
    await vi.waitFor(() =>
      expect(signals.signalUnknownCredential).toHaveBeenCalledWith({
        rpId: "example.com",
        credentialId: "Bw",
      }),
    );
    expect(claviger.state.kind).not.toBe("signed-in");
  });

  it("keeps a passkey that the account may have, if the repeated call finds the recovery over", async () => {
    const { claviger, server, touch, signals } = stranger();
    const method = "FinishPasskeyRecovery";
    const error = refusal(Code.Aborted, "RECOVERY_ENDED");
    server.failures.push({ method, error: networkDown(), afterwards: true }, { method, error });
    const begun = required(await claviger.recovery.begin(BY_CODE));

    const answer = claviger.recovery.withPasskey(begun);
    await touch(7);

    expect(await answer).toEqual({ ok: false, failure: { kind: "offline" } });
    expect(signals.signalUnknownCredential).not.toHaveBeenCalled();
  });

  it("is cancelled by the caller while the dialog is open, and the recovery continues", async () => {
    const { claviger, server, credentials } = stranger();
    const caller = new AbortController();
    const begun = required(await claviger.recovery.begin(BY_CODE));

    const answer = claviger.recovery.withPasskey(begun, { signal: caller.signal });
    await vi.waitFor(() => expect(credentials.requests).toHaveLength(1));
    caller.abort();

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    expect(server.count("FinishPasskeyRecovery")).toBe(0);
    expect((await claviger.recovery.withPassword(begun, { newPassword: "new" })).ok).toBe(true);
  });
});

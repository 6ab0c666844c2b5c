import { describe, expect, it, vi } from "vitest";
import { fakeBrowser, fakeCredential } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import type { PasswordChange } from "../claviger.js";
import { createClaviger } from "../create-claviger.js";

const current: PasswordChange = { newPassword: "new", currentPassword: "right" };
const passkey: PasswordChange = { newPassword: "new", withPasskey: true };

async function signedIn(server: FakeClaviger) {
  const browser = fakeBrowser();
  const anna = createClaviger({ transport: server.transport() });
  await anna.signIn({ username: "anna", password: "right" });
  /** The request to the browser for a passkey. */
  const prompted = () =>
    vi.waitFor(() => browser.credentials.requests[0] ?? expect.fail("no dialog is open"));
  return { anna, ...browser, prompted };
}

describe("changePassword", () => {
  it("continues in a new session, without an event", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    const events: unknown[] = [];
    anna.subscribe((event) => events.push(event));

    const answer = await anna.account.changePassword(current);

    expect(answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-2" });
    expect(await anna.account.get()).toMatchObject({ ok: true, value: { username: "anna" } });
    expect(events).toEqual([]);
    anna.close();
  });

  it("works even if the access token has expired", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    server.expireAccessTokens();

    const answers = await Promise.all([anna.account.changePassword(current), anna.account.get()]);

    expect(answers[0].ok).toBe(true);
    expect(server.count("RefreshTokens")).toBe(1);
    anna.close();
  });

  it("is denied with a wrong password", async () => {
    const { anna } = await signedIn(new FakeClaviger());

    const answer = await anna.account.changePassword({ ...current, currentPassword: "wrong" });

    expect(answer).toMatchObject({ failure: { kind: "denied" } });
    anna.close();
  });

  it("is invalid without the current password or a passkey, however recent the sign-in", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);

    const answer = await anna.account.changePassword({ newPassword: "new" });

    expect(answer).toMatchObject({
      failure: { kind: "invalid", fields: [{ field: "current_password", reason: "REQUIRED" }] },
    });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
    anna.close();
  });

  it("needs no proof for an account without a password", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    server.hasPassword = false;

    const answer = await anna.account.changePassword({ newPassword: "new" });

    expect(answer.ok).toBe(true);
    expect(server.count("StartReauthentication")).toBe(0);
    anna.close();
  });

  it("takes a passkey in place of the current password, and remembers it", async () => {
    const server = new FakeClaviger();
    server.passkeys.push(new Uint8Array([7]));
    const { anna, prompted } = await signedIn(server);

    const answer = anna.account.changePassword(passkey);
    (await prompted()).answer(fakeCredential(7));

    expect(await answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-2" });
    expect(anna.hasUsedPasskeyHere).toBe(true);
    anna.close();
  });

  it("is refused with a passkey that the server refuses", async () => {
    const server = new FakeClaviger();
    server.passkeys.push(new Uint8Array([7]));
    const { anna, prompted } = await signedIn(server);

    const answer = anna.account.changePassword(passkey);
    (await prompted()).answer(fakeCredential(8));

    expect(await answer).toMatchObject({ failure: { kind: "refused" } });
    expect([anna.state.kind, anna.hasUsedPasskeyHere]).toEqual(["signed-in", false]);
    anna.close();
  });

  it("opens no dialog for an account without passkeys", async () => {
    const server = new FakeClaviger();
    const { anna, credentials } = await signedIn(server);

    const answer = await anna.account.changePassword(passkey);

    expect(answer).toEqual({ ok: false, failure: { kind: "no-passkey" } });
    expect(credentials.requests).toEqual([]);
    expect(server.count("ChangePassword")).toBe(0);
    anna.close();
  });

  it("is cancelled by the caller's signal while the dialog is open", async () => {
    const server = new FakeClaviger();
    server.passkeys.push(new Uint8Array([7]));
    const { anna, prompted } = await signedIn(server);
    const caller = new AbortController();

    const answer = anna.account.changePassword({ ...passkey, signal: caller.signal });
    await prompted();
    caller.abort();

    expect(await answer).toEqual({ ok: false, failure: { kind: "cancelled" } });
    expect(server.count("ChangePassword")).toBe(0);
    anna.close();
  });

  it("keeps no other call waiting while the dialog is open", async () => {
    const server = new FakeClaviger();
    server.passkeys.push(new Uint8Array([7]));
    const { anna, prompted } = await signedIn(server);
    const change = anna.account.changePassword(passkey);
    const dialog = await prompted();
    server.expireAccessTokens();

    const account = await anna.account.get();
    dialog.answer(fakeCredential(7));

    expect(account.ok).toBe(true);
    expect((await change).ok).toBe(true);
    anna.close();
  });
});

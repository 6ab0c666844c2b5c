import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

/** A user on a page of an origin whose passkeys the server would refuse. */
async function onForeignPage(server = new FakeClaviger()) {
  const browser = fakeBrowser();
  server.origins = ["https://elsewhere.example.com", "android:apk-key-hash:abc"];
  server.passkeys.push(new Uint8Array([7]));
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  await claviger.signIn({ username: "anna", password: "right" });
  return { ...browser, server, claviger };
}

const insecure = { ok: false, failure: { kind: "insecure" } };

describe("a page of an origin whose passkeys the server refuses", () => {
  it("asks the browser for none, so that no passkey is created in vain", async () => {
    const { claviger, credentials } = await onForeignPage();

    const outcomes = [
      await claviger.passkeys.add(),
      await claviger.passkeys.add({ silently: true }),
      await claviger.passkeys.signUp({ username: "bob" }),
      await claviger.signInWithPasskey(),
      await claviger.signInWithPasskey({ autofill: true }),
      await claviger.reauthenticate(),
      await claviger.account.changePassword({ newPassword: "new", withPasskey: true }),
    ];

    expect(outcomes).toEqual(outcomes.map(() => insecure));
    expect(credentials.requests).toEqual([]);
  });

  it("asks for none either while the server's origins cannot be found out", async () => {
    const { claviger, credentials, server } = await onForeignPage();
    // Asked for beside the first call, and again before the dialog.
    const failure = { method: "GetServerInfo", error: networkDown() };
    server.failures.push(failure, failure);

    const outcome = await claviger.passkeys.add();

    expect(outcome).toEqual({ ok: false, failure: { kind: "offline" } });
    expect(credentials.requests).toEqual([]);
  });
});

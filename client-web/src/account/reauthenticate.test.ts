import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger() {
  const server = new FakeClaviger();
  const browser = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  return { ...browser, claviger };
}

describe("reauthenticate", () => {
  it("stores the new access token after the password", async () => {
    const { claviger } = stranger();
    await claviger.signIn({ username: "anna", password: "right" });

    const answers = [
      await claviger.reauthenticate({ password: "wrong" }),
      await claviger.reauthenticate({ password: "right" }),
    ];

    expect(answers).toMatchObject([{ failure: { kind: "denied" } }, { ok: true }]);
    expect(await claviger.accessToken()).toEqual({ ok: true, value: "session-1/2" });
  });

  it("opens no dialog for an account without passkeys", async () => {
    const { claviger, credentials } = stranger();
    await claviger.signIn({ username: "anna", password: "right" });

    const answer = await claviger.reauthenticate();

    expect(answer).toEqual({ ok: false, failure: { kind: "no-passkey" } });
    expect(credentials.requests).toEqual([]);
  });
});

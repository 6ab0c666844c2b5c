import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger() {
  const server = new FakeClaviger();
  const browser = fakeBrowser();
  const claviger = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
  return { ...browser, server, claviger };
}

describe("reauthenticate", () => {
  it("stores the new access token after the password", async () => {
    const { claviger, server } = stranger();
    await claviger.signIn({ username: "anna", password: "right" });

    const answers = [
      await claviger.reauthenticate({ password: "wrong" }),
      await claviger.reauthenticate({ password: "right" }),
    ];
    await claviger.account.get();

    expect(answers).toMatchObject([{ failure: { kind: "denied" } }, { ok: true }]);
    expect(server.bearers.at(-1)).toBe("session-1/2");
  });

  it("opens no dialog for an account without passkeys", async () => {
    const { claviger, credentials } = stranger();
    await claviger.signIn({ username: "anna", password: "right" });

    const answer = await claviger.reauthenticate();

    expect(answer).toEqual({ ok: false, failure: { kind: "no-passkey" } });
    expect(credentials.requests).toEqual([]);
  });
});

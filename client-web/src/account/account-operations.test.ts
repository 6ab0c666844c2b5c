import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

async function signedIn(server: FakeClaviger) {
  const browser = fakeBrowser();
  const anna = createClaviger({ transport: server.transport() });
  await anna.signIn({ username: "anna", password: "right" });
  return { anna, browser };
}

describe("account", () => {
  it("removes the password", async () => {
    const { anna } = await signedIn(new FakeClaviger());

    expect(await anna.account.removePassword()).toEqual({ ok: true, value: undefined });
    anna.close();
  });

  it("is deleted with its cookie and its passkeys", async () => {
    const server = new FakeClaviger();
    const { anna, browser } = await signedIn(server);

    const answer = await anna.account.delete();

    expect(answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-out" });
    expect(server.cookie).toBe("");
    expect(browser.signals.signalAllAcceptedCredentials).toHaveBeenCalledWith({
      rpId: "example.com",
      userId: "_w",
      allAcceptedCredentialIds: [],
    });
    anna.close();
  });
});

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
  it("continues in a new session after a change of password, without an event", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    const events: unknown[] = [];
    anna.subscribe((event) => events.push(event));

    const answer = await anna.account.changePassword({ newPassword: "new" });

    expect(answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-2" });
    expect(await anna.account.get()).toMatchObject({ ok: true, value: { username: "anna" } });
    expect(events).toEqual([]);
    anna.close();
  });

  it("changes the password even if the access token has expired", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    server.expireAccessTokens();

    const answers = await Promise.all([
      anna.account.changePassword({ newPassword: "new" }),
      anna.account.get(),
    ]);

    expect(answers[0].ok).toBe(true);
    expect(server.count("RefreshTokens")).toBe(1);
    anna.close();
  });

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

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

describe("sessions", () => {
  it("are listed through all pages", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    for (let more = 0; more < 3; more += 1) server.open("anna", 1);

    const answer = await anna.sessions.list();

    const ids = answer.ok && answer.value.map(({ id }) => id);
    expect(ids).toEqual(["session-1", "session-2", "session-3", "session-4"]);
    anna.close();
  });

  it("end one by one, and the own session with a sign-out", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    server.open("anna", 1);

    const other = await anna.sessions.end("session-2");
    const between = anna.state.kind;
    const own = await anna.sessions.end("session-1");

    expect([other.ok, between]).toEqual([true, "signed-in"]);
    expect([own.ok, anna.state.kind, server.cookie]).toEqual([true, "signed-out", ""]);
    anna.close();
  });

  it("end except the own one, and are counted", async () => {
    const server = new FakeClaviger();
    const { anna } = await signedIn(server);
    server.open("anna", 1);
    server.open("anna", 1);

    expect(await anna.sessions.endOthers()).toEqual({ ok: true, value: 2 });
    expect(anna.state.kind).toBe("signed-in");
    anna.close();
  });
});

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

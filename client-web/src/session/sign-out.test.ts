import { describe, expect, it } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger(server: FakeClaviger) {
  fakeBrowser();
  return createClaviger({ transport: server.transport(), tokenStorage: "memory" });
}

describe("signOut", () => {
  it("ends the session here and on the server", async () => {
    const server = new FakeClaviger();
    const anna = stranger(server);
    await anna.signIn({ username: "anna", password: "right" });

    const answer = await anna.signOut();

    expect(answer).toEqual({ ok: true, value: undefined });
    expect(anna.state).toEqual({ kind: "signed-out" });
    expect(server.sessions[0]?.live).toBe(false);
  });

  it("succeeds if the session had already ended", async () => {
    fakeBrowser();
    const anna = createClaviger({ transport: new FakeClaviger().transport() });

    const answer = await anna.signOut();

    expect(answer.ok).toBe(true);
    expect(anna.state).toEqual({ kind: "signed-out" });
    anna.close();
  });

  it("does not change the state while the network is down", async () => {
    const server = new FakeClaviger();
    const anna = stranger(server);
    await anna.signIn({ username: "anna", password: "right" });
    server.failures.push({ method: "Logout", error: networkDown() });

    const answer = await anna.signOut();

    expect(answer).toMatchObject({ failure: { kind: "offline" } });
    expect(anna.state.kind).toBe("signed-in");
  });
});

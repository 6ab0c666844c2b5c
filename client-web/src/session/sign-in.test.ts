import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

function stranger(server: FakeClaviger) {
  fakeBrowser();
  return createClaviger({ transport: server.transport(), tokenStorage: "memory" });
}

describe("signIn", () => {
  it("signals the current list of passkeys, some of which may have been removed elsewhere", async () => {
    const { signals } = fakeBrowser();
    const server = new FakeClaviger();
    const anna = createClaviger({ transport: server.transport(), tokenStorage: "memory" });

    await anna.signIn({ username: "anna", password: "right" });

    await vi.waitFor(() => expect(signals.signalAllAcceptedCredentials).toHaveBeenCalled());
  });

  it("does not change the state when refused", async () => {
    const anna = stranger(new FakeClaviger());

    const answer = await anna.signIn({ username: "anna", password: "wrong" });

    expect(answer).toMatchObject({ failure: { kind: "denied", reason: "INVALID_CREDENTIALS" } });
    expect(anna.state).toEqual({ kind: "unknown" });
  });

  it("stores nothing in Web Storage by default", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = createClaviger({ transport: server.transport() });

    await anna.signIn({ username: "anna", password: "right" });

    expect(server.cookie).toBe("refresh-1");
    expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
    anna.close();
  });

  it("waits for a running refresh, so that no old cookie replaces the new one", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = createClaviger({ transport: server.transport() });
    await anna.signIn({ username: "anna", password: "right" });
    server.expireAccessTokens();
    let answer = () => {};
    server.delays.set("RefreshTokens", new Promise<void>((resolve) => (answer = resolve)));

    const call = anna.account.get();
    await vi.waitFor(() => expect(server.count("RefreshTokens")).toBe(1));
    const bert = anna.signIn({ username: "bert", password: "right" });
    const early = server.count("Login");
    answer();
    await Promise.all([call, bert]);

    expect(early).toBe(1);
    expect(server.cookie).toBe(server.sessions[1]?.refreshToken);
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-2" });
    anna.close();
  });
});

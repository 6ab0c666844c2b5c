import { describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown } from "../../tests/support/fake-claviger.js";
import { createClaviger } from "../create-claviger.js";

const registration = { username: "anna", password: "right", displayName: "Anna" };

function stranger(server: FakeClaviger) {
  fakeBrowser();
  return createClaviger({ transport: server.transport(), tokenStorage: "memory" });
}

describe("register", () => {
  it("creates an account and signs it in", async () => {
    const anna = stranger(new FakeClaviger());

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({
      ok: true,
      value: { account: { username: "anna" }, suggestPasskey: true },
    });
    expect(anna.state).toEqual({ kind: "signed-in", sessionId: "session-1" });
  });

  it("is repeated with the same request id if no response arrived", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method: "Register", error: networkDown(), afterwards: true });
    const anna = stranger(server);

    const answer = await anna.register(registration);

    const [first, second] = server.requestIds;
    expect(answer.ok).toBe(true);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
  });

  it("is tried at most twice", async () => {
    const server = new FakeClaviger();
    const error = networkDown();
    server.failures.push({ method: "Register", error }, { method: "Register", error });
    const anna = stranger(server);

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({ failure: { kind: "offline" } });
    expect(server.count("Register")).toBe(2);
  });

  it("is tried once in a browser that creates no request ids", async () => {
    const server = new FakeClaviger();
    server.failures.push({ method: "Register", error: networkDown() });
    const anna = stranger(server);
    vi.stubGlobal("crypto", {});

    const answer = await anna.register(registration);

    expect(answer).toMatchObject({ failure: { kind: "offline" } });
    expect(server.count("Register")).toBe(1);
  });
});

describe("signIn", () => {
  it("signals the current list of passkeys, some of which may have been removed elsewhere", async () => {
    const { signals } = fakeBrowser();
    const server = new FakeClaviger();
    const anna = createClaviger({ transport: server.transport(), tokenStorage: "memory" });

    await anna.signIn(registration);

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

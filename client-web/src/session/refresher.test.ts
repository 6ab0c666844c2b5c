import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import type { Claviger } from "../claviger.js";
import { createClaviger } from "../create-claviger.js";
import type { SessionEvent } from "./current-session.js";
import type { TokenStorage } from "./token-storage.js";

const tabs: Claviger[] = [];

/** A tab of the browser, with its events. */
function openTab(server: FakeClaviger, tokenStorage: TokenStorage = "cookie") {
  const claviger = createClaviger({ transport: server.transport(), tokenStorage });
  const events: SessionEvent[] = [];
  claviger.subscribe((event) => events.push(event));
  tabs.push(claviger);
  return Object.assign(claviger, { events });
}

async function signedIn(server: FakeClaviger, tokenStorage?: TokenStorage) {
  const tab = openTab(server, tokenStorage);
  await tab.signIn({ username: "anna", password: "right" });
  return tab;
}

afterEach(() => {
  for (const tab of tabs.splice(0)) tab.close();
  vi.useRealTimers();
});

describe("an expired access token", () => {
  it("is refreshed once for four parallel calls", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.expireAccessTokens();

    const answers = await Promise.all([1, 2, 3, 4].map(() => anna.account.get()));

    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(server.count("RefreshTokens")).toBe(1);
  });

  it.each(["cookie", "local-storage"] as const)(
    "is refreshed once for two tabs that share the %s",
    async (tokenStorage) => {
      fakeBrowser();
      const server = new FakeClaviger();
      const first = await signedIn(server, tokenStorage);
      const second = openTab(server, tokenStorage);
      await second.restore();
      const before = server.count("RefreshTokens");
      server.expireAccessTokens();

      const answers = await Promise.all([first.account.get(), second.account.get()]);

      expect(answers.map(({ ok }) => ok)).toEqual([true, true]);
      expect(server.count("RefreshTokens")).toBe(before + 1);
    },
  );

  it("alone causes a refresh", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    const error = refusal(Code.FailedPrecondition, "REAUTHENTICATION_REQUIRED");
    server.failures.push({ method: "GetAccount", error });

    const answer = await anna.account.get();

    expect(answer).toMatchObject({ failure: { kind: "reauthentication-required" } });
    expect(server.count("RefreshTokens")).toBe(0);
  });

  it("does not make calls for another user whose sign-in was missed", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server, "local-storage");
    const bert = createClaviger({ transport: server.transport(), tokenStorage: "memory" });
    await bert.signIn({ username: "bert", password: "right" });
    localStorage.setItem(
      "claviger:https://login.example.com:refresh-token",
      server.sessions[1]?.refreshToken ?? "",
    );
    server.expireAccessTokens();

    const answer = await anna.account.delete();

    expect(answer).toMatchObject({ ok: false, failure: { kind: "signed-out" } });
    expect(server.sessions.map(({ live }) => live)).toEqual([true, true]);
    expect(anna.events.slice(1)).toEqual([
      { kind: "signed-out", cause: "other-tab" },
      { kind: "signed-in", where: "other-tab" },
    ]);
  });
});

describe("a refresh", () => {
  it("fails for all parallel calls at once", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.expireAccessTokens();
    const failure = { method: "RefreshTokens", error: networkDown() };
    server.failures.push(...Array(8).fill(failure));

    const answers = await Promise.all([1, 2, 3, 4].map(() => anna.account.get()));

    expect(answers).toMatchObject(Array(4).fill({ failure: { kind: "offline" } }));
    expect(server.count("RefreshTokens")).toBe(2);
  });

  it("is repeated with the same request id if no response arrived", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.expireAccessTokens();
    server.failures.push({ method: "RefreshTokens", error: networkDown(), afterwards: true });

    const answer = await anna.account.get();

    const [first, second] = server.requestIds;
    expect(answer.ok).toBe(true);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
  });

  it.each([
    ["offline", networkDown()],
    ["unavailable", refusal(Code.Unavailable, "DATABASE_UNAVAILABLE")],
  ])("does not sign out when the server is %s", async (kind, error) => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.expireAccessTokens();
    server.failures.push({ method: "RefreshTokens", error }, { method: "RefreshTokens", error });

    const answer = await anna.account.get();

    expect(answer).toMatchObject({ failure: { kind } });
    expect(anna.state.kind).toBe("signed-in");
  });

  it.each([
    "REFRESH_TOKEN_MISSING",
    "REFRESH_TOKEN_INVALID",
    "REFRESH_TOKEN_REUSED",
    "SESSION_ENDED",
  ])("signs out in every tab when refused with %s", async (reason) => {
    fakeBrowser();
    const server = new FakeClaviger();
    const other = openTab(server);
    const anna = await signedIn(server);
    server.expireAccessTokens();
    const error = refusal(Code.Unauthenticated, reason);
    server.failures.push({ method: "RefreshTokens", error });

    const answer = await anna.account.get();

    const ended = { kind: "signed-out", cause: "ended" };
    expect(answer).toMatchObject({ failure: { kind: "signed-out", reason } });
    expect(anna.events.at(-1)).toEqual(ended);
    await vi.waitFor(() => expect(other.events.at(-1)).toEqual(ended));
  });

  it("removes a refused token from Web Storage", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server, "local-storage");
    server.expireAccessTokens();
    server.end("session-1");

    await anna.account.get();

    expect(localStorage.length).toBe(0);
  });

  it("is not requested on a page that cannot have the cookie", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = createClaviger({
      baseUrl: "https://elsewhere.example.com",
      transport: server.transport(),
      tokenStorage: "cookie",
    });

    const answers = [
      await anna.restore(),
      await anna.signIn({ username: "anna", password: "right" }),
      await anna.signOut(),
    ];

    expect(answers).toEqual(Array(3).fill({ ok: false, failure: { kind: "foreign-origin" } }));
    expect(server.calls).toEqual([]);
  });
});

describe("restore", () => {
  it("restores the session of the cookie", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    await signedIn(server);

    const reloaded = openTab(server);
    const before = reloaded.state;
    const state = await reloaded.restore();

    expect(before).toEqual({ kind: "unknown" });
    expect(state).toEqual({ ok: true, value: { kind: "signed-in", sessionId: "session-1" } });
    expect(reloaded.events).toEqual([{ kind: "signed-in", where: "restored" }]);
  });

  it("finds that no user is signed in", async () => {
    fakeBrowser();
    const stranger = openTab(new FakeClaviger());

    const state = await stranger.restore();

    expect(state).toEqual({ ok: true, value: { kind: "signed-out" } });
    expect(stranger.events).toEqual([{ kind: "signed-out", cause: "nothing-restored" }]);
  });

  it("sends no request if there is nothing to restore", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const stranger = openTab(server, "memory");

    const state = await stranger.restore();

    expect(state).toEqual({ ok: true, value: { kind: "signed-out" } });
    expect(server.calls).toEqual([]);
  });

  it("leaves the state unknown while the network is down", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const error = networkDown();
    server.failures.push({ method: "RefreshTokens", error }, { method: "RefreshTokens", error });
    const anna = openTab(server);

    const state = await anna.restore();

    expect(state).toMatchObject({ ok: false, failure: { kind: "offline" } });
    expect(anna.state).toEqual({ kind: "unknown" });
  });
});

describe("a call", () => {
  it("signs out in every tab if the session has ended", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const other = openTab(server);
    const anna = await signedIn(server);
    server.end("session-1");

    const answer = await anna.account.get();

    const ended = { kind: "signed-out", cause: "ended" };
    expect(answer).toMatchObject({ failure: { kind: "signed-out" } });
    expect(anna.events.at(-1)).toEqual(ended);
    await vi.waitFor(() => expect(other.events.at(-1)).toEqual(ended));
  });

  it("refreshes after a token that the server does not know", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    const error = refusal(Code.Unauthenticated, "ACCESS_TOKEN_INVALID");
    server.failures.push({ method: "GetAccount", error });

    const answers = [await anna.account.get(), await anna.account.get()];

    expect(answers).toMatchObject([{ failure: { kind: "failed" } }, { ok: true }]);
    expect(server.count("RefreshTokens")).toBe(1);
  });

  it("is not made when signed out", async () => {
    fakeBrowser();
    const server = new FakeClaviger();
    const stranger = openTab(server);
    await stranger.restore();
    server.calls.length = 0;

    const answer = await stranger.account.get();

    expect(answer).toEqual({ ok: false, failure: { kind: "signed-out" } });
    expect(server.calls).toEqual([]);
  });
});

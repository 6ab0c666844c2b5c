import { Code } from "@connectrpc/connect";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeBrowser } from "../../tests/support/fake-browser.js";
import { FakeClaviger, networkDown, refusal } from "../../tests/support/fake-claviger.js";
import type { Claviger } from "../claviger.js";
import { createClaviger } from "../create-claviger.js";

const backend = { audience: "backend" };
const shop = { audience: "shop" };
const right = { username: "anna", password: "right" };

const tabs: Claviger[] = [];

function openTab(server: FakeClaviger) {
  const tab = createClaviger({ transport: server.transport() });
  tabs.push(tab);
  return tab;
}

async function signedIn(server: FakeClaviger) {
  fakeBrowser();
  const tab = openTab(server);
  await tab.signIn(right);
  return tab;
}

/** The tokens of the fake server contain what they were issued for. */
const issued = (audience: string, accountToken: string) => ({
  ok: true,
  value: `${audience} for ${accountToken}`,
});

afterEach(() => {
  for (const tab of tabs.splice(0)) tab.close();
  vi.useRealTimers();
});

describe("accessToken", () => {
  it("returns a token for the audience, and never the account token", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);

    const token = await anna.accessToken(backend);

    expect(token).toEqual(issued("backend", "session-1/1"));
    expect(token.ok && server.bearers.includes(token.value)).toBe(false);
  });

  it("is cached per audience", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);

    const tokens = [
      await anna.accessToken(backend),
      await anna.accessToken(shop),
      await anna.accessToken(backend),
    ];

    expect(tokens[0]).toEqual(tokens[2]);
    expect(tokens[1]).toEqual(issued("shop", "session-1/1"));
    expect(server.count("IssueAccessToken")).toBe(2);
  });

  it("is requested once for concurrent calls", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);

    const tokens = await Promise.all([1, 2, 3].map(() => anna.accessToken(backend)));

    expect(tokens).toEqual(Array(3).fill(issued("backend", "session-1/1")));
    expect(server.count("IssueAccessToken")).toBe(1);
  });

  it("is cached by each tab for itself", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    const other = openTab(server);
    await anna.accessToken(backend);

    await other.restore();
    await other.accessToken(backend);

    expect(server.count("IssueAccessToken")).toBe(2);
  });

  it.each<[string, (anna: Claviger, server: FakeClaviger) => Promise<unknown>, string]>([
    [
      "a refresh",
      (anna, server) => {
        server.expireAccessTokens();
        return anna.account.get();
      },
      "session-1/2",
    ],
    ["a reauthentication", (anna) => anna.reauthenticate({ password: "right" }), "session-1/2"],
    [
      "a change of password",
      (anna) => anna.account.changePassword({ newPassword: "new", currentPassword: "right" }),
      "session-2/2",
    ],
    ["another sign-in", (anna) => anna.signIn(right), "session-2/2"],
  ])("is another one after %s", async (_, change, accountToken) => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    await anna.accessToken(backend);

    await change(anna, server);
    const token = await anna.accessToken(backend);

    expect(token).toEqual(issued("backend", accountToken));
    expect(server.count("IssueAccessToken")).toBe(2);
  });

  it("is another one after a change of password in another tab", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    const other = openTab(server);
    await other.restore();
    await anna.accessToken(backend);

    await other.account.changePassword({ newPassword: "new", currentPassword: "right" });
    await vi.waitFor(() => expect(anna.state).toMatchObject({ sessionId: "session-2" }));
    const token = await anna.accessToken(backend);

    expect(token).toMatchObject({ value: expect.stringContaining("session-2/") });
  });

  it.each<[string, (anna: Claviger) => Promise<unknown>]>([
    ["a sign-out", (anna) => anna.signOut()],
    ["the deletion of the account", (anna) => anna.account.delete()],
  ])("is not available after %s", async (_, end) => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    await anna.accessToken(backend);

    await end(anna);
    const token = await anna.accessToken(backend);

    expect(token).toEqual({ ok: false, failure: { kind: "signed-out" } });
    expect(server.count("IssueAccessToken")).toBe(1);
  });

  it("is not available if the user signed out while it was requested", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    let answer = () => {};
    server.responseDelays.set("IssueAccessToken", new Promise<void>((it) => (answer = it)));
    const token = anna.accessToken(backend);
    await vi.waitFor(() => expect(server.bearers).toEqual(["session-1/1"]));

    await anna.signOut();
    answer();

    expect(await token).toMatchObject({ ok: false, failure: { kind: "signed-out" } });
  });

  it("is of the new session if the password was changed while it was requested", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    let answer = () => {};
    server.responseDelays.set("IssueAccessToken", new Promise<void>((it) => (answer = it)));
    const token = anna.accessToken(backend);
    await vi.waitFor(() => expect(server.bearers).toEqual(["session-1/1"]));

    await anna.account.changePassword({ newPassword: "new", currentPassword: "right" });
    answer();

    expect(await token).toEqual(issued("backend", "session-2/2"));
    expect(anna.state.kind).toBe("signed-in");
  });

  it.each([
    ["an unknown audience", "bank", "UNKNOWN"],
    ["an empty audience", "", "REQUIRED"],
  ])("is invalid for %s, and that is not cached", async (_, audience, reason) => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);

    const tokens = [await anna.accessToken({ audience }), await anna.accessToken({ audience })];

    const failure = { kind: "invalid", fields: [{ field: "audience", reason }] };
    expect(tokens).toMatchObject([{ failure }, { failure }]);
    expect(server.count("IssueAccessToken")).toBe(2);
  });

  it("is invalid without an audience: there is no default", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);

    const token = await (anna.accessToken as () => Promise<unknown>)();

    expect(token).toMatchObject({ failure: { kind: "invalid", fields: [{ field: "audience" }] } });
  });

  it("is issued after a refresh if the account token expires soon", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    await anna.accessToken(backend);

    vi.advanceTimersByTime(server.lifetimeMs - 10_000);
    const tokens = await Promise.all([1, 2].map(() => anna.accessToken(backend)));

    expect(tokens).toEqual(Array(2).fill(issued("backend", "session-1/2")));
    expect([server.count("RefreshTokens"), server.count("IssueAccessToken")]).toEqual([1, 2]);
  });

  it("is issued after a refresh if the account token has expired by the server's clock", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.expireAccessTokens();

    const tokens = await Promise.all([1, 2].map(() => anna.accessToken(backend)));

    expect(tokens).toEqual(Array(2).fill(issued("backend", "session-1/2")));
    expect(server.count("RefreshTokens")).toBe(1);
  });

  it("returns the old one until it expires while the network is down", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    await anna.accessToken(backend);
    const error = networkDown();
    server.failures.push({ method: "RefreshTokens", error }, { method: "RefreshTokens", error });

    vi.advanceTimersByTime(server.lifetimeMs - 10_000);
    const token = await anna.accessToken(backend);

    expect(token).toEqual(issued("backend", "session-1/1"));
  });

  it("is refreshed at most once a minute if the clock here is wrong", async () => {
    const server = new FakeClaviger();
    server.lifetimeMs = -3_600_000;
    const anna = await signedIn(server);

    const tokens = [await anna.accessToken(backend), await anna.accessToken(shop)];

    expect(tokens.map(({ ok }) => ok)).toEqual([true, true]);
    expect(server.count("RefreshTokens")).toBe(0);
  });

  it.each([
    ["the network is down", networkDown(), "offline"],
    ["the server is busy", refusal(Code.Unavailable, "OVERLOADED"), "unavailable"],
  ])("fails if %s, and is requested again by the next call", async (_, error, kind) => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.failures.push({ method: "IssueAccessToken", error });

    const tokens = [await anna.accessToken(backend), await anna.accessToken(backend)];

    expect(tokens).toMatchObject([{ failure: { kind } }, issued("backend", "session-1/1")]);
  });

  it("signs out in this tab if the session has ended", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    server.end("session-1");

    const token = await anna.accessToken(backend);

    expect(token).toMatchObject({ failure: { kind: "signed-out", reason: "SESSION_ENDED" } });
    expect(anna.state).toEqual({ kind: "signed-out" });
  });

  it("fails once after an account token that the server does not know", async () => {
    const server = new FakeClaviger();
    const anna = await signedIn(server);
    const error = refusal(Code.Unauthenticated, "ACCESS_TOKEN_INVALID");
    server.failures.push({ method: "IssueAccessToken", error });

    const tokens = [await anna.accessToken(backend), await anna.accessToken(backend)];

    expect(tokens).toMatchObject([{ failure: { kind: "failed" } }, { ok: true }]);
    expect(server.count("RefreshTokens")).toBe(1);
  });
});

import { expect, it } from "vitest";
import { endOf, valueIn } from "../support/outcomes.js";
import type { Tab } from "../support/tab.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

/** The prefix of every refresh token. */
const secret = "clv_rt_";

it("stores nothing secret where scripts can read it, by default", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openRegistered();
  const token = valueIn(await tab.accessToken());

  const readable = await everythingReadable(tab);

  expect(readable).not.toContain(secret);
  expect(readable).not.toContain(token);
  // Nothing that looks like a JSON Web Token either.
  expect(readable).not.toMatch(/eyJ[\w-]{10,}\./);
});

it("uses the access token until it expires", async () => {
  const zoe = await app.person("Zoe");
  const tab = await zoe.openRegistered();

  const outcome = await tab.account();

  expect(endOf(outcome)).toBe("success");
  expect(tab.calls("RefreshTokens")).toBe(0);
});

it("stores the refresh token in a cookie for this host that scripts cannot read", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();

  const cookies = await bob.context.cookies();

  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatchObject({
    name: `claviger-refresh-${app.server.port}`,
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    // Without a dot in front: without a Domain attribute, so not for subdomains.
    domain: "localhost",
  });
  expect(cookies[0]?.value).toContain(secret);
  expect(await tab.page.evaluate(() => document.cookie)).toBe("");
});

it("never sends the refresh token to scripts", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openTab();
  const bodies: Promise<string>[] = [];
  tab.page.on("response", (it) => bodies.push(it.text().catch(() => "")));

  valueIn(await tab.register(carol.credentials));
  await tab.reload();
  valueIn(await tab.restore());

  expect(tab.calls("RefreshTokens")).toBe(1);
  expect(bodies.length).toBeGreaterThan(2);
  expect((await Promise.all(bodies)).join()).not.toContain(secret);
});

it("removes the cookie at sign-out", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();

  valueIn(await tab.signOut());

  expect(await dora.context.cookies()).toEqual([]);
});

it("removes the cookie when the server refuses it", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  const phone = await (await app.person("Erin")).openTab();
  valueIn(await phone.signIn(erin.credentials));
  valueIn(await phone.endOtherSessions());
  await tab.reload();

  const restored = valueIn(await tab.restore());

  expect(restored.kind).toBe("signed-out");
  expect(await erin.context.cookies()).toEqual([]);
});

it("survives a reload with local storage, where scripts can read it", async () => {
  const frank = await app.person("Frank");
  const options = { tokenStorage: "local-storage" } as const;
  const tab = await frank.openRegistered(options);
  const readable = await everythingReadable(tab);
  await tab.reload(options);

  const restored = valueIn(await tab.restore());

  expect(readable).toContain(secret);
  expect(await frank.context.cookies()).toEqual([]);
  expect(restored.kind).toBe("signed-in");
  valueIn(await tab.signOut());
  expect(await everythingReadable(tab)).not.toContain(secret);
});

it("keeps two tabs signed in that refresh at once with local storage", async () => {
  const grace = await app.person("Grace");
  const options = { tokenStorage: "local-storage" } as const;
  await grace.openRegistered(options);
  const first = await grace.openTab(options);
  const second = await grace.openTab(options);

  const [one, two] = await Promise.all([first.restore(), second.restore()]);

  expect([valueIn(one).kind, valueIn(two).kind]).toEqual(["signed-in", "signed-in"]);
  await first.reload(options);
  expect(valueIn(await first.restore()).kind).toBe("signed-in");
});

it("survives a reload with session storage, but not in another tab", async () => {
  const heidi = await app.person("Heidi");
  const options = { tokenStorage: "session-storage" } as const;
  const tab = await heidi.openRegistered(options);
  await tab.reload(options);
  const other = await heidi.openTab(options);

  expect(valueIn(await tab.restore()).kind).toBe("signed-in");
  expect(valueIn(await other.restore()).kind).toBe("signed-out");
});

it("does not survive a reload with memory", async () => {
  const ivan = await app.person("Ivan");
  const options = { tokenStorage: "memory" } as const;
  const tab = await ivan.openRegistered(options);
  const before = endOf(await tab.account());
  const readable = await everythingReadable(tab);
  await tab.reload(options);

  const restored = valueIn(await tab.restore());

  expect(before).toBe("success");
  expect(readable).not.toContain(secret);
  expect(await ivan.context.cookies()).toEqual([]);
  expect(restored.kind).toBe("signed-out");
});

/** Everything that scripts of the page can read, as one text. */
async function everythingReadable(tab: Tab): Promise<string> {
  return tab.page.evaluate(async () => {
    const databases = (await indexedDB.databases()).map((it) => it.name);
    const caches = await window.caches.keys();
    const stored = [{ ...localStorage }, { ...sessionStorage }];
    const global = Object.getOwnPropertyNames(window).filter((it) => /claviger/i.test(it));
    return JSON.stringify({ stored, databases, caches, global, cookie: document.cookie });
  });
}

import { expect, it } from "vitest";
import { endOf, valueIn } from "../support/outcomes.js";
import type { Person } from "../support/person.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp({ secureHost: "login.claviger.test" });

/** The cookie of the server, whose prefix keeps sibling domains from setting it. */
const name = "__Host-claviger-refresh";

/** White space of Unicode that browsers take for a part of a cookie's name. */
const spaces = "\u0085\u00a0\u1680\u2000\u2028\u202f\u205f\u3000";

it("is refused a sibling domain by the browser under its own name", async () => {
  const alice = await app.person("Alice");

  const planted = await plantFromSibling(alice, name, "anything");

  expect(planted).toBe("");
  expect(await alice.context.cookies()).toEqual([]);
});

it("signs no visitor in when a sibling domain puts white space before its name", async () => {
  const mallory = await app.person("Mallory");
  await mallory.openRegistered();
  const [own] = await mallory.context.cookies();
  const value = own?.value ?? "";
  const victor = await app.person("Victor");

  for (const space of spaces) {
    await victor.context.clearCookies();
    const planted = await plantFromSibling(victor, `${space}${name}`, value);
    const tab = await victor.openTab();

    // The browser accepted it, and sends it to the server.
    expect(planted).toContain(value);
    expect(await cookiesFor(victor)).toEqual([`${space}${name}`]);
    expect(valueIn(await tab.restore()).kind).toBe("signed-out");
  }
});

it("keeps a visitor signed in when a sibling domain puts white space before its name", async () => {
  const mallory = await app.person("Mallory");
  await mallory.openRegistered();
  const [own] = await mallory.context.cookies();
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();

  for (const space of spaces) {
    await plantFromSibling(erin, `${space}${name}`, own?.value ?? "");
  }
  await tab.reload();

  expect(valueIn(await tab.restore()).kind).toBe("signed-in");
  expect(valueIn(await tab.account())).toMatchObject({ username: erin.username });
  expect(endOf(await tab.signOut())).toBe("success");
});

/** Sets a cookie for the whole site on a page of a sibling domain. Returns the cookies it then has. */
async function plantFromSibling(visitor: Person, name: string, value: string): Promise<string> {
  const page = await visitor.context.newPage();
  const url = `https://evil.claviger.test:${app.server.port}/`;
  const body = "<!doctype html><title>Sibling</title><link rel=icon href=data:,>";
  await page.route(url, (route) => route.fulfill({ contentType: "text/html", body }));
  await page.goto(url);
  const cookies = await page.evaluate((cookie) => {
    // biome-ignore lint/suspicious/noDocumentCookie: the attack works like this
    document.cookie = cookie;
    return document.cookie;
  }, `${name}=${value}; Domain=claviger.test; Path=/; Secure`);
  await page.close();
  return cookies;
}

/** The names of the cookies that the browser has for the server. */
async function cookiesFor(visitor: Person): Promise<string[]> {
  const cookies = await visitor.context.cookies(app.server.origin);
  return cookies.map((it) => it.name);
}

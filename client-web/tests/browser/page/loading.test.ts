import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { launchBrowser } from "../support/browser.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("says so in every language when its script does not load", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  app.expectConsoleError(/ERR_FAILED/);
  await visit.page.route(/assets\/.*\.js$/, (route) => route.abort());
  await visit.open("/");
  const texts = visit.page.locator(".late p");

  const before = await texts.first().isVisible();
  await texts.first().waitFor({ state: "visible", timeout: 20_000 });

  expect(before).toBe(false);
  expect(await texts.evaluateAll((all) => all.map((it) => it.getAttribute("lang")))).toEqual([
    "en",
    "de",
  ]);
  expect(await visit.page.locator(".cl-skeleton").isVisible()).toBe(false);
});

it("does not say so when its script loads", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.open("/");

  await visit.sees(en.signIn.heading);

  expect(await visit.page.locator(".late").count()).toBe(0);
});

it("says in every language that it needs JavaScript, and shows nothing else", async () => {
  const browser = await launchBrowser(["--blink-settings=scriptEnabled=false"]);
  const page = await browser.newPage();
  await page.goto(app.server.origin);
  // Without scripts, the page can be asked only over the DevTools protocol.
  const devtools = await page.context().newCDPSession(page);
  const { root } = await devtools.send("DOM.getDocument");
  const isShown = async (selector: string) => {
    const query = { nodeId: root.nodeId, selector };
    const { nodeId } = await devtools.send("DOM.querySelector", query);
    return devtools.send("DOM.getBoxModel", { nodeId }).then(
      () => true,
      () => false,
    );
  };

  expect(await isShown(".no-script[lang=en]")).toBe(true);
  expect(await isShown(".no-script[lang=de]")).toBe(true);
  expect(await isShown("claviger-auth")).toBe(false);
  await browser.close();
});

it("focuses the username when it is opened, so that the browser offers passkeys there", async () => {
  const dora = await app.person("Dora");
  const visit = await dora.visit();
  await visit.open("/");

  await visit.sees(en.signIn.heading);
  await expect.poll(() => visit.focused()).toBe(en.common.username);
  await visit.open("/sign-up");
  await visit.sees(en.signUp.heading);
  await expect.poll(() => visit.focused()).toBe(en.common.username);
});

it("does not take the focus where a page embeds the element", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);

  await visit.page.evaluate(() => {
    const field = document.createElement("input");
    document.body.append(field);
    field.focus();
    const { parentElement } = document.querySelector("claviger-auth") ?? {};
    parentElement?.replaceChildren(document.createElement("claviger-auth"));
  });

  await visit.sees(en.signIn.heading);
  expect(await visit.page.evaluate(() => document.activeElement?.id)).toBe("");
});

it("starts once with the client that it is given right after it was inserted", async () => {
  const frank = await app.person("Frank");
  const visit = await frank.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);
  const requests: string[] = [];
  visit.page.on("request", (request) => requests.push(request.url()));

  const starts = await visit.page.evaluate(async () => {
    let starts = 0;
    const pending = () => new Promise(() => {});
    const claviger = {
      ...{ state: { kind: "unknown" }, serverInfo: pending, restore: pending },
      ...{ capabilities: pending, close: () => {} },
      subscribe: () => {
        starts += 1;
        return () => {};
      },
    };
    const element = document.createElement("claviger-auth");
    document.querySelector("claviger-auth")?.replaceWith(element);
    Object.assign(element, { claviger });
    const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
    await turn();
    // As frameworks do at each rendering.
    Object.assign(element, { claviger });
    await turn();
    return starts;
  });

  expect(starts).toBe(1);
  expect(requests).toEqual([]);
});

it("reads from left to right on a page that reads from right to left", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  await visit.page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => {
      document.documentElement.dir = "rtl";
    });
  });
  await visit.signUpWithoutPasskey();

  const directions = await visit.page.evaluate(() =>
    [...document.querySelectorAll("claviger-auth :is(p, h1, h2, button, dialog)")].map(
      (it) => getComputedStyle(it).direction,
    ),
  );

  expect(new Set(directions)).toEqual(new Set(["ltr"]));
  await visit.look("account-on-rtl-page");
});

it("keeps names that read from right to left apart from the sentences around them", async () => {
  const heidi = await app.person("Heidi");
  const visit = await heidi.visit();
  await visit.open("/");
  await visit.type(en.common.username, "محمد");

  expect(await visit.field(en.common.username).getAttribute("dir")).toBe("auto");
  await visit.button("Use a passkey for \u2068محمد\u2069").waitFor();
});

it("leaves the page's placeholder where an element cannot start, and says why in the console", async () => {
  const ivan = await app.person("Ivan");
  const visit = await ivan.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);
  const reason = visit.page.waitForEvent("pageerror");
  app.expectConsoleError(/baseUrl must be/);

  await visit.page.evaluate(() => {
    const element = document.createElement("claviger-auth");
    element.setAttribute("base-url", "login.example.com");
    element.textContent = "Please sign in at the counter.";
    document.querySelector("claviger-auth")?.replaceWith(element);
  });

  expect((await reason).message).toContain("baseUrl must be a URL such as https://");
  await visit.reads("Please sign in at the counter.");
});

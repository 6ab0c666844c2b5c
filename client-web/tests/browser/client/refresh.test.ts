import { expect, it } from "vitest";
import { untilExpired } from "../support/backend.js";
import { endOf, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp({ flags: ["--tokens-access-lifetime", "4s"] });

it("refreshes once for four calls that find their token expired", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openRegistered();
  await untilExpired(app.server, valueIn(await tab.accessToken()));
  const before = tab.calls("RefreshTokens");

  const outcomes = await tab.page.evaluate(() =>
    Promise.all([
      window.claviger.account.get(),
      window.claviger.passkeys.list(),
      window.claviger.sessions.list(),
      window.claviger.account.get(),
    ]),
  );

  expect(outcomes.map(endOf)).toEqual(["success", "success", "success", "success"]);
  expect(tab.calls("RefreshTokens") - before).toBe(1);
});

it("leads to another token for a backend", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();
  const before = valueIn(await tab.accessToken());
  await untilExpired(app.server, before);

  valueIn(await tab.account());
  const after = valueIn(await tab.accessToken());

  expect(tab.calls("RefreshTokens")).toBeGreaterThan(0);
  expect(after).not.toBe(before);
});

it("keeps two tabs signed in that refresh at once", async () => {
  const carol = await app.person("Carol");
  const first = await carol.openRegistered();
  const second = await carol.openTab();
  valueIn(await second.restore());
  await untilExpired(app.server, valueIn(await first.accessToken()));
  await untilExpired(app.server, valueIn(await second.accessToken()));

  const [one, two] = await Promise.all([first.account(), second.account()]);

  expect([endOf(one), endOf(two)]).toEqual(["success", "success"]);
  await untilExpired(app.server, valueIn(await first.accessToken()));
  await untilExpired(app.server, valueIn(await second.accessToken()));
  expect([endOf(await first.account()), endOf(await second.account())]).toEqual([
    "success",
    "success",
  ]);
  expect((await first.state()).kind).toBe("signed-in");
  expect((await second.state()).kind).toBe("signed-in");
});

it("refreshes after the server was restarted in between", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();
  await app.server.restart();
  await untilExpired(app.server, valueIn(await tab.accessToken()));

  const outcome = await tab.account();

  expect(endOf(outcome)).toBe("success");
  expect((await tab.state()).kind).toBe("signed-in");
});

it("stays signed in when the server does not respond to a refresh", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  await untilExpired(app.server, valueIn(await tab.accessToken()));
  app.expectConsoleError(/ERR_CONNECTION_REFUSED/);
  await tab.page.route(/RefreshTokens$/, (route) => route.abort("connectionrefused"));

  const away = await tab.account();
  const state = await tab.state();
  await tab.page.unrouteAll();
  const back = await tab.account();

  expect(endOf(away)).toBe("offline");
  expect(state.kind).toBe("signed-in");
  expect(endOf(back)).toBe("success");
});

it("stays signed in when the response to a refresh is lost", async () => {
  const frank = await app.person("Frank");
  const tab = await frank.openRegistered();
  await untilExpired(app.server, valueIn(await tab.accessToken()));
  app.expectConsoleError(/ERR_FAILED|ERR_CONNECTION/);
  let lost = 0;
  await tab.page.route(/RefreshTokens$/, async (route) => {
    lost += 1;
    // The server has rotated the token, but the response is lost.
    await route.fetch();
    await route.abort();
  });

  await tab.account();
  await tab.page.unroute(/RefreshTokens$/);
  const outcome = await tab.account();

  expect(lost).toBeGreaterThan(0);
  expect(endOf(outcome)).toBe("success");
});

it("is signed out when the server refuses the session, and notifies subscribers", async () => {
  const grace = await app.person("Grace");
  const tab = await grace.openRegistered();
  const elsewhere = await (await app.person("Grace")).openTab();
  valueIn(await elsewhere.signIn(grace.credentials));
  valueIn(await elsewhere.endOtherSessions());

  const outcome = await tab.account();

  expect(endOf(outcome)).toBe("signed-out");
  expect((await tab.state()).kind).toBe("signed-out");
  expect(await tab.events()).toContainEqual({ kind: "signed-out", cause: "ended" });
});

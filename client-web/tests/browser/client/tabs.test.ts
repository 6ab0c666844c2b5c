import { expect, it } from "vitest";
import { endOf, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("restores in a second tab the session of the first", async () => {
  const alice = await app.person("Alice");
  await alice.openRegistered();
  const second = await alice.openTab();

  const restored = valueIn(await second.restore());

  expect(restored.kind).toBe("signed-in");
  expect(valueIn(await second.account()).username).toBe(alice.username);
});

it("restores the session after a reload", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();
  await tab.reload();
  const before = await tab.state();

  const restored = valueIn(await tab.restore());

  expect(before.kind).toBe("unknown");
  expect(restored.kind).toBe("signed-in");
});

it("finds no user signed in before a sign-in", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openTab();

  const restored = valueIn(await tab.restore());

  expect(restored).toEqual({ kind: "signed-out" });
});

it("notifies the other tabs of a sign-in", async () => {
  const dora = await app.person("Dora");
  const waiting = await dora.openTab();
  valueIn(await waiting.restore());

  await dora.openRegistered();

  await expect
    .poll(() => waiting.events())
    .toContainEqual({ kind: "signed-in", where: "other-tab" });
  expect(endOf(await waiting.account())).toBe("success");
});

it("notifies the other tabs of a sign-out, and none of them can continue", async () => {
  const erin = await app.person("Erin");
  const first = await erin.openRegistered();
  const second = await erin.openTab();
  valueIn(await second.restore());

  valueIn(await first.signOut());

  await expect
    .poll(() => second.events())
    .toContainEqual({ kind: "signed-out", cause: "other-tab" });
  expect((await second.state()).kind).toBe("signed-out");
  expect(endOf(await second.account())).toBe("signed-out");
});

it("signs out everywhere in the browser when its session was ended on another device", async () => {
  const frank = await app.person("Frank");
  const first = await frank.openRegistered();
  const second = await frank.openTab();
  valueIn(await second.restore());
  const phone = await (await app.person("Frank")).openTab();
  valueIn(await phone.signIn(frank.credentials));
  const other = valueIn(await phone.sessions()).find((it) => !it.current);

  const ended = await phone.endSession(other?.id ?? expect.fail("no other session"));

  expect(endOf(ended)).toBe("success");
  expect(endOf(await first.account())).toBe("signed-out");
  expect(await first.events()).toContainEqual({ kind: "signed-out", cause: "ended" });
  await expect.poll(async () => (await second.state()).kind).toBe("signed-out");
  expect(endOf(await phone.account())).toBe("success");
  expect(endOf(await phone.endSession(other?.id ?? ""))).toBe("not-found");
});

it("ends all other sessions and counts them", async () => {
  const grace = await app.person("Grace");
  const tab = await grace.openRegistered();
  for (const device of ["Grace", "Grace"]) {
    valueIn(await (await (await app.person(device)).openTab()).signIn(grace.credentials));
  }

  const ended = valueIn(await tab.endOtherSessions());

  expect(ended).toBe(2);
  expect(valueIn(await tab.sessions()).map((it) => it.current)).toEqual([true]);
});

it("lets another user sign in in another tab, and no tab confuses the two", async () => {
  const heidi = await app.person("Heidi");
  const ivan = await app.person("Ivan");
  await ivan.openRegistered();
  const first = await heidi.openRegistered();
  const second = await heidi.openTab();

  valueIn(await second.signIn(ivan.credentials));

  // The cookie is Ivan's now, so Heidi's tab must not continue and silently become Ivan's.
  await expect.poll(() => first.events()).toContainEqual({ kind: "signed-in", where: "other-tab" });
  expect(valueIn(await first.account()).username).toBe(ivan.username);
});

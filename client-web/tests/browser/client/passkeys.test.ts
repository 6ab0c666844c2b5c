import { expect, it } from "vitest";
import { platform, usb } from "../support/authenticator.js";
import { endOf, failureIn, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("renames a passkey", async () => {
  const alice = await app.person("Alice");
  const tab = await alice.openRegistered();
  await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey({ name: "Laptop" }));

  const renamed = valueIn(await tab.renamePasskey(passkey.id, "Büro-Laptop 💻"));

  expect(renamed.name).toBe("Büro-Laptop 💻");
  expect(valueIn(await tab.passkeys()).map((it) => it.name)).toEqual(["Büro-Laptop 💻"]);
});

it("refuses a name that is too long, naming the field", async () => {
  const bob = await app.person("Bob");
  const tab = await bob.openRegistered();
  await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey({ name: "Laptop" }));

  const failure = failureIn(await tab.renamePasskey(passkey.id, "x".repeat(65)));

  expect(failure.kind).toBe("invalid");
  expect(valueIn(await tab.passkeys())[0]?.name).toBe("Laptop");
});

it("removes a passkey, here and from the authenticator", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openRegistered();
  const device = await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey());

  const outcome = await tab.removePasskey(passkey.id);

  expect(endOf(outcome)).toBe("success");
  expect(valueIn(await tab.passkeys())).toEqual([]);
  await expect.poll(() => device.credentialIds()).toEqual([]);
  expect(endOf(await tab.removePasskey(passkey.id))).toBe("not-found");
});

it("does not remove the last way to sign in", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();
  await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey());

  const withoutPassword = await tab.removePassword();
  const withoutPasskey = await tab.removePasskey(passkey.id);

  expect(endOf(withoutPassword)).toBe("success");
  expect(endOf(withoutPasskey)).toBe("last-way-in");
  expect(valueIn(await tab.account())).toMatchObject({ hasPassword: false, passkeyCount: 1 });
  valueIn(await tab.signOut());
  expect(endOf(await tab.signIn(dora.credentials))).toBe("denied");
  expect(endOf(await tab.signInWithPasskey())).toBe("success");
});

it("does not remove the password while it is the only way in", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();

  const outcome = await tab.removePassword();

  expect(endOf(outcome)).toBe("last-way-in");
  expect(valueIn(await tab.account()).hasPassword).toBe(true);
});

it("does not add an authenticator twice", async () => {
  const frank = await app.person("Frank");
  const tab = await frank.openRegistered();
  const device = await tab.plugIn(usb);
  valueIn(await tab.addPasskey());

  const outcome = await tab.addPasskey();

  expect(endOf(outcome)).toBe("already-registered");
  expect(valueIn(await tab.passkeys())).toHaveLength(1);
  expect(await device.credentialIds()).toHaveLength(1);
});

it("reports another user's passkey like one that does not exist", async () => {
  const grace = await app.person("Grace");
  const hers = await grace.openRegistered();
  await hers.plugIn(platform);
  const passkey = valueIn(await hers.addPasskey());
  const mallory = await app.person("Mallory");
  const tab = await mallory.openRegistered();

  expect(endOf(await tab.removePasskey(passkey.id))).toBe("not-found");
  expect(endOf(await tab.renamePasskey(passkey.id, "Mine"))).toBe("not-found");
  expect(valueIn(await hers.passkeys())).toHaveLength(1);
});

it("leaves no passkey on the device if the last call never arrives", async () => {
  const mia = await app.person("Mia");
  const tab = await mia.openRegistered();
  const device = await tab.plugIn(platform);
  app.expectConsoleError(/ERR_FAILED/);
  await tab.page.route(/FinishRegistration$/, (route) => route.abort());

  const outcome = await tab.addPasskey();

  expect(endOf(outcome)).toBe("offline");
  expect(tab.calls("FinishRegistration")).toBe(2);
  await expect.poll(() => device.credentialIds()).toEqual([]);
});

it("is added if only the response of the last call is lost", async () => {
  const nora = await app.person("Nora");
  const tab = await nora.openRegistered();
  await tab.plugIn(platform);
  app.expectConsoleError(/ERR_FAILED/);
  await tab.page.route(/FinishRegistration$/, async (route) => {
    await route.fetch();
    await route.abort();
  });

  const added = valueIn(await tab.addPasskey());

  expect(valueIn(await tab.passkeys())).toMatchObject([{ id: added.id }]);
  valueIn(await tab.signOut());
  expect(endOf(await tab.signInWithPasskey())).toBe("success");
});

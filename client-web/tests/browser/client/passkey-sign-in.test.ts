import { expect, it } from "vitest";
import { PasskeyDeviceType, SignInMethod } from "../../../src/gen/claviger/v1/resources_pb.js";
import { platform, synced, u2f, usb } from "../support/authenticator.js";
import { endOf, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();
const { SINGLE_DEVICE: onlyHere, MULTI_DEVICE: anywhere } = PasskeyDeviceType;

for (const [way, options] of [
  ["by name", (username: string) => ({ username })],
  ["by a button, without a name", () => ({})],
  ["by autofill", () => ({ autofill: true })],
] as const) {
  it(`signs in ${way}, after sign-up, a passkey and sign-out`, async () => {
    const alice = await app.person("Alice");
    const tab = await alice.openRegistered();
    await tab.plugIn(platform);
    valueIn(await tab.addPasskey({ name: "Laptop" }));
    valueIn(await tab.signOut());

    const afterSignIn = valueIn(await tab.signInWithPasskey(options(alice.username)));

    expect(afterSignIn.account.username).toBe(alice.username);
    expect(afterSignIn.suggestPasskey).toBe(false);
    expect((await tab.state()).kind).toBe("signed-in");
    const [session] = valueIn(await tab.sessions());
    expect(session?.current).toBe(true);
    expect(session?.method).toBe(SignInMethod.PASSKEY);
    expect(tab.calls("StartAuthentication")).toBe(1);
  });
}

for (const [kind, authenticator, expected] of [
  ["a device's own", platform, { deviceType: onlyHere, backedUp: false, transports: ["internal"] }],
  ["a USB key's", usb, { deviceType: onlyHere, backedUp: false, transports: ["usb"] }],
  ["a synced", synced, { deviceType: anywhere, backedUp: true, transports: ["internal"] }],
] as const) {
  it(`adds ${kind} passkey and signs in with it`, async () => {
    const bob = await app.person("Bob");
    const tab = await bob.openRegistered();
    await tab.plugIn(authenticator);

    const passkey = valueIn(await tab.addPasskey());
    valueIn(await tab.signOut());
    const afterSignIn = await tab.signInWithPasskey({ username: bob.username });

    expect(passkey).toMatchObject(expected);
    expect(passkey.backupEligible).toBe(expected.backedUp);
    expect(endOf(afterSignIn)).toBe("success");
    expect(valueIn(await tab.passkeys())[0]?.lastUsedTime).toBeDefined();
  });
}

it("refuses to add a security key that cannot verify its user", async () => {
  const carol = await app.person("Carol");
  const tab = await carol.openRegistered();
  await tab.plugIn(u2f);

  const outcome = await tab.addPasskey();

  // Chromium does not report why, so that it looks as if the user had closed the dialog.
  expect(["unverified", "cancelled"]).toContain(endOf(outcome));
  expect(valueIn(await tab.passkeys())).toEqual([]);
});

it("has two security keys for one account, and signs in with either", async () => {
  const dora = await app.person("Dora");
  const tab = await dora.openRegistered();
  const laptop = await tab.plugIn(platform);
  valueIn(await tab.addPasskey({ name: "Laptop" }));
  await laptop.unplug();
  const stick = await tab.plugIn(usb);
  valueIn(await tab.addPasskey({ name: "Stick" }));
  valueIn(await tab.signOut());

  const withStick = await tab.signInWithPasskey({ username: dora.username });
  await stick.unplug();

  expect(endOf(withStick)).toBe("success");
  const [first, second] = valueIn(await tab.passkeys());
  expect([first?.name, second?.name]).toEqual(["Laptop", "Stick"]);
  expect(first?.lastUsedTime).toBeUndefined();
  expect(second?.lastUsedTime).toBeDefined();
});

it("signs in on another device with a passkey that was synchronised", async () => {
  const erin = await app.person("Erin");
  const tab = await erin.openRegistered();
  const vault = await tab.plugIn(synced);
  valueIn(await tab.addPasskey());
  const phone = await (await app.person("Erin")).openTab();
  await vault.copyTo(await phone.plugIn(synced));

  const afterSignIn = valueIn(await phone.signInWithPasskey());

  expect(afterSignIn.account.username).toBe(erin.username);
  expect(await phone.hasUsedPasskeyHere()).toBe(true);
});

it("refuses a passkey of another user for a username", async () => {
  const mallory = await app.person("Mallory");
  const tab = await mallory.openRegistered();
  await tab.plugIn(platform);
  valueIn(await tab.addPasskey());
  valueIn(await tab.signOut());
  const victim = await app.person("Victim");
  await victim.openRegistered();

  const outcome = await tab.signInWithPasskey({ username: victim.username });

  expect(endOf(outcome)).not.toBe("success");
  expect((await tab.state()).kind).not.toBe("signed-in");
});

it("reports a removed passkey as unknown, and signals it to the authenticator", async () => {
  const frank = await app.person("Frank");
  const tab = await frank.openRegistered();
  const device = await tab.plugIn(platform);
  const passkey = valueIn(await tab.addPasskey());
  // Removed on another device, from which this device's authenticator cannot be signalled.
  const elsewhere = await (await app.person("Frank")).openTab();
  valueIn(await elsewhere.signIn(frank.credentials));
  valueIn(await elsewhere.removePasskey(passkey.id));
  valueIn(await tab.signOut());

  const outcome = await tab.signInWithPasskey();

  expect(endOf(outcome)).toBe("no-passkey");
  await expect.poll(() => device.credentialIds()).toEqual([]);
});

it("remembers only in this browser that a passkey was used", async () => {
  const grace = await app.person("Grace");
  const tab = await grace.openRegistered();
  await tab.plugIn(platform);
  const before = await tab.hasUsedPasskeyHere();

  const passkey = valueIn(await tab.addPasskey());
  await tab.reload();

  expect(before).toBe(false);
  expect(await tab.hasUsedPasskeyHere()).toBe(true);
  expect(await tab.passkeyUsedHere(passkey)).toBe(true);
  const elsewhere = await (await app.person("Grace")).openTab();
  expect(await elsewhere.hasUsedPasskeyHere()).toBe(false);
  expect(await elsewhere.passkeyUsedHere(passkey)).toBe(false);
});

it("finds what the browser can do without a request", async () => {
  const heidi = await app.person("Heidi");
  const tab = await heidi.openTab();
  await tab.plugIn(platform);

  const capabilities = await tab.capabilities();

  expect(capabilities).toEqual({
    passkeys: true,
    autofill: true,
    platform: true,
    silentCreation: true,
    signals: true,
  });
  expect(tab.calls("GetServerInfo")).toBe(0);
});

import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { openForeignDialog } from "../support/credentials.js";
import { raiseFailures } from "../support/database.js";
import { shortenCeremonies } from "../support/short-ceremonies.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("signs in with a password, offers a passkey, and accepts a refusal", async () => {
  const alice = await app.person("Alice");
  await (await alice.openRegistered()).signOut();
  const visit = await alice.visit();
  await visit.open("/");
  await visit.signIn();
  await visit.arrivesAt(en.offer.heading);

  await visit.press(en.common.notNow);
  await visit.arrivesAt(en.account.heading(alice.username));
  await visit.signOut();
  await visit.signIn();

  await visit.arrivesAt(en.account.heading(alice.username));
});

it("signs in by autofill, without pressing a button", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit({ autofill: true });
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await bob.context.clearCookies();

  // The virtual authenticator accepts the offer immediately.
  await visit.open("/");

  await visit.arrivesAt(en.account.heading(bob.username));
});

it("signs in by username, with the passkeys of the user's devices", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.signOut();
  await visit.press(en.signIn.usePassword);
  await visit.type(en.common.username, carol.username);
  await visit.look("sign-in-password-opened");

  await visit.press(en.signIn.withPasskeyFor(carol.username));

  await visit.arrivesAt(en.account.heading(carol.username));
});

it("shows that it waits for the passkey, and can be cancelled", async () => {
  const dora = await app.person("Dora");
  const visit = await dora.visit();
  const device = await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.signOut();
  await device.isTouched(false);

  await visit.press(en.signIn.withPasskey);
  await visit.isNotifiedOf(en.waiting.signIn);
  await visit.look("sign-in-waiting");
  await visit.press(en.common.cancel);

  await visit.isNotifiedOf(en.failures.cancelled);
  expect(await visit.announcement("alert")).toBe("");
  await visit.look("sign-in-cancelled");
});

it("shows when a passkey took too long, and that trying again helps", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  const device = await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.signOut();
  await device.isTouched(false);
  await shortenCeremonies(visit.page, 300);

  await visit.press(en.signIn.withPasskey);

  await visit.isNotifiedOf(en.failures.expired);
  await visit.look("sign-in-expired");
});

it("shows when a passkey is not known any more", async () => {
  const frank = await app.person("Frank");
  const visit = await frank.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.signOut();
  const elsewhere = await (await app.person("Frank")).openTab();
  await elsewhere.signIn(frank.credentials);
  const passkeys = await elsewhere.passkeys();
  await elsewhere.removePasskey(passkeys.ok ? (passkeys.value[0]?.id ?? "") : "");

  await visit.press(en.signIn.withPasskey);

  await visit.isAlertedTo(en.failures["no-passkey"]);
  await visit.look("sign-in-unknown-passkey");
  // It is not offered first any more.
  await visit.field(en.common.username).waitFor();
  expect(await visit.page.getByText(en.signIn.passkeyLead).count()).toBe(0);
  expect(await visit.focused()).toBe(en.signIn.withPasskey);
});

it("shows when the browser has another passkey dialog open", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  const device = await visit.plugIn(platform);
  await device.isTouched(false);
  await visit.open("/");
  await visit.sees(en.signIn.heading);
  await openForeignDialog(visit.page);

  await visit.press(en.signIn.withPasskey);

  await visit.isAlertedTo(en.failures.busy);
  await visit.look("sign-in-busy");
});

it("refuses a wrong password without saying what is wrong, and allows another attempt", async () => {
  const heidi = await app.person("Heidi");
  await (await heidi.openRegistered()).signOut();
  const visit = await heidi.visit();
  await visit.open("/");
  await visit.signIn("not the password of anybody");

  await visit.isAlertedTo(en.failures.denied);

  expect(await visit.focused()).toBe(en.common.password);
  expect(await visit.field(en.common.username).inputValue()).toBe(heidi.username);
  await visit.look("sign-in-denied");
  await visit.type(en.common.password, heidi.password);
  await visit.press(en.signIn.submit);
  await visit.arrivesAt(en.offer.heading);
});

it("counts the seconds down after too many wrong passwords", async () => {
  const ivan = await app.person("Ivan");
  await (await ivan.openRegistered()).signOut();
  const visit = await ivan.visit();
  await visit.open("/");
  await visit.signIn("not the password of anybody");
  await visit.isAlertedTo(en.failures.denied);
  raiseFailures(app.server, 11);

  await visit.signIn();
  await visit.isAlertedTo(en.failures.throttled);
  const first = await visit.announcement("timer");
  await visit.look("sign-in-throttled");

  expect(first).toMatch(/^You can try again in \d+ seconds\.$/);
  await expect.poll(() => visit.announcement("timer"), { timeout: 5000 }).not.toBe(first);
  raiseFailures(app.server, 1);
  await visit.press(en.signIn.submit);
  await visit.arrivesAt(en.offer.heading);
});

it("shows when the wait is over", async () => {
  const judy = await app.person("Judy");
  await (await judy.openRegistered()).signOut();
  const visit = await judy.visit();
  await visit.open("/");
  await visit.signIn("not the password of anybody");
  await visit.isAlertedTo(en.failures.denied);
  // Four seconds, of which some pass before the form is sent.
  raiseFailures(app.server, 7);

  await visit.signIn();

  await visit.isAlertedTo(en.failures.throttled);
  await visit.isNotifiedOf(en.times.over);
  await visit.look("sign-in-wait-over");
  raiseFailures(app.server, 1);
});

it("shows how to unlock a username that was locked", async () => {
  const kim = await app.person("Kim");
  await (await kim.openRegistered()).signOut();
  const visit = await kim.visit();
  await visit.open("/");
  await visit.signIn("not the password of anybody");
  await visit.isAlertedTo(en.failures.denied);
  raiseFailures(app.server, 100);

  await visit.signIn();

  await visit.isAlertedTo(en.failures.locked);
  await visit.look("sign-in-locked");
  raiseFailures(app.server, 1);
});

it("tries to create a passkey silently after a password sign-in, and shows nothing if it cannot", async () => {
  const leo = await app.person("Leo");
  await (await leo.openRegistered()).signOut();
  const visit = await leo.visit({ silentCreation: true });
  await visit.plugIn(platform);
  await visit.open("/");
  const asked = visit.page.waitForRequest(/StartRegistration$/);

  await visit.signIn();
  await asked;

  await visit.arrivesAt(en.offer.heading);
  expect(await visit.announcement("alert")).toBe("");
  expect(await visit.announcement("status")).toBe("");
});

it("has fields that password managers recognise, and forms that submit", async () => {
  const mona = await app.person("Mona");
  const visit = await mona.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);

  const username = visit.field(en.common.username);
  const password = visit.field(en.common.password);

  expect(await username.getAttribute("autocomplete")).toBe("username webauthn");
  expect(await password.getAttribute("autocomplete")).toBe("current-password");
  expect(await visit.button(en.signIn.submit).getAttribute("type")).toBe("submit");
  expect(await visit.button(en.signIn.submit).isEnabled()).toBe(true);
  expect(await visit.button(en.signIn.withPasskey).getAttribute("type")).toBe("button");
  expect(await visit.page.locator("form").count()).toBe(1);
});

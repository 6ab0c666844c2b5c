import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform, u2f } from "../support/authenticator.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("leads from sign-up to a passkey, a sign-out and a sign-in by touch", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  await visit.plugIn(platform);
  await visit.open("/");
  await visit.look("sign-in");

  await visit.press(en.signIn.signUp);
  await visit.arrivesAt(en.signUp.heading);
  expect(new URL(visit.page.url()).pathname).toBe("/sign-up");
  await visit.look("sign-up");
  await visit.type(en.common.username, alice.username);
  await visit.type(en.common.password, alice.password);
  await visit.press(en.signUp.submit);
  await visit.arrivesAt(en.offer.heading);
  await visit.look("offer");
  await visit.press(en.offer.create);
  await visit.arrivesAt(en.account.heading(alice.username));
  await visit.isNotifiedOf("is ready");
  expect(new URL(visit.page.url()).pathname).toBe("/account");
  await visit.look("account-new-passkey");
  await visit.signOut();
  await visit.isNotifiedOf(en.signedOut.here);
  await visit.look("sign-in-passkey-first");
  await visit.press(en.signIn.withPasskey);

  await visit.arrivesAt(en.account.heading(alice.username));
  await visit.look("account");
});

it("shows next to the fields what is wrong with them", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.open("/sign-up");
  await visit.sees(en.signUp.heading);

  await visit.press(en.signUp.submit);

  await visit.isCorrected(en.common.username, en.problems.usernameRequired);
  await visit.isCorrected(en.common.password, en.problems.newPasswordRequired);
  expect(await visit.focused()).toBe(en.common.username);
  await visit.look("sign-up-empty");
  await visit.type(en.common.username, bob.username);
  await visit.type(en.common.password, "short");
  await visit.press(en.signUp.submit);
  const bounds = { minLength: 15, maxLength: 128 };
  await visit.isCorrected(en.common.password, en.problems.passwordTooShort(bounds));
  await visit.look("sign-up-short-password");
  await visit.type(en.common.password, "passwordpassword");
  await visit.press(en.signUp.submit);
  await visit.isCorrected(en.common.password, en.problems.passwordGuessable);
});

it("shows when a username is taken, and keeps what was typed", async () => {
  const alice = await app.person("Alice");
  await alice.openRegistered();
  const mallory = await app.person("Mallory");
  const visit = await mallory.visit();
  await visit.open("/sign-up");
  await visit.type(en.common.username, alice.username);
  await visit.type(en.common.password, mallory.password);

  await visit.press(en.signUp.submit);

  await visit.isCorrected(en.common.username, en.problems.usernameTaken);
  expect(await visit.field(en.common.password).inputValue()).toBe(mallory.password);
  await visit.look("sign-up-taken");
});

it("does not insist on a passkey", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();

  await visit.signUpWithoutPasskey();

  await visit.reads(en.passkeys.empty);
  await visit.look("account-without-passkeys");
});

it("shows that it waits for the passkey, and does not treat a cancellation as an error", async () => {
  const dora = await app.person("Dora");
  const visit = await dora.visit();
  const device = await visit.plugIn(platform);
  await device.isTouched(false);
  await visit.signUp();

  await visit.press(en.offer.create);
  await visit.isNotifiedOf(en.waiting.create);
  await visit.look("offer-waiting");
  await visit.press(en.common.cancel);

  await visit.isNotifiedOf(en.failures.cancelled);
  expect(await visit.announcement("alert")).toBe("");
  await visit.look("offer-cancelled");
  await device.isTouched(true);
  await visit.press(en.offer.create);
  await visit.arrivesAt(en.account.heading(dora.username));
});

it("shows what to do with a security key that cannot verify its user", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  await visit.plugIn(u2f);
  await visit.signUp();

  await visit.press(en.offer.create);

  await visit.isNotifiedOf(en.passkeys.notCreated);
  // Said beside the button, because a closed dialog looks the same to the page.
  await visit.reads(en.passkeys.keyNeeds);
  await visit.look("offer-key-without-pin");
});

it("shows and hides the password that is being typed", async () => {
  const frank = await app.person("Frank");
  const visit = await frank.visit();
  await visit.open("/sign-up");
  await visit.type(en.common.password, frank.password);

  await visit.press(en.common.showPassword);

  await expect.poll(() => visit.field(en.common.password).getAttribute("type")).toBe("text");
  await visit.look("sign-up-password-shown");
  await visit.press(en.common.hidePassword);
  await expect.poll(() => visit.field(en.common.password).getAttribute("type")).toBe("password");
});

it("creates an account with a passkey and no password", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  await visit.plugIn(platform);
  await visit.open("/sign-up");
  await visit.type(en.common.username, grace.username);

  await visit.press(en.signUp.withPasskey);

  await visit.arrivesAt(en.account.heading(grace.username));
  await visit.reads(en.passkeys.only);
  await visit.look("account-passkey-alone");
  await visit.signOut();
  await visit.press(en.signIn.withPasskey);
  await visit.arrivesAt(en.account.heading(grace.username));
});

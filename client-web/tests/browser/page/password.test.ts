import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { ageReauthentications } from "../support/database.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp();

const newPassword = "seven quiet lamps by the harbour";

/** Signs up with a passkey, and opens the form for a new password. */
async function openForm(name: string) {
  const person = await app.person(name);
  const visit = await person.visit();
  const device = await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.password.change);
  await visit.field(en.password.current).waitFor();
  return { person, visit, device };
}

async function signsInWith(visit: Visit, password: string): Promise<void> {
  await visit.signOut();
  if ((await visit.button(en.signIn.usePassword).count()) > 0) {
    await visit.press(en.signIn.usePassword);
  }
  await visit.signIn(password);
  await visit.sees(en.account.heading(visit.person.username));
}

it("is changed with a passkey instead of the current one", async () => {
  const { visit } = await openForm("Alice");

  await visit.press(en.password.usePasskey);
  expect(await visit.field(en.password.current).count()).toBe(0);
  await expect.poll(() => visit.focused()).toBe(en.password.new);
  await visit.reads(en.password.passkeyLead);
  await visit.look("account-change-password-with-passkey");
  await visit.type(en.password.new, newPassword);
  await visit.press(en.password.submit);

  await visit.isNotifiedOf(en.password.changed);
  await signsInWith(visit, newPassword);
});

it("can be asked for again, and what was typed stays", async () => {
  const { person, visit } = await openForm("Bob");
  await visit.look("account-change-password-or-passkey");
  await visit.press(en.password.usePasskey);
  await visit.type(en.password.new, newPassword);

  await visit.press(en.password.useCurrent);
  await expect.poll(() => visit.focused()).toBe(en.password.current);
  expect(await visit.field(en.password.new).inputValue()).toBe(newPassword);
  await visit.type(en.password.current, person.password);
  await visit.press(en.password.submit);

  await visit.isNotifiedOf(en.password.changed);
});

it("stays the same if the passkey dialog is closed, and the form stays open", async () => {
  const { person, visit, device } = await openForm("Carol");
  await device.isTouched(false);
  await visit.press(en.password.usePasskey);
  await visit.type(en.password.new, newPassword);
  await visit.press(en.password.submit);
  await visit.isNotifiedOf(en.waiting.signIn);

  await visit.page.getByRole("status").locator("..").getByText(en.common.cancel).click();

  await visit.isNotifiedOf(en.failures.cancelled);
  expect(await visit.field(en.password.new).inputValue()).toBe(newPassword);
  await signsInWith(visit, person.password);
});

it("is not replaced by one that breaks a rule, with a passkey either", async () => {
  const { visit } = await openForm("Dora");
  await visit.press(en.password.usePasskey);

  await visit.press(en.password.submit);
  await visit.isCorrected(en.password.new, en.problems.newPasswordRequired);
  await visit.type(en.password.new, "short");
  await visit.press(en.password.submit);

  const bounds = { minLength: 15, maxLength: 128 };
  await visit.isCorrected(en.password.new, en.problems.passwordTooShort(bounds));
});

it("can only be replaced with the current one by an account without passkeys", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  await visit.plugIn(platform);
  await visit.signUpWithoutPasskey();

  await visit.press(en.password.change);
  await visit.field(en.password.current).waitFor();

  expect(await visit.button(en.password.usePasskey).count()).toBe(0);
});

it("is set by an account without one, after a reauthentication if the last one is old", async () => {
  const { visit } = await openForm("Frank");
  await visit.press(en.common.cancel);
  await removePassword(visit);
  ageReauthentications(app.server);
  await visit.page.reload();

  await visit.press(en.password.set);
  expect(await visit.field(en.password.current).count()).toBe(0);
  expect(await visit.button(en.password.usePasskey).count()).toBe(0);
  await visit.type(en.password.new, newPassword);
  await visit.press(en.password.submit);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.press(en.reauthentication.withPasskey);

  await visit.isNotifiedOf(en.password.changed);
  await signsInWith(visit, newPassword);
});

it("is asked for if it was set in another tab meanwhile", async () => {
  const { visit, person } = await openForm("Grace");
  await visit.press(en.common.cancel);
  await removePassword(visit);
  const other = await person.visit();
  await other.open("/account");
  for (const each of [visit, other]) {
    await each.press(en.password.set);
    await each.type(en.password.new, newPassword);
  }
  await other.press(en.password.submit);
  await other.isNotifiedOf(en.password.changed);

  await visit.press(en.password.submit);

  await visit.isCorrected(en.password.current, en.problems.passwordRequired);
});

async function removePassword(visit: Visit): Promise<void> {
  await visit.press(en.password.remove);
  await visit.page.getByRole("dialog").getByRole("button", { name: en.password.remove }).click();
  await visit.isNotifiedOf(en.password.removed);
}

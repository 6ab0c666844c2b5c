import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform, synced, usb } from "../support/authenticator.js";
import { endOf, valueIn } from "../support/outcomes.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("lists passkeys with where they are stored, and which were used in this browser", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  const vault = await visit.plugIn(synced);
  await visit.signUpWithPasskey();
  await vault.unplug();
  await visit.plugIn(usb);

  await visit.press(en.passkeys.add);
  await visit.isNotifiedOf("is ready");

  await visit.reads(en.passkeys.synced);
  await visit.reads(en.passkeys.securityKeyOnly);
  expect(await visit.page.getByText(en.passkeys.usedHere, { exact: true }).count()).toBe(2);
  // The second was only created here: nothing claims that it was used.
  expect(await visit.page.getByText(en.passkeys.neverUsed, { exact: true }).count()).toBe(2);
  expect(en.passkeys.usedHere).not.toMatch(/used/i);
  await visit.button(en.passkeys.renameOne("Passkey")).waitFor();
  await visit.button(en.passkeys.removeOne("Passkey (2)")).waitFor();
  await visit.isNotifiedOf(en.passkeys.added("Passkey (2)"));
  await visit.look("account-two-passkeys");
});

it("renames a passkey in the list", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.passkeys.renameOne("Passkey"));
  expect(await visit.focused()).toBe(en.passkeys.newName);
  await visit.look("account-renaming");

  await visit.type(en.passkeys.newName, "Laptop");
  await visit.press(en.common.save);

  await visit.isNotifiedOf(en.passkeys.renamed("Laptop"));
  await visit.button(en.passkeys.renameOne("Laptop")).waitFor();
  expect(await visit.focused()).toBe(en.passkeys.renameOne("Laptop"));
});

it("refuses a passkey name that is too long, and Escape keeps the old one", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.passkeys.renameOne("Passkey"));

  await visit.type(en.passkeys.newName, "x".repeat(65));
  await visit.press(en.common.save);

  await visit.isCorrected(en.passkeys.newName, en.problems.nameTooLong);
  await visit.look("account-renaming-too-long");
  await visit.page.keyboard.press("Escape");
  await visit.button(en.passkeys.renameOne("Passkey")).waitFor();
});

it("does not widen for the longest name", async () => {
  const dora = await app.person("Dora");
  const visit = await dora.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.passkeys.renameOne("Passkey"));

  await visit.type(en.passkeys.newName, "W".repeat(64));
  await visit.press(en.common.save);

  await visit.isNotifiedOf(en.passkeys.renamed("W".repeat(64)));
  await visit.look("account-long-name");
});

it("removes a passkey after a confirmation", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();

  await visit.press(en.passkeys.removeOne("Passkey"));
  await visit.arrivesAt(en.passkeys.removeHeading("Passkey"));
  await visit.look("dialog-remove-passkey");
  await visit.press(en.common.cancel);
  await visit.button(en.passkeys.removeOne("Passkey")).waitFor();
  await visit.press(en.passkeys.removeOne("Passkey"));
  await visit.press(en.passkeys.remove);

  await visit.isNotifiedOf(en.passkeys.removed("Passkey"));
  await visit.reads(en.passkeys.empty);
});

it("warns about the last way to sign in, and does not remove it", async () => {
  const frank = await app.person("Frank");
  const visit = await frank.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.password.remove);
  await visit.arrivesAt(en.password.removeHeading);
  await visit.look("dialog-remove-password");
  await visit.page.getByRole("dialog").getByRole("button", { name: en.password.remove }).click();
  await visit.isNotifiedOf(en.password.removed);
  await visit.reads(en.passkeys.only);
  await visit.look("account-last-way-in");

  await visit.press(en.passkeys.removeOne("Passkey"));

  await visit.arrivesAt(en.passkeys.lastWayInHeading);
  await visit.look("dialog-last-way-in");
  await visit.press(en.passkeys.understood);
  await visit.button(en.passkeys.removeOne("Passkey")).waitFor();
});

it("shows that an authenticator already holds a passkey", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();

  await visit.press(en.passkeys.add);

  await visit.isNotifiedOf(en.failures["already-registered"]);
  await visit.look("account-already-registered");
});

it("lists sessions, and ends one or all others", async () => {
  const heidi = await app.person("Heidi");
  const visit = await heidi.visit();
  await visit.signUpWithoutPasskey();
  const phones = [];
  for (let phone = 0; phone < 3; phone += 1) {
    const tab = await (await app.person("Heidi")).openTab();
    valueIn(await tab.signIn(heidi.credentials));
    phones.push(tab);
  }
  await visit.page.reload();
  await visit.reads(en.sessions.here);
  await visit.look("account-sessions");
  const end = visit.page.getByRole("button", { name: en.sessions.endOne("Chrome on Linux") });
  const names = await end.evaluateAll((all) => all.map((it) => it.getAttribute("aria-label")));
  const numbers = [2, 3, 4].map((it) => en.sessions.endOne(`Chrome on Linux (${it})`));
  expect(names).toEqual(numbers);

  await end.first().click();
  await visit.isNotifiedOf(en.sessions.ended("Chrome on Linux"));
  await expect.poll(() => end.count()).toBe(2);
  await visit.press(en.sessions.endOthers);

  await visit.isNotifiedOf(en.sessions.endedOthers(2));
  await expect.poll(() => end.count()).toBe(0);
  for (const phone of phones) {
    expect(endOf(await phone.account())).toBe("signed-out");
  }
});

it("changes the password, where /.well-known/change-password leads", async () => {
  const ivan = await app.person("Ivan");
  const visit = await ivan.visit();
  await visit.signUpWithoutPasskey();
  await visit.open("/.well-known/change-password");
  await visit.field(en.password.current).waitFor();
  await visit.look("account-change-password");
  expect(await visit.field(en.password.current).getAttribute("autocomplete")).toBe(
    "current-password",
  );
  expect(await visit.field(en.password.new).getAttribute("autocomplete")).toBe("new-password");
  expect(await visit.field(en.common.username).inputValue()).toBe(ivan.username);

  await visit.type(en.password.current, "not the password of anybody");
  await visit.type(en.password.new, "seven quiet lamps by the harbour");
  await visit.press(en.password.submit);
  await visit.isCorrected(en.password.current, en.problems.passwordWrong);
  await visit.look("account-change-password-wrong");
  await visit.type(en.password.current, ivan.password);
  await visit.press(en.password.submit);

  await visit.isNotifiedOf(en.password.changed);
  await visit.signOut();
  await visit.signIn("seven quiet lamps by the harbour");
  await visit.sees(en.account.heading(ivan.username));
});

it("asks for a sign-in first if /.well-known/change-password is opened when signed out", async () => {
  const judy = await app.person("Judy");
  await (await judy.openRegistered()).signOut();
  const visit = await judy.visit();
  await visit.open("/.well-known/change-password");
  await visit.sees(en.signIn.heading);

  await visit.signIn();
  await visit.arrivesAt(en.offer.heading);
  await visit.press(en.common.notNow);

  await visit.field(en.password.current).waitFor();
});

it("offers no passkey of a deleted account", async () => {
  const lea = await app.person("Lea");
  const visit = await lea.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(en.deletion.open);
  await visit.type(en.deletion.typeName(lea.username), lea.username);
  await visit.press(en.deletion.confirm);
  await visit.isNotifiedOf(en.deletion.done);

  await visit.field(en.common.username).waitFor();

  expect(await visit.page.getByText(en.signIn.passkeyLead).count()).toBe(0);
  await visit.open("/");
  await visit.field(en.common.username).waitFor();
});

it("deletes the account after its username was typed", async () => {
  const kim = await app.person("Kim");
  const visit = await kim.visit();
  await visit.signUpWithoutPasskey();
  await visit.press(en.deletion.open);
  await visit.arrivesAt(en.deletion.dialogHeading);
  await visit.look("dialog-delete-account");

  await visit.type(en.deletion.typeName(kim.username), "somebody else");
  await visit.press(en.deletion.confirm);
  await visit.isCorrected(en.deletion.typeName(kim.username), en.deletion.mismatch(kim.username));
  await visit.type(en.deletion.typeName(kim.username), kim.username);
  await visit.press(en.deletion.confirm);

  await visit.arrivesAt(en.signIn.heading);
  await visit.isNotifiedOf(en.deletion.done);
  await visit.look("sign-in-account-deleted");
});

it("shows a sign-out in another tab, and follows a sign-in there", async () => {
  const leo = await app.person("Leo");
  const visit = await leo.visit();
  await visit.signUpWithoutPasskey();
  const other = await leo.visit();
  await other.open("/");
  await other.sees(en.account.heading(leo.username));

  await other.signOut();
  await visit.arrivesAt(en.signIn.heading);
  await visit.isNotifiedOf(en.signedOut["other-tab"]);
  await visit.look("sign-in-signed-out-elsewhere");
  await other.signIn();

  await other.arrivesAt(en.account.heading(leo.username));
  await visit.sees(en.account.heading(leo.username));
});

it("shows that its session was ended from another device", async () => {
  const mona = await app.person("Mona");
  const visit = await mona.visit();
  await visit.signUpWithoutPasskey();
  const phone = await (await app.person("Mona")).openTab();
  valueIn(await phone.signIn(mona.credentials));
  valueIn(await phone.endOtherSessions());

  await visit.press(en.passkeys.add);

  await visit.arrivesAt(en.signIn.heading);
  await visit.isNotifiedOf(en.signedOut.ended);
  await visit.look("sign-in-session-ended");
});

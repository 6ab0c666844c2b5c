import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform, usb } from "../support/authenticator.js";
import { withoutPasskeys } from "../support/credentials.js";
import { ageReauthentications } from "../support/database.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp();

it("asks for the password before a passkey is added, then continues by itself", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  await visit.plugIn(platform);
  await visit.signUpWithoutPasskey();
  ageReauthentications(app.server);
  await visit.page.reload();
  await visit.sees(en.account.heading(alice.username));

  await visit.press(en.passkeys.add);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.look("dialog-reauthentication-password");
  await visit.type(en.common.password, "not the password of anybody");
  await visit.press(en.reauthentication.submit);
  await visit.isCorrected(en.common.password, en.problems.passwordWrong);
  await visit.look("dialog-reauthentication-wrong-password");
  await visit.type(en.common.password, alice.password);
  await visit.press(en.reauthentication.submit);

  await visit.isNotifiedOf("is ready");
  await visit.button(en.passkeys.renameOne("Passkey")).waitFor();
});

it("asks for a passkey or the password before a passkey is removed", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  ageReauthentications(app.server);
  await visit.page.reload();
  await visit.sees(en.account.heading(bob.username));
  await visit.press(en.passkeys.removeOne("Passkey"));
  await visit.press(en.passkeys.remove);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.look("dialog-reauthentication-both");

  await visit.press(en.reauthentication.withPasskey);

  await visit.isNotifiedOf(en.passkeys.removed("Passkey"));
});

it("changes nothing if the user does not reauthenticate", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  const device = await visit.plugIn(usb);
  await visit.signUpWithPasskey();
  ageReauthentications(app.server);
  await visit.page.reload();
  await visit.sees(en.account.heading(carol.username));
  await device.isTouched(false);
  await visit.press(en.deletion.open);
  await visit.type(en.deletion.typeName(carol.username), carol.username);
  await visit.press(en.deletion.confirm);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.press(en.reauthentication.withPasskey);
  await visit.isNotifiedOf(en.waiting.signIn);
  await visit.look("dialog-reauthentication-waiting");

  await visit.page.keyboard.press("Escape");

  await visit.isNotifiedOf(en.reauthentication.notProved);
  await visit.look("account-not-reauthenticated");
  await visit.page.reload();
  await visit.sees(en.account.heading(carol.username));
  expect(await visit.button(en.passkeys.renameOne("Passkey")).count()).toBe(1);
});

it("can be cancelled where neither a password nor a passkey can be used", async () => {
  const dora = await app.person("Dora");
  const before = await dora.visit();
  await before.plugIn(platform);
  await before.signUpWithPasskey();
  await before.press(en.password.remove);
  await before.page.getByRole("dialog").getByRole("button", { name: en.password.remove }).click();
  await before.isNotifiedOf(en.password.removed);
  await before.page.close();
  ageReauthentications(app.server);
  const visit = await dora.visit();
  await withoutPasskeys(visit.page);
  await visit.open("/account");
  await visit.press(en.password.set);
  await visit.type(en.password.new, "seven quiet lamps by the harbour");
  await visit.press(en.password.submit);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.reads(en.reauthentication.impossible);
  await visit.look("dialog-reauthentication-impossible");

  await visit.page.getByRole("dialog").getByRole("button", { name: en.common.cancel }).click();

  await visit.isNotifiedOf(en.reauthentication.notProved);
  expect(await visit.page.getByRole("dialog").count()).toBe(0);
});

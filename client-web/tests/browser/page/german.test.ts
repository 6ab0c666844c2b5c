import { expect, it } from "vitest";
import { de } from "../../../src/element/languages/de.js";
import { platform } from "../support/authenticator.js";
import { ageReauthentications } from "../support/database.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp({ locale: "de-DE" });

it("is in German in every view for a German browser", async () => {
  const alice = await app.person("Änne");
  const visit = await alice.visit({ texts: de });
  await visit.plugIn(platform);
  await visit.open("/");
  await visit.sees(de.signIn.heading);
  expect(await visit.page.locator("html").getAttribute("lang")).toBe("de");
  await visit.look("de-sign-in");
  await visit.signIn("nicht das Passwort von irgendwem");
  await visit.isAlertedTo(de.failures.denied);
  await visit.look("de-sign-in-denied");
  await visit.open("/sign-up");
  await visit.sees(de.signUp.heading);
  await visit.press(de.signUp.submit);
  await visit.isCorrected(de.common.username, de.problems.usernameRequired);
  await visit.look("de-sign-up-empty");
  await visit.signUp();
  await visit.look("de-offer");
  await visit.press(de.offer.create);
  await visit.arrivesAt(de.account.heading(alice.username));

  await visit.look("de-account");
  await visit.press(de.password.change);
  await visit.look("de-account-change-password");
  await visit.press(de.common.cancel);
  await visit.signOut();
  await visit.look("de-sign-in-passkey-first");
});

it("is in German in every dialog", async () => {
  const bruno = await app.person("Bruno");
  const visit = await bruno.visit({ texts: de });
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(de.passkeys.removeOne("Passkey"));
  await visit.arrivesAt(de.passkeys.removeHeading("Passkey"));
  await visit.look("de-dialog-remove-passkey");
  await visit.press(de.common.cancel);
  await visit.press(de.password.remove);
  await visit.arrivesAt(de.password.removeHeading);
  await visit.look("de-dialog-remove-password");
  await visit.press(de.common.cancel);
  await visit.press(de.deletion.open);
  await visit.arrivesAt(de.deletion.dialogHeading);
  await visit.look("de-dialog-delete-account");
  await visit.press(de.common.cancel);
  ageReauthentications(app.server);
  await visit.page.reload();
  await visit.sees(de.account.heading(bruno.username));

  await visit.press(de.passkeys.add);

  await visit.arrivesAt(de.reauthentication.heading);
  await visit.look("de-dialog-reauthentication");
});

it("is in German where a passkey takes the place of the current password", async () => {
  const clara = await app.person("Clara");
  const visit = await clara.visit({ texts: de });
  await visit.plugIn(platform);
  await visit.signUpWithPasskey();
  await visit.press(de.password.change);
  await visit.reads(de.password.usePasskey);

  await visit.press(de.password.usePasskey);

  await visit.reads(de.password.passkeyLead);
  await visit.reads(de.password.useCurrent);
  await visit.look("de-account-change-password-with-passkey");
});

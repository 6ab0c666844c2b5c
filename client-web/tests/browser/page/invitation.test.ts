import { expect, it } from "vitest";
import { de } from "../../../src/element/languages/de.js";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { invite } from "../support/invitations.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp({ flags: ["--accounts-registration", "invitation"] });

/** Opens the link of an invitation, which no address bar and no history shows afterwards. */
async function open(visit: Visit, link: string): Promise<void> {
  await visit.open(link.slice(link.indexOf("/#")));
  await expect.poll(() => visit.page.url()).not.toContain("invitation");
}

it("leads from the link to an account with a password", async () => {
  const alice = await app.person("Alice");
  const { username } = alice;
  const visit = await alice.visit();

  await open(visit, await invite(app.server, { username, displayName: "Alice Liddell" }));
  await visit.sees(en.invitation.heading);
  await visit.reads(en.invitation.lead("Alice Liddell"));
  expect(await visit.field(en.common.username).inputValue()).toBe(username);
  expect(await visit.field(en.common.username).getAttribute("readonly")).not.toBeNull();
  await visit.look("invitation");
  await visit.type(en.common.password, alice.password);
  await visit.press(en.signUp.submit);

  await visit.arrivesAt(en.offer.heading);
  await visit.press(en.common.notNow);
  await visit.arrivesAt(en.account.heading("Alice Liddell"));
  await visit.reads(en.activity.done.invitation_used);
  await visit.signOut();
  await visit.reads(en.signIn.closed);
});

it("leads from the link to an account with a passkey and a name of one's own", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  await visit.plugIn(platform);

  await open(visit, await invite(app.server));
  await visit.sees(en.invitation.heading);
  await visit.reads(en.invitation.lead(""));
  await visit.type(en.common.username, grace.username);
  await visit.press(en.signUp.withPasskey);

  await visit.arrivesAt(en.account.heading(grace.username));
  await visit.reads(en.passkeys.only);
});

it("leads from the link to the first credential of an account that an operator has created", async () => {
  const ivan = await app.person("Ivan");
  const { username } = ivan;
  app.server.command("accounts", "create", username, "--display-name", "Ivan Ilyich");
  const link = app.server.command("invitations", "create", "--account", username);
  const visit = await ivan.visit();
  await visit.plugIn(platform);

  await open(visit, link);
  await visit.sees(en.invitation.heading);
  await visit.reads(en.invitation.lead("Ivan Ilyich"));
  expect(await visit.field(en.common.username).inputValue()).toBe(username);
  expect(await visit.field(en.common.username).getAttribute("readonly")).not.toBeNull();
  await visit.look("invitation-account");
  await visit.press(en.signUp.withPasskey);

  await visit.arrivesAt(en.account.heading("Ivan Ilyich"));
  await visit.reads(en.passkeys.only);
  await visit.signOut();
  await open(visit, link);
  await visit.isAlertedTo(en.failures["not-invited"]);
});

it("says plainly that a link was used, in either language", async () => {
  const bob = await app.person("Bob");
  const link = await invite(app.server, { username: bob.username });
  const visit = await bob.visit();
  await open(visit, link);
  await visit.type(en.common.password, bob.password);
  await visit.press(en.signUp.submit);
  await visit.arrivesAt(en.offer.heading);

  for (const [locale, texts] of [["en", en] as const, ["de", de] as const]) {
    const mallory = await app.person("Mallory");
    const other = await mallory.visit({ texts });
    await other.page.addInitScript((language) => {
      Object.defineProperty(navigator, "languages", { get: () => [language] });
    }, locale);
    await open(other, link);
    await other.sees(texts.signIn.heading);
    await other.isAlertedTo(texts.failures["not-invited"]);
    await other.look(`invitation-used-${locale}`);
  }
});

it("is in German for a German browser", async () => {
  const bruno = await app.person("Bruno");
  const visit = await bruno.visit({ texts: de });
  await visit.page.addInitScript(() => {
    Object.defineProperty(navigator, "languages", { get: () => ["de"] });
  });

  await open(visit, await invite(app.server, { displayName: "Bruno" }));

  await visit.sees(de.invitation.heading);
  await visit.reads(de.invitation.lead("Bruno"));
  await visit.look("de-invitation");
});

it("tells people who are signed in to sign out first, and uses nothing up", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  await open(visit, await invite(app.server, { username: carol.username }));
  await visit.type(en.common.password, carol.password);
  await visit.press(en.signUp.submit);
  await visit.arrivesAt(en.offer.heading);
  await visit.press(en.common.notNow);
  await visit.sees(en.account.heading(carol.username));
  const link = await invite(app.server);

  await open(visit, link);
  await visit.isNotifiedOf(en.invitation.signedIn);
  await visit.signOut();
  await open(visit, link);

  await visit.sees(en.invitation.heading);
});

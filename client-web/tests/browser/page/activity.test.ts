import { expect, it } from "vitest";
import { de } from "../../../src/element/languages/de.js";
import { en, type Texts } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { ageReauthentications } from "../support/database.js";
import { endOf, valueIn } from "../support/outcomes.js";
import type { Person } from "../support/person.js";
import type { Tab } from "../support/tab.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp();
const germans = startTestApp({ locale: "de-DE" });

const newPassword = "seven quiet lamps by the harbour";

/** A stranger in a browser of their own who tries a wrong password, then has the right one. */
async function intrude(person: Person, at = app): Promise<Tab> {
  const tab = await (await at.person("Mallory")).openTab();
  const { username, credentials } = person;
  expect(endOf(await tab.signIn({ username, password: "a guess of the stranger" }))).toBe("denied");
  valueIn(await tab.signIn(credentials));
  return tab;
}

/** Presses "This was not me" at the newest event with this sentence. */
async function pressNotMe(visit: Visit, sentence: string): Promise<void> {
  const { activity } = visit.texts;
  const name = activity.notMeAbout(sentence, "");
  await visit.page.getByRole("button", { name }).first().click();
  await visit.arrivesAt(activity.notMeHeading);
}

/** The sentences with their marks, newest first. */
async function events(visit: Visit): Promise<string[]> {
  const section = visit.page.getByRole("region", { name: visit.texts.activity.heading });
  const titles = await section.locator(".cl-row-title").allInnerTexts();
  return titles.map((it) => it.replace(/\s+/g, " ").trim());
}

it.each([
  ["English", app, en],
  ["German", germans, de],
] as const)(
  "shows a stranger's sign-in in %s, and locks the stranger out",
  async (_, at, texts) => {
    const alice = await at.person("Alice");
    const visit = await alice.visit({ texts });
    await visit.signUpWithoutPasskey();
    const stranger = await intrude(alice, at);
    await visit.page.reload();
    await visit.sees(texts.activity.heading);

    const { done, refusals, refused, withWrongPassword } = texts.activity;
    const withPassword = ` ${texts.sessions.methods.PASSWORD}`;
    const signedIn = done.sign_in(withPassword);
    expect(await events(visit)).toEqual([
      signedIn,
      `${refusals.sign_in(` ${withWrongPassword}`)} ${refused}`,
      `${done.account_registered(withPassword)} ${texts.sessions.here}`,
    ]);
    await visit.look(`${texts.language}-account-activity`);
    await pressNotMe(visit, signedIn);
    await visit.reads(texts.activity.stepSession(device(texts)));
    await visit.look(`${texts.language}-dialog-not-me`);
    await visit.press(texts.activity.begin);

    await visit.isNotifiedOf(texts.activity.nowPassword);
    await expect.poll(() => visit.focused()).toBe(texts.password.current);
    expect(endOf(await stranger.account())).toBe("signed-out");
    await visit.look(`${texts.language}-account-after-not-me`);
    await visit.type(texts.password.current, alice.password);
    await visit.type(texts.password.new, newPassword);
    await visit.press(texts.password.submit);
    await visit.isNotifiedOf(texts.password.changed);
    await visit.reads(done.password_changed);
    expect(endOf(await stranger.signIn(alice.credentials))).toBe("denied");
  },
);

it("leads from a wrong password to a new one, and leaves sessions alone", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.signUpWithoutPasskey();
  const phone = await (await app.person("Bob")).openTab();
  valueIn(await phone.signIn(bob.credentials));
  await intrudeInVain(bob);
  await visit.page.reload();

  await pressNotMe(visit, en.activity.refusals.sign_in(` ${en.activity.withWrongPassword}`));
  await visit.reads(en.activity.notMeRefusedLead);
  await visit.look("dialog-not-me-refused");
  await visit.press(en.activity.begin);

  await visit.isNotifiedOf(en.activity.nowPassword);
  await visit.field(en.password.current).waitFor();
  valueIn(await phone.account());
});

it("leads from a stranger's passkey to its removal, also after a reauthentication", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  await visit.plugIn(platform);
  await visit.signUpWithoutPasskey();
  const stranger = await intrude(carol);
  await stranger.plugIn(platform);
  valueIn(await stranger.addPasskey({ name: "Of the stranger" }));
  ageReauthentications(app.server);
  await visit.page.reload();
  const { done, passkey } = en.activity;
  const added = done.passkey_added(` ${passkey("Of the stranger")}`);
  await visit.reads(added);

  await pressNotMe(visit, added);
  await visit.press(en.activity.begin);
  await visit.arrivesAt(en.passkeys.removeHeading("Of the stranger"));
  await visit.press(en.passkeys.remove);
  await visit.arrivesAt(en.reauthentication.heading);
  await visit.type(en.common.password, carol.password);
  await visit.press(en.reauthentication.submit);

  await visit.isNotifiedOf(en.activity.nowPassword);
  await visit.field(en.password.current).waitFor();
  await visit.reads(en.passkeys.empty);
  expect(endOf(await stranger.account())).toBe("signed-out");
});

it("changes nothing if the dialog is closed, and gives the focus back", async () => {
  const dora = await app.person("Dora");
  const visit = await dora.visit();
  await visit.signUpWithoutPasskey();
  const stranger = await intrude(dora);
  await visit.page.reload();

  await pressNotMe(visit, en.activity.done.sign_in(` ${en.sessions.methods.PASSWORD}`));
  await visit.page.keyboard.press("Escape");

  await expect.poll(() => visit.focused()).toContain(en.activity.notMe);
  valueIn(await stranger.account());
});

it("locks a stranger out with the keyboard alone", async () => {
  const ivan = await app.person("Ivan");
  const visit = await ivan.visit();
  await visit.signUpWithoutPasskey();
  const stranger = await intrude(ivan);
  await visit.page.reload();
  const { keyboard } = visit.page;

  await visit.page.getByRole("button", { name: en.activity.notMe }).first().focus();
  await keyboard.press("Enter");
  await visit.arrivesAt(en.activity.notMeHeading);
  await keyboard.press("Tab");
  await keyboard.press("Tab");
  expect(await visit.focused()).toBe(en.activity.begin);
  await keyboard.press("Space");
  await expect.poll(() => visit.focused()).toBe(en.password.current);
  await keyboard.press("Shift+Tab");

  expect(await visit.focused()).toBe(en.common.username);
  expect(endOf(await stranger.account())).toBe("signed-out");
});

it("shows times in the language and the time zone of the person", async () => {
  const judy = await germans.person("Judy");
  const visit = await judy.visit({ texts: de });
  await visit.signUpWithoutPasskey();
  const devtools = await visit.page.context().newCDPSession(visit.page);
  const timeZone = "Asia/Kathmandu";
  await devtools.send("Emulation.setTimezoneOverride", { timezoneId: timeZone });
  await visit.page.reload();
  await visit.sees(de.activity.heading);

  const section = visit.page.getByRole("region", { name: de.activity.heading });
  const time = section.locator("time");
  const format = new Intl.DateTimeFormat("de-DE", {
    dateStyle: "long",
    timeStyle: "short",
    timeZone,
  });
  const at = new Date((await time.getAttribute("datetime")) ?? "");
  expect(await time.textContent()).toBe(format.format(at));
});

it("tells apart what an operator did, which no one has to disown", async () => {
  const grace = await app.person("Grace");
  const visit = await grace.visit();
  await visit.signUpWithoutPasskey();
  app.server.command("accounts", "unlock", grace.username);
  const phone = await (await app.person("Grace")).openTab();
  valueIn(await phone.signIn(grace.credentials));
  const sessions = valueIn(await phone.sessions());
  app.server.command("revoke", "session", sessions.find(({ current }) => current)?.id ?? "");

  await visit.page.reload();

  await visit.sees(en.activity.heading);
  const { operator } = en.activity;
  expect((await events(visit)).slice(0, 3)).toEqual([
    operator.session_ended,
    "Signed in with a password",
    operator.username_unlocked,
  ]);
  expect(await visit.page.getByRole("button", { name: en.activity.notMe }).count()).toBe(2);
  await visit.look("account-activity-of-operators");
});

it("fits a page that is written from right to left", async () => {
  const heidi = await app.person("Heidi");
  const visit = await heidi.visit();
  await visit.signUpWithoutPasskey();
  await visit.page.evaluate(() => {
    document.documentElement.dir = "rtl";
  });

  await visit.look("account-right-to-left");
});

it("shows more events at a press, and moves the focus to them", async () => {
  const erin = await app.person("Erin");
  const visit = await erin.visit();
  await visit.signUpWithoutPasskey();
  const phone = await (await app.person("Erin")).openTab();
  for (let time = 0; time < 13; time += 1) {
    valueIn(await phone.signIn(erin.credentials));
    valueIn(await phone.signOut());
  }
  await visit.page.reload();
  await visit.sees(en.activity.heading);
  expect((await events(visit)).length).toBe(20);

  await visit.page.getByRole("button", { name: en.activity.more }).press("Enter");

  await expect.poll(async () => (await events(visit)).length).toBe(27);
  expect(await visit.button(en.activity.more).count()).toBe(0);
  expect([en.activity.ends.logout, "Signed in with a password"]).toContain(await visit.focused());
});

it("says if the activity could not be loaded, and loads it at a press", async () => {
  const frank = await app.person("Frank");
  const visit = await frank.visit();
  await visit.signUpWithoutPasskey();
  app.expectConsoleError(/Failed to load resource/);
  await visit.page.route("**/ListActivity", (route) => route.abort());
  await visit.page.reload();
  await visit.reads(en.activity.failed);
  await visit.look("account-activity-failed");
  await visit.press(en.common.retry);
  await visit.isAlertedTo(en.failures.offline);
  await visit.page.unroute("**/ListActivity");

  const section = visit.page.getByRole("region", { name: en.activity.heading });
  await section.getByRole("button", { name: en.common.retry }).click();

  await visit.arrivesAt(en.activity.heading);
  expect((await events(visit)).length).toBe(1);
});

/** A stranger who tries a wrong password. */
async function intrudeInVain({ username }: Person): Promise<void> {
  const tab = await (await app.person("Mallory")).openTab();
  expect(endOf(await tab.signIn({ username, password: "a guess of the stranger" }))).toBe("denied");
}

/** The device of every browser in these tests. */
function device(texts: Texts): string {
  return texts.sessions.device("Chrome", "Linux");
}

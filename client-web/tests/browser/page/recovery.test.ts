import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { de } from "../../../src/element/languages/de.js";
import { en, type Texts } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { ageReauthentications } from "../support/database.js";
import type { Person } from "../support/person.js";
import { screenshotPath } from "../support/screenshots.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp();

/** Makes recovery codes on the account, and returns them as they are shown. */
async function makeCodes(visit: Visit, button = visit.texts.codes.make): Promise<string[]> {
  await visit.press(button);
  await visit.arrivesAt(visit.texts.codes.newHeading);
  return visit.page.locator(".cl-codes code").allTextContents();
}

/** An account with a password and codes, open in the browser of its owner. */
async function withCodes(name: string) {
  const owner = await app.person(name);
  const home = await owner.visit();
  await home.signUpWithoutPasskey();
  const codes = await makeCodes(home);
  await home.press(en.codes.kept);
  return { owner, home, code: codes[0] ?? "", other: codes[1] ?? "" };
}

/** A visit with a new device, which has nothing of the account. */
async function onNewDevice(texts: Texts = en): Promise<Visit> {
  const visit = await (await app.person("Device")).visit({ texts });
  await visit.plugIn(platform);
  if (texts === de) {
    await visit.page.addInitScript(() => {
      Object.defineProperty(navigator, "languages", { get: () => ["de"] });
    });
  }
  return visit;
}

/** Leads from the sign-in to the form for a code, and submits it. */
async function enterCode(visit: Visit, owner: Person, code: string): Promise<void> {
  const { texts } = visit;
  await visit.open("/");
  await visit.press(texts.recovery.open);
  await visit.arrivesAt(texts.recovery.heading);
  await visit.type(texts.common.username, owner.username);
  await visit.type(texts.recovery.code, code);
  await visit.press(texts.recovery.submit);
}

/** Creates a recovery link as an operator does. */
function linkTo(owner: Person, ...flags: string[]): string {
  return app.server.command("accounts", "recovery-link", owner.username, ...flags);
}

/** Opens a link, which no address bar and no history shows afterwards. */
async function open(visit: Visit, link: string): Promise<void> {
  await visit.open(link.slice(link.indexOf("/#")));
  await expect.poll(() => visit.page.url()).not.toContain("clv_rl_");
}

/** Expects that the session of the owner's browser has ended, and the old password with it. */
async function isLockedOut(home: Visit): Promise<void> {
  await home.page.reload();
  await home.sees(en.signIn.heading);
  await home.signIn();
  await home.isAlertedTo(en.failures.denied);
}

describe("a person who lost every device", () => {
  it("gets back in with a code and a new passkey, and what was before is void", async () => {
    const { owner, home, code, other } = await withCodes("Alice");
    await home.reads(en.codes.left(10));
    const visit = await onNewDevice();

    await enterCode(visit, owner, code.toLowerCase().replaceAll("-", " "));
    await visit.arrivesAt(en.recovery.chooseHeading);
    await visit.reads(en.recovery.chooseLead(owner.username));
    await visit.look("recovery-choice");
    await visit.press(en.offer.create);

    await visit.arrivesAt(en.account.heading(owner.username));
    await visit.isNotifiedOf(en.recovery.done.removed);
    await visit.reads(en.codes.none);
    await visit.reads(en.password.isNotSet);
    await visit.reads(en.activity.done.recovery_code_used);
    await visit.look("account-recovered");
    await isLockedOut(home);
    for (const used of [code, other]) {
      await enterCode(home, owner, used);
      await home.isAlertedTo(en.failures["wrong-code"]);
      expect(await home.focused()).toBe(en.recovery.code);
    }
    await home.look("recovery-wrong-code");
    await visit.signOut();
    await visit.press(en.signIn.withPasskey);
    await visit.arrivesAt(en.account.heading(owner.username));
  });

  it("gets back in with an operator's link and a new password", async () => {
    const { owner, home, code } = await withCodes("Bob");
    const link = linkTo(owner);
    const visit = await onNewDevice();

    await open(visit, link);
    await visit.sees(en.recovery.chooseHeading);
    expect(new URL(visit.page.url()).pathname).toBe("/recovery");
    await visit.type(en.password.new, "short");
    await visit.press(en.password.submit);
    await visit.isCorrected(
      en.password.new,
      en.problems.passwordTooShort({ minLength: 15, maxLength: 128 }),
    );
    await visit.type(en.password.new, "seven quiet lamps by the harbour");
    await visit.press(en.password.submit);

    await visit.arrivesAt(en.account.heading(owner.username));
    await visit.isNotifiedOf(en.recovery.done.removed);
    await visit.reads(en.activity.done.recovery_link_used);
    await visit.page.goBack();
    expect(visit.page.url()).not.toContain("clv_rl_");
    await isLockedOut(home);
    await enterCode(home, owner, code);
    await home.isAlertedTo(en.failures["wrong-code"]);
    for (const texts of [en, de]) {
      const late = await onNewDevice(texts);
      await open(late, link);
      await late.sees(texts.signIn.heading);
      await late.isAlertedTo(texts.failures["wrong-link"]);
      await late.look(`recovery-link-used-${texts.language}`);
    }
  });

  it("cannot keep what the operator decided to remove", async () => {
    const { owner, home } = await withCodes("Dora");
    const visit = await onNewDevice();

    await open(visit, linkTo(owner, "--remove-credentials"));
    await visit.reads(en.recovery.removedAnyway);
    expect(await visit.page.getByRole("checkbox").count()).toBe(0);
    await visit.look("recovery-choice-operator");
    await visit.press(en.offer.create);

    await visit.isNotifiedOf(en.recovery.done.removed);
    await isLockedOut(home);
  });

  it("uses nothing up by a reload, and begins again", async () => {
    const { owner, code } = await withCodes("Erin");
    const visit = await onNewDevice();
    await enterCode(visit, owner, code);
    await visit.arrivesAt(en.recovery.chooseHeading);

    await visit.page.reload();
    await visit.sees(en.recovery.heading);
    await visit.look("recovery");
    await enterCode(visit, owner, code);

    await visit.arrivesAt(en.recovery.chooseHeading);
  });
});

describe("what was before", () => {
  it("stays if the person says so, and the owner's browser says what happened", async () => {
    const { owner, home, code } = await withCodes("Carol");
    const visit = await onNewDevice();
    await enterCode(visit, owner, code);
    await visit.arrivesAt(en.recovery.chooseHeading);

    await visit.page.getByRole("checkbox", { name: en.recovery.removeOld }).uncheck();
    await visit.press(en.offer.create);

    await visit.isNotifiedOf(en.recovery.done.passkey);
    await visit.reads(en.password.isSet);
    // A notice of what the person did themselves would be confusing.
    await visit.page.reload();
    await visit.sees(en.account.heading(owner.username));
    expect(await visit.announcement("status")).toBe("");
    await home.page.reload();
    await home.isNotifiedOf("your account was recovered with a code or a link");
    await home.look("account-recovered-elsewhere");
    await home.page.reload();
    await home.sees(en.account.heading(owner.username));
    expect(await home.announcement("status")).toBe("");
  });
});

describe("a lost response", () => {
  it("is explained at the next try, and the new password signs in", async () => {
    const { owner, code } = await withCodes("Frank");
    const visit = await onNewDevice();
    const password = "nine slow barges under the bridge";
    await enterCode(visit, owner, code);
    await visit.arrivesAt(en.recovery.chooseHeading);
    app.expectConsoleError(/ERR_FAILED/);
    await visit.page.route("**/RecoverWithPassword", async (route) => {
      await route.fetch();
      await route.abort();
    });
    await visit.type(en.password.new, password);
    await visit.press(en.password.submit);
    await visit.isAlertedTo(en.failures.offline);
    await visit.page.unrouteAll();

    await visit.type(en.password.new, password);
    await visit.press(en.password.submit);

    await visit.isAlertedTo(en.recovery.ended);
    await visit.look("recovery-ended");
    await visit.press(en.recovery.remembered);
    await visit.type(en.common.username, owner.username);
    await visit.type(en.common.password, password);
    await visit.press(en.signIn.submit);
    await visit.sees(en.offer.heading);
  });
});

describe("recovery codes", () => {
  it("are copied, saved and printed, and replaced after a fresh proof", async () => {
    const grace = await app.person("Grace");
    const visit = await grace.visit();
    await visit.page.addInitScript(() => {
      window.print = () => document.body.setAttribute("data-printed", "");
    });
    await visit.signUpWithoutPasskey();
    await visit.reads(en.codes.none);
    const codes = await makeCodes(visit);
    expect(codes).toHaveLength(10);
    await visit.reads(en.codes.left(10));
    await visit.look("codes");

    await visit.press(en.codes.copy);
    await visit.isNotifiedOf(en.codes.copied);
    expect(await pasted(grace)).toBe(codes.join("\n"));
    const download = visit.page.waitForEvent("download");
    await visit.page.getByRole("link", { name: en.codes.save }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(en.codes.fileName);
    const saved = await readFile(await file.path(), "utf8");
    expect(saved).toContain(codes.join("\n"));
    expect(saved).toContain(grace.username);
    await visit.press(en.codes.print);
    await visit.page.locator("[data-printed]").waitFor();
    await visit.page.emulateMedia({ media: "print" });
    expect(await visit.page.getByRole("button").count()).toBe(0);
    await visit.reads(codes[0] ?? "");
    await visit.page.screenshot({ path: screenshotPath("codes-print"), fullPage: true });
    await visit.page.emulateMedia({ media: "screen" });
    await visit.press(en.codes.kept);
    await expect.poll(() => visit.focused()).toBe(en.codes.heading);
    expect(await visit.page.locator(".cl-codes").count()).toBe(0);

    ageReauthentications(app.server);
    await visit.page.reload();
    await visit.press(en.codes.again);
    await visit.arrivesAt(en.reauthentication.heading);
    await visit.type(en.common.password, grace.password);
    await visit.press(en.reauthentication.submit);
    await visit.arrivesAt(en.codes.newHeading);
    expect(await visit.page.locator(".cl-codes code").allTextContents()).not.toEqual(codes);
    const device = await onNewDevice();
    await enterCode(device, grace, codes[0] ?? "");
    await device.isAlertedTo(en.failures["wrong-code"]);
  });

  it("can be made and used with the keyboard alone", async () => {
    const heidi = await app.person("Heidi");
    const home = await heidi.visit();
    await home.signUpWithoutPasskey();
    await home.button(en.codes.make).focus();
    await home.page.keyboard.press("Enter");
    await home.arrivesAt(en.codes.newHeading);
    const [code = ""] = await home.page.locator(".cl-codes code").allTextContents();
    await tabTo(home, en.codes.kept);
    await home.page.keyboard.press("Enter");
    await expect.poll(() => home.focused()).toBe(en.codes.heading);
    const visit = await onNewDevice();
    await visit.open("/");
    await visit.sees(en.signIn.heading);

    await tabTo(visit, en.recovery.open);
    await visit.page.keyboard.press("Enter");
    await visit.arrivesAt(en.recovery.heading);
    await tabTo(visit, en.common.username);
    await visit.page.keyboard.type(heidi.username);
    await tabTo(visit, en.recovery.code);
    await visit.page.keyboard.type(code);
    await visit.page.keyboard.press("Enter");
    await visit.arrivesAt(en.recovery.chooseHeading);
    await tabTo(visit, en.offer.create);
    await visit.page.keyboard.press("Enter");

    await visit.arrivesAt(en.account.heading(heidi.username));
  });
});

it("is in German for a German browser", async () => {
  const { owner } = await withCodes("Bruno");
  const home = await onNewDevice(de);
  await open(home, linkTo(owner));
  await home.sees(de.recovery.chooseHeading);
  await home.look("de-recovery-choice");
  await home.press(de.offer.create);
  await home.isNotifiedOf(de.recovery.done.removed);
  await home.look("de-account-recovered");
  const [code = ""] = await makeCodes(home);
  await home.look("de-codes");
  const visit = await onNewDevice(de);

  await enterCode(visit, owner, "7K3QD-0V9XM-2H8TB-W5ZPA");
  await visit.isAlertedTo(de.failures["wrong-code"]);
  await visit.look("de-recovery-wrong-code");
  await visit.type(de.recovery.code, code);
  await visit.press(de.recovery.submit);

  await visit.arrivesAt(de.recovery.chooseHeading);
});

it("asks people who are signed in to sign out first, and uses nothing up", async () => {
  const { owner, home } = await withCodes("Judy");
  const link = linkTo(owner);

  await open(home, link);
  await home.isNotifiedOf(en.recovery.signedIn);
  await home.signOut();
  await open(home, link);

  await home.sees(en.recovery.chooseHeading);
});

/** What is in the clipboard, which the page itself may not read. */
async function pasted(person: Person): Promise<string> {
  const page = await person.context.newPage();
  await page.setContent("<textarea></textarea>");
  await page.locator("textarea").focus();
  await page.keyboard.press("Control+V");
  const text = await page.locator("textarea").inputValue();
  await page.close();
  return text;
}

/** Presses Tab until the focus is on what has this name. */
async function tabTo(visit: Visit, name: string): Promise<void> {
  await expect
    .poll(async () => {
      if ((await visit.focused()) === name) return name;
      await visit.page.keyboard.press("Tab");
      return visit.focused();
    })
    .toBe(name);
}

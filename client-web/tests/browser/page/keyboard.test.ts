import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { platform } from "../support/authenticator.js";
import { startTestApp } from "../support/test-app.js";
import type { Visit } from "../support/visit.js";

const app = startTestApp();

it("can be used with the keyboard alone", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  await visit.plugIn(platform);
  const { keyboard } = visit.page;
  await visit.open("/");
  await visit.sees(en.signIn.heading);

  await tabTo(visit, en.signIn.signUp);
  await keyboard.press("Enter");
  await visit.arrivesAt(en.signUp.heading);
  await tabTo(visit, en.common.username);
  await keyboard.type(alice.username);
  await tabTo(visit, en.common.password);
  await keyboard.type(alice.password);
  await keyboard.press("Enter");
  await visit.arrivesAt(en.offer.heading);
  await tabTo(visit, en.offer.create);
  await keyboard.press("Space");
  await visit.arrivesAt(en.account.heading(alice.username));

  await tabTo(visit, en.passkeys.renameOne("Passkey"));
  await keyboard.press("Enter");
  await expect.poll(() => visit.focused()).toBe(en.passkeys.newName);
  await keyboard.press("Control+A");
  await keyboard.type("Laptop");
  await keyboard.press("Enter");
  await expect.poll(() => visit.focused()).toBe(en.passkeys.renameOne("Laptop"));
  await tabTo(visit, en.passkeys.removeOne("Laptop"));
  await keyboard.press("Enter");
  await visit.arrivesAt(en.passkeys.removeHeading("Laptop"));
  await keyboard.press("Escape");
  await expect.poll(() => visit.focused()).toBe(en.passkeys.removeOne("Laptop"));
  await keyboard.press("Enter");
  await visit.arrivesAt(en.passkeys.removeHeading("Laptop"));
  await tabTo(visit, en.passkeys.remove);
  await keyboard.press("Enter");
  await visit.isNotifiedOf(en.passkeys.removed("Laptop"));

  await tabTo(visit, en.account.signOut, "Shift+Tab");
  await keyboard.press("Enter");
  await visit.arrivesAt(en.signIn.heading);
});

it("shows where the focus is", async () => {
  const bob = await app.person("Bob");
  const visit = await bob.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);

  for (const name of [en.common.username, en.signIn.submit, en.signIn.signUp]) {
    await tabTo(visit, name);
    expect(await hasOutline(visit), name).toBe(true);
  }
  await visit.look("sign-in-focus");
});

it("keeps the focus within an open dialog", async () => {
  const carol = await app.person("Carol");
  const visit = await carol.visit();
  await visit.signUpWithoutPasskey();
  await visit.press(en.deletion.open);
  await visit.arrivesAt(en.deletion.dialogHeading);

  for (let step = 0; step < 8; step += 1) {
    await visit.page.keyboard.press("Tab");
    const outside = await visit.page.evaluate(() => {
      const focused = document.activeElement;
      return focused !== document.body && focused?.closest("dialog") === null;
    });
    expect(outside).toBe(false);
  }
});

/** Presses Tab until the focus is on a field or a button of this name. */
async function tabTo(visit: Visit, name: string, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 30; step += 1) {
    await visit.page.keyboard.press(key);
    const focused = await visit.focused();
    if (focused === name) {
      return;
    }
    passed.push(focused);
  }
  expect.fail(`Tab never came to "${name}", only to ${passed.join(" | ")}`);
}

function hasOutline(visit: Visit): Promise<boolean> {
  return visit.page.evaluate(() => {
    const style = getComputedStyle(document.activeElement ?? document.body);
    return style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
  });
}

import { expect, it } from "vitest";
import { en } from "../../../src/element/languages/en.js";
import { startTestApp } from "../support/test-app.js";

const app = startTestApp({ flags: ["--accounts-registration", "closed"] });

it("offers no sign-up where registration is closed, and says what to do", async () => {
  const alice = await app.person("Alice");
  const visit = await alice.visit();
  await visit.open("/");
  await visit.sees(en.signIn.heading);

  await visit.reads(en.signIn.closed);
  expect(await visit.page.getByRole("button", { name: en.signIn.signUp }).count()).toBe(0);
  await visit.look("sign-in-closed");
  await visit.open("/sign-up");
  await visit.sees(en.signUp.heading);
  await visit.reads(en.signUp.closed);
  expect(await visit.page.locator("form").count()).toBe(0);
  await visit.look("sign-up-closed");
  await visit.press(en.signUp.signIn);

  await visit.arrivesAt(en.signIn.heading);
});

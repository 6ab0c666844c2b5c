import { expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import { showSignedOut } from "./screens.js";

test("the page hears of a sign-out also where it took over after the sign-in", () => {
  const context = fakeContext({ screen: "sign-up" });
  const emit = vi.spyOn(context, "emit");

  showSignedOut(context, "ended");

  expect(emit).toHaveBeenCalledWith("claviger-signed-out", { cause: "ended" });
  expect(context.state.screen).toBe("sign-up");
});

test("somebody who is signed out while the account shows sees the sign-in and why", () => {
  const context = fakeContext({ screen: "account" });

  showSignedOut(context, "other-tab");

  expect(context.state.screen).toBe("sign-in");
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.signedOut["other-tab"]);
});

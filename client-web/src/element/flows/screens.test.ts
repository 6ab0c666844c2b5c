import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import {
  GetServerInfoResponseSchema,
  RegistrationPolicy,
} from "../../gen/claviger/v1/auth_service_pb.js";
import { canSignUp, showSignedOut } from "./screens.js";

test("a sign-out is dispatched to a page that prevented the account, too", () => {
  const context = fakeContext({ screen: "sign-up" });
  const emit = vi.spyOn(context, "emit");

  showSignedOut(context, "ended");

  expect(emit).toHaveBeenCalledWith("claviger-signed-out", { cause: "ended" });
  expect(context.state.screen).toBe("sign-up");
});

test("a sign-out while the account is shown leads to the sign-in, with its reason", () => {
  const context = fakeContext({ screen: "account" });

  showSignedOut(context, "other-tab");

  expect(context.state.screen).toBe("sign-in");
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.signedOut["other-tab"]);
});

test.each([
  [RegistrationPolicy.OPEN, true],
  [RegistrationPolicy.UNSPECIFIED, true],
  [RegistrationPolicy.INVITATION, false],
  [RegistrationPolicy.CLOSED, false],
])("with the registration policy %i, sign-up is offered: %s", (registrationPolicy, offered) => {
  const info = create(GetServerInfoResponseSchema, { registrationPolicy });

  expect(canSignUp(fakeContext({ info }).state)).toBe(offered);
});

test("sign-up is offered to those who are invited", () => {
  const registrationPolicy = RegistrationPolicy.INVITATION;
  const info = create(GetServerInfoResponseSchema, { registrationPolicy });
  const invitation = { token: "clv_iv_1", username: "", displayName: "" };

  expect(canSignUp(fakeContext({ info, invitation }).state)).toBe(true);
});

import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger } from "../../claviger.js";
import {
  type GetInvitationResponse,
  GetInvitationResponseSchema,
} from "../../gen/claviger/v1/auth_service_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { headingOf } from "../views/screen.js";
import { openInvitation } from "./invitation.js";

/** The page opened with an invitation, for which the server responds in turn with these. */
function page(...outcomes: Outcome<GetInvitationResponse>[]) {
  const client = {
    state: { kind: "signed-out" },
    hasUsedPasskeyHere: false,
    invitation: async () => outcomes.shift(),
  };
  return fakeContext({ screen: "starting" }, client as unknown as Claviger);
}

const forAnna = create(GetInvitationResponseSchema, { username: "anna", displayName: "Anna" });
const refused = (failure: Failure) => failed(failure) as Outcome<GetInvitationResponse>;

test("an open invitation leads to the sign-up, which greets", async () => {
  const context = page(success(forAnna));

  await openInvitation(context, "clv_iv_1");

  const { screen, view, invitation } = context.state;
  expect({ screen, view }).toEqual({ screen: "sign-up", view: "sign-up" });
  expect(invitation).toEqual({ token: "clv_iv_1", username: "anna", displayName: "Anna" });
  expect(headingOf(context)).toBe(context.texts.invitation.heading);
});

test("one that is not valid leads to the sign-in, which says so", async () => {
  const context = page(refused({ kind: "not-invited" }));

  await openInvitation(context, "clv_iv_1");

  expect(context.state.screen).toBe("sign-in");
  expect(context.state.invitation).toBeUndefined();
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures["not-invited"]);
});

test("without a connection it is opened again later", async () => {
  const context = page(refused({ kind: "offline" }), success(forAnna));

  await openInvitation(context, "clv_iv_1");
  expect(context.state.screen).toBe("stuck");
  context.state.notice?.retry?.();

  await expect.poll(() => context.state.screen).toBe("sign-up");
});

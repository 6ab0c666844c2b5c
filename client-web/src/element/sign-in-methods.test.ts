import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AccountSchema, PasskeySchema, SignInMethod } from "../gen/claviger/v1/resources_pb.js";
import { en } from "./languages/en.js";
import { hasOneWayToSignIn, signInMethodText } from "./sign-in-methods.js";
import { initialState } from "./state.js";

test.each([
  [SignInMethod.PASSWORD, "with a password"],
  [SignInMethod.PASSKEY, "with a passkey"],
])("sign-in method %s has a text", (method, text) => {
  expect(signInMethodText(method, en)).toBe(text);
});

test("a sign-in method that is newer than this client has no text", () => {
  expect(signInMethodText(99 as SignInMethod, en)).toBeUndefined();
});

test.each([
  [true, 0, true],
  [false, 1, true],
  [true, 1, false],
  [false, 2, false],
])("with a password: %s and %i passkeys, only one way is left: %s", (hasPassword, count, one) => {
  const account = create(AccountSchema, { hasPassword });
  const passkeys = Array.from({ length: count }, () => create(PasskeySchema));

  expect(hasOneWayToSignIn({ ...initialState(0), account, passkeys })).toBe(one);
});

import { expect, test } from "vitest";
import { SignInMethod } from "../../gen/claviger/v1/resources_pb.js";
import { en } from "../languages/en.js";
import { signInMethodText } from "./sign-in-method.js";

test.each([
  [SignInMethod.PASSWORD, "with a password"],
  [SignInMethod.PASSKEY, "with a passkey"],
])("sign-in method %s has a text", (method, text) => {
  expect(signInMethodText(method, en)).toBe(text);
});

test("a sign-in method that is newer than this client has no text", () => {
  expect(signInMethodText(99 as SignInMethod, en)).toBeUndefined();
});

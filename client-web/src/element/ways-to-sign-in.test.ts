import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AccountSchema, PasskeySchema } from "../gen/claviger/v1/resources_pb.js";
import { initialState } from "./state.js";
import { hasOneWayToSignIn } from "./ways-to-sign-in.js";

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

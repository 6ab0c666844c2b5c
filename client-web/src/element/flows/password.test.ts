import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger, PasswordChange } from "../../claviger.js";
import { GetServerInfoResponseSchema } from "../../gen/claviger/v1/auth_service_pb.js";
import { AccountSchema, PasskeySchema, SignInMethod } from "../../gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import type { State } from "../state.js";
import { changePassword, choosePasskey, passwordProof } from "./password.js";

const origin = "https://login.example.com";
const passkeys = [create(PasskeySchema)];
const withPassword: Partial<State> = {
  account: create(AccountSchema, { hasPassword: true }),
  info: create(GetServerInfoResponseSchema, {
    signInMethods: [SignInMethod.PASSKEY],
    origins: [origin],
  }),
  capabilities: {
    passkeys: true,
    autofill: false,
    platform: true,
    silentCreation: false,
    signals: false,
  },
  passkeys,
  changingPassword: true,
};
const withoutPassword = { ...withPassword, account: create(AccountSchema) };

/** A page whose client records the changes of password that are requested. */
function page(state: Partial<State>, outcome: Outcome<void> = success(undefined)) {
  const changes: PasswordChange[] = [];
  const client = {
    state: { kind: "signed-in", sessionId: "session" },
    account: {
      async changePassword(change: PasswordChange) {
        changes.push(change);
        return outcome;
      },
      get: async () => success(withPassword.account),
      activity: async () => success({ activity: [], nextPageToken: "" }),
    },
    passkeys: { list: async () => success(passkeys), usedHere: () => false },
    sessions: { list: async () => success([]) },
  };
  return { context: fakeContext(state, client as unknown as Claviger), changes };
}

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

beforeEach(() => {
  vi.stubGlobal("location", { origin });
  vi.stubGlobal("document", { activeElement: null });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the current password is sent with the new one", async () => {
  const { context, changes } = page(withPassword);

  await changePassword(context, form({ current_password: "old", new_password: "new" }));

  expect(changes).toEqual([{ currentPassword: "old", newPassword: "new" }]);
  expect(context.state.changingPassword).toBe(false);
});

test("nothing is sent without the current password", async () => {
  const { context, changes } = page(withPassword);

  await changePassword(context, form({ current_password: "", new_password: "new" }));

  expect(changes).toEqual([]);
  expect(context.state.problems).toMatchObject([{ field: "current_password" }]);
});

test("a passkey is asked for instead if the user chose that", async () => {
  const { context, changes } = page(withPassword);
  choosePasskey(context, true);

  await changePassword(context, form({ new_password: "new" }));

  expect(changes).toEqual([
    { withPasskey: true, newPassword: "new", signal: expect.any(AbortSignal) },
  ]);
  expect(context.state).toMatchObject({ changingPassword: false, passkeyForPassword: false });
});

test("no proof is sent for an account without a password", async () => {
  const { context, changes } = page(withoutPassword);

  await changePassword(context, form({ new_password: "new" }));

  expect(changes).toEqual([{ newPassword: "new" }]);
});

test("the account is loaded again if it got a password meanwhile", async () => {
  const fields = [{ field: "current_password", reason: "REQUIRED", description: "" }];
  const { context } = page(withoutPassword, failed({ kind: "invalid", fields }));

  await changePassword(context, form({ new_password: "new" }));

  expect(context.state.account?.hasPassword).toBe(true);
  expect(context.state.problems).toEqual(fields);
  expect(context.state.changingPassword).toBe(true);
});

test.each<[string, Partial<State>, string]>([
  ["the current password", { passkeyForPassword: false }, "current-password"],
  ["a passkey", { passkeyForPassword: true }, "passkey"],
  [
    "the current password if there is no passkey left",
    { passkeyForPassword: true, passkeys: [] },
    "current-password",
  ],
])("the form asks for %s", (_, change, proof) => {
  const { context } = page({ ...withPassword, ...change });

  expect(passwordProof(context.state)).toBe(proof);
});

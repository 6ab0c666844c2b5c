import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  AccountSchema,
  ActivityActor,
  ActivitySchema,
  PasskeySchema,
  SessionSchema,
} from "../gen/claviger/v1/resources_pb.js";
import { isOfClient, remedyFor } from "./remedy.js";

const here = create(SessionSchema, { id: "here", current: true });
const phone = create(SessionSchema, { id: "phone" });
const laptop = create(PasskeySchema, { id: "laptop" });
const state = {
  account: create(AccountSchema, { hasPassword: true }),
  sessions: [here, phone],
  passkeys: [laptop],
};

function remedy(
  event: MessageInitShape<typeof ActivitySchema>,
  change: Partial<typeof state> = {},
) {
  return remedyFor(create(ActivitySchema, event), { ...state, ...change });
}

test("against a sign-in, its session is ended and the password changed", () => {
  expect(remedy({ kind: "sign_in", sessionId: "phone" })).toEqual({
    session: phone,
    others: false,
    passkey: undefined,
    codes: false,
    password: true,
  });
});

test("against a sign-in with a passkey, the passkey is removed", () => {
  expect(remedy({ kind: "sign_in", sessionId: "phone", target: "laptop" })).toEqual({
    session: phone,
    others: false,
    passkey: laptop,
    codes: false,
    password: false,
  });
});

test("against a new passkey, also the password is changed, by which it may have been added", () => {
  const added = remedy({ kind: "passkey_added", sessionId: "phone", target: "laptop" });

  expect(added).toMatchObject({ session: phone, passkey: laptop, password: true });
});

test("against a new password, the session that it opened is ended", () => {
  const changed = remedy({ kind: "password_changed", sessionId: "ended", target: "phone" });

  expect(changed).toMatchObject({ session: phone, password: true });
});

test.each([
  ["this session", "here"],
  ["one that has ended", "ended"],
])("against an event in %s, all other sessions are ended", (_, sessionId) => {
  expect(remedy({ kind: "passkey_renamed", sessionId })).toMatchObject({
    session: undefined,
    others: true,
  });
});

test("no session is ended if there is no other", () => {
  const alone = remedy({ kind: "sign_in", sessionId: "ended" }, { sessions: [here] });

  expect(alone).toMatchObject({ session: undefined, others: false, password: true });
});

test("against a refused sign-in, no session is ended", () => {
  expect(remedy({ kind: "sign_in", refused: true })).toMatchObject({
    session: undefined,
    others: false,
    password: true,
  });
});

test.each(["recovery_code_used", "recovery_link_used"])(
  "against a refused %s, no session is ended",
  (kind) => {
    expect(remedy({ kind, refused: true })).toMatchObject({ session: undefined, others: false });
  },
);

test.each([
  [10, true],
  [0, false],
])("against new recovery codes, of which %i are left, others are made: %s", (left, codes) => {
  const account = create(AccountSchema, { hasPassword: true, recoveryCodesLeft: left });
  const made = remedy({ kind: "recovery_codes_created", sessionId: "phone" }, { account });

  expect(made).toMatchObject({ session: phone, codes, password: true });
});

test("an account without a password has none to change", () => {
  const refused = remedy({ kind: "sign_in", refused: true }, { account: create(AccountSchema) });

  expect(refused.password).toBe(false);
});

test("events of operators and of the server are not of a client", () => {
  const { ACCOUNT, ANONYMOUS, OPERATOR, SERVER, UNSPECIFIED } = ActivityActor;
  const actors = [ACCOUNT, ANONYMOUS, OPERATOR, SERVER, UNSPECIFIED];

  const ofClients = actors.map((actor) => isOfClient(create(ActivitySchema, { actor })));

  expect(ofClients).toEqual([true, true, false, false, false]);
});

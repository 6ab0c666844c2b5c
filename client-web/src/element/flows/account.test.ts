import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger } from "../../claviger.js";
import { type Account, AccountSchema } from "../../gen/claviger/v1/resources_pb.js";
import { type Outcome, success } from "../../outcome/outcome.js";
import type { SessionState } from "../../session/current-session.js";
import type { State } from "../state.js";
import { refreshAccount, showAccount } from "./account.js";

const annas = { kind: "signed-in", sessionId: "anna's" } as const;
const bertas = { kind: "signed-in", sessionId: "berta's" } as const;
const anna = create(AccountSchema, { username: "anna" });
const berta = create(AccountSchema, { username: "berta" });

/** Anna is signed in. The server's response for her account is slow, and for others immediate. */
function annasTab(change: Partial<State>) {
  let answer: (outcome: Outcome<Account>) => void = () => {};
  const slow = new Promise<Outcome<Account>>((resolve) => {
    answer = resolve;
  });
  const client = {
    state: annas as SessionState,
    account: {
      get: () => (client.state === annas ? slow : success(berta)),
      activity: async () => success({ activity: [], nextPageToken: "" }),
    },
    passkeys: { list: async () => success([]) },
    sessions: { list: async () => success([]) },
  };
  const context = fakeContext(change, client as unknown as Claviger);
  return { client, context, answer: () => answer(success(anna)) };
}

test("what was loaded for one user is not shown to another who signed in meanwhile", async () => {
  const { client, context, answer } = annasTab({ account: anna });

  const refreshed = refreshAccount(context, () => "Anna's device was signed out.");
  client.state = bertas;
  context.update({ account: berta });
  answer();
  await refreshed;

  expect(context.state.account).toBe(berta);
  expect(context.state.notice).toBeUndefined();
});

test("the account that is shown is that of the last user who signed in", async () => {
  const { client, context, answer } = annasTab({ screen: "sign-in" });

  const shown = showAccount(context);
  client.state = bertas;
  answer();
  await shown;

  expect(context.state).toMatchObject({ screen: "account", account: { username: "berta" } });
});

test("no account is shown after a sign-out", async () => {
  const { client, context, answer } = annasTab({ screen: "sign-up" });

  const shown = showAccount(context);
  client.state = { kind: "signed-out" };
  answer();
  await shown;

  expect(context.state.screen).toBe("sign-in");
});

import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger, PasskeySignUp, SignedIn } from "../../claviger.js";
import { AccountSchema } from "../../gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { signUpWithPasskey } from "./sign-up.js";

const account = create(AccountSchema, { username: "anna" });

/** The sign-up with this username typed, whose client records the sign-ups that are requested. */
function page(username: string, outcome: Outcome<SignedIn>) {
  const requests: PasskeySignUp[] = [];
  const client = {
    state: { kind: "signed-in", sessionId: "session" },
    account: {
      get: async () => success(account),
      activity: async () => success({ activity: [], nextPageToken: "" }),
    },
    passkeys: {
      async signUp(request: PasskeySignUp) {
        requests.push(request);
        return outcome;
      },
      list: async () => success([]),
      usedHere: () => false,
    },
    sessions: { list: async () => success([]) },
  };
  const state = { screen: "sign-up", username } as const;
  return { context: fakeContext(state, client as unknown as Claviger), requests };
}

const signedIn = success({ account, suggestPasskey: false });

beforeEach(() => {
  vi.stubGlobal("location", { origin: "https://login.example.com" });
  vi.stubGlobal("document", { activeElement: null });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a sign-up with a passkey needs a username and nothing else, and leads to the account", async () => {
  const { context, requests } = page(" anna ", signedIn);

  await signUpWithPasskey(context);

  expect(requests).toEqual([{ username: "anna", signal: expect.any(AbortSignal) }]);
  expect(context.state.screen).toBe("account");
});

test("the username of an invitation is used, and the invitation is used up", async () => {
  const { context, requests } = page("", signedIn);
  const invitation = { token: "clv_iv_1", username: "anna", displayName: "" };
  context.update({ invitation });

  await signUpWithPasskey(context);

  const signal = expect.any(AbortSignal);
  expect(requests).toEqual([{ username: "anna", invitation: "clv_iv_1", signal }]);
  expect(context.state.invitation).toBeUndefined();
  expect(context.state.screen).toBe("account");
});

test("an invitation that was used meanwhile is said plainly, at the sign-in", async () => {
  const { context } = page("", failed({ kind: "not-invited" }));
  context.update({ invitation: { token: "clv_iv_1", username: "anna", displayName: "" } });

  await signUpWithPasskey(context);

  expect(context.state.screen).toBe("sign-in");
  expect(context.state.invitation).toBeUndefined();
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures["not-invited"]);
});

test("nothing is requested without a username", async () => {
  const { context, requests } = page(" ", signedIn);

  await signUpWithPasskey(context);

  expect(requests).toEqual([]);
  expect(context.state.problems).toMatchObject([{ field: "username", reason: "REQUIRED" }]);
});

test("a taken username is marked at its field", async () => {
  const { context } = page("anna", failed({ kind: "taken" }));

  await signUpWithPasskey(context);

  expect(context.state.problems).toMatchObject([{ field: "username", reason: "TAKEN" }]);
  expect(context.state.screen).toBe("sign-up");
});

test("a closed dialog is no error", async () => {
  const { context } = page("anna", failed({ kind: "cancelled" }));

  await signUpWithPasskey(context);

  expect(context.state.notice).toMatchObject({ tone: "neutral" });
});

test("a server that lets no one register says what to do", async () => {
  const { context } = page("anna", failed({ kind: "closed" }));

  await signUpWithPasskey(context);

  expect(context.state.notice?.tone).toBe("error");
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures.closed);
});

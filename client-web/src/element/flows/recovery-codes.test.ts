import { create } from "@bufbuild/protobuf";
import { afterEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger } from "../../claviger.js";
import { type Account, AccountSchema } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { refreshAccount } from "./account.js";
import { copyCodes, hideCodes, makeCodes } from "./recovery-codes.js";

/** The account of Anna, whose client makes codes, or fails in turn with these. */
function page(...failures: Failure[]) {
  const client = {
    state: { kind: "signed-in", sessionId: "session" },
    id: "anna",
    recovery: {
      async makeCodes() {
        const failure = failures.shift();
        return failure ? failed(failure) : success(["one", "two"]);
      },
    },
    account: {
      get: async (): Promise<Outcome<Account>> =>
        success(create(AccountSchema, { id: client.id, recoveryCodesLeft: 2 })),
      activity: async () => success({ activity: [], nextPageToken: "" }),
    },
    passkeys: { list: async () => success([]), usedHere: () => false },
    sessions: { list: async () => success([]) },
  };
  const account = create(AccountSchema, { id: "anna" });
  return { client, context: fakeContext({ account }, client as unknown as Claviger) };
}

afterEach(() => vi.unstubAllGlobals());

test("new codes are shown and counted", async () => {
  const { context } = page();

  await makeCodes(context);

  expect(context.state.codes).toEqual(["one", "two"]);
  expect(context.state.account?.recoveryCodesLeft).toBe(2);
});

test("they are counted also when the account cannot be loaded after them", async () => {
  const { client, context } = page();
  client.account.get = async () => failed({ kind: "offline" });

  await makeCodes(context);

  expect(context.state.codes).toEqual(["one", "two"]);
  expect(context.state.account?.recoveryCodesLeft).toBe(2);
});

test("they are shown until they are kept", async () => {
  const { context } = page();
  await makeCodes(context);

  hideCodes(context);

  expect(context.state.codes).toBeUndefined();
});

test("making codes asks for a fresh proof, then continues by itself", async () => {
  const { context } = page({ kind: "reauthentication-required" });

  const made = makeCodes(context);
  await expect.poll(() => context.state.question?.kind).toBe("reauthenticate");
  context.answer?.(true);
  await made;

  expect(context.state.codes).toEqual(["one", "two"]);
});

test("without one no codes are made", async () => {
  const { context } = page({ kind: "reauthentication-required" });

  const made = makeCodes(context);
  await expect.poll(() => context.state.question?.kind).toBe("reauthenticate");
  context.answer?.(false);
  await made;

  expect(context.state.codes).toBeUndefined();
});

test("another user who signs in in another tab does not see them", async () => {
  const { client, context } = page();
  await makeCodes(context);
  client.id = "bob";

  await refreshAccount(context);

  expect(context.state.account?.id).toBe("bob");
  expect(context.state.codes).toBeUndefined();
});

test.each([
  ["copied", { clipboard: { writeText: async () => {} } }],
  ["notCopied", { clipboard: undefined }],
] as const)("the page says whether the codes were %s", async (text, browser) => {
  vi.stubGlobal("navigator", browser);
  const { context } = page();

  await copyCodes(context, "one");

  expect(context.state.notice?.text(context.texts)).toBe(context.texts.codes[text]);
});

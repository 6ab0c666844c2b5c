import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { beforeEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger } from "../../claviger.js";
import {
  AccountSchema,
  ActivitySchema,
  PasskeySchema,
  SessionSchema,
} from "../../gen/claviger/v1/resources_pb.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import type { Context } from "../context.js";
import { en } from "../languages/en.js";
import { reportNotMe } from "./not-me.js";
import { answer } from "./question.js";

const account = create(AccountSchema, { username: "anna", hasPassword: true });
const here = create(SessionSchema, { id: "here", current: true });
const phone = create(SessionSchema, { id: "phone", userAgent: "Phone/1" });
const laptop = create(PasskeySchema, { id: "laptop", name: "Laptop" });
const broken = failed({ kind: "failed" });

/** Anna's page, whose client records what it is asked to end and to remove. */
function page(ended: Outcome<void> = success(undefined), of = account) {
  const acts: string[] = [];
  let [sessions, passkeys] = [[here, phone], [laptop]];
  const client = {
    state: { kind: "signed-in", sessionId: "here" },
    account: {
      get: async () => success(of),
      activity: async () => success({ activity: [], nextPageToken: "" }),
    },
    sessions: {
      list: async () => success(sessions),
      async end(id: string) {
        acts.push(`end ${id}`);
        sessions = [here];
        return ended;
      },
      async endOthers() {
        acts.push("end others");
        sessions = [here];
        return success(1);
      },
    },
    recovery: {
      async makeCodes() {
        acts.push("make codes");
        return success(["one", "two"]);
      },
    },
    passkeys: {
      list: async () => success(passkeys),
      usedHere: () => false,
      async remove(id: string) {
        acts.push(`remove ${id}`);
        passkeys = [];
        return success(undefined);
      },
    },
  };
  const state = { account: of, sessions, passkeys };
  const context = fakeContext(state, client as unknown as Claviger);
  return { context, acts, focus: vi.spyOn(context, "focus") };
}

/** Reports an event, and answers each question with the next of these. */
async function report(
  context: Context,
  event: MessageInitShape<typeof ActivitySchema>,
  ...answers: boolean[]
): Promise<string[]> {
  const questions: string[] = [];
  const reported = reportNotMe(context, create(ActivitySchema, event));
  for (const each of answers) {
    await vi.waitFor(() => expect(context.state.question).toBeDefined());
    questions.push(context.state.question?.kind ?? "");
    answer(context, each);
  }
  await reported;
  return questions;
}

beforeEach(() => {
  vi.stubGlobal("document", { activeElement: null });
  return () => vi.unstubAllGlobals();
});

test("a stranger's session is ended, and the form for a new password opens", async () => {
  const { context, acts, focus } = page();

  await report(context, { kind: "sign_in", sessionId: "phone" }, true);

  expect(acts).toEqual(["end phone"]);
  expect(context.state.changingPassword).toBe(true);
  expect(context.state.notice?.tone).toBe("success");
  expect(context.state.notice?.text(en)).toBe(
    `${en.sessions.ended("Phone")} ${en.activity.nowPassword}`,
  );
  expect(focus).toHaveBeenLastCalledWith("claviger-current-password");
});

test("all other sessions are ended if the stranger's is not known", async () => {
  const { context, acts } = page();

  await report(context, { kind: "password_changed", sessionId: "ended" }, true);

  expect(acts).toEqual(["end others"]);
  expect(context.state.changingPassword).toBe(true);
});

test("nothing happens if the user closes the dialog", async () => {
  const { context, acts } = page();

  await report(context, { kind: "sign_in", sessionId: "phone" }, false);

  expect(acts).toEqual([]);
  expect(context.state.changingPassword).toBe(false);
});

test("a wrong password of a stranger leads to a new password, and ends nothing", async () => {
  const { context, acts } = page();

  await report(context, { kind: "sign_in", refused: true }, true);

  expect(acts).toEqual([]);
  expect(context.state.changingPassword).toBe(true);
  expect(context.state.notice?.text(en)).toBe(en.activity.nowPassword);
});

test("a passkey that signed in is removed after a confirmation", async () => {
  const { context, acts } = page();
  const event = { kind: "sign_in", sessionId: "phone", target: "laptop" };

  const questions = await report(context, event, true, true);

  expect(questions).toEqual(["not-me", "remove-passkey"]);
  expect(acts).toEqual(["end phone", "remove laptop"]);
  expect(context.state.changingPassword).toBe(false);
});

test("after a stranger's new passkey was removed, a new password is next", async () => {
  const { context, acts } = page();

  await report(context, { kind: "passkey_added", target: "laptop" }, true, true);

  expect(acts).toEqual(["end others", "remove laptop"]);
  expect(context.state.changingPassword).toBe(true);
});

test("a passkey that the user keeps leads no further", async () => {
  const { context, acts } = page();

  await report(context, { kind: "passkey_added", target: "laptop" }, true, false);

  expect(acts).toEqual(["end others"]);
  expect(context.state.changingPassword).toBe(false);
});

test("after a stranger's recovery codes were replaced, a new password is next", async () => {
  const of = create(AccountSchema, { hasPassword: true, recoveryCodesLeft: 10 });
  const { context, acts } = page(success(undefined), of);

  await report(context, { kind: "recovery_codes_created", sessionId: "phone" }, true);

  expect(acts).toEqual(["end phone", "make codes"]);
  expect(context.state.codes).toEqual(["one", "two"]);
  expect(context.state.changingPassword).toBe(true);
});

test("an account without a password is led to its passkeys", async () => {
  const { context, focus } = page(success(undefined), create(AccountSchema));

  await report(context, { kind: "sign_in", sessionId: "phone" }, true);

  expect(focus).toHaveBeenLastCalledWith("claviger-passkeys-heading");
  expect(context.state.notice?.text(en)).toContain(en.activity.nowPasskeys);
});

test("a session that has ended meanwhile does not stop the steps", async () => {
  const { context } = page(failed({ kind: "not-found" }));

  await report(context, { kind: "sign_in", sessionId: "phone" }, true);

  expect(context.state.changingPassword).toBe(true);
});

test("a session that could not be ended stops the steps", async () => {
  const { context } = page(broken);

  await report(context, { kind: "sign_in", sessionId: "phone" }, true);

  expect(context.state.changingPassword).toBe(false);
  expect(context.state.notice).toBeDefined();
});

import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeContext } from "../../../tests/support/fake-context.js";
import type { Claviger, SignedIn } from "../../claviger.js";
import {
  type StartRecoveryResponse,
  StartRecoveryResponseSchema,
} from "../../gen/claviger/v1/recovery_service_pb.js";
import { AccountSchema } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { failed, type Outcome, success } from "../../outcome/outcome.js";
import { headingOf } from "../views/screen.js";
import {
  beginRecovery,
  openRecovery,
  recoverWithPasskey,
  recoverWithPassword,
} from "./recovery.js";

const begun = create(StartRecoveryResponseSchema, { recovery: "text", username: "anna" });
const signedIn: SignedIn = {
  account: create(AccountSchema, { id: "anna" }),
  suggestPasskey: false,
};

/** A page whose client responds to calls in turn with these, and records what they were. */
function page(screen: "starting" | "recovery", ...outcomes: (Outcome<unknown> | Failure)[]) {
  const calls: unknown[] = [];
  const respond = async (...call: unknown[]) => {
    calls.push(call.at(-1));
    const next = outcomes.shift();
    return next && "kind" in next ? failed(next) : next;
  };
  const client = {
    state: { kind: "signed-out" },
    hasUsedPasskeyHere: false,
    recovery: { begin: respond, withPasskey: respond, withPassword: respond },
  };
  const context = fakeContext({ screen }, client as unknown as Claviger);
  context.link = { kind: "recovery", token: "clv_rl_1" };
  // The account is not shown, as on a page that prevents it.
  const emit = vi.spyOn(context, "emit").mockReturnValue(false);
  return { context, calls, emit };
}

/** The choice of a new credential. */
function choosing(
  change: Partial<StartRecoveryResponse>,
  ...outcomes: (Outcome<unknown> | Failure)[]
) {
  const it = page("recovery", ...outcomes);
  it.context.update({ recovery: { ...begun, ...change } });
  return it;
}

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

const code = () => form({ username: "anna", code: "7K3QD" });
const password = () => form({ new_password: "seven quiet lamps" });

beforeEach(() => vi.stubGlobal("document", { activeElement: null }));
afterEach(() => vi.unstubAllGlobals());

test("a link leads to the choice of a new credential", async () => {
  const { context, calls } = page("starting", success(begun));

  await openRecovery(context, "clv_rl_1");

  expect(calls).toEqual([{ link: "clv_rl_1" }]);
  expect(context.link).toBeUndefined();
  expect(context.state).toMatchObject({ screen: "recovery", view: "recovery", recovery: begun });
  expect(headingOf(context)).toBe(context.texts.recovery.chooseHeading);
});

test("a link that is not valid leads to the sign-in, which says so", async () => {
  const { context } = page("starting", { kind: "wrong-link" });

  await openRecovery(context, "clv_rl_1");

  expect(context.state.screen).toBe("sign-in");
  expect(context.link).toBeUndefined();
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures["wrong-link"]);
});

test.each<Failure>([
  { kind: "offline" },
  { kind: "unavailable", seconds: 1 },
  { kind: "throttled", seconds: 1 },
])("a link is opened again after %o", async (failure) => {
  const { context } = page("starting", failure, success(begun));

  await openRecovery(context, "clv_rl_1");
  expect(context.state.screen).toBe("stuck");
  context.state.notice?.retry?.();

  await expect.poll(() => context.state.screen).toBe("recovery");
});

test("a code leads to the choice of a new credential", async () => {
  const { context, calls } = page("recovery", success(begun));

  await beginRecovery(context, code());

  expect(calls).toEqual([{ username: "anna", code: "7K3QD" }]);
  expect(context.state.recovery).toEqual(begun);
});

test("nothing is sent without a code", async () => {
  const { context, calls } = page("recovery");

  await beginRecovery(context, form({ username: "anna", code: "" }));

  expect(calls).toEqual([]);
  expect(context.state.problems).toMatchObject([{ field: "code" }]);
});

test("a wrong code is said to be wrong, and its field gets the focus", async () => {
  const { context } = page("recovery", { kind: "wrong-code" });
  const focus = vi.spyOn(context, "focus");

  await beginRecovery(context, code());

  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures["wrong-code"]);
  expect(focus).toHaveBeenLastCalledWith("claviger-code");
});

test("a locked username leads to the operator's link, not of passkeys", async () => {
  const { context } = page("recovery", { kind: "locked" });

  await beginRecovery(context, code());

  expect(context.state.notice?.text(context.texts)).toBe(context.texts.recovery.locked);
});

test.each([
  ["removes", false, false, true],
  ["keeps", true, false, false],
  ["removes by the operator's decision", true, true, true],
])("a passkey %s what was before", async (_, keepsOld, removesCredentials, removed) => {
  const { context, calls, emit } = choosing({ removesCredentials }, success(signedIn));
  context.update({ keepsOld });

  await recoverWithPasskey(context);

  const signal = expect.any(AbortSignal);
  expect(calls).toEqual([{ signal, endSessions: removed, removeCredentials: removed }]);
  expect(emit).toHaveBeenCalledWith("claviger-signed-in", { by: "recovery" });
});

test.each([
  [false, true],
  [true, false],
])("a password keeps what was before: %s", async (keepsOld, removeCredentials) => {
  const { context, calls, emit } = choosing({}, success(signedIn));
  context.update({ keepsOld });

  await recoverWithPassword(context, password());

  expect(calls).toEqual([{ newPassword: "seven quiet lamps", removeCredentials }]);
  expect(emit).toHaveBeenCalledWith("claviger-signed-in", { by: "recovery" });
});

test("a guessable password can be replaced, and the recovery continues", async () => {
  const fields = [{ field: "new_password", reason: "GUESSABLE", description: "" }];
  const { context } = choosing({}, { kind: "invalid", fields });

  await recoverWithPassword(context, password());

  expect(context.state.problems).toEqual(fields);
  expect(context.state.recovery?.recovery).toBe("text");
});

test("a closed passkey dialog changes nothing", async () => {
  const { context } = choosing({}, { kind: "cancelled" });

  await recoverWithPasskey(context);

  expect(context.state.notice?.text(context.texts)).toBe(context.texts.passkeys.notCreated);
  expect(context.state.recovery?.recovery).toBe("text");
});

test("after a lost response, the next try says that the new password may work", async () => {
  const { context } = choosing({}, { kind: "offline" }, { kind: "expired" });

  await recoverWithPassword(context, password());
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.failures.offline);
  await recoverWithPassword(context, password());

  expect(context.state).toMatchObject({ screen: "recovery", username: "anna" });
  expect(context.state.recovery).toBeUndefined();
  expect(context.state.notice?.text(context.texts)).toBe(context.texts.recovery.ended);
});

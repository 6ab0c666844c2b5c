import type { SignedIn } from "../../claviger.js";
import type { StartRecoveryResponse } from "../../gen/claviger/v1/recovery_service_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { type Context, domId } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import type { Texts } from "../languages/en.js";
import type { State } from "../state.js";
import { finishSignIn } from "./finish-sign-in.js";
import { markRecoverySeen } from "./last-recovery.js";
import {
  emptyFields,
  fieldValue,
  runCeremony,
  runJob,
  showFailure,
  showNotCreated,
  showProblems,
} from "./run-job.js";
import { showRecovery, showScreen, showSignIn, showStuck } from "./screens.js";

/** Begins the recovery of an operator's link, or shows why there is none. */
export async function openRecovery(context: Context, token: string): Promise<void> {
  const answer = await context.claviger.recovery.begin({ link: token });
  if (answer.ok) {
    context.link = undefined;
    return showChoice(context, answer.value);
  }
  const { failure } = answer;
  if (["offline", "unavailable", "throttled"].includes(failure.kind)) {
    return showStuck(context, failure, () => openRecovery(context, token));
  }
  context.link = undefined;
  const now = Date.now();
  showSignIn(context, failureNotice(failure, now));
  context.update({ now });
}

/** Begins a recovery with a code. */
export async function beginRecovery(context: Context, form: FormData): Promise<void> {
  const empty = emptyFields(form, ["username", "code"]);
  if (empty.length > 0) return showProblems(context, empty);
  const username = fieldValue(form, "username");
  const outcome = await runJob(context, "begin-recovery", () =>
    context.claviger.recovery.begin({ username, code: fieldValue(form, "code") }),
  );
  if (!outcome) return;
  if (outcome.ok) return showChoice(context, outcome.value);
  const { failure } = outcome;
  if (failure.kind === "locked") {
    context.update({ notice: { tone: "error", text: (texts) => texts.recovery.locked } });
  } else {
    showFailure(context, failure);
    if (failure.kind === "wrong-code") context.focus(domId("code"));
  }
}

/** Completes the recovery with a new passkey. */
export async function recoverWithPasskey(context: Context): Promise<void> {
  const { recovery } = context.state;
  if (!recovery) return;
  const removes = removesOld(context.state);
  const outcome = await runCeremony(context, "recover-passkey", "create", async (signal) => {
    const changes = { endSessions: removes, removeCredentials: removes };
    const answer = await context.claviger.recovery.withPasskey(recovery, { ...changes, signal });
    if (answer.ok) await recovered(context, answer.value, removes ? "removed" : "passkey");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  if (!showEnded(context, outcome.failure)) showNotCreated(context, outcome.failure);
}

/** Completes the recovery with a new password. */
export async function recoverWithPassword(context: Context, form: FormData): Promise<void> {
  const { recovery } = context.state;
  if (!recovery) return;
  const empty = emptyFields(form, ["new_password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const removes = removesOld(context.state);
  const outcome = await runJob(context, "recover-password", async () => {
    const answer = await context.claviger.recovery.withPassword(recovery, {
      newPassword: fieldValue(form, "new_password"),
      removeCredentials: removes,
    });
    if (answer.ok) await recovered(context, answer.value, removes ? "removed" : "password");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  if (!showEnded(context, outcome.failure)) showFailure(context, outcome.failure);
}

/** Shows the choice of a new credential, which completes a recovery. */
function showChoice(context: Context, recovery: StartRecoveryResponse): void {
  const inPlace = context.state.screen === "recovery";
  showScreen(context, "recovery", { recovery });
  if (inPlace) context.focus(domId("heading"));
}

/** Whether the recovery removes what the account had before. */
function removesOld({ keepsOld, recovery }: State): boolean {
  return !keepsOld || Boolean(recovery?.removesCredentials);
}

function recovered(
  context: Context,
  { account }: SignedIn,
  done: keyof Texts["recovery"]["done"],
): Promise<void> {
  markRecoverySeen(account);
  const text = (texts: Texts) => texts.recovery.done[done];
  return finishSignIn(context, "recovery", { tone: "success", text });
}

/**
 * Begins again if a recovery is over. It may have been completed by the call before, whose response was
 * lost: then the new credential signs in.
 */
function showEnded(context: Context, { kind }: Failure): boolean {
  if (kind !== "expired") return false;
  const username = context.state.recovery?.username ?? "";
  showRecovery(context, username, { tone: "error", text: (texts) => texts.recovery.ended });
  context.focus(domId("heading"));
  return true;
}

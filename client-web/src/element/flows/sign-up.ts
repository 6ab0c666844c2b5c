import type { SignedIn } from "../../claviger.js";
import type { Failure } from "../../outcome/failure.js";
import type { Context } from "../context.js";
import { afterSignIn } from "./after-sign-in.js";
import { showNotInvited } from "./invitation.js";
import {
  emptyFields,
  fieldValue,
  runCeremony,
  runJob,
  showFailure,
  showNotCreated,
  showProblems,
} from "./run-job.js";

const TAKEN = { field: "username", reason: "TAKEN", description: "is taken" };

/** Creates an account. */
export async function signUp(context: Context, form: FormData): Promise<void> {
  const given = context.state.invitation?.username;
  const empty = emptyFields(form, given ? ["new_password"] : ["username", "new_password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const registration = {
    username: given || fieldValue(form, "username"),
    password: fieldValue(form, "new_password"),
    ...invitationOf(context),
  };
  const outcome = await runJob(context, "sign-up", async () => {
    const answer = await context.claviger.register(registration);
    if (answer.ok) await signedUp(context, answer.value);
    return answer;
  });
  if (!outcome || outcome.ok) return;
  const { failure } = outcome;
  if (isTaken(context, failure)) {
    showProblems(context, [TAKEN]);
  } else if (failure.kind === "not-invited") {
    showNotInvited(context, failure);
  } else if (failure.kind === "invalid") {
    const fields = failure.fields.map((problem) =>
      problem.field === "password" ? { ...problem, field: "new_password" } : problem,
    );
    showFailure(context, { ...failure, fields });
  } else {
    showFailure(context, failure);
  }
}

/** Creates an account of the typed username that has a passkey and no password. */
export async function signUpWithPasskey(context: Context): Promise<void> {
  const username = context.state.invitation?.username || context.state.username.trim();
  if (!username) {
    const description = "is empty";
    return showProblems(context, [{ field: "username", reason: "REQUIRED", description }]);
  }
  const outcome = await runCeremony(context, "sign-up-passkey", "create", async (signal) => {
    const names = { username, ...invitationOf(context) };
    const answer = await context.claviger.passkeys.signUp({ ...names, signal });
    if (answer.ok) await signedUp(context, answer.value);
    return answer;
  });
  if (!outcome || outcome.ok) return;
  const { failure } = outcome;
  if (isTaken(context, failure)) showProblems(context, [TAKEN]);
  else if (failure.kind === "not-invited") showNotInvited(context, failure);
  else showNotCreated(context, failure);
}

/** Continues after a sign-up, which used the invitation up. */
function signedUp(context: Context, signedIn: SignedIn): Promise<void> {
  context.update({ invitation: undefined });
  return afterSignIn(context, signedIn, "sign-up");
}

/** The option of a sign-up for the invitation. */
function invitationOf({ state }: Context): { readonly invitation?: string } {
  return state.invitation ? { invitation: state.invitation.token } : {};
}

/** Whether the user can choose another username in place of the taken one. */
function isTaken({ state }: Context, { kind }: Failure): boolean {
  return kind === "taken" && !state.invitation?.username;
}

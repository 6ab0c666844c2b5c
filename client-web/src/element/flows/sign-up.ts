import type { Context } from "../context.js";
import { afterSignIn } from "./after-sign-in.js";
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
  const empty = emptyFields(form, ["username", "new_password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const registration = {
    username: fieldValue(form, "username"),
    password: fieldValue(form, "new_password"),
  };
  const outcome = await runJob(context, "sign-up", async () => {
    const answer = await context.claviger.register(registration);
    if (answer.ok) await afterSignIn(context, answer.value, "sign-up");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  const { failure } = outcome;
  if (failure.kind === "taken") {
    showProblems(context, [TAKEN]);
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
  const username = context.state.username.trim();
  if (!username) {
    const description = "is empty";
    return showProblems(context, [{ field: "username", reason: "REQUIRED", description }]);
  }
  const outcome = await runCeremony(context, "sign-up-passkey", "create", async (signal) => {
    const answer = await context.claviger.passkeys.signUp({ username, signal });
    if (answer.ok) await afterSignIn(context, answer.value, "sign-up");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  if (outcome.failure.kind === "taken") showProblems(context, [TAKEN]);
  else showNotCreated(context, outcome.failure);
}

import { failed, type Outcome } from "../../outcome/outcome.js";
import type { Context } from "../context.js";
import { domId } from "../context.js";
import { answer, ask } from "./question.js";
import {
  emptyFields,
  fieldValue,
  runCeremony,
  runJob,
  showFailure,
  showProblems,
} from "./run-job.js";

/**
 * Runs a job that needs a recent authentication. If the last one is too old, asks the user to
 * reauthenticate and repeats the job. Fails as `reauthentication-required` if they do not.
 */
export async function withReauthentication<T>(
  context: Context,
  job: () => Promise<Outcome<T> | undefined>,
): Promise<Outcome<T> | undefined> {
  const outcome = await job();
  if (!outcome || outcome.ok || outcome.failure.kind !== "reauthentication-required") {
    return outcome;
  }
  if (await ask(context, { kind: "reauthenticate" })) return job();
  return failed(outcome.failure);
}

/** Reauthenticates with the password. */
export async function reauthenticateWithPassword(context: Context, form: FormData): Promise<void> {
  const empty = emptyFields(form, ["password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const outcome = await runJob(context, "reauthenticate", () =>
    context.claviger.reauthenticate({ password: fieldValue(form, "password") }),
  );
  // The dialog may have been closed meanwhile.
  if (!outcome || !context.state.question) return;
  if (outcome.ok) return answer(context, true);
  if (outcome.failure.kind === "denied") {
    return showProblems(context, [
      { field: "password", reason: "WRONG", description: "is not right" },
    ]);
  }
  showFailure(context, outcome.failure);
  context.focus(domId("password"));
}

/** Reauthenticates with a passkey. */
export async function reauthenticateWithPasskey(context: Context): Promise<void> {
  const outcome = await runCeremony(context, "reauthenticate-passkey", "signIn", (signal) =>
    context.claviger.reauthenticate({ signal }),
  );
  if (!outcome || !context.state.question) return;
  if (outcome.ok) answer(context, true);
  else showFailure(context, outcome.failure);
}

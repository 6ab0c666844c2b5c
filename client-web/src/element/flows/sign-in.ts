import type { Context } from "../context.js";
import { domId } from "../context.js";
import { afterSignIn } from "./after-sign-in.js";
import {
  emptyFields,
  fieldValue,
  runCeremony,
  runJob,
  showFailure,
  showProblems,
} from "./run-job.js";

/** Signs in with the password. */
export async function signInWithPassword(context: Context, form: FormData): Promise<void> {
  const empty = emptyFields(form, ["username", "password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const credentials = {
    username: fieldValue(form, "username"),
    password: fieldValue(form, "password"),
  };
  const outcome = await runJob(context, "sign-in", async () => {
    const answer = await context.claviger.signIn(credentials);
    // The button stays busy until the next screen is shown.
    if (answer.ok) await afterSignIn(context, answer.value, "password");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  showFailure(context, outcome.failure);
  if (outcome.failure.kind === "denied") context.focus(domId("password"));
}

/** Signs in with a passkey: one of the username's if it is given, otherwise any. */
export async function signInWithPasskey(context: Context, username?: string): Promise<void> {
  const job = username ? "sign-in-named" : "sign-in-passkey";
  const outcome = await runCeremony(context, job, "signIn", async (signal) => {
    const answer = await context.claviger.signInWithPasskey(
      username ? { username, signal } : { signal },
    );
    if (answer.ok) await afterSignIn(context, answer.value, "passkey");
    return answer;
  });
  if (!outcome || outcome.ok) return;
  showFailure(context, outcome.failure);
  // It may have been the last passkey that was known here.
  if (context.state.passkeyFirst && !context.claviger.hasUsedPasskeyHere) {
    context.update({ passkeyFirst: false });
    context.focus(domId("sign-in-passkey"));
  }
  if (outcome.failure.kind === "cancelled" && !username) suggestUsername(context);
}

/** Many security keys find their passkey only for a given username. */
function suggestUsername(context: Context): void {
  const { notice, passkeyFirst, passwordOpen } = context.state;
  if (!notice || (passkeyFirst && !passwordOpen)) return;
  context.update({ notice: { ...notice, hint: (texts) => texts.signIn.nameFirst } });
}

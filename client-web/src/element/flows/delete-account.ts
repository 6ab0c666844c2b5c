import type { Context } from "../context.js";
import { showListFailure } from "./passkeys.js";
import { answer, ask } from "./question.js";
import { withReauthentication } from "./reauthenticate.js";
import { fieldValue, runJob, showProblems } from "./run-job.js";
import { showSignIn } from "./screens.js";

/** Deletes the account after the user has confirmed it by typing the username. */
export async function deleteAccount(context: Context): Promise<void> {
  if (context.state.busy || !(await ask(context, { kind: "delete-account" }))) return;
  const outcome = await withReauthentication(context, () =>
    runJob(context, "delete-account", async () => {
      const deleted = await context.claviger.account.delete();
      if (deleted.ok) {
        showSignIn(context, { tone: "success", text: (texts) => texts.deletion.done });
      }
      return deleted;
    }),
  );
  if (outcome && !outcome.ok) await showListFailure(context, outcome.failure);
}

/** Confirms the deletion if the user typed the username of the account. */
export function confirmDeletion(context: Context, form: FormData): void {
  const username = context.state.account?.username ?? "";
  // In the form in which the server keeps it: some letters are typed as one and kept as two.
  const typed = fieldValue(form, "username").normalize("NFKC").trim().toLowerCase();
  if (typed === username) answer(context, true);
  else showProblems(context, [{ field: "username", reason: "MISMATCH", description: username }]);
}

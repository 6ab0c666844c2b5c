import type { Outcome } from "../../outcome/outcome.js";
import { type Context, domId } from "../context.js";
import { refreshAccount } from "./account.js";
import { showListFailure } from "./passkeys.js";
import { ask } from "./question.js";
import { withReauthentication } from "./reauthenticate.js";
import { emptyFields, fieldValue, runJob, showProblems } from "./run-job.js";

/** Opens the form for a new password. */
export function openPasswordForm(context: Context): void {
  context.update({ changingPassword: true, revealed: false, notice: undefined, problems: [] });
  context.focus(domId(context.state.account?.hasPassword ? "current_password" : "new_password"));
}

/** Closes the form for a new password. */
export function closePasswordForm(context: Context): void {
  context.update({ changingPassword: false, revealed: false, problems: [] });
  context.focus(domId("change-password"));
}

/** Sets a new password. */
export async function changePassword(context: Context, form: FormData): Promise<void> {
  const hadPassword = Boolean(context.state.account?.hasPassword);
  const empty = emptyFields(
    form,
    hadPassword ? ["current_password", "new_password"] : ["new_password"],
  );
  if (empty.length > 0) return showProblems(context, empty);
  const newPassword = fieldValue(form, "new_password");
  const change = hadPassword
    ? { currentPassword: fieldValue(form, "current_password"), newPassword }
    : { newPassword };
  const outcome = await withReauthentication(context, () =>
    runJob(context, "change-password", () => context.claviger.account.changePassword(change)),
  );
  if (!outcome) return;
  if (!outcome.ok && outcome.failure.kind === "denied") {
    return showProblems(context, [
      { field: "current_password", reason: "WRONG", description: "is not right" },
    ]);
  }
  if (outcome.ok) closePasswordForm(context);
  await finish(context, outcome, "changed");
}

/** Removes the password after the user has confirmed it. */
export async function removePassword(context: Context): Promise<void> {
  if (context.state.busy || !(await ask(context, { kind: "remove-password" }))) return;
  const outcome = await withReauthentication(context, () =>
    runJob(context, "remove-password", () => context.claviger.account.removePassword()),
  );
  if (!outcome) return;
  await finish(context, outcome, "removed");
  context.focus(domId("password-heading"));
}

async function finish(
  context: Context,
  outcome: Outcome<void>,
  done: "changed" | "removed",
): Promise<void> {
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  await refreshAccount(context, (texts) => texts.password[done]);
}

import type { PasswordChange } from "../../claviger.js";
import type { Failure } from "../../outcome/failure.js";
import type { Outcome } from "../../outcome/outcome.js";
import { type Context, domId } from "../context.js";
import type { State } from "../state.js";
import { refreshAccount } from "./account.js";
import { showListFailure } from "./passkeys.js";
import { ask } from "./question.js";
import { withReauthentication } from "./reauthenticate.js";
import { emptyFields, fieldValue, runCeremony, runJob, showProblems } from "./run-job.js";
import { canUseOwnPasskey } from "./screens.js";

const JOB = "change-password";

/** What allows the user to set a new password. */
export type PasswordProof = "current-password" | "passkey" | "recent-authentication";

/** What the form for a new password asks for. An account without a password has none to prove. */
export function passwordProof(state: State): PasswordProof {
  if (!state.account?.hasPassword) return "recent-authentication";
  return state.passkeyForPassword && canUseOwnPasskey(state) ? "passkey" : "current-password";
}

/** Opens the form for a new password. */
export function openPasswordForm(context: Context): void {
  context.update({ ...closedForm, changingPassword: true, notice: undefined });
  context.focus(domId(context.state.account?.hasPassword ? "current_password" : "new_password"));
}

/** Closes the form for a new password. */
export function closePasswordForm(context: Context): void {
  context.update(closedForm);
  context.focus(domId("change-password"));
}

const closedForm = {
  changingPassword: false,
  passkeyForPassword: false,
  revealed: false,
  problems: [],
} as const;

/** Changes whether the form asks for a passkey in place of the current password. */
export function choosePasskey(context: Context, passkeyForPassword: boolean): void {
  context.update({ passkeyForPassword, notice: undefined, problems: [] });
  context.focus(domId(passkeyForPassword ? "new_password" : "current_password"));
}

/** Sets a new password. */
export async function changePassword(context: Context, form: FormData): Promise<void> {
  const proof = passwordProof(context.state);
  const fields = proof === "current-password" ? ["current_password"] : [];
  const empty = emptyFields(form, [...fields, "new_password"]);
  if (empty.length > 0) return showProblems(context, empty);
  const outcome = await sendChange(context, form, proof);
  if (!outcome) return;
  if (outcome.ok) closePasswordForm(context);
  else if (outcome.failure.kind === "denied") {
    return showProblems(context, [
      { field: "current_password", reason: "WRONG", description: "is not right" },
    ]);
  } else if (proof === "recent-authentication" && needsProof(outcome.failure)) {
    // The account got a password in another tab, and the form has no field for it yet.
    await refreshAccount(context);
  }
  await finish(context, outcome, "changed");
}

function sendChange(context: Context, form: FormData, proof: PasswordProof) {
  const newPassword = fieldValue(form, "new_password");
  const change = (how: PasswordChange) => context.claviger.account.changePassword(how);
  switch (proof) {
    case "current-password": {
      const currentPassword = fieldValue(form, "current_password");
      return runJob(context, JOB, () => change({ newPassword, currentPassword }));
    }
    case "passkey":
      return runCeremony(context, JOB, "signIn", (signal) =>
        change({ newPassword, withPasskey: true, signal }),
      );
    case "recent-authentication":
      return withReauthentication(context, () =>
        runJob(context, JOB, () => change({ newPassword })),
      );
  }
}

function needsProof(failure: Failure): boolean {
  return (
    failure.kind === "invalid" && failure.fields.some(({ field }) => field === "current_password")
  );
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

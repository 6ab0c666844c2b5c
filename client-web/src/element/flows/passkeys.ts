import type { Passkey } from "../../gen/claviger/v1/resources_pb.js";
import type { Failure } from "../../outcome/failure.js";
import { type Context, domId } from "../context.js";
import { refreshAccount, shownName } from "./account.js";
import { ask } from "./question.js";
import { withReauthentication } from "./reauthenticate.js";
import {
  emptyFields,
  fieldValue,
  runCeremony,
  runJob,
  showFailure,
  showNotCreated,
  showProblems,
} from "./run-job.js";

/** Adds a passkey. */
export async function addPasskey(context: Context): Promise<void> {
  const { passkeys } = context.claviger;
  const outcome = await withReauthentication(context, () =>
    runCeremony(context, "add-passkey", "create", (signal) => passkeys.add({ signal })),
  );
  if (!outcome) return;
  if (!outcome.ok) {
    const { failure } = outcome;
    if (failure.kind === "cancelled") return showNotCreated(context, failure);
    return showListFailure(context, failure);
  }
  await refreshAccount(context, (texts) => texts.passkeys.added(shownName(context, outcome.value)));
}

/** Opens the form that renames a passkey. */
export function startRenaming(context: Context, passkey: Passkey): void {
  context.update({ renaming: passkey.id, notice: undefined, problems: [] });
  context.focus(domId("name"));
}

/** Closes the form that renames a passkey. */
export function stopRenaming(context: Context, passkey: Passkey): void {
  context.update({ renaming: undefined, problems: [] });
  context.focus(domId(`rename-${passkey.id}`));
}

/** Renames a passkey. */
export async function renamePasskey(
  context: Context,
  passkey: Passkey,
  form: FormData,
): Promise<void> {
  const empty = emptyFields(form, ["name"]);
  if (empty.length > 0) return showProblems(context, empty);
  const outcome = await runJob(context, `rename-${passkey.id}`, () =>
    context.claviger.passkeys.rename(passkey.id, fieldValue(form, "name")),
  );
  if (!outcome) return;
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  stopRenaming(context, passkey);
  await refreshAccount(context, (texts) =>
    texts.passkeys.renamed(shownName(context, outcome.value)),
  );
}

/** Removes a passkey after the user has confirmed it. */
export async function removePasskey(context: Context, passkey: Passkey): Promise<void> {
  if (context.state.busy || !(await ask(context, { kind: "remove-passkey", passkey }))) return;
  const outcome = await withReauthentication(context, () =>
    runJob(context, `remove-${passkey.id}`, () => context.claviger.passkeys.remove(passkey.id)),
  );
  if (!outcome) return;
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  await refreshAccount(context, (texts) => texts.passkeys.removed(passkey.name));
  context.focus(domId("passkeys-heading"));
}

/** Shows a failure of an operation on the account. Reloads the lists if an entry was not found. */
export async function showListFailure(context: Context, failure: Failure): Promise<void> {
  // Signed out meanwhile: the message about that matters more.
  if (context.state.screen !== "account") return;
  if (failure.kind === "not-found") {
    context.update({ renaming: undefined });
    await refreshAccount(context);
  }
  if (failure.kind === "reauthentication-required") {
    context.update({
      notice: { tone: "neutral", text: (texts) => texts.reauthentication.notProved },
    });
  } else {
    showFailure(context, failure);
  }
}

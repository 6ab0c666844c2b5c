import { type Context, domId } from "../context.js";
import type { Notice } from "../state.js";
import { refreshAccount } from "./account.js";
import { showListFailure } from "./passkeys.js";
import { withReauthentication } from "./reauthenticate.js";
import { runJob } from "./run-job.js";

/** Makes recovery codes and shows them, which no later call can. */
export async function makeCodes(context: Context): Promise<void> {
  const { account } = context.state;
  const outcome = await withReauthentication(context, () =>
    runJob(context, "make-codes", () => context.claviger.recovery.makeCodes()),
  );
  // Another user may have signed in in another tab: the codes are not theirs.
  if (!outcome || context.state.account?.id !== account?.id) return;
  if (!outcome.ok) return showListFailure(context, outcome.failure);
  const codes = outcome.value;
  context.update({ codes, account: account && { ...account, recoveryCodesLeft: codes.length } });
  context.focus(domId("new-codes"));
  await refreshAccount(context);
}

/** Copies the codes. */
export async function copyCodes(context: Context, text: string): Promise<void> {
  let notice: Notice;
  try {
    await navigator.clipboard.writeText(text);
    notice = { tone: "success", text: (texts) => texts.codes.copied };
  } catch {
    notice = { tone: "error", text: (texts) => texts.codes.notCopied };
  }
  context.update({ notice });
}

/** Hides the codes, which the user has kept. */
export function hideCodes(context: Context): void {
  context.update({ codes: undefined, notice: undefined });
  context.focus(domId("codes-heading"));
}

import type { Failure, FieldProblem } from "../../outcome/failure.js";
import type { Outcome } from "../../outcome/outcome.js";
import { type Context, domId } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import { fieldOf, isFormField } from "../format/problem-text.js";
import type { Notice, State } from "../state.js";
import { showSignedOut, showWrongAddress } from "./screens.js";

/**
 * Runs a job unless one is already running, so that a second press of the button has no effect.
 * Returns `undefined` then, and also if the screen changed meanwhile.
 */
export async function runJob<T>(
  context: Context,
  job: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T> | undefined> {
  if (context.state.busy) return undefined;
  // The browser might remember a password that is shown at submission, as it does other text.
  context.update({ busy: job, notice: undefined, problems: [], revealed: false });
  const outcome = await work();
  // The screen changed meanwhile, and the outcome does not concern the new one.
  if (context.state.busy !== job) return undefined;
  context.update({ busy: undefined, waiting: undefined });
  return outcome;
}

/** Runs a job that asks for a passkey in the browser's dialog and that the user can cancel. */
export async function runCeremony<T>(
  context: Context,
  job: string,
  waiting: NonNullable<State["waiting"]>,
  work: (signal: AbortSignal) => Promise<Outcome<T>>,
): Promise<Outcome<T> | undefined> {
  const pressed = document.activeElement;
  const outcome = await runJob(context, job, () => {
    context.ceremony = new AbortController();
    context.update({ waiting });
    return work(context.ceremony.signal);
  });
  // The Cancel button has disappeared, and the focus must not be lost with it.
  if (outcome && !outcome.ok && pressed?.id) context.focus(pressed.id);
  return outcome;
}

/** Shows a failure. */
export function showFailure(context: Context, failure: Failure, retry?: () => void): void {
  const { screen } = context.state;
  if (failure.kind === "signed-out" && (screen === "account" || screen === "offer")) {
    showSignedOut(context, "ended");
  } else if (failure.kind === "foreign-origin" && context.state.info) {
    showWrongAddress(context);
  } else if (failure.kind === "invalid" && failure.fields.every((it) => isFormField(it))) {
    showProblems(context, failure.fields);
  } else {
    const now = Date.now();
    context.update({ now, notice: failureNotice(failure, now, retry) });
  }
}

/** Shows why no passkey was created. */
export function showNotCreated(context: Context, failure: Failure): void {
  if (failure.kind === "cancelled" && !context.ceremony?.signal.aborted) {
    // Browsers report a closed dialog and a security key without user verification alike.
    context.update({ notice: { tone: "neutral", text: (texts) => texts.passkeys.notCreated } });
  } else {
    showFailure(context, failure);
  }
}

/** Marks the fields that violate rules, and focuses the first one. */
export function showProblems(context: Context, problems: readonly FieldProblem[]): void {
  const [first] = problems;
  if (!first) return;
  context.update({ problems, notice: undefined });
  context.focus(domId(fieldOf(first)));
}

/** Shows that something succeeded. */
export function showSuccess(context: Context, text: Notice["text"]): void {
  context.update({ notice: { tone: "success", text } });
}

/** Returns a problem for each of the fields that is empty. */
export function emptyFields(form: FormData, fields: readonly string[]): FieldProblem[] {
  return fields
    .filter((field) => !form.get(field))
    .map((field) => ({ field, reason: "REQUIRED", description: "is empty" }));
}

/** The value of a field of a form. */
export function fieldValue(form: FormData, field: string): string {
  return String(form.get(field) ?? "");
}

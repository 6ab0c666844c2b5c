import type { Failure, FieldProblem } from "../../outcome/failure.js";
import type { Outcome } from "../../outcome/outcome.js";
import { type Context, domId } from "../context.js";
import { failureNotice } from "../format/failure-notice.js";
import { fieldOf } from "../format/problem-text.js";
import type { Notice, State } from "../state.js";
import { showSignedOut, showWrongAddress } from "./screens.js";

/** The fields that forms have; a problem of any other is told as a whole. */
const FIELDS = ["username", "password", "current_password", "new_password", "name"];

/**
 * Runs a job unless one runs already: a second press of the button is then without effect. The
 * answer is `undefined` then, and also when the person went to another screen meanwhile.
 */
export async function runJob<T>(
  context: Context,
  job: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T> | undefined> {
  if (context.state.busy) return undefined;
  // A password that is readable when it is sent might be kept by the browser as any other text.
  context.update({ busy: job, notice: undefined, problems: [], revealed: false });
  const outcome = await work();
  // Another screen has come meanwhile; what became of this job is none of its business.
  if (context.state.busy !== job) return undefined;
  context.update({ busy: undefined, waiting: undefined });
  return outcome;
}

/** Lets a person do something with a passkey, and cancel it. */
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
  // The Cancel button is gone, and the focus must not go with it.
  if (outcome && !outcome.ok && pressed?.id) context.focus(pressed.id);
  return outcome;
}

/** Tells the person why something did not work. */
export function showFailure(context: Context, failure: Failure, retry?: () => void): void {
  const { screen } = context.state;
  if (failure.kind === "signed-out" && (screen === "account" || screen === "offer")) {
    showSignedOut(context, "ended");
  } else if (failure.kind === "foreign-origin" && context.state.info) {
    showWrongAddress(context);
  } else if (
    failure.kind === "invalid" &&
    failure.fields.every((it) => FIELDS.includes(fieldOf(it)))
  ) {
    showProblems(context, failure.fields);
  } else {
    const now = Date.now();
    context.update({ now, notice: failureNotice(failure, now, retry) });
  }
}

/** Tells the person why no passkey was made. */
export function showNotCreated(context: Context, failure: Failure): void {
  if (failure.kind === "cancelled" && !context.ceremony?.signal.aborted) {
    // Browsers do not tell a closed dialog from a security key that cannot check who uses it.
    context.update({ notice: { tone: "neutral", say: (texts) => texts.passkeys.notCreated } });
  } else {
    showFailure(context, failure);
  }
}

/** Marks the fields that break rules, and goes to the first one. */
export function showProblems(context: Context, problems: readonly FieldProblem[]): void {
  const [first] = problems;
  if (!first) return;
  context.update({ problems, notice: undefined });
  context.focus(domId(fieldOf(first)));
}

/** Tells that something worked. */
export function showSuccess(context: Context, say: Notice["say"]): void {
  context.update({ notice: { tone: "success", say } });
}

/** A form's problems with fields that were left empty. */
export function emptyFields(form: FormData, fields: readonly string[]): FieldProblem[] {
  return fields
    .filter((field) => !form.get(field))
    .map((field) => ({ field, reason: "REQUIRED", description: "is empty" }));
}

/** What somebody typed into a field of a form. */
export function fieldValue(form: FormData, field: string): string {
  return String(form.get(field) ?? "");
}

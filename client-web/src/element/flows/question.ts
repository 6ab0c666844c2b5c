import type { Context } from "../context.js";
import type { Question } from "../state.js";

/** Asks in the dialog. Returns whether the user confirmed; closing the dialog declines. */
export function ask(context: Context, question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    context.answer = resolve;
    context.update({ question, notice: undefined, problems: [], revealed: false });
  });
}

/** Resolves the question and closes the dialog. */
export function answer(context: Context, confirmed: boolean): void {
  if (!confirmed) context.ceremony?.abort();
  const resolve = context.answer;
  context.answer = undefined;
  context.update({ question: undefined, notice: undefined, problems: [], revealed: false });
  resolve?.(confirmed);
}

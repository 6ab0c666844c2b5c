import type { FieldProblem } from "../../outcome/failure.js";
import type { PasswordBounds, Texts } from "../languages/en.js";

/** The names of the form fields, which are those of the contract. */
const FIELD_NAMES = ["username", "password", "current_password", "new_password", "name"] as const;

/** The name of a form field. */
export type FieldName = (typeof FIELD_NAMES)[number];

/** The text under a field that violates a rule. */
export function problemText(problem: FieldProblem, texts: Texts, bounds: PasswordBounds): string {
  const words = texts.problems;
  const table: Record<string, string> = {
    "username REQUIRED": words.usernameRequired,
    "username TOO_LONG": words.usernameTooLong,
    "username FORBIDDEN_CHARACTERS": words.usernameCharacters,
    "username TAKEN": words.usernameTaken,
    "username MISMATCH": texts.deletion.mismatch(problem.description),
    "password REQUIRED": words.passwordRequired,
    "new_password REQUIRED": words.newPasswordRequired,
    "password TOO_SHORT": words.passwordTooShort(bounds),
    "password TOO_LONG": words.passwordTooLong(bounds),
    "password FORBIDDEN_CHARACTERS": words.passwordCharacters,
    "password GUESSABLE": words.passwordGuessable,
    "password WRONG": words.passwordWrong,
    "name REQUIRED": words.nameRequired,
    "name TOO_LONG": words.nameTooLong,
    "name FORBIDDEN_CHARACTERS": words.nameCharacters,
  };
  const field = fieldOf(problem);
  // The three password fields have the same rules.
  const family = field.endsWith("password") ? "password" : field;
  return table[`${field} ${problem.reason}`] ?? table[`${family} ${problem.reason}`] ?? words.other;
}

/** Whether a problem belongs to a field of a form. Any other is shown as a general failure. */
export function isFormField(problem: FieldProblem): boolean {
  return FIELD_NAMES.some((name) => name === fieldOf(problem));
}

/** The form field of a problem: the last part of a path such as `passkey.name`. */
export function fieldOf(problem: FieldProblem): string {
  return problem.field.split(".").at(-1) ?? problem.field;
}

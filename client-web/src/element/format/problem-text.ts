import type { FieldProblem } from "../../outcome/failure.js";
import type { PasswordBounds, Texts } from "../languages/en.js";
import { isolated } from "./isolated.js";

/** The names of the form fields, which are those of the contract. */
const FIELD_NAMES = [
  "username",
  "password",
  "current_password",
  "new_password",
  "name",
  "code",
] as const;

/** The name of a form field. */
export type FieldName = (typeof FIELD_NAMES)[number];

/** The text under a field that violates a rule. */
export function problemText(problem: FieldProblem, texts: Texts, bounds: PasswordBounds): string {
  const { problems } = texts;
  const table: Record<string, string> = {
    "username REQUIRED": problems.usernameRequired,
    "username TOO_LONG": problems.usernameTooLong,
    "username FORBIDDEN_CHARACTERS": problems.usernameCharacters,
    "username TAKEN": problems.usernameTaken,
    "username MISMATCH": texts.deletion.mismatch(isolated(problem.description)),
    "password REQUIRED": problems.passwordRequired,
    "new_password REQUIRED": problems.newPasswordRequired,
    "password TOO_SHORT": problems.passwordTooShort(bounds),
    "password TOO_LONG": problems.passwordTooLong(bounds),
    "password FORBIDDEN_CHARACTERS": problems.passwordCharacters,
    "password GUESSABLE": problems.passwordGuessable,
    "password WRONG": problems.passwordWrong,
    "code REQUIRED": problems.codeRequired,
    "code TOO_LONG": problems.codeTooLong,
    "name REQUIRED": problems.nameRequired,
    "name TOO_LONG": problems.nameTooLong,
    "name FORBIDDEN_CHARACTERS": problems.nameCharacters,
  };
  const field = fieldOf(problem);
  // The three password fields have the same rules.
  const family = field.endsWith("password") ? "password" : field;
  return (
    table[`${field} ${problem.reason}`] ?? table[`${family} ${problem.reason}`] ?? problems.other
  );
}

/** Whether a problem belongs to a field of a form. Any other is shown as a general failure. */
export function isFormField(problem: FieldProblem): boolean {
  return FIELD_NAMES.some((name) => name === fieldOf(problem));
}

/** The form field of a problem: the last part of a path such as `passkey.name`. */
export function fieldOf(problem: FieldProblem): string {
  return problem.field.split(".").at(-1) ?? problem.field;
}

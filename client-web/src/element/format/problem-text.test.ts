import { expect, test } from "vitest";
import { en } from "../languages/en.js";
import { fieldOf, problemText } from "./problem-text.js";

const BOUNDS = { minLength: 15, maxLength: 128 };

function words(field: string, reason: string): string {
  return problemText({ field, reason, description: "" }, en, BOUNDS);
}

test("a rule has words of its field", () => {
  expect(words("username", "TOO_LONG")).toBe(en.problems.usernameTooLong);
});

test("every password field shares the rules of passwords", () => {
  expect(words("new_password", "TOO_SHORT")).toBe(words("password", "TOO_SHORT"));
});

test("a short password hears how long it must be", () => {
  expect(words("new_password", "TOO_SHORT")).toContain("at least 15 characters");
});

test("a field inside a message goes by its last name", () => {
  expect(fieldOf({ field: "passkey.name", reason: "TOO_LONG", description: "" })).toBe("name");
  expect(words("passkey.name", "TOO_LONG")).toBe(en.problems.nameTooLong);
});

test("a rule of a newer server has words, too", () => {
  expect(words("username", "NOT_ON_MONDAYS")).toBe(en.problems.other);
});
